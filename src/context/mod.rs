//! The build context: which files a build may copy from, exactly as the engine sees them.
//!
//! In: a directory and its ignore rules. Out: a [`Snapshot`], one sorted list of entries with
//! kind, mode, size, time, digest and link target. This room knows nothing of Dockerfiles' meaning
//! or of engines.

pub mod content;
mod error;
pub mod follow;
pub mod glob;
mod ignore_rules;
mod index;
mod lexical;
pub mod patterns;
mod read;
mod snapshot;
mod walk;

pub use error::{Error, Problem, ProblemReason, Problems};
pub use ignore_rules::{IgnoreRules, Rule};
pub use index::{Index, Loaded};
pub use snapshot::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
pub use walk::{snapshot, snapshot_with_index};
