//! What an expression of a bake file stands for.

use std::collections::BTreeMap;

use super::number::Number;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What it is, in a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// Its size, by which what is computed is measured.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::List(list) => 1 + list.iter().map(Self::weight).sum::<usize>(),
            Self::Object(entries) => {
                let entry = |(key, value): (&String, &Self)| 1 + key.len() / 16 + value.weight();
                1 + entries.iter().map(entry).sum::<usize>()
            }
            _ => 1,
        }
    }

    /// As a text, which numbers and bools become too.
    pub(super) fn to_text(&self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Number(number) => Ok(number.to_string()),
            Self::Bool(value) => Ok(value.to_string()),
            other => Err(format!("{} where a text must be: correct it", other.kind())),
        }
    }

    /// As a bool, which `"true"` and `"false"` become too.
    pub(super) fn to_bool(&self) -> Result<bool, String> {
        match self {
            Self::Bool(value) => Ok(*value),
            Self::Text(text) if matches!(text.as_str(), "true" | "1") => Ok(true),
            Self::Text(text) if matches!(text.as_str(), "false" | "0") => Ok(false),
            other => Err(format!("{} where true or false must be: correct it", other.kind())),
        }
    }

    /// As a number, which a text of digits becomes too.
    pub(super) fn to_number(&self) -> Result<Number, String> {
        let wrong = || format!("{} where a number must be: correct it", self.kind());
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text) => Number::read(text).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }

    /// As a whole number that is not negative.
    pub(super) fn to_index(&self) -> Result<usize, String> {
        let whole = self.to_number()?.as_whole().and_then(|it| usize::try_from(it).ok());
        whole.ok_or_else(|| "a number that is not whole, or negative: correct it".to_owned())
    }

    pub(super) fn to_list(&self) -> Result<&[Self], String> {
        match self {
            Self::List(list) => Ok(list),
            other => Err(format!("{} where a list must be: correct it", other.kind())),
        }
    }

    pub(super) fn to_object(&self) -> Result<&BTreeMap<String, Self>, String> {
        match self {
            Self::Object(entries) => Ok(entries),
            other => Err(format!("{} where an object must be: correct it", other.kind())),
        }
    }

    /// The pairs of a list or an object, as `for` takes them.
    pub(super) fn pairs(&self) -> Result<Vec<(Self, Self)>, String> {
        match self {
            Self::List(list) => list
                .iter()
                .enumerate()
                .map(|(place, value)| {
                    let place = i64::try_from(place).map_err(|error| error.to_string())?;
                    Ok((Self::Number(Number::whole(place)), value.clone()))
                })
                .collect(),
            Self::Object(entries) => {
                let pair = |(key, value): (&String, &Self)| (Self::text(key), value.clone());
                Ok(entries.iter().map(pair).collect())
            }
            other => Err(format!("{} where a list or an object must be: correct it", other.kind())),
        }
    }
}
