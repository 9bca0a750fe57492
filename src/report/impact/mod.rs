//! What a change costs the build cache, in the formats that it is read in.
//!
//! Each is a pure function from an [`Impact`] to text, with all words of files, Dockerfiles and
//! commits made safe for its format: [`impact`] for people at a terminal, [`markdown`] for a
//! comment on a pull request, [`github`] for annotations of a GitHub workflow, [`sarif`] for SARIF
//! 2.1.0, and [`gitlab`] for GitLab's code quality. What the last three have in common is a
//! finding: a place at fault, and what all images lose for it.

mod finding;
mod github;
mod gitlab;
mod markdown;
mod reason;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

pub use github::github;
pub use gitlab::gitlab;
pub use markdown::markdown;
pub use reason::reason;
pub use sarif::sarif;
pub use text::impact;
pub(super) use text::{advice_text, outcome, places, problem_text, sum};

#[cfg(doc)]
use crate::impact::Impact;
