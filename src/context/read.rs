//! Reading one file to its digest, sure that it was one file in one state.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

use super::error::ProblemReason;
use crate::Digest;

/// Large files are read in pieces of this many bytes.
const PIECE: usize = 128 * 1024;

/// What the system changes when a file is changed or replaced: what identifies one state of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    /// Modification time in nanoseconds since 1970.
    pub(super) modified: i128,
    /// Time of the last change of content or metadata, likewise.
    pub(super) changed: i128,
    pub(super) mode: u32,
}

/// Digests files with one buffer of its own.
pub(super) struct Reader {
    buffer: Vec<u8>,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            mode: metadata.mode(),
        }
    }
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; PIECE] }
    }

    /// The digest of the file, which must still be in the state `before` when it has been read.
    pub(super) fn digest(&mut self, path: &Path, before: &Stamp) -> Result<Digest, ProblemReason> {
        let mut file = open(path)?;
        let mut hasher = Sha256::new();
        let mut read = 0;
        loop {
            match file.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(length) => {
                    hasher.update(&self.buffer[..length]);
                    read += length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        // The open file is asked, so a file that was replaced on the way shows too.
        if Stamp::of(&file.metadata()?) != *before || read != before.size {
            return Err(ProblemReason::Changed);
        }
        Ok(Digest::from_bytes(hasher.finalize().into()))
    }
}

/// Opens what is still a regular file: a link put in its place is not followed, a pipe put in its
/// place does not block.
fn open(path: &Path) -> Result<File, ProblemReason> {
    // The flags are small positive numbers on every system.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| {
        let changed = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ProblemReason::Vanished,
            _ if changed => ProblemReason::Changed,
            _ => ProblemReason::Io(error),
        }
    })
}
