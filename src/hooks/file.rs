//! The hook's file: what is there, and the few ways in which it is changed.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::HookError;
use super::script::{self, Author};

/// More than any hook that smartbuild ever wrote.
const LARGEST: u64 = 64 * 1024;

/// What everyone may do with a hook: git runs it only where it can be run.
const MODE: u32 = 0o755;

/// What stands at the hook's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A hook that smartbuild wrote, and its text.
    Ours(Vec<u8>),
    /// A hook that smartbuild wrote and somebody edited.
    Edited,
    /// Another hook, or a link to one.
    Foreign,
}

/// What is at the hook's name.
pub(super) fn find(hook: &Path) -> Result<Found, HookError> {
    let Some(about) = metadata(hook)? else { return Ok(Found::Nothing) };
    // A link is never ours, wherever it leads: what it leads to may be another repository's.
    if about.is_symlink() {
        return Ok(Found::Foreign);
    }
    if !about.is_file() {
        return Err(HookError::NoFile { hook: hook.to_owned() });
    }
    if about.len() > LARGEST {
        return Ok(Found::Foreign);
    }
    let mut text = Vec::new();
    let read = File::open(hook).and_then(|file| file.take(LARGEST).read_to_end(&mut text));
    read.map_err(failed("read", hook))?;
    Ok(match script::author(&text) {
        Author::Smartbuild => Found::Ours(text),
        Author::Edited => Found::Edited,
        Author::Other => Found::Foreign,
    })
}

/// Whether anything has this name.
pub(super) fn exists(path: &Path) -> Result<bool, HookError> {
    metadata(path).map(|about| about.is_some())
}

/// Gives a hook a second name, so that it is never without one.
pub(super) fn keep(hook: &Path, kept: &Path) -> Result<(), HookError> {
    if let Some(old) = metadata(kept)? {
        let is_same =
            metadata(hook)?.is_some_and(|hook| (hook.dev(), hook.ino()) == (old.dev(), old.ino()));
        if is_same {
            // An installation was broken off here.
            return Ok(());
        }
        return Err(HookError::TwoHooks { hook: hook.to_owned(), kept: kept.to_owned() });
    }
    match fs::hard_link(hook, kept) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(HookError::TwoHooks { hook: hook.to_owned(), kept: kept.to_owned() })
        }
        // Not every file system knows second names.
        Err(_) => fs::rename(hook, kept).map_err(failed("rename", hook)),
    }
}

/// Writes the hook whole, in place of what has its name.
pub(super) fn write(hook: &Path, text: &[u8]) -> Result<(), HookError> {
    let mut name = hook.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = Path::new(&name);
    let written = write_new(new, text).and_then(|()| fs::rename(new, hook));
    if written.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(new);
    }
    written.map_err(failed("write", hook))
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(MODE).open(path)?;
    file.write_all(text)?;
    // The mask of the user may have taken a bit away.
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.sync_all()
}

/// Gives the hook back the bits that git asks for.
pub(super) fn make_executable(hook: &Path) -> Result<(), HookError> {
    let Some(about) = metadata(hook)? else { return Ok(()) };
    if about.mode() & 0o111 == 0o111 {
        return Ok(());
    }
    fs::set_permissions(hook, Permissions::from_mode(MODE)).map_err(failed("make runnable", hook))
}

/// Puts the kept hook back to its place.
pub(super) fn restore(kept: &Path, hook: &Path) -> Result<(), HookError> {
    fs::rename(kept, hook).map_err(failed("restore", hook))
}

/// Removes the hook.
pub(super) fn remove(hook: &Path) -> Result<(), HookError> {
    fs::remove_file(hook).map_err(failed("remove", hook))
}

fn metadata(path: &Path) -> Result<Option<fs::Metadata>, HookError> {
    match path.symlink_metadata() {
        Ok(about) => Ok(Some(about)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("look at", path)(error)),
    }
}

pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HookError {
    let path = path.to_owned();
    move |source| HookError::File { action, path, source }
}
