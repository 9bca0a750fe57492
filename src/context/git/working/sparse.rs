//! Directories that a sparse index has as one entry each, though files of them are on disk.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::index::State;
use gix::index::entry::{Flags, Mode, Stat};
use gix::objs::{Kind, TreeRefIter};

use super::super::GitError;
use super::super::store::Store;

/// An entry of a directory that is opened; that of a directory has a slash at the end of its path.
struct Inner {
    path: BString,
    mode: Mode,
    id: ObjectId,
}

/// Puts what is in each such directory in its place in the index, where the disk has the directory;
/// those that it does not have stay as they are.
pub(super) fn open(store: &Store, top: &Path, index: &mut State) -> Result<(), GitError> {
    let repository = store.repository.to_thread_local();
    let closed = index.entries().iter().filter(|entry| entry.mode == Mode::DIR);
    let mut ahead: Vec<Inner> = closed
        .map(|entry| Inner { path: entry.path(index).to_owned(), mode: entry.mode, id: entry.id })
        .collect();
    let mut opened = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(directory) = ahead.pop() {
        if !is_on_disk(top, &directory.path) {
            found.push(directory);
            continue;
        }
        for inner in read(store, &repository, &directory)? {
            let list = if inner.mode == Mode::DIR { &mut ahead } else { &mut found };
            list.push(inner);
        }
        opened.insert(directory.path);
    }
    if opened.is_empty() {
        return Ok(());
    }
    index.remove_entries(|_, _, entry| entry.mode == Mode::DIR);
    for Inner { path, mode, id } in found {
        let flags = Flags::SKIP_WORKTREE;
        index.dangerously_push_entry(Stat::default(), id, flags, mode, path.as_bstr());
    }
    index.sort_entries();
    Ok(())
}

fn is_on_disk(top: &Path, directory: &[u8]) -> bool {
    let path = top.join(OsStr::from_bytes(directory.strip_suffix(b"/").unwrap_or(directory)));
    path.symlink_metadata().is_ok_and(|state| state.is_dir())
}

fn read(
    store: &Store,
    repository: &gix::Repository,
    directory: &Inner,
) -> Result<Vec<Inner>, GitError> {
    let place = || format!("the index: {}", directory.path.to_str_lossy());
    let bytes = store.read(repository, directory.id, Kind::Tree, place)?;
    let separator: &[u8] = if directory.path.ends_with(b"/") { b"" } else { b"/" };
    let entries = TreeRefIter::from_bytes(&bytes, repository.object_hash()).map(|entry| {
        let entry = entry.map_err(|error| GitError::Object {
            id: directory.id.to_string(),
            place: place(),
            reason: error.to_string(),
        })?;
        let mode = if entry.mode.is_tree() { Mode::DIR } else { Mode::from(entry.mode) };
        let end: &[u8] = if mode == Mode::DIR { b"/" } else { b"" };
        let path = [&*directory.path, separator, entry.filename.as_bytes(), end].concat();
        Ok(Inner { path: path.into(), mode, id: entry.oid.to_owned() })
    });
    entries.collect()
}
