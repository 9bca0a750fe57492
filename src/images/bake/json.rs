//! Bake files in JSON: the same blocks, in which every text is a template.

use std::collections::BTreeMap;

use hcl_edit::expr::{Array, Expression, Object, ObjectKey, ObjectValue};
use hcl_edit::parser::parse_template;
use hcl_edit::template::StringTemplate;
use hcl_edit::{Decorated, Formatted};
use serde_json::{Map, Value};

use super::document::{Attribute, Definition, Document, Validation};
use crate::context::ContextPath;
use crate::images::Problem;

/// Adds what a file defines.
pub(super) fn read(document: &mut Document, file: &ContextPath, text: &str) -> Result<(), Problem> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        Problem::at(file, error.line().max(1), format!("this is no JSON: {error}"))
    })?;
    let Value::Object(root) = value else {
        return Err(Problem::at(file, 1, "it is no object: write one"));
    };
    let lines = Keys::read(text);
    for (kind, value) in root {
        if !["variable", "function", "target", "group"].contains(&kind.as_str()) {
            let value = expression(file, &value)?;
            let line = lines.line(1, &kind);
            let (keys, block) = (BTreeMap::new(), None);
            let attribute = Attribute { name: kind, value, line, keys, block };
            document.attributes.push((file.clone(), attribute));
            continue;
        }
        let Value::Object(blocks) = value else {
            return Err(Problem::at(file, 1, format!("`{kind}` is no object: write one")));
        };
        let kind_line = lines.line(1, &kind);
        for (name, body) in blocks {
            let line = lines.line(kind_line, &name);
            // Several bodies of one name come as a list of them.
            let bodies = if let Value::Array(list) = body { list } else { vec![body] };
            for body in bodies {
                let Value::Object(mut body) = body else {
                    let message = format!("`{name}` is no object: write one");
                    return Err(Problem::at(file, line, message));
                };
                let validations = validations(file, &lines, line, body.remove("validation"))?;
                let attributes = attributes(file, &lines, line, body)?;
                let (file, name) = (file.clone(), name.clone());
                let definition = Definition { file, line, name, attributes, validations };
                document.insert(&kind, definition)?;
            }
        }
    }
    Ok(())
}

/// One block, or a list of them.
fn validations(
    file: &ContextPath,
    lines: &Keys<'_>,
    block_line: usize,
    value: Option<Value>,
) -> Result<Vec<Validation>, Problem> {
    let all = match value {
        Some(Value::Array(list)) => list,
        value => value.into_iter().collect(),
    };
    let mut line = lines.line(block_line, "validation");
    let mut validations = Vec::with_capacity(all.len());
    for value in all {
        let Value::Object(body) = value else {
            return Err(Problem::at(file, line, "`validation` is no object: write one"));
        };
        let attributes = attributes(file, lines, line, body)?;
        line = attributes.iter().map(|it| it.line).max().unwrap_or(line);
        validations.push(Validation { line, attributes });
    }
    Ok(validations)
}

fn attributes(
    file: &ContextPath,
    lines: &Keys<'_>,
    block_line: usize,
    body: Map<String, Value>,
) -> Result<Vec<Attribute>, Problem> {
    let attribute = |(name, value): (String, Value)| {
        let line = lines.line(block_line, &name);
        let keys = value.as_object().into_iter().flat_map(Map::keys);
        let keys = keys.map(|key| (key.clone(), lines.line(line, key))).collect();
        Ok(Attribute { name, value: expression(file, &value)?, line, keys, block: None })
    };
    body.into_iter().filter(|(name, _)| name != "//").map(attribute).collect()
}

/// The lines of each key of a text, in order.
struct Keys<'t>(BTreeMap<&'t str, Vec<usize>>);

impl<'t> Keys<'t> {
    fn read(text: &'t str) -> Self {
        let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, line) in text.lines().enumerate() {
            let mut parts = line.split('"').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_some_and(|after| after.trim_start().starts_with(':')) {
                    lines.entry(part).or_default().push(place + 1);
                }
            }
        }
        Self(lines)
    }

    /// The first line from `from` on that has the name as a key; `from` where none has.
    fn line(&self, from: usize, name: &str) -> usize {
        let Some(lines) = self.0.get(name) else { return from };
        let place = lines.partition_point(|&line| line < from);
        lines.get(place).copied().unwrap_or(from)
    }
}

fn expression(file: &ContextPath, value: &Value) -> Result<Expression, Problem> {
    Ok(match value {
        Value::Null => Expression::null(),
        Value::Bool(value) => Expression::Bool(Decorated::new(*value)),
        Value::Number(number) => {
            let mut text = Expression::from(number.to_string());
            if let Some(number) = number.as_i64() {
                text = Expression::Number(Formatted::new(number.into()));
            } else if let Some(number) = number.as_f64().and_then(hcl_edit::Number::from_f64) {
                text = Expression::Number(Formatted::new(number));
            }
            text
        }
        Value::String(text) => template(file, text)?,
        Value::Array(list) => {
            let mut array = Array::new();
            for item in list {
                array.push(expression(file, item)?);
            }
            Expression::Array(array)
        }
        Value::Object(entries) => {
            let mut object = Object::new();
            for (key, value) in entries {
                let key = ObjectKey::Expression(template(file, key)?);
                object.insert(key, ObjectValue::new(expression(file, value)?));
            }
            Expression::Object(object)
        }
    })
}

fn template(file: &ContextPath, text: &str) -> Result<Expression, Problem> {
    if !text.contains("${") && !text.contains("%{") {
        return Ok(Expression::from(text));
    }
    let template = parse_template(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        Problem::of(file, format!("the text `{text}` is no template: {message}"))
    })?;
    let mut elements = StringTemplate::new();
    for element in template {
        elements.push(element);
    }
    Ok(Expression::StringTemplate(elements))
}
