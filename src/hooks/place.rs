//! Where the hook of a repository is.

use std::fs;
use std::path::PathBuf;

use super::HookError;
use super::script::{KEPT, LINKS, NAME, OLD_LINKS};
use crate::context::git::{HooksPlace, HooksSetting, Repository};

/// The files that installing and removing are about.
#[derive(Debug)]
pub(super) struct Place {
    /// The hook that git runs.
    pub(super) hook: PathBuf,
    /// The hook that was there before.
    pub(super) kept: PathBuf,
    /// The directory in which that one has its own name; `None` where the way up from there would
    /// lead elsewhere than from the hooks.
    pub(super) links: Option<PathBuf>,
    /// Where earlier versions had it.
    pub(super) old_links: PathBuf,
    /// What says that hooks are there.
    pub(super) setting: HooksSetting,
    /// Whose their directory is.
    pub(super) whose: HooksPlace,
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
        let [hook, kept, old_links] = [NAME, KEPT, OLD_LINKS].map(|name| directory.join(name));
        let links = directory.file_name().filter(|_| !directory.is_symlink()).map(|name| {
            let mut name = name.to_owned();
            name.push(LINKS);
            directory.with_file_name(name)
        });
        Ok(Self { hook, kept, links, old_links, setting: found.setting, whose: found.place })
    }

    /// Makes the directory where it is not there: `git init` may have left it out.
    pub(super) fn make(&self) -> Result<(), HookError> {
        let Some(directory) = self.hook.parent() else { return Ok(()) };
        fs::create_dir_all(directory)
            .map_err(|source| HookError::Directory { directory: directory.to_owned(), source })
    }
}
