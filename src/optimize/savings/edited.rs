//! Edits made again on the present context.

use crate::Digest;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};

/// The snapshot with other content at these paths; what is not there now is added.
pub(super) fn with_changes(snapshot: &Snapshot, changed: &[ContextPath]) -> Snapshot {
    let mut entries = snapshot.entries().to_vec();
    for path in changed {
        let entry = entries.iter_mut().find(|entry| entry.path == *path);
        match entry {
            Some(Entry { digest: Some(digest), .. }) => *digest = Digest::of(digest.as_bytes()),
            Some(Entry { target: Some(target), .. }) => {
                *target = [&**target, b".changed"].concat().into();
            }
            Some(entry) => entry.mode ^= 0o100,
            None => entries.push(Entry {
                path: path.clone(),
                kind: EntryKind::File,
                mode: 0o644,
                size: 0,
                modified: ModifiedTime::default(),
                digest: Some(Digest::of(path.as_bytes())),
                target: None,
            }),
        }
    }
    Snapshot::new(entries, snapshot.ignored())
}
