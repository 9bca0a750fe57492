//! After a build: which record holds the result of which step.

use std::collections::HashSet;
use std::time::SystemTime;

use super::sharing::{Sharing, sharing};
use super::survey::Survey;
use super::{below, fits, fits_exactly};
use crate::plan::{Plan, Step, StepIndex, StepKind};
use crate::store::{Holding, Holdings, Outcome};
use crate::{CacheRecord, Digest, RecordKind};

/// What the engine notes on its copy of a context.
const OF_CONTEXT: &str = "local source for context";

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// How it ended.
    pub outcome: Outcome,
    /// When it began and ended by the engine's clock, where it ran.
    pub window: Option<(SystemTime, SystemTime)>,
}

/// What a look at the cache after a build told of that build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learnt {
    /// Keys with the records that may hold their results. Where there are several, all of them
    /// have to be there for the result to be certain.
    pub holdings: Vec<(Digest, Vec<String>)>,
    /// Keys whose results are certain to be there.
    pub certain: Vec<Digest>,
    /// Keys that the engine found, or whose results nobody holds.
    pub settled: Vec<Digest>,
    /// The records that may be the engine's copy of the context.
    pub context: Vec<String>,
}

/// What is known of a build besides its steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// When it began, by the engine's clock.
    pub began: Option<SystemTime>,
    /// From when to when the engine took over the context, where it did.
    pub context_window: Option<(SystemTime, SystemTime)>,
    /// The records that held the engine's copy of the context before, if it was used again.
    pub context_before: Vec<String>,
}

/// Finds the records of the steps of a build that ended; `before` is what was known of its keys.
///
/// Without a survey, only what is certain to be there is told.
pub fn learn(
    plan: &Plan,
    done: &[Done],
    circumstances: &Circumstances,
    survey: Option<&Survey>,
    before: &Holdings,
) -> Learnt {
    let certain = certain(plan, done);
    let keys = plan.steps.iter().zip(&certain).filter(|(_, certain)| **certain);
    let mut learnt =
        Learnt { certain: keys.map(|(step, _)| step.key.0).collect(), ..Learnt::default() };
    let Some(survey) = survey else { return learnt };
    let is_used = |record: &CacheRecord| {
        record.is_in_use || circumstances.began.is_some_and(|began| record.used >= Some(began))
    };
    learnt.context = context(survey, circumstances);
    let mut held: Vec<Vec<&CacheRecord>> = Vec::with_capacity(plan.steps.len());
    for (index, step) in plan.steps.iter().enumerate() {
        let on = below(plan, index).map(|parent| held[parent].as_slice());
        let found = candidates(step, done[index], on, survey, before.get(&step.key.0));
        held.push(found);
    }
    // What stands on a step tells its record.
    for index in (0..plan.steps.len()).rev() {
        if held[index].len() > 1 && held[index].iter().any(|record| is_used(record)) {
            held[index].retain(|record| is_used(record));
        }
        if let ([record], Some(parent)) = (held[index].as_slice(), below(plan, index))
            && let [only] = record.parents.as_slice()
            && let Some(found) = survey.get(only)
        {
            held[parent] = vec![found];
        }
    }
    learnt.settled = settled(plan, done, &certain, survey, &held);
    for (index, step) in plan.steps.iter().enumerate() {
        // What was reported reused without being looked for is as gone as it was. What was looked
        // for is there, and where it was before counts for nothing once that is gone.
        let is_elsewhere =
            || before.get(&step.key.0).is_some_and(|before| !survey.holds_all(&before.records));
        if certain[index] && (!held[index].is_empty() || is_elsewhere()) {
            let ids = held[index].iter().map(|record| record.id.clone()).collect();
            learnt.holdings.push((step.key.0, ids));
        }
    }
    learnt
}

/// Which keys any build finds from now on, also one beside which this step is made: those that the
/// engine found itself, with the images that they stand on, and those that no build holds any more.
fn settled(
    plan: &Plan,
    done: &[Done],
    certain: &[bool],
    survey: &Survey,
    held: &[Vec<&CacheRecord>],
) -> Vec<Digest> {
    let is_found = |index: usize| {
        done[index].outcome == Outcome::Cached && plan.steps[index].kind != StepKind::From
    };
    let results: Vec<HashSet<&str>> = held
        .iter()
        .map(|records| records.iter().map(|record| record.id.as_str()).collect())
        .collect();
    let made = plan.steps.iter().zip(certain).filter(|(_, certain)| **certain);
    let made: HashSet<_> = made.map(|(step, _)| step.key).collect();
    let sharing = sharing(plan, |key| made.contains(key), &results, survey);
    let bears_found = |index: usize| {
        let mut above = plan.steps.iter().enumerate();
        plan.steps[index].kind == StepKind::From
            && above.any(|(place, step)| {
                step.parent().is_some_and(|parent| parent.0 == index) && is_found(place)
            })
    };
    let is_settled = |index: usize| {
        let is_free = made.contains(&plan.steps[index].key) && sharing[index] == Sharing::default();
        is_found(index) || bears_found(index) || is_free
    };
    let steps = plan.steps.iter().enumerate().filter(|(index, _)| is_settled(*index));
    steps.map(|(_, step)| step.key.0).collect()
}

