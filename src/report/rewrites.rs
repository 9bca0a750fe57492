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
    match (found.before, found.after) {
        (Some(before), Some(after)) if !found.rewrites.is_empty() => {
            let title = capabilities.paint(Role::Title, "together");
            let (before, after) = (units::seconds(before), units::seconds(after));
            push!(out, "{title}  {before} a build -> {after}\n");
        }
        _ => {}
    }
    if let Some(reason) = found.explain() {
        let lines = reason.lines().flat_map(|line| wrapped(&text(line), capabilities.width));
        for line in lines {
            push!(out, "{line}\n");
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
    let saves = &rewrite.saves;
    let seconds = units::seconds(saves.seconds_per_build);
    if saves.commits == 0 {
        return format!("saves {seconds} on every edit that leaves the manifests alone");
    }
    if saves.commits == 1 {
        let helped = if saves.builds_helped > 0.0 { "helped" } else { "would not have helped" };
        return format!("saves {seconds} a build on average; {helped} the last build");
    }
    let builds = units::counted(saves.commits.into(), "build", "builds");
    let share = (saves.builds_helped * 100.0).round();
    format!("saves {seconds} a build on average; helped {share} % of the last {builds}")
}
