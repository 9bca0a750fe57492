target "base" {
  context = "base"
  args = { A = "base", B = "base", N = "base" }
  platforms = ["linux/amd64"]
  tags = ["base"]
}
target "other" {
  dockerfile = "Other"
  args = { B = "other" }
}
target "app" {
  inherits = ["base", "other"]
  args = { C = "app", N = null }
  tags = []
}
target "child" {
  inherits = ["app"]
  context = "child"
}
