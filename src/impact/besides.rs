//! What else is otherwise about a step than the one reason that is told of it.
//!
//! A limit on one kind of reason must not be kept because another kind is told first.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::compared::Version;
use crate::context::{ContextPath, Entry, Snapshot, shown_path};
use crate::plan::{KeyInput, Plan, Step, StepIndex, StepKind, shown_value};
use crate::predict::{Cause, CauseKind, ChangeKind, FileChange, Forecast, Verdict};

/// So many changed files are named; the rest are counted.
const NAMED_FILES: usize = 20;

/// Further reasons of the steps that run, of each step one of each kind that neither its verdict nor
/// `masked` tells. Files only where nothing tells of files.
pub(super) fn besides(
    before: Version<'_>,
    now: Version<'_>,
    forecast: &Forecast,
    masked: &[Cause],
) -> Vec<Cause> {
    let counterparts = counterparts(&before.planned.plan, &now.planned.plan);
    let snapshots = (&*before.planned.context.snapshot, &*now.planned.context.snapshot);
    let verdicts = forecast.steps.iter().filter_map(|step| step.verdict.cause());
    let is_files = |cause: &Cause| matches!(cause.kind, CauseKind::Files { .. });
    let mut wants_files = !verdicts.chain(masked).any(is_files);
    let mut found = Vec::new();
    for (index, (step, old)) in forecast.steps.iter().zip(counterparts).enumerate() {
        let Some(old) = old else { continue };
        if step.step.kind == StepKind::From || matches!(step.verdict, Verdict::Cached) {
            continue;
        }
        let at = StepIndex(index);
        let told = step.verdict.cause().into_iter().chain(masked).filter(|it| it.step == at);
        let told: BTreeSet<&str> = told.map(|cause| cause.kind.word()).collect();
        let mut kinds = kinds_but_files(&step.step, old);
        if wants_files && let Some(files) = files(&step.step, old, snapshots) {
            wants_files = false;
            kinds.push(files);
        }
        let others = kinds.into_iter().filter(|kind| !told.contains(kind.word()));
        found.extend(others.map(|kind| Cause { step: at, kind }));
    }
    found
}

/// For each step the one of the older plan that it was: the same text in the same stage, else the
/// next of its kind there that is no longer.
fn counterparts<'a>(before: &'a Plan, now: &Plan) -> Vec<Option<&'a Step>> {
    let mut same: HashMap<(&str, &str), VecDeque<usize>> = HashMap::new();
    for (index, step) in before.steps.iter().enumerate() {
        same.entry((&step.stage, &step.instruction)).or_default().push_back(index);
    }
    let mut found: Vec<Option<usize>> = Vec::with_capacity(now.steps.len());
    for step in &now.steps {
        let waiting = same.get_mut(&(&*step.stage, &*step.instruction));
        found.push(waiting.and_then(VecDeque::pop_front));
    }
    let mut left: BTreeSet<usize> = same.into_values().flatten().collect();
    for (step, found) in now.steps.iter().zip(&mut found).filter(|(_, it)| it.is_none()) {
        let is_it = |index: &&usize| {
            let old = before.steps.get(**index);
            old.is_some_and(|old| old.stage == step.stage && old.kind == step.kind)
        };
        *found = left.iter().find(is_it).copied();
        found.inspect(|index| _ = left.remove(index));
    }
    found.into_iter().map(|index| before.steps.get(index?)).collect()
}

fn kinds_but_files(step: &Step, old: &Step) -> Vec<CauseKind> {
    let is_edited = step.instruction != old.instruction;
    let instruction = is_edited.then(|| CauseKind::Instruction {
        before: Some(old.instruction.clone()),
        after: step.instruction.clone(),
    });
    let variables = [true, false].map(|argument| variable(step, old, argument));
    let option = option(step, old, is_edited);
    instruction.into_iter().chain(variables.into_iter().flatten()).chain(option).collect()
}

