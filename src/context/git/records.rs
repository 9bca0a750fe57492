//! What git would record of a directory on disk, so that like is compared with like.

use std::collections::HashSet;

use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};

/// The snapshot of a working tree as git would have recorded it.
///
/// Git knows two modes for files, 644 and 755 (by the owner's `x`), none for directories (755 here)
/// and links, and no times; it knows no empty directories, sockets, pipes or devices, and nothing
/// called `.git`. Each of these is something that an engine sees and git does not, so a disk is
/// compared with a tree only after this. Two sides from git are compared as they are.
///
/// A directory that the ignore rules emptied is no empty directory: it stays where `tracked` says
/// that git has it, as it does in a snapshot from git. Pass what the other side has, before its
/// ignore rules: `|path| matches!(tree.find(path), Ok(Some(Found::Directory)))`.
///
/// Files that git does not track stay too: the engine gets them.
#[must_use]
pub fn as_git_records(disk: &Snapshot, tracked: impl Fn(&ContextPath) -> bool) -> Snapshot {
    let mut needed: HashSet<ContextPath> = HashSet::new();
    let mut kept = Vec::with_capacity(disk.entries().len());
    // From the end, what is in a directory comes before it.
    for entry in disk.entries().iter().rev() {
        let is_git = |name: &[u8]| name.eq_ignore_ascii_case(b".git");
        if entry.path.components().any(is_git) {
            continue;
        }
        let mode = match entry.kind {
            EntryKind::File if entry.mode & 0o100 == 0 => 0o644,
            EntryKind::File => 0o755,
            EntryKind::Directory if needed.contains(&entry.path) || tracked(&entry.path) => 0o755,
            EntryKind::Symlink => 0o777,
            _ => continue,
        };
        needed.extend(entry.path.parent());
        kept.push(Entry { mode, modified: ModifiedTime::default(), ..entry.clone() });
    }
    Snapshot::new(kept, disk.ignored())
}
