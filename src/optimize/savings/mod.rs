//! What the rewrites save, and which of them are worth it.
//!
//! The builds of the past are made again in the plan (`replay`), with the Dockerfile as it is, with
//! each rewrite alone, and with several together (`search`). The past is git's last commits, else the
//! builds in the store made again on the present context, else one edit. Rewrites that would not
//! have made builds quicker are left out, so that the result is never worse on what is known.

mod edited;
mod replay;
mod search;
mod thin;
mod times;

use std::collections::BTreeSet;

use super::candidate::Candidate;
use super::error::Error;
use super::reason::Reason;
use super::types::{Basis, Past, Refusal, Request, Saves, Timing};
use crate::Seconds;
use crate::context::ContextPath;
use crate::dockerfile::{Dockerfile, edit};
use crate::plan::Plan;
use replay::{Built, Variant, plan_on, replay};
use search::{Best, Search};
use times::Times;

/// Differences below this are none: sums of the same seconds in another order differ by less.
const NOTHING: f64 = 1e-6;

/// Of the seconds that run, the share of one kind that makes them count as of that kind.
const NEARLY_ALL: f64 = 0.95;

/// What all rewrites save.
#[derive(Debug)]
pub(super) struct Savings {
    /// Those that are worth it.
    pub(super) kept: Vec<(Candidate, Saving)>,
    /// Those that are not.
    pub(super) dropped: Vec<Refusal>,
    pub(super) before: Option<Seconds>,
    pub(super) after: Option<Seconds>,
    pub(super) basis: Option<Basis>,
    /// The whole Dockerfile with those that are kept.
    pub(super) text: String,
}

/// What one rewrite saves.
#[derive(Debug, Clone)]
pub(super) struct Saving {
    pub(super) saves: Saves,
    /// What it rests on, in words.
    pub(super) sentence: String,
}

/// Measures the candidates and keeps those that make no build of the past slower on average.
pub(super) fn measure(
    request: &Request<'_>,
    original: &Plan,
    candidates: Vec<Candidate>,
) -> Result<Savings, Error> {
    let mut savings = Savings {
        kept: Vec::new(),
        dropped: Vec::new(),
        before: None,
        after: None,
        basis: None,
        text: request.plan.dockerfile.source().to_owned(),
    };
    if candidates.is_empty() {
        return Ok(savings);
    }
    let trial = Trial { request, original };
    let measured = trial.measure(&candidates)?;
    let before = measured.before();
    let alone: Vec<f64> = measured.alone.iter().map(|builds| mean(builds)).collect();
    let sizes: Vec<usize> = candidates.iter().map(|it| it.size(request.plan.dockerfile)).collect();
    let search = Search {
        alone: &alone,
        sizes: &sizes,
        are_apart: &|a, b| candidates[a].is_apart_from(&candidates[b]),
        together: &mut |kept| trial.together(&candidates, kept, &measured),
    };
    let Best { mut kept, seconds: mut after } = search.run(before)?;
    for (index, candidate) in candidates.iter().enumerate() {
        let mut others = kept.iter().map(|&other| &candidates[other]);
        if candidate.is_wanted_anyway()
            && !kept.contains(&index)
            && alone[index] <= before + NOTHING
            && others.all(|other| other.is_apart_from(candidate))
        {
            kept.push(index);
            kept.sort_unstable();
            after = trial.together(&candidates, &kept, &measured)?;
        }
    }
    savings.text = trial.text(&candidates, &kept)?;
    let is_apart_from_kept = |index: usize| {
        kept.iter().all(|&other| candidates[index].is_apart_from(&candidates[other]))
    };
    // What something better was taken in the place of needs no word.
    let worth_a_word: Vec<bool> = (0..candidates.len()).map(is_apart_from_kept).collect();
    for (index, candidate) in candidates.into_iter().enumerate() {
        if kept.contains(&index) {
            savings.kept.push((candidate, measured.saving(&measured.alone[index])));
        } else if worth_a_word[index] {
            savings.dropped.push(Refusal {
                line: candidate.line,
                reason: Reason::Slower {
                    title: candidate.title,
                    past: measured.basis.to_string(),
                    before: format!("{before:.1}"),
                    after: format!("{:.1}", alone[index]),
                },
            });
        }
    }
    if !savings.kept.is_empty() {
        savings.before = Some(rounded(before));
        savings.after = Some(rounded(after));
        savings.basis = Some(measured.basis);
    }
    Ok(savings)
}

