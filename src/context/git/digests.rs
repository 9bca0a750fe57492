//! Digests of blobs, remembered: a blob never changes, so it is read once for each form in which
//! a working tree has it.
//!
//! In: a blob's name and form. Out: size and SHA-256 of the file that a checkout would write. As
//! the index of files, this only saves time: without it, or with a damaged one, blobs are read.
//! Keep one for each repository: names are taken at their word, and a hostile repository could
//! give one blob another's name.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gix::ObjectId;

use crate::Digest;
use crate::context::Loaded;
use crate::context::index::{DIGEST, load, replace, take};

/// What the file starts with; the number is the format's.
const MAGIC: &[u8; 16] = b"smartbuild git 1";

/// Bytes of one record in the file.
const RECORD: usize = 1 + 32 + 4 + 8 + 32;

/// With more records than this, only those that were of use are kept.
const LIMIT: usize = 1_000_000;

/// Names a file that a checkout would write: length and bytes of the blob's name, and the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct BlobKey {
    length: u8,
    name: [u8; 32],
    form: u32,
}

/// What is remembered of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) size: u64,
    pub(super) digest: Digest,
}

/// Digests by the blob they were read from; shared by every snapshot of a repository.
#[derive(Debug, Default)]
pub struct BlobDigests {
    /// As loaded, sorted, with whether each was of use.
    kept: Vec<(BlobKey, Content)>,
    used: Vec<AtomicBool>,
    fresh: Mutex<HashMap<BlobKey, Content>>,
    read: AtomicU64,
}

impl BlobKey {
    pub(super) fn new(id: &ObjectId, form: u32) -> Self {
        let bytes = id.as_bytes();
        let mut name = [0; 32];
        // No hash of git's is longer than 32 bytes.
        let length = bytes.len().min(32);
        name[..length].copy_from_slice(&bytes[..length]);
        Self { length: u8::try_from(length).unwrap_or_default(), name, form }
    }
}

impl BlobDigests {
    /// Reads what was kept at `path`.
    pub fn load(path: &Path) -> (Self, Loaded) {
        let (kept, loaded) = load(path, decode);
        let kept = kept.unwrap_or_default();
        let used = kept.iter().map(|_| AtomicBool::new(false)).collect();
        (Self { kept, used, ..Self::default() }, loaded)
    }

    /// Writes all of it to `path` where there is anything new: whoever reads the file meanwhile
    /// sees the old one or the new one. Makes the directory if it is missing.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let fresh = self.fresh();
        if fresh.is_empty() {
            return Ok(());
        }
        let full = self.kept.len() + fresh.len() > LIMIT;
        let old = self.kept.iter().zip(&self.used);
        let old = old.filter(|(_, used)| !full || used.load(Ordering::Relaxed));
        let mut records: Vec<(BlobKey, Content)> = old.map(|(record, _)| *record).collect();
        records.extend(fresh.iter().map(|(&key, &content)| (key, content)));
        drop(fresh);
        records.sort_unstable_by_key(|&(key, _)| key);
        records.dedup_by_key(|(key, _)| *key);
        replace(path, &encode(&records))
    }

    /// How many blobs have been read for their digest because none was remembered.
    pub fn blobs_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(super) fn get(&self, key: &BlobKey) -> Option<Content> {
        match self.kept.binary_search_by(|(known, _)| known.cmp(key)) {
            Ok(place) => {
                self.used[place].store(true, Ordering::Relaxed);
                Some(self.kept[place].1)
            }
            Err(_) => self.fresh().get(key).copied(),
        }
    }

    pub(super) fn remember(&self, key: BlobKey, content: Content) {
        self.fresh().insert(key, content);
    }

    pub(super) fn count_read(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    fn fresh(&self) -> MutexGuard<'_, HashMap<BlobKey, Content>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn encode(records: &[(BlobKey, Content)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + records.len() * RECORD + DIGEST);
    bytes.extend(MAGIC);
    for (key, content) in records {
        bytes.push(key.length);
        bytes.extend(key.name);
        bytes.extend(key.form.to_le_bytes());
        bytes.extend(content.size.to_le_bytes());
        bytes.extend(content.digest.as_bytes());
    }
    let sum = Digest::of(&bytes);
    bytes.extend(sum.as_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Vec<(BlobKey, Content)>> {
    let (content, sum) = bytes.split_last_chunk::<DIGEST>()?;
    let records = content.strip_prefix(MAGIC)?;
    if Digest::of(content).as_bytes() != sum || records.len() % RECORD != 0 {
        return None;
    }
    records.chunks_exact(RECORD).map(decode_record).collect()
}

fn decode_record(mut bytes: &[u8]) -> Option<(BlobKey, Content)> {
    let [length] = take(&mut bytes)?;
    let name = take(&mut bytes)?;
    let form = u32::from_le_bytes(take(&mut bytes)?);
    let size = u64::from_le_bytes(take(&mut bytes)?);
    let digest = Digest::from_bytes(take(&mut bytes)?);
    Some((BlobKey { length, name, form }, Content { size, digest }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn key(byte: u8, form: u32) -> BlobKey {
        BlobKey::new(&ObjectId::try_from(&[byte; 20][..]).unwrap(), form)
    }

    fn content(size: u64) -> Content {
        Content { size, digest: Digest::of(&size.to_le_bytes()) }
    }

    #[test]
    fn what_is_saved_is_loaded_and_forms_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/blobs");
        let digests = BlobDigests::default();
        for (byte, form) in [(9, 0), (2, 0), (2, 1)] {
            digests.remember(key(byte, form), content(u64::from(byte) + u64::from(form)));
        }
        digests.save(&path).unwrap();
        let (loaded, how) = BlobDigests::load(&path);
        assert!(matches!(how, Loaded::Read));
        assert_eq!(loaded.get(&key(2, 1)), Some(content(3)));
        assert_eq!(loaded.get(&key(2, 0)), Some(content(2)));
        assert_eq!(loaded.get(&key(2, 2)), None);
    }

    #[test]
    fn a_damaged_or_foreign_file_is_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("blobs");
        let whole = encode(&[(key(1, 0), content(1))]);
        let mut flipped = whole.clone();
        flipped[20] ^= 1;
        for bytes in [&flipped, &whole[..whole.len() - 1], b"", &[0; 300]] {
            fs::write(&path, bytes).unwrap();
            let (loaded, how) = BlobDigests::load(&path);
            assert!(matches!(how, Loaded::Damaged) && loaded.kept.is_empty());
        }
    }
}
