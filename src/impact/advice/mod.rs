//! How the same change could cost less.
//!
//! Only for images that lose steps, and within limits: this is asked at every commit.

mod exclude;
mod inline;
mod rewrite;

use super::facts::Facts;
use super::side::{Files, Planned};
use super::types::{Advice, ImageImpact};
use crate::context::git::TreeChanges;
use crate::images::Image;

/// An image that loses steps.
pub(super) struct Losing<'a> {
    pub(super) image: &'a Image,
    /// As the newer tree has it.
    pub(super) planned: Planned,
    /// Which of the impacts is its.
    pub(super) place: usize,
}

/// What would have cost less, the one that saves most first.
pub(super) fn advice(
    losing: &[Losing<'_>],
    impacts: &[ImageImpact],
    changes: &TreeChanges,
    head: &Files<'_>,
    facts: &dyn Facts,
) -> Vec<Advice> {
    let mut advice = exclude::advice(losing, impacts, head);
    advice.extend(rewrite::advice(losing, impacts, changes, head, facts));
    let seconds = |advice: &Advice| match advice {
        Advice::Exclude { seconds, .. } | Advice::Rewrite { seconds, .. } => seconds.get(),
    };
    advice.sort_by(|one, other| seconds(other).total_cmp(&seconds(one)));
    advice
}
