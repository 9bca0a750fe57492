//! What a scalar without quotes is to compose, and how it writes it as a text.

/// A scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    /// A text; variables in it are replaced.
    Text(String),
    /// A number, as compose writes it.
    Other(String),
    /// A date, as written: compose takes none where it wants a text.
    Date(String),
}

impl Scalar {
    /// Bytes of its text.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Text(text) | Self::Other(text) | Self::Date(text) => text.len(),
            _ => 0,
        }
    }
}

/// By the rules of the YAML library that compose uses, which are those of YAML 1.2 with some of
/// 1.1's numbers.
pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Other("+Inf".to_owned());
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Other("-Inf".to_owned()),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Other("NaN".to_owned()),
        _ => {}
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return Scalar::Text(text.to_owned());
    }
    if is_date(text) {
        return Scalar::Date(text.to_owned());
    }
    let plain = text.replace('_', "");
    if let Some(number) = integer(&plain) {
        return Scalar::Other(number);
    }
    if is_float(&plain)
        && let Ok(number) = plain.parse::<f64>()
        && number.is_finite()
    {
        return Scalar::Other(float(number));
    }
    Scalar::Text(text.to_owned())
}

/// Whole numbers of base 2, 8, 10 and 16; a leading zero means base 8.
fn integer(plain: &str) -> Option<String> {
    let (sign, digits) = match plain.as_bytes() {
        [b'-', ..] => ("-", &plain[1..]),
        [b'+', ..] => ("", &plain[1..]),
        _ => ("", plain),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = u64::from_str_radix(digits, radix).ok()?;
    if sign == "-" && number > 1 << 63 {
        return None;
    }
    let sign = if number == 0 { "" } else { sign };
    Some(format!("{sign}{number}"))
}

fn is_float(plain: &str) -> bool {
    let rest = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(place) => (&rest[..place], Some(&rest[place + 1..])),
        None => (rest, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_mantissa = !whole.is_empty() || !fraction.is_empty();
    let has_exponent = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['+', '-']).unwrap_or(text);
        !text.is_empty() && digits(text)
    });
    has_mantissa && digits(whole) && digits(fraction) && has_exponent
}

/// The shortest text that is this number, with an exponent where it is very large or very small.
fn float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(power) = exponent.parse::<i32>() else { return scientific };
    if (-4..6).contains(&power) {
        return format!("{number}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.abs())
}

/// Whether it begins with a date, as in `2024-01-31`.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let year = bytes.len() > 7 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-';
    let mut parts = text.splitn(3, '-').skip(1);
    let month = parts.next().unwrap_or_default();
    let day: String =
        parts.next().unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let number = |text: &str, most: u8| {
        matches!(text.len(), 1 | 2) && text.parse().is_ok_and(|it: u8| (1..=most).contains(&it))
    };
    let rest = text.splitn(3, '-').nth(2).map_or("", |it| &it[day.len().min(it.len())..]);
    let has_time = rest.is_empty()
        || rest.starts_with(['T', 't', ' '])
            && rest[1..].starts_with(|it: char| it.is_ascii_digit());
    year && number(month, 12) && number(&day, 31) && has_time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_compose_writes_them() {
        for (text, expected) in [
            ("1", "1"),
            ("010", "8"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1_000", "1000"),
            ("-0", "0"),
            ("1.10", "1.1"),
            ("1.0", "1"),
            ("3.", "3"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("100000.5", "100000.5"),
            ("1e6", "1e+06"),
            ("08", "8"),
            ("0.00001", "1e-05"),
            ("123456789012345678901", "1.2345678901234568e+20"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(resolve(text), Scalar::Other(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_something_is_a_text() {
        for text in ["yes", "on", "1.2.3", "v1", "3.12-slim", "-", "0x", "2024", "nullx"] {
            let expected = if text == "2024" {
                Scalar::Other(text.to_owned())
            } else {
                Scalar::Text(text.to_owned())
            };
            assert_eq!(resolve(text), expected, "{text}");
        }
        assert_eq!(resolve("2024-01-31"), Scalar::Date("2024-01-31".to_owned()));
        assert_eq!(resolve("2024-01-31x"), Scalar::Text("2024-01-31x".to_owned()));
    }
}
