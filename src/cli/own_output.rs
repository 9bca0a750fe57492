//! The files that our own output goes to, where they lie in the context: `smartbuild . > log`.
//!
//! Whatever is said changes such a file, so it could never be sent as the snapshot has it. It is
//! read once, before anything is said, and that is what the build gets.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::Digest;
use crate::context::{ContextPath, EntryKind, Snapshot};

/// A log that is longer is no log of ours alone, and is not kept in memory.
const LONGEST: u64 = 64 << 20;

/// The regular files that standard output and standard error are, as far as the system tells.
pub(super) fn of_this_process() -> Vec<PathBuf> {
    let path = |descriptor| fs::read_link(format!("/proc/self/fd/{descriptor}")).ok();
    let is_file = |path: &PathBuf| path.metadata().is_ok_and(|metadata| metadata.is_file());
    [1, 2].into_iter().filter_map(path).filter(is_file).collect()
}

/// The snapshot with those of `outputs` that it has as they are now, and their bytes.
pub(super) fn hold(
    snapshot: Arc<Snapshot>,
    root: &Path,
    outputs: &[PathBuf],
) -> (Arc<Snapshot>, BTreeMap<ContextPath, Bytes>) {
    let mut held = BTreeMap::new();
    for output in outputs {
        let Ok(relative) = output.strip_prefix(root) else { continue };
        let path = ContextPath::new(relative.as_os_str().as_encoded_bytes());
        let is_sent = snapshot
            .get(&path)
            .is_some_and(|entry| entry.kind == EntryKind::File && entry.size <= LONGEST);
        if is_sent && let Ok(bytes) = fs::read(output) {
            held.insert(path, Bytes::from(bytes));
        }
    }
    if held.is_empty() {
        return (snapshot, held);
    }
    let mut entries = snapshot.entries().to_vec();
    for entry in &mut entries {
        if let Some(bytes) = held.get(&entry.path) {
            entry.size = bytes.len() as u64;
            entry.digest = Some(Digest::of(bytes));
        }
    }
    let links = snapshot.hard_links().clone();
    let snapshot = Snapshot::new(entries, snapshot.ignored()).with_hard_links(links);
    (Arc::new(snapshot), held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{IgnoreRules, snapshot};

    #[test]
    fn a_log_in_the_context_is_held_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let log = root.join("build.log");
        fs::write(&log, "said before").unwrap();
        fs::write(root.join("a"), "").unwrap();
        let taken = Arc::new(snapshot(&root, &IgnoreRules::default()).unwrap());
        fs::write(&log, "said before and after").unwrap();
        let outputs = [log, "/elsewhere/log".into()];
        let (taken, held) = hold(taken, &root, &outputs);
        let path = ContextPath::new("build.log");
        assert_eq!(held.keys().collect::<Vec<_>>(), [&path]);
        let entry = taken.get(&path).unwrap();
        assert_eq!(entry.digest, Some(Digest::of(b"said before and after")));
        assert_eq!(entry.size, held[&path].len() as u64);
    }
}
