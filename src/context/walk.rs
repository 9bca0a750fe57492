//! The walk: a directory to a snapshot, in parallel.
//!
//! The walker threads decide about each path, take its `lstat`, and read and digest regular
//! files themselves, so that the disk and every processor are busy at once. Directories that the
//! rules leave out are not read unless something in them may be taken back.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{FileType, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::directories::{Directories, take_directories_above};
use super::error::{Problem, ProblemReason, Problems};
use super::patterns::{PathFilter, Visited};
use super::read::{Reader, Stamp};
use super::{
    ContextPath, Entry, EntryKind, Error, FileId, IgnoreRules, Index, ModifiedTime, Snapshot,
};
use crate::Digest;

/// Reads the context at `root`: every file, directory and link that the rules leave, with the
/// digest of every regular file.
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
}

/// A directory that paths are coming from.
struct Here {
    on_disk: Box<[u8]>,
    path: ContextPath,
    parent: Arc<Parent>,
}

impl<'a> ParallelVisitorBuilder<'a> for Visitors<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        Box::new(Visitor {
            walk: self.0,
            found: Found::default(),
            reader: Reader::new(),
            here: None,
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
        self.found.entries.sort_by(|a, b| a.path.cmp(&b.path));
        let mut all = self.walk.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.entries.append(&mut self.found.entries);
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
        let (path, parent) = self.place(entry.path());
        if entry.file_type().is_some_and(|it| it.is_dir()) {
            return self.visit_directory(entry, &path, &parent);
        }
        if !self.walk.filter.keeps_leaf(path.as_bytes(), &parent.visited) {
            self.found.ignored += 1;
            return WalkState::Continue;
        }
        match self.read_leaf(entry, &path) {
            Ok(entry) => self.found.entries.push(entry),
            Err(reason) => self.found.problems.push(Problem { path, reason }),
        }
        WalkState::Continue
    }

    fn visit_directory(
        &mut self,
        entry: &DirEntry,
        path: &ContextPath,
        parent: &Parent,
    ) -> WalkState {
        let visit = self.walk.filter.visit_directory(path.as_bytes(), &parent.visited);
        if !visit.descend && !visit.kept {
            self.found.ignored += 1;
            return WalkState::Skip;
        }
        match stat(entry) {
            Ok(metadata) if metadata.is_dir() => {
                let into =
                    if visit.kept { &mut self.found.entries } else { &mut self.found.reserve };
                into.push(describe(path.clone(), EntryKind::Directory, &metadata));
            }
            Ok(_) => self.problem(path.clone(), ProblemReason::Changed),
            Err(_) if !visit.kept => {}
            Err(reason) => self.problem(path.clone(), reason),
        }
        self.walk.directories.remember(path, Parent { visited: visit.visited, kept: visit.kept });
        WalkState::Continue
    }

    /// The entry of what is no directory.
    fn read_leaf(&mut self, entry: &DirEntry, path: &ContextPath) -> Result<Entry, ProblemReason> {
        let metadata = stat(entry)?;
        let Some(kind) = kind(metadata.file_type()) else { return Err(ProblemReason::Changed) };
        let mut described = describe(path.clone(), kind, &metadata);
        match kind {
            EntryKind::Directory => return Err(ProblemReason::Changed),
            EntryKind::File => {
                described.digest = Some(self.digest(entry.path(), &metadata)?);
                if metadata.nlink() > 1 {
                    let id = FileId { device: metadata.dev(), inode: metadata.ino() };
                    self.found.linked.push((id, path.clone()));
                }
            }
            EntryKind::Symlink => {
                let target = std::fs::read_link(entry.path()).map_err(named)?;
                described.target = Some(target.as_os_str().as_bytes().into());
            }
            EntryKind::Fifo
            | EntryKind::CharacterDevice
            | EntryKind::BlockDevice
            | EntryKind::Socket => {}
        }
        Ok(described)
    }

    fn digest(&mut self, path: &Path, metadata: &Metadata) -> Result<Digest, ProblemReason> {
        let stamp = Stamp::of(metadata);
        if let Some((place, digest)) = self.walk.index.and_then(|index| index.get(&stamp)) {
            self.found.known.push(place);
            return Ok(digest);
        }
        let digest = self.reader.digest(path, &stamp)?;
        self.found.read.push((stamp, digest));
        Ok(digest)
    }

    /// The path from the root, and what was decided about the directory that holds it. The walk
    /// comes to a directory before it comes to what is in it.
    fn place(&mut self, path: &Path) -> (ContextPath, Arc<Parent>) {
        let bytes = path.as_os_str().as_bytes();
        let end = bytes.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        let (on_disk, name) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
        let here = match self.here.take() {
            Some(here) if *here.on_disk == *on_disk => here,
            _ => {
                let path = self.walk.directories.relative(Path::new(OsStr::from_bytes(on_disk)));
                let parent = self.walk.directories.get(path.as_bytes());
                Here { on_disk: on_disk.into(), path, parent }
            }
        };
        let placed = (here.path.entry(name), Arc::clone(&here.parent));
        self.here = Some(here);
        placed
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

fn stat(entry: &DirEntry) -> Result<Metadata, ProblemReason> {
    std::fs::symlink_metadata(entry.path()).map_err(named)
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

fn describe(path: ContextPath, kind: EntryKind, metadata: &Metadata) -> Entry {
    Entry {
        path,
        kind,
        mode: metadata.mode() & 0o7777,
        size: if kind == EntryKind::File { metadata.len() } else { 0 },
        modified: ModifiedTime {
            seconds: metadata.mtime(),
            // A second has fewer nanoseconds than `u32` has numbers.
            nanoseconds: u32::try_from(metadata.mtime_nsec()).unwrap_or_default(),
        },
        digest: None,
        target: None,
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
