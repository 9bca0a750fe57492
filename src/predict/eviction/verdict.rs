//! Which known steps run because their results are gone.

use std::collections::HashSet;

use super::others::made_by_others;
use super::sharing::{is_remade, results, sharing};
use super::survey::{Layers, Survey};
use super::{OF_FILES, below, fits, fits_elsewhere};
use crate::CacheRecord;
use crate::plan::{Plan, Step, StepKey, StepKind};
use crate::store::{Holding, Holdings};

/// Steps whose keys are known and do not speak for the engine any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evictions {
    /// They run: the engine has lost them.
    pub evicted: HashSet<StepKey>,
    /// Of these, the ones that the engine may have as they were with other files of another stage:
    /// where that stage runs, it finds them by what it then leaves.
    pub replaceable: HashSet<StepKey>,
    /// The engine has lost something that may have been theirs.
    pub doubted: HashSet<StepKey>,
    /// Builds that run at this moment may share them with this one, and have them without keys: what
    /// stands on them may run, and so may they.
    pub shared: HashSet<StepKey>,
    /// Their keys are new, and others may have built them since the cache was last looked at.
    pub made_by_others: HashSet<StepKey>,
    /// Whether all that a build would ask for is known to be there.
    pub is_all_there: bool,
    /// Whether others may have made a step again since the cache was last looked at, so that the
    /// engine may give another result of it than the one that is known.
    pub is_remade: bool,
}

/// What is known of a step's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing: its key is not known.
    New,
    There,
    Doubtful,
    Gone,
}

/// Whether a build asks for a step's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Demand {
    No,
    Perhaps,
    Yes,
}

/// The steps of `plan` that a build would ask for and the engine has lost, among those that are
/// known; `images` are the records of the base images' layers, where they are known.
pub fn evictions(
    plan: &Plan,
    is_known: impl Fn(&StepKey) -> bool,
    holdings: &Holdings,
    images: &Layers,
    survey: &Survey,
) -> Evictions {
    let (states, could_be) = states(plan, &is_known, holdings, survey);
    let may_be_found = may_be_found(plan, &is_known, &states, &could_be, survey);
    let made_by_others = made_by_others(plan, &is_known, &could_be, images, survey);
    let replaceable = replaceable(plan, &states, could_be, holdings, survey);
    let mut demands = vec![Demand::No; plan.steps.len()];
    if let Some(last) = demands.last_mut() {
        *last = Demand::Yes;
    }
    let mut found = Evictions { made_by_others, ..Evictions::default() };
    for (index, step) in plan.steps.iter().enumerate().rev() {
        let demand = demands[index];
        let is_sure = states[index] == State::Gone && demand == Demand::Yes;
        let is_open = matches!(states[index], State::Gone | State::Doubtful);
        if is_sure {
            found.evicted.insert(step.key);
            if replaceable[index] {
                found.replaceable.insert(step.key);
            }
        } else if is_open && demand > Demand::No {
            found.doubted.insert(step.key);
        }
        // What is reused asks for nothing below it.
        let asks = match states[index] {
            _ if step.no_cache => Demand::Yes,
            State::There if step.uncertain => Demand::Perhaps,
            State::There => Demand::No,
            State::Doubtful => Demand::Perhaps,
            State::New if may_be_found[index] => Demand::Perhaps,
            State::New | State::Gone => Demand::Yes,
        };
        for input in step.parent().into_iter().chain(step.stage_outputs()) {
            demands[input.0] = demands[input.0].max(asks.min(demand));
        }
        // Under which key the engine has such a step, it reads off the files of a stage that is new.
        if may_be_found[index] && demand > Demand::No {
            let is_new = |output: &usize| states[*output] == State::New && !may_be_found[*output];
            for output in step.stage_outputs().map(|output| output.0).filter(is_new) {
                demands[output] = Demand::Yes;
            }
        }
    }
    found.is_all_there = survey.has_past
        && states.last() == Some(&State::There)
        && found.evicted.is_empty()
        && found.doubted.is_empty();
    let is_settled = |key: &StepKey| {
        !survey.is_lost() && holdings.get(&key.0).is_some_and(|holding| holding.is_settled)
    };
    let results = results(plan, holdings, survey);
    found.is_remade = is_remade(plan, &results, survey);
    let sharing = sharing(plan, is_known, &results, survey);
    let shared = plan.steps.iter().zip(sharing).filter(|(step, sharing)| {
        sharing.is_made_again || (sharing.is_held && !is_settled(&step.key))
    });
    found.shared = shared.map(|(step, _)| step.key).collect();
    // Steps that are alike are one to the engine.
    found.doubted.retain(|key| !found.evicted.contains(key));
    found
}

