//! Which paths an engine gets when it asks with follow paths.
//!
//! The engine names what a Dockerfile copies. Some of these paths go through links inside the
//! context, so the links and what they lead to are needed too. In: the paths as asked, with
//! wildcards. Out: include patterns for a [`PathFilter`](super::patterns::PathFilter). The rules
//! are fsutil's.

use std::collections::BTreeSet;

use super::lexical::clean;
use super::{ContextPath, Entry, EntryKind, Snapshot, glob};

/// The include patterns that these include patterns and follow paths ask for together, in order;
/// none when all of the context is asked for.
pub fn include_patterns<T: AsRef<[u8]>>(
    snapshot: &Snapshot,
    include: &[T],
    follow: &[T],
) -> Vec<Vec<u8>> {
    let mut patterns: Vec<Vec<u8>> = include.iter().map(|it| it.as_ref().to_vec()).collect();
    if follow.is_empty() {
        return patterns;
    }
    if let Some(followed) = follow_links(snapshot, follow) {
        patterns.extend(followed);
        patterns = without_covered(patterns).unwrap_or_default();
    }
    patterns
}

/// The paths with every link on the way and at the end followed, sorted, without those that lie
/// below another; `None` when the root is among them, so that nothing is filtered.
///
/// Links lead inside the context only; an absolute one starts at its root. What is missing stays
/// in the list as it was asked. A wildcard that meets a link in the middle of a path stands for
/// all that its directory has of this name. A link is followed once: with `l/x` and `l/y` asked
/// for and `l` a link, only the first is found behind it. Both as in the engine.
pub fn follow_links<T: AsRef<[u8]>>(snapshot: &Snapshot, paths: &[T]) -> Option<Vec<Vec<u8>>> {
    let mut resolved = BTreeSet::new();
    // The engine goes along the paths one after the other, each to its end.
    let mut open: Vec<Vec<u8>> = paths.iter().rev().map(|path| path.as_ref().to_vec()).collect();
    while let Some(path) = open.pop() {
        resolve(snapshot, &path, &mut resolved, &mut open);
    }
    without_covered(resolved)
}

/// Goes along the path to its end or to the first link, whose targets are to be gone along next.
fn resolve(
    snapshot: &Snapshot,
    path: &[u8],
    resolved: &mut BTreeSet<Vec<u8>>,
    open: &mut Vec<Vec<u8>>,
) {
    let path = clean(&[b"./", path].concat());
    let mut end = 0;
    loop {
        end += path[end..].iter().position(|&byte| byte == b'/').unwrap_or(path.len() - end);
        let current = &path[..end];
        let rest = &path[(end + 1).min(path.len())..];
        let targets = targets(snapshot, current);
        if targets.is_empty() && !rest.is_empty() {
            end += 1;
            continue;
        }
        if resolved.insert(current.to_vec()) {
            let targets = targets.iter().rev();
            open.extend(targets.map(|target| target.join(rest).as_bytes().to_vec()));
        }
        return;
    }
}

/// Where the link at the path leads, or the links that its last component's wildcards match.
fn targets(snapshot: &Snapshot, path: &[u8]) -> Vec<ContextPath> {
    // A path that leaves the context is nothing in it.
    if path.split(|&byte| byte == b'/').any(|component| component == b"..") {
        return Vec::new();
    }
    let path = ContextPath::new(path);
    let Some((name, parent)) = path.file_name().zip(path.parent()) else { return Vec::new() };
    if !glob::has_wildcards(name) {
        return snapshot.get(&path).and_then(target).into_iter().collect();
    }
    let below = snapshot.subtree(&parent).iter();
    below
        .filter(|entry| entry.kind == EntryKind::Symlink)
        .filter(|entry| entry.path.parent().as_ref() == Some(&parent))
        .filter(|entry| {
            entry.path.file_name().is_some_and(|it| glob::matches(name, it) == Ok(true))
        })
        .filter_map(target)
        .collect()
}

/// Where a link leads, inside the context.
fn target(entry: &Entry) -> Option<ContextPath> {
    let target = entry.target.as_deref().filter(|_| entry.kind == EntryKind::Symlink)?;
    if target.starts_with(b"/") {
        Some(ContextPath::new(target))
    } else {
        Some(entry.path.parent()?.join(target))
    }
}