/// The first variable of this kind that has another value.
fn variable(step: &Step, old: &Step, of_argument: bool) -> Option<CauseKind> {
    let value = |of: &Step, wanted: &str| {
        of.inputs.iter().find_map(|input| match input {
            KeyInput::Environment { name, value, .. } if name == wanted => Some(value.clone()),
            _ => None,
        })
    };
    let mut names = step.inputs.iter().chain(&old.inputs).filter_map(|input| match input {
        KeyInput::Environment { name, argument, .. } if *argument == of_argument => Some(name),
        _ => None,
    });
    let name = names.find(|name| value(step, name) != value(old, name))?.clone();
    // Of a secret not even that there is none is told.
    let values = [value(old, &name), value(step, &name)];
    let is_shown = values.iter().flatten().all(|value| shown_value(value).is_some());
    let [before, after] = values.map(|value| value.filter(|_| is_shown));
    Some(if of_argument {
        CauseKind::Argument { name, before, after, more: 0 }
    } else {
        CauseKind::Environment { name, before, after, more: 0 }
    })
}

/// The first option that has another value, and is none of the instruction's own where that is edited.
fn option(step: &Step, old: &Step, is_edited: bool) -> Option<CauseKind> {
    let value = |of: &Step, wanted: &str| {
        of.inputs.iter().find_map(|input| match input {
            KeyInput::Option { name, value } if name == wanted => Some(value.clone()),
            _ => None,
        })
    };
    let mut names = step.inputs.iter().chain(&old.inputs).filter_map(|input| match input {
        KeyInput::Option { name, .. } => Some(name),
        _ => None,
    });
    let is_own = |name: &str| is_edited && matches!(name, "network" | "security");
    let is_other = |name: &&String| !is_own(name) && value(step, name) != value(old, name);
    let name = names.find(is_other)?;
    let [before, after] = [value(old, name), value(step, name)];
    let name = match &**name {
        "user" | "workdir" => name.to_uppercase(),
        _ => name.clone(),
    };
    Some(CauseKind::Option { name, before, after })
}

/// The files of contexts that the step takes otherwise than before.
fn files(step: &Step, old: &Step, snapshots: (&Snapshot, &Snapshot)) -> Option<CauseKind> {
    let selections = |of: &Step| -> Vec<_> {
        let selected = of.inputs.iter().filter_map(|input| match input {
            KeyInput::Files { digest, roots, .. } => Some((*digest, roots.clone())),
            _ => None,
        });
        selected.collect()
    };
    let (before, now) = (selections(old), selections(step));
    if before.iter().map(|it| it.0).eq(now.iter().map(|it| it.0)) {
        return None;
    }
    let all = before.iter().chain(&now).flat_map(|it| &it.1);
    changed_below(&all.map(ContextPath::new).collect(), snapshots)
}

/// What is otherwise at these paths and below them; `None` where nothing is.
pub(super) fn changed_below(
    roots: &BTreeSet<ContextPath>,
    snapshots: (&Snapshot, &Snapshot),
) -> Option<CauseKind> {
    let mut changed = BTreeMap::new();
    for root in roots {
        add_changes(root, snapshots, &mut changed);
    }
    let more = changed.len().saturating_sub(NAMED_FILES);
    let named = changed.iter().take(NAMED_FILES);
    let files: Vec<FileChange> = named
        .map(|(path, change)| FileChange { path: shown_path(path), change: *change })
        .collect();
    (!files.is_empty()).then_some(CauseKind::Files { files, more })
}

/// Adds what is otherwise at a path and below it.
fn add_changes(
    root: &ContextPath,
    (before, now): (&Snapshot, &Snapshot),
    changes: &mut BTreeMap<ContextPath, ChangeKind>,
) {
    for entry in now.subtree(root) {
        let change = match before.get(&entry.path) {
            None => ChangeKind::Added,
            Some(old) if old.kind != entry.kind => ChangeKind::Type,
            Some(old) if old.digest != entry.digest || old.target != entry.target => {
                ChangeKind::Modified
            }
            Some(old) if old.mode != entry.mode => ChangeKind::Mode,
            Some(_) => continue,
        };
        changes.insert(entry.path.clone(), change);
    }
    let is_gone = |entry: &&Entry| now.get(&entry.path).is_none();
    for entry in before.subtree(root).iter().filter(is_gone) {
        changes.insert(entry.path.clone(), ChangeKind::Removed);
    }
}
