//! Where the hook of a repository is.

use std::fs;
use std::path::PathBuf;

use super::HookError;
use super::script::{KEPT, LINKS, NAME};
use crate::context::git::{HooksSetting, Repository};

/// The files that installing and removing are about.
#[derive(Debug)]
pub(super) struct Place {
    /// The hook that git runs.
    pub(super) hook: PathBuf,
    /// The hook that was there before.
    pub(super) kept: PathBuf,
    /// The directory in which that one has its own name.
    pub(super) links: PathBuf,
    /// What says that hooks are there.
    pub(super) setting: HooksSetting,
}

impl Place {
    /// Those of this repository.
    pub(super) fn of(repository: &Repository) -> Result<Self, HookError> {
        let own = repository.git_directory().to_owned();
        if !repository.is_trusted() {
            return Err(HookError::NotTrusted { repository: own });
        }
        if repository.work_tree().is_none() {
            return Err(HookError::Bare { repository: own });
        }
        let found = repository.hooks_directory()?;
        let directory = found.path;
        // Husky writes its directory anew whenever packages are installed.
        if directory.ends_with(".husky/_") {
            return Err(HookError::Husky { directory });
        }
        let [hook, kept, links] = [NAME, KEPT, LINKS].map(|name| directory.join(name));
        Ok(Self { hook, kept, links, setting: found.setting })
    }

    /// Makes the directory where it is not there: `git init` may have left it out.
    pub(super) fn make(&self) -> Result<(), HookError> {
        let Some(directory) = self.hook.parent() else { return Ok(()) };
        fs::create_dir_all(directory)
            .map_err(|source| HookError::Directory { directory: directory.to_owned(), source })
    }
}
