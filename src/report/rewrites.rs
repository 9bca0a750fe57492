//! Rewrites as people read them: what, why, the diff, and what it saves.

use super::escape::{text, wrapped};
use super::style::{Capabilities, Role};
use super::units;
use crate::optimize::{Optimization, Proof, Rewrite, Risk};

/// Every rewrite, or why there is none. Ends with a line end.
pub fn rewrites(found: &Optimization, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    for rewrite in &found.rewrites {
        push_rewrite(&mut out, rewrite, capabilities);
    }
    push_summary(&mut out, found, capabilities);
    if let Some(reason) = found.explain() {
        let lines = reason.lines().flat_map(|line| wrapped(&text(line), capabilities.width));
        for line in lines {
            push!(out, "{line}\n");
        }
    }
    out
}

/// `over the last 50 commits: 44 s per build -> 9.5 s`, and what that rests on.
fn push_summary(out: &mut String, found: &Optimization, capabilities: &Capabilities) {
    let (Some(before), Some(after), Some(basis)) = (found.before, found.after, found.basis) else {
        return;
    };
    let (before, after) = (units::seconds(before), units::seconds(after));
    let line = format!("over {basis}: {before} per build -> {after}");
    for line in wrapped(&line, capabilities.width) {
        push!(out, "{}\n", capabilities.paint(Role::Title, &line));
    }
    let mut rests = basis.timing.to_string();
    if basis.skipped > 0 {
        let left_out = units::counted(basis.skipped.into(), "commit is", "commits are");
        push!(rests, "; {left_out} left out, as this Dockerfile cannot be built on what they have");
    }
    for line in wrapped(&rests, capabilities.width.saturating_sub(2)) {
        push!(out, "  {line}\n");
    }
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
    let heading = format!("{} (line {})", text(&rewrite.title), rewrite.line);
    for line in wrapped(&heading, capabilities.width) {
        push!(out, "{}\n", capabilities.paint(Role::Title, &line));
    }
    let mut said = vec![text(&rewrite.why).into_owned(), saving(rewrite)];
    if rewrite.proof == Proof::Verified {
        said.push("verified: both were built and are the same".to_owned());
    } else if rewrite.risk == Risk::Verify {
        said.push("not proven: --verify builds both and compares them".to_owned());
    }
    for line in said.iter().flat_map(|line| wrapped(line, capabilities.width.saturating_sub(2))) {
        push!(out, "  {line}\n");
    }
    out.push('\n');
    out.push_str(&diff(&rewrite.patch, capabilities));
    out.push('\n');
}

fn saving(rewrite: &Rewrite) -> String {
    let seconds = units::seconds(rewrite.saves.seconds_per_build);
    format!("saves {seconds} a build on average")
}
