//! The walk: a directory to a snapshot, in parallel.
//!
//! The walker threads decide about each path, take its `lstat`, and read and digest regular
//! files themselves, so that the disk and every processor are busy at once. Directories that the
//! rules leave out are not read unless something in them may be taken back.

use std::collections::HashMap;
use std::fs::{FileType, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::error::{Problem, ProblemReason, Problems};
use super::patterns::{PathFilter, Visited};
use super::read::{Reader, Stamp};
use super::{ContextPath, Entry, EntryKind, Error, IgnoreRules, Index, ModifiedTime, Snapshot};
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
/// there; and the index to use the next time, which knows the files of this snapshot only.
pub fn snapshot_with_index(
    root: &Path,
    rules: &IgnoreRules,
    index: Option<&Index>,
) -> Result<(Snapshot, Index), Error> {
    let began = SystemTime::now();
    let root = resolve(root)?;
    let walk = Walk {
        root: &root,
        filter: rules.filter(),
        index,
        directories: RwLock::default(),
        found: Mutex::default(),
    };
    let mut builder = WalkBuilder::new(&root);
    builder.standard_filters(false).follow_links(false);
    builder.build_parallel().visit(&mut Visitors(&walk));
    let mut found = walk.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let index = Index::of(std::mem::take(&mut found.read), began);
    found.into_snapshot().map(|snapshot| (snapshot, index))
}

/// The directory itself, without links on the way.
fn resolve(root: &Path) -> Result<PathBuf, Error> {
    let fail = |reason| Error::Root { path: root.to_owned(), reason };
    let resolved = root.canonicalize().map_err(fail)?;
    if !resolved.metadata().map_err(fail)?.is_dir() {
        return Err(fail(io::ErrorKind::NotADirectory.into()));
    }
    Ok(resolved)
}

/// What all threads share.
struct Walk<'a> {
    root: &'a Path,
    filter: PathFilter,
    index: Option<&'a Index>,
    /// What the rules found for each directory that is read, for what is in it.
    directories: RwLock<HashMap<Box<[u8]>, Arc<Parent>>>,
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
    /// The digest of every regular file, by its state.
    read: Vec<(Stamp, Digest)>,
    ignored: u64,
    problems: Vec<Problem>,
}

struct Visitors<'a>(&'a Walk<'a>);

struct Visitor<'a> {
    walk: &'a Walk<'a>,
    found: Found,
    reader: Reader,
}

impl<'a> ParallelVisitorBuilder<'a> for Visitors<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        Box::new(Visitor { walk: self.0, found: Found::default(), reader: Reader::new() })
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
        let mut all = self.walk.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.entries.append(&mut self.found.entries);
        all.reserve.append(&mut self.found.reserve);
        all.read.append(&mut self.found.read);
        all.problems.append(&mut self.found.problems);
        all.ignored += self.found.ignored;
    }
}

impl Visitor<'_> {
    fn visit_entry(&mut self, entry: &DirEntry) -> WalkState {
        let path = self.walk.relative(entry.path());
        let parent = self.walk.parent(&path);
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
        self.walk.remember(path, Parent { visited: visit.visited, kept: visit.kept });
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
        let digest = match self.walk.index.and_then(|index| index.get(&stamp)) {
            Some(known) => known,
            None => self.reader.digest(path, &stamp)?,
        };
        self.found.read.push((stamp, digest));
        Ok(digest)
    }

    fn visit_error(&mut self, error: ignore::Error) {
        let mut path = None;
        let reason = reason(error, &mut path);
        let path = path.map_or_else(ContextPath::root, |path| self.walk.relative(&path));
        // The engine too passes over a directory that it would not take for itself.
        if !self.walk.directory(path.as_bytes()).kept && !path.is_root() {
            return;
        }
        self.problem(path, named(reason));
    }

    fn problem(&mut self, path: ContextPath, reason: ProblemReason) {
        self.found.problems.push(Problem { path, reason });
    }
}

impl Walk<'_> {
    /// The path from the root, of one below it.
    fn relative(&self, path: &Path) -> ContextPath {
        let relative = path.strip_prefix(self.root).unwrap_or(path);
        ContextPath::new(relative.as_os_str().as_bytes())
    }

    /// What was decided about the directory that holds the path. The walk comes to a directory
    /// before it comes to what is in it.
    fn parent(&self, path: &ContextPath) -> Arc<Parent> {
        let end = path.as_bytes().iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        self.directory(&path.as_bytes()[..end])
    }

    fn directory(&self, path: &[u8]) -> Arc<Parent> {
        let known = self.directories.read().unwrap_or_else(PoisonError::into_inner);
        known.get(path).cloned().unwrap_or_default()
    }

    fn remember(&self, path: &ContextPath, parent: Parent) {
        let mut known = self.directories.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.as_bytes().into(), Arc::new(parent));
    }
}

impl Found {
    fn into_snapshot(mut self) -> Result<Snapshot, Error> {
        if !self.problems.is_empty() {
            self.problems.sort_by(|a, b| a.path.cmp(&b.path));
            return Err(Error::Unreadable(Problems(self.problems)));
        }
        let mut reserve: HashMap<ContextPath, Entry> =
            self.reserve.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
        if !reserve.is_empty() {
            let mut leading = Vec::new();
            for entry in &self.entries {
                let mut above = entry.path.parent();
                while let Some(directory) = above.and_then(|path| reserve.remove(&path)) {
                    above = directory.path.parent();
                    leading.push(directory);
                }
            }
            self.entries.append(&mut leading);
        }
        Ok(Snapshot::new(self.entries, self.ignored))
    }
}

fn stat(entry: &DirEntry) -> Result<Metadata, ProblemReason> {
    std::fs::symlink_metadata(entry.path()).map_err(named)
}

/// A missing file has vanished, as the walk has seen it.
fn named(error: io::Error) -> ProblemReason {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ProblemReason::Vanished,
        _ => ProblemReason::Io(error),
    }
}

fn reason(error: ignore::Error, at: &mut Option<PathBuf>) -> io::Error {
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

fn kind(file_type: FileType) -> Option<EntryKind> {
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
