//! What the instructions of a stage are to an install: the COPYs with what they bring, and the RUNs
//! that only install.

use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, Mount, Transfer};
use crate::optimize::landing::Landing;
use crate::optimize::planned::{arguments, destination, directory, environment, step_at};
use crate::optimize::tools::{self, Command, Install};
use crate::optimize::types::Request;
use crate::optimize::{Reason, shell};
use crate::plan::{Plan, Step};

/// An instruction that brings files of the context, with what the plan says of it.
#[derive(Clone)]
pub(super) struct Copy<'a> {
    pub(super) instruction: &'a Instruction,
    pub(super) transfer: &'a Transfer,
    /// Absolute, variables expanded.
    pub(super) destination: String,
    pub(super) landing: Landing<'a>,
}

/// A RUN of installs only.
#[derive(Clone)]
pub(in crate::optimize) struct Run<'a> {
    pub(in crate::optimize) index: usize,
    pub(in crate::optimize) instruction: &'a Instruction,
    pub(in crate::optimize) step: &'a Step,
    pub(in crate::optimize) installs: Vec<Placed>,
    pub(in crate::optimize) entered: Vec<Entered>,
}

/// An install and where it runs.
#[derive(Clone)]
pub(in crate::optimize) struct Placed {
    pub(in crate::optimize) install: Install,
    pub(in crate::optimize) directory: ContextPath,
}

/// A directory that a RUN goes to on its way.
#[derive(Clone)]
pub(in crate::optimize) struct Entered {
    pub(super) directory: ContextPath,
    /// As it is written.
    pub(super) command: String,
}

/// Whether an instruction may stand between a COPY and an install without either noticing.
pub(in crate::optimize) fn changes_nothing(instruction: &Instruction) -> bool {
    matches!(
        instruction.kind,
        InstructionKind::Label(_)
            | InstructionKind::Expose(_)
            | InstructionKind::Cmd(_)
            | InstructionKind::Entrypoint(_)
            | InstructionKind::Healthcheck(_)
            | InstructionKind::Stopsignal(_)
    )
}

/// Whether all that a COPY brings is spoken of in the command: then the order is good already,
/// and an install that is not understood is none of our business.
pub(in crate::optimize) fn brings_only_what_is_named(
    request: &Request<'_>,
    copy: &Instruction,
    install: &Instruction,
) -> bool {
    let (InstructionKind::Copy(transfer) | InstructionKind::Add(transfer)) = &copy.kind else {
        return false;
    };
    if transfer.from.is_some() {
        return true;
    }
    let is_add = matches!(copy.kind, InstructionKind::Add(_));
    let landing = Landing::of(request.plan.snapshot, transfer, "/x/", is_add);
    landing.is_ok_and(|landing| {
        landing.iter().all(|(_, entry)| {
            let name = entry.path.file_name().unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            install.text.contains(&*name) || tools::is_manifest(&name)
        })
    })
}

/// The copy's destination and all that it brings.
pub(super) fn copy<'a>(
    request: &Request<'a>,
    plan: &Plan,
    instruction: &'a Instruction,
) -> Result<Copy<'a>, Reason> {
    let (InstructionKind::Copy(transfer) | InstructionKind::Add(transfer)) = &instruction.kind
    else {
        return Err(Reason::NotProven);
    };
    if let Some(from) = &transfer.from {
        return Err(Reason::Flag(format!("--from={from}")));
    }
    if !instruction.heredocs.is_empty() {
        return Err(Reason::Source(format!("<<{}", instruction.heredocs[0].name)));
    }
    let is_add = matches!(instruction.kind, InstructionKind::Add(_));
    let destination = step_at(plan, instruction).and_then(destination).ok_or(Reason::NotProven)?;
    let landing = Landing::of(request.plan.snapshot, transfer, &destination, is_add)?;
    Ok(Copy { instruction, transfer, destination, landing })
}

/// The installs of a RUN.
pub(in crate::optimize) fn run<'a>(
    plan: &'a Plan,
    instruction: &'a Instruction,
    index: usize,
) -> Result<Run<'a>, Reason> {
    if !matches!(instruction.kind, InstructionKind::Run { .. }) {
        return Err(Reason::Command(instruction.text.clone()));
    }
    if let Some(heredoc) = instruction.heredocs.first() {
        return Err(Reason::Command(format!("<<{}", heredoc.name)));
    }
    let step = step_at(plan, instruction).ok_or(Reason::NotProven)?;
    let arguments = arguments(step).ok_or(Reason::NotProven)?;
    let mut installs = Vec::new();
    let mut entered = Vec::new();
    let mut there = directory(step);
    let commands = shell::commands(&arguments, &platform(step))?;
    for command in &commands.all {
        // Where anything but `&&` follows, a failed `cd` may be passed over.
        if let [program, target] = &*command.words
            && program == "cd"
            && commands.is_chain
            && command.assignments.is_empty()
        {
            let text = command.words.join(" ");
            there = destination_of_cd(step, &there, target)
                .ok_or_else(|| Reason::Command(text.clone()))?;
            entered.push(Entered { directory: there.clone(), command: text });
        } else if let Command::Install(install) = tools::read(command)? {
            installs.push(Placed { install, directory: there.clone() });
        }
    }
    if installs.is_empty() {
        return Err(Reason::Command(instruction.text.clone()));
    }
    Ok(Run { index, instruction, step, installs, entered })
}

/// Names whose value no manifest depends on: that of the platform, and of the kind of build.
pub(super) fn platform(step: &Step) -> Vec<(&str, &str)> {
    const NAMES: &[&str] = &["TARGETARCH", "TARGETOS", "BUILDARCH", "BUILDOS", "MIX_ENV"];
    let variables = environment(step).into_iter();
    variables.filter(|(name, _)| NAMES.contains(name)).collect()
}

/// Where `cd` leads from a directory; `None` where it is not certain or leaves the one that the step
/// runs in.
pub(super) fn destination_of_cd(
    step: &Step,
    from: &ContextPath,
    target: &str,
) -> Option<ContextPath> {
    // `cd -` goes back, and CDPATH has `cd` look in other places first.
    let is_plain = !target.is_empty() && !target.starts_with('-');
    let is_led = environment(step).iter().any(|(name, _)| *name == "CDPATH");
    let is_absolute = target.starts_with('/');
    let mut there = if is_absolute { ContextPath::root() } else { from.clone() };
    for component in target.split('/') {
        there = match component {
            "" | "." => there,
            ".." => there.parent()?,
            name => there.join(name),
        };
        // Above a directory that is a link the shell and the system mean different ones.
        if !is_absolute && !there.starts_with(&directory(step)) {
            return None;
        }
    }
    (is_plain && !is_led && there.starts_with(&directory(step))).then_some(there)
}

pub(in crate::optimize) fn mounts(instruction: &Instruction) -> &[Mount] {
    match &instruction.kind {
        InstructionKind::Run { mounts, .. } => mounts,
        _ => &[],
    }
}
