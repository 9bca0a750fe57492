//! Links that earlier steps make: through one, a COPY brings its files elsewhere, or an install
//! finds them where nobody looks.

use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, Mount};
use crate::optimize::effects::{Effects, Setting, do_overlap};
use crate::optimize::landing::Landing;
use crate::optimize::planned::{arguments, destination, directory, environment, step_at};
use crate::optimize::types::Request;
use crate::plan::Plan;

/// Whether there is an instruction above a line, in whatever stage, that may make such a link.
pub(in crate::optimize) fn is_above(
    request: &Request<'_>,
    plan: &Plan,
    line: u32,
    place: &ContextPath,
) -> bool {
    earlier(request, plan, line, place).is_some()
}

/// An instruction above a line, in whatever stage, that may make a link from or to a place.
pub(super) fn earlier<'a>(
    request: &Request<'a>,
    plan: &Plan,
    line: u32,
    place: &ContextPath,
) -> Option<&'a Instruction> {
    let before = request.plan.dockerfile.instructions().iter();
    before.filter(|earlier| earlier.line < line).find(|earlier| match &earlier.kind {
        InstructionKind::Run { mounts, .. } => makes_link(plan, earlier, mounts, place),
        InstructionKind::Copy(_) | InstructionKind::Add(_) => {
            brings_link(request, plan, earlier, place)
        }
        _ => false,
    })
}

fn makes_link(plan: &Plan, run: &Instruction, mounts: &[Mount], place: &ContextPath) -> bool {
    let Some(step) = step_at(plan, run) else { return false };
    let bodies = run.heredocs.iter().map(|heredoc| &*heredoc.content);
    let text: String = [&*run.text].into_iter().chain(bodies).collect();
    let is_link = |word: &str| word == "ln" || word.ends_with("/ln");
    if !text.split([' ', '\t', '\n', ';', '&', '|', '(', '"']).any(is_link) {
        return false;
    }
    let (directory, environment) = (directory(step), environment(step));
    let setting = Setting { directory: Some(&directory), environment: &environment };
    let effects = arguments(step).map(|words| Effects::of_run(&words, mounts, setting));
    let meets = |other: &ContextPath| do_overlap(other, place);
    match effects.filter(|_| run.heredocs.is_empty()) {
        Some(effects) if effects.opaque.is_none() => effects.touches().any(meets),
        // What cannot be read may speak of it, or be right there.
        _ => {
            let first = place.components().next().unwrap_or_default();
            let name = String::from_utf8_lossy(first);
            let spoken = format!("/{name}");
            let is_named = |(variable, value): &(&str, &str)| {
                text.contains(*variable) && value.contains(&spoken)
            };
            let is_right_there = if directory.is_root() {
                text.split_whitespace().any(|word| word.split('/').next() == Some(&*name))
            } else {
                meets(&directory)
            };
            text.contains(&spoken) || environment.iter().any(is_named) || is_right_there
        }
    }
}

fn brings_link(
    request: &Request<'_>,
    plan: &Plan,
    transfer: &Instruction,
    place: &ContextPath,
) -> bool {
    let (InstructionKind::Copy(of) | InstructionKind::Add(of)) = &transfer.kind else {
        return false;
    };
    let Some(written) = step_at(plan, transfer).and_then(destination) else { return false };
    if of.from.is_some() || !transfer.heredocs.is_empty() {
        return false;
    }
    let is_add = matches!(transfer.kind, InstructionKind::Add(_));
    Landing::of(request.plan.snapshot, of, &written, is_add).is_ok_and(|landing| {
        let mut brought = landing.iter();
        brought.any(|(link, entry)| entry.target.is_some() && place.starts_with(link))
    })
}
