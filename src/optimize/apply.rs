//! Writing a rewritten Dockerfile.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

/// Why a Dockerfile was not written; it is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// It is no longer the text that the rewrites were made from.
    #[error("{0:?} changed since it was read and is left as it is; run the command again")]
    Changed(PathBuf),
    /// It cannot be read any more.
    #[error("cannot read {path:?} again: {source}; make it readable and run the command again")]
    Read {
        /// The Dockerfile.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The new text cannot be written beside it.
    #[error("cannot write {path:?}: {source}; make its directory writable, or apply the patch")]
    Write {
        /// The file that could not be written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Puts `after` in the place of `before`, the text that the rewrites were made from.
///
/// The file has either text at every moment: the new one is written beside it and renamed.
/// Permissions and owner stay, and where `path` is a symbolic link, the file that it leads to is
/// written and the link stays.
pub fn apply(path: &Path, before: &str, after: &str) -> Result<(), ApplyError> {
    let read = |source| ApplyError::Read { path: path.to_owned(), source };
    let target = fs::canonicalize(path).map_err(read)?;
    let (temporary, file) = create_beside(&target)?;
    let result = fill(&target, &temporary, file, after).and_then(|()| {
        // As late as can be, so that an edit made meanwhile is not lost.
        if fs::read(&target).map_err(read)? != before.as_bytes() {
            return Err(ApplyError::Changed(path.to_owned()));
        }
        fs::rename(&temporary, &target)
            .map_err(|source| ApplyError::Write { path: target.clone(), source })
    });
    if result.is_err() {
        // What went wrong before is what counts.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// A new file in the same directory, so that the rename stays on one file system.
fn create_beside(target: &Path) -> Result<(PathBuf, File), ApplyError> {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".smartbuild-{}", std::process::id()));
    let path = target.with_file_name(name);
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => Ok((path, file)),
        Err(source) => Err(ApplyError::Write { path, source }),
    }
}

fn fill(target: &Path, temporary: &Path, mut file: File, text: &str) -> Result<(), ApplyError> {
    let mut write = || {
        file.write_all(text.as_bytes())?;
        let (old, new) = (fs::metadata(target)?, file.metadata()?);
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            chown(temporary, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(old.permissions())?;
        file.sync_all()
    };
    write().map_err(|source| ApplyError::Write { path: temporary.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn directory_with(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("Dockerfile");
        fs::write(&path, text).unwrap();
        (directory, path)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_new_text_has_the_old_permissions() {
        let (directory, path) = directory_with("old");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        apply(&path, "old", "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
        assert_eq!(names(directory.path()), ["Dockerfile"]);
    }

    #[test]
    fn an_edit_made_meanwhile_is_kept() {
        let (directory, path) = directory_with("edited");
        let error = apply(&path, "old", "new").unwrap_err();
        assert!(matches!(error, ApplyError::Changed(_)), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "edited");
        assert_eq!(names(directory.path()), ["Dockerfile"]);
    }

    #[test]
    fn a_link_stays_a_link() {
        let (directory, path) = directory_with("old");
        let link = directory.path().join("link");
        symlink("Dockerfile", &link).unwrap();
        apply(&link, "old", "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_file_that_is_gone_says_so() {
        let (directory, path) = directory_with("old");
        fs::remove_file(&path).unwrap();
        assert!(matches!(apply(&path, "old", "new"), Err(ApplyError::Read { .. })));
        assert!(names(directory.path()).is_empty());
    }
}
