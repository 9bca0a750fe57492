//! One sorted list of what the context holds.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::content::put_header;
use crate::Digest;

/// A path relative to the context's root: components joined by `/`, no leading or trailing
/// slash, no `.` or `..`; any bytes that Linux allows. The root itself is the empty path.
///
/// Paths are ordered component by component, as the engine wants them: a directory comes
/// before its entries, and everything below it comes before its next sibling.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct ContextPath(Box<[u8]>);

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, never followed here.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A socket; the engine makes an empty file of it.
    Socket,
}

/// When a file was last modified, in seconds and nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ModifiedTime {
    /// Whole seconds; negative before 1970.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanoseconds: u32,
}

/// One file, directory or link of the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: ContextPath,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits with setuid, setgid and sticky: `0o7777` at most.
    pub mode: u32,
    /// Bytes of a regular file; 0 for everything else.
    pub size: u64,
    /// Last modification.
    pub modified: ModifiedTime,
    /// SHA-256 of a regular file's bytes, or of a device's numbers; `None` for everything else.
    pub digest: Option<Digest>,
    /// Where a symbolic link points, as it is written; `None` for everything else.
    pub target: Option<Box<[u8]>>,
}

/// What two names of one file have in common: its device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// Number of the device.
    pub device: u64,
    /// Number of the inode on it.
    pub inode: u64,
}

/// The context at one moment: every entry that the ignore rules leave, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    entries: Vec<Entry>,
    ignored: u64,
    hard_links: HashMap<ContextPath, FileId>,
    contents: Contents,
}

/// Digests of what is in directories, by their paths, as they were asked for: images that share a
/// context ask for the same ones. What it holds says nothing of a snapshot that is not in it.
#[derive(Debug, Clone, Default)]
struct Contents(Arc<Mutex<HashMap<(ContextPath, bool), Digest>>>);

impl PartialEq for Contents {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Contents {}

/// How far from a file's time, in nanoseconds, it may have been announced.
const ANNOUNCED_WITHIN: i128 = 1_000_000;

impl ModifiedTime {
    /// A nanosecond later: the least by which the engine tells two times apart.
    #[must_use]
    pub const fn later(self) -> Self {
        if self.nanoseconds < 999_999_999 {
            Self { seconds: self.seconds, nanoseconds: self.nanoseconds + 1 }
        } else {
            Self { seconds: self.seconds.saturating_add(1), nanoseconds: 0 }
        }
    }

    /// Whether this is a time that a file of `modified` may have been announced with: its own, or
    /// one that was made [`later`](Self::later) for its edits.
    pub fn is_announced_for(self, modified: Self) -> bool {
        let nanoseconds =
            |it: Self| i128::from(it.seconds) * 1_000_000_000 + i128::from(it.nanoseconds);
        (0..ANNOUNCED_WITHIN).contains(&(nanoseconds(self) - nanoseconds(modified)))
    }
}

impl ContextPath {
    /// The root of the context.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path with these bytes; empty components and `.` are dropped, `..` goes up and stops
    /// at the root.
    pub fn new(path: impl AsRef<[u8]>) -> Self {
        let path = path.as_ref();
        let is_plain = |component: &[u8]| !matches!(component, b"" | b"." | b"..");
        if path.split(|&byte| byte == b'/').all(is_plain) {
            return Self(path.into());
        }
        let mut clean: Vec<&[u8]> = Vec::new();
        for component in path.split(|&byte| byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => {
                    clean.pop();
                }
                _ => clean.push(component),
            }
        }
        Self(clean.join(&b'/').into_boxed_slice())
    }

    /// The path of an entry of this directory, by the name that the directory has for it: not
    /// empty, not `.` or `..`, without a slash.
    pub(super) fn entry(&self, name: &[u8]) -> Self {
        if self.is_root() {
            return Self(name.into());
        }
        let mut path = Vec::with_capacity(self.0.len() + 1 + name.len());
        path.extend_from_slice(&self.0);
        path.push(b'/');
        path.extend_from_slice(name);
        Self(path.into_boxed_slice())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, where it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether this is the context's root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The components in order; none for the root.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/').filter(|component| !component.is_empty())
    }

    /// The last component; `None` for the root.
    pub fn file_name(&self) -> Option<&[u8]> {
        self.components().next_back()
    }

    /// The directory that holds it; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        Some(Self(self.0[..end].into()))
    }

    /// The path of `relative` below this one; `..` in it goes up and stops at the root.
    #[must_use]
    pub fn join(&self, relative: impl AsRef<[u8]>) -> Self {
        Self::new([self.as_bytes(), relative.as_ref()].join(&b'/'))
    }

    /// Where it is on disk when the context's root is at `root`.
    pub fn on_disk(&self, root: &Path) -> PathBuf {
        root.join(OsStr::from_bytes(self.as_bytes()))
    }

    /// Whether this is `ancestor` or lies below it.
    pub fn starts_with(&self, ancestor: &Self) -> bool {
        ancestor.is_root()
            || self
                .0
                .strip_prefix(&*ancestor.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }
}

impl Ord for ContextPath {
    fn cmp(&self, other: &Self) -> Ordering {
        // Comparing bytes with `/` as the smallest is the same as comparing components. Most of
        // two paths of one directory is equal, so the eyes go over eight bytes at a time first.
        let (mut a, mut b) = (&*self.0, &*other.0);
        while let (Some((first, rest)), Some((others, rest_of_other))) =
            (a.split_first_chunk::<8>(), b.split_first_chunk::<8>())
            && first == others
        {
            (a, b) = (rest, rest_of_other);
        }
        let rank = |byte: u8| if byte == b'/' { 0 } else { u16::from(byte) + 1 };
        match a.iter().zip(b).find(|(one, other)| one != other) {
            Some((one, other)) => rank(*one).cmp(&rank(*other)),
            None => a.len().cmp(&b.len()),
        }
    }
}

