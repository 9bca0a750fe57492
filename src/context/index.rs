//! The index: digests of files that are still in the state in which they were read.
//!
//! In: what `lstat` says of a file. Out: its digest, if a file in exactly this state (device,
//! inode, size, both times, mode) has been read before. An index only saves time: without one,
//! or with a damaged one, everything is read.
//!
//! A file can be changed twice within one tick of the file system's clock, and then two contents
//! have one state. So a state that was younger than [`SETTLED`] when its context's walk began is
//! not kept, and such a file is read again the next time.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use super::read::Stamp;
use crate::Digest;

/// The coarsest clock among file systems in use ticks every two seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// What the file starts with; the number is the format's.
const MAGIC: &[u8; 16] = b"smartbuild idx 1";

/// Bytes of one record in the file.
const RECORD: usize = 92;

/// Bytes of records that are read at once.
const PIECE: usize = RECORD * 1024;

/// Records for which room is made before they are read.
const MOST_AT_ONCE: usize = 1 << 20;

/// Bytes of a digest.
pub(super) const DIGEST: usize = 32;

/// Digests by the state of the file they were read from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// Sorted by state.
    records: Vec<(Stamp, Digest)>,
}

/// How loading an index went. In every case there is an index to go on with, if an empty one.
#[derive(Debug)]
pub enum Loaded {
    /// It was read.
    Read,
    /// There was none.
    Missing,
    /// The file is cut, changed, or no index of this version; saving replaces it.
    Damaged,
    /// The system refused to read it.
    Refused(io::Error),
}

impl Index {
    /// Reads the index at `path`.
    pub fn load(path: &Path) -> (Self, Loaded) {
        let (index, loaded) = loaded(fs::File::open(path).and_then(|file| Self::decode(&file)));
        (index.unwrap_or_default(), loaded)
    }

