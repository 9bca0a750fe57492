//! The walk: a directory to a snapshot, in parallel.
//!
//! The walker threads decide about each path, take its `lstat`, and read and digest regular
//! files themselves, so that the disk and every processor are busy at once. Directories that the
//! rules leave out are not read unless something in them may be taken back.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::FileType;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};
use rustix::fs::{AtFlags, Mode, OFlags, Stat, major, minor, openat, readlinkat, statat};

use super::content::device_digest;
use super::directories::{Directories, take_directories_above};
use super::error::{Problem, ProblemReason, Problems};
use super::patterns::{PathFilter, Visited};
use super::read::{Reader, Stamp, size};
use super::{
    ContextPath, Entry, EntryKind, Error, FileId, IgnoreRules, Index, ModifiedTime, Snapshot,
};
use crate::Digest;

/// Reads the context at `root`: every file, directory and link that the rules leave, with the
/// digest of every regular file and of every device's numbers.
///
/// Links are not followed, except that `root` itself may be one. A socket is listed: docker's own
/// client sends each as an empty file, and an image must not differ from docker's. A file that
/// vanishes or changes while it is read is an error, and so is one that cannot be read; all
/// of them are named together.
pub fn snapshot(root: &Path, rules: &IgnoreRules) -> Result<Snapshot, Error> {
    snapshot_with_index(root, rules, None).map(|(snapshot, _)| snapshot)
}

/// As [`snapshot`], but takes the digests of files that `index` knows in their present state from
/// there; and the index to use the next time, which knows the files of this snapshot only: `None`
/// where that is `index` as it is.
pub fn snapshot_with_index(
    root: &Path,
    rules: &IgnoreRules,
    index: Option<&Index>,
) -> Result<(Snapshot, Option<Index>), Error> {
    let began = SystemTime::now();
    let root = resolve(root)?;
    let walk = Walk {
        filter: rules.filter(),
        index,
        directories: Directories::below(&root),
        found: Mutex::default(),
    };
    let mut builder = WalkBuilder::new(&root);
    builder.standard_filters(false).follow_links(false);
    builder.build_parallel().visit(&mut Visitors(&walk));
    let mut found = walk.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (known, read) = (std::mem::take(&mut found.known), std::mem::take(&mut found.read));
    let index = Index::after(index, known, read, began);
    found.into_snapshot().map(|snapshot| (snapshot, index))
}

/// The directory itself, without links on the way.
pub(super) fn resolve(root: &Path) -> Result<PathBuf, Error> {
    let fail = |reason| Error::Root { path: root.to_owned(), reason };
    let resolved = root.canonicalize().map_err(fail)?;
    if !resolved.metadata().map_err(fail)?.is_dir() {
        return Err(fail(io::ErrorKind::NotADirectory.into()));
    }
    Ok(resolved)
}

/// What all threads share.
struct Walk<'a> {
    filter: PathFilter,
    index: Option<&'a Index>,
    /// What the rules found for each directory that is read, for what is in it.
    directories: Directories<'a, Parent>,
    found: Mutex<Found>,
}

/// The decision about a directory.
#[derive(Default)]
struct Parent {
    visited: Visited,
    kept: bool,
}

/// What a thread has found.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    /// Directories that are left out unless something in them is taken.
    reserve: Vec<Entry>,
    /// The places in the index of the files that it knows.
    known: Vec<u32>,
    /// The digests of the other files, by their state.
    read: Vec<(Stamp, Digest)>,
    /// Files that have other names, here or elsewhere.
    linked: Vec<(FileId, ContextPath)>,
    ignored: u64,
    problems: Vec<Problem>,
}

struct Visitors<'a>(&'a Walk<'a>);

struct Visitor<'a> {
    walk: &'a Walk<'a>,
    found: Found,
    reader: Reader,
    /// The directory of the last path: the next one is mostly of the same.
    here: Option<Here>,
    /// Where the index knew the last file: it mostly knows the next one close by.
    place: u32,
}

/// A directory that paths are coming from.
struct Here {
    on_disk: Box<[u8]>,
    path: ContextPath,
    parent: Arc<Parent>,
    /// Held open: the system need not find its way to it for every name again.
    directory: io::Result<OwnedFd>,
}

impl<'a> ParallelVisitorBuilder<'a> for Visitors<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        // Room that is not used costs nothing, and all of them end up in one list.
        let most = self.0.index.map_or(0, Index::len);
        Box::new(Visitor {
            walk: self.0,
            found: Found { entries: Vec::with_capacity(most), ..Found::default() },
            reader: Reader::new(),
            here: None,
            place: 0,
        })
    }
}

