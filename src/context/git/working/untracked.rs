//! New files: those that git neither tracks nor ignores, and repositories of which that is so.

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
use super::super::nodes::Directory;
use super::super::store::{Store, Unrecorded, reason};
use super::look::OnDisk;
use super::name::{blob_name, file_name, is_missing};
use super::nested::{Nested, nested};
use crate::context::ContextPath;

/// More new files than this are a directory that somebody forgot to let git ignore.
const LIMIT: usize = 1_000_000;

/// A new file or repository.
pub(super) struct Fresh {
    /// From the root of the working tree.
    pub(super) path: Box<[u8]>,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
    /// The working tree of a repository.
    pub(super) edited: Option<Arc<Directory>>,
}

/// Paths of new files and links, and of repositories.
#[derive(Default)]
struct Paths {
    files: Vec<Box<[u8]>>,
    repositories: Vec<Box<[u8]>>,
}

impl Delegate for Paths {
    fn emit(&mut self, entry: EntryRef<'_>, _: Option<Status>) -> Action {
        let paths = match entry.disk_kind {
            Some(entry::Kind::File | entry::Kind::Symlink) => &mut self.files,
            Some(entry::Kind::Repository) => &mut self.repositories,
            _ => return Action::Continue(()),
        };
        if entry.status == Status::Untracked {
            paths.push(entry.rela_path.as_ref().to_vec().into());
        }
        if paths.len() < LIMIT { Action::Continue(()) } else { Action::Break(()) }
    }
}

/// Every new file, by what the disk was `found` to have of the index; `depth` is in how many other
/// repositories this one is.
pub(super) fn untracked(
    store: &Arc<Store>,
    index: &mut State,
    found: &[OnDisk],
    (top, depth): (&Path, usize),
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
    let Paths { files, repositories } = paths;
    let files = files.into_iter().filter_map(|path| fresh(store, top, path).transpose());
    let repositories =
        repositories.into_iter().map(|path| repository_at(store, (top, depth), path));
    files.chain(repositories).collect()
}

/// The new repository at the path, which is one that is not at hand where it cannot be read.
fn repository_at(
    store: &Arc<Store>,
    (top, depth): (&Path, usize),
    path: Box<[u8]>,
) -> Result<Fresh, GitError> {
    let found = nested(store, top, &ContextPath::new(&path), depth)?;
    let nothing = || Nested { commit: ObjectId::null(store.hash()), edited: None };
    let Nested { commit: id, edited } = found.unwrap_or_else(nothing);
    Ok(Fresh { path, mode: Mode::COMMIT, id, edited })
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
            Ok(Some(Fresh { path, mode, id, edited: None }))
        }
        Err(error) if is_missing(&error) => Ok(None),
        Err(reason) => Err(GitError::File { path: on_disk, reason }),
    }
}
