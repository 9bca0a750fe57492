//! `hoist-manifests`: copy what says which packages are installed, and install them, before the
//! rest is copied.
//!
//! Looks in each stage for a RUN that only installs with tools that are known ([`tools`]) and
//! stands behind COPYs that bring its manifests together with more. `read` reads the instructions,
//! `stack` says which COPYs these are and what between them goes along, `examine` holds the
//! conditions, `links` and `directories` one each of them, `lines` makes the edits, [`Promise`] asks the plan about the
//! result.

mod back;
mod builds;
mod directories;
mod examine;
mod lines;
mod links;
mod read;
mod stack;
mod stays;

pub(super) use links::is_above as link_above;
pub(super) use read::{brings_only_what_is_named, changes_nothing, mounts, run};

use super::candidate::{Candidate, Found};
use super::planned::{roots_below, step_at};
use super::proof::Promise;
use super::reason::Reason;
use super::tools;
use super::types::{Proof, Refusal, Request, Risk};
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{CommandForm, Instruction, InstructionKind, Stage};
use crate::plan::Plan;

/// One install that can be hoisted.
#[derive(Debug, Clone)]
struct Hoist {
    /// The line of the COPY.
    line: u32,
    /// What is run, such as `pip install`.
    command: &'static str,
    /// The manifests, as the context has them.
    manifests: Vec<ContextPath>,
    /// One of the files that the COPY brings besides.
    other: ContextPath,
    /// The first lines of the installs.
    installs: Vec<u32>,
    /// Whether all that could matter is known.
    risk: Risk,
    /// The edits.
    edits: Vec<Edit>,
}

impl Hoist {
    /// Whether the plan has the same installs, freed from all but the manifests.
    fn is_proven(&self, request: &Request<'_>, plan: &Plan, stage: usize) -> bool {
        // What is copied further above, the install runs for as it did.
        let before = roots_below(plan, self.line);
        let is_before = |file: &ContextPath| before.iter().any(|root| file.starts_with(root));
        let dockerfile = request.plan.dockerfile;
        let passed = dockerfile.instructions().iter().filter(|step| {
            let is_there = self.installs.last().is_some_and(|last| step.line < *last);
            step.line >= self.line && is_there && step_at(plan, step).is_some()
        });
        let moved: Vec<u32> = passed.map(|step| step.line).collect();
        let promise = Promise {
            stage,
            edits: &self.edits,
            freed: &self.installs,
            moved: &moved,
            is_kept: &|file| self.manifests.contains(file) || is_before(file),
        };
        promise.holds(request, plan)
    }

    fn into_candidate(self) -> Candidate {
        let files = match &*self.manifests {
            [only] => only.to_string(),
            [first, second] => format!("{first} and {second}"),
            [first, rest @ ..] => format!("{first} and {} more manifests", rest.len()),
            [] => "the manifests".to_owned(),
        };
        let why = format!(
            "Line {} copies more than {files}, so every edit of another file it copies runs `{}` \
             on line {} again.",
            self.line,
            self.command,
            self.installs.first().copied().unwrap_or(self.line),
        );
        Candidate {
            id: "hoist-manifests",
            line: self.line,
            title: format!("Install {files} before copying the rest"),
            why,
            proof: Proof::Rule,
            risk: self.risk,
            edits: self.edits,
            example: vec![self.other],
            freed: self.installs,
        }
    }
}

/// Every install of the plan's stages that can be hoisted, and those that look alike and cannot.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    let dockerfile = request.plan.dockerfile;
    for stage in dockerfile.stages() {
        in_stage(request, plan, stage, &mut found);
    }
    found
}

fn in_stage(request: &Request<'_>, plan: &Plan, stage: Stage<'_>, found: &mut Found) {
    let mut next = 0;
    while let Some(install) = (next..stage.instructions.len())
        .find(|&index| looks_like_install(&stage.instructions[index]))
    {
        next = install + 1;
        match examine::hoist(request, plan, stage, install) {
            Ok(Some((hoist, last))) => {
                if hoist.is_proven(request, plan, stage.index) {
                    next = last + 1;
                    found.candidates.push(hoist.into_candidate());
                } else {
                    let line = stage.instructions[install].line;
                    found.refusals.push(Refusal { line, reason: Reason::NotProven });
                }
            }
            Ok(None) => {}
            Err(refusal) => found.refusals.push(refusal),
        }
    }
}

/// Whether a RUN mentions an install from manifests, understood or not.
fn looks_like_install(instruction: &Instruction) -> bool {
    let InstructionKind::Run { command, .. } = &instruction.kind else { return false };
    let mut text = match command {
        CommandForm::Shell(text) => text.clone(),
        CommandForm::Exec(words) => words.join(" "),
    };
    text.extend(instruction.heredocs.iter().map(|heredoc| format!(" {}", heredoc.content)));
    tools::is_mentioned(&text)
}
