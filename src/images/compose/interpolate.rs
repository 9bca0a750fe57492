//! `$NAME` and `${NAME…}` in a text of a compose file or an env file.

/// How deep defaults may lie in each other.
const DEPTH: usize = 32;

/// How long a text may become.
const LONGEST: usize = 1 << 16;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A `$` that begins nothing.
    Format,
    /// A variable that must have a value, and what the file says of it.
    Required { name: String, reason: String },
    /// Too long or too deep.
    TooLarge,
}

impl Refusal {
    /// As a part of a message.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Format => "a `$` that begins no variable: write `$$` for a plain one".to_owned(),
            Self::Required { name, reason } if reason.is_empty() => {
                format!("the variable {name} must have a value: set it in the environment")
            }
            Self::Required { name, reason } => {
                format!(
                    "the variable {name} must have a value ({reason}): set it in the environment"
                )
            }
            Self::TooLarge => "its variables make it too long: make it shorter".to_owned(),
        }
    }
}

/// The text with its variables replaced.
pub(super) fn interpolate(
    text: &str,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Refusal> {
    replace(text, look_up, 0)
}

fn replace(
    text: &str,
    look_up: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, Refusal> {
    if depth > DEPTH {
        return Err(Refusal::TooLarge);
    }
    let mut result = String::new();
    let mut rest = text;
    while let Some(place) = rest.find('$') {
        result.push_str(&rest[..place]);
        rest = &rest[place + 1..];
        let bytes = rest.as_bytes();
        match bytes.first() {
            Some(b'$') => {
                result.push('$');
                rest = &rest[1..];
            }
            Some(b'{') => {
                let inside = &rest[1..];
                let end = closing(inside).ok_or(Refusal::Format)?;
                result.push_str(&braced(&inside[..end], look_up, depth)?);
                rest = &inside[end + 1..];
            }
            Some(byte) if is_start(*byte) => {
                let length = name_length(rest);
                result.push_str(&look_up(&rest[..length]).unwrap_or_default());
                rest = &rest[length..];
            }
            _ => result.push('$'),
        }
        if result.len() > LONGEST {
            return Err(Refusal::TooLarge);
        }
    }
    result.push_str(rest);
    Ok(result)
}

/// The names of the variables that stand in a text as `$NAME` or `${NAME}`.
pub(super) fn plain_variables(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
            continue;
        }
        let inside = rest.strip_prefix('{');
        let from = inside.unwrap_or(rest);
        let (name, after) = from.split_at(name_length(from));
        let is_plain = inside.is_none() || after.starts_with('}');
        if is_plain && name.bytes().next().is_some_and(is_start) {
            names.push(name);
        }
    }
    names
}

/// The value of what stands between `${` and `}`.
fn braced(
    inside: &str,
    look_up: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, Refusal> {
    let (name, rest) = inside.split_at(name_length(inside));
    if !name.bytes().next().is_some_and(is_start) || inside.contains('\n') {
        return Err(Refusal::Format);
    }
    let value = look_up(name);
    if rest.is_empty() {
        return Ok(value.unwrap_or_default());
    }
    let (counts_empty, rest) = match rest.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut operator = rest.chars();
    let operation = operator.next();
    let argument = operator.as_str();
    let is_there = value.as_ref().is_some_and(|it| !counts_empty || !it.is_empty());
    match (operation, is_there) {
        (Some('-' | '?'), true) | (Some('+'), false) => Ok(value.unwrap_or_default()),
        (Some('-'), false) | (Some('+'), true) => replace(argument, look_up, depth + 1),
        (Some('?'), false) => Err(Refusal::Required {
            name: name.to_owned(),
            reason: replace(argument, look_up, depth + 1)?,
        }),
        _ => Err(Refusal::Format),
    }
}

/// Where the `}` is that belongs to an opened `{`.
fn closing(inside: &str) -> Option<usize> {
    let mut open = 1_usize;
    for (place, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(place);
                }
            }
            _ => {}
        }
    }
    None
}

fn is_start(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<String, Refusal> {
        interpolate(text, &|name| match name {
            "A" => Some("a".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn every_operator_tells_unset_from_empty() {
        for (text, expected) in [
            ("$A-${A}-$$A-$", "a-a-$A-$"),
            ("${A:-b}${EMPTY:-b}${EMPTY-b}${NONE-b}", "abb"),
            ("${A:+x}${EMPTY:+x}${EMPTY+y}${NONE+z}", "xy"),
            ("${A:?e}${EMPTY?e}", "a"),
            ("${NONE:-${EMPTY:-$A}}}", "a}"),
            ("${NONE:-x} and ${A}", "x and a"),
            ("$1 100% a$", "$1 100% a$"),
        ] {
            assert_eq!(with(text), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_must_be_set_is_asked_for_in_its_own_words() {
        let refusal = with("${NONE:?for $A}").unwrap_err();
        assert_eq!(
            refusal.message(),
            "the variable NONE must have a value (for a): set it in the environment"
        );
        assert!(matches!(with("${EMPTY:?}"), Err(Refusal::Required { .. })));
    }

    #[test]
    fn a_variable_without_an_operator_is_plain() {
        let names = plain_variables("$A-${B}/${C:-c} $$D ${E+e}${F:-$G} $1 ${");
        assert_eq!(names, ["A", "B", "G"]);
    }

    #[test]
    fn half_a_variable_is_refused() {
        for text in ["${", "${}", "${A", "${1}", "${A b}", "${A:}", "${A:-\n}"] {
            assert_eq!(with(text), Err(Refusal::Format), "{text:?}");
        }
    }

    #[test]
    fn defaults_do_not_lie_in_each_other_for_ever() {
        let deep = format!("{}x{}", "${N:-".repeat(10_000), "}".repeat(10_000));
        assert_eq!(with(&deep), Err(Refusal::TooLarge));
    }
}
