variable "ITEMS" {
  default = ["a", "b"]
}
target "app" {
  args = {
    IF = "%{ if length(ITEMS) > 1 }many%{ else }few%{ endif }"
    FOR = "%{ for i, item in ITEMS }${i}${item};%{ endfor }"
    STRIP = "x   ${~ "y" ~}   z"
    ESCAPE = "$${not} %%{not}"
    SINGLE = "${ITEMS[0]}"
    SPLAT = join(",", [{ n = "p" }, { n = "q" }][*].n)
    OBJECT = join(",", [for k, v in { for s in ITEMS: s => upper(s) }: "${k}=${v}"])
    FILTER = join(",", [for s in ITEMS: s if s != "a"])
    NOT = !false && 1 < 2
    NEGATIVE = -3
    UNICODE = "caf\u00e9"
  }
}
