//! What the disk has of each entry of the index.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode, Stat, stat};
use gix::index::fs::Metadata;
use gix::index::{Entry, File};

use super::super::nodes::Directory;
use super::super::store::{Store, Unrecorded};
use super::super::{GitError, Tree};
use super::name::{blob_name, file_name, is_missing};
use super::nested::{Nested, nested};
use crate::context::{ContextPath, Found, Source as _};

/// Threads wait for each other at the disk beyond this.
const THREADS: usize = 8;

/// Fewer files than this are looked at sooner than threads are started.
const FEW: usize = 512;

/// What the disk has of an entry.
pub(super) enum OnDisk {
    /// What the index has.
    Same,
    /// This, to be read from there.
    Other {
        mode: Mode,
        id: ObjectId,
        /// Of a repository its working tree, where that is another than the commit's.
        edited: Option<Arc<Directory>>,
    },
    /// Nothing that git would record.
    Gone,
}

/// Everything that looking at a file needs.
pub(super) struct Look<'a> {
    pub(super) store: &'a Arc<Store>,
    pub(super) top: &'a Path,
    pub(super) options: stat::Options,
    /// Whether the system's executable bit counts.
    pub(super) has_modes: bool,
    pub(super) index: &'a File,
    /// The index as a tree, to see what a checkout writes.
    pub(super) recorded: &'a Tree,
    /// In how many repositories this one is.
    pub(super) depth: usize,
}

