//! Which commit changed a file last, and whether what is on disk is committed.
//!
//! Evidence for people, so nothing here is an error: where a history cannot be read, or is longer
//! than what is searched, the answer is that nobody knows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryKind as GitKind, EntryMode};

use super::nodes::Node;
use super::{Repository, Tree};
use crate::Digest;
use crate::context::source::{Found, Source};
use crate::context::{ContextPath, Entry, EntryKind};

/// How many commits and trees are read before a search ends, all files of a question together: a
/// history of any length costs no more.
const SEARCHED: usize = 10_000;

/// The memory for trees that are met again: neighbouring commits share most of them.
const TREE_CACHE: usize = 16 * 1024 * 1024;

/// A commit, as much of it as a line has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its whole id.
    pub id: String,
    /// As much of the id as tells it from others, seven digits at least.
    pub short_id: String,
    /// The first line of its message.
    pub subject: String,
    /// When it was committed.
    pub time: SystemTime,
}

/// Which commit of `HEAD`'s history changed a file last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastChange {
    /// This one.
    Commit(Commit),
    /// None: no commit has the file.
    Never,
    /// Nobody knows: the commit is older than what was searched or than what a shallow clone has,
    /// the file is in a submodule, or the history cannot be read.
    Unknown,
}

impl Repository {
    /// The commit that a revision names; `None` where it names something else, such as a tree.
    pub fn commit(&self, revision: &str) -> Option<Commit> {
        let repository = self.store.repository.to_thread_local();
        let id = self.resolve(&repository, revision).ok()?;
        let object = repository.find_object(id).ok()?.peel_tags_to_end().ok()?;
        described(&object.try_into_commit().ok()?)
    }

    /// For each path, from the repository's root, the commit that `git log -1 -- PATH` names: the
    /// newest whose file is another than that of each of its parents.
    pub fn last_changes(&self, paths: &[ContextPath]) -> Vec<LastChange> {
        let mut repository = self.store.repository.to_thread_local();
        repository.object_cache_size_if_unset(TREE_CACHE);
        let mut left = SEARCHED;
        let search = |(index, path): (usize, &ContextPath)| {
            // An old file must not leave nothing for the others.
            let share = left / (paths.len() - index);
            let components = path.components().collect();
            let mut search = Search { repository: &repository, path: components, left: share };
            let found = search.last_change();
            left -= share - search.left;
            found.unwrap_or(LastChange::Unknown)
        };
        paths.iter().enumerate().map(search).collect()
    }

    /// Whether what is on disk at a path, from the repository's root, is what `HEAD` has there;
    /// `None` where that cannot be read.
    pub fn is_committed(&self, path: &ContextPath, on_disk: Option<&Entry>) -> Option<bool> {
        let head = self.tree("HEAD").ok()?;
        let committed = head.find(path).ok()?;
        Some(match (committed, on_disk) {
            (None, None) => true,
            (Some(Found::Directory), Some(entry)) => entry.kind == EntryKind::Directory,
            (Some(Found::Symlink(target)), Some(entry)) => entry.target.as_ref() == Some(&target),
            (Some(Found::File(bytes)), Some(entry)) => {
                let is_executable = entry.mode & 0o100 != 0;
                entry.digest == Some(Digest::of(&bytes))
                    && executable(&head, path).is_none_or(|committed| committed == is_executable)
            }
            _ => false,
        })
    }
}

/// Whether the tree has the file as one that can be run.
fn executable(tree: &Tree, path: &ContextPath) -> Option<bool> {
    let found = tree.with(path, |_, node| match node {
        Node::File { executable, .. } => Ok(Some(*executable)),
        _ => Ok(None),
    });
    found.ok().flatten().flatten()
}

pub(super) fn described(commit: &gix::Commit<'_>) -> Option<Commit> {
    let id = commit.id.to_string();
    let short_id = commit.short_id().map_or_else(|_| id[..7].to_owned(), |id| id.to_string());
    let subject = commit.message().ok()?.summary().to_str_lossy().into_owned();
    let seconds = commit.time().ok()?.seconds;
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    Some(Commit { id, short_id, subject, time: time? })
}

/// What a commit has on the way to a path: its root tree, then a component each, as far as they
/// are there.
type Trail = Vec<(ObjectId, EntryMode)>;

/// What a tree has of a name.
enum Child {
    Entry(ObjectId, EntryMode),
    None,
}

struct Search<'a> {
    repository: &'a gix::Repository,
    path: Vec<&'a [u8]>,
    /// Objects that may still be read.
    left: usize,
}

impl<'a> Search<'a> {
    /// As `git log` simplifies a history: where a parent has the same file, only that parent is
    /// looked at. `None` where nobody knows.
    fn last_change(&mut self) -> Option<LastChange> {
        let Ok(mut commit) = self.repository.head_commit() else {
            let is_unborn = self.repository.head().is_ok_and(|head| head.is_unborn());
            return is_unborn.then_some(LastChange::Never);
        };
        let (mut trail, _) = self.trail(commit.tree_id().ok()?.detach(), &Trail::new())?;
        'commits: loop {
            let parents: Vec<ObjectId> = commit.parent_ids().map(gix::Id::detach).collect();
            for parent in &parents {
                let parent = self.commit(*parent)?;
                let (trail_of_parent, same) =
                    self.trail(parent.tree_id().ok()?.detach(), &trail)?;
                if same {
                    (commit, trail) = (parent, trail_of_parent);
                    continue 'commits;
                }
            }
            if parents.is_empty() && !self.is_whole(&trail) {
                return Some(LastChange::Never);
            }
            return described(&commit).map(LastChange::Commit);
        }
    }

    fn is_whole(&self, trail: &Trail) -> bool {
        trail.len() > self.path.len()
    }

    fn commit(&mut self, id: ObjectId) -> Option<gix::Commit<'a>> {
        self.left = self.left.checked_sub(1)?;
        self.repository.find_commit(id).ok()
    }

    /// The trail from a root tree, and whether it leads to the same as a trail that is known;
    /// from where they meet, it is not read.
    fn trail(&mut self, root: ObjectId, known: &Trail) -> Option<(Trail, bool)> {
        let mut trail = vec![(root, EntryMode::from(GitKind::Tree))];
        loop {
            let depth = trail.len() - 1;
            let (id, mode) = trail[depth];
            if known.get(depth) == Some(&(id, mode)) {
                trail.extend_from_slice(&known[depth + 1..]);
                return Some((trail, true));
            }
            if depth == self.path.len() {
                return Some((trail, false));
            }
            if mode.is_commit() {
                // What is in a submodule is in another repository.
                return None;
            }
            let child =
                if mode.is_tree() { self.child(id, self.path[depth])? } else { Child::None };
            let Child::Entry(id, mode) = child else {
                let are_both_missing = !known.is_empty() && !self.is_whole(known);
                return Some((trail, are_both_missing));
            };
            trail.push((id, mode));
        }
    }

    fn child(&mut self, tree: ObjectId, name: &[u8]) -> Option<Child> {
        self.left = self.left.checked_sub(1)?;
        let tree = self.repository.find_tree(tree).ok()?;
        for entry in TreeRefIter::from_bytes(&tree.data, tree.id.kind()) {
            let entry = entry.ok()?;
            if entry.filename == name {
                return Some(Child::Entry(entry.oid.to_owned(), entry.mode));
            }
        }
        Some(Child::None)
    }
}
