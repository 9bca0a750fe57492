//! The Dockerfile language: text to instructions with byte spans, variable expansion, and edits
//! back to text that keep everything untouched byte for byte.
//!
//! In: the text of a Dockerfile. Out: a [`Dockerfile`] whose instructions say exactly where they
//! stand, or an error that shows the line with a caret. This room knows nothing of files,
//! contexts or engines.
//!
//! The measure of everything here is `BuildKit`'s own parser: what it accepts is accepted, what
//! it refuses is refused, and texts come out as the engine shows them and passes them on.
//!
//! ```
//! use smartbuild::dockerfile::{CommandForm, Dockerfile, InstructionKind};
//!
//! let text = "FROM alpine AS base\nRUN apk add \\\n    # for git\n    git\n";
//! let dockerfile = Dockerfile::parse("Dockerfile", text)?;
//! let stage = dockerfile.stages().next().expect("there is always a stage");
//! assert_eq!(stage.name(), Some("base"));
//! let InstructionKind::Run { command, .. } = &stage.instructions[0].kind else { unreachable!() };
//! assert_eq!(*command, CommandForm::Shell("apk add     git".into()));
//! assert_eq!(dockerfile.to_string(), text);
//! # Ok::<(), smartbuild::dockerfile::Error>(())
//! ```
//!
//! The way of a text: `reader` joins lines and takes heredoc bodies out (`directives`, `heredoc`),
//! `words` splits a joined line into keyword, flags and arguments, `instruction` makes of them
//! what the instruction says (`flags`, `exec`, `mount`, `values`, `healthcheck`,
//! `trigger`), `document` is
//! the whole. Variables stay as written; [`expand`] replaces them when it is known what they are.

mod ast;
mod directives;
mod document;
pub mod edit;
mod error;
mod exec;
pub mod expand;
mod flags;
mod healthcheck;
mod heredoc;
mod instruction;
mod mount;
mod reader;
mod suggest;
#[cfg(test)]
mod tests;
mod trigger;
mod values;
mod words;

pub use ast::{
    CommandForm, Directive, Flag, Heredoc, Instruction, InstructionKind, Mount, MountKind, Span,
    Transfer,
};
pub use document::{Dockerfile, Piece, Stage, is_dockers_frontend, parse_trigger};
pub use error::{Error, ErrorKind};
pub(crate) use healthcheck::nanoseconds;
pub use heredoc::HeredocMark;
pub use mount::MountError;
