a = b
b = a
target "x" {
  tags = [a]
}
