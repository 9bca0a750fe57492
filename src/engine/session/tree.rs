//! What one transfer serves: entries in the engine's order, and where their bytes are.

use std::collections::{BTreeMap, HashMap};
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
    /// Files whose bytes are here, wherever those of the others are.
    held: Arc<BTreeMap<ContextPath, Bytes>>,
    contents: Contents,
    /// Where it is in the snapshot of all contexts.
    place: ContextPath,
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
    /// Files that have been announced under another name: their ids with that name's.
    links: HashMap<u32, u32>,
}

impl Tree {
    /// What the snapshot has, read from `root`.
    pub(super) fn on_disk(snapshot: Arc<Snapshot>, root: Arc<Root>) -> Self {
        Self {
            snapshot,
            announced: Arc::default(),
            held: Arc::default(),
            contents: Contents::Directory(root),
            place: ContextPath::root(),
        }
    }

    /// As the context at this place in the snapshot of all contexts.
    pub(super) fn at(self, place: ContextPath) -> Self {
        Self { place, ..self }
    }

    /// With these times told instead of the files' own.
    pub(super) fn announcing(self, announced: BTreeMap<ContextPath, ModifiedTime>) -> Self {
        Self { announced: Arc::new(announced), ..self }
    }

    /// With these bytes served instead of what the files have by now.
    pub(super) fn holding(self, held: BTreeMap<ContextPath, Bytes>) -> Self {
        Self { held: Arc::new(held), ..self }
    }

    /// Files that are held in memory, by name.
    pub(super) fn in_memory(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let files: BTreeMap<_, _> =
            files.into_iter().map(|(name, bytes)| (ContextPath::new(name), bytes)).collect();
        let entries = files.iter().map(|(path, bytes)| in_memory_entry(path, bytes)).collect();
        Self {
            snapshot: Arc::new(Snapshot::new(entries, 0)),
            announced: Arc::default(),
            held: Arc::default(),
            contents: Contents::Memory(Arc::new(files)),
            place: ContextPath::root(),
        }
    }

    /// The entries of the tree.
    pub(super) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// All of it.
    pub(super) fn all(self) -> Selection {
        Selection::of(self, None)
    }

    /// The entries at these places in the snapshot.
    pub(super) fn places(self, places: Vec<u32>) -> Selection {
        Selection::of(self, Some(places))
    }
}

impl Selection {
    fn of(tree: Tree, places: Option<Vec<u32>>) -> Self {
        let mut selection = Self { tree, places, links: HashMap::new() };
        let known = selection.tree.snapshot.hard_links();
        if !known.is_empty() {
            let mut first = HashMap::new();
            let mut links = HashMap::new();
            for (id, entry) in (0..).map_while(|id| Some((id, selection.entry(id)?))) {
                let Some(file) = known.get(&entry.path) else { continue };
                let announced = *first.entry(*file).or_insert(id);
                if announced != id {
                    links.insert(id, announced);
                }
            }
            selection.links = links;
        }
        selection
    }

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

    /// What the engine is told of the entry with this id.
    ///
    /// A file that has been announced under another name is a link to that one, as docker's
    /// client tells it, so that it is in the image's layer once.
    pub(super) fn stat(&self, id: u32) -> Option<Stat> {
        let entry = self.entry(id)?;
        let device = match &self.tree.contents {
            Contents::Directory(root) => root.device(entry),
            Contents::Memory(_) => (0, 0),
        };
        let first = match self.links.get(&id) {
            Some(&first) => self.entry(first),
            None => None,
        };
        // One file has one time, whatever the name.
        let path = &first.unwrap_or(entry).path;
        let mut stat = match self.tree.announced.get(path) {
            Some(&modified) => Stat::of(&Entry { modified, ..entry.clone() }, device),
            None => Stat::of(entry, device),
        };
        if let Some(first) = first {
            stat.link = first.path.as_bytes().to_vec();
        }
        Some(stat)
    }

    /// The bytes of an entry, where they are held apart from the others.
    pub(super) fn held(&self, entry: &Entry) -> Option<&Bytes> {
        self.tree.held.get(&entry.path)
    }

    /// A path of the tree in the snapshot of all contexts.
    pub(super) fn place(&self, path: &ContextPath) -> ContextPath {
        self.tree.place.join(path.as_bytes())
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
    use crate::context::FileId;

    fn dockerfile(content: &'static str) -> Selection {
        Tree::in_memory([("Dockerfile".to_owned(), Bytes::from_static(content.as_bytes()))]).all()
    }

    #[test]
    fn an_edit_of_the_same_length_has_another_time() {
        let (before, after) = (dockerfile("FROM a"), dockerfile("FROM b"));
        let stat = |tree: &Selection| tree.stat(0).unwrap();
        assert_eq!(stat(&before).size, stat(&after).size);
        assert_ne!(stat(&before).modified, stat(&after).modified);
        assert_eq!(stat(&before), stat(&dockerfile("FROM a")));
    }

    #[test]
    fn a_second_name_of_a_file_is_a_link_to_the_first_that_is_wanted() {
        let mut tree = Tree::in_memory(["a", "b", "c", "d"].map(|n| (n.to_owned(), Bytes::new())));
        let id = FileId { device: 1, inode: 2 };
        let links = ["a", "b", "d"].map(|name| (ContextPath::new(name), id));
        tree.snapshot = Arc::new((*tree.snapshot).clone().with_hard_links(links.into()));
        let told = |selection: &Selection| {
            let stats = (0..).map_while(|id| selection.stat(id));
            stats.map(|stat| String::from_utf8(stat.link).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(told(&tree.clone().all()), ["", "a", "", "a"]);
        assert_eq!(told(&tree.clone().places(vec![1, 2, 3])), ["", "", "b"]);

        // The time that is told of the first is told of all.
        let later = ModifiedTime { seconds: 7, nanoseconds: 1 };
        let tree = tree.announcing([(ContextPath::new("a"), later)].into());
        assert_eq!(tree.all().stat(3).unwrap().modified, 7_000_000_001);
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
