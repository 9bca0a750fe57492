//! Values inside of flags, as Go's libraries read them: CSV records, booleans, ids, sizes.

/// The fields of one CSV record, or `None` where it is none: quotes only around whole fields, `""` for a quote inside.
pub(super) fn split_csv(text: &str) -> Option<Vec<String>> {
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        return None;
    }
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let Some(mut quoted) = rest.strip_prefix('"') else {
            let (field, after) = match rest.split_once(',') {
                Some((field, after)) => (field, Some(after)),
                None => (rest, None),
            };
            if field.contains('"') {
                return None;
            }
            fields.push(field.to_owned());
            match after {
                Some(after) => rest = after,
                None => return Some(fields),
            }
            continue;
        };
        let mut field = String::new();
        loop {
            let (inside, after) = quoted.split_once('"')?;
            field.push_str(inside);
            quoted = after;
            match quoted.strip_prefix('"') {
                Some(after) => {
                    field.push('"');
                    quoted = after;
                }
                None => break,
            }
        }
        fields.push(field);
        if quoted.is_empty() {
            return Some(fields);
        }
        rest = quoted.strip_prefix(',')?;
    }
}

/// The spellings that Go takes for a boolean.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

pub(super) fn parse_id(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse::<u32>().ok().map(u64::from)).flatten()
}

/// A size in bytes such as `64m`, `1.5 GiB` or `1024`, units of 1024.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let end = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))?;
    let (head, unit) = text.split_at(end + 1);
    let number: f64 = head.strip_suffix(' ').unwrap_or(head).parse().ok()?;
    let unit = unit.to_lowercase();
    let power = match unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit) {
        "" if unit == "ib" => return None,
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let bytes = number * 1024_f64.powi(power);
    // Sizes past 2^63 are refused, so the cast neither wraps nor loses the sign.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..9.2e18).contains(&bytes).then_some(bytes as u64)
}