impl PartialOrd for ContextPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Bytes that are not UTF-8 are replaced; for people, not for use as a path.
impl fmt::Display for ContextPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for ContextPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl Snapshot {
    /// The snapshot of these entries, in any order; the root itself is not among them.
    /// `ignored` is how many files the ignore rules left out, as far as the walk saw them.
    pub fn new(mut entries: Vec<Entry>, ignored: u64) -> Self {
        // Each thread of a walk brings its entries sorted, and this sort only merges such runs.
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|a, b| a.path == b.path);
        Self { entries, ignored, ..Self::default() }
    }

    /// With the files that have several names in the context: each name with what they share.
    #[must_use]
    pub fn with_hard_links(self, hard_links: HashMap<ContextPath, FileId>) -> Self {
        Self { hard_links, ..self }
    }

    /// Every name of files that have several in the context. A COPY makes the same of hard links
    /// as of separate files, but for the layer's size.
    pub const fn hard_links(&self) -> &HashMap<ContextPath, FileId> {
        &self.hard_links
    }

    /// The digest that `make` gives for a directory, made once.
    pub(super) fn content(
        &self,
        path: &ContextPath,
        is_whole: bool,
        make: impl FnOnce() -> Option<Digest>,
    ) -> Option<Digest> {
        let known = || self.contents.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (path.clone(), is_whole);
        if let Some(digest) = known().get(&name) {
            return Some(*digest);
        }
        let digest = make()?;
        known().insert(name, digest);
        Some(digest)
    }

    /// Every entry, a directory before what is in it.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries themselves.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The entry at `path`.
    pub fn get(&self, path: &ContextPath) -> Option<&Entry> {
        self.position(path).ok().map(|index| &self.entries[index])
    }

    /// The entry at `path` and everything below it; everything for the root.
    pub fn subtree(&self, path: &ContextPath) -> &[Entry] {
        if path.is_root() {
            return &self.entries;
        }
        let (Ok(start) | Err(start)) = self.position(path);
        let length = self.entries[start..].partition_point(|entry| entry.path.starts_with(path));
        &self.entries[start..start + length]
    }

    /// How many regular files there are.
    pub fn files(&self) -> u64 {
        self.entries.iter().filter(|entry| entry.kind == EntryKind::File).count() as u64
    }

    /// The bytes of all regular files.
    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }

    /// How many files the ignore rules left out, as far as the walk saw them.
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// The digest of the whole context: path, kind, mode, content and link target of every entry,
    /// not the times.
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        // One update an entry: of many small ones the calls would cost more than the hashing.
        let mut bytes = Vec::new();
        for entry in &self.entries {
            bytes.clear();
            bytes.extend_from_slice(&(entry.path.as_bytes().len() as u64).to_be_bytes());
            bytes.extend_from_slice(entry.path.as_bytes());
            put_header(&mut bytes, entry);
            hasher.update(&bytes);
        }
        Digest::from_bytes(hasher.finalize().into())
    }

    fn position(&self, path: &ContextPath) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.path.cmp(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_ordered_by_their_components() {
        let parts = ["", "a", "ab", "a-b", "a.b", "abcdefgh", "abcdefg", "abcdefgh-", "\u{ff}"];
        let pairs = parts.iter().flat_map(|one| parts.iter().map(move |other| [*one, *other]));
        let paths: Vec<_> = pairs.map(|pair| ContextPath::new(pair.join("/"))).collect();
        for one in &paths {
            for other in &paths {
                let by_components = one.components().cmp(other.components());
                assert_eq!(one.cmp(other), by_components, "{one} and {other}");
            }
        }
    }

    fn file(path: &str) -> Entry {
        Entry {
            path: ContextPath::new(path),
            kind: EntryKind::File,
            mode: 0o644,
            size: 1,
            modified: ModifiedTime::default(),
            digest: Some(Digest::of(path.as_bytes())),
            target: None,
        }
    }

    #[test]
    fn paths_are_cleaned() {
        assert_eq!(ContextPath::new("./a//b/../c/"), ContextPath::new("a/c"));
        assert!(ContextPath::new("../..").is_root());
        assert_eq!(ContextPath::new("a/b").parent(), Some(ContextPath::new("a")));
        assert_eq!(ContextPath::new("a").parent(), Some(ContextPath::root()));
    }

    #[test]
    fn what_is_below_comes_before_the_next_sibling() {
        let snapshot = Snapshot::new(vec![file("a-b"), file("a/c"), file("a.b"), file("a")], 0);
        let order: Vec<_> = snapshot.entries().iter().map(|e| e.path.to_string()).collect();
        assert_eq!(order, ["a", "a/c", "a-b", "a.b"]);
    }

    #[test]
    fn a_subtree_is_the_entry_and_what_is_below() {
        let snapshot = Snapshot::new(vec![file("a"), file("a/c"), file("a-b"), file("b")], 0);
        assert_eq!(snapshot.subtree(&ContextPath::new("a")).len(), 2);
        assert_eq!(snapshot.subtree(&ContextPath::new("zz")).len(), 0);
        assert_eq!(snapshot.subtree(&ContextPath::root()).len(), 4);
    }
}
