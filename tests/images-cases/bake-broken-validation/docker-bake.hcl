variable "VERSION" {
  default = "12.3"
  validation {
    condition = VERSION != ""
  }
  validation {
    condition     = can(regex("^v[0-9]+", VERSION))
    error_message = "a version begins with v"
  }
}

target "app" {
  args = {
    VERSION = VERSION
  }
}
