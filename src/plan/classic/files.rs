//! The digest of files of the context, as the classic builder makes it.
//!
//! It takes the sum of each entry of the archive that it was sent: the path in the context, kind,
//! mode, content; no time, and root as the owner of all. A source counts with the sum of its file,
//! or with the sorted sums of all that is in its directory. A link counts with the sum of what it
//! leads to (`inner-link-renamed`), and with its own path alone where that is not in the context
//! (`inner-dangling-link-retargeted`). A file that has another name before it in the archive counts
//! as a link to that name (`hard-links`). Sockets are not in the archive (`socket`).

use std::collections::HashMap;

use crate::Digest;
use crate::context::{ContextPath, Entry, EntryKind, Snapshot, glob};
use crate::plan::key::FieldHasher;
use crate::plan::selection::{Missing, Selection, resolve};

/// The sums of an instruction's sources, in order.
#[derive(Debug, Default)]
pub(super) struct Parts {
    sums: Vec<Digest>,
    roots: Vec<String>,
}

impl Parts {
    /// Adds what a source selects: a path, or all that a pattern matches.
    pub(super) fn add(&mut self, snapshot: &Snapshot, source: &ContextPath) -> Result<(), Missing> {
        let sums = Sums::of(snapshot);
        if !glob::has_wildcards(source.as_bytes()) {
            return self.add_path(&sums, source);
        }
        let is_match = |entry: &&Entry| {
            glob::matches(source.as_bytes(), entry.path.as_bytes()).unwrap_or(false)
        };
        for entry in snapshot.entries().iter().filter(|entry| is_sent(entry)).filter(is_match) {
            self.add_path(&sums, &entry.path)?;
        }
        let folder = source.components().take_while(|it| !glob::has_wildcards(it));
        let folder: Vec<_> = folder.collect();
        self.roots.push(ContextPath::new(folder.join(&b'/')).to_string());
        Ok(())
    }

    fn add_path(&mut self, sums: &Sums<'_>, path: &ContextPath) -> Result<(), Missing> {
        self.roots.push(path.to_string());
        let found =
            resolve(sums.snapshot, path, true, &mut self.roots).ok_or_else(Missing::default)?;
        self.roots.push(found.to_string());
        let entry = sums.snapshot.get(&found).filter(|entry| is_sent(entry));
        let is_file = entry.is_some_and(|entry| entry.kind != EntryKind::Directory);
        if !is_file && entry.is_none() && !found.is_root() {
            return Err(Missing::default());
        }
        let mut inner: Vec<Digest> = sums
            .snapshot
            .subtree(&found)
            .iter()
            .filter(|entry| is_sent(entry))
            .map(|entry| sums.sum(entry, &mut self.roots))
            .collect();
        inner.sort_unstable();
        let mut hasher = FieldHasher::new();
        hasher.fields(&[if is_file { "file" } else { "directory" }]);
        for sum in inner {
            hasher.field(sum.as_bytes());
        }
        self.sums.push(hasher.finish());
        Ok(())
    }

    /// The digest of all of them: one alone counts as itself (`wildcard-to-list`).
    pub(super) fn selection(mut self) -> Result<Selection, Missing> {
        if self.sums.is_empty() {
            return Err(Missing::default());
        }
        let mut hasher = FieldHasher::new();
        for sum in &self.sums {
            hasher.field(sum.as_bytes());
        }
        self.roots.sort_unstable();
        self.roots.dedup();
        Ok(Selection { digest: hasher.finish(), roots: self.roots, unmatched: Vec::new() })
    }
}

/// Whether the archive that the engine gets has the entry.
fn is_sent(entry: &Entry) -> bool {
    entry.kind != EntryKind::Socket
}

/// The sums of a context's entries.
struct Sums<'a> {
    snapshot: &'a Snapshot,
    /// Of a file with an earlier name, that name.
    earlier: HashMap<&'a ContextPath, &'a ContextPath>,
}

