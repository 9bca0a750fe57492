target "a" {
  args = { A = missing }
}
