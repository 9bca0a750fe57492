//! Copies of a context, to build from and to change.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf, absolute};

use anyhow::Context as _;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use super::super::source::Source;
use crate::bench::BuiltCopy;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};

/// What is added to the mode of a directory so that it can be removed.
const OWN: u32 = 0o700;

/// A copy of a context with a Dockerfile.
#[derive(Debug)]
pub(super) struct Copied {
    /// The context.
    pub(super) context: PathBuf,
    /// The Dockerfile, in the context where the original is.
    pub(super) dockerfile: PathBuf,
    /// How what is said of it is said of the original.
    pub(super) told: BuiltCopy,
}

impl Copied {
    /// A copy of the Dockerfile that people call `name`, line by line.
    pub(super) fn new(context: PathBuf, dockerfile: PathBuf, name: String) -> Self {
        let told = BuiltCopy {
            dockerfile: dockerfile.to_string_lossy().into_owned(),
            context: context.to_string_lossy().into_owned(),
            name,
            ..BuiltCopy::default()
        };
        Self { context, dockerfile, told }
    }
}

/// Copies what is sent of a context, to a directory that is not there yet.
///
/// # Errors
///
/// Where a file cannot be read, or the disk is full.
pub(super) fn copy_context(snapshot: &Snapshot, from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| no_copy(to))?;
    for entry in snapshot.entries() {
        let (source, copy) = (entry.path.on_disk(from), entry.path.on_disk(to));
        copy_entry(entry, &source, &copy).with_context(|| {
            format!(
                "cannot copy {} to {}; set TMPDIR to a directory with room for it",
                source.display(),
                copy.display()
            )
        })?;
    }
    // Once their entries are there: some may not be written into, and all would get a new time.
    let directories = snapshot.entries().iter().rev();
    for entry in directories.filter(|entry| entry.kind == EntryKind::Directory) {
        let copy = entry.path.on_disk(to);
        let end = || -> io::Result<()> {
            set_modified(&copy, entry.modified)?;
            fs::set_permissions(&copy, Permissions::from_mode(entry.mode))
        };
        end().with_context(|| no_copy(&copy))?;
    }
    Ok(())
}

fn no_copy(to: &Path) -> String {
    format!("cannot write {}; set TMPDIR to a directory that can be written", to.display())
}

fn copy_entry(entry: &Entry, source: &Path, copy: &Path) -> io::Result<()> {
    match entry.kind {
        EntryKind::Directory => fs::create_dir(copy),
        EntryKind::Symlink => {
            let target = entry.target.as_deref().unwrap_or_default();
            symlink(std::ffi::OsStr::from_bytes(target), copy)?;
            set_modified(copy, entry.modified)
        }
        EntryKind::File => {
            fs::copy(source, copy)?;
            set_modified(copy, entry.modified)
        }
        // What is neither has nothing that could be copied.
        EntryKind::Fifo
        | EntryKind::CharacterDevice
        | EntryKind::BlockDevice
        | EntryKind::Socket => Ok(()),
    }
}

/// Sets the time of a file, a directory or a link itself.
pub(super) fn set_modified(path: &Path, modified: ModifiedTime) -> io::Result<()> {
    let kept = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let modified = Timespec { tv_sec: modified.seconds, tv_nsec: i64::from(modified.nanoseconds) };
    let times = Timestamps { last_access: kept, last_modification: modified };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Puts a Dockerfile with this text into a copied context, where the original is; beside it where
/// that lies outside of the context. The ignore file goes along.
///
/// # Errors
///
/// Where it cannot be written.
pub(super) fn put_dockerfile(
    source: &Source,
    text: &str,
    context: &Path,
) -> anyhow::Result<Copied> {
    let original = source.path.clone().unwrap_or_else(|| source.root.join("Dockerfile"));
    // A bare name has no directory before it.
    let original = absolute(&original).unwrap_or(original);
    let original = match (original.parent().map(Path::canonicalize), original.file_name()) {
        (Some(Ok(parent)), Some(name)) => parent.join(name),
        _ => original,
    };
    let place = |path: &Path| match path.strip_prefix(&source.root) {
        Ok(inside) => context.join(inside),
        Err(_) => context.with_extension("dockerfile").join(path.file_name().unwrap_or_default()),
    };
    let dockerfile = place(&original);
    write(&dockerfile, text.as_bytes())?;
    if let Some(ignore_file) = source.rules.source() {
        let name = ignore_file.file_name().unwrap_or_default();
        // That of the Dockerfile lies beside it, the common one in the context's root.
        let copy = if name == ".dockerignore" {
            context.join(name)
        } else {
            dockerfile.with_file_name(name)
        };
        write(&copy, source.rules.bytes())?;
    }
    Ok(Copied::new(context.to_owned(), dockerfile, source.file.name.clone()))
}

/// Writes a file; one that has the content already keeps its time.
pub(super) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(path);
    let write = || {
        fs::create_dir_all(parent)?;
        // It may be a link, and what that leads to is not in the copy.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::write(path, content),
        }
    };
    write().with_context(|| no_copy(path))
}

