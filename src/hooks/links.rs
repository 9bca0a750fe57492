//! The directory in which the kept hook is called as it always was.
//!
//! It lies beside the directory of the hooks and has nothing but links: to the kept hook by the name
//! of the hook, and to what lies beside the hook by its own name. So `basename "$0"`, files beside
//! `$0` and what lies above them are as the hook knows them.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::HookError;
use super::file::failed;
use super::place::Place;
use super::script::{KEPT, NAME, OLD_LINKS};

/// Of more files beside a hook none are looked for.
const MOST: usize = 1_000;

/// Makes the directory, or brings it up to date. Where none can be made the hook runs as it is kept.
pub(super) fn make(place: &Place) -> Result<(), HookError> {
    remove(place)?;
    let Some((links, hooks)) = place.links.as_deref().zip(place.hook.parent()) else {
        return Ok(());
    };
    let is_made = fs::create_dir(links);
    if is_made.is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        return Ok(());
    }
    let mut targets = vec![(OsStr::new(NAME).to_owned(), OsStr::new(KEPT).to_owned())];
    let entries = fs::read_dir(hooks).map_err(failed("look at", hooks))?;
    for entry in entries.flatten().take(MOST) {
        let name = entry.file_name();
        let is_sample = Path::new(&name).extension().is_some_and(|it| it == "sample");
        if !is_sample && ![NAME, KEPT, OLD_LINKS].iter().any(|own| name == *own) {
            targets.push((name.clone(), name));
        }
    }
    for (name, target) in targets {
        match symlink(beside(hooks, &target), links.join(name)) {
            // Somebody's own file stays; a file system without links has the hook run as it is kept.
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Whether there is one of the kept hook: smartbuild kept it then.
pub(super) fn are_there(place: &Place) -> bool {
    let is_of_kept = |(links, up): (&Path, PathBuf)| {
        fs::read_link(links.join(NAME)).is_ok_and(|target| target == up.join(KEPT))
    };
    directories(place).into_iter().any(is_of_kept)
}

/// Takes the links away, and the directory where nothing else is in it.
pub(super) fn remove(place: &Place) -> Result<(), HookError> {
    for (links, up) in directories(place) {
        let entries = match fs::read_dir(links) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("look at", links)(error)),
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let own = if name == NAME { up.join(KEPT) } else { up.join(&name) };
            if fs::read_link(entry.path()).is_ok_and(|target| target == own) {
                fs::remove_file(entry.path()).map_err(failed("remove", &entry.path()))?;
            }
        }
        // What somebody else put there stays.
        let _ = fs::remove_dir(links);
    }
    Ok(())
}

/// Where links are or were, and the way from there to the hooks.
fn directories(place: &Place) -> Vec<(&Path, PathBuf)> {
    let old = (&*place.old_links, PathBuf::from(".."));
    let hooks = place.hook.parent().unwrap_or(Path::new("."));
    let new = place.links.as_deref().map(|links| (links, beside(hooks, OsStr::new(""))));
    new.into_iter().chain([old]).collect()
}

/// The path of what lies among the hooks, from the directory beside them.
fn beside(hooks: &Path, name: &OsStr) -> PathBuf {
    Path::new("..").join(hooks.file_name().unwrap_or_default()).join(name)
}
