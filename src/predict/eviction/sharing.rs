//! Which steps other builds hold at this moment, so that their cache may not be asked.
//!
//! The engine shares a step among all builds that have it at once, with the keys that it found for
//! it when the first of them asked. A step that ran for that build, or an image that no build had
//! used before, had none: what stands on it is looked for nowhere and runs in each of these builds,
//! though the cache has it, until the last of them has ended (`solver/edge.go`, `solver/jobs.go`;
//! 20.10, 26.1, 28.5 and 28.5 with containerd's image store do the same).
//!
//! No listing tells the keys of a running build. But it holds what it has, so what nobody holds is
//! not shared; and what was once found by its key, or was held by nobody once it had been made, is
//! found again (*settled*).

use std::collections::HashSet;

use super::survey::Survey;
use super::{OF_FILES, below, fits, fits_exactly};
use crate::CacheRecord;
use crate::plan::{Plan, Step, StepKey, StepKind};
use crate::store::Holdings;

/// What other builds may have of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sharing {
    /// Its result is held, or it cannot be told.
    pub(super) is_held: bool,
    /// A build makes it again, or has, though it is known: with `--no-cache`.
    pub(super) is_made_again: bool,
}

/// What builds that run at this moment may have of each step of `plan` that is known; `results` are
/// the records of which one holds its result ([`results`]).
pub(super) fn sharing(
    plan: &Plan,
    is_known: impl Fn(&StepKey) -> bool,
    results: &[HashSet<&str>],
    survey: &Survey,
) -> Vec<Sharing> {
    let mut found = vec![Sharing::default(); plan.steps.len()];
    if !survey.is_anybody_building() {
        return found;
    }
    // What was made since the last look is nobody's own but where it is the only one.
    let is_own = |index: usize, record: &CacheRecord| {
        let others = results[index].iter().filter(|id| !survey.is_fresh(id));
        results[index].contains(record.id.as_str()) && others.count() == 0
    };
    for (index, step) in plan.steps.iter().enumerate() {
        if !is_known(&step.key) {
            continue;
        }
        let on = match step.parent() {
            Some(parent) => bases(plan, parent.0, results, survey),
            None => HashSet::new(),
        };
        found[index] = if step.kind == StepKind::From {
            let own = bases(plan, index, results, survey);
            let stands_something = plan.steps.iter().any(|step| {
                step.parent().is_some_and(|parent| parent.0 == index) && is_known(&step.key)
            });
            Sharing { is_held: stands_something && is_held(&own, survey), is_made_again: false }
        } else {
            let made_again = survey.records().filter(|record| {
                record.is_in_use
                    && survey.is_fresh(&record.id)
                    && fits(step, record)
                    && fits_exactly(step, record)
                    && stands(record, &on)
                    && !is_own(index, record)
            });
            Sharing {
                is_held: is_held(&results[index], survey),
                is_made_again: made_again.count() > 0,
            }
        };
    }
    found
}

/// Whether somebody whose builds are not recorded may have made a step of `plan` again since the
/// last look: the engine then has two results of it, and may give the newer one.
///
/// The place in the Dockerfile is not asked for: the same step has another one in another.
pub(super) fn is_remade(plan: &Plan, results: &[HashSet<&str>], survey: &Survey) -> bool {
    let mut remade: Vec<HashSet<&str>> = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let mut on = HashSet::new();
        if let Some(parent) = step.parent() {
            on = bases(plan, parent.0, results, survey);
            on.extend(&remade[parent.0]);
        }
        let fresh = survey.records().filter(|record| {
            survey.is_fresh(&record.id) && may_be_called(step, record) && stands(record, &on)
        });
        remade.push(fresh.map(|record| record.id.as_str()).collect());
    }
    remade.iter().any(|records| !records.is_empty())
}

/// Where nothing is listed of it, it cannot be told.
fn is_held(records: &HashSet<&str>, survey: &Survey) -> bool {
    let is_in_use = |id: &&str| survey.get(id).is_none_or(|record| record.is_in_use);
    records.is_empty() || records.iter().any(is_in_use)
}

fn stands(record: &CacheRecord, on: &HashSet<&str>) -> bool {
    on.is_empty() || record.parents.iter().any(|id| on.contains(id.as_str()))
}

/// The records that may hold each step's result: those that are known to, or all that look like it;
/// none of FROM, whose image other records tell.
pub(super) fn results<'a>(
    plan: &Plan,
    holdings: &Holdings,
    survey: &'a Survey,
) -> Vec<HashSet<&'a str>> {
    let mut results: Vec<HashSet<&str>> = Vec::with_capacity(plan.steps.len());
    for (index, step) in plan.steps.iter().enumerate() {
        let known = holdings.get(&step.key.0).map(|it| it.records.as_slice()).unwrap_or_default();
        let mut held: HashSet<&str> =
            known.iter().filter_map(|id| survey.get(id)).map(|record| record.id.as_str()).collect();
        if held.is_empty() {
            let none = HashSet::new();
            let on = below(plan, index).map_or(&none, |parent| &results[parent]);
            let fitting = survey.records().filter(|it| may_be(step, it) && stands(it, on));
            held = fitting.map(|record| record.id.as_str()).collect();
        }
        results.push(held);
    }
    results
}

/// Whether a record may be the result of the step, by what the engine noted on it.
pub(super) fn may_be(step: &Step, record: &CacheRecord) -> bool {
    fits(step, record) && (record.description == OF_FILES || fits_exactly(step, record))
}

/// As [`may_be`], wherever the step stands in its Dockerfile.
fn may_be_called(step: &Step, record: &CacheRecord) -> bool {
    let text = |name: &str| name.split_once("] ").map(|(_, text)| text.to_owned());
    let is_same = || text(&record.description).is_some_and(|it| text(&step.name) == Some(it));
    may_be(step, record) || (step.kind != StepKind::Run && fits(step, record) && is_same())
}

/// What the results of the steps on `index` stand on: the records of an image, or of a step.
fn bases<'a>(
    plan: &Plan,
    index: usize,
    results: &[HashSet<&'a str>],
    survey: &'a Survey,
) -> HashSet<&'a str> {
    if plan.steps[index].kind != StepKind::From {
        return results[index].clone();
    }
    let above = (0..plan.steps.len())
        .filter(|&above| plan.steps[above].parent().is_some_and(|parent| parent.0 == index));
    let records = above.flat_map(|above| &results[above]).filter_map(|id| survey.get(id));
    records.flat_map(|record| record.parents.iter().map(String::as_str)).collect()
}
