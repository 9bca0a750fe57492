//! Where a context comes from: a directory on disk or a tree in git, behind one trait.
//!
//! Whoever plans a build needs three things of a source: its snapshot, single files of it by
//! path (the Dockerfile, the ignore file), and what is in a directory. With these in [`Source`]
//! nothing else has to know where the files are.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::git::Notice;
use super::{ContextPath, EntryKind, Error, IgnoreRules, Snapshot};

/// More links than this are a loop.
const LINK_LIMIT: usize = 40;

/// A directory's files, wherever they are kept. Paths are relative to the directory.
pub trait Source: fmt::Debug + Send + Sync {
    /// What is at the path, links not followed, neither at its end nor on the way: through a link
    /// nothing is found.
    fn find(&self, path: &ContextPath) -> Result<Option<Found>, Error>;

    /// The names in a directory with what each is, sorted by their bytes; none where there is no
    /// directory.
    fn list(&self, directory: &ContextPath) -> Result<Vec<Named>, Error>;

    /// Everything that the rules leave.
    fn snapshot(&self, rules: &IgnoreRules) -> Result<Taken, Error>;

    /// How a person would name the path: on disk where it is on disk, else inside the repository.
    fn place(&self, path: &ContextPath) -> PathBuf;

    /// The directory itself where it is on disk, or would be.
    fn on_disk(&self) -> Option<PathBuf>;

    /// The bytes of the file at the path; `None` where there is no file.
    ///
    /// Links are followed as the engine follows them: inside the directory only, which an
    /// absolute one takes for the root.
    fn read(&self, path: &ContextPath) -> Result<Option<Vec<u8>>, Error> {
        let mut ahead: VecDeque<Vec<u8>> = path.components().map(<[u8]>::to_vec).collect();
        let mut at = ContextPath::root();
        let mut links = 0;
        while let Some(component) = ahead.pop_front() {
            if component == b".." {
                at = at.parent().unwrap_or_default();
                continue;
            }
            let next = at.join(&component);
            match self.find(&next)? {
                Some(Found::Directory) => at = next,
                Some(Found::File(bytes)) if ahead.is_empty() => return Ok(Some(bytes)),
                Some(Found::Symlink(target)) if links < LINK_LIMIT => {
                    links += 1;
                    if target.starts_with(b"/") {
                        at = ContextPath::root();
                    }
                    let parts = target.split(|&byte| byte == b'/');
                    for part in parts.filter(|it| !it.is_empty() && *it != b".").rev() {
                        ahead.push_front(part.to_vec());
                    }
                }
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// What is at a path of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A regular file with these bytes.
    File(Vec<u8>),
    /// A link that points there.
    Symlink(Box<[u8]>),
    /// A directory.
    Directory,
    /// A pipe, a device or a socket.
    Other,
}

/// A name in a directory of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Any bytes that Linux allows.
    pub name: Box<[u8]>,
    /// What it stands for, links not followed.
    pub kind: EntryKind,
}

/// A snapshot, and what in it may not be as a working tree has it.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Where git does not hold what a working tree would; sorted by path, none for a disk.
    pub notices: Vec<Notice>,
}

/// A directory on disk.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The directory at `root`, which may itself be a link.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Whether no directory on the way to the path is a link, which could lead out.
    fn leads_inside(&self, path: &ContextPath) -> bool {
        let bytes = path.as_bytes();
        let slashes = bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'/');
        slashes.map(|(end, _)| ContextPath::new(&bytes[..end])).all(|above| {
            above.on_disk(&self.root).symlink_metadata().is_ok_and(|it| !it.is_symlink())
        })
    }

    fn failure(&self, path: &ContextPath, reason: io::Error) -> Error {
        Error::File { path: self.place(path), reason }
    }
}

impl Source for Disk {
    fn find(&self, path: &ContextPath) -> Result<Option<Found>, Error> {
        if path.is_root() {
            return Ok(Some(Found::Directory));
        }
        if !self.leads_inside(path) {
            return Ok(None);
        }
        let on_disk = path.on_disk(&self.root);
        let found = on_disk.symlink_metadata().and_then(|metadata| {
            Ok(match metadata.file_type() {
                it if it.is_dir() => Found::Directory,
                it if it.is_file() => Found::File(std::fs::read(&on_disk)?),
                it if it.is_symlink() => {
                    Found::Symlink(std::fs::read_link(&on_disk)?.as_os_str().as_bytes().into())
                }
                _ => Found::Other,
            })
        });
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.failure(path, error)),
        }
    }

    fn list(&self, directory: &ContextPath) -> Result<Vec<Named>, Error> {
        if !matches!(self.find(directory)?, Some(Found::Directory)) {
            return Ok(Vec::new());
        }
        let read = || -> io::Result<Vec<Named>> {
            let mut names: Vec<Named> = Vec::new();
            for entry in std::fs::read_dir(directory.on_disk(&self.root))? {
                let entry = entry?;
                if let Some(kind) = super::walk::kind(entry.file_type()?) {
                    names.push(Named { name: entry.file_name().as_bytes().into(), kind });
                }
            }
            names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            Ok(names)
        };
        read().map_err(|error| self.failure(directory, error))
    }

    fn snapshot(&self, rules: &IgnoreRules) -> Result<Taken, Error> {
        let snapshot = super::snapshot(&self.root, rules)?;
        Ok(Taken { snapshot, notices: Vec::new() })
    }

    fn place(&self, path: &ContextPath) -> PathBuf {
        if path.is_root() { self.root.clone() } else { path.on_disk(&self.root) }
    }

    fn on_disk(&self) -> Option<PathBuf> {
        Some(self.root.clone())
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
