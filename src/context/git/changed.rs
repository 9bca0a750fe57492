//! Where two trees differ, found without reading what they have in common.

use std::sync::Arc;

use super::nodes::{Child, Directory, Node};
use super::walk::{DEPTH_LIMIT, ENTRY_LIMIT};
use super::{GitError, Tree, attributes};
use crate::context::ContextPath;

/// Every path at which two trees have not the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeChanges {
    /// Files, links and submodules that one of them has otherwise or not at all, in order.
    pub paths: Vec<ContextPath>,
    /// Directories in which all files may be otherwise in a working tree, though their blobs are
    /// the same: the attributes are other ones. In order.
    pub attributes: Vec<ContextPath>,
}

impl TreeChanges {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.attributes.is_empty()
    }

    /// Whether anything at the path, below it or right above it is otherwise: a directory that is
    /// gone takes what was in it along.
    pub fn touch(&self, path: &ContextPath) -> bool {
        let below = self.below(path);
        !below.is_empty()
            || self.attributes.iter().any(|it| it.starts_with(path) || path.starts_with(it))
            || self.holds_parent(path)
    }

    /// The changed paths that are the given one or below it.
    pub fn below(&self, path: &ContextPath) -> &[ContextPath] {
        if path.is_root() {
            return &self.paths;
        }
        let start = self.paths.partition_point(|it| it < path);
        let rest = &self.paths[start..];
        &rest[..rest.partition_point(|it| it.starts_with(path))]
    }

    /// Whether a file came, or was, where the path now needs a directory.
    fn holds_parent(&self, path: &ContextPath) -> bool {
        let parents = std::iter::successors(path.parent(), ContextPath::parent);
        parents.take_while(|it| !it.is_root()).any(|it| self.paths.binary_search(&it).is_ok())
    }
}

impl Tree {
    /// Where this directory is otherwise than `older`. Of directories that are the same tree in
    /// both, nothing is read.
    pub fn differences_from(&self, older: &Self) -> Result<TreeChanges, GitError> {
        let mut comparison = Comparison { trees: (older, self), changes: TreeChanges::default() };
        comparison.directories(
            Some(&older.directory),
            Some(&self.directory),
            &ContextPath::root(),
            0,
        )?;
        let TreeChanges { mut paths, mut attributes } = comparison.changes;
        paths.sort_unstable();
        paths.dedup();
        attributes.sort_unstable();
        Ok(TreeChanges { paths, attributes })
    }
}

struct Comparison<'a> {
    /// The older one and the newer one.
    trees: (&'a Tree, &'a Tree),
    changes: TreeChanges,
}

impl Comparison<'_> {
    fn directories(
        &mut self,
        older: Option<&Directory>,
        newer: Option<&Directory>,
        path: &ContextPath,
        depth: usize,
    ) -> Result<(), GitError> {
        if let (Some(older), Some(newer)) = (older, newer)
            && older.is_same(newer)
        {
            return Ok(());
        }
        if depth >= DEPTH_LIMIT {
            return Err(self.too_large(path, DEPTH_LIMIT, "directories in one another"));
        }
        let (before, after) =
            (children(older, self.trees.0, path)?, children(newer, self.trees.1, path)?);
        let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
        loop {
            let (older, newer) = match (before.peek(), after.peek()) {
                (None, None) => return Ok(()),
                (Some(older), Some(newer)) if older.name == newer.name => {
                    (before.next(), after.next())
                }
                (Some(older), Some(newer)) if older.name > newer.name => (None, after.next()),
                (None, Some(_)) => (None, after.next()),
                (Some(_), _) => (before.next(), None),
            };
            self.names(older, newer, path, depth)?;
        }
    }

    fn names(
        &mut self,
        older: Option<&Child>,
        newer: Option<&Child>,
        parent: &ContextPath,
        depth: usize,
    ) -> Result<(), GitError> {
        let Some(name) = older.or(newer).map(|child| &child.name) else { return Ok(()) };
        if let (Some(older), Some(newer)) = (older, newer)
            && older.node.is_same(&newer.node)
        {
            return Ok(());
        }
        let path = parent.join(name);
        let directory = |child: Option<&Child>| match child.map(|it| &it.node) {
            Some(Node::Directory(directory)) => Some(Arc::clone(directory)),
            _ => None,
        };
        let (below, now_below) = (directory(older), directory(newer));
        if below.is_some() || now_below.is_some() {
            self.directories(below.as_deref(), now_below.as_deref(), &path, depth + 1)?;
        }
        let is_leaf = |child: Option<&Child>, directory: bool| child.is_some() && !directory;
        if is_leaf(older, below.is_some()) || is_leaf(newer, now_below.is_some()) {
            if **name == *attributes::FILE {
                self.changes.attributes.push(parent.clone());
            }
            if self.changes.paths.len() >= ENTRY_LIMIT {
                return Err(self.too_large(&path, ENTRY_LIMIT, "files"));
            }
            self.changes.paths.push(path);
        }
        Ok(())
    }

    fn too_large(&self, path: &ContextPath, limit: usize, of: &'static str) -> GitError {
        GitError::TooLarge { place: self.trees.1.named(path), limit, of }
    }
}

fn children<'a>(
    directory: Option<&'a Directory>,
    tree: &Tree,
    path: &ContextPath,
) -> Result<&'a [Child], GitError> {
    let Some(directory) = directory else { return Ok(&[]) };
    let repository = directory.store.repository.to_thread_local();
    directory.children(&repository, || tree.named(path))
}
