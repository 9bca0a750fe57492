//! Layers that the engine has not merged yet.
//!
//! What `--link` copies is a layer of its own, which the engine merges with what it stands on as
//! soon as something needs both. Where nothing did in the last build, a step that runs on it is the
//! first, and the engine then reports the merge as the step's own run
//! (`copy-link-last-then-more`).

use super::knowledge::{PreviousBuild, PreviousStep};
use super::types::{Cause, CauseKind, StepForecast, Verdict};
use crate::plan::{KeyInput, Step, StepIndex};

/// Leaves open the steps that may have to be merged: whether another build than the last needed
/// them, nobody kept.
pub(super) fn leave_open(steps: &mut [StepForecast], previous: Option<&PreviousBuild>) {
    for index in (0..steps.len()).map(StepIndex) {
        let forecast = &steps[index.0];
        let is_cached = |step: &StepForecast| step.verdict == Verdict::Cached;
        if !is_cached(forecast) || !forecast.step.is_merged() {
            continue;
        }
        let (reused, run): (Vec<_>, Vec<_>) = steps
            .iter()
            .filter(|above| above.step.needs().any(|it| it == index))
            .partition(|it| is_cached(it));
        let was_needed = previous.is_some_and(|build| was_needed(&forecast.step, &build.steps));
        if reused.is_empty() && !run.is_empty() && !was_needed {
            let cause = Cause { step: index, kind: CauseKind::NoRecord };
            steps[index.0].verdict = Verdict::Unknown(cause);
        }
    }
}

/// Whether a step of the last build needed what this one made.
fn was_needed(step: &Step, previous: &[PreviousStep]) -> bool {
    let is_it = |it: &StepIndex| previous.get(it.0).is_some_and(|old| old.key == step.key);
    previous.iter().filter(|above| above.is_built).flat_map(|above| &above.inputs).any(|input| {
        match input {
            KeyInput::Parent { step }
            | KeyInput::StageOutput { step, .. }
            | KeyInput::StageFiles { step, .. } => is_it(step),
            _ => false,
        }
    })
}
