//! The exec form: a JSON array of strings, recognised exactly when the engine recognises it.

use serde_json::Value;

/// The text is a JSON array, but not of strings only; the engine refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotStrings;

/// The array's strings, or `None` where the text is not a JSON array and so is taken as it is.
pub(super) fn parse(text: &str) -> Result<Option<Vec<String>>, NotStrings> {
    let text = text.trim_start();
    if !text.starts_with('[') {
        return Ok(None);
    }
    let Ok(values) = serde_json::from_str::<Vec<Value>>(&replace_lone_surrogates(text)) else {
        return Ok(None);
    };
    values
        .into_iter()
        .map(|value| match value {
            Value::String(text) => Ok(text),
            _ => Err(NotStrings),
        })
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Half of a surrogate pair is U+FFFD to the engine, an error to `serde_json`.
fn replace_lone_surrogates(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        result.push_str(before);
        let length = match surrogate(after) {
            Some(first) if first < 0xdc00 => {
                let second = after.get(5..).and_then(|rest| rest.strip_prefix('\\'));
                if second.and_then(surrogate).is_some_and(|second| second >= 0xdc00) {
                    result.push('\\');
                    result.push_str(after.get(..11).unwrap_or_default());
                    11
                } else {
                    result.push_str("\\ufffd");
                    5
                }
            }
            Some(_) => {
                result.push_str("\\ufffd");
                5
            }
            None => {
                let length = after.chars().next().map_or(0, char::len_utf8);
                result.push('\\');
                result.push_str(after.get(..length).unwrap_or_default());
                length
            }
        };
        rest = after.get(length..).unwrap_or_default();
    }
    result.push_str(rest);
    result
}

/// The surrogate that `u` and four hexadecimal digits name, if they name one.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
}