/// What is known of each step's result, and the records that may hold it.
fn states<'a>(
    plan: &Plan,
    is_known: impl Fn(&StepKey) -> bool,
    holdings: &Holdings,
    survey: &'a Survey,
) -> (Vec<State>, Vec<HashSet<&'a str>>) {
    let unknown = Holding::default();
    let mut could_be: Vec<HashSet<&str>> = Vec::with_capacity(plan.steps.len());
    let mut states = Vec::with_capacity(plan.steps.len());
    for (index, step) in plan.steps.iter().enumerate() {
        let holding = holdings.get(&step.key.0).unwrap_or(&unknown);
        let on = below(plan, index).map(|parent| &could_be[parent]);
        let stands = |record: &CacheRecord| {
            on.is_none_or(|on| record.parents.iter().any(|id| on.contains(id.as_str())))
        };
        let fitting = survey.records().filter(|record| fits(step, record) && stands(record));
        let fitting: HashSet<&str> = fitting.map(|record| record.id.as_str()).collect();
        let (state, records) = match (is_known(&step.key), step.kind) {
            (false, _) => (State::New, fitting),
            // A base image is there as an image, whatever the cache has of it.
            (true, StepKind::From) => (State::There, fitting),
            (true, _) => state_of(holding, survey, fitting),
        };
        could_be.push(records);
        states.push(state);
    }
    // Whoever is there holds what it stands on.
    for index in (0..plan.steps.len()).rev() {
        let is_certain = states[index] == State::There
            && !survey.forgets_all
            && holdings.get(&plan.steps[index].key.0).is_some_and(|it| !it.records.is_empty());
        if let Some(parent) = below(plan, index).filter(|_| is_certain)
            && states[parent] != State::New
        {
            states[parent] = State::There;
        }
    }
    (states, could_be)
}

/// Which of the steps whose key is new the engine may have under another one: it had them with what
/// other stages left before, be it the same or not, and holds something that can be their result.
fn may_be_found(
    plan: &Plan,
    is_known: impl Fn(&StepKey) -> bool,
    states: &[State],
    could_be: &[HashSet<&str>],
    survey: &Survey,
) -> Vec<bool> {
    let has_forgotten = survey.forgets_all && survey.is_lost();
    let is_held = |index: usize| !has_forgotten && !could_be[index].is_empty();
    let had_such = |step: &Step| step.content_keys.loose.as_ref().is_some_and(&is_known);
    let steps = plan.steps.iter().enumerate();
    steps
        .map(|(index, step)| states[index] == State::New && had_such(step) && is_held(index))
        .collect()
}

/// Whether the engine holds something else that such a step made on the one below, of those whose
/// own result is gone. With containerd's store what is listed says nothing, but what was built since
/// it forgot.
fn replaceable<'a>(
    plan: &Plan,
    states: &[State],
    mut could_be: Vec<HashSet<&'a str>>,
    holdings: &Holdings,
    survey: &'a Survey,
) -> Vec<bool> {
    if survey.forgets_all {
        let has_such = |step: &Step| {
            let held = step.content_keys.loose.and_then(|StepKey(key)| holdings.get(&key));
            held.is_some_and(|held| held.losses == survey.losses && !survey.is_lost())
        };
        let states = plan.steps.iter().zip(states);
        return states.map(|(step, state)| *state == State::Gone && has_such(step)).collect();
    }
    for (index, step) in plan.steps.iter().enumerate() {
        if states[index] != State::Gone {
            continue;
        }
        let on = below(plan, index).map(|parent| &could_be[parent]);
        // Of what stands on an image, nothing but what the engine noted tells whose it is.
        let is_other = |record: &&CacheRecord| {
            fits(step, record)
                && on.map_or_else(
                    || record.description == OF_FILES || fits_elsewhere(step, record),
                    |on| record.parents.iter().any(|id| on.contains(id.as_str())),
                )
        };
        let others = survey.records().filter(is_other).map(|record| record.id.as_str()).collect();
        could_be[index] = others;
    }
    let is_gone = |index: usize| states[index] == State::Gone;
    (0..states.len()).map(|index| is_gone(index) && !could_be[index].is_empty()).collect()
}

/// What is known of one result, with the records that may hold it now, which are among `fitting`.
fn state_of<'a>(
    holding: &Holding,
    survey: &'a Survey,
    mut fitting: HashSet<&'a str>,
) -> (State, HashSet<&'a str>) {
    let is_untouched = holding.losses == survey.losses && !survey.is_lost();
    let is_unknown = holding.records.is_empty();
    if !survey.has_past || (is_untouched && (is_unknown || survey.forgets_all)) {
        return (State::There, fitting);
    }
    if survey.forgets_all && !survey.is_lost() && holding.losses < 0 {
        // It was reported reused, and nobody asked for it: whether that was before or after the last
        // loss is not known.
        return (State::Doubtful, fitting);
    }
    if survey.forgets_all || !is_unknown {
        // There a record that is listed says nothing.
        let known = if survey.forgets_all { &[][..] } else { &holding.records };
        let left: HashSet<&str> = known
            .iter()
            .filter_map(|record| survey.get(record))
            .map(|record| record.id.as_str())
            .collect();
        if !survey.forgets_all && survey.holds_all(&holding.records) {
            return (State::There, left);
        }
        // Another client may have built it anew.
        fitting.retain(|record| survey.is_fresh(record));
        fitting.extend(left);
    }
    (if fitting.is_empty() { State::Gone } else { State::Doubtful }, fitting)
}
