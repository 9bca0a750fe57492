//! What of the context decides whether a COPY is reused.
//!
//! The engine compares content digests, not times or places: of a file its kind, mode, size, link
//! target, device numbers and bytes; of a directory its own header and then, in byte order, each name with the
//! digest of what it names. The digests here cover the same, so two of ours are equal exactly
//! when two of the engine's are, but they are not the engine's own numbers, which are made over
//! the bytes and a tar header together. Owners never count: files of a context arrive as 0:0.

use sha2::{Digest as _, Sha256};

use super::{ContextPath, Entry, EntryKind, Snapshot};
use crate::Digest;

/// How much of a path's digest is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentScope {
    /// The path itself and what is in it.
    #[default]
    Whole,
    /// Of a directory, what is in it without its own mode, as COPY takes a directory's contents.
    ContentsOnly,
}

/// The content digest of the path, links in it not followed; `None` when nothing is there.
///
/// The context's root has no entry of its own, so of it only the contents count. Takes time
/// linear in the entries below the path.
pub fn content_digest(
    snapshot: &Snapshot,
    path: &ContextPath,
    scope: ContentScope,
) -> Option<Digest> {
    let entries = snapshot.subtree(path);
    let (own, below) = match entries.split_first() {
        Some((first, below)) if first.path == *path => (Some(first), below),
        _ if path.is_root() => (None, entries),
        _ => return None,
    };
    if let Some(file) = own.filter(|entry| entry.kind != EntryKind::Directory) {
        return Some(header_digest(file));
    }
    let is_whole = scope == ContentScope::Whole;
    let own = own.filter(|_| is_whole);
    snapshot.content(path, is_whole, || directory_digest(path, own, below))
}

fn directory_digest(path: &ContextPath, own: Option<&Entry>, below: &[Entry]) -> Option<Digest> {
    let mut open = vec![Directory::new(path, own)];
    for entry in below {
        while open.len() > 1
            && let Some(last) = open.pop_if(|last| !entry.path.starts_with(last.path))
        {
            close(last, &mut open);
        }
        if entry.kind == EntryKind::Directory {
            open.push(Directory::new(&entry.path, Some(entry)));
        } else if let Some(parent) = open.last_mut() {
            parent.add(entry.path.file_name(), header_digest(entry));
        }
    }
    while open.len() > 1
        && let Some(last) = open.pop()
    {
        close(last, &mut open);
    }
    open.pop().map(Directory::digest)
}

/// The digest of one entry without what is below it: all there is of a file or a link, and a
/// directory's own header.
///
/// Counts kind, mode, size, content, link target and device numbers; neither name nor time. A
/// link's mode does not count, as systems differ in it and the engine gives every link the same. A
/// socket counts as the empty file that the engine makes of it.
pub fn header_digest(entry: &Entry) -> Digest {
    let mut bytes = Vec::with_capacity(64);
    put_header(&mut bytes, entry);
    Digest::of(&bytes)
}

/// What stands for the content of a device: its numbers.
pub(super) fn device_digest(major: u32, minor: u32) -> Digest {
    Digest::of(format!("{major}:{minor}").as_bytes())
}

/// What [`header_digest`] is made of. It ends where it ends: a link's target, the only part
/// without a length of its own, has its length before it.
pub(super) fn put_header(bytes: &mut Vec<u8>, entry: &Entry) {
    let kind = match entry.kind {
        EntryKind::File | EntryKind::Socket => b'f',
        EntryKind::Directory => b'd',
        EntryKind::Symlink => b'l',
        EntryKind::Fifo => b'p',
        EntryKind::CharacterDevice => b'c',
        EntryKind::BlockDevice => b'b',
    };
    let mode = if entry.kind == EntryKind::Symlink { 0o777 } else { entry.mode };
    let content = match entry.kind {
        EntryKind::Socket => Some(Digest::of(b"")),
        _ => entry.digest,
    };
    bytes.push(kind);
    bytes.extend_from_slice(&mode.to_be_bytes());
    bytes.extend_from_slice(&entry.size.to_be_bytes());
    bytes.extend_from_slice(content.as_ref().map_or(&[0; 32], |digest| digest.as_bytes()));
    let target = entry.target.as_deref().unwrap_or_default();
    bytes.extend_from_slice(&(target.len() as u64).to_be_bytes());
    bytes.extend_from_slice(target);
}

/// A directory whose entries are being added.
struct Directory<'a> {
    path: &'a ContextPath,
    hasher: Sha256,
}

impl<'a> Directory<'a> {
    fn new(path: &'a ContextPath, own: Option<&Entry>) -> Self {
        let mut directory = Self { path, hasher: Sha256::new() };
        if let Some(own) = own {
            directory.add(None, header_digest(own));
        }
        directory
    }

    /// Adds an entry by its name; the header has none.
    fn add(&mut self, name: Option<&[u8]>, digest: Digest) {
        let name = name.unwrap_or_default();
        self.hasher.update((name.len() as u64).to_be_bytes());
        self.hasher.update(name);
        self.hasher.update(digest.as_bytes());
    }

    fn digest(self) -> Digest {
        finish(self.hasher)
    }
}

fn close(directory: Directory<'_>, open: &mut [Directory<'_>]) {
    let name = directory.path.file_name();
    if let Some(parent) = open.last_mut() {
        parent.add(name, directory.digest());
    }
}

