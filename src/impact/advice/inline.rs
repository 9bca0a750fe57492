//! A rewrite of a Dockerfile that stands in a compose or bake file, as a change of that file.

use similar::{ChangeTag, TextDiff};

use crate::images::InlineText;

/// The text of the `file` with the lines of its Dockerfile changed from `before` to `after`; `None`
/// where its lines are not the file's, or a new one would mean something else there.
pub(super) fn rewritten(
    file: &str,
    inline: &InlineText,
    before: &str,
    after: &str,
) -> Option<String> {
    if !inline.is_line_by_line || file.contains('\r') {
        return None;
    }
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let first = inline.origin.line.checked_sub(1)?;
    let own: Vec<&str> = before.lines().collect();
    let raw = lines.get(first..first.checked_add(own.len())?)?;
    let indent = raw.iter().zip(&own).find_map(|(raw, own)| indent(raw, own))?;
    let mut text = lines.get(..first)?.concat();
    let mut push = |line: &str| {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
    };
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        match (change.tag(), change.old_index()) {
            (ChangeTag::Delete, _) => {}
            (ChangeTag::Equal, Some(place)) => push(raw.get(place)?),
            _ => {
                let line = change.value().trim_end_matches('\n');
                match own.iter().position(|it| *it == line) {
                    // What is moved is written as it was.
                    Some(place) => push(raw.get(place)?),
                    None if line.is_empty() => push("\n"),
                    // Both kinds of files read variables here.
                    None if line.contains(['$', '%']) => return None,
                    None => push(&format!("{indent}{line}\n")),
                }
            }
        }
    }
    for line in lines.get(first + own.len()..)? {
        push(line);
    }
    Some(text)
}

/// The blanks before a line in the file.
fn indent<'a>(raw: &'a str, own: &str) -> Option<&'a str> {
    let blanks = raw.trim_end_matches('\n').strip_suffix(own)?;
    let is_indent = !own.trim().is_empty() && blanks.chars().all(|it| matches!(it, ' ' | '\t'));
    is_indent.then_some(blanks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextPath;
    use crate::images::Origin;

    fn at(line: usize) -> InlineText {
        let origin = Origin { file: ContextPath::new("compose.yaml"), line };
        InlineText { origin, is_line_by_line: true }
    }

    #[test]
    fn new_lines_are_indented_and_moved_ones_stay_as_they_were() {
        let file = "a: |\n    FROM a\n    ENV V=$$X\n\n    COPY . .\n    RUN b\nc: 1\n";
        let before = "FROM a\nENV V=$X\n\nCOPY . .\nRUN b\n";
        let after = "FROM a\nCOPY f .\nRUN b\n\nENV V=$X\nCOPY . .\n";
        let expected =
            "a: |\n    FROM a\n    COPY f .\n    RUN b\n\n    ENV V=$$X\n    COPY . .\nc: 1\n";
        assert_eq!(rewritten(file, &at(2), before, after).as_deref(), Some(expected));
    }

    #[test]
    fn a_text_without_an_end_of_line_gets_one() {
        let file = "a: |-\n  FROM a\n  RUN b";
        let found = rewritten(file, &at(2), "FROM a\nRUN b", "FROM a\nRUN b\nRUN c");
        assert_eq!(found.as_deref(), Some("a: |-\n  FROM a\n  RUN b\n  RUN c\n"));
    }

    #[test]
    fn what_would_mean_something_else_there_is_left_to_people() {
        let file = "a: |\n  FROM a\n  RUN b\n";
        let to = |after: &str| rewritten(file, &at(2), "FROM a\nRUN b\n", after);
        assert_eq!(to("FROM a\nRUN $c\n"), None);
        assert_eq!(to("FROM a\nRUN %{c}\n"), None);
        let folded = InlineText { is_line_by_line: false, ..at(2) };
        assert_eq!(rewritten(file, &folded, "FROM a\n", "FROM b\n"), None);
        assert_eq!(rewritten("a: x\n", &at(9), "FROM a\n", "FROM b\n"), None);
    }
}
