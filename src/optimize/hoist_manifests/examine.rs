//! The conditions under which an install may be hoisted.

use super::read::{
    Copy, Entered, Placed, Run, brings_only_what_is_named, changes_nothing, copy, mounts, run,
};
use super::stack::Stack;
use super::{Hoist, directories, lines, links};
use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, MountKind, Stage};
use crate::optimize::Reason;
use crate::optimize::landing::{Landing, image_path};
use crate::optimize::planned::{directory, environment, is_base_known, step_at};
use crate::optimize::surroundings::Surroundings;
use crate::optimize::times;
use crate::optimize::tools::{Install, Manifests, Needs, View};
use crate::optimize::types::{Refusal, Request, Risk};
use crate::plan::Plan;

/// The hoist of the install at `index` of the stage, with those right behind it, and the index of
/// the last one. `None` where there is nothing to better.
pub(super) fn hoist(
    request: &Request<'_>,
    plan: &Plan,
    stage: Stage<'_>,
    index: usize,
) -> Result<Option<(Hoist, usize)>, Refusal> {
    let instruction = &stage.instructions[index];
    let before = &stage.instructions[..index];
    let Some(copy_index) = before.iter().rposition(is_transfer) else { return Ok(None) };
    if step_at(plan, instruction).is_none() {
        return Ok(None);
    }
    let brings_more = |transfer: &&Instruction| {
        is_transfer(transfer) && !brings_only_what_is_named(request, transfer, instruction)
    };
    if !before.iter().any(|transfer| brings_more(&transfer)) {
        return Ok(None);
    }
    let nearest = &before[copy_index];
    let stack = Stack::above(request, plan, before, instruction.line)?;
    let Some(first) = first_run(request, plan, before, instruction).map_err(at(instruction))?
    else {
        return Ok(None);
    };
    let requested = requested(&first);
    if requested.is_empty() || is_installed_before(plan, &before[..copy_index], &requested) {
        return Ok(None);
    }
    let Some(last_copy) = stack.copies.last().map(|(position, _)| *position) else {
        let refused = |_| at(nearest)(Reason::NotProven);
        return Err(copy(request, plan, nearest).map_or_else(at(nearest), refused));
    };
    let mut behind = Vec::new();
    for (position, between) in before.iter().enumerate().skip(last_copy + 1) {
        let stays = stack.stays.iter().any(|stays| stays.index == position);
        if matches!(between.kind, InstructionKind::Run { .. }) && !stays {
            behind.push(run(plan, between, position).map_err(at(between))?);
        }
    }
    behind.push(first);
    let install = Examined { request, plan, stage, before, requested };
    let is_alone = stack.copies.len() == 1;
    // All the COPYs first, then those below what builds, and else only the nearest one.
    let below_builds = stack.below_builds();
    let nearest = stack.clone().nearest(last_copy);
    let mut passed = install.pass(&stack, behind.clone());
    for fewer in below_builds.into_iter().chain([nearest]) {
        match &passed {
            Ok(Some(_)) | Err(Refusal { reason: Reason::IrregularManifest(_), .. }) => break,
            _ if is_alone => break,
            _ => passed = install.pass(&fewer, behind.clone()),
        }
    }
    passed
}

/// An install with what stands above it.
struct Examined<'a, 'b> {
    request: &'b Request<'a>,
    plan: &'a Plan,
    stage: Stage<'a>,
    before: &'a [Instruction],
    /// The manifests that it names.
    requested: Vec<ContextPath>,
}

