target "x" {
  contex = "other"
}
