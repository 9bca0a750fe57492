//! The files of a tree or of the index, as nodes that are loaded when they are first asked for.
//!
//! A tree is read once however many contexts are taken from it, and a directory that every one of
//! them leaves out is not read at all. The nodes of the index are made at once, as it is one file;
//! a directory that a sparse index keeps closed is a tree again.

use std::sync::{Arc, OnceLock};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::{Kind, TreeRefIter, tree};

use super::store::Store;
use super::{GitError, attributes};

/// A directory.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) store: Arc<Store>,
    origin: Origin,
    /// The tree that it is, where that is known.
    tree: Option<ObjectId>,
    children: OnceLock<Box<[Child]>>,
}

/// Where the names in a directory come from.
#[derive(Debug)]
enum Origin {
    /// A tree.
    Tree(ObjectId),
    /// The index, which gave them at once.
    Index,
    /// What a directory has and another has not.
    Difference { own: Arc<Directory>, other: Arc<Directory> },
}

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) name: Box<[u8]>,
    pub(super) node: Node,
}

/// What a name stands for.
#[derive(Debug)]
pub(super) enum Node {
    File { id: ObjectId, executable: bool },
    Symlink { id: ObjectId },
    Directory(Arc<Directory>),
    Submodule(Submodule),
}

/// A submodule, and its files once they were looked for.
#[derive(Debug, Clone)]
pub(super) struct Submodule {
    pub(super) commit: ObjectId,
    pub(super) inside: OnceLock<Option<Arc<Directory>>>,
    /// Whether its files are others than the commit's.
    is_edited: bool,
}

impl Directory {
    /// The directory that the tree holds: the same one for all that have it.
    pub(super) fn of_tree(store: &Arc<Store>, id: ObjectId) -> Arc<Self> {
        store.directory(id, || Self {
            store: Arc::clone(store),
            origin: Origin::Tree(id),
            tree: Some(id),
            children: OnceLock::new(),
        })
    }

    /// The directory with these in it, in any order; `tree` is the tree that they are, where the
    /// index says so.
    pub(super) fn of_children(
        store: &Arc<Store>,
        children: Vec<Child>,
        tree: Option<ObjectId>,
        place: impl Fn() -> String,
    ) -> Result<Arc<Self>, GitError> {
        let children = OnceLock::from(sorted(children, place)?);
        let made = || Self { store: Arc::clone(store), origin: Origin::Index, tree, children };
        Ok(match tree {
            Some(id) => store.directory(id, made),
            None => Arc::new(made()),
        })
    }

    /// Of `own` only what is otherwise in `other`, at any depth; nothing is read where both have
    /// the same tree. Attributes are always there, and where they differ in a directory, all of it
    /// is: they decide about every file below.
    pub(super) fn difference(own: &Arc<Self>, other: &Arc<Self>) -> Arc<Self> {
        let store = Arc::clone(&own.store);
        let origin = Origin::Difference { own: Arc::clone(own), other: Arc::clone(other) };
        Arc::new(Self { store, origin, tree: None, children: OnceLock::new() })
    }

    /// Whether both hold the same, as far as that is known without anything being read.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.tree.is_some() && self.tree == other.tree
    }

    /// What is in it, sorted by name. `place` names the directory.
    pub(super) fn children(
        &self,
        repository: &gix::Repository,
        place: impl Fn() -> String,
    ) -> Result<&[Child], GitError> {
        if let Some(known) = self.children.get() {
            return Ok(known);
        }
        let loaded = match &self.origin {
            Origin::Tree(id) => self.load(repository, *id, place)?,
            Origin::Index => Box::default(),
            Origin::Difference { own, other } => differing(own, other, repository, &place)?,
        };
        Ok(self.children.get_or_init(|| loaded))
    }

    /// The child of this name.
    pub(super) fn child(
        &self,
        repository: &gix::Repository,
        name: &[u8],
        place: impl Fn() -> String,
    ) -> Result<Option<&Child>, GitError> {
        Ok(named(self.children(repository, place)?, name))
    }

    /// As [`children`](Self::children), with a handle of its own where the directory has to be read:
    /// making one takes longer than looking into a directory that was.
    pub(super) fn list(&self, place: impl Fn() -> String) -> Result<&[Child], GitError> {
        match self.children.get() {
            Some(known) => Ok(known),
            None => self.children(&self.store.repository.to_thread_local(), place),
        }
    }

    /// The child of this name, as it is compared with that of another directory.
    fn same_child(one: &[Child], other: &[Child], name: &[u8]) -> bool {
        match (named(one, name), named(other, name)) {
            (Some(one), Some(other)) => one.node.is_same(&other.node),
            (one, other) => one.is_none() && other.is_none(),
        }
    }

    /// Whether both directories have the same under this name, or neither has anything.
    pub(super) fn has_same(
        &self,
        other: &Self,
        name: &[u8],
        place: impl Fn() -> String,
    ) -> Result<bool, GitError> {
        let mine = self.store.repository.to_thread_local();
        let theirs = other.store.repository.to_thread_local();
        let children = (self.children(&mine, &place)?, other.children(&theirs, &place)?);
        Ok(Self::same_child(children.0, children.1, name))
    }

    fn load(
        &self,
        repository: &gix::Repository,
        id: ObjectId,
        place: impl Fn() -> String,
    ) -> Result<Box<[Child]>, GitError> {
        let bytes = self.store.read(repository, id, Kind::Tree, &place)?;
        let mut children = Vec::new();
        for entry in TreeRefIter::from_bytes(&bytes, repository.object_hash()) {
            let entry = entry.map_err(|error| GitError::Object {
                id: id.to_string(),
                place: place(),
                reason: error.to_string(),
            })?;
            let id = entry.oid.to_owned();
            let node = match entry.mode.kind() {
                tree::EntryKind::Tree => Node::Directory(Self::of_tree(&self.store, id)),
                tree::EntryKind::Blob => Node::File { id, executable: false },
                tree::EntryKind::BlobExecutable => Node::File { id, executable: true },
                tree::EntryKind::Link => Node::Symlink { id },
                tree::EntryKind::Commit => Node::Submodule(Submodule::new(id)),
            };
            children.push(Child { name: entry.filename.as_bytes().into(), node });
        }
        sorted(children, place)
    }
}

