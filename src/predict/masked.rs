//! What else is otherwise about steps that run for another reason already.

use super::cause::{Matching, files, own_cause_but_files};
use super::commit::PastTree;
use super::knowledge::{PreviousBuild, PreviousStep};
use super::told::clearer;
use super::types::{Cause, CauseKind, Forecast, StepForecast, Verdict};
use crate::context::Snapshot;
use crate::plan::{Step, StepIndex};

/// What differs of the steps themselves that run as one below them does, in their order: for it they
/// would run alone. Of files only where no other reason is files.
pub fn masked_causes(before: &PastTree, forecast: &Forecast, snapshot: &Snapshot) -> Vec<Cause> {
    let steps: Vec<Step> = forecast.steps.iter().map(|it| it.step.clone()).collect();
    let previous = PreviousBuild {
        steps: before.plan.steps.iter().cloned().map(PreviousStep::of).collect(),
        files: before.files.clone(),
    };
    let matching = Matching::new(&steps, Some(&previous));
    // Of a large context it takes long to find them, and one that tells of files is enough.
    let is_files = |step: &StepForecast| {
        matches!(step.verdict.cause(), Some(Cause { kind: CauseKind::Files { .. }, .. }))
    };
    let wants_files = !forecast.steps.iter().any(is_files);
    let mut found = Vec::new();
    for (index, (step, forecast)) in steps.iter().zip(&forecast.steps).enumerate() {
        let index = StepIndex(index);
        let Verdict::Rebuild(cause) = &forecast.verdict else { continue };
        if cause.step == index {
            continue;
        }
        let kind = match matching.of(index.0, Some(&previous)) {
            None => Some(CauseKind::Instruction {
                before: matching.text_before(index, &previous),
                after: step.instruction.clone(),
            }),
            Some(old) => own_cause_but_files(step, old)
                .or_else(|| {
                    let files = || files(step, old, &previous.files, snapshot);
                    wants_files.then(files).flatten()
                })
                .map(|kind| clearer(kind, step, Some(old))),
        };
        found.extend(kind.map(|kind| Cause { step: index, kind }));
    }
    found
}
