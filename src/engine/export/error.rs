//! What can go wrong with an exported image.

use std::io;

use crate::ImagePath;

/// An archive that the engine sent cannot be taken for an image's files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It broke off.
    #[error("the image's files cannot be read from the engine: {0}; run the command again")]
    Read(#[from] io::Error),
    /// A header is damaged.
    #[error("the engine sent a damaged archive of the image's files; run the command again")]
    Damaged,
    /// The records before an entry are damaged.
    #[error("the engine sent damaged names of the image's files; run the command again")]
    Pax,
    /// A hard link to nothing.
    #[error("the image has {path} as a link to {target}, which it does not have")]
    Link {
        /// The link.
        path: ImagePath,
        /// What it should be the same file as.
        target: ImagePath,
    },
    /// An entry of a kind that no image has.
    #[error("the image has {path} of a kind that is not known (`{}`)", kind.escape_ascii())]
    Kind {
        /// The entry.
        path: ImagePath,
        /// Tar's letter.
        kind: u8,
    },
    /// One name is too long.
    #[error("the image has a name or attribute of more than {0} bytes, too long to be compared")]
    Extension(u64),
    /// There are too many paths.
    #[error("the image has more than {0} files, too many to be compared")]
    Paths(usize),
    /// The names together are too long.
    #[error("the names of the image's files have more than {0} bytes, too many to be compared")]
    Names(usize),
    /// It does not end.
    #[error("the image's files have more than {0} bytes, too many to be compared")]
    Bytes(u64),
}
