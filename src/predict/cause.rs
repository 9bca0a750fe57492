//! Why a step that has no record is not the one of the last build.

use std::collections::BTreeSet;

use super::knowledge::{FileTable, PreviousBuild, PreviousStep};
use super::types::{CauseKind, ChangeKind, FileChange};
use crate::context::{ContextPath, EntryKind, Snapshot, in_named, shown_path};
use crate::plan::{ImageConfiguration, KeyInput, Step, StepIndex, StepKind, shown_value};

/// How many changed files are named; the rest are counted.
const NAMED_FILES: usize = 20;

/// The step of the last build that this one would be: the same text in the same stage first, then
/// the same place, each only once.
#[derive(Debug, Default)]
pub(super) struct Matching {
    counterparts: Vec<Option<usize>>,
    /// What stood at the same place as a step that has no counterpart.
    replaced: Vec<Option<usize>>,
}

impl Matching {
    pub(super) fn new(steps: &[Step], previous: Option<&PreviousBuild>) -> Self {
        let Some(previous) = previous else {
            let none = || vec![None; steps.len()];
            return Self { counterparts: none(), replaced: none() };
        };
        let mut counterparts = vec![None; steps.len()];
        let mut taken = vec![false; previous.steps.len()];
        let agreements: [fn(&Step, &PreviousStep) -> bool; 4] = [
            |step, old| step.key == old.key,
            |step, old| step.kind == old.kind && step.name == old.name,
            |step, old| step.kind == old.kind && step.instruction == old.instruction,
            |step, old| step.kind == old.kind && place(&step.name) == place(&old.name),
        ];
        for agrees in agreements {
            for (index, step) in steps.iter().enumerate() {
                if counterparts[index].is_some() {
                    continue;
                }
                let found =
                    (0..taken.len()).find(|&old| !taken[old] && agrees(step, &previous.steps[old]));
                if let Some(old) = found {
                    taken[old] = true;
                    counterparts[index] = Some(old);
                }
            }
        }
        let is_image = |kind: StepKind| kind == StepKind::From;
        let replaced = steps.iter().zip(&counterparts).map(|(step, counterpart)| {
            let is_free = counterpart.is_none() && !is_image(step.kind);
            let is_there =
                |old: &PreviousStep| !is_image(old.kind) && place(&step.name) == place(&old.name);
            let mut old = 0..taken.len();
            let found =
                old.find(|&old| is_free && !taken[old] && is_there(&previous.steps[old]))?;
            taken[found] = true;
            Some(found)
        });
        let replaced = replaced.collect();
        Self { counterparts, replaced }
    }

    /// The place in the last build of a step's counterpart.
    pub(super) fn counterpart(&self, StepIndex(step): StepIndex) -> Option<usize> {
        *self.counterparts.get(step)?
    }

    /// Whether a step of the last build is one of now.
    pub(super) fn has_counterpart(&self, old: usize) -> bool {
        self.counterparts.contains(&Some(old))
    }

    /// The text that stood where a step is that has no counterpart.
    pub(super) fn text_before(&self, step: StepIndex, previous: &PreviousBuild) -> Option<String> {
        let old = (*self.replaced.get(step.0)?)?;
        previous.steps.get(old).map(|old| old.instruction.clone())
    }

    pub(super) fn of<'a>(
        &self,
        step: usize,
        previous: Option<&'a PreviousBuild>,
    ) -> Option<&'a PreviousStep> {
        let index = (*self.counterparts.get(step)?)?;
        previous?.steps.get(index)
    }
}

/// `[stage i`, or `Step i` of the classic builder: how many steps there are says nothing of one of
/// them. The number may be padded, and the only stage has its name only where one of its RUNs has
/// a mount.
fn place(name: &str) -> Vec<&str> {
    let end = if name.starts_with("Step ") { " : " } else { "] " };
    let place = name.split_once(end).map_or(name, |(place, _)| place);
    let place = place.rsplit_once('/').map_or(place, |(before, _)| before);
    place.trim_start_matches('[').split_whitespace().filter(|word| *word != "stage-0").collect()
}

/// How a step compares with its counterpart in the last build, apart from the steps below.
#[derive(Debug)]
pub(super) enum Difference {
    /// There is no counterpart.
    New,
    /// Nothing differs.
    None,
    /// This does.
    Own(CauseKind),
}

/// What differs between a step and its counterpart, apart from the steps below.
pub(super) fn difference(
    step: &Step,
    old: Option<&PreviousStep>,
    previous_files: &FileTable,
    snapshot: &Snapshot,
) -> Difference {
    let Some(old) = old else {
        return base_image(step, None).map_or(Difference::New, Difference::Own);
    };
    own_cause(step, old, previous_files, snapshot).map_or(Difference::None, Difference::Own)
}

