variable "VERSION" {
  default = "12.3"
  validation {
    condition     = can(regex("^v[0-9]+", VERSION))
    error_message = "a version begins with v"
  }
  validation {
    condition = VERSION != ""
  }
}

target "app" {
  args = {
    WHOLE   = regex("[0-9]+", VERSION)
    PARTS   = join("-", regex("^v(\\d+)\\.(\\d+)$", VERSION))
    MINOR   = regex("\\.(?P<minor>[0-9]+)", VERSION).minor
    NONE    = try(regex("^x", VERSION), "none")
    MISSING = try([1][3], nothing, 0 / 0, "missing")
    REST    = 7 % 0
    SPLAT   = [{ k = "z" }].*.k[0]
    LINE    = "a  %{ if true ~}  yes  %{~ else ~} no %{ endif ~}  b"
    LIST    = "%{ for i in [1, 2] ~}  ${i} %{~ endfor ~}  z"
    TEXT    = <<EOT
1

   ${~ VERSION ~}

  2
%{ if true ~}
 3
%{ endif ~}
 4
EOT
  }
}
