//! What a prediction rests on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::eviction::Evictions;
use super::nearest::Nearest;
use super::past::PastBuild;
use super::routes::Route;
use super::times::PastTimes;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot, in_named};
use crate::plan::{KeyInput, Step, StepIndex, StepKey, StepKind};
use crate::{Digest, Seconds};

/// What is remembered of an engine and of this project's last build on it.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Knowledge {
    /// Whether anything was ever recorded of this engine.
    pub recorded: bool,
    /// Whether there are records that could not be read.
    pub unreadable: bool,
    /// Whether it was asked for the base images: what the plan does not know of them, it cannot
    /// resolve.
    pub asked: bool,
    /// The keys that it has run or reused, with how long they took where that is known.
    pub known: HashMap<StepKey, Option<Seconds>>,
    /// By which keys of the images below it the engine has each step of the plan
    /// ([`Knowledge::know_by_layers`]).
    pub routes: Vec<Route>,
    /// Whether others than those who recorded this have built on an engine that knows images by
    /// their manifests: by what it knows an image depends on who used it first.
    pub is_shared: bool,
    /// The keys of steps of the plan that the engine may have by an image's layers or its manifest,
    /// and nobody knows by which.
    pub on_doubtful_images: HashSet<StepKey>,
    /// Which of these the engine has lost.
    pub evictions: Evictions,
    /// Whether the engine may have what is not known of it, and only it can tell: from other caches
    /// that are imported (`--cache-from`), or from a build that left no record.
    pub imports: bool,
    /// The keys of which it had begun a step when a build failed or was cancelled: it may have ended
    /// that all the same.
    pub left_open: HashSet<StepKey>,
    /// The last build of this Dockerfile, if there was one.
    pub previous: Option<PreviousBuild>,
    /// What a step is compared with in place of its counterpart in that, by its key
    /// ([`nearest`](super::nearest())).
    pub nearest: HashMap<StepKey, Nearest>,
    /// The newest builds of this project on this engine, newest first, as far as they tell how
    /// likely a step is to run that depends on another stage.
    pub past: Vec<PastBuild>,
    /// What past builds of this project took.
    pub times: PastTimes,
    /// Median seconds of each kind of step.
    pub typical: HashMap<StepKind, Seconds>,
    /// What the commands of steps usually take, for those of which no run is known; empty where
    /// nobody asked for that.
    pub usual: HashMap<StepKey, Seconds>,
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
    /// Whether it ran to its end or was reused: what failed, or was not reached, the engine never
    /// had.
    pub is_built: bool,
}

impl PreviousStep {
    /// The step as a plan has it, of which nobody knows how long it took.
    pub fn of(step: Step) -> Self {
        let Step { name, instruction, kind, key, inputs, .. } = step;
        Self { name, instruction, kind, key, inputs, seconds: None, is_built: true }
    }

    /// The place of what it stood on among the steps of its build.
    pub fn parent(&self) -> Option<StepIndex> {
        self.inputs.iter().find_map(|input| match input {
            KeyInput::Parent { step } => Some(*step),
            _ => None,
        })
    }
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
    /// The state of an entry.
    pub fn of(entry: &Entry) -> Self {
        Self {
            kind: entry.kind,
            mode: entry.mode,
            digest: entry.digest,
            target: entry.target.clone(),
            size: entry.size,
            modified: entry.modified,
        }
    }

    /// Whether a COPY brings the same of both: times do not count.
    pub fn has_same_content(&self, other: &Self) -> bool {
        let modified = other.modified;
        Self { modified, ..self.clone() } == *other
    }
}

/// Files for which room is made before they are read.
const MOST_AT_ONCE: usize = 1 << 20;

/// The entries of a context by path, in the order of paths. Copies share what they hold.
#[derive(Debug, Clone, Default)]
pub struct FileTable(Arc<Vec<(ContextPath, FileState)>>);