/// Writes a file's new content, with its mode as it is.
pub(super) fn overwrite(root: &Path, path: &ContextPath, content: &[u8]) -> anyhow::Result<()> {
    let full = path.on_disk(root);
    let write = || -> io::Result<()> {
        let kept = fs::metadata(&full)?.permissions();
        // Replaced, as editors do it: it may be one of several names of a file, or not writable.
        let beside = full.with_file_name(".smartbuild-bench");
        fs::write(&beside, content)?;
        fs::set_permissions(&beside, kept)?;
        fs::rename(&beside, &full)
    };
    write().with_context(|| no_copy(&full))
}

/// Gives every directory below this one a mode with which it can be emptied.
pub(super) fn make_removable(directory: &Path) {
    // What cannot be changed cannot be removed, and that is said where it is tried.
    let _ = fs::set_permissions(directory, Permissions::from_mode(OWN));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_removable(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::super::source;
    use super::*;
    use crate::context::{IgnoreRules, snapshot};

    fn taken(root: &Path) -> Snapshot {
        snapshot(root, &IgnoreRules::load_common(root).unwrap()).unwrap()
    }

    #[test]
    fn a_copy_has_what_is_sent_with_its_modes_times_and_links() {
        let directory = tempfile::tempdir().unwrap();
        let original = directory.path().join("original");
        fs::create_dir_all(original.join("closed")).unwrap();
        let write = |name: &str| fs::write(original.join(name), name).unwrap();
        write("closed/run.sh");
        write("left-out");
        fs::write(original.join(".dockerignore"), "left-out\n").unwrap();
        symlink("nowhere", original.join("link")).unwrap();
        let old = ModifiedTime { seconds: -5, nanoseconds: 7 };
        set_modified(&original.join("closed/run.sh"), old).unwrap();
        let mode = |name: &str, mode| {
            fs::set_permissions(original.join(name), Permissions::from_mode(mode)).unwrap();
        };
        mode("closed/run.sh", 0o554);
        mode("closed", 0o555);
        let before = taken(&original);
        let copy = directory.path().join("copy");
        copy_context(&before, &original, &copy).unwrap();
        // All but the ignored file, whose absence is not counted.
        assert_eq!(taken(&copy).entries(), before.entries());
        assert!(!copy.join("left-out").exists());
        make_removable(&copy);
        fs::remove_dir_all(&copy).unwrap();
        make_removable(&original);
    }

    #[test]
    fn a_dockerfile_is_put_where_the_original_is() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        fs::create_dir_all(root.join("docker")).unwrap();
        for file in ["root/docker/Dockerfile", "Outside"] {
            fs::write(directory.path().join(file), "FROM scratch\n").unwrap();
        }
        fs::write(root.join("docker/Dockerfile.dockerignore"), "docker\n").unwrap();
        fs::write(root.join(".dockerignore"), "other\n").unwrap();
        let put = |file: &Path, name: &str| {
            let source = source::read(&root, Some(file), &[]).unwrap();
            put_dockerfile(&source, "FROM rewritten\n", &directory.path().join(name)).unwrap()
        };
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        let inside = put(&root.join("docker/Dockerfile"), "inside");
        assert_eq!(inside.dockerfile, inside.context.join("docker/Dockerfile"));
        assert_eq!(read(&inside.dockerfile), "FROM rewritten\n");
        let ignore_file = inside.context.join("docker/Dockerfile.dockerignore");
        assert_eq!(read(&ignore_file), "docker\n");
        let outside = put(&directory.path().join("Outside"), "outside");
        assert!(!outside.dockerfile.starts_with(&outside.context), "{outside:?}");
        assert_eq!(read(&outside.context.join(".dockerignore")), "other\n");
        // What the user has stays as it is.
        assert_eq!(read(&root.join("docker/Dockerfile")), "FROM scratch\n");
    }

    #[test]
    fn a_bare_name_in_the_contexts_root_is_inside() {
        let directory = tempfile::tempdir().unwrap();
        let text = "FROM scratch\n";
        fs::write(directory.path().join("Dockerfile"), text).unwrap();
        let mut source = source::read(directory.path(), None, &[]).unwrap();
        source.path = Some(PathBuf::from("Dockerfile"));
        source.root = Path::new(".").canonicalize().unwrap();
        let put = put_dockerfile(&source, text, directory.path()).unwrap();
        assert_eq!(put.dockerfile, directory.path().join("Dockerfile"));
    }

    #[test]
    fn an_edit_leaves_other_names_of_a_file_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("a"), "old").unwrap();
        fs::set_permissions(path("a"), Permissions::from_mode(0o640)).unwrap();
        fs::hard_link(path("a"), path("b")).unwrap();
        overwrite(directory.path(), &ContextPath::new("a"), b"new").unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"new");
        assert_eq!(fs::read(path("b")).unwrap(), b"old");
        assert_eq!(fs::metadata(path("a")).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
