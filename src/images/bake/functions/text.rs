//! Functions on texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::super::types::json_value;
use super::super::value::Value;
use super::{Outcome, exactly, plain};

/// The value of a function; `None` where there is none of that name here.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Outcome> {
    Some(match name {
        "lower" => one(arguments, |text| Ok(text.to_lowercase())),
        "upper" => one(arguments, |text| Ok(text.to_uppercase())),
        "trimspace" => one(arguments, |text| Ok(text.trim().to_owned())),
        "chomp" => one(arguments, |text| Ok(text.trim_end_matches(['\r', '\n']).to_owned())),
        "reverse" => one(arguments, |text| Ok(plain(text)?.chars().rev().collect())),
        "basename" => one(arguments, |text| Ok(base_name(text))),
        "dirname" => one(arguments, |text| Ok(directory_name(text))),
        "sanitize" => one(arguments, |text| Ok(sanitize(text))),
        "base64encode" => one(arguments, |text| Ok(STANDARD.encode(text))),
        "base64decode" => one(arguments, decode),
        "sha256" => one(arguments, |text| Ok(hex::encode(Sha256::digest(text)))),
        "strlen" => length(arguments),
        "trim" => two(arguments, |text, set| text.trim_matches(|it| set.contains(it)).to_owned()),
        "trimprefix" => two(arguments, |text, it| text.strip_prefix(it).unwrap_or(text).to_owned()),
        "trimsuffix" => two(arguments, |text, it| text.strip_suffix(it).unwrap_or(text).to_owned()),
        "replace" => replace(arguments),
        "split" => split(arguments),
        "join" => join(arguments),
        "substr" => substring(arguments),
        "indent" => indent(arguments),
        "format" => format(arguments).map(Value::Text),
        "formatlist" => format_list(arguments),
        "jsonencode" => exactly::<1>(arguments)
            .and_then(|[value]| encode(value))
            .map(|json| Value::text(json.to_string())),
        "jsondecode" => exactly::<1>(arguments).and_then(|[text]| {
            let json = serde_json::from_str(&text.to_text()?).map_err(|it| it.to_string())?;
            json_value(&json)
        }),
        _ => return None,
    })
}

fn one(arguments: &[Value], change: impl Fn(&str) -> Result<String, String>) -> Outcome {
    let [text] = exactly::<1>(arguments)?;
    change(&text.to_text()?).map(Value::Text)
}

fn two(arguments: &[Value], change: impl Fn(&str, &str) -> String) -> Outcome {
    let [text, other] = exactly::<2>(arguments)?;
    Ok(Value::Text(change(&text.to_text()?, &other.to_text()?)))
}

fn base_name(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/".to_owned();
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned()
}

fn directory_name(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |place| place + 1);
    let clean = crate::context::clean_path(path[..end].as_bytes());
    String::from_utf8_lossy(&clean).into_owned()
}

fn sanitize(text: &str) -> String {
    let allowed = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    text.chars().map(|it| if allowed(it) { it } else { '_' }).collect()
}

fn decode(text: &str) -> Result<String, String> {
    let bytes = STANDARD.decode(text).map_err(|error| format!("this is no base64, {error}"))?;
    String::from_utf8(bytes).map_err(|_| "what comes out is no UTF-8".to_owned())
}

fn length(arguments: &[Value]) -> Outcome {
    let [text] = exactly::<1>(arguments)?;
    super::list::count(plain(&text.to_text()?)?.len())
}

fn replace(arguments: &[Value]) -> Outcome {
    let [text, from, to] = exactly::<3>(arguments)?;
    let (text, from, to) = (text.to_text()?, from.to_text()?, to.to_text()?);
    let times = if from.is_empty() { text.len() + 1 } else { text.matches(&from).count() };
    bounded(text.len() + times * to.len())?;
    Ok(Value::Text(text.replace(&from, &to)))
}

/// What a function may give, in bytes, before it is made.
fn bounded(bytes: usize) -> Result<(), String> {
    if bytes > 1 << 20 {
        Err("a text of more than 1 MiB: make it shorter".to_owned())
    } else {
        Ok(())
    }
}

fn split(arguments: &[Value]) -> Outcome {
    let [separator, text] = exactly::<2>(arguments)?;
    let (separator, text) = (separator.to_text()?, text.to_text()?);
    if separator.is_empty() {
        return Ok(Value::List(text.chars().map(|it| Value::text(it.to_string())).collect()));
    }
    Ok(Value::List(text.split(&separator).map(Value::text).collect()))
}

