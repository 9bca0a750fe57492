//! The recorded step that one is compared with: of those that stood on the same step, the one from
//! which it differs least.
//!
//! The last build tells nothing of a step that stands on another step than it did there: what an
//! argument was in it says why the step below was another, and that one may be reused now. So such a
//! step is compared with those of earlier builds that stood on just what it stands on; and one that
//! differs from the last build in several files or values with those that it differs from in fewer.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::cause::{Matching, files, stage_files};
use super::knowledge::{FileTable, Knowledge, PreviousStep};
use super::types::CauseKind;
use crate::context::Snapshot;
use crate::plan::{KeyInput, Plan, Step, StepIndex, StepKey, StepKind};

/// The files of so many builds are read for one step: reading 10,000 takes some milliseconds.
const READ_BUILDS: usize = 3;

/// A step of a past build that ran to its end or was reused.
#[derive(Debug, Clone)]
pub struct Recorded<F> {
    /// The step.
    pub step: PreviousStep,
    /// The key of what it stood on.
    pub parent: Option<StepKey>,
    /// Where the files of its build are; `None` where they are no longer kept.
    pub files: Option<F>,
}

/// What a step is compared with in place of its counterpart in the last build.
#[derive(Debug, Clone)]
pub struct Nearest {
    /// The step.
    pub step: PreviousStep,
    /// The files of its build; none where it differs in no file.
    pub files: FileTable,
}

/// In how much a step differs from a recorded one: the values, and the files.
type Distance = (usize, usize);

/// A step for which a nearer record is looked for than its counterpart in the last build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToCompare {
    /// The step.
    pub step: StepIndex,
    /// How far that counterpart is; `None` where it was not built on the same step.
    last: Option<Distance>,
}

/// The steps whose counterpart in the last build may not be the nearest: those of which the engine
/// has what they stand on and not themselves, where that counterpart stood on something else, did not
/// come to its end, or differs in more than one value or file.
pub fn steps_to_compare(plan: &Plan, snapshot: &Snapshot, knowledge: &Knowledge) -> Vec<ToCompare> {
    let last = Last::new(plan, snapshot, knowledge);
    let is_known = |step: &Step| knowledge.known.contains_key(&step.key);
    let is_open = |index: &StepIndex| {
        let step = &plan.steps[index.0];
        let stands_on_known = step.parent().is_none_or(|parent| is_known(&plan.steps[parent.0]));
        step.kind != StepKind::From && !step.no_cache && !is_known(step) && stands_on_known
    };
    let open = (0..plan.steps.len()).map(StepIndex).filter(is_open);
    let beside = open.map(|step| ToCompare { step, last: last.distance(step) });
    let is_far = |it: &ToCompare| it.last.is_none_or(|(values, files)| values > 1 || files > 1);
    beside.filter(is_far).collect()
}

/// What these steps are best compared with, by their keys; nothing where the last build is as near.
/// `recorded` are steps of past builds, newest first, and `read` reads files.
pub fn nearest<F: Copy>(
    plan: &Plan,
    snapshot: &Snapshot,
    wanted: &[ToCompare],
    recorded: &[Recorded<F>],
    mut read: impl FnMut(F) -> Option<FileTable>,
) -> HashMap<StepKey, Nearest> {
    let mut found = HashMap::new();
    for wanted in wanted {
        let step = &plan.steps[wanted.step.0];
        let mut seen = HashSet::new();
        let alike = recorded.iter().filter(|it| stands_alike(it, step, plan));
        // Of equal ones the newest.
        let mut alike: Vec<(usize, &Recorded<F>)> = alike
            .filter(|it| seen.insert(it.step.key))
            .map(|it| (differing_values(step, &it.step), it))
            .collect();
        alike.sort_by_key(|(values, _)| *values);
        let mut best = wanted.last;
        let mut reads = 0;
        for (values, candidate) in alike {
            if best.is_some_and(|best| best <= (values, 1)) || reads == READ_BUILDS {
                break;
            }
            let table = if reads_other_files(step, &candidate.step) {
                reads += 1;
                let Some(table) = candidate.files.and_then(&mut read) else { continue };
                table
            } else {
                FileTable::new()
            };
            let distance = (values, differing_files(step, &candidate.step, &table, snapshot));
            if best.is_none_or(|best| distance < best) {
                best = Some(distance);
                let nearest = Nearest { step: candidate.step.clone(), files: table };
                found.insert(step.key, nearest);
            }
        }
    }
    found
}

