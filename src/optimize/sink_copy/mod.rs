//! `sink-copy`: move a COPY of the context down past the steps behind it that do not notice it.
//!
//! ```text
//! COPY . .                                        RUN apt-get update && apt-get install -y gcc
//! RUN apt-get update && apt-get install -y gcc -> COPY . .
//! RUN make                                        RUN make
//! ```
//!
//! `item` says what each instruction reads and writes, `order` which two may change places. What
//! may not stays behind the COPY, in its order, and what comes later has to pass it too. It is
//! offered where a step passes that takes time: one that asks the network or sets up the system.
//! In the end the plan is asked ([`Promise`]).

mod item;
mod order;
mod programs;

use super::candidate::{Candidate, Found};
use super::proof::Promise;
use super::types::{Proof, Refusal, Request, Risk};
use super::{Reason, text};
use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, Stage};
use crate::plan::{KeyInput, Plan};

pub(super) use item::{Bring, Does, Item, Run, of_stage};

/// Every COPY of the plan's stages that can sink, and costly steps that cannot pass one.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    for stage in request.plan.dockerfile.stages() {
        in_stage(request, plan, stage, &mut found);
    }
    found
}

fn in_stage(request: &Request<'_>, plan: &Plan, stage: Stage<'_>, found: &mut Found) {
    let items = of_stage(request, plan, stage);
    let mut refused: Option<(usize, Refusal)> = None;
    let mut next = 0;
    while let Some(copy) = (next..items.len()).find(|&at| items[at].is_context_copy()) {
        next = copy + 1;
        let (sink, blocked) = sink(request, plan, &items, copy);
        let Some(sink) = sink else {
            // The nearest COPY is the one that people see.
            refused = blocked.or(refused);
            continue;
        };
        if let Some(candidate) = sink.candidate(request, plan, stage, &items) {
            next = sink.last + 1;
            refused = refused.filter(|(step, _)| !sink.passes.contains(step));
            found.candidates.push(candidate);
        }
    }
    found.refusals.extend(refused.map(|(_, refusal)| refusal));
}

/// A COPY that sinks.
struct Sink {
    /// The positions of what stays behind, in order; the COPY is the first.
    stay: Vec<usize>,
    /// The positions of what passes, in order.
    passes: Vec<usize>,
    /// The last of these.
    last: usize,
    risk: Risk,
}

