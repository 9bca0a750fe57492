//! Large files: what git keeps of them is a pointer, and what a working tree has is the file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::GitError;
use crate::Digest;

/// A pointer is never longer.
pub(super) const POINTER_LIMIT: usize = 1024;

/// Large files are read in pieces of this many bytes.
const PIECE: usize = 128 * 1024;

/// What a pointer says of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pointer {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// The pointer in a blob; `None` when the blob is not one.
pub(super) fn pointer(blob: &[u8]) -> Option<Pointer> {
    let text = std::str::from_utf8(blob).ok().filter(|text| text.len() < POINTER_LIMIT)?;
    let mut lines = text.lines();
    let version = lines.next()?.strip_prefix("version ")?;
    if !version.starts_with("https://git-lfs.github.com/spec/")
        && version != "https://hawser.github.com/spec/v1"
    {
        return None;
    }
    let mut found = (None, None);
    for line in lines {
        match line.split_once(' ')? {
            ("oid", oid) => found.0 = oid.parse().ok(),
            ("size", size) => found.1 = size.parse().ok(),
            _ => {}
        }
    }
    Some(Pointer { digest: found.0?, size: found.1? })
}

/// Where the file is kept when it is at hand.
pub(super) fn object(repository: &gix::Repository, pointer: &Pointer) -> PathBuf {
    let configured = repository.config_snapshot().trusted_path("lfs.storage").ok().flatten();
    let storage = repository.common_dir().join(configured.unwrap_or_else(|| "lfs".into()));
    let name = pointer.digest.to_hex();
    storage.join("objects").join(&name[..2]).join(&name[2..4]).join(name)
}

/// Whether a file of the pointer's size is there.
pub(super) fn is_present(path: &Path, pointer: &Pointer) -> bool {
    path.metadata().is_ok_and(|it| it.is_file() && it.len() == pointer.size)
}

/// Whether the file is what the pointer says, to the last byte.
pub(super) fn is_whole(path: &Path, pointer: &Pointer) -> Result<bool, GitError> {
    let digest = || -> io::Result<Digest> {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(Digest::from_bytes(hasher.finalize().into())),
                Ok(length) => hasher.update(&piece[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    let failure = |reason| GitError::File { path: path.to_owned(), reason };
    Ok(digest().map_err(failure)? == pointer.digest)
}
