//! Workspaces: which directories of a project are packages of their own.
//!
//! What is found is at least what the tools find: a package.json too many is copied early and
//! read by nobody, while one too few would be missing.

use std::collections::BTreeSet;

use crate::context::{ContextPath, EntryKind, glob};
use crate::optimize::Reason;
use crate::optimize::landing::Landing;

/// More patterns than anybody writes.
const PATTERNS: usize = 500;

/// The package.json of every workspace that a project's patterns name.
pub(super) fn find(
    landing: &Landing<'_>,
    project: &ContextPath,
    patterns: &[String],
) -> Result<BTreeSet<ContextPath>, Reason> {
    let mut found = BTreeSet::new();
    if patterns.is_empty() {
        return Ok(found);
    }
    if patterns.len() > PATTERNS {
        let (place, text) = ("the list of workspaces".to_owned(), patterns[0].clone());
        return Err(Reason::NotUnderstood { place, text });
    }
    for (place, entry) in landing.iter().filter(|(place, _)| place.starts_with(project)) {
        let below: Vec<&[u8]> = place.components().skip(project.components().count()).collect();
        if below.contains(&&b"node_modules"[..]) {
            continue;
        }
        if entry.kind == EntryKind::Symlink {
            // A tool may follow it and find workspaces behind it.
            if patterns.iter().any(|pattern| leads_through(pattern, &below)) {
                return Err(Reason::IrregularManifest(entry.path.clone()));
            }
            continue;
        }
        let Some((&b"package.json", directory)) = below.split_last() else { continue };
        if !directory.is_empty() && is_named(patterns, directory) {
            found.insert(place.clone());
        }
    }
    Ok(found)
}

fn is_named(patterns: &[String], directory: &[&[u8]]) -> bool {
    let mut is_named = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            None => is_named |= is_match(&components(pattern), directory),
            Some(pattern) if is_plain(pattern) => {
                is_named &= !is_strict_match(&components(pattern), directory);
            }
            // One that is not understood takes nothing away.
            Some(_) => {}
        }
    }
    is_named
}

/// A pattern's components; one that has braces over a slash is anything.
fn components(pattern: &str) -> Vec<&str> {
    if pattern.contains(['{', '(', '\\']) {
        return vec!["**"];
    }
    let pattern = pattern.strip_suffix("/package.json").unwrap_or(pattern);
    pattern.split('/').filter(|component| !matches!(*component, "" | ".")).collect()
}

fn is_plain(pattern: &str) -> bool {
    pattern.chars().all(|c| c.is_alphanumeric() || "/*._-@".contains(c))
        && !pattern.contains("..")
        && pattern.split('/').all(|component| component == "**" || !component.contains("**"))
}

fn is_match(pattern: &[&str], directory: &[&[u8]]) -> bool {
    let anything = |_: &[u8]| true;
    matches(pattern, directory, &anything, &is_component)
}

/// As all tools match at least: a star stands for no leading dot, the last `**` for something.
fn is_strict_match(pattern: &[&str], directory: &[&[u8]]) -> bool {
    let is_shown = |name: &[u8]| !name.starts_with(b".");
    let is_component = |component: &str, name: &[u8]| {
        (is_shown(name) || component.starts_with('.')) && is_component(component, name)
    };
    match pattern.split_last() {
        Some((&"**", rest)) => {
            matches(&[rest, &["**", "*"]].concat(), directory, &is_shown, &is_component)
        }
        _ => matches(pattern, directory, &is_shown, &is_component),
    }
}

/// Whether components match; `**` is any number of those that `is_skipped` allows.
///
/// After each component of the pattern it is known how many of the directory's may be matched by
/// then, so that no pattern takes longer than its length times theirs.
fn matches(
    pattern: &[&str],
    directory: &[&[u8]],
    is_skipped: &dyn Fn(&[u8]) -> bool,
    is_component: &dyn Fn(&str, &[u8]) -> bool,
) -> bool {
    let mut reached = vec![false; directory.len() + 1];
    reached[0] = true;
    for component in pattern {
        let is_deep = component.contains("**");
        let mut next = if is_deep { reached.clone() } else { vec![false; reached.len()] };
        for (position, name) in directory.iter().enumerate() {
            next[position + 1] |= if is_deep {
                next[position] && is_skipped(name)
            } else {
                reached[position] && is_component(component, name)
            };
        }
        reached = next;
    }
    reached[directory.len()]
}

fn is_component(pattern: &str, name: &[u8]) -> bool {
    // Brackets mean more to the tools than to the engine: they are taken for anything.
    pattern.contains(['[', '?']) || glob::matches(pattern.as_bytes(), name).unwrap_or(true)
}

/// Whether a directory at this path could be, hold or be part of the way to a match.
fn leads_through(pattern: &str, path: &[&[u8]]) -> bool {
    if pattern.starts_with('!') {
        return false;
    }
    let pattern = components(pattern);
    for (position, name) in path.iter().enumerate() {
        match pattern.get(position) {
            None => return false,
            Some(component) if component.contains("**") => return true,
            Some(component) if !is_component(component, name) => return false,
            Some(_) => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(patterns: &[&str], directory: &str) -> bool {
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        let directory: Vec<_> = directory.split('/').map(str::as_bytes).collect();
        is_named(&patterns, &directory)
    }

    #[test]
    fn patterns_name_at_least_what_the_tools_find() {
        for (patterns, directory) in [
            (&["packages/*"][..], "packages/a"),
            (&["./packages/*/"], "packages/a"),
            (&["packages/**"], "packages/a/b"),
            (&["packages/**"], "packages"),
            (&["**"], "a/b"),
            (&["a", "b"], "b"),
            (&["{a,b}/*"], "a/x"),
            (&["packages/[ab]"], "packages/a"),
            (&["packages/+(a|b)"], "packages/a"),
            (&["packages/*", "!packages/[x]"], "packages/x"),
            (&["!packages/a", "packages/*"], "packages/a"),
            (&["packages/**", "!**/test/**"], "packages/test"),
            (&["packages/@(a|b)"], "packages/a"),
        ] {
            assert!(named(patterns, directory), "{patterns:?} {directory}");
        }
        for (patterns, directory) in [
            (&["packages/*"][..], "packages/a/b"),
            (&["packages/*"], "other/a"),
            (&["packages/*", "!packages/a"], "packages/a"),
            (&["packages/**", "!**/test/**"], "packages/test/x"),
            (&["!a"], "b"),
        ] {
            assert!(!named(patterns, directory), "{patterns:?} {directory}");
        }
    }

    #[test]
    fn links_count_where_a_workspace_may_lie_behind_them() {
        let leads = |pattern, path: &str| {
            leads_through(pattern, &path.split('/').map(str::as_bytes).collect::<Vec<_>>())
        };
        assert!(leads("packages/*", "packages"));
        assert!(leads("packages/*", "packages/a"));
        assert!(leads("**", "x/y"));
        assert!(!leads("packages/*", "packages/a/README.md"));
        assert!(!leads("packages/*", "README.md"));
    }
}
