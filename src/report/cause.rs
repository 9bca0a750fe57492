//! Causes in a few words.

use super::escape;
use crate::plan::StepIndex;
use crate::predict::{Cause, CauseKind, ChangeKind, FileChange, Forecast};

/// Columns that the text of an instruction below takes.
const BELOW: usize = 24;

/// Whether the reason lies in another step.
pub fn is_inherited(cause: &Cause) -> bool {
    matches!(cause.kind, CauseKind::Parent | CauseKind::StageOutput)
}

/// The steps from `from` down to the one where the reason lies, `from` first.
pub fn chain(forecast: &Forecast, from: StepIndex) -> Vec<StepIndex> {
    let mut chain = vec![from];
    let mut at = from;
    while let Some(cause) = forecast.steps.get(at.0).and_then(|step| step.verdict.cause()) {
        // Steps stand after what they need, so this also ends where a cause names itself.
        if cause.step >= at || cause.step.0 >= forecast.steps.len() {
            break;
        }
        at = cause.step;
        chain.push(at);
    }
    chain
}

/// What stands in brackets before a step's name, such as `build 2/5`, or the number that the
/// classic builder prints: enough to find it.
pub fn short_name(name: &str) -> String {
    let inner = match name.strip_prefix("Step ") {
        Some(classic) => classic.split_once(" : "),
        None => name.strip_prefix('[').and_then(|rest| rest.split_once(']')),
    };
    let words = inner.map_or(name, |(inner, _)| inner).split_whitespace();
    escape::fit(&escape::text(&words.collect::<Vec<_>>().join(" ")), 24).into_owned()
}

/// The cause of `step`'s verdict in a few words, safe for a terminal: `src/app.py modified`.
pub fn brief(forecast: &Forecast, step: StepIndex, cause: &Cause) -> String {
    let named = || {
        forecast
            .steps
            .get(cause.step.0)
            .map_or_else(|| "an earlier step".to_owned(), |other| short_name(&other.step.name))
    };
    match &cause.kind {
        CauseKind::Parent => format!("after {}", named()),
        CauseKind::StageOutput => format!("output of {}", named()),
        kind if cause.step == step => brief_kind(kind),
        kind => format!("{}: {}", named(), brief_kind(kind)),
    }
}

pub(super) fn brief_kind(kind: &CauseKind) -> String {
    match kind {
        CauseKind::Files { files, more } => brief_files(files, *more),
        CauseKind::Instruction { before: None, .. } => "new instruction".to_owned(),
        CauseKind::Instruction { before: Some(_), .. } => "instruction edited".to_owned(),
        CauseKind::StoodOn { before, is_gone, .. } => {
            let what = if *is_gone { "is gone" } else { "moved" };
            format!("{} {what}", escape::fit(&escape::text(before), BELOW))
        }
        CauseKind::Argument { name, before, after } => {
            changed("argument", name, before.as_deref(), after.as_deref())
        }
        CauseKind::Environment { name, before, after } => {
            changed("variable", name, before.as_deref(), after.as_deref())
        }
        CauseKind::Option { name, before, after } => {
            changed(option_word(name), name, before.as_deref(), after.as_deref())
        }
        CauseKind::BaseImage { before: None, after: None, .. } => {
            "the engine cannot resolve it".to_owned()
        }
        CauseKind::BaseImage { reference, before, .. } => {
            let what = if before.is_some() { "changed" } else { "is new" };
            format!("base image {} {what}", escape::text(reference))
        }
        CauseKind::Parent => "after an earlier step".to_owned(),
        CauseKind::StageOutput => "output of another stage".to_owned(),
        CauseKind::Evicted => "the engine dropped it".to_owned(),
        CauseKind::NoRecord => "no record of it".to_owned(),
        CauseKind::Unreadable => "the records could not be read".to_owned(),
        CauseKind::Shared => "another build runs with it".to_owned(),
        CauseKind::NoCache => "--no-cache".to_owned(),
        CauseKind::ContextBase { name } => {
            format!("stands on the directory {}", escape::text(name))
        }
    }
}

fn brief_files(files: &[FileChange], more: usize) -> String {
    let Some(first) = files.first() else { return "files changed".to_owned() };
    let others = files.len() - 1 + more;
    let one = format!("{} {}", escape::text(&first.path), change(first.change));
    if others == 0 { one } else { format!("{one} +{others}") }
}

/// How a file differs, in a word or two.
pub const fn change(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Modified => "modified",
        ChangeKind::Mode => "mode changed",
        ChangeKind::Type => "type changed",
    }
}

/// What an option is called before its name: nothing where it is an instruction.
pub(super) fn option_word(name: &str) -> &'static str {
    if matches!(name, "SHELL" | "USER" | "WORKDIR") { "" } else { "option" }
}

/// A value that is not given may be absent or look like a secret: either way it is not shown.
fn changed(what: &str, name: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = escape::text(name);
    let title = format!("{what} {name}");
    let what = title.trim_start();
    match (before, after) {
        (Some(before), Some(after)) if before == after => format!("{what} moved"),
        (Some(before), Some(after)) => {
            format!("{what} {} → {}", escape::text(before), escape::text(after))
        }
        (None, Some(after)) => format!("{what} now {}", escape::text(after)),
        (Some(before), None) => format!("{what} was {}", escape::text(before)),
        (None, None) => format!("{what} changed"),
    }
}
