//! The impact of a change: what it takes from the build cache of every image of a repository.
//!
//! In: two trees of one repository and the images that each names ([`Side`]), and what is
//! remembered of builds ([`Facts`]). Out: an [`Impact`]: for each image whose plan differs the
//! steps that run again, the root cause of each with its file and lines, and the seconds; the
//! images that are new or gone; and how many are as they were. The plan of the one tree is taken
//! for what the engine has, and the plan of the other is predicted against it: no engine and no
//! checkout is needed. Whether the cost is accepted is the [`Gate`]'s to say.
//!
//! An image is found in the other tree by its name. One that nothing of the change can reach
//! (`touched`) is not planned at all; of the others each context is read once for all images that
//! share it, and no file's bytes are read.

mod absent;
mod advice;
mod causes;
mod compared;
#[cfg(test)]
pub(crate) mod example;
mod facts;
pub mod gate;
mod growth;
mod places;
mod seconds;
mod side;
#[cfg(test)]
mod tests;
mod touched;
mod types;

use std::collections::{BTreeMap, BTreeSet};

pub use facts::{Facts, NoFacts};
pub use gate::{Gate, Gates};
pub use side::Side;
pub use types::{
    Advice, ImageChange, ImageImpact, Impact, ImpactSummary, Place, Problem, RootCause, StepImpact,
    TreeSide,
};

use crate::context::git::{GitError, TreeChanges};
use crate::images::{self, Image};
use advice::Losing;
use compared::Version;
use places::Places;
use side::{Files, Planned};

/// What a build of every image of `head` costs after one of `base`.
///
/// # Errors
///
/// Where the trees cannot be read. What is wrong with one image is among the problems.
pub fn compare(base: &Side, head: &Side, facts: &dyn Facts) -> Result<Impact, GitError> {
    let changes = head.tree.differences_from(&base.tree)?;
    let comparison = Comparison {
        base: Files::new(base, TreeSide::Base, facts),
        head: Files::new(head, TreeSide::Head, facts),
        places: Places { base: &base.tree, head: &head.tree },
        changes,
        facts,
    };
    let mut impact =
        Impact { base: base.label.clone(), head: head.label.clone(), ..Impact::default() };
    impact.problems = found_problems(&base.images, &head.images);
    let mut unknown = BTreeSet::new();
    let mut losing = Vec::new();
    for (older, newer) in by_name(&base.images, &head.images) {
        losing.extend(comparison.add(older, newer, &mut impact, &mut unknown));
    }
    let Comparison { head, changes, .. } = &comparison;
    impact.advice = advice::advice(&losing, &impact.images, changes, head, facts);
    impact.notices = comparison.notices(&unknown);
    Ok(impact)
}

struct Comparison<'a> {
    base: Files<'a>,
    head: Files<'a>,
    places: Places<'a>,
    changes: TreeChanges,
    facts: &'a dyn Facts,
}