/// What is compared.
struct Trial<'a> {
    request: &'a Request<'a>,
    original: &'a Plan,
}

/// What the original and each candidate alone take, on one past.
struct Measured {
    basis: Basis,
    /// The builds that count, as the Dockerfile is.
    original: Vec<Built>,
    /// The same builds with one candidate.
    alone: Vec<Vec<Built>>,
    /// Which of all builds count.
    counted: Vec<bool>,
    /// How many builds cannot be planned.
    unplanned: usize,
    /// The edits, where the past is one of edits.
    edits: Option<Vec<Vec<ContextPath>>>,
}

impl Trial<'_> {
    /// Measures on the best past that tells anything.
    fn measure(&self, candidates: &[Candidate]) -> Result<Measured, Error> {
        let mut variants = vec![self.variant(self.request.plan.dockerfile.source())?];
        for index in 0..candidates.len() {
            variants.push(self.variant(&self.text(candidates, &[index])?)?);
        }
        if let Some(commits) = self.request.history.commits {
            let past = replay::Past::Commits(commits);
            let found = self.on(past, &variants, None, |_| true)?;
            if found.original.iter().any(|built| built.runs) {
                let skipped = found.unplanned + commits.without_context;
                return Ok(found.resting_on(Past::Commits, skipped));
            }
        }
        let builds = self.request.history.builds.iter();
        let edits: Vec<Vec<ContextPath>> = builds.map(|build| build.changed.clone()).collect();
        let found = self.on_edits(edits, &variants)?;
        if !found.original.is_empty() {
            return Ok(found.resting_on(Past::Builds, 0));
        }
        // One edit for each of the files that they are about.
        let examples: BTreeSet<&[ContextPath]> = candidates.iter().map(|it| &*it.example).collect();
        let mut edits: Vec<Vec<ContextPath>> = examples.into_iter().map(<[_]>::to_vec).collect();
        if edits.len() > 1 {
            edits.retain(|edit| !edit.is_empty());
        }
        Ok(self.on_edits(edits, &variants)?.resting_on(Past::Edit, 0))
    }

    /// On edits, of which only those count that run anything.
    fn on_edits(
        &self,
        edits: Vec<Vec<ContextPath>>,
        variants: &[Variant],
    ) -> Result<Measured, Error> {
        let past = replay::Past::Edits(&edits);
        let found = self.on(past, variants, None, |built| built.runs)?;
        Ok(Measured { edits: Some(edits), ..found })
    }

    fn on(
        &self,
        past: replay::Past<'_>,
        variants: &[Variant],
        counted: Option<&Measured>,
        counts: impl Fn(&Built) -> bool,
    ) -> Result<Measured, Error> {
        let replayed = replay(self.request, past, variants)?;
        let first = replayed.first().map_or(&[][..], Vec::as_slice);
        let is_counted = |built: &Built| !built.is_first && counts(built);
        let counted: Vec<bool> = counted.map_or_else(
            || first.iter().map(|built| built.as_ref().is_some_and(is_counted)).collect(),
            |known| known.counted.clone(),
        );
        let of = |builds: &[Option<Built>]| -> Vec<Built> {
            let pairs = builds.iter().zip(first).zip(&counted).filter(|(_, counts)| **counts);
            // Where a rewrite cannot be built, nobody would have it yet.
            pairs
                .filter_map(|((built, original), _)| built.filter(|it| !it.is_first).or(*original))
                .collect()
        };
        let all: Vec<Vec<Built>> = replayed.iter().map(|builds| of(builds)).collect();
        let mut all = all.into_iter();
        let original = all.next().unwrap_or_default();
        Ok(Measured {
            basis: Basis::default(),
            original,
            alone: all.collect(),
            counted,
            unplanned: first.iter().filter(|built| built.is_none()).count(),
            edits: None,
        })
    }

    /// The mean seconds with several candidates, on the past that was measured.
    fn together(
        &self,
        candidates: &[Candidate],
        kept: &[usize],
        measured: &Measured,
    ) -> Result<f64, Error> {
        match kept {
            [] => return Ok(measured.before()),
            [one] => return Ok(mean(&measured.alone[*one])),
            _ => {}
        }
        let variants = [
            self.variant(self.request.plan.dockerfile.source())?,
            self.variant(&self.text(candidates, kept)?)?,
        ];
        let past = match (&measured.edits, self.request.history.commits) {
            (Some(edits), _) => replay::Past::Edits(edits),
            (None, Some(commits)) => replay::Past::Commits(commits),
            (None, None) => replay::Past::Edits(&[]),
        };
        let found = self.on(past, &variants, Some(measured), |_| true)?;
        Ok(found.alone.first().map_or(0.0, |builds| mean(builds)))
    }

    fn text(&self, candidates: &[Candidate], kept: &[usize]) -> Result<String, Error> {
        let edits: Vec<_> = kept.iter().flat_map(|&it| candidates[it].edits.clone()).collect();
        Ok(edit::apply(self.request.plan.dockerfile, &edits)?)
    }

    fn variant(&self, text: &str) -> Result<Variant, Error> {
        let snapshot = self.request.plan.snapshot;
        let dockerfile = Dockerfile::parse(self.request.plan.dockerfile.name(), text)?;
        let plan = plan_on(self.request, &dockerfile, snapshot)?;
        let history = &self.request.history;
        let times = Times::of_variant(&plan, self.original, snapshot, history);
        Ok(Variant { dockerfile, names: thin::names(&plan), times })
    }
}

