//! What is told of a step that differs in more than its text says: the argument in it, what an
//! instruction above sets for it, an option. The verdict is made before, and stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::cause::{environment, option};
use super::knowledge::PreviousStep;
use super::types::CauseKind;
use crate::plan::{Fact, KeyInput, NamedValue, PLATFORM, Step, shown_value};

/// How many lines of a heredoc are told.
const SHOWN_LINES: usize = 20;

/// How many characters of each.
const SHOWN_CHARACTERS: usize = 200;

/// What the name of an option begins with that gives a context.
const BUILD_CONTEXT: &str = "build-context ";

/// A cause of the step itself as it is best told; the same where there is nothing better.
pub(super) fn clearer(kind: CauseKind, step: &Step, old: Option<&PreviousStep>) -> CauseKind {
    let Some(old) = old else { return kind };
    let better = match &kind {
        CauseKind::Instruction { before: Some(before), after } if before == after => {
            document(step, old)
                .or_else(|| variable(step, old))
                .or_else(|| setting(step, old))
                .or_else(|| environment(step, old))
                .or_else(|| option(step, old))
        }
        CauseKind::BaseImage { reference, .. } => {
            setting(step, old).filter(|kind| !is_platform(kind) || is_image(reference, &old.inputs))
        }
        CauseKind::Files { .. } | CauseKind::NoRecord => {
            let is_moved =
                step.instruction == old.instruction && paths(&step.inputs) != paths(&old.inputs);
            context(step, old).or_else(|| is_moved.then(|| variable(step, old)).flatten())
        }
        _ => None,
    };
    by_instruction(better.unwrap_or(kind))
}

/// What USER and WORKDIR set is called as they are.
fn by_instruction(kind: CauseKind) -> CauseKind {
    match kind {
        CauseKind::Option { name, before, after } if name == "user" || name == "workdir" => {
            CauseKind::Option { name: name.to_uppercase(), before, after }
        }
        other => other,
    }
}

/// Whether the image of this name is among what a step had.
fn is_image(name: &str, inputs: &[KeyInput]) -> bool {
    inputs
        .iter()
        .any(|input| matches!(input, KeyInput::BaseImage { reference, .. } if reference == name))
}

fn is_platform(kind: &CauseKind) -> bool {
    matches!(kind, CauseKind::Option { name, .. } if name == PLATFORM)
}

/// That a directory or an image of `--build-context` is in another's place.
fn context(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    setting(step, old).filter(|kind| match kind {
        CauseKind::Option { name, .. } => name.starts_with(BUILD_CONTEXT),
        _ => false,
    })
}

/// What an instruction above, or an option, set otherwise than before.
fn setting(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    let settings = |inputs: &[KeyInput]| -> BTreeMap<String, String> {
        let settings = inputs.iter().filter_map(|input| match input {
            KeyInput::Told { fact: Fact::Setting { name, value } } => {
                Some((name.clone(), value.clone()))
            }
            _ => None,
        });
        settings.collect()
    };
    let (now, before) = (settings(&step.inputs), settings(&old.inputs));
    let name = now.keys().chain(before.keys()).find(|name| now.get(*name) != before.get(*name))?;
    let [before, after] = [before.get(name), now.get(name)].map(Option::<&String>::cloned);
    Some(CauseKind::Option { name: name.clone(), before, after })
}

/// The paths from which a step takes its files.
fn paths(inputs: &[KeyInput]) -> Vec<&str> {
    fn of(input: &KeyInput) -> Vec<&str> {
        match input {
            KeyInput::Files { roots, .. } => roots.iter().map(String::as_str).collect(),
            KeyInput::StageOutput { path, .. } | KeyInput::StageFiles { path, .. } => vec![&**path],
            _ => Vec::new(),
        }
    }
    inputs.iter().flat_map(of).collect()
}

