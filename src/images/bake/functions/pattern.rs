//! Regular expressions, as far as bake's are the same here.

use std::collections::BTreeMap;

use regex::RegexBuilder;

use super::super::value::Value;
use super::{Outcome, exactly, plain};

/// Why a text has no value by a pattern: bake has none either.
pub(in super::super) const NO_MATCH: &str =
    "nothing in the text is as the pattern says: correct it";

/// More than this no pattern takes that a person wrote.
const LARGEST: usize = 1 << 20;

pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Outcome> {
    (name == "regex").then(|| regex(arguments))
}

/// The part of the text that the pattern selects; where it has groups, what is in each of them.
fn regex(arguments: &[Value]) -> Outcome {
    let [pattern, text] = exactly::<2>(arguments)?;
    let (pattern, text) = (pattern.to_text()?, text.to_text()?);
    let (pattern, text) = (plain(&pattern)?, plain(&text)?);
    if !is_common(pattern) {
        return Err("a pattern that is not understood here: write it simpler".to_owned());
    }
    let built = RegexBuilder::new(pattern).size_limit(LARGEST).build();
    let built = built.map_err(|_| "a pattern that is not understood here: write it simpler")?;
    let groups = built.captures(text).ok_or(NO_MATCH)?;
    let value = |place: usize| match groups.get(place) {
        Some(found) => Value::text(found.as_str()),
        None => Value::Null,
    };
    let names: Vec<Option<&str>> = built.capture_names().skip(1).collect();
    if names.is_empty() {
        return Ok(value(0));
    }
    if names.iter().all(Option::is_none) {
        return Ok(Value::List((1..=names.len()).map(value).collect()));
    }
    let all = names.iter().enumerate().map(|(place, name)| {
        let name = name.ok_or("groups with names and without in one pattern: name all of them")?;
        Ok((name.to_owned(), value(place + 1)))
    });
    all.collect::<Result<BTreeMap<_, _>, String>>().map(Value::Object)
}

/// Whether the pattern means the same in Go and here: sets in sets and flags are others.
fn is_common(pattern: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    let mut is_in_set = false;
    while let Some(letter) = rest.next() {
        match letter {
            '\\' if matches!(rest.next(), Some('Q' | 'E' | 'C' | '<' | '>')) => return false,
            '[' if is_in_set && rest.peek() != Some(&':') => return false,
            '[' => is_in_set = true,
            ']' => is_in_set = false,
            '&' | '-' | '~' if is_in_set && rest.peek() == Some(&letter) => return false,
            '(' if !is_in_set && rest.peek() == Some(&'?') => {
                let mut flags = rest.clone().take_while(|it| !matches!(it, ')' | ':' | '<'));
                if flags.any(|it| matches!(it, 'x' | 'u' | 'R' | '=' | '!')) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}