impl Measured {
    fn resting_on(self, past: Past, skipped: usize) -> Self {
        let sum = |of: fn(&Built) -> Seconds| self.original.iter().map(of).sum::<Seconds>().get();
        let (measured, typical) = (sum(|built| built.measured), sum(|built| built.typical));
        let timing = if measured >= NEARLY_ALL * (measured + typical) {
            Timing::Measured
        } else if typical >= NEARLY_ALL * (measured + typical) {
            Timing::Typical
        } else {
            Timing::Mixed
        };
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let builds = if past == Past::Edit { 0 } else { count(self.original.len()) };
        let basis = Basis { past, builds, skipped: count(skipped), timing };
        Self { basis, ..self }
    }

    fn before(&self) -> f64 {
        mean(&self.original)
    }

    fn saving(&self, alone: &[Built]) -> Saving {
        let pairs = self.original.iter().zip(alone);
        let is_helped =
            |(was, is): &(&Built, &Built)| is.seconds.get() < was.seconds.get() - NOTHING;
        let helped = pairs.filter(is_helped).count();
        let saves = Saves {
            seconds_per_build: rounded(self.before() - mean(alone)),
            builds_helped: helped as f64 / self.original.len().max(1) as f64,
            commits: self.basis.builds,
        };
        let timing = self.basis.timing;
        let sentence = match (self.basis.past, self.basis.builds) {
            (Past::Edit, _) => {
                format!("There are no commits and no past builds to count yet; {timing}.")
            }
            (Past::Commits, 1) => format!("It helps {helped} of 1 commit; {timing}."),
            (Past::Commits, builds) => {
                format!("It helps {helped} of the last {builds} commits; {timing}.")
            }
            (Past::Builds, 1) => format!("It helps {helped} of 1 past build; {timing}."),
            (Past::Builds, builds) => {
                format!(
                    "It helps {helped} of {builds} past builds that changed copied files; {timing}."
                )
            }
        };
        Saving { saves, sentence }
    }
}

fn mean(builds: &[Built]) -> f64 {
    let sum: Seconds = builds.iter().map(|built| built.seconds).sum();
    sum.get() / builds.len().max(1) as f64
}

/// To the microsecond: what is below it is the error of sums.
fn rounded(seconds: f64) -> Seconds {
    Seconds::new((seconds * 1e6).round() / 1e6)
}
