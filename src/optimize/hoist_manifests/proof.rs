//! The plan's word on a hoist: the same install, freed from the other files.

use std::collections::BTreeSet;

use super::Hoist;
use super::examine::step_at;
use crate::Digest;
use crate::context::{ContextPath, Snapshot};
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, Stage, edit};
use crate::optimize::types::Request;
use crate::plan::{KeyInput, Plan, PlanRequest, Step, plan};

/// Whether every install is the same step as before, and no longer depends on the other files
/// although it did.
pub(super) fn holds(request: &Request<'_>, original: &Plan, stage: usize, hoist: &Hoist) -> bool {
    check(request, original, stage, hoist).unwrap_or(false)
}

fn check(request: &Request<'_>, original: &Plan, stage: usize, hoist: &Hoist) -> Option<bool> {
    let old = request.plan.dockerfile;
    let text = edit::apply(old, &hoist.edits).ok()?;
    let new = Dockerfile::parse(old.name(), &text).ok()?;
    let manifests: BTreeSet<&ContextPath> = hoist.manifests.iter().collect();
    let changed = others_changed(request.plan.snapshot, &manifests);
    let on = |dockerfile, snapshot| plan(PlanRequest { dockerfile, snapshot, ..request.plan }).ok();
    let original_changed = on(old, &changed)?;
    let rewritten = on(&new, request.plan.snapshot)?;
    let rewritten_changed = on(&new, &changed)?;
    let installs: Vec<_> = installs(old.stages().nth(stage)?, &hoist.installs);
    let moved = counterparts(&installs, new.stages().nth(stage)?)?;
    for (before, after) in installs.iter().zip(moved) {
        let (was, is) = (step_at(original, before)?, step_at(&rewritten, after)?);
        let freed = is.key == step_at(&rewritten_changed, after)?.key;
        let was_bound = was.key != step_at(&original_changed, before)?.key;
        if own_inputs(was) != own_inputs(is) || !freed || !was_bound {
            return Some(false);
        }
    }
    Some(true)
}

fn installs<'a>(stage: Stage<'a>, lines: &[u32]) -> Vec<&'a Instruction> {
    stage.instructions.iter().filter(|instruction| lines.contains(&instruction.line)).collect()
}

/// The same instructions in the new text, where they still stand in the same order.
fn counterparts<'a>(installs: &[&Instruction], stage: Stage<'a>) -> Option<Vec<&'a Instruction>> {
    let mut rest = stage
        .instructions
        .iter()
        .filter(|instruction| matches!(instruction.kind, InstructionKind::Run { .. }));
    installs.iter().map(|install| rest.find(|one| one.text == install.text)).collect()
}

/// All that a step depends on besides the step below.
fn own_inputs(step: &Step) -> Vec<&KeyInput> {
    let is_own = |input: &&KeyInput| !matches!(input, KeyInput::Parent { .. });
    step.inputs.iter().filter(is_own).collect()
}

/// The snapshot with every file but the manifests edited.
fn others_changed(snapshot: &Snapshot, manifests: &BTreeSet<&ContextPath>) -> Snapshot {
    let mut entries = snapshot.entries().to_vec();
    for entry in entries.iter_mut().filter(|entry| !manifests.contains(&entry.path)) {
        if let Some(digest) = &mut entry.digest {
            *digest = Digest::of(digest.as_bytes());
        }
        if let Some(target) = &mut entry.target {
            *target = [&**target, b".changed"].concat().into();
        }
    }
    Snapshot::new(entries, snapshot.ignored())
}