impl ParallelVisitor for Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) if entry.depth() == 0 => WalkState::Continue,
            Ok(entry) => self.visit_entry(&entry),
            Err(error) => {
                self.visit_error(error);
                WalkState::Continue
            }
        }
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        // While the other threads still walk.
        self.found.entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let mut all = self.walk.found.lock().unwrap_or_else(PoisonError::into_inner);
        if all.entries.is_empty() {
            std::mem::swap(&mut all.entries, &mut self.found.entries);
        } else {
            all.entries.append(&mut self.found.entries);
        }
        all.reserve.append(&mut self.found.reserve);
        all.known.append(&mut self.found.known);
        all.read.append(&mut self.found.read);
        all.linked.append(&mut self.found.linked);
        all.problems.append(&mut self.found.problems);
        all.ignored += self.found.ignored;
    }
}

impl Visitor<'_> {
    fn visit_entry(&mut self, entry: &DirEntry) -> WalkState {
        let on_disk = entry.path().as_os_str().as_bytes();
        let end = on_disk.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        let here = self.come_to(&on_disk[..end]);
        let name = OsStr::from_bytes(&on_disk[end + 1..]);
        let path = here.path.entry(name.as_bytes());
        let state = if entry.file_type().is_some_and(|it| it.is_dir()) {
            self.visit_directory(name, &path, &here)
        } else if self.walk.filter.keeps_leaf(path.as_bytes(), &here.parent.visited) {
            match self.read_leaf(name, &path, &here) {
                Ok(entry) => self.found.entries.push(entry),
                Err(reason) => self.problem(path, reason),
            }
            WalkState::Continue
        } else {
            self.found.ignored += 1;
            WalkState::Continue
        };
        self.here = Some(here);
        state
    }

    fn visit_directory(&mut self, name: &OsStr, path: &ContextPath, here: &Here) -> WalkState {
        let visit = self.walk.filter.visit_directory(path.as_bytes(), &here.parent.visited);
        if !visit.descend && !visit.kept {
            self.found.ignored += 1;
            return WalkState::Skip;
        }
        match here.stat(name) {
            Ok(stat) if kind_of(&stat) == EntryKind::Directory => {
                let into =
                    if visit.kept { &mut self.found.entries } else { &mut self.found.reserve };
                into.push(describe(path.clone(), EntryKind::Directory, &stat));
            }
            Ok(_) => self.problem(path.clone(), ProblemReason::Changed),
            Err(_) if !visit.kept => {}
            Err(reason) => self.problem(path.clone(), reason),
        }
        self.walk.directories.remember(path, Parent { visited: visit.visited, kept: visit.kept });
        WalkState::Continue
    }

    /// The entry of what is no directory.
    fn read_leaf(
        &mut self,
        name: &OsStr,
        path: &ContextPath,
        here: &Here,
    ) -> Result<Entry, ProblemReason> {
        let stat = here.stat(name)?;
        let kind = kind_of(&stat);
        let mut described = describe(path.clone(), kind, &stat);
        match kind {
            EntryKind::Directory => return Err(ProblemReason::Changed),
            EntryKind::File => {
                described.digest = Some(self.digest(here, name, &stat)?);
                if stat.st_nlink > 1 {
                    let id = FileId { device: stat.st_dev, inode: stat.st_ino };
                    self.found.linked.push((id, path.clone()));
                }
            }
            EntryKind::Symlink => {
                let target = readlinkat(here.open()?, name.as_bytes(), Vec::new());
                let target = target.map_err(|errno| named(errno.into()))?;
                described.target = Some(target.as_bytes().into());
            }
            EntryKind::Fifo
            | EntryKind::CharacterDevice
            | EntryKind::BlockDevice
            | EntryKind::Socket => {}
        }
        Ok(described)
    }

    fn digest(&mut self, here: &Here, name: &OsStr, stat: &Stat) -> Result<Digest, ProblemReason> {
        let stamp = Stamp::of(stat);
        if let Some(index) = self.walk.index
            && let Some((place, digest)) = index.get_near(&stamp, self.place)
        {
            self.place = place;
            self.found.known.push(place);
            return Ok(digest);
        }
        let digest = self.reader.digest(here.open()?, name.as_bytes(), &stamp)?;
        self.found.read.push((stamp, digest));
        Ok(digest)
    }

    /// The directory, and what was decided about it. The walk comes to a directory before it comes
    /// to what is in it.
    fn come_to(&mut self, on_disk: &[u8]) -> Here {
        match self.here.take() {
            Some(here) if *here.on_disk == *on_disk => here,
            _ => {
                let path = self.walk.directories.relative(Path::new(OsStr::from_bytes(on_disk)));
                let parent = self.walk.directories.get(path.as_bytes());
                Here { directory: open_directory(on_disk), on_disk: on_disk.into(), path, parent }
            }
        }
    }

    fn visit_error(&mut self, error: ignore::Error) {
        let mut path = None;
        let reason = reason(error, &mut path);
        let path =
            path.map_or_else(ContextPath::root, |path| self.walk.directories.relative(&path));
        // The engine too passes over a directory that it would not take for itself.
        if !self.walk.directories.get(path.as_bytes()).kept && !path.is_root() {
            return;
        }
        self.problem(path, named(reason));
    }

    fn problem(&mut self, path: ContextPath, reason: ProblemReason) {
        self.found.problems.push(Problem { path, reason });
    }
}

