//! `split-run`: give the install at the beginning of a RUN a RUN of its own, where another rewrite
//! can move that above the COPY of the sources.
//!
//! ```text
//! COPY . .                             COPY package.json package-lock.json ./
//! RUN npm ci && npm run build    ->    RUN npm ci
//!                                      COPY . .
//!                                      RUN npm run build
//! ```
//!
//! By itself it saves nothing, so it is offered only together with what it makes possible. `script`
//! reads the commands and what the shell keeps between them, which the second RUN is told again or
//! which refuses; `cut` writes the two RUNs. What the second one takes away again would stay in
//! the layer of the first, so in a stage whose layers the image keeps that refuses too. Where
//! the second RUN may touch what the first one leaves (a file of a lower layer is copied before it
//! is changed, which breaks hard links and some renames), both images have to be compared.

mod cut;
mod script;

use super::candidate::{Candidate, Found};
use super::effects::{Effects, Setting};
use super::hoist_manifests::brings_only_what_is_named;
use super::planned::{arguments, directory, environment, is_kept, step_at};
use super::proof::{others, replan, runs_with};
use super::types::{Proof, Refusal, Request, Risk};
use super::{Reason, shell};
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Instruction, InstructionKind, Mount, MountKind, Stage};
use crate::plan::{Plan, Step};

use cut::Cut;

pub(super) use script::chain;

/// How many ways to cut one RUN are tried.
const TRIES: usize = 4;

/// How many RUNs of a Dockerfile are tried.
const RUNS: usize = 12;

/// Makes more of a split: the split with a rewrite that frees the first RUN, which begins on this
/// line.
pub(super) type Follow<'a> = &'a dyn Fn(&Candidate, u32) -> Option<Candidate>;

/// Every RUN whose first commands can be freed, and those that would be but for what is said;
/// apart from those at the lines of `freed`, which need not be split for it.
pub(super) fn find(request: &Request<'_>, plan: &Plan, freed: &[u32], follow: Follow<'_>) -> Found {
    let mut found = Found::default();
    let mut runs = 0;
    for stage in request.plan.dockerfile.stages() {
        for (position, instruction) in stage.instructions.iter().enumerate() {
            let is_whole = freed.contains(&instruction.line) || !instruction.text.contains("&&");
            let above = &stage.instructions[..position];
            if !is_whole && runs < RUNS && brings_more(request, above, instruction) {
                runs += usize::from(of_run(request, plan, stage, instruction, follow, &mut found));
            }
        }
    }
    found
}

/// Whether a COPY above a RUN brings more than manifests and what the RUN speaks of.
fn brings_more(request: &Request<'_>, above: &[Instruction], run: &Instruction) -> bool {
    above.iter().any(|copy| {
        matches!(copy.kind, InstructionKind::Copy(_) | InstructionKind::Add(_))
            && !brings_only_what_is_named(request, copy, run)
    })
}

/// Tries one RUN, and tells whether there was anything to try.
fn of_run(
    request: &Request<'_>,
    plan: &Plan,
    stage: Stage<'_>,
    instruction: &Instruction,
    follow: Follow<'_>,
    found: &mut Found,
) -> bool {
    let InstructionKind::Run { mounts, .. } = &instruction.kind else { return false };
    let Some(run) = step_at(plan, instruction) else { return false };
    let line = instruction.line;
    let cuts = cut::all(request.plan.dockerfile, instruction);
    let mut worth = cuts.into_iter().filter_map(|cut| {
        let first = effects(run, mounts, &cut.first)?;
        (first.opaque.is_none() && first.is_costly).then_some((cut, first))
    });
    let mut is_tried = false;
    for (cut, first) in worth.by_ref().take(TRIES) {
        is_tried = true;
        let risk = risk(run, mounts, &cut, &first);
        let candidate = candidate(instruction, &cut, risk);
        let Some(both) = follow(&candidate, line) else { continue };
        if let Some(reason) = prevented(plan, run, mounts, &cut) {
            found.refusals.push(Refusal { line, reason });
        } else if is_proven(request, plan, stage, instruction, &candidate) {
            found.candidates.push(both);
        }
        break;
    }
    is_tried
}

