//! The text of the rewrite.

use super::owner::Giving;
use super::walk::Walk;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Dockerfile, Instruction, Span};
use crate::optimize::text::{block, indentation, is_plain, newline};

/// The edits: the RUN comes above the topmost COPY with the comments and blank lines right above it,
/// the COPYs get their owners, and what RUNs in between make is given away where the RUN was. `None`
/// where a line cannot be said plainly.
pub(super) fn edits(
    dockerfile: &Dockerfile,
    instructions: &[Instruction],
    run: &Instruction,
    giving: &Giving,
    walk: &Walk,
) -> Option<Vec<Edit>> {
    let source = dockerfile.source();
    let newline = newline(source);
    let (top, _) = walk.owned.last()?;
    let top = block(source, instructions.get(*top)?.span).start;
    let own = block(source, run.span);
    let left = left(giving, walk)?;
    let mut moved = source.get(own.start..own.end)?.to_owned();
    if !moved.ends_with('\n') {
        moved.push_str(newline);
    }
    let gap = blank_above(source, own.start);
    let start = match left {
        None => {
            moved.push_str(source.get(gap..own.start)?);
            gap
        }
        Some(_) => own.start,
    };
    let is_last = own.end == source.len() && !source.ends_with('\n');
    let mut edits = vec![Edit::replace(Span { start: top, end: top }, moved)];
    for (position, owner) in &walk.owned {
        if let Some(owner) = owner {
            edits.push(with_owner(source, instructions.get(*position)?, owner)?);
        }
    }
    let (start, text) = match left {
        Some(left) => {
            let end = if is_last { "" } else { newline };
            (start, format!("{}{left}{end}", indentation(source, run.span.start)))
        }
        // The last line of the file has no line ending, and shall have none again.
        None if is_last => (start - newline.len(), String::new()),
        None => (start, String::new()),
    };
    edits.push(Edit::replace(Span { start, end: own.end }, text));
    Some(edits)
}

/// The flag of a COPY, behind its keyword.
fn with_owner(source: &str, copy: &Instruction, owner: &str) -> Option<Edit> {
    let keyword = copy.kind.keyword();
    let behind = copy.span.start + keyword.len();
    let is_plain = source.get(copy.span.start..behind)?.eq_ignore_ascii_case(keyword);
    let flag = format!(" --chown={owner}");
    is_plain.then(|| Edit::replace(Span { start: behind, end: behind }, flag))
}

/// The RUN for what is made in between; the inner `None` where nothing is.
#[allow(clippy::option_option, reason = "nothing to say, and what cannot be said")]
fn left(giving: &Giving, walk: &Walk) -> Option<Option<String>> {
    if walk.made.is_empty() {
        return Some(None);
    }
    let mut commands = Vec::new();
    for chown in &giving.chowns {
        let is_own = |made: &&_| chown.places.iter().any(|place| made_in(made, place));
        let made = walk.made.iter().filter(is_own);
        let words: Vec<String> =
            chown.words.iter().cloned().chain(made.map(|made| format!("/{made}"))).collect();
        if !words.iter().all(|word| is_word(word)) {
            return None;
        }
        if words.len() > chown.words.len() {
            commands.push(words.join(" "));
        }
    }
    Some(Some(format!("RUN {}", commands.join(" && "))))
}

fn made_in(made: &crate::context::ContextPath, place: &crate::context::ContextPath) -> bool {
    made.starts_with(place)
}

/// Whether a shell reads a word as it is.
fn is_word(word: &str) -> bool {
    is_plain(word.trim_start_matches('-').replace(':', "_").as_str())
}

/// Where the blank lines right above a line begin.
fn blank_above(source: &str, line: usize) -> usize {
    let above = source.get(..line).unwrap_or_default();
    let is_blank = |text: &&str| text.trim().is_empty();
    let blank: usize = above.split_inclusive('\n').rev().take_while(is_blank).map(str::len).sum();
    line - blank
}
