//! The plan's word on a rewrite: the same steps, of which some are freed from files.

use super::planned::step_at;
use super::types::Request;
use crate::Digest;
use crate::context::{ContextPath, Snapshot};
use crate::dockerfile::edit::{self, Edit};
use crate::dockerfile::{Dockerfile, Instruction, Stage};
use crate::plan::{KeyInput, Plan, PlanRequest, Step, plan};

/// What a rewrite of a stage promises.
pub(super) struct Promise<'a> {
    /// The stage.
    pub(super) stage: usize,
    /// The edits.
    pub(super) edits: &'a [Edit],
    /// The lines of the steps that no longer run for other files than those that are kept, and
    /// do now.
    pub(super) freed: &'a [u32],
    /// The lines of further steps that are the same but for what they stand on.
    pub(super) moved: &'a [u32],
    /// Whether a file is one of those that the freed steps still run for.
    pub(super) is_kept: &'a dyn Fn(&ContextPath) -> bool,
}

impl Promise<'_> {
    /// Whether every step is the same as before, and the freed ones no longer depend on the other
    /// files although they did.
    pub(super) fn holds(&self, request: &Request<'_>, original: &Plan) -> bool {
        self.check(request, original).unwrap_or(false)
    }

    fn check(&self, request: &Request<'_>, original: &Plan) -> Option<bool> {
        let old = request.plan.dockerfile;
        let (new, rewritten) = replan(request, self.edits)?;
        let changed = others_changed(request.plan.snapshot, self.is_kept);
        let on =
            |dockerfile, snapshot| plan(PlanRequest { dockerfile, snapshot, ..request.plan }).ok();
        let original_changed = on(old, &changed)?;
        let rewritten_changed = on(&new, &changed)?;
        let (was_in, is_in) = (old.stages().nth(self.stage)?, new.stages().nth(self.stage)?);
        for before in was_in.instructions {
            let is_freed = self.freed.contains(&before.line);
            if !is_freed && !self.moved.contains(&before.line) {
                continue;
            }
            let after = counterpart(before, was_in, is_in)?;
            let (was, is) = (step_at(original, before)?, step_at(&rewritten, after)?);
            if settled(was) != settled(is) {
                return Some(false);
            }
            let is_free = is.key == step_at(&rewritten_changed, after)?.key;
            let was_bound = was.key != step_at(&original_changed, before)?.key;
            if is_freed && !(is_free && was_bound) {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// The inputs of a step, where nobody is who the administrator is.
fn settled(step: &Step) -> Vec<&KeyInput> {
    let is_root = |input: &&KeyInput| match input {
        KeyInput::Option { name, value } => name == "user" && value == "root",
        _ => false,
    };
    own_inputs(step).into_iter().filter(|input| !is_root(input)).collect()
}

/// The same instruction in the new text; of several with the same text, the one with as many
/// before it.
fn counterpart<'a>(
    instruction: &Instruction,
    was_in: Stage<'_>,
    is_in: Stage<'a>,
) -> Option<&'a Instruction> {
    let is_alike = |other: &&Instruction| other.text == instruction.text;
    let before = was_in.instructions.iter().filter(is_alike);
    let position = before.take_while(|other| other.line != instruction.line).count();
    is_in.instructions.iter().filter(|other| other.text == instruction.text).nth(position)
}

/// The Dockerfile with these edits, and its plan.
pub(super) fn replan(request: &Request<'_>, edits: &[Edit]) -> Option<(Dockerfile, Plan)> {
    let old = request.plan.dockerfile;
    let text = edit::apply(old, edits).ok()?;
    let new = Dockerfile::parse(old.name(), &text).ok()?;
    let plan = plan(PlanRequest { dockerfile: &new, ..request.plan }).ok()?;
    Some((new, plan))
}

/// The steps but those on these lines: the text of each, and what of its inputs names no other step,
/// which may have another number in another plan.
pub(super) fn others<'a>(plan: &'a Plan, lines: &[u32]) -> Vec<(&'a str, Vec<&'a KeyInput>)> {
    let steps = plan.steps.iter().filter(|step| !lines.contains(&step.line));
    steps.map(|step| (step.instruction.as_str(), named_inputs(step).collect())).collect()
}

/// All that a RUN runs with besides its command, as far as it names no other step.
pub(super) fn runs_with(step: &Step) -> Vec<&KeyInput> {
    named_inputs(step).filter(|input| !matches!(input, KeyInput::Instruction { .. })).collect()
}

fn named_inputs(step: &Step) -> impl Iterator<Item = &KeyInput> {
    let names_a_step = |input: &KeyInput| {
        matches!(input, KeyInput::StageOutput { .. } | KeyInput::StageFiles { .. })
    };
    own_inputs(step).into_iter().filter(move |input| !names_a_step(input))
}

/// All that a step depends on besides the step below.
pub(super) fn own_inputs(step: &Step) -> Vec<&KeyInput> {
    let is_own = |input: &&KeyInput| input.counts() && !matches!(input, KeyInput::Parent { .. });
    step.inputs.iter().filter(is_own).collect()
}

/// The snapshot with every file but the kept ones edited.
fn others_changed(snapshot: &Snapshot, is_kept: &dyn Fn(&ContextPath) -> bool) -> Snapshot {
    let mut entries = snapshot.entries().to_vec();
    for entry in entries.iter_mut().filter(|entry| !is_kept(&entry.path)) {
        if let Some(digest) = &mut entry.digest {
            *digest = Digest::of(digest.as_bytes());
        }
        if let Some(target) = &mut entry.target {
            *target = [&**target, b".changed"].concat().into();
        }
    }
    Snapshot::new(entries, snapshot.ignored())
}