impl FileTable {
    /// Whether these entries, sorted by path, are all of the wanted ones that are here, each in
    /// the state that it has here.
    pub fn is_just<'a>(
        &self,
        is_wanted: impl Fn(&ContextPath) -> bool,
        mut entries: impl Iterator<Item = (&'a ContextPath, FileState)>,
    ) -> bool {
        let is_next = |(path, state): &(ContextPath, FileState)| {
            entries.next().is_some_and(|(next, its)| next == path && its == *state)
        };
        self.0.iter().filter(|(path, _)| is_wanted(path)).all(is_next) && entries.next().is_none()
    }

    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The state of the entry at the path.
    pub fn get(&self, path: &ContextPath) -> Option<&FileState> {
        let place = self.0.binary_search_by(|(known, _)| known.cmp(path)).ok()?;
        Some(&self.0[place].1)
    }

    /// Every path with its state.
    pub fn iter(&self) -> impl Iterator<Item = (&ContextPath, &FileState)> {
        self.0.iter().map(|(path, state)| (path, state))
    }

    /// Every path.
    pub fn keys(&self) -> impl Iterator<Item = &ContextPath> {
        self.0.iter().map(|(path, _)| path)
    }

    /// Every entry of the snapshot with its state here, if it has one. Both are sorted, so this
    /// takes time linear in their lengths.
    pub(super) fn beside<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = (&'a Entry, Option<&'a FileState>)> {
        let mut here = self.0.iter().peekable();
        snapshot.entries().iter().map(move |entry| {
            // Most of both is the same, and whether it is can be seen faster than the order.
            let same = here.next_if(|(path, _)| *path == entry.path).or_else(|| {
                while here.next_if(|(path, _)| *path < entry.path).is_some() {}
                here.next_if(|(path, _)| *path == entry.path)
            });
            (entry, same.map(|(_, state)| state))
        })
    }
}

impl FileTable {
    /// The paths here at which the snapshot has nothing.
    pub(super) fn gone_from<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = &'a ContextPath> {
        let mut there = snapshot.entries().iter().peekable();
        self.keys().filter(move |path| {
            if there.next_if(|entry| entry.path == **path).is_some() {
                return false;
            }
            while there.next_if(|entry| entry.path < **path).is_some() {}
            there.next_if(|entry| entry.path == **path).is_none()
        })
    }
}

impl FromIterator<(ContextPath, FileState)> for FileTable {
    /// Of equal paths the last one counts.
    fn from_iter<T: IntoIterator<Item = (ContextPath, FileState)>>(files: T) -> Self {
        let read = files.into_iter();
        // What is kept of a build says how many there are at most.
        let most = read.size_hint().1.unwrap_or_default().min(MOST_AT_ONCE);
        let mut files = Vec::with_capacity(most);
        files.extend(read);
        if !files.is_sorted_by(|(one, _), (next, _)| one < next) {
            files.reverse();
            files.sort_by(|(one, _), (other, _)| one.cmp(other));
            files.dedup_by(|(one, _), (other, _)| one == other);
        }
        Self(Arc::new(files))
    }
}

/// The states of all entries of a snapshot.
pub fn file_table(snapshot: &Snapshot) -> FileTable {
    let entries = snapshot.entries().iter();
    entries.map(|entry| (entry.path.clone(), FileState::of(entry))).collect()
}

/// The snapshot as the engine will have it, given the files of the last build. Named contexts stay
/// as they are: whether the engine still has its copy of one is not followed.
///
/// The engine keeps its copy of the context and takes over a directory only when it is new: a
/// changed mode alone is not seen (`dir-mode`, `dir-mode-with-edit-elsewhere`).
pub fn as_the_engine_has_it(snapshot: &Arc<Snapshot>, previous: &FileTable) -> Arc<Snapshot> {
    let is_own = |place: usize| in_named(&snapshot.entries()[place].path).is_none();
    let seen: Vec<(usize, u32)> =
        other_modes(snapshot, previous).filter(|(place, _)| is_own(*place)).collect();
    if seen.is_empty() {
        return Arc::clone(snapshot);
    }
    let mut entries = snapshot.entries().to_vec();
    for (place, mode) in seen {
        entries[place].mode = mode;
    }
    Arc::new(Snapshot::new(entries, snapshot.ignored()))
}

