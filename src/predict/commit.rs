//! What another tree had, in place of what was recorded.
//!
//! The plan of the other tree is taken for the last build and for all that the engine knows: what
//! is in it is `cached`, what is not is `rebuild`, with what differs as its cause. Both sides must
//! be made alike: of the same kind of snapshot, with the same facts about base images.

use std::collections::{BTreeMap, HashMap};

use super::knowledge::{FileTable, Knowledge, PreviousBuild, PreviousStep};
use super::types::{CauseKind, Forecast, Verdict};
use super::verdicts::predict;
use crate::context::Snapshot;
use crate::plan::{KeyInput, Plan, StepKey};
use crate::{BaseImage, Seconds};

/// A tree that was built before.
#[derive(Debug, Clone)]
pub struct PastTree {
    /// Its plan.
    pub plan: Plan,
    /// The files that it had.
    pub files: FileTable,
}

/// The forecast of a plan where `before` was built last and nothing else.
///
/// What only the engine can tell, such as what a URL gives or a base image that is not among
/// `images`, is taken to be the same on both sides. Of `recorded` only the times count.
pub fn predict_against(
    before: PastTree,
    plan: &Plan,
    snapshot: &Snapshot,
    images: &BTreeMap<String, BaseImage>,
    recorded: Knowledge,
) -> Forecast {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        step.uncertain = false;
    }
    let references = references(&before.plan);
    let PastTree { plan: past, files } = before;
    let keys = past.steps.iter().flat_map(|step| step.other_keys().chain([step.key]));
    let timed = |key: StepKey| (key, recorded.known.get(&key).copied().flatten());
    let known: HashMap<StepKey, Option<Seconds>> = keys.map(timed).collect();
    let steps = past.steps.into_iter().map(PreviousStep::of);
    let knowledge = Knowledge {
        recorded: true,
        known,
        previous: Some(PreviousBuild { steps: steps.collect(), files }),
        times: recorded.times,
        typical: recorded.typical,
        ..Knowledge::default()
    };
    let mut forecast = predict(&plan, snapshot, &knowledge);
    name_unknown_images(&mut forecast, &references, images);
    forecast
}

/// The names of a plan's base images, by the digest that the plan has for their layers.
fn references(plan: &Plan) -> HashMap<String, String> {
    let inputs = plan.steps.iter().flat_map(|step| &step.inputs);
    let images = inputs.filter_map(|input| match input {
        KeyInput::BaseImage { reference, digest, .. } => {
            Some((digest.to_string(), reference.clone()))
        }
        _ => None,
    });
    images.collect()
}

/// Of a base image that nobody knows there is no digest of layers, so what differs is told by the
/// names.
fn name_unknown_images(
    forecast: &mut Forecast,
    references: &HashMap<String, String>,
    known: &BTreeMap<String, BaseImage>,
) {
    for step in &mut forecast.steps {
        let Verdict::Rebuild(cause) = &mut step.verdict else { continue };
        let CauseKind::BaseImage { reference, before, after } = &mut cause.kind else { continue };
        let old = before.as_ref().and_then(|before| references.get(before));
        if !known.contains_key(reference) || old.is_some_and(|old| !known.contains_key(old)) {
            *before = old.cloned();
            *after = Some(reference.clone());
        }
    }
}
