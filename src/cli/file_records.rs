//! The files of a context as the store keeps them, and back.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot, in_named};
use crate::plan::{KeyInput, Plan};
use crate::predict::{FileState, FileTable};
use crate::store::FileRecord;

/// The entries of a context that the engine asks for: those that the steps of a plan read, with the
/// directories above them.
fn entries_asked_for<'a>(
    plan: &Plan,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = &'a Entry> + use<'a> {
    let roots: Vec<ContextPath> = plan
        .steps
        .iter()
        .flat_map(|step| &step.inputs)
        .filter_map(|input| match input {
            KeyInput::Files { roots, .. } => Some(roots),
            _ => None,
        })
        .flatten()
        .map(ContextPath::new)
        .collect();
    let asks_for_all = plan.asks_for_all;
    let is_asked_for = move |path: &ContextPath| {
        let is_all = asks_for_all && in_named(path).is_none();
        is_all || roots.iter().any(|root| path.starts_with(root) || root.starts_with(path))
    };
    snapshot.entries().iter().filter(move |entry| is_asked_for(&entry.path))
}

/// Whether what a plan reads of the build's own context is just what the engine has of it, the times
/// that files are `announced` with included: told again, they change nothing. The mode of a directory
/// that the engine has may be another, as it does not take that over.
pub(super) fn is_as_told(
    plan: &Plan,
    snapshot: &Snapshot,
    announced: &BTreeMap<ContextPath, ModifiedTime>,
    copy: &FileTable,
) -> bool {
    let is_own = |path: &ContextPath| in_named(path).is_none();
    let taken_over = |entry: &Entry| {
        let told = as_told(entry, announced);
        let is_directory = entry.kind == EntryKind::Directory;
        let there = copy.get(&entry.path).filter(|old| is_directory && old.kind == told.kind);
        FileState { mode: there.map_or(told.mode, |old| old.mode), ..told }
    };
    let read = entries_asked_for(plan, snapshot).filter(|entry| is_own(&entry.path));
    let mut read = read.map(|entry| (&entry.path, taken_over(entry))).peekable();
    read.peek().is_none() || copy.is_just(is_own, read)
}

/// A file as the engine is told of it.
fn as_told(entry: &Entry, announced: &BTreeMap<ContextPath, ModifiedTime>) -> FileState {
    let modified = announced.get(&entry.path).copied().unwrap_or(entry.modified);
    FileState { modified, ..FileState::of(entry) }
}

/// What the engine has of the contexts after the build. It keeps a copy of each, also of one that is
/// no part of this build: of a named one and, where this build asks for nothing of it, of the own
/// one it has what it was `told` before.
pub(super) fn file_records(
    plan: &Plan,
    snapshot: &Snapshot,
    announced: &BTreeMap<ContextPath, ModifiedTime>,
    told: &FileTable,
) -> Vec<FileRecord> {
    let is_named = |path: &ContextPath| in_named(path).is_some();
    let now = entries_asked_for(plan, snapshot).filter(|entry| !is_named(&entry.path));
    // What of a named context the engine asked for earlier it may still have.
    let named_now = snapshot.entries().iter().take_while(|entry| is_named(&entry.path));
    let names: BTreeSet<String> =
        named_now.clone().filter_map(|entry| Some(in_named(&entry.path)?.0)).collect();
    let has_named = !names.is_empty() || told.keys().next().is_some_and(is_named);
    let reads_own = reads_own(plan, snapshot);
    let elsewhere = told.iter().filter(|(path, _)| match in_named(path) {
        Some((name, _)) => !names.contains(&name),
        None => has_named && !reads_own,
    });
    let of_build =
        named_now.chain(now).map(|entry| record(&entry.path, &as_told(entry, announced)));
    elsewhere.map(|(path, state)| record(path, state)).chain(of_build).collect()
}

/// Whether a plan reads anything of the build's own context.
pub(super) fn reads_own(plan: &Plan, snapshot: &Snapshot) -> bool {
    entries_asked_for(plan, snapshot).any(|entry| in_named(&entry.path).is_none())
}

fn record(path: &ContextPath, state: &FileState) -> FileRecord {
    FileRecord {
        path: encode(path.as_bytes()),
        kind: kind_word(state.kind).into(),
        mode: state.mode,
        size: state.size,
        modified: (state.modified.seconds, state.modified.nanoseconds),
        digest: state.digest,
        target: state.target.as_deref().map(encode),
    }
}

/// What a record says of a file; `None` of one that a newer version wrote.
pub(super) fn file(record: &FileRecord) -> Option<(ContextPath, FileState)> {
    let state = FileState {
        kind: kind_from(&record.kind)?,
        mode: record.mode,
        digest: record.digest,
        target: record.target.as_deref().map(|target| decode(target).into()),
        size: record.size,
        modified: ModifiedTime { seconds: record.modified.0, nanoseconds: record.modified.1 },
    };
    Some((ContextPath::new(decode(&record.path)), state))
}

const KINDS: [(EntryKind, &str); 7] = [
    (EntryKind::File, "file"),
    (EntryKind::Directory, "directory"),
    (EntryKind::Symlink, "symlink"),
    (EntryKind::Fifo, "fifo"),
    (EntryKind::CharacterDevice, "character_device"),
    (EntryKind::BlockDevice, "block_device"),
    (EntryKind::Socket, "socket"),
];

fn kind_word(kind: EntryKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("file", |(_, word)| word)
}

