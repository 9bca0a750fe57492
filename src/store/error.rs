//! What can go wrong with the store.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the records cannot be read or written.
///
/// None of these is a reason to fail a build: it goes on, with one warning.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory or the file cannot be made or moved.
    #[error(
        "cannot keep records in {path}: {source}; \
         set SMARTBUILD_CACHE_DIR to a directory that can be written"
    )]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be opened or created.
    #[error(
        "cannot open the records in {path}: {source}; \
         set SMARTBUILD_CACHE_DIR to a directory that can be written"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// `SQLite`'s words.
        source: rusqlite::Error,
    },
    /// A newer smartbuild wrote it.
    #[error(
        "the records in {path} were written by a newer smartbuild \
         (version {found} of the file, this program knows {known}); update smartbuild, \
         or set SMARTBUILD_CACHE_DIR to another directory"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest schema version known here.
        known: i64,
    },
    /// It is not a store, or its bytes make no sense.
    #[error("the records in {path} are damaged ({reason}); move the file away to begin a new one")]
    Damaged {
        /// The file; untouched.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// It can be read, but not written.
    #[error(
        "the records in {path} cannot be written ({source}); \
         make the file and its directory writable, or set SMARTBUILD_CACHE_DIR"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// `SQLite`'s words.
        source: rusqlite::Error,
    },
    /// Another process holds it for longer than this one waits.
    #[error("the records in {path} are in use by another process; try again when it is done")]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Anything else, such as a full disk.
    #[error(
        "cannot use the records in {path}: {source}; make room where the disk is full, \
         or set SMARTBUILD_CACHE_DIR to another directory"
    )]
    Database {
        /// The file.
        path: PathBuf,
        /// `SQLite`'s words.
        source: rusqlite::Error,
    },
}

impl StoreError {
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => Self::Open { path, source },
            // SQLite's word for a table or a column that is missing is none of its own.
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
                let reason = match source {
                    // Without the statement that it was met in.
                    rusqlite::Error::SqlInputError { msg, .. } => msg,
                    other => other.to_string(),
                };
                Self::Damaged { path, reason }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { path, source }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            // A column that does not hold what was written into it.
            None => Self::Damaged { path, reason: source.to_string() },
            Some(_) => Self::Database { path, source },
        }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }
}
