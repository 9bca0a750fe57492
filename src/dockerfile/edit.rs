//! Changing a Dockerfile's text: what no edit names stays byte for byte.
//!
//! Edits are given all at once against one parsed file, so none of them moves another's place.
//!
//! ```
//! use smartbuild::dockerfile::{Dockerfile, edit::{self, Edit}};
//!
//! let dockerfile = Dockerfile::parse("Dockerfile", "FROM a\nCOPY . .\nRUN b # why\n")?;
//! let [_, copy, run] = dockerfile.instructions() else { unreachable!() };
//! let edits = [Edit::remove(copy), Edit::insert_before(run, "COPY b.txt ."), ];
//! assert_eq!(edit::apply(&dockerfile, &edits)?, "FROM a\nCOPY b.txt .\nRUN b # why\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::ops::Range;

use super::ast::{Instruction, Span};
use super::document::Dockerfile;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Edit {
    /// Puts a text in the place of some bytes, exactly as it is.
    Replace {
        /// The bytes that go. None where `start` is `end`: the text is put between.
        span: Span,
        /// The text that comes.
        text: String,
    },
    /// Puts whole lines above the line that an instruction begins on.
    InsertBefore {
        /// A byte on the line that comes after.
        position: usize,
        /// The lines; the last newline may be left out. Newlines become those of the file.
        lines: String,
    },
    /// Takes the lines away that some bytes stand on, the last newline included.
    RemoveLines {
        /// The bytes.
        span: Span,
    },
}

impl Edit {
    /// Puts a text in the place of some bytes.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self::Replace { span, text: text.into() }
    }

    /// Puts lines above an instruction, below the comments over it.
    pub fn insert_before(instruction: &Instruction, lines: impl Into<String>) -> Self {
        Self::InsertBefore { position: instruction.span.start, lines: lines.into() }
    }

    /// Takes an instruction away with its heredocs; comments above it stay.
    pub fn remove(instruction: &Instruction) -> Self {
        Self::RemoveLines { span: instruction.span }
    }
}

/// Why edits cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// Two edits change the same bytes.
    #[error(
        "two edits overlap: one changes the bytes {}..{}, another {}..{}; apply one of them, parse \
         the result and make the other anew",
        .first.start, .first.end, .second.start, .second.end
    )]
    Overlap {
        /// What the edit that begins first changes.
        first: Span,
        /// What the other one changes.
        second: Span,
    },
    /// A span that the text does not have, or that cuts a character.
    #[error(
        "the bytes {}..{} are not a part of the text; make edits from the same Dockerfile that \
         they are applied to",
        .0.start, .0.end
    )]
    OutOfText(Span),
}

/// The text with all edits applied. Insertions at the same place come in the order given.
pub fn apply(dockerfile: &Dockerfile, edits: &[Edit]) -> Result<String, EditError> {
    let source = dockerfile.source();
    let newline = newline_of(source);
    let mut changes = Vec::with_capacity(edits.len());
    for edit in edits {
        changes.push(change(source, newline, edit)?);
    }
    // Stable, so that insertions at one place keep their order; and they come before what is
    // replaced from that place on.
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    let mut result = String::with_capacity(source.len());
    let mut before = 0..0;
    for (range, text) in changes {
        let (first, second) = (span(&before), span(&range));
        let untouched = source.get(before.end..range.start);
        result.push_str(untouched.ok_or(EditError::Overlap { first, second })?);
        result.push_str(&text);
        before = range;
    }
    result.push_str(source.get(before.end..).unwrap_or_default());
    Ok(result)
}

fn span(range: &Range<usize>) -> Span {
    Span { start: range.start, end: range.end }
}

/// The bytes that an edit takes away and the text that it puts there.
fn change(source: &str, newline: &str, edit: &Edit) -> Result<(Range<usize>, String), EditError> {
    match edit {
        Edit::Replace { span, text } => {
            cut(source, *span)?;
            Ok((span.start..span.end, text.clone()))
        }
        Edit::InsertBefore { position, lines } => {
            let (before, _) = cut(source, Span { start: *position, end: *position })?;
            let start = line_start(before);
            let mut text = String::with_capacity(lines.len() + newline.len());
            for line in lines.lines() {
                text.push_str(line);
                text.push_str(newline);
            }
            Ok((start..start, text))
        }
        Edit::RemoveLines { span } => {
            let (before, after) = cut(source, *span)?;
            let rest = after.find('\n').map_or(after.len(), |newline| newline + 1);
            Ok((line_start(before)..span.end + rest, String::new()))
        }
    }
}

/// The text before and after a span.
fn cut(source: &str, span: Span) -> Result<(&str, &str), EditError> {
    source
        .get(..span.start)
        .zip(source.get(span.end..))
        .filter(|_| span.start <= span.end)
        .ok_or(EditError::OutOfText(span))
}

/// Where the last line of `before` begins; a byte order mark is not part of it.
fn line_start(before: &str) -> usize {
    match before.rfind('\n') {
        Some(newline) => newline + 1,
        None if before.starts_with('\u{feff}') => '\u{feff}'.len_utf8(),
        None => 0,
    }
}

/// The line ending of the file: that of its first line.
fn newline_of(source: &str) -> &'static str {
    match source.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
