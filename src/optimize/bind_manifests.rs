//! `bind-manifests`: show an install its manifests, instead of copying them for it.
//!
//! ```text
//! COPY package.json package-lock.json ./       RUN --mount=type=bind,source=package.json,\
//! RUN npm ci                             ->        target=/app/package.json … npm ci
//! COPY . .                                     COPY . .
//! ```
//!
//! It saves the step and the layer of the first COPY. The image is the same only where nothing
//! misses that COPY: the install right behind it reads nothing but these files and writes none of
//! them, which it could not in a mount, and the next thing that happens to the stage is a COPY that
//! brings them to the same places from the same files, as they are. Only files that ask for
//! `BuildKit`'s language themselves are changed. An install that looks at more than is known would
//! see another directory, so both images are always compared.

use super::cache_mount::{is_of_buildkit, with_flag};
use super::candidate::{Candidate, Found};
use super::hoist_manifests::{self, changes_nothing};
use super::landing::Landing;
use super::planned::{destination, environment, step_at};
use super::text::block;
use super::tools::{Needs, View};
use super::types::{Proof, Request, Risk};
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Instruction, InstructionKind, Span};
use crate::plan::Plan;

/// More mounts than a line should have.
const FILES: usize = 4;

/// Every COPY of manifests that the install behind it can do without.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    if !is_of_buildkit(request) {
        return found;
    }
    for stage in request.plan.dockerfile.stages() {
        for (at, pair) in stage.instructions.windows(2).enumerate() {
            let [copy, run] = pair else { continue };
            let behind = &stage.instructions[at + 2..];
            found.candidates.extend(bind(request, plan, copy, run, behind));
        }
    }
    found
}

fn bind(
    request: &Request<'_>,
    plan: &Plan,
    copy: &Instruction,
    run: &Instruction,
    behind: &[Instruction],
) -> Option<Candidate> {
    let brought = brought(request, plan, copy)?;
    let files: Vec<(&ContextPath, &ContextPath)> = brought.places().collect();
    let are_few = !files.is_empty() && files.len() <= FILES;
    if !are_few || !are_all_read(request, plan, run, &brought) {
        return None;
    }
    let again = behind.iter().find(|next| !changes_nothing(next))?;
    let later = self::brought(request, plan, again)?;
    let is_again = |(place, source): &(&ContextPath, &ContextPath)| {
        later.places().any(|(other, from)| other == *place && from == *source)
    };
    if !files.iter().all(is_again) {
        return None;
    }
    let flags: Option<Vec<String>> =
        files.iter().map(|(place, source)| flag(place, source)).collect();
    let flags = flags?.join(" ");
    let dockerfile = request.plan.dockerfile;
    let lines = block(dockerfile.source(), copy.span);
    let removed = Span { start: copy.span.start, end: lines.end };
    let (line, install) = (copy.line, run.line);
    Some(Candidate {
        id: "bind-manifests",
        line,
        title: format!("Mount what line {line} copies for the install on line {install}"),
        why: format!(
            "Line {} copies the same files again, so that the layer of line {line} serves the \
             install alone.",
            again.line
        ),
        proof: Proof::Rule,
        risk: Risk::Verify,
        edits: vec![Edit::replace(removed, ""), with_flag(dockerfile, run, &flags)?],
        example: files.iter().map(|(_, source)| (*source).clone()).collect(),
        freed: Vec::new(),
    })
}

/// The mount that shows a file of the context at a place in the image.
fn flag(place: &ContextPath, source: &ContextPath) -> Option<String> {
    let (place, source) = (place.as_str()?, source.as_str()?);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    let are_plain = place.chars().chain(source.chars()).all(is_plain);
    are_plain.then(|| format!("--mount=type=bind,source={source},target=/{place}"))
}

/// What a COPY of the context without any flag brings.
fn brought<'a>(request: &Request<'a>, plan: &Plan, copy: &Instruction) -> Option<Landing<'a>> {
    let InstructionKind::Copy(transfer) = &copy.kind else { return None };
    if transfer.from.is_some() || !copy.flags.is_empty() || !copy.heredocs.is_empty() {
        return None;
    }
    let written = destination(step_at(plan, copy)?)?;
    let landing = Landing::of(request.plan.snapshot, transfer, &written, false).ok()?;
    let is_once = landing.places().all(|(place, _)| landing.at(place).len() <= 1);
    is_once.then_some(landing)
}

/// Whether a RUN only installs, reads all that is brought, and writes none of it.
fn are_all_read(
    request: &Request<'_>,
    plan: &Plan,
    run: &Instruction,
    brought: &Landing<'_>,
) -> bool {
    let check = || {
        let read = hoist_manifests::run(plan, run, 0).ok()?;
        let variables = environment(read.step);
        let mut needs = Needs::default();
        for placed in &read.installs {
            let view = View {
                copy: run.line,
                landing: brought,
                directory: placed.directory.clone(),
                environment: &variables,
                read: request.read,
            };
            placed.install.tool.follow(&placed.install, &view, &mut needs).ok()?;
        }
        let is_written = |place: &ContextPath| needs.written.iter().any(|it| place.starts_with(it));
        let is_regular = |place: &ContextPath| brought.at(place).len() == 1;
        // A tool that may write a manifest again cannot do so in a mount.
        let only_reads = needs.risk == Risk::None;
        let mut places = brought.places();
        Some(
            only_reads
                && places.all(|(place, _)| {
                    is_regular(place) && needs.manifests.contains_key(place) && !is_written(place)
                }),
        )
    };
    check().unwrap_or(false)
}
