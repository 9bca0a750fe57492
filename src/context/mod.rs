//! The build context: which files a build may copy from, exactly as the engine sees them.
//!
//! In: a directory on disk, a tree of git or its index ([`git`]), all behind [`Source`], and its
//! ignore rules. Out: a [`Snapshot`], one sorted list of entries with
//! kind, mode, size, time, digest and link target; and answers about it: which entries an engine
//! asks for ([`patterns`], [`follow`]), which a COPY selects ([`glob`]), and what of them decides
//! whether the COPY is reused ([`content`]). This room knows nothing of Dockerfiles' meaning or of
//! engines.
//!
//! The rules are those of moby's `patternmatcher` and of fsutil, corner cases included, since a
//! file that is here and not there would make every forecast about it false.
//!
//! ```
//! use smartbuild::context::{ContextPath, IgnoreRules};
//!
//! let rules = IgnoreRules::parse(b"docs\n!docs/README.md\n")?;
//! assert!(rules.excludes(&ContextPath::new("docs/guide.md"), false));
//! assert!(!rules.excludes(&ContextPath::new("docs/README.md"), false));
//! // A bare name means the one at the root, not one anywhere as in git.
//! assert!(!rules.excludes(&ContextPath::new("src/docs"), false));
//! # Ok::<(), smartbuild::context::Error>(())
//! ```

mod changes;
pub mod content;
mod contexts;
mod directories;
mod error;
pub mod follow;
pub mod git;
pub mod glob;
mod ignore_rules;
mod index;
mod lexical;
pub mod patterns;
mod read;
mod snapshot;
mod source;
pub mod survey;
mod walk;

pub use changes::Changes;
pub use contexts::{Contexts, in_named, join, named_root, shown_path};
pub use error::{Error, Problem, ProblemReason, Problems};
pub use ignore_rules::{IgnoreRules, Rule};
pub use index::{Index, Loaded};
pub(crate) use lexical::clean as clean_path;
pub use snapshot::{ContextPath, Entry, EntryKind, FileId, ModifiedTime, Snapshot};
pub use source::{Disk, Found, Named, Source, Taken};
pub use walk::{snapshot, snapshot_with_index};
