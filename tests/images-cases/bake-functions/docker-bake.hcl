function "image" {
  params = [name]
  variadic_params = tags
  result = [for tag in tags: "example/${name}:${tag}"]
}
function "twice" {
  params = [x]
  result = x * 2
}
target "app" {
  tags = image("app", "1", "2")
  args = {
    UPPER = upper("abc")
    TWICE = twice(4)
    SPLIT = split("-", "a-b-c")[1]
    REPLACE = replace("1.2.3", ".", "-")
    FORMAT = format("%s:%d", "a", 3)
    KEYS = join(",", keys({ b = 1, a = 2 }))
    MERGE = merge({ a = "1" }, { a = "2" }).a
    COALESCE = coalesce(null, "x")
    COALESCE_EMPTY = coalesce("", "x")
    SUBSTR = substr("hello", 1, 3)
    TRIM = trimprefix("v1.2", "v")
    SANITIZE = sanitize("a.b/c")
    HASH = sha256("a")
    BASE64 = base64encode("hello")
    JSON = jsonencode({ a = [1, "x", null, true] })
    INDENT = indent(2, "a\nb")
    LOOKUP = lookup({ a = "1" }, "b", "none")
    FLATTEN = join(",", flatten([["a"], ["b", ["c"]]]))
    DISTINCT = join(",", distinct(["a", "b", "a"]))
    ELEMENT = element(["a", "b"], 3)
    RANGE = join(",", formatlist("%d", range(1, 4)))
    CONTAINS = contains(["a", "b"], "b")
    DIVIDE = divide(7, 2)
    FLOOR = floor(7 / 2)
    MODULO = 7 % 4
    TRY = try(nothing.here, "fallback")
    DIRNAME = dirname("a/b/c")
    BASENAME = basename("a/b/c")
    SORT = join(",", sort(["b", "a"]))
    ZIP = zipmap(["a"], ["1"]).a
    PRODUCT = join(",", [for p in setproduct(["a", "b"], ["1", "2"]): join("", p)])
    CHUNK = length(chunklist(["a", "b", "c"], 2))
    SLICE = join(",", slice(["a", "b", "c"], 1, 3))
    INDEX = indexof(["a", "b"], "b")
    MAX = max(1, 5, 3)
    CHOMP = chomp("a\n")
    TITLE = trimspace("  a ")
    STRLEN = strlen("abc")
    REVERSE = join("", reverselist(["a", "c"]))
    COMPACT = join(",", compact(["a", "", "b"]))
    CONCAT = join(",", concat(["a"], ["b"]))
    PARSE = parseint("ff", 16)
    CEIL = ceil(1.2)
    LOWER = lower("ABC")
    VALUES = join(",", values({ a = "1", b = "2" }))
    DECODE = jsondecode("{\"a\": 1}").a
  }
}
