//! A tree of files that operations change as the engine would.

use std::collections::BTreeMap;

use super::operation::Owner;
use crate::Digest;
use crate::context::content::header_digest;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::plan::StepIndex;
use crate::plan::key::FieldHasher;
use crate::plan::links::{self, At};

/// The mode of a directory that is made because something is to be in it.
const DIRECTORY_MODE: u32 = 0o755;

/// Set in the mode of such a directory under `--chmod`, which engines heed there or not.
const MODE_AS_ENGINE_LIKES: u32 = 0o100_000;

/// What cannot be followed: the engine fails on it, or it depends on files that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) struct NotKnown;

/// One path of the tree.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) entry: Entry,
    pub(super) owner: Owner,
    /// The directory through which it was written; see the room's essay.
    pub(super) anchor: ContextPath,
    /// Whether exactly this is there, below the anchor. A directory that may have been there
    /// before is not certain, nor is a file whose destination may have been a directory.
    pub(super) certain: bool,
    /// The number of the write that put it there.
    pub(super) write: usize,
}

/// What one operation did.
#[derive(Debug, Clone)]
pub(super) struct Write {
    /// The directory through which it wrote.
    pub(super) anchor: ContextPath,
    /// Destination, owner and mode.
    pub(super) shape: String,
    /// Everything that it put there, names included.
    pub(super) content: Digest,
    /// Where its files come from.
    pub(super) evidence: Vec<Evidence>,
}

/// Which files of the context are below a path of the tree.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) target: ContextPath,
    pub(super) roots: Vec<ContextPath>,
    /// Whether what is below the target is below the one root by the same name.
    pub(super) mirrors: bool,
}

/// The files of a stage, as far as they are known.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Tree {
    /// The step whose files lie below; `None` where there is nothing.
    pub(super) base: Option<StepIndex>,
    pub(super) nodes: BTreeMap<ContextPath, Node>,
    pub(super) writes: Vec<Write>,
}

impl Tree {
    pub(super) fn on(base: Option<StepIndex>) -> Self {
        Self { base, nodes: BTreeMap::new(), writes: Vec::new() }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.base.is_none()
    }

    /// What is at the path; `None` where nothing is, or nothing is known.
    pub(super) fn kind(&self, path: &ContextPath) -> Option<EntryKind> {
        if path.is_root() {
            return Some(EntryKind::Directory);
        }
        self.nodes.get(path).map(|node| node.entry.kind)
    }

    /// Whether a regular file is known to be at the path.
    pub(in crate::plan) fn is_file(&self, path: &str) -> bool {
        self.kind(&ContextPath::new(path)) == Some(EntryKind::File)
    }

    /// The entries as a snapshot, each with its owner in its digest.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.nodes.values().map(Node::owned_entry).collect(), 0)
    }

    /// The path with the links on the way followed, the last one too. What is missing is passed
    /// by, as the engine makes it.
    pub(super) fn resolve(&self, path: &ContextPath) -> Result<ContextPath, NotKnown> {
        links::follow(path, NotKnown, |next, _| {
            match self.nodes.get(next).and_then(|node| node.entry.target.as_deref()) {
                // Where a link leads is known only where everything is.
                Some(_) if !self.is_closed() => Err(NotKnown),
                Some(target) => Ok(At::Link(target)),
                None => Ok(At::Stay),
            }
        })
    }

    /// The directory through which a write to `directory` goes.
    pub(super) fn anchor_of(&self, directory: &ContextPath) -> ContextPath {
        match self.nodes.get(directory) {
            Some(node) if node.certain && node.entry.kind == EntryKind::Directory => {
                node.anchor.clone()
            }
            _ => directory.clone(),
        }
    }

    /// Makes a directory and those above it, where they are missing.
    pub(super) fn make_directories(
        &mut self,
        path: &ContextPath,
        owner: Owner,
        mode: Option<u32>,
    ) -> Result<(), NotKnown> {
        let mut done = ContextPath::root();
        for component in path.components() {
            done = done.join(component);
            match self.kind(&done) {
                Some(EntryKind::Directory) => continue,
                Some(_) => return Err(NotKnown),
                None => {}
            }
            let entry = Entry {
                path: done.clone(),
                kind: EntryKind::Directory,
                mode: mode.map_or(DIRECTORY_MODE, |mode| mode | MODE_AS_ENGINE_LIKES),
                size: 0,
                modified: ModifiedTime::default(),
                digest: None,
                target: None,
            };
            let node = Node {
                entry,
                owner,
                anchor: done.clone(),
                certain: self.is_closed(),
                write: self.writes.len(),
            };
            self.nodes.insert(done.clone(), node);
        }
        Ok(())
    }

    /// Puts one entry in its place, over what may be there.
    pub(super) fn put(&mut self, node: Node) -> Result<(), NotKnown> {
        let is_directory = node.entry.kind == EntryKind::Directory;
        let was_directory = self.kind(&node.entry.path).map(|kind| kind == EntryKind::Directory);
        // The engine puts no directory in a file's place, and no file in a directory's.
        if was_directory.is_some_and(|was| was != is_directory) {
            return Err(NotKnown);
        }
        self.nodes.insert(node.entry.path.clone(), node);
        Ok(())
    }

    /// The paths of the context that what is at `path` and below it comes from.
    pub(super) fn context_roots(&self, path: &ContextPath) -> Vec<ContextPath> {
        let mut roots = Vec::new();
        for evidence in self.writes.iter().flat_map(|write| &write.evidence) {
            if evidence.target.starts_with(path) {
                roots.extend(evidence.roots.iter().cloned());
            } else if path.starts_with(&evidence.target) {
                let rest = &path.as_bytes()[evidence.target.as_bytes().len()..];
                let below = |root: &ContextPath| {
                    if evidence.mirrors { root.join(rest) } else { root.clone() }
                };
                roots.extend(evidence.roots.iter().map(below));
            }
        }
        roots
    }
}

impl Node {
    /// The entry with its owner in its digest, where that is not root.
    pub(super) fn owned_entry(&self) -> Entry {
        let mut entry = self.entry.clone();
        if self.owner != Owner::default() {
            let mut hasher = FieldHasher::new();
            hasher.field(&self.owner.user.to_le_bytes());
            hasher.field(&self.owner.group.to_le_bytes());
            hasher.field(self.entry.digest.as_ref().map_or(&[][..], |digest| digest.as_bytes()));
            entry.digest = Some(hasher.finish());
        }
        entry
    }

    pub(super) fn header(&self) -> Digest {
        header_digest(&self.owned_entry())
    }
}