fn candidate(instruction: &Instruction, cut: &Cut, risk: Risk) -> Candidate {
    let line = instruction.line;
    let first = cut.first.rsplit("&&").next().unwrap_or(&cut.first).trim();
    Candidate {
        id: "split-run",
        line,
        title: format!("Split the RUN on line {line} behind `{first}`"),
        why: format!(
            "Line {line} does more than to install, so every edit that its last commands need also \
             runs `{first}` again."
        ),
        proof: Proof::Rule,
        risk,
        edits: vec![Edit::replace(instruction.span, &*cut.text)],
        example: Vec::new(),
        freed: Vec::new(),
    }
}

/// The effects of a script that the step would run.
fn effects(run: &Step, mounts: &[Mount], script: &str) -> Option<Effects> {
    let mut words = arguments(run)?;
    shell::ran(&words).ok()?;
    script.clone_into(words.last_mut()?);
    let (directory, environment) = (directory(run), environment(run));
    let setting = Setting { directory: Some(&directory), environment: &environment };
    Some(Effects::of_run(&words, mounts, setting))
}

/// Certain where the second RUN is understood and touches nothing of the first one's.
fn risk(run: &Step, mounts: &[Mount], cut: &Cut, first: &Effects) -> Risk {
    let has_cache = mounts.iter().any(|mount| mount.kind == MountKind::Cache);
    let rest = effects(run, mounts, &cut.rest);
    let is_apart = rest.is_some_and(|rest| first.is_independent_of(&rest));
    if is_apart && !has_cache { Risk::None } else { Risk::Verify }
}

/// Words of commands that take files away or write all of them again.
const CLEANING: &[&str] = &[
    "rm",
    "rmdir",
    "unlink",
    "purge",
    "autoremove",
    "remove",
    "del",
    "erase",
    "uninstall",
    "prune",
    "clean",
    "autoclean",
    "-delete",
    "mv",
    "strip",
    "upx",
    "chown",
    "chmod",
    "chgrp",
];

/// Why the two RUNs would not do what the one does, or leave more behind.
fn prevented(plan: &Plan, run: &Step, mounts: &[Mount], cut: &Cut) -> Option<Reason> {
    if let Some(lost) = &cut.lost {
        return Some(Reason::ShellState(lost.clone()));
    }
    if environment(run).iter().any(|(name, _)| *name == "BASH_ENV") {
        return Some(Reason::ShellState("BASH_ENV".to_owned()));
    }
    for mount in mounts {
        let is_forgotten = match mount.kind {
            MountKind::Tmpfs => true,
            MountKind::Bind => mount.read_only == Some(false) || mount.text.contains("rw"),
            // What was fetched into it may be gone when only the second RUN is run again.
            MountKind::Cache => cut.rest.contains("offline") || cut.rest.contains("no-index"),
            MountKind::Secret | MountKind::Ssh => false,
        };
        if is_forgotten {
            return Some(Reason::Mount(mount.text.clone()));
        }
    }
    let is_cleaning =
        |word: &&str| CLEANING.contains(&word.trim_matches(['"', '\'', '(', ')', ';']));
    let cleaning = cut.rest.split_whitespace().find(is_cleaning);
    cleaning.filter(|_| is_kept(plan, run)).map(|word| Reason::CleansUp(word.to_owned()))
}

/// Whether the plan has both RUNs as the one was, but for the command, and nothing else changed.
fn is_proven(
    request: &Request<'_>,
    before: &Plan,
    stage: Stage<'_>,
    instruction: &Instruction,
    split: &Candidate,
) -> bool {
    let check = || {
        let (new, after) = replan(request, &split.edits)?;
        let at = stage.instructions.iter().position(|other| other.line == instruction.line)?;
        let new_stage = new.stages().nth(stage.index)?;
        let (first, second) =
            (new_stage.instructions.get(at)?, new_stage.instructions.get(at + 1)?);
        let was = runs_with(step_at(before, instruction)?);
        let (first, second) = (step_at(&after, first)?, step_at(&after, second)?);
        let is_same = runs_with(first) == was && runs_with(second) == was;
        let is_rest_same =
            others(before, &[instruction.line]) == others(&after, &[first.line, second.line]);
        Some(is_same && is_rest_same)
    };
    check().unwrap_or(false)
}
