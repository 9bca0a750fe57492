//! Build arguments that every build gives another value, such as the commit that is built.
//!
//! Each RUN below the ARG of one runs again at every build, whatever the files are. That an argument
//! changes is only said where it was seen: past builds had it otherwise, or its value is the id of a
//! commit or a time. One that decides on what is built, or which files are copied, is taken to stay as
//! it is: nobody knows what another value would bring.

use std::collections::BTreeSet;

use super::types::Request;
use super::variables::{is_mentioned_by, is_read_by_many, set_by};
use crate::dockerfile::{Instruction, InstructionKind};
use crate::plan::BuildOptions;

/// The arguments of the stages that change from build to build.
pub(super) fn changing(request: &Request<'_>) -> BTreeSet<String> {
    let instructions = request.plan.dockerfile.instructions();
    let declared = instructions
        .iter()
        .filter(|instruction| matches!(instruction.kind, InstructionKind::Arg(_)))
        .flat_map(set_by);
    let is_changing = |name: &&str| {
        let given = request.plan.options.build_args.get(*name);
        request.history.changing.iter().any(|seen| seen == name)
            || given.is_some_and(|value| is_commit(request, value) || is_time(value))
    };
    let is_decisive = |name: &str| {
        let mut decisive = instructions.iter().filter(|instruction| decides(instruction));
        is_read_by_many(name) || decisive.any(|instruction| is_mentioned_by(instruction, name))
    };
    declared.filter(is_changing).filter(|name| !is_decisive(name)).map(str::to_owned).collect()
}

/// The options of a build, with a value of its own for each of these arguments.
pub(super) fn of_build(
    options: &BuildOptions,
    changing: &BTreeSet<String>,
    number: usize,
) -> BuildOptions {
    let mut options = options.clone();
    for name in changing {
        options.build_args.insert(name.clone(), format!("of-build-{number}"));
    }
    options
}

/// Whether a variable in it would choose images or files.
fn decides(instruction: &Instruction) -> bool {
    match &instruction.kind {
        InstructionKind::From { .. }
        | InstructionKind::Copy(_)
        | InstructionKind::Add(_)
        | InstructionKind::Workdir(_)
        | InstructionKind::User(_)
        | InstructionKind::Shell(_)
        | InstructionKind::Onbuild { .. } => true,
        InstructionKind::Run { mounts, .. } => mounts.iter().any(|mount| mount.text.contains('$')),
        _ => false,
    }
}

/// The shortest form of a commit's id that git gives by itself.
const SHORT_ID: usize = 7;

fn is_commit(request: &Request<'_>, value: &str) -> bool {
    let is_hexadecimal = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commits = request.history.commits.iter().flat_map(|past| &past.commits);
    let is_known = || commits.rev().any(|commit| commit.id.starts_with(&value.to_lowercase()));
    is_hexadecimal && (matches!(value.len(), 40 | 64) || value.len() >= SHORT_ID && is_known())
}

/// Whether a value is a date with a time, as ISO 8601 has it.
fn is_time(value: &str) -> bool {
    const FORM: &str = "0000-00-00T00:00";
    let fits = |(form, letter): (u8, u8)| match form {
        b'0' => letter.is_ascii_digit(),
        b'T' => matches!(letter, b'T' | b't' | b' ' | b'_'),
        other => letter == other,
    };
    value.len() >= FORM.len() && FORM.bytes().zip(value.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_day_and_an_hour() {
        for value in ["2026-11-27T05:16:02Z", "2026-11-27 05:16"] {
            assert!(is_time(value), "{value}");
        }
        for value in ["2026-11-27", "1.2.3", "", "2026-11-2xT05:16"] {
            assert!(!is_time(value), "{value}");
        }
    }
}
