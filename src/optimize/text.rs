//! Lines of a Dockerfile: which belong to an instruction, and how they move with it.

use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Dockerfile, Instruction, Span};

/// Whether a word has only characters that a COPY line can have without meaning anything.
pub(super) fn is_plain(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%,=".contains(c);
    !text.is_empty() && text.chars().all(is_plain) && !text.starts_with(['-', '<'])
}

/// The line ending of a text.
pub(super) fn newline(source: &str) -> &'static str {
    if source.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Puts instructions, in their order, right below a later one, each with the comments right above
/// it. Blank lines between two that stand together stay there; those below come to stand above.
pub(super) fn sink(
    dockerfile: &Dockerfile,
    instructions: &[&Instruction],
    below: &Instruction,
) -> Vec<Edit> {
    let source = dockerfile.source();
    let blocks: Vec<Span> = instructions.iter().map(|it| block(source, it.span)).collect();
    let mut edits = Vec::with_capacity(instructions.len() + 1);
    let mut moved = String::new();
    let mut together = String::new();
    for (position, block) in blocks.iter().enumerate() {
        let rest = source.get(block.end..).unwrap_or_default();
        let is_blank = |line: &&str| line.trim().is_empty();
        let gap: usize = rest.split_inclusive('\n').take_while(is_blank).map(str::len).sum();
        let gap = Span { start: block.end, end: block.end + gap };
        let blank = source.get(gap.start..gap.end).unwrap_or_default();
        together.push_str(source.get(block.start..block.end).unwrap_or_default());
        if blocks.get(position + 1).is_some_and(|next| next.start == gap.end) {
            together.push_str(blank);
        } else {
            moved.push_str(blank);
            moved.push_str(&std::mem::take(&mut together));
        }
        edits.push(Edit::replace(Span { start: block.start, end: gap.end }, ""));
    }
    let end = line_end(source, below.span.end);
    if !source.get(..end).is_some_and(|before| before.ends_with('\n')) {
        // The last line of the file has no line ending, and shall have none again.
        let without = moved.trim_end_matches('\n').trim_end_matches('\r');
        moved = format!("{}{without}", newline(source));
    }
    edits.push(Edit::replace(Span { start: end, end }, moved));
    edits
}

/// The lines of an instruction with the comment lines right above it.
pub(super) fn block(source: &str, span: Span) -> Span {
    let mut start = line_start(source, span.start);
    while start > 0 {
        let above = line_start(source, start - 1);
        if !source.get(above..start).is_some_and(|line| line.trim_start().starts_with('#')) {
            break;
        }
        start = above;
    }
    Span { start, end: line_end(source, span.end) }
}

pub(super) fn line_start(source: &str, position: usize) -> usize {
    let before = source.get(..position).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// Behind the newline of the line.
pub(super) fn line_end(source: &str, position: usize) -> usize {
    let after = source.get(position..).unwrap_or_default();
    after.find('\n').map_or(source.len(), |newline| position + newline + 1)
}

/// The blanks before a position at the beginning of a line.
pub(super) fn indentation(source: &str, position: usize) -> &str {
    let line = source.get(line_start(source, position)..position).unwrap_or_default();
    if line.trim().is_empty() { line } else { "" }
}

/// The beginning of a long instruction.
pub(super) fn shown(text: &str) -> String {
    const LENGTH: usize = 60;
    let short: String = text.chars().take(LENGTH).collect();
    if short.len() == text.len() { short } else { format!("{}…", short.trim_end()) }
}
