//! Git's pre-commit hook: how it comes into a repository, and how it leaves.
//!
//! In: a repository. Out: one file, where git looks for it (`core.hooksPath`, or beside the
//! repository's own files), that runs `smartbuild impact --staged` before each commit. A hook that
//! was there is kept beside it and runs first; [`remove`] puts it back as it was. What
//! smartbuild did not write, or what somebody edited since, is never overwritten or removed.
//!
//! At every moment git finds one whole hook: the new one takes the place of the old one in a
//! single renaming. Doing the same again changes nothing.

mod error;
mod file;
mod links;
mod place;
mod script;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::context::git::{HooksPlace, HooksSetting, Repository};

pub use error::HookError;

use file::Found;
use place::Place;

/// What [`install`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The hook.
    pub hook: PathBuf,
    /// The hook that was there before, which runs first.
    pub kept: Option<PathBuf>,
    /// Whether it was there already, just as it is now.
    pub was_there: bool,
    /// What says that hooks are there.
    pub setting: HooksSetting,
    /// Whose their directory is.
    pub place: HooksPlace,
}

/// What [`remove`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// There was nothing to remove.
    Nothing {
        /// Where it would be.
        hook: PathBuf,
    },
    /// It is gone.
    Hook {
        /// Where it was.
        hook: PathBuf,
        /// Whether the hook that had been there before is there again.
        is_restored: bool,
    },
}

/// Has git run `smartbuild impact --staged` before each commit. `program` is tried where no
/// `smartbuild` is in the path of whoever commits.
pub fn install(repository: &Repository, program: Option<&Path>) -> Result<Installed, HookError> {
    let place = Place::of(repository)?;
    place.make()?;
    let found = file::find(&place.hook)?;
    let is_chained = match &found {
        Found::Edited => return Err(HookError::Edited { hook: place.hook }),
        Found::Ours(old) => script::is_chained(old) && file::exists(&place.kept)?,
        Found::Foreign => true,
        Found::Nothing => match file::exists(&place.kept)? {
            true if !links::are_there(&place) => {
                return Err(HookError::Stray { hook: place.hook, kept: place.kept });
            }
            is_kept => is_kept,
        },
    };
    let text = script::text(program, is_chained);
    let was_there = matches!(&found, Found::Ours(old) if *old == text);
    if was_there {
        file::make_executable(&place.hook)?;
    } else {
        if found == Found::Foreign {
            file::keep(&place.hook, &place.kept)?;
        }
        file::write(&place.hook, &text)?;
    }
    if is_chained {
        links::make(&place)?;
    }
    let kept = is_chained.then(|| place.kept.clone());
    let Place { hook, setting, whose: place, .. } = place;
    Ok(Installed { hook, kept, was_there, setting, place })
}

/// Takes the hook away, and puts back the one that it was chained to.
pub fn remove(repository: &Repository) -> Result<Removed, HookError> {
    let place = Place::of(repository)?;
    let found = file::find(&place.hook)?;
    let is_ours = match &found {
        Found::Ours(text) => script::is_chained(text),
        _ => links::are_there(&place),
    };
    let is_kept = is_ours && file::exists(&place.kept)?;
    match found {
        Found::Edited => Err(HookError::Edited { hook: place.hook }),
        Found::Foreign => Err(HookError::Foreign { hook: place.hook }),
        Found::Nothing if !is_kept => Ok(Removed::Nothing { hook: place.hook }),
        Found::Ours(_) | Found::Nothing => {
            if is_kept {
                links::remove(&place)?;
                file::restore(&place.kept, &place.hook)?;
            } else {
                file::remove(&place.hook)?;
            }
            Ok(Removed::Hook { hook: place.hook, is_restored: is_kept })
        }
    }
}
