//! By what name git would know what is on disk.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use gix::ObjectId;
use gix::index::fs::Metadata;
use gix::objs::Kind;

use super::super::store::Store;

/// A new or resized file with more bytes is named by its state: reading it could take minutes, and
/// that it is another one is known already.
const LARGE: u64 = 64 * 1024 * 1024;

/// Bytes that are read at once.
const PIECE: usize = 128 * 1024;

/// The name of a blob with these bytes.
pub(super) fn blob_name(store: &Store, bytes: &[u8]) -> io::Result<ObjectId> {
    gix::objs::compute_hash(store.hash(), Kind::Blob, bytes).map_err(io::Error::other)
}

/// The name of a blob with the file's bytes; of a large one that `is_other` than what is recorded
/// at its place a name that no other state of it has.
pub(super) fn file_name(
    store: &Store,
    path: &Path,
    state: &Metadata,
    is_other: bool,
) -> io::Result<ObjectId> {
    if is_other && state.len() > LARGE {
        let modified = state.modified();
        let text = format!("{} {:?} {}", path.display(), modified, state.len());
        return blob_name(store, text.as_bytes());
    }
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut hasher = gix::hash::hasher(store.hash());
    hasher.update(&gix::objs::encode::loose_header(Kind::Blob, length));
    let mut piece = vec![0; PIECE.min(usize::try_from(length).unwrap_or(PIECE) + 1)];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => hasher.update(&piece[..read]),
        }
    }
    hasher.try_finalize().map_err(io::Error::other)
}

/// Whether nothing is there.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
