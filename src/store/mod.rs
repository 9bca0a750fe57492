//! What smartbuild remembers: records of steps, timings and the manifest of each build, in one
//! `SQLite` file.
//!
//! In and out: plain data. This room knows no plan, no engine and no context.
//!
//! One [`Store`] is one connection to `smartbuild.sqlite3`. Several processes may have the file
//! open at once: it is in write-ahead mode, so that readers never wait, and every write is one
//! immediate transaction, so that writers queue instead of failing halfway. A key that was
//! recorded stays known until [`Store::forget`] says that the engine lost it; whole builds,
//! with their steps' inputs, are kept for the newest 200 of each Dockerfile and target, with the
//! builds beside each that were not needed, as its image was there, and with the manifest of files
//! for the newest 10 of them.
//!
//! A store that cannot be used is never a reason to fail a build. The caller turns the
//! [`StoreError`] into one warning and goes on without; nothing here ever overwrites a file
//! that it cannot read. Only [`Store::set_aside`], called by hand, moves one out of the way.

mod cache;
#[cfg(test)]
mod cache_tests;
mod copies;
mod error;
mod history;
mod manifest;
mod past;
mod query;
mod record;
mod schema;
#[cfg(test)]
mod tests;
mod types;
mod unrecorded;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

pub use cache::{Holding, Holdings, Seen, Sight};
pub use copies::Begun;
pub use error::StoreError;
pub use history::{KeptBuild, KeptStep, UpToDate};
pub use record::nanoseconds;
pub use types::{BuildRecord, FileRecord, Manifest, Outcome, StepRecord, StepRun, Timing};
pub use unrecorded::Unrecorded;

/// The name of the file in its directory.
pub const FILE_NAME: &str = "smartbuild.sqlite3";

/// How long one process waits for another one's write. The longest write is a manifest of some
/// hundred thousand files, well below a second.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The records of all engines and projects of this user.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// For messages only.
    path: PathBuf,
}

impl Store {
    /// Opens the store in `dir`, creating the directory and the file where they are missing.
    ///
    /// Both are made readable for their owner alone: recorded instructions and arguments are
    /// nobody else's business.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_waiting(dir, BUSY_TIMEOUT)
    }

    fn open_waiting(dir: &Path, timeout: Duration) -> Result<Self, StoreError> {
        create_private_dir(dir)
            .map_err(|source| StoreError::Directory { path: dir.to_owned(), source })?;
        let path = dir.join(FILE_NAME);
        let is_new = !path.exists();
        let connection =
            Connection::open(&path).map_err(|source| StoreError::from_sqlite(&path, source))?;
        if is_new {
            // By path: closing a second descriptor of the file would drop SQLite's locks on it.
            make_private(&path)
                .map_err(|source| StoreError::Directory { path: path.clone(), source })?;
        }
        Self::prepare(connection, path, timeout)
    }

    /// A store that is gone when it is dropped.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = PathBuf::from(":memory:");
        let connection = Connection::open_in_memory()
            .map_err(|source| StoreError::from_sqlite(&path, source))?;
        Self::prepare(connection, path, BUSY_TIMEOUT)
    }

    fn prepare(
        connection: Connection,
        path: PathBuf,
        timeout: Duration,
    ) -> Result<Self, StoreError> {
        schema::prepare(&connection, &path, timeout)?;
        Ok(Self { connection, path })
    }

    /// Moves the store's file in `dir` out of the way, so that the next [`Store::open`] begins a
    /// new one, and returns its new path. Nothing is deleted.
    ///
    /// No process should have it open meanwhile.
    pub fn set_aside(dir: &Path) -> Result<PathBuf, StoreError> {
        let stamp = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_nanos());
        let aside = |suffix: &str| dir.join(format!("{FILE_NAME}.aside-{stamp}{suffix}"));
        // The log goes with its file: a new file must not be given the old one's log.
        for suffix in ["", "-wal", "-shm"] {
            let from = dir.join(format!("{FILE_NAME}{suffix}"));
            match fs::rename(&from, aside(suffix)) {
                Err(source)
                    if suffix.is_empty() || source.kind() != std::io::ErrorKind::NotFound =>
                {
                    return Err(StoreError::Directory { path: from, source });
                }
                _ => {}
            }
        }
        Ok(aside(""))
    }

    fn fail(&self, source: rusqlite::Error) -> StoreError {
        StoreError::from_sqlite(&self.path, source)
    }
}

#[cfg(unix)]
fn create_private_dir(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn create_private_dir(dir: &Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(unix)]
fn make_private(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_file: &Path) -> std::io::Result<()> {
    Ok(())
}
