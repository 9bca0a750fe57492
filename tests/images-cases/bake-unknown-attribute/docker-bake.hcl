target "x" {
  circumstance = "other"
}