fn join(arguments: &[Value]) -> Outcome {
    let (separator, lists) = arguments.split_first().ok_or("it needs a separator: add it")?;
    let separator = separator.to_text()?;
    let mut texts = Vec::new();
    for list in lists {
        for item in list.to_list()? {
            texts.push(item.to_text()?);
        }
    }
    bounded(texts.iter().map(|it| it.len() + separator.len()).sum())?;
    Ok(Value::Text(texts.join(&separator)))
}

fn substring(arguments: &[Value]) -> Outcome {
    let [text, offset, length] = exactly::<3>(arguments)?;
    let text = text.to_text()?;
    let text = plain(&text)?;
    let whole = |value: &Value| {
        let number = value.to_number()?.as_whole();
        number.ok_or_else(|| "a place that is no whole number: correct it".to_owned())
    };
    let size = i64::try_from(text.len()).map_err(|error| error.to_string())?;
    let (mut offset, length) = (whole(offset)?, whole(length)?);
    if offset < 0 {
        offset += size;
    }
    let offset = offset.clamp(0, size);
    let end = if length < 0 { size } else { offset.saturating_add(length).min(size) };
    let (start, end) = (usize::try_from(offset), usize::try_from(end));
    Ok(Value::text(
        start.ok().zip(end.ok()).and_then(|(start, end)| text.get(start..end)).unwrap_or(""),
    ))
}

fn indent(arguments: &[Value]) -> Outcome {
    let [spaces, text] = exactly::<2>(arguments)?;
    let (spaces, text) = (spaces.to_index()?, text.to_text()?);
    bounded(text.matches('\n').count().saturating_mul(spaces))?;
    Ok(Value::Text(text.replace('\n', &format!("\n{}", " ".repeat(spaces)))))
}

/// `%s`, `%d`, `%v`, `%q`-less and without widths: what files use.
fn format(arguments: &[Value]) -> Result<String, String> {
    let (pattern, arguments) = arguments.split_first().ok_or("it needs a pattern: add it")?;
    let pattern = pattern.to_text()?;
    let mut arguments = arguments.iter();
    let mut result = String::new();
    let mut rest = pattern.as_str();
    while let Some(place) = rest.find('%') {
        result.push_str(&rest[..place]);
        let verb = rest[place + 1..].chars().next();
        let mut next = || arguments.next().ok_or("it needs more arguments: add them");
        match verb {
            Some('%') => result.push('%'),
            Some('s') => result.push_str(&next()?.to_text()?),
            Some('d') => {
                let number = next()?.to_number()?.as_whole();
                let number = number.ok_or("`%d` of a number that is not whole: correct it")?;
                result.push_str(&number.to_string());
            }
            Some('v') => match next()? {
                Value::Null => result.push_str("null"),
                value @ (Value::List(_) | Value::Object(_)) => {
                    result.push_str(&encode(value)?.to_string());
                }
                value => result.push_str(&value.to_text()?),
            },
            _ => return Err("only %s, %d, %v and %% are understood here".to_owned()),
        }
        bounded(result.len())?;
        rest = rest[place + 1..].get(verb.map_or(0, char::len_utf8)..).unwrap_or("");
    }
    if arguments.next().is_some() {
        return Err("it is given too many arguments: take some away".to_owned());
    }
    result.push_str(rest);
    Ok(result)
}

fn format_list(arguments: &[Value]) -> Outcome {
    let lengths = arguments.iter().filter_map(|it| it.to_list().ok().map(<[Value]>::len));
    let Some(length) = lengths.clone().min().filter(|least| lengths.clone().max() == Some(*least))
    else {
        return Err("it needs lists of one length: correct them".to_owned());
    };
    let mut texts = Vec::with_capacity(length);
    for place in 0..length {
        let of_place = |it: &Value| match it {
            Value::List(list) => list.get(place).cloned().unwrap_or(Value::Null),
            other => other.clone(),
        };
        texts.push(Value::Text(format(&arguments.iter().map(of_place).collect::<Vec<_>>())?));
    }
    Ok(Value::List(texts))
}

/// A value as JSON.
fn encode(value: &Value) -> Result<serde_json::Value, String> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => {
            let json = serde_json::from_str(&number.to_string());
            json.map_err(|error| error.to_string())?
        }
        Value::Text(text) if text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) => {
            return Err("texts with <, > or & are not encoded here: do without it".to_owned());
        }
        Value::Text(text) => text.as_str().into(),
        Value::List(list) => list.iter().map(encode).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| Ok((key.clone(), encode(value)?));
            entries.iter().map(entry).collect::<Result<serde_json::Map<_, _>, String>>()?.into()
        }
    })
}