impl<'a> Examined<'a, '_> {
    /// The hoist of RUNs above all COPYs of the stack, with the index of the last one.
    fn pass(
        &self,
        stack: &Stack<'a>,
        mut runs: Vec<Run<'a>>,
    ) -> Result<Option<(Hoist, usize)>, Refusal> {
        let Self { request, plan, stage, before, ref requested } = *self;
        let (Some((top, copy)), Some((_, nearest)), Some(first)) =
            (stack.copies.first(), stack.copies.last(), runs.last())
        else {
            return Ok(None);
        };
        let Run { instruction, step, index, .. } = *first;
        let landing = stack.landing();
        let between_copies = |copy: &Copy<'_>, earlier: &Instruction| {
            let (keyword, install) = (copy.instruction.kind.keyword(), instruction.line);
            at(copy.instruction)(Reason::Between { keyword, copy: earlier.line, install })
        };
        for file in requested.iter().filter(|file| landing.at(file).is_empty()) {
            if let Some(earlier) = brought_before(request, plan, &before[..*top], file) {
                return Err(between_copies(copy, earlier));
            }
        }
        if !is_base_known(plan, step) && !before.iter().any(is_absolute_workdir) {
            return Err(at(instruction)(Reason::UnknownDirectory));
        }
        for Placed { install, .. } in &first.installs {
            if let Some(settings) = earlier_settings(request, nearest.instruction, install) {
                let (tool, text) = (install.tool.name(), settings.text.clone());
                return Err(at(settings)(Reason::Configured { tool, text }));
            }
        }
        if let Some(link) = self.link_on_the_way(stack) {
            let tool = first.installs.first().map_or("the install", |it| it.install.tool.name());
            let text = link.text.clone();
            return Err(at(link)(Reason::Configured { tool, text }));
        }
        let command = first_command(&runs);
        let mut needs = Needs::default();
        for run in &runs {
            needs = match with_needs(request, stack, &landing, run, &needs) {
                Err(Reason::Project { said, option, .. })
                    if is_mentioned_with(&before[..*top], said, option) =>
                {
                    return Ok(None);
                }
                needs => needs.map_err(at(run.instruction))?,
            };
        }
        let mut needs =
            with_those_behind(request, plan, stage, (stack, &landing), needs, &mut runs);
        if let Some(file) = needs.manifests.keys().find(|file| is_behind_link(&landing, file)) {
            return Err(at(instruction)(Reason::IrregularManifest(file.clone())));
        }
        let below = stack.below(&needs.manifests);
        let Some(&top) = below.first() else {
            let brings_more = |transfer: &&Instruction| {
                is_transfer(transfer) && !brings_only_what_is_named(request, transfer, instruction)
            };
            let earlier = before[..*top].iter().rev().find(brings_more);
            return earlier.map_or(Ok(None), |earlier| Err(between_copies(copy, earlier)));
        };
        let (top_index, top_copy) = &stack.copies[top];
        needs.risk = self.stays_behind(stack, (&runs, &needs), (*top_index, instruction))?;
        let last = runs.last().map_or(index, |run| run.index);
        let lines = self.lines(stack, &below, *top_index, &needs.manifests)?;
        let is_below = |position: &usize| below.iter().any(|&at| stack.copies[at].0 == *position);
        let passing = |position: &usize| *position > *top_index && !is_below(position);
        let copies = stack.copies.iter().map(|(position, _)| *position);
        let mut along: Vec<usize> =
            stack.moved.iter().copied().chain(copies).filter(passing).collect();
        let stays = || stack.stays.iter().any(|stays| stays.index > *top_index);
        let back = stack.back.as_ref().filter(|_| stays());
        if let (Some(unneeded), None) = (&stack.back, back) {
            along.push(unneeded.position);
        }
        along.sort_unstable();
        let other = below.iter().flat_map(|&at| stack.copies[at].1.landing.iter());
        let mut other = other.filter(|(place, _)| !needs.manifests.contains_key(place));
        let Some(other) = other.next().map(|(_, entry)| entry.path.clone()) else {
            return Ok(None);
        };
        let edits = lines::edits(
            request.plan.dockerfile,
            top_copy.instruction,
            &along.iter().map(|&at| &before[at]).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.instruction).collect::<Vec<_>>(),
            &lines,
            back.map(|back| (&before[back.position], &*back.user)),
        );
        let is_sure = is_base_known(plan, step)
            && stack.risk == Risk::None
            && !self.compares_times(last, &needs.manifests);
        let mut sources: Vec<_> = needs.manifests.into_values().collect();
        sources.sort();
        let hoist = Hoist {
            line: top_copy.instruction.line,
            command,
            manifests: sources,
            other,
            installs: runs.iter().map(|run| run.instruction.line).collect(),
            risk: if is_sure { needs.risk } else { Risk::Verify },
            edits,
        };
        Ok(Some((hoist, last)))
    }

    /// What may have made a link of a place that a COPY of the stack goes to.
    fn link_on_the_way(&self, stack: &Stack<'_>) -> Option<&'a Instruction> {
        let Self { request, plan, .. } = *self;
        stack.copies.iter().find_map(|(_, copy)| {
            let place = ContextPath::new(&copy.destination);
            links::earlier(request, plan, copy.instruction.line, &place)
        })
    }

    /// Whether a step below the install may compare the times of its manifests: copied again below,
    /// one of them may be newer than what the install left of it.
    fn compares_times(&self, last: usize, manifests: &Manifests) -> bool {
        let Self { request, plan, stage, .. } = *self;
        let places: Vec<ContextPath> = manifests.keys().cloned().collect();
        let stages: Vec<Stage<'_>> = request.plan.dockerfile.stages().collect();
        times::reader(plan, &stages, (stage, last), &places).is_some()
    }

    /// The risk of passing the RUNs that stay below the COPY at `top`, that of the needs included.
    fn stays_behind(
        &self,
        stack: &Stack<'_>,
        (installs, needs): (&[Run<'_>], &Needs),
        (top, install): (usize, &Instruction),
    ) -> Result<Risk, Refusal> {
        let top_copy = stack.copies.iter().find(|(position, _)| *position == top);
        let line = top_copy.map_or(0, |(_, copy)| copy.instruction.line);
        let mut risk = needs.risk;
        for stays in stack.stays.iter().filter(|stays| stays.index > top) {
            let reason = Reason::Between { keyword: "RUN", copy: line, install: install.line };
            if !stays.is_passed_by(installs, needs) {
                return Err(at(stays.instruction)(reason));
            }
            let (made, passed) = (stays.instruction, (installs, needs));
            if !directories::are_unnoticed(self.request, self.plan, made, stack, passed) {
                risk = Risk::Verify;
            }
        }
        Ok(risk)
    }

    /// The COPY lines for the manifests that only what comes below brings.
    fn lines(
        &self,
        stack: &Stack<'a>,
        below: &[usize],
        top: usize,
        manifests: &Manifests,
    ) -> Result<Vec<String>, Refusal> {
        let mut lines = Vec::new();
        for (copy, mut missing) in stack.missing(below, manifests) {
            let there = already_there(self.request, self.plan, copy, &self.before[..top]);
            missing.retain(|place, source| there.get(place) != Some(source));
            let destination = ContextPath::new(&copy.destination);
            let new = lines::copies(copy.instruction, copy.transfer, &destination, &missing);
            lines.extend(new.map_err(at(copy.instruction))?);
        }
        Ok(lines)
    }
}

fn at(instruction: &Instruction) -> impl Fn(Reason) -> Refusal + use<> {
    let line = instruction.line;
    move |reason| Refusal { line, reason }
}

/// Whether one COPY brings a link, or a file, to where another has a directory on the way to a
/// manifest: then their order decides where that goes.
fn is_behind_link(landing: &Landing<'_>, manifest: &ContextPath) -> bool {
    let mut above = manifest.parent();
    while let Some(place) = above {
        if !landing.at(&place).is_empty() {
            return true;
        }
        above = place.parent();
    }
    false
}

fn is_transfer(instruction: &Instruction) -> bool {
    matches!(instruction.kind, InstructionKind::Copy(_) | InstructionKind::Add(_))
}

/// The installs of the RUN behind `before`; `None` where its order is good already.
fn first_run<'a>(
    request: &Request<'_>,
    plan: &'a Plan,
    before: &[Instruction],
    instruction: &'a Instruction,
) -> Result<Option<Run<'a>>, Reason> {
    match run(plan, instruction, before.len()) {
        // What works on the project itself has its packages from an earlier step, or a cache.
        Err(Reason::ReadsProject { .. }) if is_prepared(before) || has_cache(instruction) => {
            Ok(None)
        }
        Ok(first) if is_good_already(request, plan, before, &first) => Ok(None),
        first => first.map(Some),
    }
}

