//! What builds have cost: how much was reused, what was lost to which cause, and the steps and
//! files that cost most.
//!
//! In: builds as the store keeps them ([`KeptBuild`]). Out: a [`History`]. Pure: no disk, no clock.
//! A build that was not needed, as everything was there, counts as one that reused all its steps.

mod costs;
#[cfg(test)]
mod tests;
mod weeks;

use std::cmp::Reverse;
use std::time::SystemTime;

use crate::plan::StepIndex;
use crate::predict::PastCause;
use crate::store::{KeptBuild, KeptStep, Outcome};
use crate::{Seconds, Span};

pub use costs::{CauseCost, FileCost, StepCost};
pub use weeks::Week;

/// The keyword of steps that are not counted: engines speak of them unevenly.
const NOT_COUNTED: &str = "FROM";

/// Causes that strike each step for itself: no step hands them on, and all of a build are one.
const OF_EACH_STEP: [&str; 3] = ["evicted", "no_cache", "no_record"];

/// What builds have cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The builds, the one that began last first.
    pub builds: Vec<PastBuild>,
    /// What they add up to.
    pub total: Total,
    /// What was lost to each kind of cause, the costliest first.
    pub causes: Vec<CauseCost>,
    /// The steps that ran, the costliest first.
    pub steps: Vec<StepCost>,
    /// The files that made steps run, the costliest first.
    pub files: Vec<FileCost>,
    /// Seven days each, the oldest first; those without a build are there too.
    pub weeks: Vec<Week>,
}

/// One build.
#[derive(Debug, Clone, PartialEq)]
pub struct PastBuild {
    /// The context's directory.
    pub project: String,
    /// The Dockerfile's name, relative to the context where it lies in it.
    pub dockerfile: String,
    /// `--target`.
    pub target: Option<String>,
    /// When it began.
    pub started: SystemTime,
    /// How long it took in all.
    pub seconds: Seconds,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Whether nothing was built, as everything was there.
    pub up_to_date: bool,
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// What became of its steps.
    pub counts: Counts,
    /// The cause for which most of its seconds ran, with all the steps that lead back to it.
    pub lost_to: Option<Loss>,
    /// Its steps in the plan's order, FROM among them.
    pub steps: Vec<PastStep>,
}

/// A step of a build.
#[derive(Debug, Clone, PartialEq)]
pub struct PastStep {
    /// Its name as the engine showed it.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took; `None` where it did not run to its end.
    pub seconds: Option<Seconds>,
    /// When it went on, where that was recorded.
    pub span: Option<Span>,
    /// Those that it needs.
    pub needs: Vec<StepIndex>,
}

/// Steps by what became of them; FROM is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The engine reused them.
    pub reused: usize,
    /// They ran, to their end or until they failed.
    pub ran: usize,
}

impl Counts {
    /// The share that was reused, 0 to 1; `None` without a step.
    pub fn hit_rate(self) -> Option<f64> {
        let all = self.reused + self.ran;
        (all > 0).then(|| self.reused as f64 / all as f64)
    }

    fn add(&mut self, other: Self) {
        self.reused += other.reused;
        self.ran += other.ran;
    }
}

/// What builds add up to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Total {
    /// How many there were.
    pub builds: usize,
    /// How many of them failed.
    pub failed: usize,
    /// What they took.
    pub seconds: Seconds,
    /// What became of their steps.
    pub counts: Counts,
}

/// A cause and what ran for it in one build.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The word for its kind: `files`, `argument`, …
    pub kind: String,
    /// The files that differed, or the name of what did; at most 20.
    pub names: Vec<String>,
    /// How many steps ran for it.
    pub steps: usize,
    /// What they took, each for itself, added up.
    pub seconds: Seconds,
}

/// Adds up builds, which may come in any order.
pub fn history(kept: &[KeptBuild]) -> History {
    let losses: Vec<Vec<Loss>> = kept.iter().map(losses).collect();
    let mut builds: Vec<PastBuild> =
        kept.iter().zip(&losses).map(|(build, losses)| past_build(build, losses)).collect();
    builds.sort_by_key(|build| Reverse(build.started));
    History {
        total: total(&builds),
        causes: costs::of_causes(&losses),
        steps: costs::of_steps(kept),
        files: costs::of_files(kept, &losses),
        weeks: weeks::weeks(&builds),
        builds,
    }
}

