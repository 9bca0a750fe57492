//! Where a RUN can be cut in two, and the two RUNs as text.

use super::script::{self, Chain, State};
use crate::dockerfile::{CommandForm, Dockerfile, Instruction, InstructionKind};
use crate::optimize::text::{indentation, newline};

/// One way to cut a RUN in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    /// The script of the first RUN.
    pub(super) first: String,
    /// The script of the second one.
    pub(super) rest: String,
    /// The first commands by which the shell's state would be lost; it cannot be cut here then.
    pub(super) lost: Option<String>,
    /// What stands in the place of the instruction.
    pub(super) text: String,
}

/// Every way to cut a RUN at a `&&`, the last one first; none where its script is not a chain.
pub(super) fn all(dockerfile: &Dockerfile, instruction: &Instruction) -> Vec<Cut> {
    cuts(dockerfile, instruction).unwrap_or_default()
}

fn cuts(dockerfile: &Dockerfile, instruction: &Instruction) -> Option<Vec<Cut>> {
    let InstructionKind::Run { command: CommandForm::Shell(script), .. } = &instruction.kind else {
        return None;
    };
    let escapes = dockerfile.directives().iter().find(|directive| directive.name == "escape");
    if escapes.is_some_and(|directive| directive.value != "\\") || !instruction.heredocs.is_empty()
    {
        return None;
    }
    let source = dockerfile.source();
    let raw = source.get(instruction.span.start..instruction.span.end)?;
    let offset = instruction.text.strip_suffix(&**script)?.len();
    let flags = instruction.text.get(3..offset)?.trim();
    let whole = script::chain(script)?;
    let joined: Vec<usize> = instruction.text.match_indices("&&").map(|(at, _)| at).collect();
    let written = positions(raw);
    if joined.len() != written.len() {
        // One is taken apart by the end of a line.
        return None;
    }
    let style = Style {
        keyword: raw.get(..3)?,
        flags,
        newline: newline(source),
        indent: indentation(source, instruction.span.start),
    };
    let places = joined.into_iter().zip(written).filter(|(at, _)| *at >= offset);
    let mut cuts: Vec<Cut> = places
        .filter_map(|(at, written)| {
            let first = instruction.text.get(offset..at)?.trim();
            let rest = instruction.text.get(at + 2..)?.trim();
            let state = state(&whole, first, rest)?;
            let raw = (raw.get(..written)?, raw.get(written + 2..)?);
            Some(Cut {
                first: first.to_owned(),
                rest: format!("{}{rest}", state.again),
                lost: state.lost,
                text: style.write(raw, &state.again),
            })
        })
        .collect();
    cuts.reverse();
    Some(cuts)
}

/// What of the shell's state the second RUN has to be told again.
struct Carried {
    /// The commands for it, with what joins them to others.
    again: String,
    lost: Option<String>,
}

/// The state between two parts of a chain; `None` where they are not two parts of it.
fn state(whole: &Chain, first: &str, rest: &str) -> Option<Carried> {
    let (first, behind) = (script::chain(first)?, script::chain(rest)?);
    let is_whole = first.options == whole.options
        && behind.options.is_empty()
        && whole.links.iter().eq(first.links.iter().chain(&behind.links));
    if !is_whole {
        return None;
    }
    let mut again = String::new();
    for option in &first.options {
        again.push_str(option);
        again.push_str("; ");
    }
    for link in first.links.iter().filter(|link| link.state == State::Repeatable) {
        again.push_str(&link.text);
        again.push_str(" && ");
    }
    let unknown = first.links.iter().find(|link| link.state == State::Unknown);
    let asks = script::asks_for_the_past(rest).then(|| rest.to_owned());
    Some(Carried { again, lost: unknown.map(|link| link.text.clone()).or(asks) })
}

/// The bytes of every `&&` that is in no comment.
fn positions(raw: &str) -> Vec<usize> {
    let mut positions = Vec::new();
    let mut start = 0;
    for (number, line) in raw.split_inclusive('\n').enumerate() {
        let is_comment = number > 0 && line.trim_start().starts_with('#');
        if !is_comment {
            positions.extend(line.match_indices("&&").map(|(at, _)| start + at));
        }
        start += line.len();
    }
    positions
}

/// How the instruction is written.
struct Style<'a> {
    keyword: &'a str,
    flags: &'a str,
    newline: &'a str,
    indent: &'a str,
}

