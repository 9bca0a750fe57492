//! The impact of a change: what it takes from the build cache of every image of a repository.
//!
//! In: two trees of one repository and the images that each names ([`Side`]), and what is
//! remembered of builds ([`Facts`]). Out: an [`Impact`]: for each image whose plan differs the
//! steps that run again, the root cause of each with its file and lines, and the seconds; the
//! images that are new or gone; and how many are as they were. The plan of the one tree is taken
//! for what the engine has, and the plan of the other is predicted against it: no engine and no
//! checkout is needed. Whether the cost is accepted is the [`Gate`]'s to say.
//!
//! An image is found in the other tree by its name, else by how it is built (`pairs`); a Dockerfile
//! or stage that is [asked](Asked) for alone, by what it has in common with those there. Where a tree
//! does not tell what becomes of an image, it is not compared, and breaks every limit. One that
//! nothing of the change can reach
//! (`touched`) is not planned at all; of the others each context is read once for all images that
//! share it, and no file's bytes are read.

mod absent;
mod advice;
mod archives;
mod asked;
mod besides;
mod causes;
mod compared;
mod directories;
#[cfg(test)]
pub(crate) mod example;
mod facts;
mod frontend;
pub mod gate;
mod growth;
mod history_in_context;
mod likeness;
mod missing;
mod outside;
mod pairs;
mod places;
mod platforms;
mod retold;
mod seconds;
mod side;
mod standing;
#[cfg(test)]
mod tests;
mod touched;
mod types;
mod unset;

use std::cell::RefCell;
use std::collections::BTreeSet;

pub use asked::{Asked, AskedError};
pub use facts::{Facts, NoFacts};
pub use gate::{Gate, Gates};
pub use side::Side;
pub use types::{
    Advice, ImageChange, ImageImpact, Impact, ImpactSummary, NotCompared, Patch, Place, Problem,
    RootCause, StepImpact, TreeSide,
};

use crate::context::git::{GitError, TreeChanges};
use crate::images::{self, Image};
use advice::Losing;
use compared::Version;
use pairs::{Pair, Paired, Untold};
use places::Places;
use platforms::PlatformPair;
use side::{Files, Planned, first_platform};

/// What a build of every image of `head` costs after one of `base`.
///
/// # Errors
///
/// Where the trees cannot be read. What is wrong with one image is among the problems.
pub fn compare(base: &Side, head: &Side, facts: &dyn Facts) -> Result<Impact, GitError> {
    let changes = head.tree.differences_from(&base.tree)?;
    head.tree.match_large_files(&base.tree, &changes);
    let comparison = Comparison {
        base: Files::new(base, TreeSide::Base, facts),
        head: Files::new(head, TreeSide::Head, facts),
        head_images: &head.images.images,
        places: Places { base: &base.tree, head: &head.tree },
        changes,
        facts,
        outside: RefCell::default(),
    };
    let mut impact =
        Impact { base: base.label.clone(), head: head.label.clone(), ..Impact::default() };
    impact.problems = found_problems(&base.images, &head.images);
    let Paired { pairs, untold } = pairs::pair(base, head);
    for Untold { image, side, left_out } in untold {
        let problem = found_problem(side, &left_out.problem);
        impact.not_compared(&image.name, problem);
    }
    impact.untold = pairs::told_by_neither(base, head)
        .into_iter()
        .map(|(image, problem)| NotCompared {
            image: image.to_owned(),
            problem: found_problem(TreeSide::Head, problem),
        })
        .collect();
    impact.excluded = head.images.excluded.iter().map(|image| image.name.clone()).collect();
    // Where nothing changed there is nothing to lose.
    if !comparison.changes.is_empty() {
        for (name, problem) in pairs::not_at_hand(base, head) {
            impact.untold.retain(|it| it.image != name);
            impact.not_compared(&name, found_problem(TreeSide::Head, problem));
        }
    }
    let has_gone = pairs.iter().any(|pair| pair.newer.is_none());
    let mut unknown = BTreeSet::new();
    let mut losing = Vec::new();
    for pair in pairs {
        let found = comparison.add(pair, has_gone, &mut impact, &mut unknown);
        losing.extend(found);
    }
    impact.not_compared.sort_by(|a, b| a.image.cmp(&b.image));
    let Comparison { head, changes, .. } = &comparison;
    impact.advice = advice::advice(&losing, &impact.images, changes, head, facts);
    impact.notices = comparison.notices(&unknown);
    Ok(impact)
}

struct Comparison<'a> {
    base: Files<'a>,
    head: Files<'a>,
    head_images: &'a [Image],
    places: Places<'a>,
    changes: TreeChanges,
    facts: &'a dyn Facts,
    /// What is said of files that git ignores.
    outside: RefCell<BTreeSet<String>>,
}

