//! Files that a commit moved, whether as they were or edited on the way.
//!
//! Evidence and no more: where a search fails or would be too long, nothing was moved.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::ControlFlow;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::diff::Rewrites;
use gix::diff::blob::Platform;
use gix::diff::blob::pipeline::{Mode, WorktreeRoots};
use gix::diff::rewrites::Tracker;
use gix::diff::rewrites::tracker::{Change, ChangeKind};
use gix::diff::tree::visit::Relation;
use gix::hash::oid;
use gix::objs::tree::{EntryKind, EntryMode};
use gix::worktree::stack::state::attributes::Source;

use super::nodes::Node;
use super::{GitError, Tree};
use crate::context::{Changes, ContextPath};

/// How much of a file must be the same: git's own default.
const SIMILARITY: f32 = 0.5;

/// Of more files on either side only those are found that were not edited: each is compared with
/// each. Git's own limit for what people look at is 1,000.
const COMPARED: usize = 100;

/// Of more files on either side nothing is searched: a project that is moved as a whole begins anew.
const SEARCHED: usize = 10_000;

/// Larger files are not compared, so that no memory is filled.
const LARGE: u64 = 1024 * 1024;

/// Finds moved files in one repository.
pub(super) struct Renames<'a> {
    repository: &'a gix::Repository,
    /// What compares blobs, once it was needed.
    platform: OnceCell<Option<Platform>>,
}

/// A file that came or went.
#[derive(Debug, Clone)]
struct Moved {
    id: ObjectId,
    kind: ChangeKind,
}

impl Change for Moved {
    fn id(&self) -> &oid {
        &self.id
    }

    fn relation(&self) -> Option<Relation> {
        None
    }

    fn kind(&self) -> ChangeKind {
        self.kind
    }

    fn entry_mode(&self) -> EntryMode {
        // A file that became executable may be the same one.
        EntryKind::Blob.into()
    }

    fn id_and_entry_mode(&self) -> (&oid, EntryMode) {
        (&self.id, self.entry_mode())
    }
}

impl<'a> Renames<'a> {
    pub(super) const fn new(repository: &'a gix::Repository) -> Self {
        Self { repository, platform: OnceCell::new() }
    }

    /// The files that are at another place in `newer` than in `older`, sorted: from where to where.
    pub(super) fn between(
        &mut self,
        older: &Tree,
        newer: &Tree,
        changes: &Changes,
    ) -> Vec<(ContextPath, ContextPath)> {
        let counts = (changes.removed().count(), changes.added().count());
        if counts.0 == 0 || counts.1 == 0 || counts.0.max(counts.1) > SEARCHED {
            return Vec::new();
        }
        let rewrites = Rewrites {
            copies: None,
            percentage: Some(SIMILARITY),
            limit: COMPARED,
            track_empty: false,
        };
        let mut tracker = Tracker::new(rewrites);
        let mut push = |tree: &Tree, path: &ContextPath, kind| {
            // What is in a submodule is not compared.
            if let Ok(Some(id)) = blob(tree, path) {
                tracker.try_push_change(Moved { id, kind }, path.as_bytes().as_bstr());
            }
        };
        changes.removed().for_each(|path| push(older, path, ChangeKind::Deletion));
        changes.added().for_each(|path| push(newer, path, ChangeKind::Addition));
        let repository = self.repository;
        self.platform.get_or_init(|| platform(repository));
        let Some(Some(platform)) = self.platform.get_mut() else { return Vec::new() };
        let mut found: HashMap<ContextPath, ContextPath> = HashMap::new();
        let ended = tracker.emit(
            |to, from| {
                if let Some(from) = from {
                    found.insert(ContextPath::new(from.location), ContextPath::new(to.location));
                }
                ControlFlow::Continue(())
            },
            platform,
            &self.repository.objects,
            |_| Ok::<(), std::convert::Infallible>(()),
        );
        platform.clear_resource_cache();
        if ended.is_err() {
            return Vec::new();
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_unstable();
        found
    }
}

/// The blob of a file that is in the tree's own repository.
fn blob(tree: &Tree, path: &ContextPath) -> Result<Option<ObjectId>, GitError> {
    let found = tree.with(path, |found, node| match *node {
        Node::File { id, .. } if found.is_in_repository_of(tree) => Ok(Some(id)),
        _ => Ok(None),
    })?;
    Ok(found.flatten())
}

/// What compares blobs as they are in the repository, without attributes and so without any program
/// that they could name.
fn platform(repository: &gix::Repository) -> Option<Platform> {
    let nothing = gix::index::State::new(repository.object_hash());
    let attributes = repository.attributes_only(&nothing, Source::IdMapping).ok()?.detach();
    let roots = WorktreeRoots::default();
    let mut platform =
        gix::diff::resource_cache(repository, Mode::ToGit, attributes, roots).ok()?;
    platform.filter.options.large_file_threshold_bytes = LARGE;
    Some(platform)
}
