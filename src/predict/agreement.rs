//! How right a forecast was.

use super::types::{Agreement, Forecast, Verdict};
use crate::plan::StepKind;
use crate::store::Outcome;

/// Compares a forecast with what the engine did: one outcome a step, in the same order.
///
/// FROM is not counted, for engines report it unevenly, nor is a step that the build did not
/// reach. `depends` is right either way; `unknown` is counted as a step and as nothing else.
pub fn compare(forecast: &Forecast, outcomes: &[Outcome]) -> Agreement {
    let mut agreement = Agreement::default();
    for (step, outcome) in forecast.steps.iter().zip(outcomes) {
        let ran = match outcome {
            Outcome::NotReached => continue,
            Outcome::Cached => false,
            Outcome::Ran | Outcome::Failed => true,
        };
        if step.step.kind == StepKind::From {
            continue;
        }
        agreement.steps += 1;
        match (&step.verdict, ran) {
            (Verdict::Cached, true) => agreement.false_cached += 1,
            (Verdict::Rebuild(_), false) => agreement.false_rebuild += 1,
            (Verdict::Cached, false) | (Verdict::Rebuild(_), true) => agreement.right += 1,
            (Verdict::Depends { .. }, _) => {
                agreement.depends += 1;
                agreement.right += 1;
            }
            (Verdict::Unknown(_), _) => {}
        }
    }
    agreement
}
