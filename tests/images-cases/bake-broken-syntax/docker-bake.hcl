target "app" {
  args = {
}