fn past_build(build: &KeptBuild, losses: &[Loss]) -> PastBuild {
    let costliest = losses.iter().max_by(|a, b| a.seconds.get().total_cmp(&b.seconds.get()));
    PastBuild {
        project: build.project.clone(),
        dockerfile: build.dockerfile.clone(),
        target: build.target.clone(),
        started: build.started,
        seconds: build.seconds,
        succeeded: build.succeeded,
        up_to_date: build.up_to_date,
        commit: build.commit.clone(),
        counts: counts(&build.steps),
        lost_to: costliest.cloned(),
        steps: build.steps.iter().map(past_step).collect(),
    }
}

fn past_step(step: &KeptStep) -> PastStep {
    PastStep {
        name: step.name.clone(),
        outcome: step.outcome,
        seconds: step.seconds,
        span: step.span,
        needs: step.needs.iter().copied().map(StepIndex).collect(),
    }
}

fn counts(steps: &[KeptStep]) -> Counts {
    let mut counts = Counts::default();
    for step in steps.iter().filter(|step| step.kind != NOT_COUNTED) {
        match step.outcome {
            Outcome::Cached => counts.reused += 1,
            Outcome::Ran | Outcome::Failed => counts.ran += 1,
            Outcome::NotReached => {}
        }
    }
    counts
}

/// What made the steps of a build run: each cause once, in the order of the steps where they lie.
fn losses(build: &KeptBuild) -> Vec<Loss> {
    let causes: Vec<Option<PastCause>> =
        build.steps.iter().map(|step| serde_json::from_str(step.cause.as_deref()?).ok()).collect();
    let mut losses: Vec<(usize, Loss)> = Vec::new();
    for (at, step) in build.steps.iter().enumerate() {
        if step.kind == NOT_COUNTED || step.outcome != Outcome::Ran {
            continue;
        }
        let Some((root, cause)) = root(&causes, at) else { continue };
        let found = losses.iter().position(|(at, loss)| *at == root || loss.is_of(cause));
        let place = found.unwrap_or_else(|| {
            losses.push((root, Loss::nothing_to(cause)));
            losses.len() - 1
        });
        let (_, loss) = &mut losses[place];
        loss.steps += 1;
        loss.seconds = loss.seconds + step.seconds.unwrap_or_default();
    }
    losses.sort_by_key(|(root, _)| *root);
    losses.into_iter().map(|(_, loss)| loss).collect()
}

impl Loss {
    fn nothing_to(cause: &PastCause) -> Self {
        Self {
            kind: cause.kind.clone(),
            names: cause.names.clone(),
            steps: 0,
            seconds: Seconds::ZERO,
        }
    }

    /// Whether a cause that lies in another step is the same: it has a name, or needs none.
    fn is_of(&self, cause: &PastCause) -> bool {
        let needs_none = OF_EACH_STEP.contains(&&*cause.kind);
        let is_named = !cause.names.is_empty() && self.names == cause.names;
        self.kind == cause.kind && (needs_none || is_named)
    }
}

/// The step where the reason of a step lies, and the reason.
fn root(causes: &[Option<PastCause>], mut at: usize) -> Option<(usize, &PastCause)> {
    // What is on disk may lead in a circle.
    for _ in 0..causes.len() {
        let cause = causes.get(at)?.as_ref()?;
        if cause.step.0 == at || cause.kind != "parent" {
            return Some((at, cause));
        }
        at = cause.step.0;
    }
    None
}

fn total(builds: &[PastBuild]) -> Total {
    let mut total = Total { builds: builds.len(), ..Total::default() };
    for build in builds {
        total.failed += usize::from(!build.succeeded);
        total.seconds = total.seconds + build.seconds;
        total.counts.add(build.counts);
    }
    total
}