/// Adds the installs right behind the last one, as far as they can move with it.
fn with_those_behind<'a>(
    request: &Request<'_>,
    plan: &'a Plan,
    stage: Stage<'a>,
    (stack, landing): (&Stack<'_>, &Landing<'_>),
    mut needs: Needs,
    runs: &mut Vec<Run<'a>>,
) -> Needs {
    let behind = runs.last().map_or(0, |run| run.index + 1);
    for (position, next) in stage.instructions.iter().enumerate().skip(behind) {
        if changes_nothing(next) {
            continue;
        }
        let Ok(next) = run(plan, next, position) else { break };
        let Ok(more) = with_needs(request, stack, landing, &next, &needs) else { break };
        needs = more;
        runs.push(next);
    }
    needs
}

/// What the first install runs, for people.
fn first_command(runs: &[Run<'_>]) -> &'static str {
    let installs = runs.iter().rev().flat_map(|run| &run.installs);
    installs.map(|placed| placed.install.said).next().unwrap_or("")
}

/// An instruction before the COPY, in whatever stage, that may leave behind settings of the tool
/// or paths to import from.
fn earlier_settings<'a>(
    request: &Request<'a>,
    copy: &Instruction,
    install: &Install,
) -> Option<&'a Instruction> {
    let mut earlier = request.plan.dockerfile.instructions().iter();
    earlier.find(|instruction| {
        let text = match &instruction.kind {
            InstructionKind::Copy(_) | InstructionKind::Add(_) => instruction.text.clone(),
            InstructionKind::Run { .. } => {
                let bodies = instruction.heredocs.iter().map(|heredoc| &*heredoc.content);
                [&*instruction.text].into_iter().chain(bodies).collect()
            }
            _ => return false,
        };
        let is_editable = text.contains("pip") && text.split_whitespace().any(|word| word == "-e");
        instruction.line < copy.line && (is_editable || install.tool.is_setting(&text))
    })
}

