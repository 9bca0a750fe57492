//! `chown-copy`: give away what a COPY brings in the COPY, and not in a `chown -R` below it.
//!
//! ```text
//! WORKDIR /app                                 WORKDIR /app
//! COPY . .                                     RUN useradd web && chown -R web:web /app
//! RUN useradd web && chown -R web:web /app  -> COPY --chown=web:web . .
//! USER web                                     USER web
//! ```
//!
//! The RUN itself moves above the COPYs, where it still gives away the directory and all that an
//! earlier step left there. So it no longer runs for every edit, its layer no longer has all
//! that was copied a second time, and `hoist-manifests` may find an install right below the COPY
//! then. `owner` reads the command, `walk` says which COPYs it passes and what between them makes
//! files of its own, which are still given away below it, `lines` writes the text.
//!
//! A COPY sets the owner of links themselves, as `chown -R` does, and of every directory that it
//! makes or brings (engine 28.5). What it does not do is take away a file's setuid bits, so that
//! files with these refuse. The directory has to be there already: a WORKDIR or a `mkdir -p` above
//! says so.

mod lines;
mod owner;
mod walk;

use super::candidate::{Candidate, Found};
use super::planned::{roots_below, step_at};
use super::proof::{others, own_inputs, replan};
use super::sink_copy::{self, Does, Item};
use super::types::{Proof, Request};
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Instruction, Stage};
use crate::plan::{BuilderKind, KeyInput, Plan, Step};

use owner::Giving;
use walk::Walk;

/// What the rewrite is called.
pub(super) const ID: &str = "chown-copy";

/// Every RUN of the plan's stages that a COPY can do the work of. Not for the classic builder, which
/// keeps nothing that a RUN does to a volume.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    if request.plan.dialect.builder != BuilderKind::BuildKit {
        return found;
    }
    for stage in request.plan.dockerfile.stages() {
        if stage.instructions.iter().any(|run| run.text.contains("chown")) {
            let items = sink_copy::of_stage(request, plan, stage);
            let runs = 0..stage.instructions.len();
            found.candidates.extend(runs.filter_map(|at| of_run(request, plan, stage, &items, at)));
        }
    }
    found
}

