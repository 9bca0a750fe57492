//! Bake files in JSON: the same blocks, in which every text is a template.

use hcl_edit::expr::{Array, Expression, Object, ObjectKey, ObjectValue};
use hcl_edit::parser::parse_template;
use hcl_edit::template::StringTemplate;
use hcl_edit::{Decorated, Formatted};
use serde_json::{Map, Value};

use super::document::{Attribute, Definition, Document};
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
    for (kind, value) in root {
        if !["variable", "function", "target", "group"].contains(&kind.as_str()) {
            let value = expression(file, &value)?;
            document.attributes.push(Attribute { name: kind, value, line: 1 });
            continue;
        }
        let Value::Object(blocks) = value else {
            return Err(Problem::at(file, 1, format!("`{kind}` is no object: write one")));
        };
        for (name, body) in blocks {
            let line = line_of(text, &name);
            // Several bodies of one name come as a list of them.
            let bodies = if let Value::Array(list) = body { list } else { vec![body] };
            for body in bodies {
                let Value::Object(body) = body else {
                    let message = format!("`{name}` is no object: write one");
                    return Err(Problem::at(file, line, message));
                };
                let attributes = attributes(file, line, body)?;
                let (file, name) = (file.clone(), name.clone());
                document.insert(&kind, Definition { file, line, name, attributes })?;
            }
        }
    }
    Ok(())
}

fn attributes(
    file: &ContextPath,
    line: usize,
    body: Map<String, Value>,
) -> Result<Vec<Attribute>, Problem> {
    let attribute = |(name, value): (String, Value)| {
        Ok(Attribute { name, value: expression(file, &value)?, line })
    };
    body.into_iter().filter(|(name, _)| name != "//").map(attribute).collect()
}

/// The first line that has the name as a key.
fn line_of(text: &str, name: &str) -> usize {
    let quoted = format!("\"{name}\"");
    let is_key =
        |line: &str| line.split(&quoted).skip(1).any(|rest| rest.trim_start().starts_with(':'));
    text.lines().position(is_key).map_or(1, |place| place + 1)
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
