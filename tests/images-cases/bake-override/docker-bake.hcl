variable "V" {
  default = "1"
}
target "app" {
  context = "app"
  args = { A = V, B = "b" }
  tags = ["one"]
}
