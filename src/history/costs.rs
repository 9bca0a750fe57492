//! Which causes, steps and files cost most.

use std::collections::{BTreeMap, BTreeSet};

use super::{Loss, NOT_COUNTED};
use crate::store::{KeptBuild, KeptStep, Outcome};
use crate::{Seconds, Span};

/// What was lost to one kind of cause.
#[derive(Debug, Clone, PartialEq)]
pub struct CauseCost {
    /// The word for it: `files`, `argument`, …
    pub kind: String,
    /// In how many builds steps ran for it.
    pub builds: usize,
    /// How many steps ran for it.
    pub steps: usize,
    /// What they took, each for itself, added up.
    pub seconds: Seconds,
}

/// What a step has cost.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCost {
    /// The context's directory.
    pub project: String,
    /// The Dockerfile's name.
    pub dockerfile: String,
    /// The instruction's text, which stays the step when others come before it.
    pub instruction: String,
    /// In how many builds it ran.
    pub runs: usize,
    /// In how many builds it was reused.
    pub reused: usize,
    /// What its runs took, added up.
    pub seconds: Seconds,
}

/// What a file has cost.
#[derive(Debug, Clone, PartialEq)]
pub struct FileCost {
    /// The context's directory.
    pub project: String,
    /// The file, from the context's root.
    pub path: String,
    /// In how many builds steps ran for it.
    pub builds: usize,
    /// What ran for it; where several files were the reason, each has an equal share.
    pub seconds: Seconds,
}

pub(super) fn of_causes(losses: &[Vec<Loss>]) -> Vec<CauseCost> {
    let mut costs: BTreeMap<&str, CauseCost> = BTreeMap::new();
    for build in losses {
        let mut seen = BTreeSet::new();
        for loss in build {
            let cost = costs.entry(&loss.kind).or_insert_with(|| CauseCost {
                kind: loss.kind.clone(),
                builds: 0,
                steps: 0,
                seconds: Seconds::ZERO,
            });
            cost.builds += usize::from(seen.insert(&loss.kind));
            cost.steps += loss.steps;
            cost.seconds = cost.seconds + loss.seconds;
        }
    }
    costliest_first(costs.into_values().collect(), |cost| (cost.seconds, cost.builds))
}

pub(super) fn of_steps(builds: &[KeptBuild]) -> Vec<StepCost> {
    let mut costs: BTreeMap<(&str, &str, &str), StepCost> = BTreeMap::new();
    for build in builds {
        for step in build.steps.iter().filter(|step| step.kind != NOT_COUNTED) {
            let place = (&*build.project, &*build.dockerfile, &*step.instruction);
            let cost = costs.entry(place).or_insert_with(|| StepCost {
                project: build.project.clone(),
                dockerfile: build.dockerfile.clone(),
                instruction: step.instruction.clone(),
                runs: 0,
                reused: 0,
                seconds: Seconds::ZERO,
            });
            match step.outcome {
                Outcome::Cached => cost.reused += 1,
                Outcome::Ran | Outcome::Failed => cost.runs += 1,
                Outcome::NotReached => {}
            }
            cost.seconds = cost.seconds + took(step);
        }
    }
    let ran = costs.into_values().filter(|cost| cost.runs > 0).collect();
    costliest_first(ran, |cost| (cost.seconds, cost.runs))
}

/// What a step took: to its end, or until it failed.
fn took(step: &KeptStep) -> Seconds {
    let until_it_failed =
        || step.span.filter(|_| step.outcome == Outcome::Failed).map(Span::length);
    step.seconds.or_else(until_it_failed).unwrap_or_default()
}

pub(super) fn of_files(builds: &[KeptBuild], losses: &[Vec<Loss>]) -> Vec<FileCost> {
    let mut costs: BTreeMap<(&str, &str), FileCost> = BTreeMap::new();
    for (build, losses) in builds.iter().zip(losses) {
        let mut seen = BTreeSet::new();
        for loss in losses.iter().filter(|loss| loss.kind == "files") {
            let share = Seconds::new(loss.seconds.get() / loss.names.len().max(1) as f64);
            for path in &loss.names {
                let cost = costs.entry((&build.project, path)).or_insert_with(|| FileCost {
                    project: build.project.clone(),
                    path: path.clone(),
                    builds: 0,
                    seconds: Seconds::ZERO,
                });
                cost.builds += usize::from(seen.insert(path));
                cost.seconds = cost.seconds + share;
            }
        }
    }
    costliest_first(costs.into_values().collect(), |cost| (cost.seconds, cost.builds))
}

/// By seconds and then by how often; what is equal stays in its order.
fn costliest_first<T>(mut costs: Vec<T>, weight: impl Fn(&T) -> (Seconds, usize)) -> Vec<T> {
    costs.sort_by(|left, right| {
        let ((seconds, times), (others, often)) = (weight(left), weight(right));
        others.get().total_cmp(&seconds.get()).then(often.cmp(&times))
    });
    costs
}
