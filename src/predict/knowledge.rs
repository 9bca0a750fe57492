//! What a prediction rests on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::plan::{KeyInput, StepKey, StepKind};
use crate::{Digest, Seconds};

/// What is remembered of an engine and of this project's last build on it.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    /// Whether anything was ever recorded of this engine.
    pub recorded: bool,
    /// Whether it was asked for the base images: what the plan does not know of them, it cannot
    /// resolve.
    pub asked: bool,
    /// The keys that it has run or reused, with how long they took where that is known.
    pub known: HashMap<StepKey, Option<Seconds>>,
    /// The last build of this Dockerfile, if there was one.
    pub previous: Option<PreviousBuild>,
    /// Median seconds of each kind of step.
    pub typical: HashMap<StepKind, Seconds>,
}

/// A build that was made before.
#[derive(Debug, Clone, Default)]
pub struct PreviousBuild {
    /// Its steps in the plan's order.
    pub steps: Vec<PreviousStep>,
    /// The files that it had.
    pub files: FileTable,
}

/// A step of a build that was made before.
#[derive(Debug, Clone)]
pub struct PreviousStep {
    /// Its name.
    pub name: String,
    /// The instruction's text.
    pub instruction: String,
    /// Which instruction.
    pub kind: StepKind,
    /// Its key.
    pub key: StepKey,
    /// What its key was made of.
    pub inputs: Vec<KeyInput>,
    /// How long it took, where it ran.
    pub seconds: Option<Seconds>,
}

/// What decides whether two entries are the same to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits.
    pub mode: u32,
    /// The digest of a regular file.
    pub digest: Option<Digest>,
    /// Where a link points.
    pub target: Option<Box<[u8]>>,
    /// Bytes of a regular file.
    pub size: u64,
    /// Last modification, as the engine was told.
    pub modified: ModifiedTime,
}

impl FileState {
    /// Whether a COPY brings the same of both: times do not count.
    pub fn has_same_content(&self, other: &Self) -> bool {
        let modified = other.modified;
        Self { modified, ..self.clone() } == *other
    }
}

/// The entries of a context by path.
pub type FileTable = HashMap<ContextPath, FileState>;

/// The states of all entries of a snapshot.
pub fn file_table(snapshot: &Snapshot) -> FileTable {
    let state = |entry: &Entry| FileState {
        kind: entry.kind,
        mode: entry.mode,
        digest: entry.digest,
        target: entry.target.clone(),
        size: entry.size,
        modified: entry.modified,
    };
    snapshot.entries().iter().map(|entry| (entry.path.clone(), state(entry))).collect()
}

/// The snapshot as the engine will have it, given the files of the last build.
///
/// The engine keeps its copy of the context and takes over a directory only when it is new: a
/// changed mode alone is not seen (`dir-mode`, `dir-mode-with-edit-elsewhere`).
pub fn as_the_engine_has_it(snapshot: &Arc<Snapshot>, previous: &FileTable) -> Arc<Snapshot> {
    let old_mode = |entry: &Entry| {
        let old = previous.get(&entry.path).filter(|old| old.kind == EntryKind::Directory)?;
        (entry.kind == EntryKind::Directory && old.mode != entry.mode).then_some(old.mode)
    };
    if !snapshot.entries().iter().any(|entry| old_mode(entry).is_some()) {
        return Arc::clone(snapshot);
    }
    let mut entries = snapshot.entries().to_vec();
    for entry in &mut entries {
        entry.mode = old_mode(entry).unwrap_or(entry.mode);
    }
    Arc::new(Snapshot::new(entries, snapshot.ignored()))
}

/// The directories in which one is gone whose name begins with the whole name of another that is
/// there: an old engine may digest them wrongly.
pub fn directories_with_renames(snapshot: &Snapshot, previous: &FileTable) -> Vec<ContextPath> {
    let is_directory = |path: &ContextPath| {
        snapshot.get(path).is_some_and(|entry| entry.kind == EntryKind::Directory)
    };
    let gone = previous
        .iter()
        .filter(|(path, state)| state.kind == EntryKind::Directory && !is_directory(path));
    let mut found: Vec<ContextPath> = gone
        .filter_map(|(path, _)| Some((path.parent()?, path.file_name()?)))
        .filter(|(parent, name)| {
            (1..name.len()).any(|length| is_directory(&parent.join(&name[..length])))
        })
        .map(|(parent, _)| parent)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The files whose content the engine does not have, if its copy of the context is `previous`:
/// a build is sure of what it read of them only once the engine has asked for them. None where
/// nothing is known of that copy.
pub fn files_to_send(snapshot: &Snapshot, previous: &FileTable) -> Vec<ContextPath> {
    if previous.is_empty() {
        return Vec::new();
    }
    let is_there = |entry: &Entry| {
        previous.get(&entry.path).is_some_and(|old| {
            old.kind == entry.kind && old.size == entry.size && old.digest == entry.digest
        })
    };
    let files = snapshot.entries().iter().filter(|entry| entry.kind == EntryKind::File);
    files.filter(|entry| !is_there(entry)).map(|entry| entry.path.clone()).collect()
}

/// The files whose modification time has to be told otherwise than it is, for the engine to see
/// that they changed.
///
/// The engine takes over a file only when its size, mode or time differs from its copy. An edit
/// that keeps all three would build with the old content (`same-size-same-mtime`), so such a file
/// is announced a nanosecond later than the engine has it; and as long as it stays as it is, the
/// same time is told again.
pub fn announced_times(
    snapshot: &Snapshot,
    previous: &FileTable,
) -> BTreeMap<ContextPath, ModifiedTime> {
    let mut announced = BTreeMap::new();
    for entry in snapshot.entries().iter().filter(|entry| entry.kind == EntryKind::File) {
        let Some(old) = previous.get(&entry.path) else { continue };
        let looks_the_same =
            old.kind == entry.kind && old.size == entry.size && old.mode == entry.mode;
        let was_announced = old.modified == entry.modified.later();
        let has_its_time = old.modified == entry.modified;
        if looks_the_same && old.digest == entry.digest && was_announced {
            announced.insert(entry.path.clone(), old.modified);
        } else if looks_the_same && old.digest != entry.digest && (has_its_time || was_announced) {
            announced.insert(entry.path.clone(), old.modified.later());
        }
    }
    announced
}