/// Whether it sets the working directory whatever the base image's was.
fn is_absolute_workdir(instruction: &Instruction) -> bool {
    matches!(&instruction.kind, InstructionKind::Workdir(path) if path.starts_with('/'))
}

/// The needs so far with those of one RUN, where it would not notice what else is copied.
fn with_needs(
    request: &Request<'_>,
    stack: &Stack<'_>,
    landing: &Landing<'_>,
    run: &Run<'_>,
    before: &Needs,
) -> Result<Needs, Reason> {
    let mut needs = before.clone();
    let variables = environment(run.step);
    for Placed { install, directory } in &run.installs {
        let line = stack.copies.last().map_or(0, |(_, copy)| copy.instruction.line);
        let view = View {
            copy: line,
            landing,
            directory: directory.clone(),
            environment: &variables,
            read: request.read,
        };
        let all: Vec<Surroundings<'_>> = stack
            .copies
            .iter()
            .map(|(_, copy)| Surroundings {
                copy: copy.instruction.line,
                landing: &copy.landing,
                destination: ContextPath::new(&copy.destination),
                directory: directory.clone(),
                environment: variables.clone(),
                read: request.read,
            })
            .collect();
        for surroundings in &all {
            surroundings.check(install, mounts(run.instruction))?;
        }
        install.tool.follow(install, &view, &mut needs)?;
        for surroundings in &all {
            surroundings.check_written(install, &mut needs)?;
        }
    }
    // Above the COPY only the directories of manifests are there to be entered.
    for Entered { directory: place, command } in &run.entered {
        let mut manifests = needs.manifests.keys();
        if *place != directory(run.step) && !manifests.any(|file| file.starts_with(place)) {
            return Err(Reason::Command(command.clone()));
        }
    }
    Ok(needs)
}

