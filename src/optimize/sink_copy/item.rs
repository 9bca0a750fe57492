//! The instructions of a stage, with what each does to the others.

use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, Mount, Stage, Transfer};
use crate::optimize::Reason;
use crate::optimize::effects::{Effects, Setting, is_standard};
use crate::optimize::landing::Landing;
use crate::optimize::planned::{
    arguments, destination, directory, environment, is_base_known, step_at, workdir,
};
use crate::optimize::types::Request;
use crate::plan::Plan;

/// An instruction with what it does.
pub(in crate::optimize) struct Item<'a> {
    pub(in crate::optimize) instruction: &'a Instruction,
    pub(in crate::optimize) does: Does<'a>,
}

/// What an instruction does to the others.
pub(in crate::optimize) enum Does<'a> {
    /// COPY or ADD, of the context or of something else.
    Bring(Bring<'a>),
    Run(Box<Run<'a>>),
    /// It sets what later steps run with: ENV, ARG, USER, SHELL.
    Set,
    /// WORKDIR: the same, and it makes a directory.
    Go(ContextPath),
    /// It sets what only the image has: LABEL, EXPOSE, CMD and the like.
    Tell,
    /// Nothing may pass it.
    Bar,
}

/// What a COPY or ADD brings.
pub(in crate::optimize) struct Bring<'a> {
    /// What it brings, where that is known.
    pub(in crate::optimize) landing: Option<Landing<'a>>,
    pub(in crate::optimize) destination: ContextPath,
    /// Every place that it may write, each with all below it.
    pub(in crate::optimize) writes: Vec<ContextPath>,
    /// Whether it looks for the owner by name.
    pub(in crate::optimize) names_owner: bool,
    /// Whether the destination depends on the working directory.
    pub(in crate::optimize) is_relative: bool,
}

/// A RUN.
pub(in crate::optimize) struct Run<'a> {
    pub(in crate::optimize) effects: Effects,
    pub(in crate::optimize) directory: ContextPath,
    pub(in crate::optimize) environment: Vec<(&'a str, &'a str)>,
    pub(in crate::optimize) mounts: &'a [Mount],
    /// Whether the base image is known, and so the whole environment.
    pub(in crate::optimize) is_base_known: bool,
}

/// What every instruction of a stage does.
pub(in crate::optimize) fn of_stage<'a>(
    request: &Request<'a>,
    plan: &'a Plan,
    stage: Stage<'a>,
) -> Vec<Item<'a>> {
    let mut there = inherited(request, plan, stage);
    let mut items = Vec::with_capacity(stage.instructions.len());
    for (position, instruction) in stage.instructions.iter().enumerate() {
        let above = &stage.instructions[..position];
        let does = match &instruction.kind {
            InstructionKind::Copy(transfer) | InstructionKind::Add(transfer) => {
                bring(request, plan, above, instruction, transfer, there.as_ref())
                    .map_or(Does::Bar, Does::Bring)
            }
            InstructionKind::Run { mounts, .. } => run(plan, instruction, mounts, there.is_some())
                .map_or(Does::Bar, |run| Does::Run(Box::new(run))),
            InstructionKind::Workdir(path) => {
                let place = step_at(plan, instruction).and_then(workdir);
                let is_known = is_absolute(path, above) || there.is_some();
                there = place.clone().filter(|_| is_known);
                place.filter(|_| is_known).map_or(Does::Bar, Does::Go)
            }
            InstructionKind::Env(_)
            | InstructionKind::Arg(_)
            | InstructionKind::User(_)
            | InstructionKind::Shell(_) => Does::Set,
            InstructionKind::Label(_)
            | InstructionKind::Expose(_)
            | InstructionKind::Cmd(_)
            | InstructionKind::Entrypoint(_)
            | InstructionKind::Healthcheck(_)
            | InstructionKind::Stopsignal(_)
            | InstructionKind::Maintainer(_) => Does::Tell,
            InstructionKind::From { .. }
            | InstructionKind::Volume(_)
            | InstructionKind::Onbuild { .. } => Does::Bar,
        };
        items.push(Item { instruction, does });
    }
    items
}

/// The working directory that a stage begins in, where the stage that it is built on sets it.
fn inherited(request: &Request<'_>, plan: &Plan, stage: Stage<'_>) -> Option<ContextPath> {
    let below = stage.built_on(request.plan.dockerfile.stages())?;
    let is_set = |it: &&Instruction| matches!(it.kind, InstructionKind::Workdir(_));
    let Some(last) = below.instructions.iter().rev().find(is_set) else {
        return inherited(request, plan, below);
    };
    match &last.kind {
        InstructionKind::Workdir(path) if path.starts_with('/') => {
            step_at(plan, last).and_then(workdir)
        }
        _ => None,
    }
}

impl Item<'_> {
    /// Whether it brings files of the context that are known.
    pub(in crate::optimize) fn is_context_copy(&self) -> bool {
        matches!(&self.does, Does::Bring(bring) if bring.landing.is_some())
    }

    /// The files of the context that it brings.
    pub(in crate::optimize) fn brought(&self) -> impl Iterator<Item = &ContextPath> {
        let landing = match &self.does {
            Does::Bring(bring) => bring.landing.as_ref(),
            _ => None,
        };
        landing.into_iter().flat_map(Landing::iter).map(|(_, entry)| &entry.path)
    }
}

