//! The index as nodes: what the next commit would hold.

use std::collections::HashMap;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode, Stage};
use gix::index::{File, State, decode, extension};

use super::GitError;
use super::error::Unmerged;
use super::nodes::{Child, Directory, Node, Submodule};
use super::store::{Store, reason};
use crate::context::ContextPath;

/// An entry of the index, or what the working tree has in its place.
pub(super) struct Staged<'a> {
    pub(super) path: &'a [u8],
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
    /// Of a repository its working tree, where that is another than the commit's.
    pub(super) edited: Option<Arc<Directory>>,
}

impl<'a> Staged<'a> {
    /// What has just what the object of this name has.
    pub(super) fn new(path: &'a [u8], mode: Mode, id: ObjectId) -> Self {
        Self { path, mode, id, edited: None }
    }
}

/// A directory whose children are being gathered.
struct Open<'a> {
    name: &'a [u8],
    /// Bytes of its path.
    length: usize,
    children: Vec<Child>,
    /// How many entries there are in it, at any depth.
    entries: u32,
}

/// The trees that directories are, as the index has noted them: by path, with the number of
/// entries for which that was so.
pub(super) type NotedTrees = HashMap<Vec<u8>, (ObjectId, u32)>;

/// The root of what the index holds; an index that does not exist yet is empty.
///
/// Of unmerged entries there is no one content, so they are an error that names them, unless they
/// lie outside `below`. An entry of which only the intent to add it is recorded is not there yet,
/// as `git diff --staged` has it. Whether a working tree has a file (`skip-worktree`,
/// `assume-unchanged`) does not matter.
pub(super) fn root(store: &Arc<Store>) -> Result<(Arc<Directory>, Vec<ContextPath>), GitError> {
    let index = read(store)?;
    let (unmerged, entries) = entries(&index);
    Ok((built(store, entries, &noted_trees(&index))?, unmerged))
}

/// The index as it is on disk.
pub(super) fn read(store: &Store) -> Result<File, GitError> {
    let repository = store.repository.to_thread_local();
    let path = store.options.index_file.clone().unwrap_or_else(|| repository.index_path());
    let options = decode::Options::default();
    File::at_or_default(&path, repository.object_hash(), false, options)
        .map_err(|error| GitError::Index { path, reason: reason(&error) })
}

/// The root of a tree with these entries, in any order.
pub(super) fn built(
    store: &Arc<Store>,
    mut entries: Vec<Staged<'_>>,
    trees: &NotedTrees,
) -> Result<Arc<Directory>, GitError> {
    // By components, so that what is in a directory is together. The index is nearly so.
    entries.sort_by(|one, other| components(one.path).cmp(components(other.path)));
    let mut open = vec![Open { name: b"", length: 0, children: Vec::new(), entries: 0 }];
    let mut last: &[u8] = b"";
    for entry in entries {
        let path = entry.path;
        while let Some(top) = open.last()
            && !is_in(path, &last[..top.length])
        {
            close(store, &mut open, last, trees)?;
        }
        last = path;
        let mut begin =
            open.last().map_or(0, |top| if top.length == 0 { 0 } else { top.length + 1 });
        while let Some(slash) = path[begin..].iter().position(|&byte| byte == b'/') {
            let length = begin + slash;
            let name = &path[begin..length];
            open.push(Open { name, length, children: Vec::new(), entries: 0 });
            begin = length + 1;
        }
        let node = node(store, entry)?;
        if let Some(top) = open.last_mut() {
            top.children.push(Child { name: path[begin..].into(), node });
            top.entries += 1;
        }
    }
    while open.len() > 1 {
        close(store, &mut open, last, trees)?;
    }
    let (children, entries) =
        open.pop().map(|root| (root.children, root.entries)).unwrap_or_default();
    Directory::of_children(store, children, noted(trees, b"", entries), place)
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
}

/// Whether the path is in the directory.
fn is_in(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with(b"/"))
}

/// The trees that the index says its directories are.
pub(super) fn noted_trees(index: &State) -> NotedTrees {
    let mut noted = NotedTrees::new();
    let mut ahead: Vec<(Vec<u8>, &extension::Tree)> =
        index.tree().map(|root| (Vec::new(), root)).into_iter().collect();
    while let Some((path, tree)) = ahead.pop() {
        for child in &tree.children {
            let separator: &[u8] = if path.is_empty() { b"" } else { b"/" };
            ahead.push(([&path, separator, &child.name[..]].concat(), child));
        }
        if let Some(entries) = tree.num_entries {
            noted.insert(path, (tree.id, entries));
        }
    }
    noted
}

/// The tree that a directory is with so many entries: what was noted for another number of them is
/// not of this state.
fn noted(trees: &NotedTrees, path: &[u8], entries: u32) -> Option<ObjectId> {
    trees.get(path).filter(|(_, noted)| *noted == entries).map(|(tree, _)| *tree)
}

/// The paths of unmerged entries, and the entries that count.
pub(super) fn entries(index: &State) -> (Vec<ContextPath>, Vec<Staged<'_>>) {
    let mut unmerged = Vec::new();
    let mut counting = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        let path = entry.path(index).as_bytes();
        if entry.stage() != Stage::Unconflicted {
            unmerged.push(ContextPath::new(path));
        } else if !entry.flags.intersects(Flags::INTENT_TO_ADD | Flags::REMOVE) {
            // A sparse directory is written with a slash at its end.
            let path = path.strip_suffix(b"/").unwrap_or(path);
            counting.push(Staged::new(path, entry.mode, entry.id));
        }
    }
    unmerged.sort_unstable();
    unmerged.dedup();
    (unmerged, counting)
}

/// Refuses the index when one of these unmerged paths is in the directory.
pub(super) fn refuse_unmerged(
    unmerged: &[ContextPath],
    below: &ContextPath,
) -> Result<(), GitError> {
    let inside: Vec<_> = unmerged.iter().filter(|it| it.starts_with(below)).cloned().collect();
    if inside.is_empty() { Ok(()) } else { Err(GitError::Unmerged(Unmerged(inside))) }
}

/// Ends the innermost directory, which is on the way to `last`.
fn close(
    store: &Arc<Store>,
    open: &mut Vec<Open<'_>>,
    last: &[u8],
    trees: &NotedTrees,
) -> Result<(), GitError> {
    let Some(done) = open.pop() else { return Ok(()) };
    let tree = noted(trees, &last[..done.length], done.entries);
    let directory = Directory::of_children(store, done.children, tree, place)?;
    if let Some(parent) = open.last_mut() {
        parent.entries += done.entries;
        parent.children.push(Child { name: done.name.into(), node: Node::Directory(directory) });
    }
    Ok(())
}

fn node(store: &Arc<Store>, entry: Staged<'_>) -> Result<Node, GitError> {
    let Staged { path, mode, id, edited } = entry;
    Ok(match mode {
        Mode::FILE => Node::File { id, executable: false },
        Mode::FILE_EXECUTABLE => Node::File { id, executable: true },
        Mode::SYMLINK => Node::Symlink { id },
        Mode::DIR => Node::Directory(Directory::of_tree(store, id)),
        Mode::COMMIT => Node::Submodule(Submodule::checked_out(id, edited)),
        _ => {
            return Err(GitError::Name {
                place: place(),
                name: path.to_str_lossy().into_owned(),
                reason: format!("its mode {:o} is none of git's", mode.bits()),
            });
        }
    })
}

fn place() -> String {
    "the index".to_owned()
}
