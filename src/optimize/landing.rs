//! What a COPY brings where.

use std::collections::BTreeMap;

use super::Reason;
use crate::context::{ContextPath, Entry, EntryKind, Snapshot, glob};
use crate::dockerfile::Transfer;

/// What a COPY or ADD brings: by its place in the image, the entries of the context that are
/// written there, in order; directories apart.
///
/// Places in the image are written as paths relative to its root.
#[derive(Debug, Clone, Default)]
pub(super) struct Landing<'a> {
    places: BTreeMap<ContextPath, Vec<&'a Entry>>,
    directories: BTreeMap<ContextPath, &'a Entry>,
}

/// The path in the image that `path` means in `directory`.
pub(super) fn image_path(directory: &ContextPath, path: &[u8]) -> ContextPath {
    if path.starts_with(b"/") { ContextPath::new(path) } else { directory.join(path) }
}

/// Files that ADD unpacks where they are named themselves.
const PLAIN_TEXT: &[&str] = &[".txt", ".in", ".py", ".toml", ".cfg", ".ini", ".lock", ".md"];

impl<'a> Landing<'a> {
    /// What `transfer` brings to `destination`, which is absolute and ends in a slash where a
    /// directory is meant.
    pub(super) fn of(
        snapshot: &'a Snapshot,
        transfer: &Transfer,
        destination: &str,
        is_add: bool,
    ) -> Result<Self, Reason> {
        refuse_flags(transfer)?;
        let mut landing = Self::default();
        for source in &transfer.sources {
            landing.source(snapshot, source, destination, (is_add, transfer.sources.len() > 1))?;
        }
        Ok(landing)
    }

    fn source(
        &mut self,
        snapshot: &'a Snapshot,
        source: &str,
        destination: &str,
        (is_add, is_one_of_many): (bool, bool),
    ) -> Result<(), Reason> {
        let refused = || Reason::Source(source.to_owned());
        if source.contains(['$', '"', '\'', '\\', ':']) {
            return Err(refused());
        }
        let root = ContextPath::new(destination);
        let path = ContextPath::new(source);
        if path.is_root() {
            self.directory(snapshot, &path, &root);
            return Ok(());
        }
        let matched: Vec<&Entry> = if glob::has_wildcards(path.as_bytes()) {
            glob::check(path.as_bytes()).map_err(|_| refused())?;
            let is_match = |entry: &&Entry| {
                glob::matches(path.as_bytes(), entry.path.as_bytes()).unwrap_or(false)
            };
            snapshot.entries().iter().filter(is_match).collect()
        } else {
            snapshot.get(&path).into_iter().collect()
        };
        if matched.is_empty() {
            return Err(refused());
        }
        // Several files go to a directory, however it is written.
        let are_many = is_one_of_many || matched.len() > 1;
        for entry in matched {
            match entry.kind {
                EntryKind::Directory => self.directory(snapshot, &entry.path, &root),
                EntryKind::File => {
                    let name = entry.path.file_name().unwrap_or_default();
                    let is_text = PLAIN_TEXT.iter().any(|end| name.ends_with(end.as_bytes()));
                    if is_add && !is_text {
                        return Err(refused());
                    }
                    let is_directory =
                        are_many || destination.ends_with('/') || destination.ends_with("/.");
                    let place = if is_directory { root.join(name) } else { root.clone() };
                    self.places.entry(place).or_default().push(entry);
                }
                // The engine follows a link that is named; where it leads is not followed here.
                _ => return Err(refused()),
            }
        }
        Ok(())
    }

    /// A directory's contents.
    fn directory(&mut self, snapshot: &'a Snapshot, path: &ContextPath, root: &ContextPath) {
        let placed = snapshot.subtree(path).iter().map(|entry| {
            let below = entry.path.as_bytes().get(path.as_bytes().len()..).unwrap_or_default();
            (root.join(below.strip_prefix(b"/").unwrap_or(below)), entry)
        });
        let (directories, files): (Vec<_>, Vec<_>) =
            placed.partition(|(_, entry)| entry.kind == EntryKind::Directory);
        // They come in order, of which a map is made at once: the whole of a project often.
        if self.places.is_empty() {
            self.places = files.into_iter().map(|(place, entry)| (place, vec![entry])).collect();
        } else {
            for (place, entry) in files {
                self.places.entry(place).or_default().push(entry);
            }
        }
        self.directories.extend(directories);
    }

    /// Puts what a later COPY brings over this.
    pub(super) fn lay(&mut self, later: Self) {
        self.places.extend(later.places);
        self.directories.extend(later.directories);
    }

    /// The entries that are written to a place.
    pub(super) fn at(&self, place: &ContextPath) -> &[&'a Entry] {
        self.places.get(place).map_or(&[], Vec::as_slice)
    }

    /// Every place that is written to, those of directories among them, with where the context
    /// has what is written there.
    pub(super) fn places(&self) -> impl Iterator<Item = (&ContextPath, &ContextPath)> {
        let files = self.iter().map(|(place, entry)| (place, &entry.path));
        files.chain(self.directories.iter().map(|(place, entry)| (place, &entry.path)))
    }

    /// Every place of something that is no directory, with what is written there.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&ContextPath, &'a Entry)> {
        self.places
            .iter()
            .flat_map(|(place, entries)| entries.iter().map(move |entry| (place, *entry)))
    }
}

fn refuse_flags(transfer: &Transfer) -> Result<(), Reason> {
    let refused = |flag: &str| Err(Reason::Flag(flag.to_owned()));
    if transfer.parents {
        return refused("--parents");
    }
    if !transfer.exclude.is_empty() {
        return refused("--exclude");
    }
    if transfer.checksum.is_some() {
        return refused("--checksum");
    }
    if transfer.keep_git_dir.is_some() {
        return refused("--keep-git-dir");
    }
    if transfer.unpack.is_some() {
        return refused("--unpack");
    }
    Ok(())
}
