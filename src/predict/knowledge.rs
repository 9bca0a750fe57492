//! What a prediction rests on.

use std::collections::{BTreeMap, HashMap};

use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::plan::{KeyInput, StepKey, StepKind};
use crate::{Digest, Seconds};

/// What is remembered of an engine and of this project's last build on it.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    /// Whether anything was ever recorded of this engine.
    pub recorded: bool,
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
pub fn as_the_engine_has_it(snapshot: Snapshot, previous: &FileTable) -> Snapshot {
    let ignored = snapshot.ignored();
    let mut entries = snapshot.into_entries();
    for entry in entries.iter_mut().filter(|entry| entry.kind == EntryKind::Directory) {
        if let Some(old) = previous.get(&entry.path)
            && old.kind == EntryKind::Directory
        {
            entry.mode = old.mode;
        }
    }
    Snapshot::new(entries, ignored)
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
