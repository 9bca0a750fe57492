//! The directory in which the kept hook is called as it always was.
//!
//! It has nothing but links: to the kept hook by the name of the hook, and to what lies beside the
//! hook by its own name. So both `basename "$0"` and files beside `$0` are as the hook knows them.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::HookError;
use super::file::failed;
use super::place::Place;
use super::script::{KEPT, LINKS, NAME};

/// Of more files beside a hook none are looked for.
const MOST: usize = 1_000;

/// Makes the directory, or brings it up to date.
pub(super) fn make(place: &Place) -> Result<(), HookError> {
    remove(place)?;
    match fs::create_dir(&place.links) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("make", &place.links)(error));
        }
        _ => {}
    }
    let mut targets = vec![(OsStr::new(NAME).to_owned(), OsStr::new(KEPT).to_owned())];
    let beside = place.hook.parent().unwrap_or(Path::new("."));
    let entries = fs::read_dir(beside).map_err(failed("look at", beside))?;
    for entry in entries.flatten().take(MOST) {
        let name = entry.file_name();
        let is_sample = Path::new(&name).extension().is_some_and(|it| it == "sample");
        if !is_sample && ![NAME, KEPT, LINKS].iter().any(|own| name == *own) {
            targets.push((name.clone(), name));
        }
    }
    for (name, target) in targets {
        match symlink(above(&target), place.links.join(name)) {
            // Somebody's own file stays; a file system without links has the hook run as it is kept.
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Takes the links away, and the directory where nothing else is in it.
pub(super) fn remove(place: &Place) -> Result<(), HookError> {
    let entries = match fs::read_dir(&place.links) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("look at", &place.links)(error)),
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let own = if name == NAME { above(OsStr::new(KEPT)) } else { above(&name) };
        if fs::read_link(entry.path()).is_ok_and(|target| target == own) {
            fs::remove_file(entry.path()).map_err(failed("remove", &entry.path()))?;
        }
    }
    // What somebody else put there stays.
    let _ = fs::remove_dir(&place.links);
    Ok(())
}

fn above(name: &OsStr) -> PathBuf {
    Path::new("..").join(name)
}