impl Bring<'_> {
    /// Whether it puts files into this directory and does nothing else to it.
    pub(in crate::optimize) fn fills(&self, directory: &ContextPath) -> bool {
        let is_below = |place: &ContextPath| place != directory && place.starts_with(directory);
        self.destination == *directory
            && self.landing.as_ref().is_some_and(|landing| {
                let mut places = landing.iter().map(|(place, _)| place).peekable();
                places.peek().is_some() && places.all(is_below)
            })
    }
}

fn bring<'a>(
    request: &Request<'a>,
    plan: &Plan,
    above: &[Instruction],
    instruction: &Instruction,
    transfer: &Transfer,
    there: Option<&ContextPath>,
) -> Option<Bring<'a>> {
    let step = step_at(plan, instruction)?;
    let written = destination(step)?;
    let is_relative = !is_absolute(&transfer.destination, above);
    if is_relative && there.is_none() && !is_base_known(plan, step) {
        return None;
    }
    let is_add = matches!(instruction.kind, InstructionKind::Add(_));
    let is_of_context = transfer.from.is_none() && instruction.heredocs.is_empty();
    let landing = if is_of_context {
        // What a variable names is not known, as what another stage brings is not.
        let has_variable = !is_add && transfer.sources.iter().any(|it| it.contains('$'));
        match Landing::of(request.plan.snapshot, transfer, &written, is_add) {
            Err(Reason::Source(_)) if has_variable => None,
            landing => Some(landing.ok()?),
        }
    } else {
        None
    };
    let root = ContextPath::new(&written);
    let brings_directory = landing.as_ref().is_none_or(|landing| {
        transfer.sources.iter().any(|source| {
            let source = ContextPath::new(source);
            let entry = request.plan.snapshot.get(&source);
            entry.is_none_or(|entry| entry.digest.is_none())
        }) || landing.iter().next().is_none()
    });
    let mut writes: Vec<ContextPath> = Vec::new();
    if brings_directory {
        // What is added to the directory later lands there too.
        writes.push(root.clone());
    } else {
        let places = landing.iter().flat_map(Landing::places);
        writes.extend(places.map(|(place, _)| place.clone()));
    }
    // Directories above are made where they are missing. Those of the working directory are there.
    let is_there =
        |place: &ContextPath| !transfer.link && there.is_some_and(|there| there.starts_with(place));
    let is_directory = written.ends_with('/') || written.ends_with("/.") || brings_directory;
    let mut above = if is_directory { Some(root.clone()) } else { root.parent() };
    while let Some(place) = above.filter(|place| !place.is_root()) {
        if !is_there(&place) && !is_standard(&place) {
            writes.push(place.clone());
        }
        above = place.parent();
    }
    let is_number = |owner: &str| owner.split(':').all(|id| id.parse::<u32>().is_ok());
    Some(Bring {
        landing,
        destination: root,
        writes,
        names_owner: transfer.chown.as_deref().is_some_and(|owner| !is_number(owner)),
        is_relative,
    })
}

/// Whether a path is absolute whatever the working directory is: it begins with a slash, or with a
/// variable that an ENV of the stage makes one. An ARG may be given otherwise.
fn is_absolute(path: &str, above: &[Instruction]) -> bool {
    let (mut path, mut above) = (path, above);
    loop {
        path = path.trim_start_matches(['"', '\'']);
        let Some(name) = leading_variable(path) else { return path.starts_with('/') };
        let set = above.iter().enumerate().rev().find_map(|(position, instruction)| {
            let InstructionKind::Env(pairs) = &instruction.kind else { return None };
            let (_, value) = pairs.iter().rev().find(|(other, _)| other == name)?;
            Some((position, value))
        });
        let Some((position, value)) = set else { return false };
        (path, above) = (value, &above[..position]);
    }
}

/// The name of the variable that a text begins with, where it is a plain one.
fn leading_variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let (rest, is_braced) = rest.strip_prefix('{').map_or((rest, false), |rest| (rest, true));
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    (!is_braced || behind.starts_with('}')).then_some(name)
}

fn run<'a>(
    plan: &'a Plan,
    instruction: &'a Instruction,
    mounts: &'a [Mount],
    is_directory_set: bool,
) -> Option<Run<'a>> {
    let step = step_at(plan, instruction)?;
    let is_base_known = is_base_known(plan, step);
    let directory = directory(step);
    let environment = environment(step);
    let effects = match instruction.heredocs.first() {
        Some(heredoc) => {
            let said = format!("<<{}", heredoc.name);
            Effects::opaque(Reason::Command(said))
        }
        None => Effects::of_run(
            &arguments(step)?,
            mounts,
            Setting {
                directory: (is_base_known || is_directory_set).then_some(&directory),
                environment: &environment,
            },
        ),
    };
    Some(Run { effects, directory, environment, mounts, is_base_known })
}