/// The last build beside the plan.
struct Last<'a> {
    plan: &'a Plan,
    snapshot: &'a Snapshot,
    knowledge: &'a Knowledge,
    matching: Matching,
}

impl<'a> Last<'a> {
    fn new(plan: &'a Plan, snapshot: &'a Snapshot, knowledge: &'a Knowledge) -> Self {
        let matching = Matching::new(&plan.steps, knowledge.previous.as_ref());
        Self { plan, snapshot, knowledge, matching }
    }

    /// How far a step is from its counterpart; `None` where that was not built on the same step.
    fn distance(&self, index: StepIndex) -> Option<Distance> {
        let previous = self.knowledge.previous.as_ref()?;
        let step = self.plan.steps.get(index.0)?;
        let old = self.matching.of(index.0, Some(previous)).filter(|old| old.is_built)?;
        let stood_on = old.parent().and_then(|parent| previous.steps.get(parent.0));
        let stands_on = step.parent().map(|parent| self.plan.steps[parent.0].key);
        (stood_on.map(|parent| parent.key) == stands_on).then(|| {
            let files = differing_files(step, old, &previous.files, self.snapshot);
            (differing_values(step, old), files)
        })
    }
}

/// Whether this was such a step, on just the step that it stands on.
fn stands_alike<F>(recorded: &Recorded<F>, step: &Step, plan: &Plan) -> bool {
    let old = &recorded.step;
    old.kind == step.kind
        && (old.instruction == step.instruction || old.name == step.name)
        && recorded.parent == step.parent().map(|parent| plan.steps[parent.0].key)
}

/// How many of the values that decide differ: the instruction, each variable, each option, and the
/// selection of files.
fn differing_values(step: &Step, old: &PreviousStep) -> usize {
    let (now, before) = (values(&step.inputs), values(&old.inputs));
    let changed = now.iter().filter(|(name, value)| before.get(*name) != Some(*value)).count();
    let gone = before.keys().filter(|name| !now.contains_key(*name)).count();
    changed + gone + usize::from(reads_other_files(step, old))
}

fn values(inputs: &[KeyInput]) -> BTreeMap<(&str, &str), &str> {
    let values = inputs.iter().filter_map(|input| match input {
        KeyInput::Instruction { value } => Some((("instruction", ""), &**value)),
        KeyInput::Environment { name, value, .. } => Some((("environment", &**name), &**value)),
        KeyInput::Option { name, value } => Some((("option", &**name), &**value)),
        _ => None,
    });
    values.collect()
}

fn reads_other_files(step: &Step, old: &PreviousStep) -> bool {
    let digests = |inputs: &[KeyInput]| -> Vec<crate::Digest> {
        let digests = inputs.iter().filter_map(|input| match input {
            KeyInput::Files { digest, .. } | KeyInput::StageFiles { digest, .. } => Some(*digest),
            _ => None,
        });
        digests.collect()
    };
    digests(&step.inputs) != digests(&old.inputs)
}

/// How many files differ of those that the step reads; none where it reads the same.
fn differing_files(
    step: &Step,
    old: &PreviousStep,
    table: &FileTable,
    snapshot: &Snapshot,
) -> usize {
    if !reads_other_files(step, old) {
        return 0;
    }
    let changes = [files(step, old, table, snapshot), stage_files(step, old, table, snapshot)];
    let counted = changes.into_iter().flatten().map(|kind| match kind {
        CauseKind::Files { files, more } => files.len() + more,
        _ => 0,
    });
    counted.sum()
}
