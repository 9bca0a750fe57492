//! The `type` of a variable, and what the environment's text becomes by it.

use hcl_edit::expr::Expression;

use super::number::Number;
use super::value::Value;

/// A type, as far as files use them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Any,
    Text,
    Number,
    Bool,
    List(Box<Type>),
    Map(Box<Type>),
}

/// Reads `string`, `list(number)` and the like.
pub(super) fn read(expression: &Expression) -> Result<Type, String> {
    let unknown = || "a `type` that is not understood here: write it simpler".to_owned();
    match expression {
        Expression::Variable(name) => named(name.as_str()).ok_or_else(unknown),
        // JSON has a name in quotes.
        Expression::String(name) => named(name.value()).ok_or_else(unknown),
        Expression::FuncCall(call) if call.args.len() == 1 => {
            let inner = call.args.get(0).map(read).ok_or_else(unknown)??;
            match call.name.name.as_str() {
                "list" => Ok(Type::List(Box::new(inner))),
                "map" => Ok(Type::Map(Box::new(inner))),
                _ => Err(unknown()),
            }
        }
        _ => Err(unknown()),
    }
}

fn named(name: &str) -> Option<Type> {
    match name {
        "any" => Some(Type::Any),
        "string" => Some(Type::Text),
        "number" => Some(Type::Number),
        "bool" => Some(Type::Bool),
        _ => None,
    }
}

/// The value as one of the type.
pub(super) fn convert(value: Value, to: &Type) -> Result<Value, String> {
    Ok(match (value, to) {
        (Value::Null, _) => Value::Null,
        (value, Type::Any) => value,
        (value, Type::Text) => Value::Text(value.to_text()?),
        (value, Type::Number) => Value::Number(value.to_number()?),
        (value, Type::Bool) => Value::Bool(value.to_bool()?),
        (Value::List(list), Type::List(inner)) => {
            Value::List(list.into_iter().map(|it| convert(it, inner)).collect::<Result<_, _>>()?)
        }
        (Value::Object(entries), Type::Map(inner)) => Value::Object(
            entries
                .into_iter()
                .map(|(key, it)| Ok((key, convert(it, inner)?)))
                .collect::<Result<_, String>>()?,
        ),
        (value, _) => return Err(format!("{} is not of its type: correct it", value.kind())),
    })
}

/// A text of the environment as a value of the type; lists have commas between their items.
pub(super) fn from_text(text: &str, to: &Type) -> Result<Value, String> {
    match to {
        Type::Any | Type::Text => Ok(Value::text(text)),
        Type::Bool => match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
            _ => Err("the environment's value must be true or false: correct it".to_owned()),
        },
        Type::Number => Number::read(text)
            .map(Value::Number)
            .ok_or_else(|| "the environment's value must be a number: correct it".to_owned()),
        Type::List(inner) if !matches!(**inner, Type::List(_) | Type::Map(_)) => {
            if text.contains('"') {
                return Err(
                    "quotes in a list of the environment are not understood here".to_owned()
                );
            }
            text.split(',')
                .map(|it| from_text(it, inner))
                .collect::<Result<_, _>>()
                .map(Value::List)
        }
        _ => Err("the environment cannot give it: write it as JSON, in NAME_JSON".to_owned()),
    }
}

/// JSON of the environment as a value of the type.
pub(super) fn from_json(text: &str, to: &Type) -> Result<Value, String> {
    let json: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| format!("the environment's value is no JSON, {error}"))?;
    convert(json_value(&json)?, to)
}

/// JSON as a value.
pub(super) fn json_value(json: &serde_json::Value) -> Result<Value, String> {
    Ok(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(
            Number::read(&number.to_string())
                .ok_or_else(|| format!("the number {number} is too large or too fine"))?,
        ),
        serde_json::Value::String(text) => Value::text(text.as_str()),
        serde_json::Value::Array(list) => {
            Value::List(list.iter().map(json_value).collect::<Result<_, _>>()?)
        }
        serde_json::Value::Object(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), json_value(value)?)))
                .collect::<Result<_, String>>()?,
        ),
    })
}
