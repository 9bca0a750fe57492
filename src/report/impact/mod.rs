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
pub(super) mod markdown;
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

use std::collections::BTreeSet;

use super::units;
use crate::impact::Impact;

/// `2 images could not be compared`, where there are any: also new ones, which have nothing to lose.
fn not_compared(impact: &Impact) -> Option<String> {
    // One that was wrong in the older tree only is told as a new one.
    let is_told = |name: &&String| impact.images.iter().any(|image| image.name == **name);
    let wrong = impact.problems.iter().filter_map(|problem| problem.image.as_ref());
    let lost = impact.not_compared.iter().map(|it| &it.image);
    let number = wrong.filter(|name| !is_told(name)).chain(lost).collect::<BTreeSet<_>>().len();
    let images = units::counted(number as u64, "image", "images");
    (number > 0).then(|| format!("{images} could not be compared"))
}
