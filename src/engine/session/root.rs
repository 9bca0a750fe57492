//! Reads the context's files as the snapshot has them, or says how they differ.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, Stat as FileStat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use crate::Digest;
use crate::context::{ContextPath, Entry, EntryKind};
use crate::engine::error::Change;

/// How a file is opened: never through a link at its end, and without waiting where a pipe has
/// taken its place.
const FILE_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK);

/// How the directories on the way are opened.
const DIRECTORY_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW).union(OFlags::DIRECTORY);

/// The context's directory, held open, so that renaming it does not lead elsewhere.
#[derive(Debug)]
pub(super) struct Root {
    directory: OwnedFd,
}

impl Root {
    /// The directory at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
        Ok(Self { directory: rustix::fs::open(path, flags, Mode::empty())? })
    }

    /// Opens `entry` and checks that it still is the file of the snapshot.
    pub(super) fn open_file<'a>(&self, entry: &'a Entry) -> Result<CheckedFile<'a>, Change> {
        let file = File::from(self.open_beneath(&entry.path)?);
        let checked = CheckedFile { file, entry, hash: Sha256::new(), read: 0 };
        checked.check_stat()?;
        Ok(checked)
    }

    /// The major and minor number of a device file; zero for everything else.
    pub(super) fn device(&self, entry: &Entry) -> (u32, u32) {
        if !matches!(entry.kind, EntryKind::BlockDevice | EntryKind::CharacterDevice) {
            return (0, 0);
        }
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::statat(&self.directory, entry.path.as_bytes(), flags)
            .map(|stat| (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev)))
            .unwrap_or_default()
    }

    /// Opens a file below the root. No component of its path may be a symbolic link: the
    /// snapshot followed none, so one that is there now was put there since.
    fn open_beneath(&self, path: &ContextPath) -> Result<OwnedFd, Change> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::ResolveFlags;
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            let opened = rustix::fs::openat2(
                &self.directory,
                path.as_bytes(),
                FILE_FLAGS,
                Mode::empty(),
                resolve,
            );
            match opened {
                // Kernels before 5.6 and some sandboxes have no openat2.
                Err(Errno::NOSYS | Errno::PERM) => {}
                result => return result.map_err(|errno| change(path, errno)),
            }
        }
        self.open_by_component(path).map_err(|errno| change(path, errno))
    }

    fn open_by_component(&self, path: &ContextPath) -> Result<OwnedFd, Errno> {
        let mut above: Option<OwnedFd> = None;
        let mut components = path.components().peekable();
        while let Some(component) = components.next() {
            let directory = above.as_ref().unwrap_or(&self.directory);
            let is_last = components.peek().is_none();
            let flags = if is_last { FILE_FLAGS } else { DIRECTORY_FLAGS };
            let next = rustix::fs::openat(directory, component, flags, Mode::empty())?;
            if is_last {
                return Ok(next);
            }
            above = Some(next);
        }
        Err(Errno::ISDIR)
    }
}

/// A file on its way to the engine, hashed as it is read.
pub(super) struct CheckedFile<'a> {
    file: File,
    entry: &'a Entry,
    hash: Sha256,
    read: u64,
}

impl CheckedFile<'_> {
    /// Reads into all of `buffer` unless the file ends before; returns how many bytes.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Change> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Change::Unreadable(error.to_string())),
            }
        }
        self.hash.update(&buffer[..filled]);
        self.read += filled as u64;
        Ok(filled)
    }

    /// Whether what was read is what the snapshot has: to be asked after the last byte and
    /// before the engine is told that the file is complete.
    pub(super) fn finish(self) -> Result<u64, Change> {
        self.check_stat()?;
        if self.read != self.entry.size {
            return Err(Change::Stat("size"));
        }
        let digest = Digest::from_bytes(self.hash.finalize().into());
        if self.entry.digest.is_some_and(|expected| expected != digest) {
            return Err(Change::Content);
        }
        Ok(self.read)
    }

    fn check_stat(&self) -> Result<(), Change> {
        let stat = rustix::fs::fstat(&self.file)
            .map_err(|errno| Change::Unreadable(io::Error::from(errno).to_string()))?;
        compare(self.entry, &stat)
    }
}

/// How a file on disk differs from its entry, as far as its inode tells.
fn compare(entry: &Entry, stat: &FileStat) -> Result<(), Change> {
    if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
        return Err(Change::Replaced);
    }
    if u64::try_from(stat.st_size) != Ok(entry.size) {
        return Err(Change::Stat("size"));
    }
    let modified = &entry.modified;
    if stat.st_mtime != modified.seconds || stat.st_mtime_nsec != u64::from(modified.nanoseconds) {
        return Err(Change::Stat("modification time"));
    }
    if stat.st_mode & 0o7777 != entry.mode {
        return Err(Change::Stat("mode"));
    }
    Ok(())
}