impl<'a> Sums<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let mut names: Vec<_> = snapshot.hard_links().iter().collect();
        names.sort_unstable_by_key(|(path, _)| *path);
        let mut first = HashMap::new();
        let mut earlier = HashMap::new();
        for (path, file) in names {
            match first.get(file) {
                Some(name) => drop(earlier.insert(path, *name)),
                None => drop(first.insert(file, path)),
            }
        }
        Self { snapshot, earlier }
    }

    /// The sum of an entry; where a link leads goes to `roots`, for it decides.
    fn sum(&self, entry: &Entry, roots: &mut Vec<String>) -> Digest {
        if entry.kind != EntryKind::Symlink {
            return self.header(entry);
        }
        let target = resolve(self.snapshot, &entry.path, true, roots);
        let found = target
            .as_ref()
            .and_then(|target| self.snapshot.get(target))
            .filter(|entry| is_sent(entry));
        if let (Some(target), Some(found)) = (target.as_ref(), found) {
            roots.push(target.to_string());
            return self.header(found);
        }
        let mut hasher = FieldHasher::new();
        hasher.fields(&["path"]);
        hasher.field(entry.path.as_bytes());
        hasher.finish()
    }

    fn header(&self, entry: &Entry) -> Digest {
        let mut hasher = FieldHasher::new();
        hasher.fields(&["entry"]);
        hasher.field(entry.path.as_bytes());
        hasher.field(format!("{:?} {:o}", entry.kind, entry.mode).as_bytes());
        match (self.earlier.get(&entry.path), &entry.digest) {
            (Some(name), _) => hasher.field(name.as_bytes()),
            (None, Some(content)) => hasher.field(content.as_bytes()),
            (None, None) => {}
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ModifiedTime;

    fn entry(path: &str, kind: EntryKind, target: Option<&str>) -> Entry {
        Entry {
            path: ContextPath::new(path),
            kind,
            mode: 0o644,
            size: 0,
            modified: ModifiedTime::default(),
            digest: (kind == EntryKind::File).then(|| Digest::of(b"the same")),
            target: target.map(|target| target.as_bytes().into()),
        }
    }

    fn select(entries: Vec<Entry>, source: &str) -> Result<Selection, Missing> {
        let mut parts = Parts::default();
        parts.add(&Snapshot::new(entries, 0), &ContextPath::new(source))?;
        parts.selection()
    }

    #[test]
    fn a_link_counts_as_what_it_leads_to_and_names_it() {
        let with = |name: &str, target: &str| {
            let entries = vec![
                entry("d", EntryKind::Directory, None),
                entry(name, EntryKind::Symlink, Some(target)),
                entry("out", EntryKind::File, None),
            ];
            select(entries, "d").expect("it is there")
        };
        let selected = with("d/link", "../out");
        assert_eq!(selected.roots, ["d", "d/link", "out"]);
        assert_eq!(with("d/other", "/out").digest, selected.digest);
        assert_ne!(with("d/link", "nowhere").digest, selected.digest);
        assert_eq!(with("d/link", "nowhere").digest, with("d/link", "elsewhere").digest);
        // Loops and what leads out of the context end at once.
        assert_eq!(with("d/link", "link").digest, with("d/link", "nowhere").digest);
        assert_eq!(with("d/link", "../../../out").digest, selected.digest);
    }

    #[test]
    fn a_source_that_selects_nothing_is_missing() {
        let file = || vec![entry("a", EntryKind::File, None)];
        assert_eq!(select(file(), "b"), Err(Missing::default()));
        assert_eq!(select(file(), "b*"), Err(Missing::default()));
        assert_eq!(
            select(vec![entry("l", EntryKind::Symlink, Some("x"))], "l"),
            Err(Missing::default())
        );
        assert!(select(file(), "").is_ok());
        assert_eq!(
            select(file(), "[a]").map(|it| it.digest),
            select(file(), "a").map(|it| it.digest)
        );
    }
}
