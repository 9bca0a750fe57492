group "default" {
  targets = ["app"]
}
group "all" {
  targets = ["default", "extra"]
}
target "docker-metadata-action" {}
target "_common" {
  args = { A = "1" }
}
target "app" {
  inherits = ["_common", "docker-metadata-action"]
}
target "extra" {
  inherits = ["app"]
}
target "alone" {}