    /// Writes the index to `path` as a whole: whoever reads it meanwhile sees the old one or the
    /// new one. Makes the directory if it is missing.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        replace(path, &self.encode())
    }

    /// How many files it knows.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it knows no file.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The digest of the file in this state, and its place here. It is looked for around the place
    /// `near` first: files of one directory mostly have inodes close together, and a search over
    /// the whole of a large index would wait for memory at every step.
    pub(super) fn get_near(&self, stamp: &Stamp, near: u32) -> Option<(u32, Digest)> {
        let near = (near as usize).min(self.records.len());
        let is_before = |place: usize| self.records[place].0 < *stamp;
        let mut step = 1;
        let (start, end) = if near < self.records.len() && is_before(near) {
            let mut start = near + 1;
            while start + step < self.records.len() && is_before(start + step) {
                (start, step) = (start + step + 1, step * 2);
            }
            (start, start + step)
        } else {
            let mut end = near;
            while step <= end && !is_before(end - step) {
                (end, step) = (end - step, step * 2);
            }
            (end.saturating_sub(step), end)
        };
        // What is at the end itself may be it.
        let end = (end + 1).min(self.records.len());
        let found =
            self.records[start..end].binary_search_by(|(known, _)| known.cmp(stamp)).ok()?;
        let place = start + found;
        Some((u32::try_from(place).ok()?, self.records[place].1))
    }

    /// The index of what a walk that began at `began` has `read`, and of what it found `known` at
    /// these places of `old`. `None` where that would be `old` again.
    pub(super) fn after(
        old: Option<&Self>,
        mut known: Vec<u32>,
        mut read: Vec<(Stamp, Digest)>,
        began: SystemTime,
    ) -> Option<Self> {
        let settled = began.checked_sub(SETTLED).map_or(0, nanoseconds);
        read.retain(|(stamp, _)| stamp.modified < settled && stamp.changed < settled);
        known.sort_unstable();
        // Hard links are one file.
        known.dedup();
        if let Some(old) = old
            && read.is_empty()
            && known.len() == old.len()
        {
            return None;
        }
        let old = old.map_or(&[][..], |old| &old.records);
        read.extend(known.into_iter().filter_map(|place| old.get(place as usize)));
        Some(Self::of(read))
    }

    fn of(mut records: Vec<(Stamp, Digest)>) -> Self {
        records.sort_unstable_by_key(|&(stamp, _)| stamp);
        // Hard links are one file.
        records.dedup_by_key(|(stamp, _)| *stamp);
        Self { records }
    }

    /// The same files with another digest for all of them.
    #[cfg(test)]
    pub(super) fn with_digests(&self, digest: Digest) -> Self {
        Self { records: self.records.iter().map(|&(stamp, _)| (stamp, digest)).collect() }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MAGIC.len() + self.records.len() * RECORD + DIGEST);
        bytes.extend(MAGIC);
        for (stamp, digest) in &self.records {
            bytes.extend(stamp.device.to_le_bytes());
            bytes.extend(stamp.inode.to_le_bytes());
            bytes.extend(stamp.size.to_le_bytes());
            bytes.extend(stamp.modified.to_le_bytes());
            bytes.extend(stamp.changed.to_le_bytes());
            bytes.extend(stamp.mode.to_le_bytes());
            bytes.extend(digest.as_bytes());
        }
        let sum = Digest::of(&bytes);
        bytes.extend(sum.as_bytes());
        bytes
    }

    /// Reads piece by piece: an index of 100,000 files has 9 MB, which would lie in memory beside
    /// its records.
    fn decode(mut file: &fs::File) -> io::Result<Option<Self>> {
        let around = MAGIC.len() + DIGEST;
        let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let Some(mut left) = size.checked_sub(around).filter(|left| left % RECORD == 0) else {
            return Ok(None);
        };
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)?;
        if magic != *MAGIC {
            return Ok(None);
        }
        let mut hasher = Sha256::new_with_prefix(magic);
        // The size is only what the file says of itself.
        let mut records = Vec::with_capacity((left / RECORD).min(MOST_AT_ONCE));
        let mut piece = vec![0; PIECE];
        while left > 0 {
            let piece = &mut piece[..left.min(PIECE)];
            file.read_exact(piece)?;
            hasher.update(&*piece);
            records.extend(piece.chunks_exact(RECORD).filter_map(decode_record));
            left -= piece.len();
        }
        let mut sum = [0; DIGEST];
        file.read_exact(&mut sum)?;
        let is_whole = Digest::from_bytes(hasher.finalize().into()) == Digest::from_bytes(sum);
        Ok(is_whole.then_some(Self { records }))
    }
}

/// Reads what was kept at `path`; nothing where `decode` cannot read it.
pub(super) fn load<T>(path: &Path, decode: impl Fn(&[u8]) -> Option<T>) -> (Option<T>, Loaded) {
    loaded(fs::read(path).map(|bytes| decode(&bytes)))
}

/// How reading went: what is no such file is damaged, and so is one that is cut meanwhile.
fn loaded<T>(read: io::Result<Option<T>>) -> (Option<T>, Loaded) {
    match read {
        Ok(Some(kept)) => (Some(kept), Loaded::Read),
        Ok(None) => (None, Loaded::Damaged),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => (None, Loaded::Damaged),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (None, Loaded::Missing),
        Err(error) => (None, Loaded::Refused(error)),
    }
}

/// Writes the bytes to `path` as a whole, over what was there; makes the directory if it is missing.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static SAVED: AtomicU64 = AtomicU64::new(0);
    let directory = path.parent().unwrap_or(Path::new(""));
    if !directory.as_os_str().is_empty() {
        fs::create_dir_all(directory)?;
    }
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    let number = SAVED.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}.{number}.new", std::process::id()));
    let new = directory.join(name);
    let written = fs::File::create(&new)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // The first error is the one to tell; what is left over is only a file.
        let _ = fs::remove_file(&new);
    }
    written
}

fn decode_record(mut bytes: &[u8]) -> Option<(Stamp, Digest)> {
    let stamp = Stamp {
        device: u64::from_le_bytes(take(&mut bytes)?),
        inode: u64::from_le_bytes(take(&mut bytes)?),
        size: u64::from_le_bytes(take(&mut bytes)?),
        modified: i128::from_le_bytes(take(&mut bytes)?),
        changed: i128::from_le_bytes(take(&mut bytes)?),
        mode: u32::from_le_bytes(take(&mut bytes)?),
    };
    Some((stamp, Digest::from_bytes(take(&mut bytes)?)))
}

pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// Nanoseconds since 1970; a clock before that trusts nothing.
fn nanoseconds(time: SystemTime) -> i128 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    // A duration has fewer nanoseconds than `i128` has numbers.
    i128::try_from(since.as_nanos()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(inode: u64, modified: i128, changed: i128) -> Stamp {
        Stamp { device: 1, inode, size: 3, modified, changed, mode: 0o100_644 }
    }

    /// Ten seconds after 1970.
    fn began() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(10)
    }

    fn index() -> Index {
        let of = |inode| (stamp(inode, 5, -7), Digest::of(&inode.to_le_bytes()));
        Index::of(vec![of(9), of(2), of(300)])
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/index");
        assert!(matches!(Index::load(&path), (_, Loaded::Missing)));
        index().save(&path).unwrap();
        let (loaded, how) = Index::load(&path);
        assert!(matches!(how, Loaded::Read));
        assert_eq!(loaded, index());
        let nine = Digest::of(&9u64.to_le_bytes());
        assert_eq!(loaded.get_near(&stamp(9, 5, -7), 0), Some((1, nine)));
        assert_eq!(loaded.get_near(&stamp(9, 5, -8), 0), None);
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }

    #[test]
    fn a_file_is_found_from_wherever_the_search_begins() {
        let even =
            (0..60).map(|number: u8| (stamp(u64::from(number) * 2, 5, -7), Digest::of(&[number])));
        let index = Index::of(even.collect());
        for near in (0..61).chain([u32::MAX]) {
            for number in 0..60_u32 {
                let inode = u64::from(number) * 2;
                let found = index.get_near(&stamp(inode, 5, -7), near).map(|(place, _)| place);
                assert_eq!(found, Some(number), "from {near}");
                assert_eq!(index.get_near(&stamp(inode + 1, 5, -7), near), None);
            }
        }
        assert_eq!(Index::default().get_near(&stamp(1, 5, -7), 0), None);
    }

    #[test]
    fn a_damaged_or_foreign_file_is_an_empty_index() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        let whole = index().encode();
        let mut flipped = whole.clone();
        flipped[MAGIC.len() + 3] ^= 1;
        let cut = &whole[..whole.len() - 1];
        for bytes in [&flipped, cut, b"", b"#!/bin/sh\n", &[0; 200]] {
            fs::write(&path, bytes).unwrap();
            let (loaded, how) = Index::load(&path);
            assert!(matches!(how, Loaded::Damaged) && loaded.is_empty());
        }
        index().save(&path).unwrap();
        assert_eq!(Index::load(&path).0.len(), 3);
    }

    #[test]
    fn only_what_changed_makes_another_index() {
        let (old, new) = (index(), (stamp(7, 5, -7), Digest::of(b"7")));
        let after = |known: &[u32], read: &[_]| {
            Index::after(Some(&old), known.to_vec(), read.to_vec(), began())
        };
        assert_eq!(after(&[2, 0, 1, 2], &[]), None);
        let without_the_second = after(&[2, 0], &[]).unwrap();
        assert_eq!(without_the_second.len(), 2);
        assert_eq!(without_the_second.get_near(&stamp(9, 5, -7), 0), None);
        let with_one_more = after(&[0, 1, 2], &[new]).unwrap();
        assert_eq!(with_one_more.get_near(&new.0, 0), Some((1, new.1)));
    }

    #[test]
    fn states_that_may_still_change_unseen_are_not_kept() {
        let second = 1_000_000_000;
        let digest = Digest::of(b"");
        let of = |modified, changed| {
            let read = vec![(stamp(1, modified, changed), digest)];
            Index::after(None, Vec::new(), read, began()).unwrap()
        };
        assert_eq!(of(7 * second, 7 * second).len(), 1);
        assert!(of(8 * second, 0).is_empty());
        assert!(of(0, 8 * second).is_empty());
        assert!(of(99 * second, 0).is_empty());
    }
}
