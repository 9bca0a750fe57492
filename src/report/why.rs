//! The chain of reasons for one step, down to its root.

use super::cause;
use super::escape::{columns, fit, text};
use super::style::{Capabilities, Role};
use super::units;
use crate::Seconds;
use crate::plan::StepIndex;
use crate::predict::{Cause, CauseKind, Forecast, StepForecast, Verdict};

/// Every reason from `step` down to the one that started it, with files and values in full.
///
/// Ends with a line end; empty where there is no such step.
pub fn why(forecast: &Forecast, step: StepIndex, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    for (depth, index) in cause::chain(forecast, step).into_iter().enumerate() {
        let Some(link) = forecast.steps.get(index.0) else { break };
        let indent = "  ".repeat(depth);
        push_head(&mut out, link, &indent, depth > 0, capabilities);
        for (role, line) in reasons(forecast, index, link) {
            let room = capabilities.width.saturating_sub(indent.len() + 2);
            push!(out, "{indent}  {}\n", capabilities.paint(role, &fit(&line, room)));
        }
    }
    out
}

fn push_head(
    out: &mut String,
    link: &StepForecast,
    indent: &str,
    is_reason: bool,
    capabilities: &Capabilities,
) {
    let step = &link.step;
    let place = if step.last_line > step.line {
        format!("lines {}-{}", step.line, step.last_line)
    } else {
        format!("line {}", step.line)
    };
    let because = if is_reason { "because of " } else { "" };
    let used = indent.len() + because.len() + place.len() + 2;
    let name = text(&step.name);
    let name = fit(&name, capabilities.width.saturating_sub(used));
    let blanks = capabilities.width.saturating_sub(used + columns(&name)) + 2;
    push!(
        out,
        "{indent}{because}{}{}{}\n",
        capabilities.paint(Role::Title, &name),
        " ".repeat(blanks),
        capabilities.paint(Role::Quiet, &place)
    );
}

fn reasons(forecast: &Forecast, index: StepIndex, link: &StepForecast) -> Vec<(Role, String)> {
    let time = |what: &str| {
        if link.seconds > Seconds::ZERO {
            format!("{what}, about {}", units::seconds(link.seconds))
        } else {
            what.to_owned()
        }
    };
    let (role, said) = match &link.verdict {
        Verdict::Cached => {
            let saved = if link.seconds > Seconds::ZERO {
                format!(", saves {}", units::seconds(link.seconds))
            } else {
                String::new()
            };
            (Role::Cached, format!("is reused: nothing it depends on has changed{saved}"))
        }
        Verdict::Rebuild(_) => (Role::Plain, time("runs again")),
        Verdict::Depends { probability, .. } => {
            let percent = probability.get() * 100.0;
            (Role::Plain, time(&format!("runs again if that output differs ({percent:.0} %)")))
        }
        Verdict::Unknown(_) => (Role::Plain, "nobody can tell before the build".to_owned()),
    };
    let mut lines = vec![(role, said)];
    if let Some(cause) = cause::of(&link.verdict) {
        lines.extend(details(forecast, index, cause));
    }
    lines
}

fn details(forecast: &Forecast, index: StepIndex, cause: &Cause) -> Vec<(Role, String)> {
    let plain = |line: String| (Role::Plain, line);
    match &cause.kind {
        CauseKind::Files { files, more } => {
            let count = files.len() + more;
            let verb = if count == 1 { "differs" } else { "differ" };
            let count = units::counted(count as u64, "file", "files");
            let mut lines = vec![plain(format!("{count} {verb}:"))];
            for file in files {
                let change = cause::change(file.change);
                lines.push(plain(format!("  {} {change}", text(&file.path))));
            }
            if *more > 0 {
                lines.push((Role::Quiet, format!("  … and {} more", units::count(*more as u64))));
            }
            lines
        }
        CauseKind::Instruction { before: Some(before), after } => {
            values("the instruction was edited:".to_owned(), Some(before), Some(after))
        }
        CauseKind::Argument { name, before, after } => {
            values(format!("argument {}:", text(name)), before.as_deref(), after.as_deref())
        }
        CauseKind::Environment { name, before, after } => {
            values(format!("variable {}:", text(name)), before.as_deref(), after.as_deref())
        }
        CauseKind::Option { name, before, after } => {
            values(format!("option {}:", text(name)), before.as_deref(), after.as_deref())
        }
        CauseKind::BaseImage { reference, before, after }
            if before.is_some() || after.is_some() =>
        {
            let title = format!("base image {}, by its layers:", text(reference));
            values(title, before.as_deref(), after.as_deref())
        }
        _ => vec![plain(cause::brief(forecast, index, cause))],
    }
}

/// Before and after, as in a patch. A value that is missing is absent, or hidden because it
/// looks like a secret; nobody is told which.
fn values(title: String, before: Option<&str>, after: Option<&str>) -> Vec<(Role, String)> {
    let shown = |value: Option<&str>| value.map_or("(none shown)".into(), text).into_owned();
    vec![
        (Role::Plain, title),
        (Role::Removed, format!("- {}", shown(before))),
        (Role::Added, format!("+ {}", shown(after))),
    ]
}
