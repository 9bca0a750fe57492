//! Reading one file to its digest, sure that it was one file in one state.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::mpsc::sync_channel;
use std::thread;

use rustix::fs::{Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::error::ProblemReason;
use crate::Digest;

/// Files are read in pieces of this many bytes: what a processor's cache holds beside the rest, so
/// that the digest need not wait for memory.
const PIECE: usize = 128 * 1024;

/// Where a thread reads ahead, larger ones: each costs a thread's waking.
const PIECE_AHEAD: usize = 1024 * 1024;

/// From this many bytes on a thread of its own reads ahead, so that the digest does not wait for
/// the disk or for the copy from the system's cache. A smaller file is read before one would have
/// begun.
const READ_AHEAD: u64 = 8 * 1024 * 1024;

/// Pieces that are read ahead.
const PIECES_AHEAD: usize = 2;

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
    pub(super) fn of(stat: &Stat) -> Self {
        let nanoseconds =
            |seconds: i64, rest: u64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: size(stat),
            modified: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            changed: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
            mode: stat.st_mode,
        }
    }
}

/// How many bytes the file has; no file system knows of fewer than none.
pub(super) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or_default()
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; PIECE] }
    }

    /// The digest of the file of this name in the directory, which must still be in the state
    /// `before` when it has been read.
    pub(super) fn digest(
        &mut self,
        directory: impl AsFd,
        name: &[u8],
        before: &Stamp,
    ) -> Result<Digest, ProblemReason> {
        let mut file = open(directory, name)?;
        let (digest, read) = if before.size < READ_AHEAD {
            digest_small(&mut file, &mut self.buffer)?
        } else {
            digest_large(&mut file)?
        };
        // The open file is asked, so a file that was replaced on the way shows too.
        let after = fstat(&file).map_err(io::Error::from)?;
        if Stamp::of(&after) != *before || read != before.size {
            return Err(ProblemReason::Changed);
        }
        Ok(digest)
    }
}

/// The digest of the rest of the file, and how many bytes that is.
fn digest_small(file: &mut File, buffer: &mut [u8]) -> io::Result<(Digest, u64)> {
    let mut hasher = Sha256::new();
    let mut read = 0;
    loop {
        let length = read_some(file, buffer)?;
        if length == 0 {
            return Ok((Digest::from_bytes(hasher.finalize().into()), read));
        }
        hasher.update(&buffer[..length]);
        read += length as u64;
    }
}

/// As [`digest_small`], with the next pieces read meanwhile.
fn digest_large(file: &mut File) -> io::Result<(Digest, u64)> {
    let (filled, pieces) = sync_channel::<(Vec<u8>, usize)>(PIECES_AHEAD);
    let (empty, used) = sync_channel::<Vec<u8>>(PIECES_AHEAD + 2);
    thread::scope(|scope| {
        let reader = scope.spawn(move || -> io::Result<()> {
            for made in 0.. {
                let next = if made < PIECES_AHEAD + 2 {
                    Some(vec![0; PIECE_AHEAD])
                } else {
                    used.recv().ok()
                };
                // Nobody digests any more.
                let Some(mut piece) = next else { break };
                let length = read_some(file, &mut piece)?;
                if length == 0 || filled.send((piece, length)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut hasher = Sha256::new();
        let mut read = 0;
        for (piece, length) in pieces {
            hasher.update(&piece[..length]);
            read += length as u64;
            // At the end of the file nobody takes pieces back.
            let _ = empty.send(piece);
        }
        let ended = reader.join().unwrap_or_else(|_| Err(io::Error::other("the reader stopped")));
        ended.map(|()| (Digest::from_bytes(hasher.finalize().into()), read))
    })
}

/// Reads into the buffer once; 0 at the end of the file.
fn read_some(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Opens what is still a regular file: a link put in its place is not followed, a pipe put in its
/// place does not block.
fn open(directory: impl AsFd, name: &[u8]) -> Result<File, ProblemReason> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    match openat(directory, name, flags, Mode::empty()) {
        Ok(file) => Ok(file.into()),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(ProblemReason::Vanished),
        Err(Errno::LOOP) => Err(ProblemReason::Changed),
        Err(errno) => Err(ProblemReason::Io(errno.into())),
    }
}
