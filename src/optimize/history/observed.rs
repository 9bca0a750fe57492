//! What one build changed, with files that moved under the names that they have now.

use std::collections::HashMap;

use crate::context::ContextPath;
use crate::context::git::PastCommit;
use crate::optimize::PastBuild;

/// The files that one build found changed, by the names that they have today.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// Added, removed, modified or moved.
    pub changed: Vec<ContextPath>,
}

impl Observed {
    /// What commits changed, newest first.
    ///
    /// Going back, a file is followed to where it was before it was moved: what changed there is a
    /// change of the same file. The move itself is one as well, for what copies the file runs.
    pub fn of_commits(oldest_first: &[PastCommit]) -> Vec<Self> {
        let mut today: HashMap<ContextPath, ContextPath> = HashMap::new();
        let now = |today: &HashMap<ContextPath, ContextPath>, path: &ContextPath| {
            today.get(path).unwrap_or(path).clone()
        };
        let of = |commit: &PastCommit| {
            let renames = &commit.renames;
            let moved: HashMap<_, _> =
                renames.iter().map(|(from, to)| (from.clone(), now(&today, to))).collect();
            let called = |path| moved.get(&path).cloned().unwrap_or_else(|| now(&today, &path));
            let mut changed: Vec<_> = commit.changes.paths().into_iter().map(called).collect();
            changed.sort_unstable();
            changed.dedup();
            // Before the commit, nothing was where it moved a file to.
            for (_, to) in renames {
                today.remove(to);
            }
            today.extend(moved);
            Self { changed }
        };
        oldest_first.iter().rev().map(of).collect()
    }

    /// What builds in the store changed, newest first.
    pub fn of_builds(newest_first: &[PastBuild]) -> Vec<Self> {
        newest_first.iter().map(|build| Self { changed: build.changed.clone() }).collect()
    }
}