fn own_cause(
    step: &Step,
    old: &PreviousStep,
    previous_files: &FileTable,
    snapshot: &Snapshot,
) -> Option<CauseKind> {
    own_cause_but_files(step, old).or_else(|| files(step, old, previous_files, snapshot))
}

/// What differs of a step itself that is no file.
pub(super) fn own_cause_but_files(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    base_image(step, Some(old))
        .or_else(|| instruction(step, old))
        .or_else(|| environment(step, old))
        .or_else(|| option(step, old))
}

fn instruction(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    let value = |inputs: &[KeyInput]| {
        inputs.iter().find_map(|input| match input {
            KeyInput::Instruction { value } => Some(value.clone()),
            _ => None,
        })
    };
    let paths = |inputs: &[KeyInput]| -> Vec<String> {
        inputs
            .iter()
            .filter_map(|input| match input {
                KeyInput::StageOutput { path, .. } => Some(path.clone()),
                _ => None,
            })
            .collect()
    };
    // Where the content is known, its path does not count.
    let is_known = [&step.inputs, &old.inputs]
        .into_iter()
        .flatten()
        .any(|input| matches!(input, KeyInput::StageFiles { .. }));
    let differs = value(&step.inputs) != value(&old.inputs)
        || (!is_known && paths(&step.inputs) != paths(&old.inputs))
        || (step.instruction != old.instruction && flags(&step.inputs) != flags(&old.inputs))
        || step.kind != old.kind;
    differs.then(|| CauseKind::Instruction {
        before: Some(old.instruction.clone()),
        after: step.instruction.clone(),
    })
}

/// The options that a RUN may give itself, which are the command line's where it does not.
fn flags(inputs: &[KeyInput]) -> Vec<(&str, &str)> {
    let flags = inputs.iter().filter_map(|input| match input {
        KeyInput::Option { name, value } if matches!(&**name, "network" | "security") => {
            Some((&**name, &**value))
        }
        _ => None,
    });
    flags.collect()
}

pub(super) fn base_image(step: &Step, old: Option<&PreviousStep>) -> Option<CauseKind> {
    let base = |inputs: &[KeyInput]| {
        inputs.iter().find_map(|input| match input {
            KeyInput::BaseImage { reference, digest, .. } => Some((reference.clone(), *digest)),
            _ => None,
        })
    };
    let (now, before) = (base(&step.inputs)?, old.and_then(|old| base(&old.inputs)));
    let digest_before = before.map(|(_, digest)| digest);
    (digest_before != Some(now.1)).then(|| CauseKind::BaseImage {
        reference: now.0,
        before: digest_before.map(|digest| digest.to_string()),
        after: Some(now.1.to_string()),
    })
}

/// What a FROM whose layers are the same gives otherwise to the steps on it: variables, directory,
/// user and shell.
pub(super) fn configuration(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    fn given(inputs: &[KeyInput]) -> Option<(&String, &ImageConfiguration)> {
        inputs.iter().find_map(|input| match input {
            KeyInput::BaseImage { reference, configuration: Some(given), .. } => {
                Some((reference, given))
            }
            _ => None,
        })
    }
    let ((reference, now), (_, before)) = (given(&step.inputs)?, given(&old.inputs)?);
    (now.digest != before.digest).then(|| CauseKind::BaseImage {
        reference: reference.clone(),
        before: Some(before.id.clone()),
        after: Some(now.id.clone()),
    })
}

pub(super) fn environment(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    type Variable<'a> = (&'a str, &'a str, bool);
    fn variables(inputs: &[KeyInput]) -> Vec<Variable<'_>> {
        inputs
            .iter()
            .filter_map(|input| match input {
                KeyInput::Environment { name, value, argument } => {
                    Some((&**name, &**value, *argument))
                }
                _ => None,
            })
            .collect()
    }
    let (now, before) = (variables(&step.inputs), variables(&old.inputs));
    let find = |list: &[Variable<'_>], name: &str| {
        list.iter().find(|variable| variable.0 == name).map(|variable| variable.1.to_owned())
    };
    let changed = now.iter().find(|(name, value, _)| find(&before, name).as_deref() != Some(value));
    let removed = before.iter().find(|(name, ..)| find(&now, name).is_none());
    // The same variables in another order count as well.
    let moved = now.iter().zip(&before).find(|(now, before)| now.0 != before.0).map(|(now, _)| now);
    let (name, _, argument) = *changed.or(removed).or(moved)?;
    let is_other = |name: &&str| find(&before, name) != find(&now, name);
    let names: BTreeSet<&str> = now.iter().chain(&before).map(|variable| variable.0).collect();
    let more = names.into_iter().filter(is_other).count().saturating_sub(1);
    let (before, after) = (find(&before, name), find(&now, name));
    // Of a secret not even the value that was none is told.
    let is_shown =
        [&before, &after].into_iter().flatten().all(|value| shown_value(value).is_some());
    let hide = |value: Option<String>| value.filter(|_| is_shown);
    let (name, before, after) = (name.to_owned(), hide(before), hide(after));
    Some(if argument {
        CauseKind::Argument { name, before, after, more }
    } else {
        CauseKind::Environment { name, before, after, more }
    })
}

