//! Functions of bake's standard library, those that files use to name and choose.
//!
//! What is not here (cryptography, addresses, most of regular expressions, dates, what differs from build
//! to build) makes the target that needs it a problem, and no other.

mod compare;
mod list;
mod object;
mod pattern;
mod text;

pub(super) use pattern::NO_MATCH;

use super::value::Value;

type Outcome = Result<Value, String>;

/// The value of a function; `None` where there is none of that name here.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Outcome> {
    if matches!(name, "timestamp" | "uuidv4" | "uuidv5" | "bcrypt" | "homedir") {
        let reason = "its value differs from build to build or from machine to machine, so that \
                      nothing can be said of the image: take a variable";
        return Some(Err(reason.to_owned()));
    }
    let called = text::call(name, arguments)
        .or_else(|| list::call(name, arguments))
        .or_else(|| object::call(name, arguments))
        .or_else(|| pattern::call(name, arguments))
        .or_else(|| compare::call(name, arguments))?;
    Some(called)
}

/// So many arguments, no more and no fewer.
fn exactly<const N: usize>(arguments: &[Value]) -> Result<&[Value; N], String> {
    arguments
        .try_into()
        .map_err(|_| format!("it takes {N} arguments and is given {}: correct it", arguments.len()))
}

/// Text as characters, where each is a letter of its own.
fn plain(text: &str) -> Result<&str, String> {
    if text.is_ascii() {
        Ok(text)
    } else {
        Err("characters beyond ASCII are not counted here: do without it".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use hcl_edit::parser::parse_expr;

    use crate::images::Variables;
    use crate::images::bake::document::Document;
    use crate::images::bake::evaluate::{Evaluator, Scope};
    use crate::images::bake::names::Names;

    fn value(expression: &str) -> String {
        let document = Document::default();
        let environment = Variables::new();
        let mut evaluator = Evaluator::new(Names::new(&document, &environment));
        let text = format!("jsonencode({expression})");
        let parsed = parse_expr(&text).unwrap();
        match evaluator.evaluate(&parsed, &Scope::none()) {
            Ok(value) => value.to_text().unwrap(),
            Err(reason) => reason,
        }
    }

    #[test]
    fn functions_give_what_bake_gives() {
        let table: Vec<String> = [
            r#"upper("aB")"#,
            r#"trim("..a.b..", ".")"#,
            r#"trimprefix("v1", "v")"#,
            r#"trimsuffix("a.tar", ".tar")"#,
            r#"replace("a-b-c", "-", "_")"#,
            r#"split(",", "a,b,,c")"#,
            r#"join("-", ["a", "b"], ["c"])"#,
            r#"substr("hello", 1, 3)"#,
            r#"substr("hello", -3, -1)"#,
            r#"format("%s-%d-%v-%%", "a", 3, true)"#,
            r#"formatlist("x-%s", ["a", "b"])"#,
            r#"sanitize("a.b/c:1")"#,
            r#"basename("a/b/c.txt")"#,
            r#"dirname("a/b/c.txt")"#,
            r#"base64encode("hi")"#,
            r#"base64decode("aGk=")"#,
            r#"sha256("a")"#,
            r#"indent(2, "a\nb")"#,
            r#"chomp("a\n\n")"#,
            r"concat([1], [2, 3])",
            "contains([1, 2], 2)",
            r"length({a = 1})",
            r"keys({b = 1, a = 2})",
            r"values({b = 1, a = 2})",
            r"merge({a = 1}, {a = 2, b = 3})",
            r#"lookup({a = 1}, "b", 7)"#,
            r#"coalesce(null, "", "a")"#,
            r#"compact(["a", "", "b"])"#,
            r#"distinct(["a", "a", "b"])"#,
            "flatten([[1, [2]], 3])",
            "element([1, 2, 3], 4)",
            "slice([1, 2, 3, 4], 1, 3)",
            r#"sort(["b", "a"])"#,
            "reverselist([1, 2])",
            "range(3)",
            "range(1, 7, 3)",
            r#"setproduct(["a"], [1, 2])"#,
            r#"zipmap(["a", "b"], [1, 2])"#,
            "chunklist([1, 2, 3], 2)",
            r#"indexof(["a", "b"], "b")"#,
            "max(1, 3, 2)",
            "divide(7, 2)",
            "floor(-1.5)",
            "ceil(1.2)",
            r#"parseint("ff", 16)"#,
            r#"equal("1", 1)"#,
            "and(true, false)",
            r#"jsondecode("{\"a\": [1, null]}")"#,
            r#"try(nothing, "b")"#,
            "can(nothing)",
            "[for k, v in {a = 1}: \"${k}=${v}\"]",
            "{for v in [\"a\", \"b\"]: v => upper(v) if v != \"a\"}",
            "[{a = 1}, {a = 2}][*].a",
            "1 > 2 ? \"a\" : 3",
            "\"x${1 + 2}y%{ if true }z%{ endif }%{ for i in [1, 2] }${i},%{ endfor }\"",
            "timestamp()",
            r#"regex("[0-9]+", "v12.3")"#,
            r#"regex("^v(\\d+)\\.(\\d+)(-rc)?$", "v12.3")"#,
            r#"regex("(?P<major>[0-9]+)", "v12.3")"#,
            r#"regex("a", "b")"#,
            r#"can(regex("^v", "12"))"#,
            r#"can(regex("[a[b]]", "12"))"#,
            "substr(\"é\", 0, 1)",
            "1 / 3",
            "1 / 0",
            "0 / 0",
            "7 % 0",
            r#"try(0 / 0, "b")"#,
            r#"try([1][3], {a = 1}.b, "b")"#,
            r#"try(1 / 3, "b")"#,
            r#"try(1 / 0, "b")"#,
            "can(cidrhost(1))",
        ]
        .iter()
        .map(|it| format!("{it} = {}", value(it)))
        .collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
