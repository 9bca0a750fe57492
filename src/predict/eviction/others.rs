//! Which new steps others may have built since the last look: another client, or a build of ours
//! that could not be recorded.
//!
//! Their keys are nowhere, but what the engine notes on a new layer is the instruction that made it.
//! Where that is a step's, and the layer stands where the step's result would, the engine may have
//! the step. Builds of other projects rarely have the same instruction, at the same place of a
//! Dockerfile, on the same layers.

use std::collections::{HashMap, HashSet};

use super::sharing::may_be;
use super::survey::{Layers, Survey};
use super::{OF_FILES, below};
use crate::plan::{Plan, Step, StepKey, StepKind};
use crate::{CacheRecord, RecordKind};

/// The steps of `plan` whose key is new, and which others may have built since the last look.
///
/// `held` are the records that may hold the results of the other steps; `images` are the layers of
/// the base images, where they are known.
pub(super) fn made_by_others(
    plan: &Plan,
    is_known: impl Fn(&StepKey) -> bool,
    held: &[HashSet<&str>],
    images: &Layers,
    survey: &Survey,
) -> HashSet<StepKey> {
    // What may be each step's result, and whether any of it is new.
    let mut made: Vec<HashSet<&str>> = Vec::with_capacity(plan.steps.len());
    let mut is_made = vec![false; plan.steps.len()];
    for (index, step) in plan.steps.iter().enumerate() {
        if step.kind == StepKind::From || is_known(&step.key) {
            made.push(held.get(index).cloned().unwrap_or_default());
            continue;
        }
        let stands = |record: &CacheRecord| match below(plan, index) {
            // A COPY that is linked stands on nothing until it is merged.
            _ if record.parents.is_empty() => tells(record) || step.parent().is_none(),
            Some(parent) => record.parents.iter().any(|id| made[parent].contains(id.as_str())),
            None => images.is_empty() || record.parents.iter().any(|id| images.contains(id)),
        };
        // On an image that is not known, any layer could be anybody's.
        let is_known_place = |index, record: &CacheRecord| {
            let is_known = below(plan, index).is_some() || !images.is_empty();
            is_known && is_stood_on_right(plan, index, record, survey)
        };
        let fits = |record: &&CacheRecord| {
            is_called(step, record)
                && stands(record)
                && (tells(record) || is_known_place(index, record))
        };
        // Where another stage decides, the result may be one that was there before.
        let is_open = step.content_keys.loose.is_some();
        let fitting: HashSet<&str> = survey
            .records()
            .filter(|record| is_open || survey.is_new(record))
            .filter(fits)
            .inspect(|record| is_made[index] |= survey.is_new(record))
            .map(|record| record.id.as_str())
            .collect();
        made.push(fitting);
    }
    let steps = plan.steps.iter().zip(is_made);
    steps.filter(|(_, is_made)| *is_made).map(|(step, _)| step.key).collect()
}

/// Whether somebody else has built on the engine: layers are listed on others that no recorded step
/// has left, as `is_own` tells of an identifier. What a base image brings has no description. Whose
/// what stands on merged layers is, as `COPY --link` makes them, nobody keeps: it tells nothing.
pub fn others_have_built<'a>(
    records: impl Iterator<Item = &'a CacheRecord>,
    is_own: impl Fn(&String) -> bool,
) -> bool {
    let is_layer = |record: &&CacheRecord| record.kind == RecordKind::Layer;
    let layers: HashMap<&str, &CacheRecord> =
        records.filter(is_layer).map(|record| (record.id.as_str(), record)).collect();
    let is_on_merged = |layer: &CacheRecord| {
        let mut below = &layer.parents;
        // The engine's records are no ring, but nobody here has made them.
        for _ in 0..layers.len() {
            match &**below {
                [one] => match layers.get(one.as_str()) {
                    Some(next) => below = &next.parents,
                    None => return false,
                },
                several => return !several.is_empty(),
            }
        }
        false
    };
    let mut foreign = layers.values().filter(|layer| {
        !layer.parents.is_empty() && !layer.description.is_empty() && !is_own(&layer.id)
    });
    foreign.any(|layer| !is_on_merged(layer))
}

/// Whether a record may be the result of a step by what the engine noted: of a RUN its whole
/// command, behind the shell's `-c`.
fn is_called(step: &Step, record: &CacheRecord) -> bool {
    let is_whole = || {
        let command = step.name.split_once("] RUN ").map(|(_, command)| command.trim());
        let shell = command.and_then(|command| record.description.strip_suffix(command));
        shell.is_some_and(|shell| shell.ends_with("-c "))
    };
    may_be(step, record) && (step.kind != StepKind::Run || is_whole())
}

/// Whether the engine noted the instruction: before 23.0 it noted that of RUN alone.
fn tells(record: &CacheRecord) -> bool {
    record.description != OF_FILES
}

/// Whether what stands on a record of which nothing is told is what the plan has there, or nothing.
fn is_stood_on_right(plan: &Plan, index: usize, record: &CacheRecord, survey: &Survey) -> bool {
    let mut above = survey.records().filter(|it| it.parents.contains(&record.id)).peekable();
    let is_planned = |it: &CacheRecord| {
        let mut steps = plan.steps.iter();
        steps.any(|step| step.parent().is_some_and(|at| at.0 == index) && is_called(step, it))
    };
    above.peek().is_none() || above.any(is_planned)
}
