//! What differs between two snapshots of one context, and the way from one to the other.

use super::snapshot::{ContextPath, Entry, EntryKind, Snapshot};

/// What differs between two snapshots of one context.
///
/// A history is kept as one snapshot and the changes from each moment to the next: of many
/// snapshots that are mostly alike, only one is ever whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// What the older snapshot has of it, sorted.
    before: Vec<Entry>,
    /// What the newer one has of it, sorted.
    after: Vec<Entry>,
}

impl Changes {
    /// From what two snapshots have of the same places, whatever is alike left out.
    ///
    /// A directory that is on one side only need not be new or gone: it may hold other files, which
    /// are alike on both sides and not among these.
    pub fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let only = |one: &Snapshot, other: &Snapshot| {
            let differs = |entry: &&Entry| other.get(&entry.path) != Some(entry);
            one.entries().iter().filter(differs).cloned().collect()
        };
        Self { before: only(before, after), after: only(after, before) }
    }

    /// Whether the snapshots are alike.
    pub const fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// The files and links that were added, removed or modified, sorted.
    pub fn paths(&self) -> Vec<ContextPath> {
        let sides = self.before.iter().chain(&self.after);
        let files = sides.filter(|entry| entry.kind != EntryKind::Directory);
        let mut paths: Vec<ContextPath> = files.map(|entry| entry.path.clone()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// The regular files that only the older snapshot has.
    pub fn removed(&self) -> impl Iterator<Item = &ContextPath> {
        only(&self.before, &self.after)
    }

    /// The regular files that only the newer snapshot has.
    pub fn added(&self) -> impl Iterator<Item = &ContextPath> {
        only(&self.after, &self.before)
    }

    /// The newer snapshot, from the older one.
    #[must_use]
    pub fn apply(&self, older: Snapshot) -> Snapshot {
        exchange(older, &self.before, &self.after)
    }

    /// The older snapshot, from the newer one.
    #[must_use]
    pub fn revert(&self, newer: Snapshot) -> Snapshot {
        exchange(newer, &self.after, &self.before)
    }
}

fn only<'a>(one: &'a [Entry], other: &'a [Entry]) -> impl Iterator<Item = &'a ContextPath> {
    let is_missing = |entry: &&Entry| {
        entry.kind == EntryKind::File
            && other.binary_search_by(|known| known.path.cmp(&entry.path)).is_err()
    };
    one.iter().filter(is_missing).map(|entry| &entry.path)
}

/// The snapshot with `to` in place of `from`.
fn exchange(snapshot: Snapshot, from: &[Entry], to: &[Entry]) -> Snapshot {
    if from.is_empty() && to.is_empty() {
        return snapshot;
    }
    let (ignored, links) = (snapshot.ignored(), snapshot.hard_links().clone());
    let mut coming = to.iter().peekable();
    let mut merged: Vec<(Entry, bool)> = Vec::new();
    for entry in snapshot.into_entries() {
        while let Some(next) = coming.next_if(|next| next.path < entry.path) {
            merged.push((next.clone(), false));
        }
        if let Some(next) = coming.next_if(|next| next.path == entry.path) {
            merged.push((next.clone(), false));
            continue;
        }
        let goes = from.binary_search_by(|known| known.path.cmp(&entry.path)).is_ok();
        if !goes || entry.kind == EntryKind::Directory {
            merged.push((entry, goes));
        }
    }
    merged.extend(coming.map(|entry| (entry.clone(), false)));
    // From the end, what is in a directory comes before it: one that still holds something stays.
    let mut kept: Vec<Entry> = Vec::with_capacity(merged.len());
    for (entry, goes) in merged.into_iter().rev() {
        let holds = |below: &Entry| below.path.starts_with(&entry.path);
        if !goes || kept.last().is_some_and(holds) {
            kept.push(entry);
        }
    }
    kept.reverse();
    Snapshot::new(kept, ignored).with_hard_links(links)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;
    use crate::context::ModifiedTime;

    fn entry(path: &str, text: Option<&str>) -> Entry {
        Entry {
            path: ContextPath::new(path),
            kind: if text.is_some() { EntryKind::File } else { EntryKind::Directory },
            mode: 0o644,
            size: 0,
            modified: ModifiedTime::default(),
            digest: text.map(|text| Digest::of(text.as_bytes())),
            target: None,
        }
    }

    fn snapshot(entries: &[(&str, Option<&str>)]) -> Snapshot {
        Snapshot::new(entries.iter().map(|(path, text)| entry(path, *text)).collect(), 3)
    }

    #[test]
    fn each_snapshot_leads_to_the_other() {
        let older = snapshot(&[("a", None), ("a/x", Some("1")), ("b", Some("1")), ("d", Some(""))]);
        let newer = snapshot(&[("b", None), ("b/c", Some("1")), ("d", Some("2")), ("e", Some(""))]);
        let changes = Changes::between(&older, &newer);
        assert_eq!(changes.apply(older.clone()), newer);
        assert_eq!(changes.revert(newer), older);
        let names =
            |paths: Vec<ContextPath>| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(changes.paths()), ["a/x", "b", "b/c", "d", "e"]);
        assert_eq!(names(changes.removed().cloned().collect()), ["a/x"]);
        assert_eq!(names(changes.added().cloned().collect()), ["b/c", "e"]);
    }

    #[test]
    fn a_directory_stays_as_long_as_something_is_in_it() {
        let whole =
            snapshot(&[("a", None), ("a/b", None), ("a/b/x", Some("")), ("a/b/y", Some(""))]);
        let rest = snapshot(&[("a", None), ("a/b", None), ("a/b/y", Some(""))]);
        // What differs was found without looking at `y`.
        let part = snapshot(&[("a", None), ("a/b", None), ("a/b/x", Some(""))]);
        let changes = Changes::between(&part, &snapshot(&[]));
        assert_eq!(changes.apply(whole.clone()), rest);
        assert_eq!(changes.revert(rest), whole);
        assert_eq!(changes.apply(part), snapshot(&[]));
    }

    #[test]
    fn snapshots_that_are_alike_have_no_changes() {
        let same = snapshot(&[("a", None), ("a/x", Some("1"))]);
        assert!(Changes::between(&same, &same).is_empty());
    }
}