/// The manifests that a RUN names, as paths in the image.
fn requested(run: &Run<'_>) -> Vec<ContextPath> {
    let files = |placed: &Placed| -> Vec<ContextPath> {
        let files = placed.install.files.iter();
        files.map(|file| image_path(&placed.directory, file.as_bytes())).collect()
    };
    run.installs.iter().flat_map(files).collect()
}

fn is_installed_before(plan: &Plan, before: &[Instruction], wanted: &[ContextPath]) -> bool {
    before.iter().any(|instruction| {
        run(plan, instruction, 0).is_ok_and(|earlier| {
            let installed = requested(&earlier);
            wanted.iter().all(|file| installed.contains(file))
        })
    })
}

/// Whether an earlier RUN has a command with an option that leaves the project out: then what is
/// left to install is the project.
fn is_mentioned_with(before: &[Instruction], command: &str, option: &str) -> bool {
    before.iter().any(|earlier| {
        matches!(earlier.kind, InstructionKind::Run { .. })
            && [command, option].iter().all(|words| earlier.text.contains(words))
    })
}

/// Whether all that the COPYs above an install bring is what it needs.
fn is_good_already(
    request: &Request<'_>,
    plan: &Plan,
    before: &[Instruction],
    install: &Run<'_>,
) -> bool {
    let mut landing = Landing::default();
    for transfer in before {
        match &transfer.kind {
            InstructionKind::Copy(of) | InstructionKind::Add(of) if of.from.is_none() => {
                let Ok(copy) = copy(request, plan, transfer) else { return false };
                landing.lay(copy.landing);
            }
            _ => {}
        }
    }
    let mut needs = Needs::default();
    let follow = |Placed { install: placed, directory }: &Placed| {
        let view = View {
            copy: install.instruction.line,
            landing: &landing,
            directory: directory.clone(),
            environment: &[],
            read: request.read,
        };
        placed.tool.follow(placed, &view, &mut needs).is_ok()
    };
    install.installs.iter().all(follow)
        && landing.iter().all(|(place, _)| needs.manifests.contains_key(place))
}

/// Whether an earlier step mentions an install, understood or not.
fn is_prepared(before: &[Instruction]) -> bool {
    before.iter().any(super::looks_like_install)
}

fn has_cache(instruction: &Instruction) -> bool {
    mounts(instruction).iter().any(|mount| mount.kind == MountKind::Cache)
}

/// What the COPYs right above `copy` bring in the same way, so that it need not be brought again.
fn already_there(
    request: &Request<'_>,
    plan: &Plan,
    copy_now: &Copy<'_>,
    before: &[Instruction],
) -> Manifests {
    let mut there = Manifests::new();
    for instruction in before.iter().rev().filter(|instruction| !changes_nothing(instruction)) {
        let Ok(earlier) = copy(request, plan, instruction) else { break };
        let is_alike = instruction.flags == copy_now.instruction.flags;
        for (place, entry) in earlier.landing.iter() {
            // The nearest one counts, as it writes over those above it.
            let source = if is_alike { entry.path.clone() } else { ContextPath::root() };
            there.entry(place.clone()).or_insert(source);
        }
    }
    there
}

/// The nearest COPY before that brings a file to this place.
fn brought_before<'a>(
    request: &Request<'a>,
    plan: &Plan,
    before: &'a [Instruction],
    file: &ContextPath,
) -> Option<&'a Instruction> {
    before.iter().rev().find(|instruction| {
        copy(request, plan, instruction).is_ok_and(|copy| !copy.landing.at(file).is_empty())
    })
}
