//! Rewrites as people read them: what, why, the diff, and what it saves.

use super::escape::text;
use super::style::{Capabilities, Role};
use super::units;
use crate::optimize::{Optimization, Rewrite, Risk};

/// Every rewrite, or why there is none. Ends with a line end.
pub fn rewrites(found: &Optimization, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    for rewrite in &found.rewrites {
        push_rewrite(&mut out, rewrite, capabilities);
    }
    match (found.before, found.after) {
        (Some(before), Some(after)) if !found.rewrites.is_empty() => {
            let title = capabilities.paint(Role::Title, "together");
            let (before, after) = (units::seconds(before), units::seconds(after));
            push!(out, "{title}  {before} a build -> {after}\n");
        }
        _ => {}
    }
    if let Some(reason) = found.explain() {
        for line in reason.lines() {
            push!(out, "{}\n", text(line));
        }
    }
    out
}

/// A unified diff, coloured where there is colour.
pub fn diff(patch: &str, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    for line in patch.lines() {
        let safe = text(line);
        let role = match line.as_bytes() {
            [b'+', ..] => Role::Added,
            [b'-', ..] => Role::Removed,
            [b'@', ..] => Role::Quiet,
            _ => {
                push!(out, "{safe}\n");
                continue;
            }
        };
        push!(out, "{}\n", capabilities.paint(role, &safe));
    }
    out
}

fn push_rewrite(out: &mut String, rewrite: &Rewrite, capabilities: &Capabilities) {
    let title = capabilities.paint(Role::Title, &text(&rewrite.title));
    push!(out, "{title} (line {})\n", rewrite.line);
    for line in wrapped(&text(&rewrite.why), capabilities.width.saturating_sub(2)) {
        push!(out, "  {line}\n");
    }
    push!(out, "  {}\n", saving(rewrite));
    if rewrite.risk == Risk::Verify {
        push!(out, "  not proven: build both and compare before relying on it\n");
    }
    out.push('\n');
    out.push_str(&diff(&rewrite.patch, capabilities));
    out.push('\n');
}

fn saving(rewrite: &Rewrite) -> String {
    let saves = &rewrite.saves;
    let seconds = units::seconds(saves.seconds_per_build);
    if saves.commits == 0 {
        return format!("saves {seconds} on every edit that leaves the requirements alone");
    }
    let builds = units::counted(saves.commits.into(), "build", "builds");
    let share = (saves.builds_helped * 100.0).round();
    format!("saves {seconds} a build on average; helped {share} % of the last {builds}")
}

/// Lines of at most `width` columns, broken between words.
fn wrapped(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            Some(line)
                if super::escape::columns(line) + 1 + super::escape::columns(word) <= width =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
