//! The Dockerfile language: text to instructions with byte spans, variable expansion, and edits
//! back to text that keep everything untouched byte for byte.
//!
//! In: the text of a Dockerfile. Out: a [`Dockerfile`] whose instructions say exactly where they
//! stand, or an error that shows the line with a caret. This room knows nothing of files,
//! contexts or engines.

mod ast;

pub use ast::{
    CommandForm, Directive, Flag, Heredoc, Instruction, InstructionKind, Mount, MountKind, Span,
    Transfer,
};
