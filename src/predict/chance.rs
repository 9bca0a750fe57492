//! How likely a step is to run that depends on what another stage writes: by how often it did.

use super::past::{COUNTED_BUILDS, Fate, PastBuild, counterpart};
use super::types::Probability;
use crate::plan::Step;

/// How likely a step is to run whose verdict is `depends`, by these builds, newest first.
///
/// Those count that the verdict was the same in, and in which the step ran whose output it depended
/// on. Laplace's rule of succession (1814): where it ran in `ran` of `times` such builds, it does so
/// with a probability of `(ran + 1) / (times + 2)`: one half where there were none, and never quite
/// 0 or 1.
pub(super) fn probability(step: &Step, builds: &[PastBuild]) -> Probability {
    let fates = builds.iter().take(COUNTED_BUILDS).filter_map(|build| {
        let (index, past) = counterpart(step, build)?;
        (past.fate != Fate::Neither && was_open(build, index)).then_some(past.fate)
    });
    let (mut ran, mut times) = (0_u32, 0_u32);
    for fate in fates {
        times += 1;
        ran += u32::from(fate != Fate::Reused);
    }
    Probability::new(f64::from(ran + 1) / f64::from(times + 2))
}

/// Whether the step of a past build was forecast to depend on an output that was then written anew.
fn was_open(build: &PastBuild, index: usize) -> bool {
    let mut at = index;
    loop {
        let Some(step) = build.steps.get(at) else { return false };
        let Some(cause) = step.cause.as_ref().filter(|cause| cause.is_open) else { return false };
        let below = cause.step.0;
        // Steps stand after what they need, so this ends.
        if below >= at {
            return false;
        }
        match &*cause.kind {
            "stage_output" => {
                let output = build.steps.get(below);
                return output.is_some_and(|output| matches!(output.fate, Fate::Ran(_)));
            }
            "parent" => at = below,
            _ => return false,
        }
    }
}
