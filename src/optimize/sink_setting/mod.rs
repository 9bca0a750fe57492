//! `sink-setting`: move an ARG whose value changes from build to build down past the steps that do not
//! ask for it, with the ENV and LABEL that are made of it.
//!
//! ```text
//! ARG GIT_SHA                                     RUN apt-get update && apt-get install -y gcc
//! LABEL revision=$GIT_SHA                     ->  ARG GIT_SHA
//! RUN apt-get update && apt-get install -y gcc    LABEL revision=$GIT_SHA
//! RUN make                                        RUN make
//! ```
//!
//! Every RUN below an ARG has it in its environment, so that a new value runs all of them again
//! (`arguments` says which ones change). `attention` says which RUNs ask for a variable, and
//! `walk` how far down it may go. The plan then has to have the same steps with the same inputs, but
//! for the variable in those that were passed, and each stage the same variables in the same order.

mod attention;
mod walk;

use std::collections::BTreeSet;

use super::candidate::{Candidate, Found};
use super::proof::{own_inputs, replan};
use super::types::{Proof, Refusal, Request, Risk};
use super::variables::{is_read_by_many, says_what_is_built};
use super::{Reason, arguments, text};
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, Stage};
use crate::plan::{BuildOptions, KeyInput, Plan, PlanRequest, Step, made_configuration};

use walk::{Walk, worse};

/// The name of the rewrite.
pub(super) const ID: &str = "sink-setting";

/// What no rule sees: a program may ask for a variable without a word of it, in `/proc`, by
/// `BASH_ENV`, or where the search path leads to one of the project's own.
const HIDDEN: Risk = Risk::Verify;

/// Every ARG of the plan's stages that can sink, and those that cannot.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    let changing = arguments::changing(request);
    let stages: Vec<Stage<'_>> = request.plan.dockerfile.stages().collect();
    for stage in stages.iter().copied() {
        let mut next = 0;
        while let Some(at) = (next..stage.instructions.len())
            .find(|&at| matches!(stage.instructions[at].kind, InstructionKind::Arg(_)))
        {
            next = at + 1;
            let instruction = &stage.instructions[at];
            let names = super::variables::set_by(instruction);
            if names.iter().any(|name| is_read_by_many(name)) {
                continue;
            }
            if names.iter().any(|name| changing.contains(*name)) {
                match of_argument(request, plan, (&stages, stage), at, &changing) {
                    Ok(Some((candidate, last))) => {
                        found.candidates.push(candidate);
                        next = last;
                    }
                    Ok(None) => {}
                    Err(refusal) => found.refusals.push(refusal),
                }
            } else if let Some(name) = would_change(request, instruction)
                && worth_asking(&walk::down(plan, &stages, stage, at), stage)
            {
                let reason = Reason::NotGiven { name: name.to_owned() };
                found.refusals.push(Refusal { line: instruction.line, reason });
            }
        }
    }
    found
}

/// The name of an ARG that says what is built, and has no value here at all.
fn would_change<'a>(request: &Request<'_>, instruction: &'a Instruction) -> Option<&'a str> {
    let InstructionKind::Arg(pairs) = &instruction.kind else { return None };
    let [(name, None)] = &**pairs else { return None };
    let is_set = |other: &Instruction| {
        matches!(&other.kind, InstructionKind::Arg(pairs)
            if pairs.iter().any(|(known, default)| known == name && default.is_some()))
    };
    let dockerfile = request.plan.dockerfile;
    let is_open = !request.plan.options.build_args.contains_key(name)
        && !dockerfile.instructions().iter().any(is_set);
    (is_open && says_what_is_built(name)).then_some(name)
}

/// Whether it could pass steps that take time, if it had a value.
fn worth_asking(walk: &Walk, stage: Stage<'_>) -> bool {
    let could_be = matches!(walk.blocked, Some((_, Reason::NotGiven { .. })));
    could_be || walk.passes.iter().any(|&at| is_costly(&stage.instructions[at]))
}

fn is_costly(run: &Instruction) -> bool {
    super::dependencies::is_install(&run.text)
}

