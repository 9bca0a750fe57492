//! Causes in a few words.

use std::borrow::Cow;

use super::escape;
use crate::plan::{JOINT_INPUTS, StepIndex};
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

/// The root of why a step is not reused, in a few words, safe for a terminal: what its cause leads
/// back to, whichever step that lies in. `None` where it is reused.
pub fn root(forecast: &Forecast, step: StepIndex) -> Option<String> {
    let root = *chain(forecast, step).last()?;
    let cause = |at: StepIndex| forecast.steps.get(at.0)?.verdict.cause();
    Some(brief_kind(&cause(root).or_else(|| cause(step))?.kind))
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
        CauseKind::Argument { name, before, after, more } => {
            changed("argument", name, before.as_deref(), after.as_deref()) + &others(*more)
        }
        CauseKind::Environment { name, before, after, more } => {
            changed("variable", name, before.as_deref(), after.as_deref()) + &others(*more)
        }
        CauseKind::Option { name, after, .. } if name == JOINT_INPUTS => joint(after.is_some()),
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
        CauseKind::Fetched => "only its server can tell".to_owned(),
        CauseKind::Doubted => "only the engine can tell".to_owned(),
        CauseKind::NoCache => "--no-cache".to_owned(),
        CauseKind::ContextBase { name } => {
            format!("stands on the directory {}", escape::text(name))
        }
    }
}

fn brief_files(files: &[FileChange], more: usize) -> String {
    let Some(first) = files.first() else { return "files changed".to_owned() };
    let one = format!("{} {}", escape::text(&first.path), change(first.change));
    one + &others(files.len() - 1 + more)
}

/// How many more differ beside the one that is named.
fn others(number: usize) -> String {
    if number == 0 { String::new() } else { format!(" +{number}") }
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

/// Which of the results that a step takes are one is told as what it most likely comes from.
pub(super) fn joint(is_any: bool) -> String {
    let how =
        if is_any { "takes from what it stands on now" } else { "stood on what it takes from" };
    how.to_owned()
}

/// Values of which neither is given look like a secret, and are not shown.
fn changed(what: &str, name: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = escape::text(name);
    let title = format!("{what} {name}");
    let what = title.trim_start();
    match (before, after) {
        (None, None) => format!("{what} changed"),
        (Some(before), Some(after)) if before == after => format!("{what} moved"),
        (before, after) => format!("{what} {} → {}", value(before), value(after)),
    }
}

/// A value as it is shown beside another one that is: what has none, or an empty one, says so.
pub(super) fn value(value: Option<&str>) -> Cow<'_, str> {
    match value {
        None => "(unset)".into(),
        Some("") => "(empty)".into(),
        Some(value) => escape::text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_empty_or_not_set_is_told_so() {
        let told = |before: Option<&str>, after: Option<&str>| {
            let [before, after] = [before, after].map(|it| it.map(str::to_owned));
            brief_kind(&CauseKind::Argument { name: "G".into(), before, after, more: 0 })
        };
        assert_eq!(told(Some("1"), Some("")), "argument G 1 → (empty)");
        assert_eq!(told(Some(""), Some("1")), "argument G (empty) → 1");
        assert_eq!(told(Some(""), None), "argument G (empty) → (unset)");
        assert_eq!(told(None, Some("1")), "argument G (unset) → 1");
        assert_eq!(told(Some("a\u{1b}[2J"), None), "argument G a\\u{1b}[2J → (unset)");
        assert_eq!(told(Some("1"), Some("2")), "argument G 1 → 2");
        assert_eq!(told(Some("1"), Some("1")), "argument G moved");
        assert_eq!(told(Some(""), Some("")), "argument G moved");
        assert_eq!(told(None, None), "argument G changed");
    }
}