impl Node {
    /// Whether both stand for the same without anything being read.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(one), Self::Directory(other)) => one.is_same(other),
            (
                Self::File { id, executable },
                Self::File { id: other, executable: is_other_executable },
            ) => id == other && executable == is_other_executable,
            (Self::Symlink { id }, Self::Symlink { id: other }) => id == other,
            (Self::Submodule(one), Self::Submodule(other)) => one.is_same(other),
            _ => false,
        }
    }

    fn again(&self) -> Self {
        match self {
            &Self::File { id, executable } => Self::File { id, executable },
            &Self::Symlink { id } => Self::Symlink { id },
            Self::Directory(directory) => Self::Directory(Arc::clone(directory)),
            Self::Submodule(submodule) => Self::Submodule(submodule.clone()),
        }
    }
}

pub(super) fn named<'a>(children: &'a [Child], name: &[u8]) -> Option<&'a Child> {
    let found = children.binary_search_by(|child| (*child.name).cmp(name));
    found.ok().map(|index| &children[index])
}

/// What [`Directory::difference`] has in it.
fn differing(
    own: &Directory,
    other: &Directory,
    repository: &gix::Repository,
    // Not a type of its own at each depth: there would be no end of them.
    place: &dyn Fn() -> String,
) -> Result<Box<[Child]>, GitError> {
    let mine = own.children(repository, place)?;
    let of_other;
    let repository = if Arc::ptr_eq(&own.store, &other.store) {
        repository
    } else {
        of_other = other.store.repository.to_thread_local();
        &of_other
    };
    let theirs = other.children(repository, place)?;
    let is_whole = !Directory::same_child(mine, theirs, attributes::FILE);
    let differing = mine.iter().filter_map(|child| {
        let node = match named(theirs, &child.name).map(|it| &it.node) {
            Some(other) if !is_whole && *child.name != *attributes::FILE => {
                if child.node.is_same(other) {
                    return None;
                }
                match (&child.node, other) {
                    (Node::Directory(own), Node::Directory(other)) => {
                        Node::Directory(Directory::difference(own, other))
                    }
                    (node, _) => node.again(),
                }
            }
            _ => child.node.again(),
        };
        Some(Child { name: child.name.clone(), node })
    });
    Ok(differing.collect())
}

impl Submodule {
    pub(super) fn new(commit: ObjectId) -> Self {
        Self::checked_out(commit, None)
    }

    /// One with the commit, and these files where it has others.
    pub(super) fn checked_out(commit: ObjectId, edited: Option<Arc<Directory>>) -> Self {
        let is_edited = edited.is_some();
        let inside = edited.map_or_else(OnceLock::new, |files| OnceLock::from(Some(files)));
        Self { commit, inside, is_edited }
    }

    fn is_same(&self, other: &Self) -> bool {
        let is_edited = self.is_edited || other.is_edited;
        self.commit == other.commit && (!is_edited || self.has_same_files(other))
    }

    /// Whether both have the same files, as far as that is known without anything being read.
    fn has_same_files(&self, other: &Self) -> bool {
        let files = |of: &Self| of.inside.get().cloned().flatten();
        files(self).zip(files(other)).is_some_and(|(one, other)| one.is_same(&other))
    }
}

/// Sorted by name, each checked, none twice.
fn sorted(mut children: Vec<Child>, place: impl Fn() -> String) -> Result<Box<[Child]>, GitError> {
    children.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let refuse = |name: &[u8], reason: &str| GitError::Name {
        place: place(),
        name: name.to_str_lossy().into_owned(),
        reason: reason.to_owned(),
    };
    for child in &children {
        check(&child.name, matches!(child.node, Node::Symlink { .. }))
            .map_err(|reason| refuse(&child.name, &reason))?;
    }
    if let Some(twice) = children.windows(2).find(|it| it[0].name == it[1].name) {
        return Err(refuse(&twice[0].name, "it is there twice"));
    }
    Ok(children.into_boxed_slice())
}

/// Refuses what git refuses to check out: a name that leaves its directory or names the
/// repository itself, on any file system that one could check it out to.
fn check(name: &[u8], symlink: bool) -> Result<(), String> {
    use gix::validate::path::component;
    // No file system has such a name, and what follows the NUL would be lost on the way to one.
    if name.contains(&0) {
        return Err("it has a NUL in it".to_owned());
    }
    if name.len() > 255 {
        return Err("it is longer than the 255 bytes that Linux allows".to_owned());
    }
    let mode = symlink.then_some(component::Mode::Symlink);
    let options =
        component::Options { protect_windows: false, protect_hfs: false, protect_ntfs: true };
    gix::validate::path::component(name.as_bstr(), mode, options)
        .map(|_| ())
        .map_err(|error| error.to_string())
}
