//! Whether a rewrite builds the same, as people read it.

use super::escape::{fit, output, text, wrapped};
use super::forecast::push_titled;
use super::style::{Capabilities, Role};
use super::units;
use crate::CommandRun;
use crate::optimize::verify::{
    Check, Differences, Noise, PathChange, PathDifference, SettingDifference, Verification,
};

/// Columns of a line's title.
const TITLE: usize = 10;

/// Paths that are shown, and settings.
const MOST: usize = 20;

/// Lines of a command's output that are shown.
const OUTPUT_LINES: usize = 10;

/// Columns of a path or a value where no terminal would break it.
const LONGEST: usize = 400;

/// What was found. Ends with a line end.
pub fn verification(found: &Verification, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    match found {
        Verification::NotBuilt { message } => {
            titled(&mut out, "differs   the rewritten Dockerfile does not build", capabilities);
            for line in message.lines() {
                push_detail(&mut out, &text(line), capabilities);
            }
        }
        Verification::Compared { differences, check } => {
            push_differences(&mut out, differences, capabilities);
            if let Some(noise) = noise(&differences.noise) {
                titled(&mut out, &format!("noise     {noise}"), capabilities);
            }
            if let Some(check) = check {
                push_check(&mut out, check, capabilities);
            }
        }
    }
    out
}

fn push_differences(out: &mut String, found: &Differences, capabilities: &Capabilities) {
    let compared = units::counted(found.compared as u64, "path", "paths");
    if found.are_none() {
        titled(out, &format!("same      {compared} and the configuration are equal"), capabilities);
        return;
    }
    let mut parts = Vec::new();
    if !found.paths.is_empty() {
        parts.push(format!("{} of {compared}", units::count(found.paths.len() as u64)));
    }
    if !found.settings.is_empty() {
        parts.push(units::counted(found.settings.len() as u64, "setting", "settings"));
    }
    titled(out, &format!("differs   {}", parts.join(", ")), capabilities);
    for difference in found.paths.iter().take(MOST) {
        push_path(out, difference, capabilities);
    }
    push_more(out, found.paths.len(), "paths", capabilities);
    for difference in found.settings.iter().take(MOST) {
        push_setting(out, difference, capabilities);
    }
    push_more(out, found.settings.len(), "settings", capabilities);
}

fn push_path(out: &mut String, difference: &PathDifference, capabilities: &Capabilities) {
    let path = text(&difference.path.to_string()).into_owned();
    match &difference.change {
        PathChange::Added => {
            push_detail(out, &format!("{path}  only the rewrite has it"), capabilities);
        }
        PathChange::Removed => {
            push_detail(out, &format!("{path}  the rewrite lacks it"), capabilities);
        }
        PathChange::Changed(changes) => {
            let told: Vec<_> = changes
                .iter()
                .map(|change| {
                    let (old, new) = (text(&change.original), text(&change.rewritten));
                    format!("{} {old} -> {new}", change.aspect.name())
                })
                .collect();
            push_detail(out, &format!("{path}  {}", told.join(", ")), capabilities);
        }
    }
}

fn push_setting(out: &mut String, difference: &SettingDifference, capabilities: &Capabilities) {
    let value = |value: &Option<String>| match value {
        Some(value) => text(value).into_owned(),
        None => "not set".to_owned(),
    };
    let (old, new) = (value(&difference.original), value(&difference.rewritten));
    push_detail(out, &format!("{}  {old} -> {new}", text(&difference.name)), capabilities);
}

fn push_more(out: &mut String, all: usize, what: &str, capabilities: &Capabilities) {
    if all > MOST {
        let more = format!("and {} more {what}", units::count((all - MOST) as u64));
        push!(out, "{:TITLE$}{}\n", "", capabilities.paint(Role::Quiet, &more));
    }
}

/// What differs without the rewrite's doing; `None` where nothing does.
fn noise(noise: &Noise) -> Option<String> {
    let counted = |number: usize, one, many| units::counted(number as u64, one, many);
    let mut parts = Vec::new();
    if noise.contents > 0 {
        parts.push(counted(noise.contents, "path", "paths"));
    }
    if noise.names > 0 {
        parts.push(counted(noise.names, "name", "names"));
    }
    if noise.settings > 0 {
        parts.push(counted(noise.settings, "setting", "settings"));
    }
    if noise.times > 0 {
        parts.push(format!("the times of {}", counted(noise.times, "path", "paths")));
    }
    if parts.is_empty() {
        return None;
    }
    Some(format!("between two builds of the original: {}", parts.join(", ")))
}

fn push_check(out: &mut String, check: &Check, capabilities: &Capabilities) {
    let (old, new) = (check.original.status, check.rewritten.status);
    let command = fit(&text(&check.command), 40).into_owned();
    if check.is_passed() {
        titled(out, &format!("check     `{command}` ended with {old} in both"), capabilities);
    } else {
        let line =
            format!("check     `{command}` ended with {old} in the original, {new} in the rewrite");
        titled(out, &line, capabilities);
    }
    // One that fails in both alike says nothing of the rewrite, and is hardly what was meant.
    if new != 0 || !check.is_passed() {
        push_output(out, &check.rewritten, capabilities);
    }
}

fn push_output(out: &mut String, run: &CommandRun, capabilities: &Capabilities) {
    let lines: Vec<&[u8]> = run.output.split(|byte| *byte == b'\n').collect();
    let lines = lines.strip_suffix(&[&b""[..]]).unwrap_or(&lines);
    let shown = &lines[lines.len().saturating_sub(OUTPUT_LINES)..];
    if run.is_cut || shown.len() < lines.len() {
        push_detail(out, "…", capabilities);
    }
    for line in shown {
        push_detail(out, &output(line), capabilities);
    }
}

/// A line that begins with a title; where it is too long, it goes on below what it says.
fn titled(out: &mut String, line: &str, capabilities: &Capabilities) {
    let (title, said) = line.split_at(TITLE.min(line.len()));
    let mut lines = wrapped(said, capabilities.width.saturating_sub(TITLE)).into_iter();
    push_titled(out, &format!("{title}{}", lines.next().unwrap_or_default()), capabilities);
    for line in lines {
        push!(out, "{:TITLE$}{line}\n", "");
    }
}

/// A line below a titled one, cut where the terminal ends.
fn push_detail(out: &mut String, safe: &str, capabilities: &Capabilities) {
    let width = if capabilities.interactive { capabilities.width } else { LONGEST };
    push!(out, "{:TITLE$}{}\n", "", fit(safe, width.saturating_sub(TITLE)));
}