/// Without the paths that lie below the path kept before them; `None` when the root is among
/// them. The engine expects sorted paths and compares with the last one kept only.
fn without_covered(paths: impl IntoIterator<Item = Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for path in paths {
        if path == b"." {
            return None;
        }
        let covered = match kept.last() {
            Some(last) => path.strip_prefix(&**last).is_some_and(|rest| rest.starts_with(b"/")),
            None => path.starts_with(b"/"),
        };
        if !covered {
            kept.push(path);
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ModifiedTime;

    /// A tree of directories (`a/`), files (`a`) and links (`a -> b`).
    fn tree(lines: &[&str]) -> Snapshot {
        let entries = lines.iter().map(|line| {
            let (path, target) = line
                .split_once(" -> ")
                .map_or((*line, None), |(path, target)| (path, Some(target.as_bytes().into())));
            Entry {
                path: ContextPath::new(path),
                kind: match target {
                    Some(_) => EntryKind::Symlink,
                    None if path.ends_with('/') => EntryKind::Directory,
                    None => EntryKind::File,
                },
                mode: 0o644,
                size: 0,
                modified: ModifiedTime::default(),
                digest: None,
                target,
            }
        });
        Snapshot::new(entries.collect(), 0)
    }

    fn followed(lines: &[&str], paths: &[&str]) -> Vec<String> {
        let paths = follow_links(&tree(lines), paths).unwrap();
        paths.into_iter().map(|path| String::from_utf8(path).unwrap()).collect()
    }

    #[test]
    fn a_link_brings_what_it_leads_to() {
        let lines = ["dir/", "dir/foo", "bar -> dir/foo", "dir/l1 -> ../bar", "l2 -> dir/l1"];
        assert_eq!(followed(&lines, &["l2", "bar"]), ["bar", "dir/foo", "dir/l1", "l2"]);
    }

    #[test]
    fn links_on_the_way_are_followed_and_end_inside() {
        let lines = ["a/", "a/b", "d -> /a", "e -> ../../../a"];
        assert_eq!(followed(&lines, &["d/b"]), ["a/b", "d"]);
        assert_eq!(followed(&lines, &["e/b"]), ["a/b", "e"]);
        assert_eq!(followed(&["l -> /"], &["l/x"]), ["l", "x"]);
    }

    #[test]
    fn loops_end() {
        let lines = ["a -> b", "b -> a", "c -> c/d"];
        assert_eq!(followed(&lines, &["a", "c/x"]), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_missing_is_asked_for_as_it_is() {
        assert_eq!(followed(&[], &["x/y", "../z"]), ["../z", "x/y"]);
    }

    #[test]
    fn a_link_is_followed_for_the_first_path_through_it() {
        let lines = ["d/", "d/x", "d/y", "l -> d"];
        assert_eq!(followed(&lines, &["l/y", "l/x"]), ["d/y", "l"]);
    }

    #[test]
    fn the_root_means_everything() {
        assert_eq!(follow_links(&tree(&["a"]), &["a", "."]), None);
        assert_eq!(follow_links(&tree(&["l -> ."]), &["l"]), None);
        assert_eq!(include_patterns(&tree(&["a"]), &["a"], &["/"]), [b"a"]);
    }

    #[test]
    fn wildcards_meet_links() {
        let lines = ["d/", "d/l1 -> x", "d/l2 -> /y", "d/f", "d/x", "y"];
        assert_eq!(followed(&lines, &["d/l*"]), ["d/l*", "d/x", "y"]);
        assert_eq!(followed(&lines, &["d/f*"]), ["d/f*"]);
        assert_eq!(followed(&lines, &["d/l\\*"]), ["d/l\\*"]);
        // Its first component matches no link, so it is gone along further.
        assert_eq!(followed(&lines, &["*/l1"]), ["*/l1"]);
    }

    #[test]
    fn what_lies_below_another_is_left_out() {
        let lines = ["a/", "a/b"];
        assert_eq!(followed(&lines, &["a/b", "a", "b"]), ["a", "b"]);
        // Only the neighbour in byte order is compared, and `-` comes before `/`.
        assert_eq!(followed(&lines, &["a/b", "a", "a-c"]), ["a", "a-c", "a/b"]);
        assert_eq!(
            include_patterns(&tree(&lines), &["z"], &["a/b"]),
            [b"z".to_vec(), b"a/b".to_vec()]
        );
        assert_eq!(include_patterns(&tree(&lines), &["z"], &[]), [b"z".to_vec()]);
    }
}
