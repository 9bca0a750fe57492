//! Owners as `--chown` and USER write them.

/// `USER[:GROUP]` in the one spelling that all the engine's spellings of it share. Nothing, and
/// `root`, is 0, and a number is one with its sign and leading zeros too (`WithUser` in
/// `BuildKit`'s `client/llb`); what is no number of 32 bits is a name. A group that is left out is
/// none (`copy-chown-group-left-out`).
pub(super) fn one_spelling(owner: &str) -> String {
    let part = |text: &str| number(text).map_or_else(|| text.to_owned(), |id| id.to_string());
    match owner.split_once(':') {
        Some((user, group)) => format!("{}:{}", part(user), part(group)),
        None if owner.is_empty() => String::new(),
        None => part(owner),
    }
}

/// The number that a user or a group is written as; `None` for a name.
pub(super) fn number(text: &str) -> Option<i32> {
    if matches!(text, "" | "root") { Some(0) } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_have_one_spelling() {
        for owner in ["0:0", ":", "root:", ":root", "root:root", "00:-0"] {
            assert_eq!(one_spelling(owner), "0:0", "{owner}");
        }
        for (owner, spelt) in [
            ("root", "0"),
            ("+1", "1"),
            ("01:002", "1:2"),
            ("app", "app"),
            ("app:", "app:0"),
            ("-1", "-1"),
            ("4294967295", "4294967295"),
            ("Root", "Root"),
            ("1 ", "1 "),
            ("", ""),
        ] {
            assert_eq!(one_spelling(owner), spelt);
        }
    }
}