impl Comparison<'_> {
    /// Compares one image, and gives it back where it loses steps. The names of base images that
    /// nobody knows go into `unknown`.
    fn add<'i>(
        &self,
        older: Option<&Image>,
        newer: Option<&'i Image>,
        impact: &mut Impact,
        unknown: &mut BTreeSet<String>,
    ) -> Option<Losing<'i>> {
        if let (Some(older), Some(newer)) = (older, newer)
            && is_defined_alike(older, newer)
            && !touched::is_touched(newer, &self.base, &self.head, &self.changes)
        {
            impact.unchanged += 1;
            return None;
        }
        let before = older.map(|image| (image, self.base.plan(image)));
        let now = newer.map(|image| (image, self.head.plan(image)));
        let found = match (&before, &now) {
            (_, Some((_, Err(problem)))) => {
                impact.problems.push(problem.clone());
                return None;
            }
            (None | Some((_, Err(_))), None) => return None,
            (Some((image, Ok(planned))), None) => {
                Some(compared::removed(Version { image, planned }, self.facts))
            }
            (Some((_, Err(problem))), Some((image, Ok(planned)))) => {
                impact.problems.push(problem.clone());
                Some(compared::new(Version { image, planned }, &self.places, self.facts))
            }
            (None, Some((image, Ok(planned)))) => {
                Some(compared::new(Version { image, planned }, &self.places, self.facts))
            }
            (Some((old, Ok(before))), Some((image, Ok(planned)))) => {
                let before = Version { image: old, planned: before };
                let now = Version { image, planned };
                // What always ran has nothing to lose.
                let is_compared = !image.no_cache || !old.no_cache;
                is_compared
                    .then(|| compared::changed(before, now, &self.places, self.facts))
                    .flatten()
            }
        };
        if let (Some((_, Ok(before))), Some((image, Ok(planned)))) = (&before, &now)
            && let Some((line, message)) = absent::moved(before, planned, found.as_ref())
        {
            impact.problems.push(self.head.problem(image, Some(line), &message));
            return None;
        }
        let Some(found) = found else {
            impact.unchanged += 1;
            return None;
        };
        for (_, planned) in before.iter().chain(&now) {
            let planned: Option<&Planned> = planned.as_ref().ok();
            unknown.extend(planned.into_iter().flat_map(|it| it.unknown.iter().cloned()));
        }
        let is_losing = found.is_losing();
        impact.images.push(found);
        let (image, planned) = now.filter(|_| is_losing)?;
        Some(Losing { image, planned: planned.ok()?, place: impact.images.len() - 1 })
    }

    /// What the result rests on that is less than was wished for.
    fn notices(&self, unknown: &BTreeSet<String>) -> Vec<String> {
        let mut notices = Vec::new();
        let names: Vec<&str> = unknown.iter().map(String::as_str).collect();
        match &*names {
            [] => {}
            [name] => notices.push(format!(
                "nothing was ever built here on {name}, so it counts as the same in both trees"
            )),
            [first, others @ ..] => notices.push(format!(
                "nothing was ever built here on {first} and {} more, so each counts as the same in \
                 both trees",
                others.len()
            )),
        }
        let trees = [&self.base, &self.head];
        let of_trees: BTreeSet<String> = trees
            .iter()
            .flat_map(|files| {
                files.notices.borrow().iter().map(ToString::to_string).collect::<Vec<_>>()
            })
            .collect();
        if let Some(first) = of_trees.first() {
            let more = match of_trees.len() {
                1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            notices.push(format!("other files may be there in a checkout: {first}{more}"));
        }
        notices
    }
}

/// Each image with itself in the other tree, by name.
fn by_name<'a>(
    base: &'a images::Images,
    head: &'a images::Images,
) -> Vec<(Option<&'a Image>, Option<&'a Image>)> {
    let mut pairs: BTreeMap<&str, (Option<&Image>, Option<&Image>)> = BTreeMap::new();
    for image in &base.images {
        pairs.entry(&image.name).or_default().0 = Some(image);
    }
    for image in &head.images {
        pairs.entry(&image.name).or_default().1 = Some(image);
    }
    pairs.into_values().collect()
}

/// Whether both trees ask the same of an image, wherever they do.
fn is_defined_alike(older: &Image, newer: &Image) -> bool {
    let (origin, written) = (newer.origin.clone(), newer.written.clone());
    Image { origin, written, ..older.clone() } == *newer
}

/// What was wrong when the images were looked for: all of the newer tree, and of the older one what
/// is no longer so.
fn found_problems(base: &images::Images, head: &images::Images) -> Vec<Problem> {
    let of = |side: TreeSide, problem: &images::Problem| Problem {
        side,
        file: problem.file.to_string(),
        line: problem.line.and_then(|line| u32::try_from(line).ok()),
        image: None,
        message: problem.message.clone(),
    };
    let is_still_so = |problem: &&images::Problem| {
        let is_same =
            |it: &images::Problem| it.file == problem.file && it.message == problem.message;
        head.problems.iter().any(is_same)
    };
    let now = head.problems.iter().map(|problem| of(TreeSide::Head, problem));
    let before = base.problems.iter().filter(|it| !is_still_so(it));
    now.chain(before.map(|problem| of(TreeSide::Base, problem))).collect()
}
