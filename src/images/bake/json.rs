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
    let keys = Keys::read(text);
    for (kind, value) in root {
        let kind_place = keys.place(0, &kind);
        if !["variable", "function", "target", "group"].contains(&kind.as_str()) {
            let value = expression(file, &value)?;
            let line = keys.line(kind_place);
            let (keys, block) = (BTreeMap::new(), None);
            let attribute = Attribute { name: kind, value, line, keys, block };
            document.attributes.push((file.clone(), attribute));
            continue;
        }
        let Value::Object(blocks) = value else {
            return Err(Problem::at(file, 1, format!("`{kind}` is no object: write one")));
        };
        for (name, body) in blocks {
            let mut place = keys.place(kind_place, &name);
            let line = keys.line(place);
            // Several bodies of one name come as a list of them.
            for body in listed(Some(body)) {
                let Value::Object(mut body) = body else {
                    let message = format!("`{name}` is no object: write one");
                    return Err(Problem::at(file, line, message));
                };
                let end = keys.end(place, &body);
                let validations = validations(file, &keys, place, body.remove("validation"))?;
                let attributes = attributes(file, &keys, place, body)?;
                let (file, name) = (file.clone(), name.clone());
                let definition = Definition { file, line, name, attributes, validations };
                document.insert(&kind, definition)?;
                place = end;
            }
        }
    }
    Ok(())
}

/// One block, or a list of them.
fn validations(
    file: &ContextPath,
    keys: &Keys<'_>,
    block: usize,
    value: Option<Value>,
) -> Result<Vec<Validation>, Problem> {
    let mut place = keys.place(block, "validation");
    let mut validations = Vec::new();
    for value in listed(value) {
        let line = keys.line(place);
        let Value::Object(body) = value else {
            return Err(Problem::at(file, line, "`validation` is no object: write one"));
        };
        let end = keys.end(place, &body);
        let attributes = attributes(file, keys, place, body)?;
        validations.push(Validation { line, attributes });
        place = end;
    }
    Ok(validations)
}

/// What is given once or as a list.
fn listed(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(list)) => list,
        value => value.into_iter().collect(),
    }
}

fn attributes(
    file: &ContextPath,
    keys: &Keys<'_>,
    block: usize,
    body: Map<String, Value>,
) -> Result<Vec<Attribute>, Problem> {
    let attribute = |(name, value): (String, Value)| {
        let place = keys.place(block, &name);
        let inner = value.as_object().into_iter().flat_map(Map::keys);
        let inner = inner.map(|key| (key.clone(), keys.line(keys.place(place, key)))).collect();
        let value = expression(file, &value)?;
        Ok(Attribute { name, value, line: keys.line(place), keys: inner, block: None })
    };
    body.into_iter().filter(|(name, _)| name != "//").map(attribute).collect()
}

/// Where each key of a text is, in bytes and in order.
struct Keys<'t> {
    places: BTreeMap<&'t str, Vec<usize>>,
    /// Where lines end.
    ends: Vec<usize>,
}

impl<'t> Keys<'t> {
    fn read(text: &'t str) -> Self {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut place = 0;
        let mut parts = text.split('"').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_some_and(|after| after.trim_start().starts_with(':')) {
                places.entry(part).or_default().push(place);
            }
            place += part.len() + 1;
        }
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { places, ends: ends.map(|(place, _)| place).collect() }
    }

    /// The first place from `from` on that has the name as a key; `from` where none has.
    fn place(&self, from: usize, name: &str) -> usize {
        let Some(places) = self.places.get(name) else { return from };
        let first = places.partition_point(|&place| place < from);
        places.get(first).copied().unwrap_or(from)
    }

    /// Where the body that is looked for from `from` on has passed its last key.
    fn end(&self, from: usize, body: &Map<String, Value>) -> usize {
        let places = body.iter().map(|(name, value)| {
            let place = self.place(from, name) + 1;
            value.as_object().map_or(place, |inner| self.end(place, inner))
        });
        places.max().unwrap_or(from)
    }

    /// The line of a place, from 1.
    fn line(&self, place: usize) -> usize {
        self.ends.partition_point(|&end| end < place) + 1
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