/// The lines of its heredocs that differ, below the instruction's own text.
fn document(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    let lines = |inputs: &[KeyInput]| -> Vec<String> {
        let bodies = inputs.iter().filter_map(|input| match input {
            KeyInput::Told { fact: Fact::Document { body } } => Some(body),
            _ => None,
        });
        bodies.flat_map(|body| body.lines().map(str::to_owned)).collect()
    };
    let is_kept = old.inputs.iter().any(|input| !input.counts());
    let (now, before) = (lines(&step.inputs), lines(&old.inputs));
    if now == before || !is_kept {
        return None;
    }
    // What both begin and end with is left out of long ones.
    let start = now.iter().zip(&before).take_while(|(now, before)| now == before).count();
    let shorter = now.len().min(before.len()) - start;
    let ends = now.iter().rev().zip(before.iter().rev());
    let end = ends.take(shorter).take_while(|(now, before)| now == before).count();
    let is_long = now.len().max(before.len()) > SHOWN_LINES;
    let whole = |lines: &[String]| {
        let shown = if is_long { &lines[start..lines.len() - end] } else { lines };
        let mut text = step.instruction.clone();
        if is_long && start > 0 {
            text.push_str("\n…");
        }
        for line in shown.iter().take(SHOWN_LINES) {
            text.push('\n');
            text.extend(line.chars().take(SHOWN_CHARACTERS));
            if line.chars().nth(SHOWN_CHARACTERS).is_some() {
                text.push('…');
            }
        }
        if shown.len() > SHOWN_LINES || (is_long && end > 0) {
            text.push_str("\n…");
        }
        text
    };
    Some(CauseKind::Instruction { before: Some(whole(&before)), after: whole(&now) })
}

/// A variable of the text with another value than before, or rather the first one of those that its
/// value was made of.
fn variable(step: &Step, old: &PreviousStep) -> Option<CauseKind> {
    let (now, before) = (variables(&step.inputs), variables(&old.inputs));
    let own = [&now, &before].map(|list| list.iter().map(|it| it.own).collect::<Vec<_>>());
    let name = changed(&own[0], &own[1])?;
    let (now, before) = (origins(&now, name), origins(&before, name));
    // What only one of them was made of may be as it was.
    let is_in = |list: &[&NamedValue], it: &NamedValue| list.iter().any(|one| one.name == it.name);
    let in_both: Vec<&NamedValue> = now.iter().copied().filter(|it| is_in(&before, it)).collect();
    let of_those: Vec<&NamedValue> = before.iter().copied().filter(|it| is_in(&now, it)).collect();
    let root = changed(&in_both, &of_those).unwrap_or(name);
    let find = |list: &[&NamedValue]| list.iter().find(|it| it.name == root).copied().cloned();
    let more = others(&own[0], &own[1]);
    another_value(find(&before).as_ref(), find(&now).as_ref(), more)
}

/// How many names have another value beside the first one.
fn others(now: &[&NamedValue], before: &[&NamedValue]) -> usize {
    let value = |list: &[&NamedValue], name: &str| {
        list.iter().find(|it| it.name == name).map(|it| it.value.clone())
    };
    let names: BTreeSet<&str> = now.iter().chain(before).map(|it| &*it.name).collect();
    let differ = names.into_iter().filter(|name| value(now, name) != value(before, name));
    differ.count().saturating_sub(1)
}

/// The first name that has another value.
fn changed<'a>(now: &[&'a NamedValue], before: &[&'a NamedValue]) -> Option<&'a str> {
    let value = |list: &[&'a NamedValue], name: &str| {
        list.iter().find(|it| it.name == name).map(|it| &it.value)
    };
    let mut names = now.iter().chain(before).map(|it| &*it.name);
    names.find(|name| value(now, name) != value(before, name))
}

/// The variable of this name after those that its value was made of.
fn origins<'a>(variables: &[Variable<'a>], name: &str) -> Vec<&'a NamedValue> {
    let found = variables.iter().filter(|it| it.own.name == name);
    found.flat_map(|it| it.made_of.iter().chain([it.own])).collect()
}

/// That a variable has another value; of a secret not even the value that was none is told.
fn another_value(
    before: Option<&NamedValue>,
    now: Option<&NamedValue>,
    more: usize,
) -> Option<CauseKind> {
    let NamedValue { name, argument, .. } = now.or(before)?.clone();
    let both = [before, now].into_iter().flatten();
    let is_shown = both.into_iter().all(|it| shown_value(&it.value).is_some());
    let shown = |it: Option<&NamedValue>| it.filter(|_| is_shown).map(|it| it.value.clone());
    let (before, after) = (shown(before), shown(now));
    Some(if argument {
        CauseKind::Argument { name, before, after, more }
    } else {
        CauseKind::Environment { name, before, after, more }
    })
}

/// A variable of a step's text.
struct Variable<'a> {
    own: &'a NamedValue,
    made_of: &'a [NamedValue],
}

fn variables(inputs: &[KeyInput]) -> Vec<Variable<'_>> {
    fn of(input: &KeyInput) -> Option<Variable<'_>> {
        match input {
            KeyInput::Told { fact: Fact::Variable { variable, made_of } } => {
                Some(Variable { own: variable, made_of })
            }
            _ => None,
        }
    }
    inputs.iter().filter_map(of).collect()
}