pub(super) fn option(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    let find = |inputs: &[KeyInput], wanted: &str| {
        inputs.iter().find_map(|input| match input {
            KeyInput::Option { name, value } if name == wanted => Some(value.clone()),
            _ => None,
        })
    };
    let names = step.inputs.iter().chain(&old.inputs).filter_map(|input| match input {
        KeyInput::Option { name, .. } => Some(name),
        _ => None,
    });
    for name in names {
        let (before, after) = (find(&old.inputs, name), find(&step.inputs, name));
        if before != after {
            return Some(CauseKind::Option { name: name.clone(), before, after });
        }
    }
    None
}

pub(super) fn files(
    step: &Step,
    old: &PreviousStep,
    previous: &FileTable,
    snapshot: &Snapshot,
) -> Option<CauseKind> {
    fn selections(inputs: &[KeyInput]) -> Vec<(crate::Digest, &[String])> {
        inputs
            .iter()
            .filter_map(|input| match input {
                KeyInput::Files { digest, roots, .. } => Some((*digest, &**roots)),
                _ => None,
            })
            .collect()
    }
    let (now, before) = (selections(&step.inputs), selections(&old.inputs));
    let digests = |list: &[(crate::Digest, &[String])]| -> Vec<_> {
        list.iter().map(|selection| selection.0).collect()
    };
    if digests(&now) == digests(&before) {
        return None;
    }
    let roots: Vec<ContextPath> =
        now.iter().chain(&before).flat_map(|selection| selection.1).map(ContextPath::new).collect();
    Some(named(changed_files(&roots, previous, snapshot)))
}

/// The first of the changes by name, the rest as a number.
fn named(mut changes: Vec<FileChange>) -> CauseKind {
    let more = changes.len().saturating_sub(NAMED_FILES);
    changes.truncate(NAMED_FILES);
    CauseKind::Files { files: changes, more }
}

/// The files of the context that tell why what the step takes from another stage differs; `None`
/// where no file does, as after an edit of that stage's instructions.
pub(super) fn stage_files(
    step: &Step,
    old: &PreviousStep,
    previous: &FileTable,
    snapshot: &Snapshot,
) -> Option<CauseKind> {
    let roots = |inputs: &[KeyInput]| -> Vec<ContextPath> {
        let roots = inputs.iter().filter_map(|input| match input {
            KeyInput::StageFiles { roots, .. } => Some(roots),
            _ => None,
        });
        roots.flatten().map(ContextPath::new).collect()
    };
    let all = [roots(&step.inputs), roots(&old.inputs)].concat();
    if all.is_empty() {
        return None;
    }
    let changes = changed_files(&all, previous, snapshot);
    (!changes.is_empty()).then(|| named(changes))
}

fn changed_files(
    roots: &[ContextPath],
    previous: &FileTable,
    snapshot: &Snapshot,
) -> Vec<FileChange> {
    let is_all = roots.iter().any(ContextPath::is_root);
    // All of the build's own context is nothing of a named one.
    let is_own = |path: &ContextPath| in_named(path).is_none();
    let selected = |path: &ContextPath| {
        (is_all && is_own(path))
            || roots.iter().any(|root| !root.is_root() && path.starts_with(root))
    };
    let mut changes = Vec::new();
    for (entry, old) in previous.beside(snapshot) {
        let change = match old {
            None => Some(ChangeKind::Added),
            Some(old) if old.kind != entry.kind => Some(ChangeKind::Type),
            Some(old) if old.digest != entry.digest || old.target != entry.target => {
                Some(ChangeKind::Modified)
            }
            Some(old) if old.mode != entry.mode && entry.kind != EntryKind::Symlink => {
                Some(ChangeKind::Mode)
            }
            Some(_) => None,
        };
        let change = change.filter(|_| selected(&entry.path));
        changes.extend(change.map(|change| (entry.path.clone(), change)));
    }
    for path in previous.gone_from(snapshot).filter(|path| selected(path)) {
        changes.push((path.clone(), ChangeKind::Removed));
    }
    changes.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    // A new directory says nothing that the new files in it do not say.
    let is_told_by_what_is_in_it = |index: usize, changes: &[(ContextPath, ChangeKind)]| {
        changes.get(index + 1).is_some_and(|next| next.0.starts_with(&changes[index].0))
    };
    (0..changes.len())
        .filter(|&index| !is_told_by_what_is_in_it(index, &changes))
        .map(|index| FileChange { path: shown_path(&changes[index].0), change: changes[index].1 })
        .collect()
}
