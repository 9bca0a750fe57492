target "app" {
  target = "release"
  args = {
    B = "3"
  }
}
target "other" {
  inherits = ["base_part"]
  dockerfile = "Other"
  contexts = {
    alone = "target:alone"
  }
}
