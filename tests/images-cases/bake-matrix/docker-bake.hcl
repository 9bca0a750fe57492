group "default" {
  targets = ["app", "lint"]
}
target "app" {
  name = "app-${tgt}-${replace(item.version, ".", "-")}"
  matrix = {
    tgt = ["foo", "bar"]
    item = [
      { version = "1.0", extra = "x" },
      { version = "2.0", extra = "y" },
    ]
  }
  context = tgt
  args = {
    VERSION = item.version
    EXTRA = item.extra
  }
}
target "lint" {
  name = "lint-${kind}"
  matrix = {
    kind = ["go", "js"]
  }
  target = "lint-${kind}"
}
target "from" {
  inherits = ["lint-go"]
  contexts = {
    app = "target:app-foo-1-0"
  }
}
