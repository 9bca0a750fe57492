//! RUNs that make directories and nothing else, where it is certain that no install notices.
//!
//! ```text
//! COPY . .                                COPY requirements.txt .
//! RUN mkdir -p /data                      RUN pip install -r requirements.txt
//! RUN pip install -r requirements.txt ->  COPY . .
//!                                         RUN mkdir -p /data
//! ```
//!
//! `mkdir -p` leaves what is there as it is and does not fail for it, so that the directories are there
//! in the end, whichever comes first. An install comes to one only where something leads it there:
//! a variable, a manifest, what an earlier step was told, or the home of its user. None of these may
//! name the first component of its path, below which neither the COPYs nor the install have anything:
//! else one of them may have to make that first, with another owner.

use super::read::Run;
use super::stack::Stack;
use crate::context::ContextPath;
use crate::dockerfile::Instruction;
use crate::optimize::planned::{arguments, environment, step_at, user};
use crate::optimize::shell;
use crate::optimize::tools::Needs;
use crate::optimize::types::Request;
use crate::optimize::variables::{is_mentioned_by, mentions};
use crate::plan::{Plan, Step};

/// The directories of users.
const HOMES: &[&str] = &["home", "root"];

/// How the user is written who is known to have no other home.
const ROOT: &[&str] = &["0", "0:0", "root", "root:root"];

/// Whether a RUN only makes directories, and installs with these needs may pass it unnoticed.
pub(super) fn are_unnoticed(
    request: &Request<'_>,
    plan: &Plan,
    made: &Instruction,
    stack: &Stack<'_>,
    (installs, needs): (&[Run<'_>], &Needs),
) -> bool {
    let Some(tops) = tops(plan, made) else { return false };
    let last = installs.iter().map(|run| run.instruction.line).max();
    let is_above = |other: &&Instruction| {
        other.line != made.line && last.is_none_or(|last| other.line <= last)
    };
    let above = || request.plan.dockerfile.instructions().iter().filter(is_above);
    tops.iter().all(|top| {
        !HOMES.contains(&&**top)
            && !is_taken(top, stack, (installs, needs))
            && !installs.iter().any(|run| is_led(run, top))
            && !above().any(|other| is_mentioned_by(other, top))
            && !needs.manifests.values().any(|source| may_name(request, source, top))
    })
}

/// The first components of the directories that a RUN makes; `None` where it may do anything else.
fn tops(plan: &Plan, made: &Instruction) -> Option<Vec<String>> {
    let step = step_at(plan, made)?;
    let arguments = arguments(step)?;
    let is_usual =
        matches!(&*arguments, [shell, option, _] if shell == "/bin/sh" && option == "-c");
    if !is_usual || !made.flags.is_empty() || !made.heredocs.is_empty() || !is_of_root(step) {
        return None;
    }
    let commands = shell::commands(&arguments, &[]).ok()?;
    let mut tops = Vec::new();
    for command in &commands.all {
        let [program, option, places @ ..] = &*command.words else { return None };
        let has_parents = option == "-p" || option == "--parents";
        if program != "mkdir" || !has_parents || !command.assignments.is_empty() {
            return None;
        }
        for place in places {
            tops.push(top(place)?.to_owned());
        }
    }
    commands.is_chain.then_some(tops)
}

/// The first component of an absolute path.
fn top(place: &str) -> Option<&str> {
    let below = place.strip_prefix('/')?;
    let mut components = below.split('/');
    let is_plain = below.split('/').all(|component| component != "." && component != "..");
    components.next().filter(|top| is_plain && !top.is_empty())
}

fn is_of_root(step: &Step) -> bool {
    user(step).is_none_or(|user| ROOT.contains(&user))
}

/// Whether the COPYs or the installs have anything in this directory of the root.
fn is_taken(top: &str, stack: &Stack<'_>, (installs, needs): (&[Run<'_>], &Needs)) -> bool {
    let is_in = |place: &ContextPath| place.components().next() == Some(top.as_bytes());
    let brought = stack.copies.iter().any(|(_, copy)| {
        is_in(&ContextPath::new(&copy.destination))
            || copy.landing.iter().any(|(place, _)| is_in(place))
    });
    let mut places = needs.manifests.keys().chain(&needs.written);
    brought
        || places.any(is_in)
        || installs.iter().flat_map(|run| &run.installs).any(|placed| is_in(&placed.directory))
}

/// Whether a variable may lead an install there.
fn is_led(run: &Run<'_>, top: &str) -> bool {
    let is_whole = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte == b'/');
    let own = run.installs.iter().flat_map(|placed| &placed.install.environment);
    let own = own.map(|(_, value)| value.as_str());
    let mut values = environment(run.step).into_iter().map(|(_, value)| value).chain(own);
    values.any(|value| {
        mentions(value, top)
            || value.contains("..")
            // Of what looks like a secret only the digest is known.
            || value.starts_with("sha256:")
            || value.split([':', ' ', '=', ',', ';']).any(is_whole)
    })
}

/// Whether a manifest names the directory, or cannot be read.
fn may_name(request: &Request<'_>, source: &ContextPath, top: &str) -> bool {
    let named = format!("/{top}");
    (request.read)(source)
        .map_or(true, |content| mentions(&String::from_utf8_lossy(&content), &named))
}
