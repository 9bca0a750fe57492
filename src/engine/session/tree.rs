//! What one transfer serves: entries in the engine's order, and where their bytes are.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::packet::Stat;
use super::root::Root;
use crate::Digest;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};

/// A tree of files, on disk or in memory.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    snapshot: Arc<Snapshot>,
    /// Files that another time is told of than they have.
    announced: Arc<BTreeMap<ContextPath, ModifiedTime>>,
    contents: Contents,
}

/// Where the bytes of a tree's files are.
#[derive(Debug, Clone)]
pub(super) enum Contents {
    /// Below the context's directory.
    Directory(Arc<Root>),
    /// Here.
    Memory(Arc<BTreeMap<ContextPath, Bytes>>),
}

/// The entries of a tree that a transfer is about, in order. Every entry's place is its id.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    tree: Tree,
    /// Places in the snapshot; `None` for all of them.
    places: Option<Vec<u32>>,
}

impl Tree {
    /// What the snapshot has, read from `root`.
    pub(super) fn on_disk(snapshot: Arc<Snapshot>, root: Arc<Root>) -> Self {
        Self { snapshot, announced: Arc::default(), contents: Contents::Directory(root) }
    }

    /// With these times told instead of the files' own.
    pub(super) fn announcing(self, announced: BTreeMap<ContextPath, ModifiedTime>) -> Self {
        Self { announced: Arc::new(announced), ..self }
    }

    /// Files that are held in memory, by name.
    pub(super) fn in_memory(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let files: BTreeMap<_, _> =
            files.into_iter().map(|(name, bytes)| (ContextPath::new(name), bytes)).collect();
        let entries = files.iter().map(|(path, bytes)| in_memory_entry(path, bytes)).collect();
        Self {
            snapshot: Arc::new(Snapshot::new(entries, 0)),
            announced: Arc::default(),
            contents: Contents::Memory(Arc::new(files)),
        }
    }

    /// The entries of the tree.
    pub(super) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// All of it.
    pub(super) fn all(self) -> Selection {
        Selection { tree: self, places: None }
    }

    /// The entries at these places in the snapshot.
    pub(super) fn places(self, places: Vec<u32>) -> Selection {
        Selection { tree: self, places: Some(places) }
    }
}

impl Selection {
    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.places.as_ref().map_or(self.tree.snapshot.entries().len(), Vec::len)
    }

    /// The entry with this id.
    pub(super) fn entry(&self, id: u32) -> Option<&Entry> {
        let id = id as usize;
        let place = match &self.places {
            Some(places) => *places.get(id)? as usize,
            None => id,
        };
        self.tree.snapshot.entries().get(place)
    }

    /// What the engine is told of an entry.
    pub(super) fn stat(&self, entry: &Entry) -> Stat {
        let device = match &self.tree.contents {
            Contents::Directory(root) => root.device(entry),
            Contents::Memory(_) => (0, 0),
        };
        match self.tree.announced.get(&entry.path) {
            Some(&modified) => Stat::of(&Entry { modified, ..entry.clone() }, device),
            None => Stat::of(entry, device),
        }
    }

    /// Where the bytes are.
    pub(super) fn contents(&self) -> &Contents {
        &self.tree.contents
    }
}

/// The entry of a file in memory. The engine keeps a file that it has if name, size and time
/// are the same, so the time is made of the content: other content, other time.
fn in_memory_entry(path: &ContextPath, bytes: &Bytes) -> Entry {
    let digest = Digest::of(bytes);
    let number = |place: usize| {
        digest
            .as_bytes()
            .iter()
            .skip(place)
            .take(4)
            .fold(0, |number: u32, &byte| number << 8 | u32::from(byte))
    };
    Entry {
        path: path.clone(),
        kind: EntryKind::File,
        mode: 0o644,
        size: bytes.len() as u64,
        modified: ModifiedTime {
            seconds: number(0).into(),
            nanoseconds: number(4) % 1_000_000_000,
        },
        digest: Some(digest),
        target: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dockerfile(content: &'static str) -> Selection {
        Tree::in_memory([("Dockerfile".to_owned(), Bytes::from_static(content.as_bytes()))]).all()
    }

    #[test]
    fn an_edit_of_the_same_length_has_another_time() {
        let (before, after) = (dockerfile("FROM a"), dockerfile("FROM b"));
        let stat = |tree: &Selection| tree.stat(tree.entry(0).unwrap());
        assert_eq!(stat(&before).size, stat(&after).size);
        assert_ne!(stat(&before).modified, stat(&after).modified);
        assert_eq!(stat(&before), stat(&dockerfile("FROM a")));
    }

    #[test]
    fn ids_are_places_in_the_selection() {
        let tree = Tree::in_memory(["a", "b", "c"].map(|n| (n.to_owned(), Bytes::new())));
        let some = tree.places(vec![0, 2]);
        assert_eq!(some.len(), 2);
        assert_eq!(some.entry(1).unwrap().path, ContextPath::new("c"));
        assert!(some.entry(2).is_none());
    }
}