impl Look<'_> {
    /// Every entry of the index, in its order.
    pub(super) fn all(&self) -> Result<Vec<OnDisk>, GitError> {
        let entries = self.index.entries();
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
        let part = entries.len().div_ceil(threads).max(FEW);
        let look = |entries: &[Entry]| -> Result<Vec<OnDisk>, GitError> {
            let mut directories = Directories::default();
            entries.iter().map(|entry| self.one(entry, &mut directories)).collect()
        };
        if entries.len() <= part {
            return look(entries);
        }
        let parts = std::thread::scope(|scope| {
            let look = &look;
            let started: Vec<_> =
                entries.chunks(part).map(|part| scope.spawn(move || look(part))).collect();
            let ended = started.into_iter().map(|thread| {
                // A panic of a thread is one of this thread, not something to go on after.
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            ended.collect::<Result<Vec<_>, _>>()
        })?;
        Ok(parts.into_iter().flatten().collect())
    }

    fn one(&self, entry: &Entry, directories: &mut Directories) -> Result<OnDisk, GitError> {
        if entry.mode == Mode::DIR {
            return Ok(OnDisk::Same);
        }
        let found = self.found(entry, directories)?;
        // What a sparse checkout leaves out is not deleted; what is there all the same, engines take.
        let is_left_out = entry.flags.contains(Flags::SKIP_WORKTREE);
        Ok(if is_left_out && matches!(found, OnDisk::Gone) { OnDisk::Same } else { found })
    }

    fn found(&self, entry: &Entry, directories: &mut Directories) -> Result<OnDisk, GitError> {
        let path = entry.path(self.index).as_bytes();
        if !directories.lead_to(self.top, path) {
            return Ok(OnDisk::Gone);
        }
        let on_disk = self.top.join(OsStr::from_bytes(path));
        let failure = |reason| GitError::File { path: on_disk.clone(), reason };
        let state = match Metadata::from_path_no_follow(&on_disk) {
            Ok(state) => state,
            Err(error) if is_missing(&error) => return Ok(OnDisk::Gone),
            Err(error) => return Err(failure(error)),
        };
        if entry.mode == Mode::COMMIT {
            if !state.is_dir() {
                return Ok(OnDisk::Gone);
            }
            let found = nested(self.store, self.top, &ContextPath::new(path), self.depth)?;
            return Ok(match found {
                Some(Nested { commit: id, edited }) if id != entry.id || edited.is_some() => {
                    OnDisk::Other { mode: Mode::COMMIT, id, edited }
                }
                _ => OnDisk::Same,
            });
        }
        let Some(mode) = self.mode(entry.mode, &state) else { return Ok(OnDisk::Gone) };
        if mode == entry.mode && self.is_settled(entry, &state) {
            return Ok(OnDisk::Same);
        }
        if mode == Mode::SYMLINK {
            let target = std::fs::read_link(&on_disk).map_err(failure)?;
            let target = target.as_os_str().as_bytes();
            let id = blob_name(self.store, target).map_err(failure)?;
            if entry.mode == mode && id == entry.id {
                return Ok(OnDisk::Same);
            }
            self.store.add_unrecorded(id, Unrecorded::Link(target.into()));
            return Ok(OnDisk::Other { mode, id, edited: None });
        }
        let is_resized = u64::from(entry.stat.size) != state.len();
        let id = file_name(self.store, &on_disk, &state, is_resized).map_err(failure)?;
        if id == entry.id || self.is_written(entry, path, &on_disk)? {
            let id = entry.id;
            if mode == entry.mode {
                return Ok(OnDisk::Same);
            }
            return Ok(OnDisk::Other { mode, id, edited: None });
        }
        self.store.add_unrecorded(id, Unrecorded::File(on_disk));
        Ok(OnDisk::Other { mode, id, edited: None })
    }

    /// What git would record of what is there; `None` where that is nothing.
    fn mode(&self, recorded: Mode, state: &Metadata) -> Option<Mode> {
        if state.is_symlink() {
            return Some(Mode::SYMLINK);
        }
        let is_known = matches!(recorded, Mode::FILE | Mode::FILE_EXECUTABLE);
        state.is_file().then(|| match state.is_executable() {
            _ if !self.has_modes => {
                if is_known {
                    recorded
                } else {
                    Mode::FILE
                }
            }
            true => Mode::FILE_EXECUTABLE,
            false => Mode::FILE,
        })
    }

    /// Whether a file is as it was when the index recorded it, by what the system says of it.
    fn is_settled(&self, entry: &Entry, state: &Metadata) -> bool {
        let Ok(stat) = Stat::from_fs(state) else { return false };
        // Git looks at whole seconds only, as some write no parts of them into the index.
        let use_nsec = entry.stat.ctime.nsecs != 0;
        let options = stat::Options { use_nsec, ..self.options };
        entry.stat.matches(&stat, options)
            && !entry.flags.contains(Flags::INTENT_TO_ADD)
            && !entry.stat.is_racy(self.index.timestamp(), options)
    }

    /// Whether a checkout of the index would write just what is on disk, though the blob has other
    /// bytes: other line ends, another encoding.
    fn is_written(&self, entry: &Entry, path: &[u8], on_disk: &Path) -> Result<bool, GitError> {
        if !matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) {
            return Ok(false);
        }
        let Ok(Some(Found::File(written))) = self.recorded.find(&ContextPath::new(path)) else {
            return Ok(false);
        };
        let bytes = std::fs::read(on_disk)
            .map_err(|reason| GitError::File { path: on_disk.to_owned(), reason })?;
        Ok(written == bytes)
    }
}

/// Which directories are there and are no links: behind a link there is nothing of git's.
#[derive(Default)]
struct Directories {
    /// The last one that was looked at, and how it was.
    known: HashMap<Vec<u8>, bool>,
}

impl Directories {
    /// Whether all directories on the way to the path are ones.
    fn lead_to(&mut self, top: &Path, path: &[u8]) -> bool {
        let Some(slash) = path.iter().rposition(|&byte| byte == b'/') else { return true };
        let directory = &path[..slash];
        if let Some(&known) = self.known.get(directory) {
            return known;
        }
        let is_one = self.lead_to(top, directory)
            && top
                .join(OsStr::from_bytes(directory))
                .symlink_metadata()
                .is_ok_and(|state| state.is_dir());
        self.known.insert(directory.to_vec(), is_one);
        is_one
    }
}
