//! `lower-run`: install packages by name in the stage that a stage is built on, where that is
//! possible before anything is copied.
//!
//! ```text
//! FROM python AS packages                  FROM python AS packages
//! COPY requirements.txt .                  RUN npm install -g uglify-js
//! RUN pip install -r requirements.txt      COPY requirements.txt .
//! FROM packages AS assets              ->  RUN pip install -r requirements.txt
//! RUN npm install -g uglify-js             FROM packages AS assets
//! COPY . .                                 COPY . .
//! ```
//!
//! A stage begins with all that the one below it ends with, so its first step may as well be the
//! last one there. By itself that saves nothing, so it is offered only with what `sink-copy` makes
//! of it. The lower stage gains the packages: nobody else may be built on it, and what is copied
//! from it may not lie where packages are. Whoever builds that stage by itself has them too, so that
//! both images are always compared.

use super::candidate::{Candidate, Found};
use super::effects::{Effects, Setting, do_overlap};
use super::planned::{arguments, directory, environment, step_at};
use super::proof::{others, own_inputs, replan};
use super::text::{block, line_end, newline};
use super::types::{Proof, Request, Risk};
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, Span, Stage};
use crate::plan::{Plan, Step};

/// What the rewrite is called.
pub(super) const ID: &str = "lower-run";

/// Every step that opens a stage and can be the last one of the stage below.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    for stage in request.plan.dockerfile.stages() {
        found.candidates.extend(in_stage(request, plan, stage));
    }
    found
}

fn in_stage(request: &Request<'_>, plan: &Plan, stage: Stage<'_>) -> Option<Candidate> {
    let dockerfile = request.plan.dockerfile;
    let below = stage.built_on(dockerfile.stages())?;
    let run = stage.instructions.first()?;
    let step = step_at(plan, run)?;
    let effects = installs_by_name(run, step)?;
    let is_used = dockerfile.stages().any(|other| {
        let is_on_it =
            other.built_on(dockerfile.stages()).is_some_and(|it| it.index == below.index);
        other.index != stage.index && is_on_it
            || other.instructions.iter().any(|it| takes_from(it, below, &effects))
    });
    let copies = below.instructions.iter().any(|it| match &it.kind {
        InstructionKind::Copy(of) | InstructionKind::Add(of) => of.from.is_none(),
        _ => false,
    });
    let has_trigger =
        below.instructions.iter().any(|it| matches!(it.kind, InstructionKind::Onbuild { .. }));
    if is_used || !copies || has_trigger {
        return None;
    }
    let edits = edits(dockerfile, run, below.instructions.last()?)?;
    let line = run.line;
    is_proven(request, plan, (stage, below), step, &edits).then(|| Candidate {
        id: ID,
        line,
        title: format!("Run line {line} in the stage that it is built on"),
        why: format!(
            "What line {line} installs by name stands on a stage that copies files, so every edit \
             of these runs it again. That stage has the packages too then."
        ),
        proof: Proof::Rule,
        risk: Risk::Verify,
        edits,
        example: Vec::new(),
        freed: Vec::new(),
    })
}

/// What a RUN does that installs packages by name and nothing else.
fn installs_by_name(run: &Instruction, step: &Step) -> Option<Effects> {
    let InstructionKind::Run { mounts, .. } = &run.kind else { return None };
    if !run.heredocs.is_empty() || !run.flags.is_empty() {
        return None;
    }
    let (directory, environment) = (directory(step), environment(step));
    let setting = Setting { directory: Some(&directory), environment: &environment };
    let effects = Effects::of_run(&arguments(step)?, mounts, setting);
    (effects.is_costly && effects.installs_by_name()).then_some(effects)
}

/// Whether an instruction takes anything from a stage that these effects may reach.
fn takes_from(instruction: &Instruction, stage: Stage<'_>, effects: &Effects) -> bool {
    let is_it = |from: &str| {
        stage.name().is_some_and(|name| name.eq_ignore_ascii_case(from))
            || from == stage.index.to_string()
            // It may be any of them.
            || from.contains('$')
    };
    let reaches = |path: &str| {
        let place = ContextPath::new(path);
        path.contains(['$', '*', '?', '['])
            || effects.touches().chain(&effects.perhaps).any(|it| do_overlap(it, &place))
    };
    match &instruction.kind {
        InstructionKind::Copy(of) => {
            of.from.as_deref().is_some_and(is_it) && of.sources.iter().any(|path| reaches(path))
        }
        InstructionKind::Run { mounts, .. } => {
            mounts.iter().any(|mount| mount.from.as_deref().is_some_and(is_it))
        }
        _ => false,
    }
}

/// Puts the RUN, with the comments above it, behind the last instruction of the stage below.
fn edits(dockerfile: &Dockerfile, run: &Instruction, last: &Instruction) -> Option<Vec<Edit>> {
    let source = dockerfile.source();
    let own = block(source, run.span);
    let mut moved = source.get(own.start..own.end)?.to_owned();
    if !moved.ends_with('\n') {
        moved.push_str(newline(source));
    }
    let rest = source.get(own.end..)?;
    let is_blank = |line: &&str| line.trim().is_empty();
    let gap: usize = rest.split_inclusive('\n').take_while(is_blank).map(str::len).sum();
    let end = line_end(source, last.span.end);
    Some(vec![
        Edit::replace(Span { start: end, end }, moved),
        Edit::replace(Span { start: own.start, end: own.end + gap }, ""),
    ])
}

/// Whether the plan of the result has the step with all that it runs with, and all others as they
/// were.
fn is_proven(
    request: &Request<'_>,
    plan: &Plan,
    (stage, below): (Stage<'_>, Stage<'_>),
    step: &Step,
    edits: &[Edit],
) -> bool {
    let check = || {
        let (new, rewritten) = replan(request, edits)?;
        let is_below = new.stages().nth(below.index)?;
        let moved = is_below.instructions.last()?;
        let is = step_at(&rewritten, moved)?;
        let has_moved = is_below.instructions.len() == below.instructions.len() + 1
            && new.stages().nth(stage.index)?.instructions.len() + 1 == stage.instructions.len()
            && moved.text == stage.instructions.first()?.text;
        Some(
            has_moved
                && own_inputs(step) == own_inputs(is)
                && others(plan, &[step.line]) == others(&rewritten, &[is.line]),
        )
    };
    check().unwrap_or(false)
}
