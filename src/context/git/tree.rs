//! A directory of a tree or of the index, as a source of contexts.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use gix::objs::Kind;

use super::digests::BlobDigests;
use super::error::Unmerged;
use super::nodes::{Child, Directory, Node, named};
use super::sizes::BlobSizes;
use super::walk::{Start, walk};
use super::{GitError, single, stage, submodule};
use crate::context::source::{Found, Named, Source, Taken};
use crate::context::{ContextPath, EntryKind, Error, IgnoreRules};

/// A directory in git: of a commit's tree, or of the index.
///
/// Cheap to clone, and its directories are loaded once for all clones and for all trees made
/// with [`at`](Self::at), so many contexts of one tree cost little more than one.
#[derive(Clone)]
pub struct Tree {
    /// The root of the repository that the directory is in.
    pub(super) root: Arc<Directory>,
    /// The directory, from that root.
    pub(super) path: ContextPath,
    pub(super) directory: Arc<Directory>,
    /// What goes before a path in messages: `REV:`, and `:` for the index, as git writes it.
    pub(super) name: Arc<str>,
    /// Paths from the root that a merge left open.
    pub(super) unmerged: Arc<[ContextPath]>,
    pub(super) digests: Arc<BlobDigests>,
    /// How large blobs are, where snapshots name blobs in place of digesting them.
    pub(super) sizes: Option<Arc<BlobSizes>>,
}

impl Tree {
    /// The directory below this one; in a submodule where the path leads into one. A link on the
    /// way is not followed, and is an error as a file is.
    pub fn at(&self, path: &ContextPath) -> Result<Self, GitError> {
        let mut tree = self.clone();
        for component in path.components() {
            let next = tree.path.join(component);
            let tree_name = self.tree_name();
            let missing = || GitError::Missing { path: next.clone(), tree: tree_name.clone() };
            let directory = Arc::clone(&tree.directory);
            let children = directory.list(|| tree.named(&next))?;
            let Some(child) = named(children, component) else {
                stage::refuse_unmerged(&tree.unmerged, &next)?;
                return Err(missing());
            };
            match &child.node {
                Node::Directory(below) => {
                    tree.directory = Arc::clone(below);
                    tree.path = next;
                }
                Node::Submodule(found) => {
                    let repository = directory.store.repository.to_thread_local();
                    let inside = submodule::inside(&tree.root, &repository, next.as_bytes(), found);
                    tree.directory = inside.ok_or_else(missing)?;
                    tree.root = Arc::clone(&tree.directory);
                    tree.path = ContextPath::root();
                    tree.unmerged = Arc::default();
                }
                Node::File { .. } | Node::Symlink { .. } => {
                    return Err(GitError::NoDirectory { path: next, tree: tree_name });
                }
            }
        }
        Ok(tree)
    }

    /// The same tree with the digests that its files have in a working tree.
    #[must_use]
    pub fn with_contents(&self) -> Self {
        Self { sizes: None, ..self.clone() }
    }

    /// The conflicts of a merge, anywhere in the tree.
    pub fn unmerged(&self) -> Option<Unmerged> {
        (!self.unmerged.is_empty()).then(|| Unmerged(self.unmerged.to_vec()))
    }

    /// Whether a checkout has the repository itself in it, as a directory: a linked working tree and
    /// a submodule have a file there that stays as it is.
    pub fn has_git_directory(&self) -> bool {
        let repository = self.root.store.repository.to_thread_local();
        repository.workdir().is_none_or(|top| top.join(".git").is_dir())
    }

    /// Whether a link is at the path. Nothing is read for it but directories.
    pub fn is_link(&self, path: &ContextPath) -> Result<bool, GitError> {
        let found = self.with(path, |_, node| Ok(matches!(node, Node::Symlink { .. })))?;
        Ok(found.unwrap_or(false))
    }

    /// The directory with only what is otherwise in another.
    pub(super) fn without(&self, other: &Self) -> Self {
        Self { directory: Directory::difference(&self.directory, &other.directory), ..self.clone() }
    }

