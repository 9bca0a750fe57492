//! Which RUNs ask for a variable of their environment.
//!
//! What a command of the table does is known for the program that the system has under its name. An
//! earlier step may have put another one there, or told the system's to run one.

use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, MountKind};
use crate::optimize::Reason;
use crate::optimize::effects::{Effects, Setting, is_standard};
use crate::optimize::planned::{arguments, destination, directory, environment, step_at};
use crate::optimize::text::shown;
use crate::optimize::types::Risk;
use crate::optimize::variables::{is_mentioned_by, says_what_is_built};
use crate::plan::Plan;

/// Whether a RUN does the same without these variables: certainly where every command is known, none
/// speaks of them, and their names say that they are of no concern to a program; most likely where it
/// installs packages whose own scripts may ask for anything.
pub(super) fn does_not_ask(
    plan: &Plan,
    above: &[&Instruction],
    run: &Instruction,
    names: &[String],
) -> Result<Risk, Reason> {
    let may_read = |name: &str| Reason::MayRead { text: shown(&run.text), name: name.to_owned() };
    let any = names.first().map_or("", String::as_str);
    if let Some(name) = names.iter().find(|name| is_mentioned_by(run, name)) {
        return Err(may_read(name));
    }
    let InstructionKind::Run { mounts, .. } = &run.kind else { return Err(may_read(any)) };
    let step = step_at(plan, run).ok_or(Reason::NotProven)?;
    let words = arguments(step).ok_or(Reason::NotProven)?;
    let (directory, environment) = (directory(step), environment(step));
    let setting = Setting { directory: Some(&directory), environment: &environment };
    let effects = Effects::of_run(&words, mounts, setting);
    // A program of the project may come in by a mount.
    let is_bound = mounts.iter().any(|mount| mount.kind == MountKind::Bind);
    let shows_all = words.iter().any(|word| shows_environment(word));
    if effects.opaque.is_some() || !run.heredocs.is_empty() || is_bound || shows_all {
        return Err(may_read(any));
    }
    for install in &effects.installs {
        let habits = install.tool.habits();
        let is_own = |name: &&String| {
            let upper = name.to_ascii_uppercase();
            habits.variables.iter().any(|own| upper.starts_with(own.prefix))
                || habits.leading.iter().any(|start| upper.starts_with(start))
        };
        if let Some(name) = names.iter().find(is_own) {
            return Err(may_read(name));
        }
    }
    let is_plain = effects.installs.is_empty() && names.iter().all(|name| says_what_is_built(name));
    if is_plain && !above.iter().any(|earlier| changes_programs(plan, earlier)) {
        return Ok(Risk::None);
    }
    // Two builds without it would be the same, and say nothing.
    let has_value = |name: &&String| environment.iter().any(|(known, _)| known == name);
    match names.iter().find(|name| !has_value(name)) {
        Some(name) => Err(Reason::NotGiven { name: name.clone() }),
        None => Ok(Risk::Verify),
    }
}

/// Whether an instruction may change what the system's programs are or run: it brings files to where
/// the system has its own, or runs what nobody knows.
fn changes_programs(plan: &Plan, instruction: &Instruction) -> bool {
    let step = step_at(plan, instruction);
    match &instruction.kind {
        InstructionKind::Copy(_) | InstructionKind::Add(_) => {
            let place = step.and_then(destination).map(ContextPath::new);
            place.is_none_or(|place| place.is_root() || is_standard(&place))
        }
        InstructionKind::Run { mounts, .. } => {
            let Some(step) = step else { return true };
            let Some(words) = arguments(step) else { return true };
            let (directory, environment) = (directory(step), environment(step));
            let setting = Setting { directory: Some(&directory), environment: &environment };
            let effects = Effects::of_run(&words, mounts, setting);
            let is_known = effects.opaque.is_none() && instruction.heredocs.is_empty();
            !is_known || effects.leads && effects.writes.iter().any(is_standard)
        }
        _ => false,
    }
}

/// Whether a script may print the shell's variables: `set` or `export` without anything behind it.
fn shows_environment(script: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    ["set", "export"].iter().any(|command| {
        script.match_indices(command).any(|(at, _)| {
            let before = script.get(..at).and_then(|before| before.chars().next_back());
            let behind = script.get(at + command.len()..).unwrap_or_default();
            let is_word = !before.is_some_and(is_part) && !behind.starts_with(is_part);
            let next = behind.trim_start_matches([' ', '\t', '\\', '\n']).chars().next();
            let is_used = match *command {
                "set" => next.is_some_and(|next| "-+".contains(next)),
                _ => next.is_some_and(|next| next.is_ascii_alphabetic() || next == '_'),
            };
            is_word && !is_used
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prints_all_variables_is_seen() {
        for script in ["set", "set > /x", "a; set|b", "export >x", "set ; a", "a && export"] {
            assert!(shows_environment(script), "{script}");
        }
        for script in ["set -e; a", "export A=1", "a set-up", "apt-get install offset", "reset"] {
            assert!(!shows_environment(script), "{script}");
        }
    }
}
