//! The manifest of a build's files as one compact blob.
//!
//! Entries come sorted, so neighbours share most of their paths: each path is stored as the
//! length it shares with the one before and the rest. Numbers are variable-length, seven bits a
//! byte, lowest first. Nearly all that remains are digests, which do not compress.

use std::borrow::Cow;

use super::types::FileRecord;
use crate::Digest;

/// The first byte of every blob.
const FORMAT: u8 = 1;

/// Kinds with a number of their own; any other is written out behind [`OTHER_KIND`].
const KINDS: &[&str] = &["file", "directory", "symlink", "hardlink", "fifo", "socket", "device"];
const OTHER_KIND: u8 = 0x3f;
const HAS_DIGEST: u8 = 0x80;
const HAS_TARGET: u8 = 0x40;

/// A blob that [`encode`] did not write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

pub(super) fn encode(files: &[FileRecord]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + files.len() * 64);
    out.push(FORMAT);
    put_number(&mut out, files.len() as u64);
    let mut previous: &[u8] = b"";
    for file in files {
        let path = file.path.as_bytes();
        let shared = path.iter().zip(previous).take_while(|(a, b)| a == b).count();
        put_number(&mut out, shared as u64);
        put_bytes(&mut out, &path[shared..]);
        previous = path;
        put_entry(&mut out, file);
    }
    out
}

fn put_entry(out: &mut Vec<u8>, file: &FileRecord) {
    let kind = KINDS.iter().position(|kind| *kind == file.kind);
    let mut head = kind.and_then(|place| u8::try_from(place).ok()).unwrap_or(OTHER_KIND);
    if file.digest.is_some() {
        head |= HAS_DIGEST;
    }
    if file.target.is_some() {
        head |= HAS_TARGET;
    }
    out.push(head);
    if kind.is_none() {
        put_bytes(out, file.kind.as_bytes());
    }
    put_number(out, file.mode.into());
    put_number(out, file.size);
    // Before 1970 is rare, but must come back as it was: the sign goes to the lowest bit.
    let (seconds, nanoseconds) = file.modified;
    put_number(out, ((seconds << 1) ^ (seconds >> 63)).cast_unsigned());
    put_number(out, nanoseconds.into());
    if let Some(digest) = &file.digest {
        out.extend_from_slice(digest.as_bytes());
    }
    if let Some(target) = &file.target {
        put_bytes(out, target.as_bytes());
    }
}

/// The files of a blob, one after the other. The first that is malformed ends them.
pub(super) struct Records<'a> {
    reader: Reader<'a>,
    left: usize,
    path: Vec<u8>,
}

pub(super) fn decode(blob: &[u8]) -> Result<Records<'_>, Malformed> {
    let mut reader = Reader(blob);
    if reader.byte()? != FORMAT {
        return Err(Malformed);
    }
    let left = usize::try_from(reader.number()?).map_err(|_| Malformed)?;
    // The smallest entry has 7 bytes: a wrong count must not ask for all memory.
    if left > blob.len() / 7 + 1 {
        return Err(Malformed);
    }
    Ok(Records { reader, left, path: Vec::new() })
}

impl Iterator for Records<'_> {
    type Item = Result<FileRecord, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = if self.left > 0 {
            self.left -= 1;
            self.read()
        } else if self.reader.0.is_empty() {
            return None;
        } else {
            Err(Malformed)
        };
        if record.is_err() {
            (self.left, self.reader.0) = (0, &[]);
        }
        Some(record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // One more where the first that is malformed is what is left over.
        (0, Some(self.left + 1))
    }
}

impl Records<'_> {
    fn read(&mut self) -> Result<FileRecord, Malformed> {
        let shared = usize::try_from(self.reader.number()?).map_err(|_| Malformed)?;
        if shared > self.path.len() {
            return Err(Malformed);
        }
        self.path.truncate(shared);
        self.path.extend_from_slice(self.reader.bytes()?);
        self.reader.entry(text(&self.path)?)
    }
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Malformed)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        self.take(1).map(|taken| taken[0])
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let count = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        self.take(count)
    }

    fn entry(&mut self, path: String) -> Result<FileRecord, Malformed> {
        let head = self.byte()?;
        let kind = match head & 0x3f {
            OTHER_KIND => Cow::Owned(text(self.bytes()?)?),
            place => Cow::Borrowed(*KINDS.get(usize::from(place)).ok_or(Malformed)?),
        };
        let mode = u32::try_from(self.number()?).map_err(|_| Malformed)?;
        let size = self.number()?;
        let folded = self.number()?;
        let seconds = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        let nanoseconds = u32::try_from(self.number()?).map_err(|_| Malformed)?;
        let digest = if head & HAS_DIGEST == 0 {
            None
        } else {
            Some(Digest::from_bytes(self.take(32)?.try_into().map_err(|_| Malformed)?))
        };
        let target = if head & HAS_TARGET == 0 { None } else { Some(text(self.bytes()?)?) };
        Ok(FileRecord { path, kind, mode, size, modified: (seconds, nanoseconds), digest, target })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(blob: &[u8]) -> Result<Vec<FileRecord>, Malformed> {
        decode(blob)?.collect()
    }

    fn any_file() -> impl Strategy<Value = FileRecord> {
        (
            "(src/|tests/)?[a-zé]{0,6}",
            prop_oneof!["file", "directory", "symlink", "gate"],
            any::<(u32, u64, i64, u32)>(),
            proptest::option::of(any::<[u8; 32]>()),
            proptest::option::of("[a-z/]{0,5}"),
        )
            .prop_map(
                |(path, kind, (mode, size, seconds, nanoseconds), digest, target)| {
                    let modified = (seconds, nanoseconds);
                    let digest = digest.map(Digest::from_bytes);
                    FileRecord { path, kind: kind.into(), mode, size, modified, digest, target }
                },
            )
    }

    proptest! {
        #[test]
        fn every_manifest_comes_back_as_it_was(files in proptest::collection::vec(any_file(), 0..20)) {
            prop_assert_eq!(decoded(&encode(&files)), Ok(files));
        }

        #[test]
        fn foreign_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decoded(&bytes);
            let with_format = [&[FORMAT][..], &bytes].concat();
            if let Ok(files) = decoded(&with_format) {
                prop_assert_eq!(decoded(&encode(&files)), Ok(files));
            }
        }
    }

    #[test]
    fn a_cut_manifest_is_malformed() {
        let file = FileRecord {
            path: "a".into(),
            kind: "file".into(),
            mode: 0o644,
            size: 1,
            modified: (1, 2),
            digest: Some(Digest::of(b"a")),
            target: None,
        };
        let blob = encode(&[file]);
        for end in 0..blob.len() {
            assert_eq!(decoded(&blob[..end]), Err(Malformed), "cut at {end}");
        }
    }
}