/// What can pass the COPY at a position, and the first costly step that cannot, with the reason.
fn sink(
    request: &Request<'_>,
    plan: &Plan,
    items: &[Item<'_>],
    copy: usize,
) -> (Option<Sink>, Option<(usize, Refusal)>) {
    let mut risk = Risk::None;
    let led = order::is_led(request, plan, items, copy, &mut risk).err();
    let mut stay = vec![copy];
    let mut passes = Vec::new();
    // With what is known up to the last costly step.
    let mut sink = None;
    let mut blocked = None;
    for (position, item) in items.iter().enumerate().skip(copy + 1) {
        let mut needed = risk;
        let verdict = stay.iter().try_for_each(|&other| {
            let more = order::may_swap(request, &items[copy], &items[other], item)?;
            needed = worse(needed, more);
            Ok(())
        });
        let verdict = match (&led, verdict) {
            (Some(refusal), Ok(())) if item.is_costly() => Err(refusal.clone()),
            (_, verdict) => verdict,
        };
        match verdict {
            Ok(()) => {
                passes.push(position);
                risk = needed;
                if item.is_costly() {
                    let is_before = |stay: &&usize| **stay < position;
                    sink = Some(Sink {
                        stay: stay.iter().filter(is_before).copied().collect(),
                        passes: passes.clone(),
                        last: position,
                        risk,
                    });
                }
            }
            Err(refusal) => {
                if item.installs_from_files() {
                    come_near(&mut sink, &stay, &passes, risk);
                }
                if item.is_worth_a_word() && blocked.is_none() {
                    blocked = Some((position, refusal));
                }
                stay.push(position);
            }
        }
    }
    (sink, blocked)
}

/// Lets a COPY that sinks come down to an install from manifests, which `hoist-manifests` can put
/// above it then; only where nothing stays between the two.
fn come_near(sink: &mut Option<Sink>, stay: &[usize], passes: &[usize], risk: Risk) {
    if let (Some(sink), [_copy], Some(&last)) = (sink, stay, passes.last()) {
        (sink.passes, sink.last, sink.risk) = (passes.to_vec(), last, risk);
    }
}

fn worse(a: Risk, b: Risk) -> Risk {
    if a == Risk::Verify { a } else { b }
}

impl Sink {
    fn candidate(
        &self,
        request: &Request<'_>,
        plan: &Plan,
        stage: Stage<'_>,
        items: &[Item<'_>],
    ) -> Option<Candidate> {
        let instructions = |positions: &[usize]| -> Vec<&Instruction> {
            positions.iter().map(|&position| items[position].instruction).collect()
        };
        let copy = &items[*self.stay.first()?];
        let brought: Vec<&ContextPath> =
            self.stay.iter().flat_map(|&position| items[position].brought()).collect();
        let before = roots_before(plan, copy.instruction.line);
        let is_before = |file: &ContextPath| before.iter().any(|root| file.starts_with(root));
        let is_kept = |file: &ContextPath| is_before(file) || !brought.contains(&file);
        let example = brought.iter().find(|file| !is_before(file))?;
        let costly: Vec<&Item<'_>> =
            self.passes.iter().map(|&at| &items[at]).filter(|item| item.is_costly()).collect();
        let frees: Vec<u32> = costly.iter().map(|item| item.instruction.line).collect();
        let edits = text::sink(
            request.plan.dockerfile,
            &instructions(&self.stay),
            items[self.last].instruction,
        );
        let is_step = |instruction: &&Instruction| {
            !matches!(instruction.kind, InstructionKind::From { .. })
                && super::planned::step_at(plan, instruction).is_some()
        };
        let moved: Vec<u32> =
            stage.instructions.iter().filter(is_step).map(|step| step.line).collect();
        let promise = Promise {
            stage: stage.index,
            edits: &edits,
            freed: &frees,
            moved: &moved,
            is_kept: &is_kept,
        };
        if !promise.holds(request, plan) {
            return None;
        }
        let line = copy.instruction.line;
        let keyword = copy.instruction.kind.keyword();
        let last = items[self.last].instruction.line;
        let steps = match &*frees {
            [only] => format!("the step on line {only}"),
            [first, .., last] => format!("{} steps on lines {first} to {last}", frees.len()),
            [] => return None,
        };
        Some(Candidate {
            id: "sink-copy",
            line,
            title: format!("Move the {keyword} on line {line} below line {last}"),
            why: format!(
                "Nothing that line {line} copies is read or written by {steps}, which every edit of \
                 a copied file runs again."
            ),
            proof: Proof::Rule,
            risk: self.risk,
            edits,
            example: vec![(*example).clone()],
            freed: frees,
        })
    }
}

/// The files of the context that steps above a line depend on.
fn roots_before(plan: &Plan, line: u32) -> Vec<ContextPath> {
    let before = plan.steps.iter().filter(|step| step.line < line);
    let files = before.flat_map(|step| &step.inputs).filter_map(|input| match input {
        KeyInput::Files { roots, .. } => Some(roots),
        _ => None,
    });
    files.flatten().map(ContextPath::new).collect()
}

/// The refusal of what stands between.
fn between(copy: &Instruction, between: &Instruction, step: &Instruction) -> Refusal {
    let reason =
        Reason::Between { keyword: between.kind.keyword(), copy: copy.line, install: step.line };
    Refusal { line: between.line, reason }
}

impl Item<'_> {
    /// Whether it takes time.
    fn is_costly(&self) -> bool {
        matches!(&self.does, Does::Run(run) if run.effects.is_costly)
    }

    /// Whether it installs what files of the context say.
    fn installs_from_files(&self) -> bool {
        let Does::Run(run) = &self.does else { return false };
        run.effects.installs.iter().any(|install| !install.files.is_empty())
    }

    /// Whether it looks like a step that should not run for every edit, and an install of a
    /// project's own packages is not what it is: `hoist-manifests` tells of those.
    fn is_worth_a_word(&self) -> bool {
        let Does::Run(run) = &self.does else { return false };
        let names = ["apt-get ", "apk add ", "dnf ", "yum ", "microdnf "];
        let is_install = names.iter().any(|name| self.instruction.text.contains(name));
        is_install && run.effects.installs.is_empty()
    }
}
