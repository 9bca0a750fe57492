//! Steps that may compare the times of files.
//!
//! The engine takes a COPY for the same when its files have the same content, whatever their times
//! are, and then keeps the times of the build that made it. So files of one COPY have their times from
//! one moment, and files of two COPYs may have them from two. `make`, `cp -u` and `[ a -nt b ]` look at
//! that, and two builds without a cache would not show it.

use super::effects::{Effects, Setting, do_overlap};
use super::planned::{arguments, directory, environment, step_at};
use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, Stage};
use crate::plan::Plan;

/// Programs that look at the times of no file that they are not told to touch. Others may come to one
/// by a link, as `cp -u` does.
const BLIND: &[&str] = &[
    "[", "adduser", "addgroup", "apk", "apt", "apt-get", "chgrp", "chmod", "chown", "dnf", "echo",
    "groupadd", "microdnf", "mkdir", "printf", "rm", "rmdir", "test", "true", "useradd", "yum",
];

/// How a stage has the files of a COPY.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Has {
    /// At the places where the COPY brought them.
    InPlace,
    /// Who knows where.
    Somewhere,
}

/// The first step that may compare the times of what the COPY at a position of a stage brings to these
/// places: in its stage, on an image of that, or with files taken from it, also where the build does
/// not come to that step.
pub(super) fn reader<'a>(
    plan: &Plan,
    stages: &[Stage<'a>],
    (stage, at): (Stage<'a>, usize),
    places: &[ContextPath],
) -> Option<&'a Instruction> {
    let mut having = vec![(stage, Has::InPlace)];
    let below = stage.instructions.iter().skip(at + 1);
    if let Some(found) = first(plan, below, Has::InPlace, places) {
        return Some(found);
    }
    for other in stages.iter().copied().filter(|other| other.index > stage.index) {
        let (has, from) = match (base(&having, other), first_taking(&having, other)) {
            (Some(has), None) => (has, 0),
            (Some(_), Some(_)) => (Has::Somewhere, 0),
            (None, Some(position)) => (Has::Somewhere, position),
            (None, None) => continue,
        };
        let instructions = other.instructions.iter().skip(from);
        if let Some(found) = first(plan, instructions, has, places) {
            return Some(found);
        }
        having.push((other, has));
    }
    None
}

/// How a stage has the files by the image that it is built on.
fn base(having: &[(Stage<'_>, Has)], stage: Stage<'_>) -> Option<Has> {
    let InstructionKind::From { image, .. } = &stage.from.kind else { return None };
    let found = having.iter().find(|(earlier, _)| is_called(*earlier, image));
    found.map(|(_, has)| *has)
}

/// Where a stage first takes files from one that has them.
fn first_taking(having: &[(Stage<'_>, Has)], stage: Stage<'_>) -> Option<usize> {
    let has = |name: &str| having.iter().any(|(earlier, _)| is_called(*earlier, name));
    stage.instructions.iter().position(|instruction| match &instruction.kind {
        InstructionKind::Copy(transfer) | InstructionKind::Add(transfer) => {
            transfer.from.as_deref().is_some_and(has)
        }
        InstructionKind::Run { mounts, .. } => {
            mounts.iter().any(|mount| mount.from.as_deref().is_some_and(has) || has(&mount.text))
        }
        _ => false,
    })
}

/// Whether a stage is meant, by its name or number; a variable may mean any.
fn is_called(stage: Stage<'_>, name: &str) -> bool {
    name.contains('$')
        || name.parse() == Ok(stage.index)
        || stage.name().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

fn first<'a>(
    plan: &Plan,
    mut instructions: impl Iterator<Item = &'a Instruction>,
    has: Has,
    places: &[ContextPath],
) -> Option<&'a Instruction> {
    instructions.find(|instruction| match &instruction.kind {
        InstructionKind::Run { .. } => has == Has::Somewhere || may_look(plan, instruction, places),
        InstructionKind::Onbuild { .. } => true,
        _ => false,
    })
}

/// Whether a RUN may look at any of these places.
fn may_look(plan: &Plan, run: &Instruction, places: &[ContextPath]) -> bool {
    let InstructionKind::Run { mounts, .. } = &run.kind else { return true };
    let Some(step) = step_at(plan, run) else { return true };
    let Some(words) = arguments(step) else { return true };
    let (directory, environment) = (directory(step), environment(step));
    let setting = Setting { directory: Some(&directory), environment: &environment };
    let effects = Effects::of_run(&words, mounts, setting);
    let is_blind = effects.programs.iter().all(|program| BLIND.contains(&&**program));
    let is_known = effects.opaque.is_none()
        && effects.installs.is_empty()
        && run.heredocs.is_empty()
        && is_blind;
    let mut touched = effects.touches().chain(&effects.perhaps);
    !is_known || touched.any(|touched| places.iter().any(|place| do_overlap(touched, place)))
}
