target "base" {
  dockerfile-inline = <<EOT
FROM alpine
RUN echo $${HOME}
EOT
}
target "app" {
  context = "."
  dockerfile = "app/Dockerfile"
  contexts = {
    base = "target:base"
    alpine = "docker-image://alpine:3.20"
    source = "source/../src"
    empty = ""
    command = "cwd://data"
  }
  dockerfile-inline = null
}
target "indented" {
  dockerfile-inline = <<-EOT
    FROM scratch
      COPY a b
  EOT
}