impl Found {
    fn into_snapshot(mut self) -> Result<Snapshot, Error> {
        if !self.problems.is_empty() {
            self.problems.sort_by(|a, b| a.path.cmp(&b.path));
            return Err(Error::Unreadable(Problems(self.problems)));
        }
        drop(take_directories_above(&mut self.entries, self.reserve, |entry| &entry.path));
        Ok(Snapshot::new(self.entries, self.ignored).with_hard_links(hard_links(self.linked)))
    }
}

/// The names that share their file with another one in the context.
fn hard_links(mut linked: Vec<(FileId, ContextPath)>) -> HashMap<ContextPath, FileId> {
    linked.sort_unstable();
    let groups = linked.chunk_by(|(one, _), (other, _)| one == other);
    groups.filter(|group| group.len() > 1).flatten().map(|(id, path)| (path.clone(), *id)).collect()
}

impl Here {
    fn open(&self) -> Result<&OwnedFd, ProblemReason> {
        self.directory.as_ref().map_err(|error| {
            let again = error.raw_os_error().map(io::Error::from_raw_os_error);
            named(again.unwrap_or_else(|| error.kind().into()))
        })
    }

    fn stat(&self, name: &OsStr) -> Result<Stat, ProblemReason> {
        let stat = statat(self.open()?, name.as_bytes(), AtFlags::SYMLINK_NOFOLLOW);
        stat.map_err(|errno| named(errno.into()))
    }
}

/// The root of the context may be at the root of the file system, whose name is empty here.
fn open_directory(path: &[u8]) -> io::Result<OwnedFd> {
    let path = if path.is_empty() { b"/" } else { path };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(rustix::fs::CWD, path, flags, Mode::empty())?)
}

/// A missing file has vanished, as the walk has seen it.
pub(super) fn named(error: io::Error) -> ProblemReason {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ProblemReason::Vanished,
        _ => ProblemReason::Io(error),
    }
}

pub(super) fn reason(error: ignore::Error, at: &mut Option<PathBuf>) -> io::Error {
    match error {
        ignore::Error::WithPath { path, err } => {
            *at = Some(path);
            reason(*err, at)
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            reason(*err, at)
        }
        ignore::Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

pub(super) fn kind(file_type: FileType) -> Option<EntryKind> {
    Some(match file_type {
        it if it.is_file() => EntryKind::File,
        it if it.is_dir() => EntryKind::Directory,
        it if it.is_symlink() => EntryKind::Symlink,
        it if it.is_fifo() => EntryKind::Fifo,
        it if it.is_char_device() => EntryKind::CharacterDevice,
        it if it.is_block_device() => EntryKind::BlockDevice,
        it if it.is_socket() => EntryKind::Socket,
        _ => return None,
    })
}

fn kind_of(stat: &Stat) -> EntryKind {
    use rustix::fs::FileType;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => EntryKind::Directory,
        FileType::Symlink => EntryKind::Symlink,
        FileType::Fifo => EntryKind::Fifo,
        FileType::CharacterDevice => EntryKind::CharacterDevice,
        FileType::BlockDevice => EntryKind::BlockDevice,
        FileType::Socket => EntryKind::Socket,
        // Linux has no others.
        FileType::RegularFile | FileType::Unknown => EntryKind::File,
    }
}

fn describe(path: ContextPath, kind: EntryKind, stat: &Stat) -> Entry {
    Entry {
        path,
        kind,
        mode: stat.st_mode & 0o7777,
        size: if kind == EntryKind::File { size(stat) } else { 0 },
        modified: ModifiedTime {
            seconds: stat.st_mtime,
            // A second has fewer nanoseconds than `u32` has numbers.
            nanoseconds: u32::try_from(stat.st_mtime_nsec).unwrap_or_default(),
        },
        digest: matches!(kind, EntryKind::CharacterDevice | EntryKind::BlockDevice)
            .then(|| device_digest(major(stat.st_rdev), minor(stat.st_rdev))),
        target: None,
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