fn of_run(
    request: &Request<'_>,
    plan: &Plan,
    stage: Stage<'_>,
    items: &[Item<'_>],
    at: usize,
) -> Option<Candidate> {
    let run = &stage.instructions[at];
    let giving = owner::read(plan, run)?;
    let walk = walk::up(request, plan, items, at, &giving)?;
    let (top, _) = walk.owned.last()?;
    if !walk.places.iter().all(|place| is_made(request, plan, stage, *top, place)) {
        return None;
    }
    let edits = lines::edits(request.plan.dockerfile, stage.instructions, run, &giving, &walk)?;
    let rewrite = Rewrite { stage, at, walk: &walk };
    if !rewrite.is_proven(request, plan, &edits)? {
        return None;
    }
    Some(candidate(request, plan, (stage, run), &giving, &walk, edits))
}

fn candidate(
    request: &Request<'_>,
    plan: &Plan,
    (stage, run): (Stage<'_>, &Instruction),
    giving: &Giving,
    walk: &Walk,
    edits: Vec<Edit>,
) -> Candidate {
    let mut lines: Vec<u32> =
        walk.owned.iter().map(|(position, _)| stage.instructions[*position].line).collect();
    lines.sort_unstable();
    let roots = roots_below(plan, run.line);
    let mut files = request.plan.snapshot.entries().iter().filter(|entry| entry.digest.is_some());
    let example = files.find(|entry| roots.iter().any(|root| entry.path.starts_with(root)));
    let owner = giving.chowns.first().map_or("", |chown| &chown.owner);
    let copies = match &*lines {
        [only] => format!("the COPY on line {only} give its files"),
        [first, .., last] => {
            format!("the {} COPYs on lines {first} to {last} give their files", lines.len())
        }
        [] => String::new(),
    };
    Candidate {
        id: ID,
        line: lines.first().copied().unwrap_or(run.line),
        title: format!("Let {copies} to {owner}"),
        why: format!(
            "`chown -R` on line {} runs again for every edit of a copied file, and writes all that \
             was copied a second time, into a layer of its own.",
            run.line
        ),
        proof: Proof::Rule,
        risk: walk.risk,
        edits,
        example: example.map(|entry| entry.path.clone()).into_iter().collect(),
        // One for what is made in between is still there.
        freed: if walk.made.is_empty() { vec![run.line] } else { Vec::new() },
    }
}

/// Whether a directory is there above a position of a stage for certain.
fn is_made(
    request: &Request<'_>,
    plan: &Plan,
    stage: Stage<'_>,
    position: usize,
    place: &ContextPath,
) -> bool {
    let mut above = position;
    let mut next = Some(stage);
    while let Some(stage) = next {
        let items = sink_copy::of_stage(request, plan, stage);
        let is_there = items.iter().take(above).any(|item| match &item.does {
            Does::Go(directory) => directory.starts_with(place),
            Does::Run(run) => {
                let effects = &run.effects;
                let is_plain = effects.opaque.is_none() && effects.programs == ["mkdir"];
                is_plain && effects.writes.iter().any(|made| made.starts_with(place))
            }
            _ => false,
        });
        if is_there {
            return true;
        }
        above = usize::MAX;
        next = stage.built_on(request.plan.dockerfile.stages());
    }
    false
}

/// What is done to a stage.
struct Rewrite<'a, 'b> {
    stage: Stage<'a>,
    /// The position of the RUN.
    at: usize,
    walk: &'b Walk,
}

impl Rewrite<'_, '_> {
    /// Whether the plan of the result has the same steps: the RUN with all that it runs with but the
    /// environment, which it does not ask; COPYs of the same files; all others as they were.
    fn is_proven(&self, request: &Request<'_>, plan: &Plan, edits: &[Edit]) -> Option<bool> {
        let (new, rewritten) = replan(request, edits)?;
        let is_in = new.stages().nth(self.stage.index)?;
        let (was, is) = (self.stage.instructions, is_in.instructions);
        let (top, _) = *self.walk.owned.last()?;
        let added = usize::from(!self.walk.made.is_empty());
        if was.len() + added != is.len() || is.get(top)?.text != was[self.at].text {
            return Some(false);
        }
        // Where the instructions between have come to.
        let now = |position: usize| match position {
            position if position < top => position,
            position if position < self.at => position + 1,
            position if position == self.at => top,
            position => position + added,
        };
        let mut lines = (vec![was[self.at].line], vec![is[top].line]);
        if added > 0 {
            lines.1.push(is[self.at + 1].line);
        }
        for (position, _) in &self.walk.owned {
            let (before, after) = (&was[*position], is.get(now(*position))?);
            let files = |step: &Step| -> Vec<KeyInput> {
                let is_file = |input: &&KeyInput| matches!(input, KeyInput::Files { .. });
                own_inputs(step).into_iter().filter(is_file).cloned().collect()
            };
            if files(step_at(plan, before)?) != files(step_at(&rewritten, after)?) {
                return Some(false);
            }
            lines.0.push(before.line);
            lines.1.push(after.line);
        }
        let runs_with = |step: &Step| -> Vec<KeyInput> {
            let is_variable = |input: &&KeyInput| !matches!(input, KeyInput::Environment { .. });
            own_inputs(step).into_iter().filter(is_variable).cloned().collect()
        };
        let is_same_run =
            runs_with(step_at(plan, &was[self.at])?) == runs_with(step_at(&rewritten, &is[top])?);
        let are_others_same = others(plan, &lines.0) == others(&rewritten, &lines.1);
        Some(is_same_run && are_others_same)
    }
}