/// The records that may hold the engine's copy of the context: those that did, as far as they are
/// there, and those that were made while it was taken over, of which every build that finds the
/// copy held by another makes one.
fn context(survey: &Survey, circumstances: &Circumstances) -> Vec<String> {
    let before = circumstances.context_before.iter().filter_map(|id| {
        let listed = survey.get(id).map(|record| record.id.clone());
        listed.or_else(|| survey.is_unsure(id).then(|| id.clone()))
    });
    let made = circumstances.context_window.into_iter().flat_map(|window| made(survey, window));
    let mut ids: Vec<String> = before.chain(made.map(|record| record.id.clone())).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The copies of contexts that may have been made by the build that took its own over in this
/// window, as builds beside it made theirs.
///
/// The engine makes a copy when it begins to take a context over, and commits and lets go of it at
/// the end: one that fits that twice as well as any other is the build's own.
fn made(survey: &Survey, (start, end): (SystemTime, SystemTime)) -> Vec<&CacheRecord> {
    let between = |one: SystemTime, other: SystemTime| {
        one.duration_since(other).or_else(|_| other.duration_since(one)).unwrap_or_default()
    };
    let distance = |record: &CacheRecord| {
        if record.is_mutable {
            between(record.created, start) + between(record.used.unwrap_or(start), end)
        } else {
            between(record.created, end)
        }
    };
    let mut made: Vec<&CacheRecord> = survey
        .records()
        .filter(|record| record.kind == RecordKind::LocalSource && !is_being_made(record))
        .filter(|record| record.description == OF_CONTEXT)
        .filter(|record| (start..=end).contains(&record.created))
        .filter(|record| !survey.has_past || survey.is_fresh(&record.id))
        .collect();
    made.sort_by_key(|record| distance(record));
    if let [own, next, ..] = made.as_slice()
        && distance(own) * 2 < distance(next)
    {
        made.truncate(1);
    }
    made
}

/// Whether another build is still at work on it.
fn is_being_made(record: &CacheRecord) -> bool {
    record.is_mutable && record.is_in_use
}

/// Which steps' results the engine has for certain: of those that ran, of what these needed, of
/// the last one, and of what lies below one of these in its stage. Of other steps the engine says
/// that they are reused without looking for their results.
fn certain(plan: &Plan, done: &[Done]) -> Vec<bool> {
    let mut certain = vec![false; plan.steps.len()];
    if let Some(last) = certain.last_mut() {
        *last = true;
    }
    for (index, step) in plan.steps.iter().enumerate().rev() {
        let outcome = done[index].outcome;
        // An image that two stages stand on is shown under one of them, or not at all.
        let is_used_image = step.kind == StepKind::From && index + 1 < done.len();
        let may_be_there = outcome == Outcome::Cached || is_used_image;
        certain[index] = outcome == Outcome::Ran || (certain[index] && may_be_there);
        if certain[index]
            && let Some(parent) = step.parent()
        {
            certain[parent.0] = true;
        }
        // What failed began, on an image that the engine has had to know for that.
        if outcome == Outcome::Failed
            && let Some(parent) = step.parent()
            && plan.steps[parent.0].kind == StepKind::From
        {
            certain[parent.0] = true;
        }
        if outcome == Outcome::Ran {
            for StepIndex(output) in step.stage_outputs() {
                certain[output] = true;
            }
        }
    }
    certain
}

/// The records that may hold the result of one step.
fn candidates<'a>(
    step: &Step,
    done: Done,
    on: Option<&[&CacheRecord]>,
    survey: &'a Survey,
    before: Option<&Holding>,
) -> Vec<&'a CacheRecord> {
    let on: Option<HashSet<&str>> = on
        .filter(|on| !on.is_empty())
        .map(|on| on.iter().map(|record| record.id.as_str()).collect());
    let stands = |record: &CacheRecord| {
        on.as_ref().is_none_or(|on| record.parents.iter().any(|id| on.contains(id.as_str())))
    };
    let fitting = || {
        let made = survey.records().filter(|record| !is_being_made(record));
        made.filter(|record| fits(step, record) && stands(record))
    };
    let mut found: Vec<&CacheRecord> = match (done.outcome, done.window) {
        (Outcome::Ran, Some((start, end))) => fitting()
            .filter(|record| (start..=end).contains(&record.created))
            .filter(|record| !survey.has_past || survey.is_fresh(&record.id))
            .collect(),
        (Outcome::Cached, _) => {
            let known = before.map(|before| before.records.as_slice()).unwrap_or_default();
            if !known.is_empty() && survey.holds_all(known) {
                return known.iter().filter_map(|id| survey.get(id)).collect();
            }
            fitting().collect()
        }
        _ => Vec::new(),
    };
    if done.outcome == Outcome::Ran && found.iter().any(|record| fits_exactly(step, record)) {
        found.retain(|record| fits_exactly(step, record));
    }
    found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    found
}
