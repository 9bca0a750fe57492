//! The working tree as the next `git add --all` would record it.
//!
//! In: the index and the files on disk. Out: nodes, as of the index, with what was edited, added
//! and deleted since. A file that looks to the system as it did when git last recorded it is not
//! read, as `git status` does not; one that looks otherwise is read and counts as edited only where
//! its bytes are not those that a checkout writes. What git ignores is left out. Submodules, and
//! repositories that nobody added, have the files of their own working trees.

mod look;
mod name;
mod nested;
mod sparse;
mod untracked;

use std::sync::Arc;

use gix::bstr::ByteSlice;
use gix::index::State;
use gix::index::entry::Flags;

use super::error::Unmerged;
use super::nodes::Directory;
use super::stage::Staged;
use super::store::{Store, reason};
use super::{GitError, Repository, Tree, stage};
use look::{Look, OnDisk};
use untracked::{Fresh, untracked};

impl Repository {
    /// The root of the working tree, as `git add --all` would record it: with new files, without
    /// deleted ones and without what git ignores; and of the repositories in it alike.
    ///
    /// # Errors
    ///
    /// Where there is no working tree, where it cannot be read, or where a merge left conflicts.
    pub fn working_tree(&self) -> Result<Tree, GitError> {
        self.working_tree_in(0)
    }

    /// The working tree of a repository that is in so many others.
    fn working_tree_in(&self, depth: usize) -> Result<Tree, GitError> {
        let store = &self.store;
        let top = self
            .work_tree()
            .ok_or_else(|| GitError::Bare { repository: store.place().to_owned() })?;
        let top = top.to_owned();
        let mut index = stage::read(store)?;
        let (unmerged, _) = stage::entries(&index);
        if !unmerged.is_empty() {
            return Err(GitError::Unmerged(Unmerged(unmerged)));
        }
        sparse::open(store, &top, &mut index)?;
        let repository = store.repository.to_thread_local();
        let setting = |error: gix::Error| GitError::Setting {
            name: "core.trustctime, core.checkstat or core.filemode",
            reason: reason(&error),
        };
        let options = repository.stat_options().map_err(setting)?;
        let has_modes = repository.filesystem_options().map_err(setting)?.executable_bit;
        let recorded = self.index()?;
        let look = Look {
            store,
            top: &top,
            options,
            has_modes,
            index: &index,
            recorded: &recorded,
            depth,
        };
        let found = look.all()?;
        let fresh = untracked(store, &mut index, &found, (&top, depth))?;
        let root = built(store, &index, &found, &fresh)?;
        Ok(self.root(root, "the working tree"))
    }
}

/// The nodes of the index with what the disk has otherwise.
fn built(
    store: &Arc<Store>,
    index: &State,
    found: &[OnDisk],
    fresh: &[Fresh],
) -> Result<Arc<Directory>, GitError> {
    let mut trees = stage::noted_trees(index);
    let mut forget = |path: &[u8]| {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        for end in slashes.map(|(end, _)| end).chain([0]) {
            trees.remove(&path[..end]);
        }
    };
    let mut entries = Vec::with_capacity(index.entries().len() + fresh.len());
    for (entry, found) in index.entries().iter().zip(found) {
        let path = entry.path(index).as_bytes();
        let path = path.strip_suffix(b"/").unwrap_or(path);
        match found {
            OnDisk::Same if entry.flags.contains(Flags::INTENT_TO_ADD) => forget(path),
            OnDisk::Same => entries.push(Staged::new(path, entry.mode, entry.id)),
            OnDisk::Other { mode, id, edited } => {
                forget(path);
                entries.push(Staged { edited: edited.clone(), ..Staged::new(path, *mode, *id) });
            }
            OnDisk::Gone => forget(path),
        }
    }
    for file in fresh {
        forget(&file.path);
        let edited = file.edited.clone();
        entries.push(Staged { edited, ..Staged::new(&file.path, file.mode, file.id) });
    }
    stage::built(store, entries, &trees)
}
