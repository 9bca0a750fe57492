//! What is told beside the store: that a build ran which it knows nothing of.
//!
//! A store that is locked, damaged or full takes no record. The directory around it mostly takes an
//! empty file all the same, which says that the engine may have what no record tells of.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::create_private_dir;
use crate::Digest;

/// The directory of these files, beside the store's own.
const DIRECTORY: &str = "unrecorded";

/// The builds without a record, of the projects whose store is in one directory.
#[derive(Debug, Clone)]
pub struct Unrecorded {
    directory: PathBuf,
}

impl Unrecorded {
    /// Those of the store in `dir`.
    pub fn of(dir: &Path) -> Self {
        Self { directory: dir.join(DIRECTORY) }
    }

    /// Says that the engine builds this project, and that no record tells what.
    ///
    /// Fails where the directory cannot be written either.
    pub fn note(&self, engine: &str, project: &str) -> std::io::Result<()> {
        create_private_dir(&self.directory)?;
        File::create(self.file(engine, project)).map(drop)
    }

    /// Whether that was said, and not forgotten since.
    pub fn is_noted(&self, engine: &str, project: &str) -> bool {
        self.file(engine, project).exists()
    }

    /// Forgets it, and tells whether it was said.
    pub fn forget(&self, engine: &str, project: &str) -> bool {
        fs::remove_file(self.file(engine, project)).is_ok()
    }

    fn file(&self, engine: &str, project: &str) -> PathBuf {
        // Neither of them has a NUL in it.
        let name = Digest::of(format!("{engine}\0{project}").as_bytes());
        self.directory.join(hex::encode(name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_of_one_project_says_nothing_of_another() {
        let place = tempfile::tempdir().unwrap();
        let unrecorded = Unrecorded::of(&place.path().join("cache"));
        assert!(!unrecorded.is_noted("one", "/shop"));
        assert!(!unrecorded.forget("one", "/shop"));
        unrecorded.note("one", "/shop").unwrap();
        unrecorded.note("one", "/shop").unwrap();
        assert!(unrecorded.is_noted("one", "/shop"));
        assert!(!unrecorded.is_noted("two", "/shop") && !unrecorded.is_noted("one", "/other"));
        assert!(unrecorded.forget("one", "/shop"));
        assert!(!unrecorded.is_noted("one", "/shop"));
    }

    #[test]
    fn where_nothing_can_be_written_it_is_said() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(DIRECTORY), "").unwrap();
        let unrecorded = Unrecorded::of(place.path());
        unrecorded.note("one", "/shop").unwrap_err();
        assert!(!unrecorded.is_noted("one", "/shop"));
    }
}
