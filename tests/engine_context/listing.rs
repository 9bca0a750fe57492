//! What is in a directory, or should be, in a form that can be compared.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use smartbuild::context::patterns::PatternMatcher;
use smartbuild::context::{EntryKind, IgnoreRules, Snapshot};

/// Every path with what is there.
pub struct Listing(pub BTreeMap<Vec<u8>, Item>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// `d`, `l`, or `f` for everything that has bytes when it arrives.
    kind: char,
    mode: u32,
    /// A file's bytes or a link's target.
    content: Vec<u8>,
}

impl Item {
    pub fn is_directory(&self) -> bool {
        self.kind == 'd'
    }

    pub fn forget_mode(&mut self) {
        self.mode = 0;
    }
}

impl Listing {
    /// What a snapshot has, with the files' bytes from disk.
    pub fn of_snapshot(snapshot: &Snapshot, root: &Path) -> Self {
        let items = snapshot.entries().iter().map(|entry| {
            let (kind, content) = match entry.kind {
                EntryKind::Directory => ('d', Vec::new()),
                EntryKind::Symlink => ('l', entry.target.clone().unwrap().into_vec()),
                EntryKind::File => ('f', fs::read(entry.path.on_disk(root)).unwrap()),
                EntryKind::Socket => ('f', Vec::new()),
                other => panic!("{other:?}"),
            };
            (entry.path.as_bytes().to_vec(), Item { kind, mode: entry.mode, content })
        });
        Self(items.collect())
    }

    /// What is on disk.
    pub fn of_directory(root: &Path) -> Self {
        let mut items = BTreeMap::new();
        let mut open = vec![Vec::new()];
        while let Some(directory) = open.pop() {
            let Ok(entries) = fs::read_dir(root.join(OsStr::from_bytes(&directory))) else {
                continue;
            };
            for entry in entries {
                let entry = entry.unwrap();
                let name = entry.file_name();
                let path = match &*directory {
                    [] => name.as_bytes().to_vec(),
                    above => [above, name.as_bytes()].join(&b'/'),
                };
                let stat = entry.metadata().unwrap();
                let (kind, content) = match stat.file_type() {
                    it if it.is_dir() => {
                        open.push(path.clone());
                        ('d', Vec::new())
                    }
                    it if it.is_symlink() => {
                        let target = fs::read_link(entry.path()).unwrap();
                        ('l', target.as_os_str().as_bytes().to_vec())
                    }
                    _ => ('f', fs::read(entry.path()).unwrap()),
                };
                items.insert(path, Item { kind, mode: stat.mode() & 0o7777, content });
            }
        }
        Self(items)
    }
}

/// What differs, a line each.
///
/// Docker's client asks its rules again when a file's bytes are wanted, without what they found
/// for the directories above it, and sends no bytes where they now leave it out.
pub fn difference(ours: &Listing, theirs: &Listing, rules: &IgnoreRules) -> Option<String> {
    let matcher = PatternMatcher::new(rules.rules().iter().map(|rule| &rule.pattern)).unwrap();
    let mut text = String::new();
    for path in ours.0.keys().chain(theirs.0.keys().filter(|path| !ours.0.contains_key(*path))) {
        let name = String::from_utf8_lossy(path);
        match (ours.0.get(path), theirs.0.get(path)) {
            (Some(ours), Some(theirs)) if ours == theirs => {}
            (Some(ours), Some(theirs)) => {
                let is_read_again = theirs.content.is_empty() && matcher.matches(path);
                let rest = Item { content: ours.content.clone(), ..theirs.clone() };
                if !(is_read_again && rest == *ours) {
                    writeln!(text, "  {name:?}: {ours:?} here, {theirs:?} there").unwrap();
                }
            }
            (Some(_), None) => writeln!(text, "  {name:?}: only here").unwrap(),
            (None, _) => writeln!(text, "  {name:?}: only there").unwrap(),
        }
    }
    (!text.is_empty()).then_some(text)
}