fn finish(hasher: Sha256) -> Digest {
    Digest::from_bytes(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ModifiedTime;

    fn entry(path: &str, text: &str) -> Entry {
        let directory = path.ends_with('/');
        Entry {
            path: ContextPath::new(path),
            kind: if directory { EntryKind::Directory } else { EntryKind::File },
            mode: if directory { 0o755 } else { 0o644 },
            size: text.len() as u64,
            modified: ModifiedTime::default(),
            digest: (!directory).then(|| Digest::of(text.as_bytes())),
            target: None,
        }
    }

    fn tree() -> Vec<Entry> {
        vec![
            entry("app/", ""),
            entry("app/a", "1"),
            entry("app/sub/", ""),
            entry("app/sub/b", "2"),
            entry("app/z", "3"),
            entry("other", "4"),
        ]
    }

    fn digest(entries: Vec<Entry>, path: &str, scope: ContentScope) -> Digest {
        content_digest(&Snapshot::new(entries, 0), &ContextPath::new(path), scope).unwrap()
    }

    /// The digest of `app` after a change to one entry.
    fn after(path: &str, change: impl Fn(&mut Entry), scope: ContentScope) -> Digest {
        let mut entries = tree();
        let changed = ContextPath::new(path);
        entries.iter_mut().filter(|entry| entry.path == changed).for_each(change);
        digest(entries, "app", scope)
    }

    #[test]
    fn content_and_modes_count_and_times_do_not() {
        let before = digest(tree(), "app", ContentScope::Whole);
        let of = |path, change: fn(&mut Entry)| after(path, change, ContentScope::Whole);
        assert_eq!(of("app/a", |it| it.modified.seconds = 9), before);
        assert_eq!(of("other", |it| it.mode = 0o600), before);
        assert_ne!(of("app/a", |it| it.mode = 0o600), before);
        assert_ne!(of("app/sub/b", |it| it.digest = Some(Digest::of(b"x"))), before);
        assert_ne!(of("app/sub", |it| it.mode = 0o700), before);
        assert_ne!(of("app/a", |it| it.kind = EntryKind::Fifo), before);
        assert_ne!(of("app", |it| it.mode = 0o700), before);
    }

    #[test]
    fn the_directorys_own_mode_can_be_left_out() {
        let before = digest(tree(), "app", ContentScope::ContentsOnly);
        let of = |path| after(path, |it| it.mode = 0o700, ContentScope::ContentsOnly);
        assert_eq!(of("app"), before);
        assert_ne!(of("app/sub"), before);
    }

    #[test]
    fn the_place_of_a_tree_does_not_count_and_names_inside_do() {
        let moved = vec![
            entry("x/", ""),
            entry("x/y/", ""),
            entry("x/y/a", "1"),
            entry("x/y/sub/", ""),
            entry("x/y/sub/b", "2"),
            entry("x/y/z", "3"),
        ];
        let original = digest(tree(), "app", ContentScope::Whole);
        assert_eq!(digest(moved.clone(), "x/y", ContentScope::Whole), original);
        let renamed = moved.into_iter().map(|mut it| {
            if it.path == ContextPath::new("x/y/z") {
                it.path = ContextPath::new("x/y/zz");
            }
            it
        });
        assert_ne!(digest(renamed.collect(), "x/y", ContentScope::Whole), original);
    }

    #[test]
    fn a_file_one_level_deeper_is_another_tree() {
        let flat = vec![entry("d/", ""), entry("d/a/", ""), entry("d/b", "1")];
        let deep = vec![entry("d/", ""), entry("d/a/", ""), entry("d/a/b", "1")];
        assert_ne!(digest(flat, "d", ContentScope::Whole), digest(deep, "d", ContentScope::Whole));
    }

    #[test]
    fn the_target_of_a_link_counts_and_its_mode_does_not() {
        let link = |target: &str, mode| Entry {
            kind: EntryKind::Symlink,
            mode,
            digest: None,
            target: Some(target.as_bytes().into()),
            ..entry("l", "")
        };
        assert_eq!(header_digest(&link("a", 0o777)), header_digest(&link("a", 0o755)));
        assert_ne!(header_digest(&link("a", 0o777)), header_digest(&link("b", 0o777)));
    }

    #[test]
    fn a_socket_is_an_empty_file() {
        let socket = Entry { kind: EntryKind::Socket, digest: None, ..entry("s", "") };
        assert_eq!(header_digest(&socket), header_digest(&entry("s", "")));
        assert_ne!(header_digest(&socket), header_digest(&entry("s", "x")));
        let open = Entry { mode: 0o666, ..socket.clone() };
        assert_ne!(header_digest(&socket), header_digest(&open));
    }

    #[test]
    fn the_numbers_of_a_device_count() {
        let device = |kind, major, minor| {
            let digest = Some(device_digest(major, minor));
            header_digest(&Entry { kind, digest, ..entry("d", "") })
        };
        let null = device(EntryKind::CharacterDevice, 1, 3);
        assert_eq!(null, device(EntryKind::CharacterDevice, 1, 3));
        assert_ne!(null, device(EntryKind::CharacterDevice, 1, 5));
        assert_ne!(null, device(EntryKind::CharacterDevice, 13, 3));
        assert_ne!(null, device(EntryKind::BlockDevice, 1, 3));
    }

    #[test]
    fn what_is_missing_has_no_digest_and_the_root_always_has_one() {
        let of = |entries, path: &str| {
            content_digest(&Snapshot::new(entries, 0), &ContextPath::new(path), ContentScope::Whole)
        };
        assert_eq!(of(tree(), "missing"), None);
        assert_eq!(of(tree(), "app/a/below"), None);
        assert!(of(Vec::new(), "").is_some());
        assert_ne!(of(tree(), ""), of(Vec::new(), ""));
    }
}
