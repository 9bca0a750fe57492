//! What pip does: its command line, its requirement files, and what each of them needs.
//!
//! The rules are those of pip's reference documentation, read strictly: an option that is not in
//! the lists here, or an argument of a form that is not, refuses.

mod arguments;
mod requirement;
mod requirement_file;

pub(super) use arguments::{Install, install};
pub(super) use requirement_file::{Manifests, follow};

/// The two kinds of options that a requirement file or a command names a file with count alike:
/// pip reads both before it installs anything.
pub(super) const FILE_OPTIONS: [&str; 4] = ["-r", "--requirement", "-c", "--constraint"];
