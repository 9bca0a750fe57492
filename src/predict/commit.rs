//! What other trees had, in place of what was recorded.
//!
//! Their plans are taken for all that was ever built: what is in one of them is `cached`, what is
//! not is `rebuild`, with what differs from the last one as its cause. All sides must be made
//! alike: of the same kind of snapshot, with the same facts about base images.

use std::collections::{HashMap, HashSet};

use super::knowledge::{FileTable, Knowledge, PreviousBuild, PreviousStep};
use super::types::{CauseKind, Forecast, Verdict};
use super::verdicts::predict;
use crate::context::Snapshot;
use crate::plan::{BaseImages, KeyInput, Plan, StepKey};

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
/// As [`Replayed::forecast`].
pub fn predict_against(
    before: PastTree,
    plan: &Plan,
    snapshot: &Snapshot,
    images: &BaseImages,
    recorded: Knowledge,
) -> Forecast {
    let mut replayed = Replayed::default();
    replayed.build(before);
    replayed.forecast(plan, snapshot, images, recorded)
}

/// An engine that has built these trees, one after the other, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    keys: HashSet<StepKey>,
    previous: Option<PreviousBuild>,
    /// The names of the base images of the last one, by the digest that its plan has for them.
    references: HashMap<String, String>,
}

impl Replayed {
    /// Takes this tree for built, after those before it.
    pub fn build(&mut self, tree: PastTree) {
        let PastTree { plan, files } = tree;
        self.references = references(&plan);
        self.keys.extend(plan.steps.iter().flat_map(|step| step.other_keys().chain([step.key])));
        let steps = plan.steps.into_iter().map(PreviousStep::of).collect();
        self.previous = Some(PreviousBuild { steps, files });
    }

    /// The forecast of a plan that is built next.
    ///
    /// What only the engine can tell, such as what a URL gives or a base image that is not among
    /// `images`, is taken to be always the same. Of `recorded` only the times count, and how likely
    /// a step is to run that depends on another stage.
    pub fn forecast(
        &self,
        plan: &Plan,
        snapshot: &Snapshot,
        images: &BaseImages,
        recorded: Knowledge,
    ) -> Forecast {
        let mut plan = plan.clone();
        for step in &mut plan.steps {
            step.uncertain = false;
        }
        let recorded_keys = recorded.known;
        let timed = |key: &StepKey| (*key, recorded_keys.get(key).copied().flatten());
        let knowledge = Knowledge {
            recorded: true,
            known: self.keys.iter().map(timed).collect(),
            previous: self.previous.clone(),
            past: recorded.past,
            times: recorded.times,
            typical: recorded.typical,
            usual: recorded.usual,
            ..Knowledge::default()
        };
        let mut forecast = predict(&plan, snapshot, &knowledge);
        name_unknown_images(&mut forecast, &self.references, images);
        forecast
    }
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
    known: &BaseImages,
) {
    for step in &mut forecast.steps {
        let Verdict::Rebuild(cause) = &mut step.verdict else { continue };
        let CauseKind::BaseImage { reference, before, after } = &mut cause.kind else { continue };
        let old = before.as_ref().and_then(|before| references.get(before));
        let is_known = |name: &String| known.keys().any(|it| it.name == *name);
        if !is_known(reference) || old.is_some_and(|old| !is_known(old)) {
            *before = old.cloned();
            *after = Some(reference.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime};
    use crate::dockerfile::Dockerfile;
    use crate::plan::{BuildOptions, Dialect, PlanRequest};
    use crate::predict::file_table;
    use crate::{Digest, Seconds};

    fn snapshot(content: &str) -> Snapshot {
        let entry = Entry {
            path: ContextPath::new("app.py"),
            kind: EntryKind::File,
            mode: 0o644,
            size: 1,
            modified: ModifiedTime::default(),
            digest: Some(Digest::of(content.as_bytes())),
            target: None,
        };
        Snapshot::new(vec![entry], 0)
    }

    fn planned(snapshot: &Snapshot) -> Plan {
        crate::plan::plan(PlanRequest {
            dockerfile: &Dockerfile::parse("Dockerfile", "FROM base\nCOPY . .\nRUN make\n")
                .unwrap(),
            snapshot,
            images: &BaseImages::new(),
            options: &BuildOptions::default(),
            dialect: Dialect::default(),
        })
        .unwrap()
    }

    /// An engine finds what any earlier build has left, and not only the last one.
    #[test]
    fn a_commit_that_takes_back_the_one_before_it_runs_nothing() {
        let mut replayed = Replayed::default();
        let mut runs = |content: &str| {
            let snapshot = snapshot(content);
            let plan = planned(&snapshot);
            let usual = plan.steps.iter().map(|step| (step.key, Seconds::new(2.0))).collect();
            let recorded = Knowledge { usual, ..Knowledge::default() };
            let found = replayed.forecast(&plan, &snapshot, &BaseImages::new(), recorded).summary;
            replayed.build(PastTree { plan, files: file_table(&snapshot) });
            (found.rebuild, found.untimed, found.seconds.get().to_string())
        };
        // FROM is pulled by the first of all.
        assert_eq!(runs("one"), (2, 2, "6".to_owned()));
        assert_eq!(runs("two"), (2, 2, "4".to_owned()));
        assert_eq!(runs("one"), (0, 0, "0".to_owned()));
    }
}
