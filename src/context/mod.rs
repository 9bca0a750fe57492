//! The build context: which files a build may copy from, exactly as the engine sees them.
//!
//! In: a directory and its ignore rules. Out: a [`Snapshot`], one sorted list of entries with
//! kind, mode, size, time, digest and link target. This room knows nothing of Dockerfiles' meaning
//! or of engines.

pub mod glob;
mod lexical;
pub mod patterns;
mod snapshot;

pub use snapshot::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
