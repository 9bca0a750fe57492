//! How long steps take, and the path that a build has to wait for.

use super::facts::Facts;
use crate::Seconds;
use crate::context::{ContextPath, Snapshot};
use crate::optimize::typical_seconds;
use crate::plan::{Plan, Step, StepIndex};
use crate::predict::{StepForecast, Verdict, longest_path};

/// What a step takes, and whether that was measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) seconds: Seconds,
    pub(super) is_measured: bool,
}

/// What each step of a plan takes when it runs.
pub(super) fn taken(
    plan: &Plan,
    snapshot: &Snapshot,
    context: &ContextPath,
    facts: &dyn Facts,
) -> Vec<Taken> {
    let of = |step: &Step| match facts.seconds(context, step) {
        Some(seconds) => Taken { seconds, is_measured: true },
        None => Taken { seconds: typical_seconds(step, snapshot), is_measured: false },
    };
    plan.steps.iter().map(of).collect()
}

/// How much of a step's time is to be expected.
pub(super) fn share(verdict: &Verdict) -> f64 {
    match verdict {
        Verdict::Cached => 0.0,
        Verdict::Depends { probability, .. } => probability.get(),
        Verdict::Rebuild(_) | Verdict::Unknown(_) => 1.0,
    }
}

/// What a build waits for that runs all of a plan.
pub(super) fn full(plan: &Plan, taken: &[Taken]) -> Seconds {
    longest_path(plan.steps.iter().zip(taken).map(|(step, taken)| (inputs(step), taken.seconds)))
}

/// What a build waits for that runs what a forecast says.
pub(super) fn lost<'a>(steps: impl IntoIterator<Item = &'a StepForecast>) -> Seconds {
    longest_path(
        steps.into_iter().map(|step| {
            (inputs(&step.step), Seconds::new(step.seconds.get() * share(&step.verdict)))
        }),
    )
}

fn inputs(step: &Step) -> impl Iterator<Item = StepIndex> {
    step.parent().into_iter().chain(step.stage_outputs())
}