fn change(path: &ContextPath, errno: Errno) -> Change {
    match errno {
        // A link on the way, a link in its place, or nothing.
        Errno::NOENT | Errno::NOTDIR | Errno::XDEV => Change::Missing,
        Errno::LOOP | Errno::ISDIR | Errno::NXIO => Change::Replaced,
        _ => {
            tracing::debug!(%path, %errno, "cannot open a file of the context");
            Change::Unreadable(io::Error::from(errno).to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;
    use crate::context::ModifiedTime;

    struct Project {
        dir: tempfile::TempDir,
        entry: Entry,
    }

    /// A context with the file `src/app.py` in it, and its entry.
    fn project(content: &str) -> Project {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/app.py"), content).unwrap();
        let stat = fs::symlink_metadata(dir.path().join("src/app.py")).unwrap();
        let entry = Entry {
            path: ContextPath::new("src/app.py"),
            kind: EntryKind::File,
            mode: stat.mode() & 0o7777,
            size: stat.size(),
            modified: ModifiedTime {
                seconds: stat.mtime(),
                nanoseconds: u32::try_from(stat.mtime_nsec()).unwrap(),
            },
            digest: Some(Digest::of(content.as_bytes())),
            target: None,
        };
        Project { dir, entry }
    }

    impl Project {
        fn read(&self) -> Result<Vec<u8>, Change> {
            let root = Root::open(self.dir.path()).unwrap();
            let mut file = root.open_file(&self.entry)?;
            let mut buffer = vec![0; 100];
            let count = file.fill(&mut buffer)?;
            buffer.truncate(count);
            file.finish().map(|_| buffer)
        }

        fn file(&self) -> std::path::PathBuf {
            self.dir.path().join("src/app.py")
        }

        /// Writes other bytes and puts the old time back.
        fn rewrite_secretly(&self, content: &str) {
            let before = fs::metadata(self.file()).unwrap().modified().unwrap();
            fs::write(self.file(), content).unwrap();
            fs::File::options()
                .write(true)
                .open(self.file())
                .unwrap()
                .set_modified(before)
                .unwrap();
        }
    }

    #[test]
    fn an_unchanged_file_is_read() {
        assert_eq!(project("print(1)").read().unwrap(), b"print(1)");
    }

    #[test]
    fn every_change_is_seen() {
        let p = project("print(1)");
        fs::write(p.file(), "print(1) # more").unwrap();
        assert_eq!(p.read(), Err(Change::Stat("size")));

        let p = project("print(1)");
        p.rewrite_secretly("print(2)");
        assert_eq!(p.read(), Err(Change::Content));

        let p = project("print(1)");
        fs::set_permissions(p.file(), fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(p.read(), Err(Change::Stat("mode")));

        let p = project("print(1)");
        fs::remove_file(p.file()).unwrap();
        assert_eq!(p.read(), Err(Change::Missing));

        let p = project("print(1)");
        fs::remove_file(p.file()).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, p.file(), Mode::RWXU).unwrap();
        assert_eq!(p.read(), Err(Change::Replaced));
    }

    #[test]
    fn a_file_that_is_replaced_while_it_is_read_is_sent_as_it_was() {
        let p = project("print(1)");
        let root = Root::open(p.dir.path()).unwrap();
        let mut file = root.open_file(&p.entry).unwrap();
        let mut buffer = [0; 5];
        file.fill(&mut buffer).unwrap();
        fs::write(p.dir.path().join("new"), "print(2)").unwrap();
        fs::rename(p.dir.path().join("new"), p.file()).unwrap();
        let mut rest = [0; 100];
        assert_eq!(file.fill(&mut rest), Ok(3));
        assert_eq!((&buffer, &rest[..3]), (b"print", b"(1)".as_slice()));
        assert_eq!(file.finish(), Ok(8));
    }

    #[test]
    fn a_file_that_is_written_to_while_it_is_read_is_told() {
        let p = project("print(1)");
        let root = Root::open(p.dir.path()).unwrap();
        let mut file = root.open_file(&p.entry).unwrap();
        file.fill(&mut [0; 5]).unwrap();
        p.rewrite_secretly("print(2)");
        file.fill(&mut [0; 100]).unwrap();
        assert_eq!(file.finish(), Err(Change::Content));
    }

    #[test]
    fn links_never_lead_out() {
        let outside = project("secret");
        let p = project("secret");
        fs::remove_file(p.file()).unwrap();
        symlink(outside.file(), p.file()).unwrap();
        assert_eq!(p.read(), Err(Change::Replaced));

        fs::remove_dir_all(p.dir.path().join("src")).unwrap();
        symlink(outside.dir.path().join("src"), p.dir.path().join("src")).unwrap();
        assert!(p.read().is_err());
        let root = Root::open(p.dir.path()).unwrap();
        assert!(root.open_by_component(&p.entry.path).is_err());
    }
}
