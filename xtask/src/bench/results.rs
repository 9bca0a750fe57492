//! A file of results whose parts are measured apart: a head, and parts with a heading each.

/// What a part begins with.
const HEADING: &str = "\n## ";

/// The file with another head; its parts stay.
pub(super) fn with_head(before: &str, head: &str) -> String {
    let parts = before.find(HEADING).map_or("", |at| &before[at..]);
    format!("{head}{parts}")
}

/// The file with this text as the part of this title.
pub(super) fn with_part(before: &str, title: &str, text: &str) -> String {
    let heading = format!("{HEADING}{title}\n");
    let (head, rest) = match before.find(&heading) {
        Some(at) => {
            let rest = &before[at + heading.len()..];
            (&before[..at], rest.find(HEADING).map_or("", |end| &rest[end..]))
        }
        None => (before, ""),
    };
    format!("{head}{heading}\n{text}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_and_the_others_stay() {
        let one = with_part("# All\n\nhead\n", "One", "1\n");
        assert_eq!(one, "# All\n\nhead\n\n## One\n\n1\n");
        let both = with_part(&one, "Two", "2\n");
        assert_eq!(with_part(&both, "One", "3\n"), "# All\n\nhead\n\n## One\n\n3\n\n## Two\n\n2\n");
        assert_eq!(with_head(&both, "# New\n"), "# New\n\n## One\n\n1\n\n## Two\n\n2\n");
    }
}
