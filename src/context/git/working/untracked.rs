//! New files: those that git neither tracks nor ignores.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gix::ObjectId;
use gix::dir::EntryRef;
use gix::dir::entry::{self, Status};
use gix::dir::walk::{Action, Delegate, EmissionMode};
use gix::index::State;
use gix::index::entry::{Flags, Mode};
use gix::index::fs::Metadata;

use super::super::GitError;
use super::super::store::{Store, Unrecorded, reason};
use super::look::OnDisk;
use super::name::{blob_name, file_name, is_missing};

/// More new files than this are a directory that somebody forgot to let git ignore.
const LIMIT: usize = 1_000_000;

/// A new file.
pub(super) struct Fresh {
    /// From the root of the working tree.
    pub(super) path: Box<[u8]>,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
}

/// Paths of new files and links.
#[derive(Default)]
struct Paths(Vec<Box<[u8]>>);

impl Delegate for Paths {
    fn emit(&mut self, entry: EntryRef<'_>, _: Option<Status>) -> Action {
        let is_file = matches!(entry.disk_kind, Some(entry::Kind::File | entry::Kind::Symlink));
        if entry.status == Status::Untracked && is_file {
            self.0.push(entry.rela_path.as_ref().to_vec().into());
        }
        if self.0.len() < LIMIT { Action::Continue(()) } else { Action::Break(()) }
    }
}

/// Every new file, by what the disk was `found` to have of the index.
pub(super) fn untracked(
    store: &Arc<Store>,
    index: &mut State,
    found: &[OnDisk],
    top: &Path,
) -> Result<Vec<Fresh>, GitError> {
    for (entry, found) in index.entries_mut().iter_mut().zip(found) {
        // The walk takes only what has this for tracked.
        if !matches!(found, OnDisk::Gone) {
            entry.flags.insert(Flags::UPTODATE);
        }
    }
    let repository = store.repository.to_thread_local();
    let failure =
        |error: gix::Error| GitError::WorkingTree { path: top.to_owned(), reason: reason(&error) };
    let options = repository.dirwalk_options().map_err(failure)?;
    let options = options.emit_untracked(EmissionMode::Matching);
    let mut paths = Paths::default();
    let none: [&str; 0] = [];
    repository
        .dirwalk(index, none, &AtomicBool::new(false), options, &mut paths)
        .map_err(failure)?;
    paths.0.into_iter().filter_map(|path| fresh(store, top, path).transpose()).collect()
}

/// The new file at the path; `None` where it is gone again.
fn fresh(store: &Arc<Store>, top: &Path, path: Box<[u8]>) -> Result<Option<Fresh>, GitError> {
    let on_disk = top.join(OsStr::from_bytes(&path));
    let read = || -> std::io::Result<(Mode, ObjectId, Unrecorded)> {
        let state = Metadata::from_path_no_follow(&on_disk)?;
        if state.is_symlink() {
            let target = std::fs::read_link(&on_disk)?;
            let target = target.as_os_str().as_bytes();
            let id = blob_name(store, target)?;
            return Ok((Mode::SYMLINK, id, Unrecorded::Link(target.into())));
        }
        let id = file_name(store, &on_disk, &state, true)?;
        let mode = if state.is_executable() { Mode::FILE_EXECUTABLE } else { Mode::FILE };
        Ok((mode, id, Unrecorded::File(on_disk.clone())))
    };
    match read() {
        Ok((mode, id, content)) => {
            store.add_unrecorded(id, content);
            Ok(Some(Fresh { path, mode, id }))
        }
        Err(error) if is_missing(&error) => Ok(None),
        Err(reason) => Err(GitError::File { path: on_disk, reason }),
    }
}
