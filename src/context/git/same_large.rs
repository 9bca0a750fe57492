//! Files that one of two trees has as large ones and the other as they are, with the same bytes: a
//! working tree has the same of both.

use gix::ObjectId;
use gix::objs::Kind;

use super::lfs::{self, Pointer};
use super::nodes::Node;
use super::{Tree, TreeChanges};
use crate::Digest;
use crate::context::{ContextPath, Source as _};

/// Of more changed files than this none is looked at: they are no large ones that moved.
const MOST: usize = 2_000;

/// A file of more bytes is not read for it.
const LARGEST: u64 = 256 << 20;

impl Tree {
    /// Has snapshots of these two [comparable](super::Repository::comparable) trees name such a
    /// file alike, among the paths at which they differ. What cannot be read stays another one.
    pub fn match_large_files(&self, older: &Self, changes: &TreeChanges) {
        if changes.paths.len() > MOST {
            return;
        }
        for path in &changes.paths {
            let (Some(old), Some(new)) = (older.blob(path), self.blob(path)) else { continue };
            self.match_large_file(path, (older, old), (self, new));
            self.match_large_file(path, (self, new), (older, old));
        }
    }

    fn match_large_file(
        &self,
        path: &ContextPath,
        (pointing, pointer): (&Self, Blob),
        (plain, blob): (&Self, Blob),
    ) {
        let Some(sizes) = &self.sizes else { return };
        if pointer.size >= lfs::POINTER_LIMIT as u64 || !(1..=LARGEST).contains(&blob.size) {
            return;
        }
        let Some(pointer) = pointing.pointer(path).filter(|it| it.size == blob.size) else {
            return;
        };
        let bytes = plain.read(path).ok().flatten();
        if bytes.is_some_and(|bytes| Digest::of(&bytes) == pointer.digest) {
            sizes.set_large_file(blob.id, pointer);
        }
    }

    /// The pointer at the path.
    fn pointer(&self, path: &ContextPath) -> Option<Pointer> {
        let read = self.with(path, |tree, node| {
            let Node::File { id, .. } = node else { return Ok(None) };
            let store = &tree.directory.store;
            let repository = store.repository.to_thread_local();
            store.read(&repository, *id, Kind::Blob, || tree.named(path)).map(Some)
        });
        lfs::pointer(&read.ok()???)
    }

    /// The file at the path.
    fn blob(&self, path: &ContextPath) -> Option<Blob> {
        let found = self.with(path, |tree, node| {
            let (Node::File { id, .. }, Some(sizes)) = (node, &tree.sizes) else {
                return Ok(None);
            };
            let store = &tree.directory.store;
            let size = sizes.get(store, &store.repository.to_thread_local(), *id);
            Ok(Some(Blob { id: *id, size }))
        });
        found.ok()??
    }
}

/// A file as git keeps it.
#[derive(Clone, Copy)]
struct Blob {
    id: ObjectId,
    size: u64,
}
