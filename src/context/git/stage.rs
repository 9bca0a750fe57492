//! The index as nodes: what the next commit would hold.

use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode, Stage};
use gix::index::{File, State, decode};

use super::GitError;
use super::error::Unmerged;
use super::nodes::{Child, Directory, Node, Submodule};
use super::store::{Store, reason};
use crate::context::ContextPath;

/// Path, mode and object of an entry.
type Staged<'a> = (&'a [u8], Mode, ObjectId);

/// A directory whose children are being gathered.
struct Open<'a> {
    name: &'a [u8],
    children: Vec<Child>,
}

/// The root of what the index holds; an index that does not exist yet is empty.
///
/// Of unmerged entries there is no one content, so they are an error that names them, unless they
/// lie outside `below`. An entry of which only the intent to add it is recorded is not there yet,
/// as `git diff --staged` has it. Whether a working tree has a file (`skip-worktree`,
/// `assume-unchanged`) does not matter.
pub(super) fn root(store: &Arc<Store>) -> Result<(Arc<Directory>, Vec<ContextPath>), GitError> {
    let repository = store.repository.to_thread_local();
    let path = store.options.index_file.clone().unwrap_or_else(|| repository.index_path());
    let options = decode::Options::default();
    let index = File::at_or_default(&path, repository.object_hash(), false, options)
        .map_err(|error| GitError::Index { path: path.clone(), reason: reason(&error) })?;
    let (unmerged, entries) = entries(&index);
    let mut open = vec![Open { name: b"", children: Vec::new() }];
    let mut at: Vec<&[u8]> = Vec::new();
    for (path, mode, id) in entries {
        let mut above: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
        let Some(name) = above.pop() else { continue };
        let common = at.iter().zip(&above).take_while(|(a, b)| a == b).count();
        while at.len() > common {
            at.pop();
            close(store, &mut open)?;
        }
        for &directory in &above[common..] {
            at.push(directory);
            open.push(Open { name: directory, children: Vec::new() });
        }
        let node = node(store, mode, id, path)?;
        if let Some(last) = open.last_mut() {
            last.children.push(Child { name: name.into(), node });
        }
    }
    while open.len() > 1 {
        close(store, &mut open)?;
    }
    let children = open.pop().map(|it| it.children).unwrap_or_default();
    let root = Directory::of_children(Arc::clone(store), children, place)?;
    Ok((root, unmerged))
}

/// The paths of unmerged entries, and the entries that count.
fn entries(index: &State) -> (Vec<ContextPath>, Vec<Staged<'_>>) {
    let mut unmerged = Vec::new();
    let mut counting = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        let path = entry.path(index).as_bytes();
        if entry.stage() != Stage::Unconflicted {
            unmerged.push(ContextPath::new(path));
        } else if !entry.flags.intersects(Flags::INTENT_TO_ADD | Flags::REMOVE) {
            // A sparse directory is written with a slash at its end.
            counting.push((path.strip_suffix(b"/").unwrap_or(path), entry.mode, entry.id));
        }
    }
    unmerged.sort_unstable();
    unmerged.dedup();
    // By components, so that what is in a directory is together.
    let parts = |path: &'_ [u8]| path.split(|&byte| byte == b'/').map(<[u8]>::to_vec).collect();
    counting.sort_by_cached_key(|(path, ..)| -> Vec<Vec<u8>> { parts(path) });
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

fn close(store: &Arc<Store>, open: &mut Vec<Open<'_>>) -> Result<(), GitError> {
    let Some(done) = open.pop() else { return Ok(()) };
    let directory = Directory::of_children(Arc::clone(store), done.children, place)?;
    if let Some(parent) = open.last_mut() {
        parent.children.push(Child { name: done.name.into(), node: Node::Directory(directory) });
    }
    Ok(())
}

fn node(store: &Arc<Store>, mode: Mode, id: ObjectId, path: &[u8]) -> Result<Node, GitError> {
    Ok(match mode {
        Mode::FILE => Node::File { id, executable: false },
        Mode::FILE_EXECUTABLE => Node::File { id, executable: true },
        Mode::SYMLINK => Node::Symlink { id },
        Mode::DIR => Node::Directory(Directory::of_tree(Arc::clone(store), id)),
        Mode::COMMIT => Node::Submodule(Submodule::new(id)),
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