impl Style<'_> {
    fn write(&self, (first, rest): (&str, &str), again: &str) -> String {
        let (first, mut comments) = without_end(first);
        let (more, rest) = without_beginning(rest);
        comments.extend(more);
        let mut text = first.to_owned();
        for comment in comments {
            text.push_str(self.newline);
            text.push_str(self.indent);
            text.push_str(comment);
        }
        text.push_str(self.newline);
        text.push_str(self.indent);
        text.push_str(self.keyword);
        text.push(' ');
        if !self.flags.is_empty() {
            text.push_str(self.flags);
            text.push(' ');
        }
        text.push_str(again);
        text.push_str(rest);
        text
    }
}

/// The text without the blanks, the line continuations and the comments at its end, and those
/// comments.
fn without_end(text: &str) -> (&str, Vec<&str>) {
    let mut text = text;
    let mut comments = Vec::new();
    loop {
        let short = text.trim_end();
        let has_line_end = text[short.len()..].contains('\n');
        if let Some(before) = short.strip_suffix('\\').filter(|_| has_line_end) {
            text = before;
            continue;
        }
        let start = short.rfind('\n').map_or(0, |newline| newline + 1);
        let line = short[start..].trim_start();
        if start == 0 || !line.starts_with('#') {
            comments.reverse();
            return (short, comments);
        }
        comments.push(line);
        text = &short[..start];
    }
}

/// The same for its beginning.
fn without_beginning(text: &str) -> (Vec<&str>, &str) {
    let mut text = text;
    let mut comments = Vec::new();
    let mut is_new_line = false;
    loop {
        let short = text.trim_start();
        is_new_line |= text[..text.len() - short.len()].contains('\n');
        let (line, after) = short.split_once('\n').unwrap_or((short, ""));
        if line.trim_end() == "\\" {
            is_new_line = true;
        } else if is_new_line && line.starts_with('#') {
            comments.push(line.trim_end());
        } else {
            return (comments, short);
        }
        text = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Cut> {
        let dockerfile = Dockerfile::parse("Dockerfile", &format!("FROM a\n{text}\n")).unwrap();
        all(&dockerfile, &dockerfile.instructions()[1])
    }

    #[test]
    fn what_is_written_stays_as_it_is() {
        for (text, expected) in [
            ("RUN a && b", "RUN a\nRUN b"),
            ("run a  &&   b c", "run a\nrun b c"),
            ("RUN a && \\\n    b && \\\n    c", "RUN a && \\\n    b\nRUN c"),
            ("RUN a \\\n # why\n && b \\\n  -c", "RUN a\n# why\nRUN b \\\n  -c"),
            ("RUN a && \\\n # why\n  # so\n b", "RUN a\n# why\n# so\nRUN b"),
            ("RUN \\\n  a -b='x && y' && b", "RUN \\\n  a -b='x && y'\nRUN b"),
            (
                "RUN --network=none --mount=type=cache,target=/c \\\n a && b",
                "RUN --network=none --mount=type=cache,target=/c \\\n a\n\
                 RUN --network=none --mount=type=cache,target=/c b",
            ),
            ("RUN set -eux; cd x && a && b", "RUN set -eux; cd x && a\nRUN set -eux; cd x && b"),
            ("RUN X=1 && a && b $X", "RUN X=1 && a\nRUN X=1 && b $X"),
            ("RUN a \\&& && b", ""),
            ("RUN (a && b) && c", "RUN (a && b)\nRUN c"),
            ("RUN a &\\\n& b", ""),
            ("RUN [\"a\", \"&&\", \"b\"]", ""),
            ("RUN a && b; c", ""),
            ("RUN a && <<X\nb\nX", ""),
        ] {
            let cuts = of(text);
            assert_eq!(cuts.first().map_or("", |cut| &cut.text), expected, "{text}");
            assert!(cuts.iter().all(|cut| cut.lost.is_none()), "{text}");
        }
    }

    #[test]
    fn what_the_shell_would_forget_is_told() {
        for (text, lost) in [
            ("RUN umask 7 && a && b", "umask 7"),
            ("RUN . ./x && b", ". ./x"),
            ("RUN a && b $?", "b $?"),
        ] {
            assert_eq!(of(text)[0].lost.as_deref(), Some(lost), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([a&#é\\\\ \n'\"();]|&& |RUN |\\\\\n){0,24}") {
            let text = format!("FROM a\nRUN {text}\n");
            if let Ok(dockerfile) = Dockerfile::parse("Dockerfile", &text) {
                for instruction in dockerfile.instructions() {
                    let _ = all(&dockerfile, instruction);
                }
            }
        }
    }
}