impl Comparison<'_> {
    /// Compares one image, and gives it back where it loses steps. `has_gone` is whether there are
    /// images that it may have been. The names of base images that nobody knows go into `unknown`.
    fn add<'i>(
        &self,
        Pair { older, newer, twin }: Pair<'i>,
        has_gone: bool,
        impact: &mut Impact,
        unknown: &mut BTreeSet<String>,
    ) -> Option<Losing<'i>> {
        if let (Some(older), Some(newer)) = (older, newer)
            && pairs::is_same_build(older, newer)
            && !touched::is_touched(newer, &self.base, &self.head, &self.changes)
        {
            impact.unchanged += 1;
            return None;
        }
        let (was_for, is_for) = match (older, newer) {
            (Some(older), Some(newer)) => self.worst_platform(older, newer),
            _ => (older.and_then(first_platform), newer.and_then(first_platform)),
        };
        let before = older.map(|image| (image, self.base.plan(image, was_for)));
        let now = newer.map(|image| (image, self.head.plan(image, is_for)));
        let (places, facts) = (&self.places, self.facts);
        let found = match (&before, &now) {
            (before, Some((image, Err(problem)))) => {
                let was_refused =
                    matches!(before, Some((old, Err(_))) if self.base.is_refused(old));
                if !was_refused && (before.is_some() || has_gone) {
                    impact.not_compared(&image.name, problem.clone());
                } else {
                    // It has nothing to lose.
                    impact.problems.push(problem.clone());
                }
                return None;
            }
            (None | Some((_, Err(_))), None) => return None,
            (Some((image, Ok(planned))), None) => {
                Some(compared::removed(Version { image, planned }, facts))
            }
            (Some((old, Err(problem))), Some((image, Ok(planned)))) => {
                if !self.base.is_refused(old) {
                    impact.not_compared(&image.name, problem.clone());
                    return None;
                }
                impact.problems.push(problem.clone());
                Some(compared::new(Version { image, planned }, None, facts))
            }
            (None, Some((image, Ok(planned)))) => {
                Some(compared::new(Version { image, planned }, twin, facts))
            }
            (Some((old, Ok(before))), Some((image, Ok(planned)))) => {
                let before = Version { image: old, planned: before };
                let now = Version { image, planned };
                // What always ran has nothing to lose.
                let is_compared = !image.no_cache || !old.no_cache;
                let others = |older: &str, newer: &str| self.causes_of(older, newer, 0);
                is_compared
                    .then(|| compared::changed(before, now, places, facts, &others))
                    .flatten()
            }
        };
        if let (Some((_, Ok(before))), Some((image, Ok(planned)))) = (&before, &now)
            && let Some((line, message)) = frontend::changed(before, planned)
                .or_else(|| absent::moved(before, planned, found.as_ref()))
        {
            let problem = self.head.problem(image, Some(line), &message);
            impact.not_compared(&image.name, problem);
            return None;
        }
        if let Some((image, Ok(planned))) = &now {
            let now = Version { image, planned };
            let before = before.as_ref().and_then(|(_, planned)| planned.as_ref().ok());
            let mut outside = self.outside.borrow_mut();
            outside.extend(outside::notices(now, found.as_ref()));
            outside.extend(before.and_then(|it| outside::other_rules(it, now, found.as_ref())));
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

    /// For which of its platforms an image loses most, before and now. One for which it cannot be
    /// compared counts as the worst.
    fn worst_platform<'i>(&self, older: &'i Image, newer: &'i Image) -> PlatformPair<'i> {
        let mut all = platforms::pairs(older, newer);
        if all.len() > 1 {
            let lost = |&(was_for, is_for): &PlatformPair<'_>| {
                let plans = (self.base.plan(older, was_for), self.head.plan(newer, is_for));
                let (Ok(before), Ok(now)) = plans else { return usize::MAX };
                let before = Version { image: older, planned: &before };
                let now = Version { image: newer, planned: &now };
                let changed =
                    compared::changed(before, now, &self.places, self.facts, &|_, _| Vec::new());
                if absent::moved(before.planned, now.planned, changed.as_ref()).is_some() {
                    return usize::MAX;
                }
                changed.map_or(0, |found| 1 + found.summary.rebuild + found.summary.depends)
            };
            // The first of those that lose the same stays the first.
            all.sort_by_cached_key(|pair| std::cmp::Reverse(lost(pair)));
        }
        let first = (first_platform(older), first_platform(newer));
        all.into_iter().next().unwrap_or(first)
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
        notices.extend(self.outside.borrow().iter().cloned());
        notices.extend(history_in_context::notice(&self.head, self.head_images));
        notices.extend(directories::notices(&self.head, self.head_images));
        // Where nothing changed there is nothing to lose.
        notices.extend(unset::notice(self.head_images).filter(|_| !self.changes.is_empty()));
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

/// What was wrong when the images were looked for: all of the newer tree, and of the older one what
/// is no longer so.
fn found_problems(base: &images::Images, head: &images::Images) -> Vec<Problem> {
    let is_still_so = |problem: &&images::Problem| {
        let is_same =
            |it: &images::Problem| it.file == problem.file && it.message == problem.message;
        head.problems.iter().any(is_same)
    };
    let now = head.problems.iter().map(|problem| found_problem(TreeSide::Head, problem));
    let before = base.problems.iter().filter(|it| !is_still_so(it));
    now.chain(before.map(|problem| found_problem(TreeSide::Base, problem))).collect()
}

/// What was wrong when the images of a tree were looked for.
fn found_problem(side: TreeSide, problem: &images::Problem) -> Problem {
    Problem {
        side,
        file: problem.file.to_string(),
        line: problem.line.and_then(|line| u32::try_from(line).ok()),
        image: None,
        message: problem.message.clone(),
        lacks_value: problem.lacks_value,
    }
}
