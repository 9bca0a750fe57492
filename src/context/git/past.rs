//! A context as the last commits had it: one snapshot, and what each commit changed.
//!
//! Only what differs between neighbouring commits is read: where two trees have the same directory
//! nothing below it is looked at, and a blob is digested once. So fifty commits cost little more
//! than one, in time and in memory.

use std::sync::Arc;

use super::store::reason;
use super::{GitError, Notice, Repository, Tree, attributes, renames::Renames, submodule};
use crate::context::source::{Source, Taken};
use crate::context::{Changes, ContextPath, Error, IgnoreRules, Snapshot};

/// A context as the last commits of `HEAD` had it, each against its first parent: a merge counts
/// as the one change that it makes to its branch, for that is what is built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PastCommits {
    /// The context before the first of the commits.
    pub first: Snapshot,
    /// The commits, oldest first.
    pub commits: Vec<PastCommit>,
    /// Why there are no more.
    pub end: HistoryEnd,
    /// How many commits were left out, as they have no such directory.
    pub without_context: usize,
    /// Where the snapshots may differ from what a checkout of the commit has, each said once.
    pub notices: Vec<Notice>,
}

/// What one commit changed of a context.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PastCommit {
    /// Its whole id.
    pub id: String,
    /// Against the commit before it. Empty where it changed other files than the context's.
    pub changes: Changes,
    /// Files that it moved: where they were, and where they are. What was edited on the way counts
    /// too, as long as half of it is the same.
    pub renames: Vec<(ContextPath, ContextPath)>,
}

/// Why a history goes no further back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HistoryEnd {
    /// No more were asked for.
    #[default]
    Limit,
    /// The first commit of all was reached.
    Root,
    /// The clone is shallow and has no older ones.
    Shallow,
    /// An older one cannot be read, for this reason.
    Unreadable(String),
}

/// A commit and its tree.
struct Found {
    id: String,
    tree: Tree,
}

impl Repository {
    /// What the last `limit` commits changed of the directory at `path`, from the repository's
    /// root, by today's ignore rules.
    ///
    /// Where an older commit cannot be read, as in a shallow or partial clone, the newer ones are
    /// what there is, and [`PastCommits::end`] says so.
    ///
    /// # Errors
    ///
    /// Where `HEAD` cannot be read, names no commit yet, or has no such directory.
    pub fn past_commits(
        &self,
        path: &ContextPath,
        rules: &IgnoreRules,
        limit: usize,
    ) -> Result<PastCommits, Error> {
        let repository = self.store.repository.to_thread_local();
        let head = self.resolve(&repository, "HEAD")?;
        let context = self.tree("HEAD")?.at(path)?;
        let Taken { snapshot, notices } = context.snapshot(rules)?;
        let mut past = PastCommits { first: snapshot, notices, ..PastCommits::default() };
        let mut renames = Renames::new(&repository);
        let mut newer = Found { id: head.to_string(), tree: context };
        let mut next = Some(head);
        // From the newest back, so that what cannot be read ends the history and loses no more.
        while past.commits.len() < limit {
            let parent = next.map_or(Ok(None), |commit| self.first_parent(&repository, commit));
            let parent = match parent {
                Ok(Some(parent)) => parent,
                Ok(None) => {
                    past.end = HistoryEnd::Root;
                    break;
                }
                Err(end) => {
                    past.end = end;
                    break;
                }
            };
            next = Some(parent);
            let id = parent.to_string();
            let change = self.tree(&id).and_then(|tree| tree.at(path)).and_then(|older| {
                let (changes, notices) = newer.tree.changes_since(&older, rules)?;
                let renames = renames.between(&older, &newer.tree, &changes);
                Ok((older, changes, renames, notices))
            });
            match change {
                Ok((older, changes, renames, notices)) => {
                    past.notices.extend(notices);
                    let older = Found { id, tree: older };
                    let commit = std::mem::replace(&mut newer, older).id;
                    past.first = changes.revert(past.first);
                    past.commits.push(PastCommit { id: commit, changes, renames });
                }
                Err(GitError::Missing { .. } | GitError::NoDirectory { .. }) => {
                    past.without_context += 1;
                    if past.without_context > limit {
                        break;
                    }
                }
                Err(error) => {
                    past.end = HistoryEnd::Unreadable(error.to_string());
                    break;
                }
            }
        }
        past.commits.reverse();
        past.notices.sort_unstable();
        past.notices.dedup();
        Ok(past)
    }

    /// The commit's first parent; `None` where it has none.
    pub(super) fn first_parent(
        &self,
        repository: &gix::Repository,
        commit: gix::ObjectId,
    ) -> Result<Option<gix::ObjectId>, HistoryEnd> {
        let unreadable = |error: gix::Error| HistoryEnd::Unreadable(reason(&error));
        let object = repository.find_commit(commit).map_err(unreadable)?;
        let Some(parent) = object.parent_ids().next().map(gix::Id::detach) else {
            return Ok(None);
        };
        if repository.has_object(parent) {
            return Ok(Some(parent));
        }
        Err(if repository.is_shallow().unwrap_or_default() {
            HistoryEnd::Shallow
        } else {
            let place = self.store.place().display();
            HistoryEnd::Unreadable(format!("the commit {parent} is not in {place}"))
        })
    }
}

impl Tree {
    /// What this directory has otherwise than it had in an older tree.
    fn changes_since(
        &self,
        older: &Self,
        rules: &IgnoreRules,
    ) -> Result<(Changes, Vec<Notice>), GitError> {
        if !self.has_same_surroundings(older)? {
            let (before, after) = (older.taken(rules)?, self.taken(rules)?);
            return Ok((Changes::between(&before.snapshot, &after.snapshot), before.notices));
        }
        let (before, after) =
            (older.without(self).taken(rules)?, self.without(older).taken(rules)?);
        Ok((Changes::between(&before.snapshot, &after.snapshot), before.notices))
    }

    /// Whether what decides from outside about the directory's files is the same: the attributes
    /// above it, and what submodules are called.
    fn has_same_surroundings(&self, older: &Self) -> Result<bool, GitError> {
        let place = || self.named(&ContextPath::root());
        if !self.root.has_same(&older.root, submodule::MODULES, place)? {
            return Ok(false);
        }
        let mut path = ContextPath::root();
        let mut sides = (Arc::clone(&self.root), Arc::clone(&older.root));
        for component in self.path.components() {
            if !sides.0.has_same(&sides.1, attributes::FILE, || self.named(&path))? {
                return Ok(false);
            }
            path = path.join(component);
            let (Some(mine), Some(theirs)) =
                (self.below(&sides.0, component)?, older.below(&sides.1, component)?)
            else {
                return Ok(false);
            };
            sides = (mine, theirs);
        }
        Ok(self.path == older.path)
    }
}
