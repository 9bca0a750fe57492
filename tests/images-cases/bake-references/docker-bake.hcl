variable "V" {
  default = "1"
}
target "one" {
  args = { VERSION = V, NUMBER = 7 }
  tags = ["one:${V}"]
  context = "one"
}
target "two" {
  args = {
    VERSION = target.one.args.VERSION
    NUMBER = "${target.one.args.NUMBER}x"
  }
  tags = [for tag in target.one.tags: "${tag}-two"]
  context = "${target.one.context}/sub"
  dockerfile = target.one.name
}