/// The directories whose mode is another than in the engine's copy of the context: whether it is
/// seen depends on whether the engine takes that copy.
pub fn directories_with_other_modes(snapshot: &Snapshot, previous: &FileTable) -> Vec<ContextPath> {
    let places = other_modes(snapshot, previous);
    places.map(|(place, _)| snapshot.entries()[place].path.clone()).collect()
}

/// The places of directories whose mode was another, with that mode.
fn other_modes<'a>(
    snapshot: &'a Snapshot,
    previous: &'a FileTable,
) -> impl Iterator<Item = (usize, u32)> + 'a {
    previous.beside(snapshot).enumerate().filter_map(|(place, (entry, old))| {
        let old = old.filter(|old| old.kind == EntryKind::Directory)?;
        let differs = entry.kind == EntryKind::Directory && old.mode != entry.mode;
        differs.then_some((place, old.mode))
    })
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
    let is_there = |entry: &Entry, old: Option<&FileState>| {
        old.is_some_and(|old| {
            old.kind == entry.kind && old.size == entry.size && old.digest == entry.digest
        })
    };
    let files = previous.beside(snapshot).filter(|(entry, _)| entry.kind == EntryKind::File);
    files
        .filter(|(entry, old)| !is_there(entry, *old))
        .map(|(entry, _)| entry.path.clone())
        .collect()
}

/// The files whose modification time has to be told otherwise than it is, for the engine to see
/// that they changed.
///
/// The engine takes over a file only when its size, mode or time differs from its copy. An edit
/// that keeps all three would build with the old content (`same-size-same-mtime`), so such a file
/// is announced a nanosecond later than it was before; and as long as it stays as it is, the same
/// time is told again. What is told of one file never goes back, so that no copy of a context, of
/// which the engine may keep several, has this time with other content.
pub fn announced_times(
    snapshot: &Snapshot,
    previous: &FileTable,
) -> BTreeMap<ContextPath, ModifiedTime> {
    let mut announced = BTreeMap::new();
    for (entry, old) in previous.beside(snapshot) {
        let Some(old) = old.filter(|_| entry.kind == EntryKind::File) else { continue };
        let looks_the_same =
            old.kind == entry.kind && old.size == entry.size && old.mode == entry.mode;
        if !looks_the_same || !old.modified.is_announced_for(entry.modified) {
            continue;
        }
        let told = if old.digest == entry.digest { old.modified } else { old.modified.later() };
        if told != entry.modified {
            announced.insert(entry.path.clone(), told);
        }
    }
    announced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, size: u64) -> Entry {
        Entry {
            path: ContextPath::new(path),
            kind: EntryKind::File,
            mode: 0o644,
            size,
            modified: ModifiedTime::default(),
            digest: None,
            target: None,
        }
    }

    fn table(files: &[(&str, u64)]) -> FileTable {
        let state = |path: &str, size| {
            let snapshot = Snapshot::new(vec![file(path, size)], 0);
            file_table(&snapshot).iter().map(|(path, state)| (path.clone(), state.clone())).next()
        };
        files.iter().filter_map(|&(path, size)| state(path, size)).collect()
    }

    #[test]
    fn files_in_any_order_are_found_and_the_last_of_a_path_counts() {
        let table = table(&[("b/c", 1), ("b-c", 2), ("a", 3), ("b/c", 4)]);
        let size = |path: &str| table.get(&ContextPath::new(path)).map(|state| state.size);
        assert_eq!(
            [size("a"), size("b/c"), size("b-c"), size("b")],
            [Some(3), Some(4), Some(2), None]
        );
        assert!(table.keys().is_sorted() && table.keys().count() == 3);
    }

    #[test]
    fn every_entry_comes_with_what_was_there_before() {
        let table = table(&[("a", 1), ("b/c", 2), ("b/d", 3), ("z", 4)]);
        let now = [("a", 0), ("b/b", 0), ("b/d", 0), ("c", 0), ("zz", 0)];
        let now = now.map(|(path, size)| file(path, size)).to_vec();
        let snapshot = Snapshot::new(now, 0);
        let before = table.beside(&snapshot).map(|(_, old)| old.map(|old| old.size));
        assert_eq!(before.collect::<Vec<_>>(), [Some(1), None, Some(3), None, None]);
    }
}