fn kind_from(word: &str) -> Option<EntryKind> {
    KINDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
}

/// Bytes that are not UTF-8, the percent sign and NUL as `%XX`.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25").replace('\0', "%00"));
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    text
}

fn decode(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%').then(|| after.get(..2)).flatten();
        let value = hex
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(value) = value {
            bytes.push(value);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_comes_back_as_it_was() {
        for name in [&b"plain"[..], b"100%", b"\xff\xfe/x", b"\0lib/x", "na\u{ef}ve".as_bytes()] {
            assert_eq!(*decode(&encode(name)), *name);
        }
    }

    /// After an edit that kept size and time, whose file is announced with another time for ever.
    #[test]
    fn a_file_that_is_announced_as_it_was_is_as_told() {
        let text = "FROM scratch\nCOPY file /\n";
        let dockerfile = crate::dockerfile::Dockerfile::parse("Dockerfile", text).expect("one");
        let context = |content: &str| {
            let (path, size) = (ContextPath::new("file"), content.len() as u64);
            let (modified, digest) =
                (ModifiedTime::default(), crate::Digest::of(content.as_bytes()));
            let entry = Entry {
                path,
                kind: EntryKind::File,
                mode: 0o644,
                size,
                modified,
                digest: Some(digest),
                target: None,
            };
            Snapshot::new(vec![entry], 0)
        };
        // What the engine is told of the second context after the first, and what it has then.
        let told = |snapshot: &Snapshot, before: &FileTable| {
            let plan = crate::plan::plan(crate::plan::PlanRequest {
                dockerfile: &dockerfile,
                snapshot,
                images: &BTreeMap::new(),
                options: &crate::plan::BuildOptions::default(),
                dialect: crate::plan::Dialect::default(),
            });
            let plan = plan.expect("a plan");
            let announced = crate::predict::announced_times(snapshot, before);
            let records = file_records(&plan, snapshot, &announced, before);
            let copy: FileTable = records.iter().filter_map(file).collect();
            (is_as_told(&plan, snapshot, &announced, before), announced.len(), copy)
        };
        let (one, two) = (context("one"), context("two"));
        let (is_told, nudged, copy) = told(&one, &FileTable::new());
        assert_eq!((is_told, nudged), (false, 0));
        let (is_told, nudged, copy) = told(&two, &copy);
        assert_eq!((is_told, nudged), (false, 1));
        let (is_told, nudged, copy) = told(&two, &copy);
        assert_eq!((is_told, nudged), (true, 1));
        let (is_told, nudged, _) = told(&one, &copy);
        assert_eq!((is_told, nudged), (false, 1));
    }

    /// What the engine has without a step that reads it, it must not be told of again as it was.
    #[test]
    fn all_is_recorded_that_the_engine_asks_for() {
        let file = |path: &str| Entry {
            path: ContextPath::new(path),
            kind: EntryKind::File,
            mode: 0o644,
            size: 1,
            modified: ModifiedTime::default(),
            digest: Some(crate::Digest::of(b"1")),
            target: None,
        };
        let snapshot = Snapshot::new(vec![file("a"), file("b")], 0);
        let recorded = |text: &str| {
            let dockerfile = crate::dockerfile::Dockerfile::parse("Dockerfile", text).expect("one");
            let plan = crate::plan::plan(crate::plan::PlanRequest {
                dockerfile: &dockerfile,
                snapshot: &snapshot,
                images: &BTreeMap::new(),
                options: &crate::plan::BuildOptions::default(),
                dialect: crate::plan::Dialect::default(),
            });
            let plan = plan.expect("a plan");
            file_records(&plan, &snapshot, &BTreeMap::new(), &FileTable::new()).len()
        };
        let run =
            |kind: &str| format!("FROM scratch\nCOPY a /\nRUN --mount=type={kind},target=/t x\n");
        assert_eq!(["tmpfs", "cache"].map(|kind| recorded(&run(kind))), [2, 1]);
    }

    #[test]
    fn a_directory_whose_mode_alone_changed_is_as_told() {
        let text = "FROM scratch\nCOPY d /\n";
        let dockerfile = crate::dockerfile::Dockerfile::parse("Dockerfile", text).expect("one");
        let context = |mode, seconds| {
            let entry = Entry {
                path: ContextPath::new("d"),
                kind: EntryKind::Directory,
                mode,
                size: 0,
                modified: ModifiedTime { seconds, nanoseconds: 0 },
                digest: None,
                target: None,
            };
            Snapshot::new(vec![entry], 0)
        };
        let of_first = context(0o755, 0);
        let copy: FileTable =
            of_first.entries().iter().map(|it| (it.path.clone(), FileState::of(it))).collect();
        let is_told = |snapshot: &Snapshot| {
            let plan = crate::plan::plan(crate::plan::PlanRequest {
                dockerfile: &dockerfile,
                snapshot,
                images: &BTreeMap::new(),
                options: &crate::plan::BuildOptions::default(),
                dialect: crate::plan::Dialect::default(),
            });
            is_as_told(&plan.expect("a plan"), snapshot, &BTreeMap::new(), &copy)
        };
        assert!(is_told(&of_first));
        assert!(is_told(&context(0o700, 0)));
        assert!(!is_told(&context(0o755, 1)));
    }

    #[test]
    fn kinds_come_back_as_they_were() {
        for (kind, word) in KINDS {
            assert_eq!(kind_from(word), Some(kind));
        }
    }
}
