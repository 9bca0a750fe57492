variable "TAG" {
  default = "latest"
}
variable "DEBUG" {
  default = false
}
variable "COUNT" {
  default = 3
}
variable "LIST" {
  type = list(string)
  default = ["a"]
}
variable "MAP" {
  type = map(string)
  default = { k = "v" }
}
variable "EMPTY" {}
variable "DERIVED" {
  default = "x-${TAG}"
}
prefix = "example/"
target "app" {
  tags = ["${prefix}app:${TAG}", "${DERIVED}"]
  target = DEBUG ? "debug" : "release"
  args = {
    COUNT = COUNT + 1
    LIST = join(",", LIST)
    MAP = MAP["k"]
    EMPTY = EMPTY
    EQUAL = equal("", EMPTY) ? "empty" : "set"
    TYPE = COUNT > 2 ? "many" : 0
    CONTEXT = BAKE_CMD_CONTEXT
  }
}
