group "default" {
  targets = ["app", "tool"]
}
target "app" {
  context = "app"
  dockerfile = "docker/Dockerfile"
  target = "runtime"
  args = {
    A = "1"
    B = 2
    C = true
    D = null
    E = 1.50
  }
  tags = ["example/app:1", "example/app:1", ""]
  platforms = ["linux/amd64", "linux/arm64"]
  no-cache = true
  pull = true
  no-cache-filter = ["build"]
}
target "tool" {}