/// The ARG at a position as a candidate, and the position of the last step that it passes.
fn of_argument(
    request: &Request<'_>,
    plan: &Plan,
    (stages, stage): (&[Stage<'_>], Stage<'_>),
    at: usize,
    changing: &BTreeSet<String>,
) -> Result<Option<(Candidate, usize)>, Refusal> {
    let argument = &stage.instructions[at];
    let walk = walk::down(plan, stages, stage, at);
    let Some(&last) = walk.passes.last() else {
        return match walk.blocked {
            // A stage that is not built has no step.
            Some((_, Reason::NotProven)) => Ok(None),
            Some((position, reason)) if is_costly(&stage.instructions[position]) => {
                Err(Refusal { line: stage.instructions[position].line, reason })
            }
            _ => Ok(None),
        };
    };
    let moved: Vec<&Instruction> = walk
        .moved
        .iter()
        .filter(|position| **position < last)
        .map(|position| &stage.instructions[*position])
        .collect();
    let below = &stage.instructions[last];
    let edits = text::sink(request.plan.dockerfile, &moved, below);
    let passed: Vec<u32> =
        walk.passes.iter().map(|&position| stage.instructions[position].line).collect();
    let Some(order) = proven(request, plan, &edits, &passed, &walk.names) else {
        return Ok(None);
    };
    let risk = worse(worse(order, walk.risk), HIDDEN);
    let name = walk.names.iter().find(|name| changing.contains(*name));
    let name = name.map_or("its value", |name| name);
    let steps = match &*passed {
        [only] => format!("the step on line {only} runs again though it does"),
        [first, .., last] => {
            format!("{} steps on lines {first} to {last} run again though they do", passed.len())
        }
        [] => return Ok(None),
    };
    let line = argument.line;
    let others = match moved.len() {
        1 => String::new(),
        2 => " with the setting that is made of it".to_owned(),
        count => format!(" with {} settings below it", count - 1),
    };
    let candidate = Candidate {
        id: ID,
        line,
        title: format!("Move the ARG on line {line}{others} below line {}", below.line),
        why: format!("Every build has another {name}, and so {steps} not ask for it."),
        proof: Proof::Rule,
        risk,
        edits,
        example: Vec::new(),
        freed: Vec::new(),
    };
    Ok(Some((candidate, last)))
}

/// Whether the plan has the same steps, and every stage the same variables: `None` where it has not,
/// and [`Risk::Verify`] where a RUN below has its variables in another order.
fn proven(
    request: &Request<'_>,
    before: &Plan,
    edits: &[Edit],
    passed: &[u32],
    names: &[String],
) -> Option<Risk> {
    let (new, after) = replan(request, edits)?;
    if before.steps.len() != after.steps.len() {
        return None;
    }
    let mut risk = Risk::None;
    for (was, is) in before.steps.iter().zip(&after.steps) {
        let is_passed = passed.contains(&was.line);
        let inputs = |step| -> Vec<KeyInput> {
            let all = own_inputs(step).into_iter();
            let is_kept = |input: &&KeyInput| match input {
                KeyInput::Environment { name, .. } => !(is_passed && names.contains(name)),
                _ => true,
            };
            all.filter(is_kept).cloned().collect()
        };
        let (own, new) = (inputs(was), inputs(is));
        if was.instruction != is.instruction || !is_same_but_for_order(&own, &new) {
            return None;
        }
        if own != new {
            risk = Risk::Verify;
        }
        if is_passed && has_argument(is, names) {
            return None;
        }
    }
    have_same_configurations(request, &new).then_some(risk)
}

fn is_same_but_for_order(own: &[KeyInput], new: &[KeyInput]) -> bool {
    own.len() == new.len() && own.iter().all(|input| new.contains(input))
}

fn has_argument(step: &Step, names: &[String]) -> bool {
    step.inputs.iter().any(|input| match input {
        KeyInput::Environment { name, argument, .. } => *argument && names.contains(name),
        _ => false,
    })
}

/// Whether an image of each stage has the same variables, directory, user and shell. A stage without
/// a name gives its files alone.
fn have_same_configurations(request: &Request<'_>, new: &Dockerfile) -> bool {
    let named =
        request.plan.dockerfile.stages().filter_map(|stage| stage.name().map(str::to_owned));
    let mut targets = named.map(Some).chain([None, request.plan.options.target.clone()]);
    targets.all(|target| {
        let options = BuildOptions { target, ..request.plan.options.clone() };
        let of = |dockerfile| {
            let request = PlanRequest { dockerfile, options: &options, ..request.plan };
            made_configuration(request).ok()
        };
        let was = of(request.plan.dockerfile);
        was.is_some() && was == of(new)
    })
}
