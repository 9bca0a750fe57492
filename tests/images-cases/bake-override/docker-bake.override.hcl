variable "V" {
  default = "2"
}
target "app" {
  args = { B = "over" }
  tags = ["two"]
}
target "new" {
  inherits = ["app"]
}