    /// The directory of this name in one of the tree's; `None` where there is none.
    pub(super) fn below(
        &self,
        directory: &Directory,
        name: &[u8],
    ) -> Result<Option<Arc<Directory>>, GitError> {
        let children = directory.list(|| self.named(&ContextPath::new(name)))?;
        Ok(named(children, name).and_then(|child| match &child.node {
            Node::Directory(below) => Some(Arc::clone(below)),
            _ => None,
        }))
    }

    /// Whether both are in the same repository: a submodule is one of its own.
    pub(super) fn is_in_repository_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.directory.store, &other.directory.store)
    }

    /// What the directory has after the ignore rules.
    pub(super) fn taken(&self, rules: &IgnoreRules) -> Result<Taken, GitError> {
        stage::refuse_unmerged(&self.unmerged, &self.path)?;
        let start = Start {
            root: &self.root,
            path: &self.path,
            directory: &self.directory,
            name: &self.name,
            names: self.sizes.as_deref(),
        };
        walk(&start, rules.filter(), &self.digests)
    }

    /// What the directory is below in words: the revision or the index.
    fn tree_name(&self) -> String {
        match self.name.strip_suffix(':') {
            Some("") | None => "the index".to_owned(),
            Some(revision) => revision.to_owned(),
        }
    }

    pub(super) fn named(&self, path: &ContextPath) -> String {
        format!("{}{path}", self.name)
    }

    /// Calls with what is at the path, in its directory; `None` where nothing is.
    pub(super) fn with<T>(
        &self,
        path: &ContextPath,
        then: impl FnOnce(&Self, &Node) -> Result<T, GitError>,
    ) -> Result<Option<T>, GitError> {
        let Some((name, parent)) = path.file_name().zip(path.parent()) else { return Ok(None) };
        let tree = match self.at(&parent) {
            Ok(tree) => tree,
            Err(GitError::Missing { .. } | GitError::NoDirectory { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let child = named(tree.directory.list(|| tree.named(path))?, name);
        if child.is_none() {
            stage::refuse_unmerged(&tree.unmerged, &tree.path.join(name))?;
        }
        child.map(|child| then(&tree, &child.node)).transpose()
    }
}

fn named_child(child: &Child) -> Named {
    let kind = match child.node {
        Node::File { .. } => EntryKind::File,
        Node::Symlink { .. } => EntryKind::Symlink,
        Node::Directory(_) | Node::Submodule(_) => EntryKind::Directory,
    };
    Named { name: child.name.clone(), kind }
}

/// Its name only: the nodes below it can be millions.
impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({:?})", self.named(&self.path))
    }
}

impl Source for Tree {
    fn find(&self, path: &ContextPath) -> Result<Option<Found>, Error> {
        if path.is_root() {
            return Ok(Some(Found::Directory));
        }
        let found = self.with(path, |tree, node| {
            let store = &tree.directory.store;
            let handle = || store.repository.to_thread_local();
            let read = |id| store.read(&handle(), id, Kind::Blob, || tree.named(path));
            Ok(match *node {
                Node::File { id, .. } => {
                    let own = tree.path.join(path.file_name().unwrap_or_default());
                    Found::File(single::written(tree, &handle(), &own, (id, read(id)?))?)
                }
                Node::Symlink { id } => Found::Symlink(read(id)?.into_boxed_slice()),
                Node::Directory(_) | Node::Submodule(_) => Found::Directory,
            })
        })?;
        Ok(found)
    }

    fn list(&self, directory: &ContextPath) -> Result<Vec<Named>, Error> {
        let tree = match self.at(directory) {
            Ok(tree) => tree,
            Err(GitError::Missing { .. } | GitError::NoDirectory { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        stage::refuse_unmerged(&tree.unmerged, &tree.path)?;
        let children = tree.directory.list(|| tree.named(&tree.path))?;
        Ok(children.iter().map(named_child).collect())
    }

    fn snapshot(&self, rules: &IgnoreRules) -> Result<Taken, Error> {
        Ok(self.taken(rules)?)
    }

    fn place(&self, path: &ContextPath) -> PathBuf {
        let path = self.path.join(path.as_bytes());
        let named = [self.name.as_bytes(), path.as_bytes()].concat();
        PathBuf::from(OsString::from_vec(named))
    }

    fn on_disk(&self) -> Option<PathBuf> {
        let top = self.root.store.repository.work_dir()?;
        Some(self.path.on_disk(top))
    }
}
