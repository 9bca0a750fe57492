//! Where git looks for a repository's hooks.

use std::path::{Component, Path, PathBuf};

use gix::config::source::Kind;
use gix::sec::Trust;

use super::store::reason;
use super::{GitError, Repository};

/// The setting that moves the hooks.
const SETTING: &str = "core.hooksPath";

/// The directory whose hooks git runs for a commit in a working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksDirectory {
    /// The directory, which need not be there yet.
    pub path: PathBuf,
    /// What says so.
    pub setting: HooksSetting,
    /// Where it is, as the file system has it.
    pub place: HooksPlace,
}

/// Whose a directory of hooks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HooksPlace {
    /// It is among the repository's own files.
    Repository,
    /// It is in the working tree, where git may track it.
    WorkingTree,
    /// It is elsewhere: other repositories may have the same hooks.
    Elsewhere,
}

/// What decides where the hooks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HooksSetting {
    /// Nothing: they are beside the repository's own files, one set for all its working trees.
    Default,
    /// The repository's own configuration.
    Repository,
    /// The configuration of the user or of the machine: other repositories have the same hooks.
    Shared,
}

impl Repository {
    /// Whether git works with this repository: it does not where the repository belongs to
    /// another user, unless `safe.directory` says otherwise.
    pub fn is_trusted(&self) -> bool {
        self.store.repository.to_thread_local().git_dir_trust() == Trust::Full
    }

    /// The directory that git takes hooks from.
    pub fn hooks_directory(&self) -> Result<HooksDirectory, GitError> {
        let repository = self.store.repository.to_thread_local();
        let common = repository.common_dir();
        // Of a linked working tree it is a way that goes up again.
        let common = if common.components().any(|part| part == Component::ParentDir) {
            full(common)
        } else {
            common.to_owned()
        };
        let default = common.join("hooks");
        let configuration = repository.config_snapshot();
        let Some(source) = source_of_setting(configuration.plumbing()) else {
            let (setting, place) = (HooksSetting::Default, HooksPlace::Repository);
            return Ok(HooksDirectory { path: default, setting, place });
        };
        let setting = match source {
            Kind::GitInstallation | Kind::System | Kind::Global => HooksSetting::Shared,
            Kind::Repository | Kind::Override => HooksSetting::Repository,
        };
        let unusable = |reason| GitError::HooksPath { reason };
        let path = match configuration.trusted_path(SETTING) {
            Ok(Some(path)) => path,
            // Where it is empty, git looks in the root of the file system.
            Ok(None) => {
                let reason = "it is empty, or its file belongs to another user";
                return Err(unusable(reason.to_owned()));
            }
            Err(error) => return Err(unusable(reason(&error))),
        };
        // Git runs hooks in the root of the working tree, and takes the path from there.
        let from = self.work_tree().unwrap_or_else(|| self.git_directory());
        let path = from.join(path);
        let place = if full(&path).starts_with(full(&common)) {
            HooksPlace::Repository
        } else if full(&path).starts_with(full(from)) {
            HooksPlace::WorkingTree
        } else {
            HooksPlace::Elsewhere
        };
        Ok(HooksDirectory { path, setting, place })
    }
}

/// The path without links, as far as it is there.
fn full(path: &Path) -> PathBuf {
    let mut ancestors = path.ancestors();
    let found = ancestors.find_map(|it| Some((it, it.canonicalize().ok()?)));
    match found {
        Some((there, full)) => full.join(path.strip_prefix(there).unwrap_or(Path::new(""))),
        None => path.to_owned(),
    }
}

/// Where the value that counts was written: of several the last one.
fn source_of_setting(configuration: &gix::config::File) -> Option<Kind> {
    let sections = configuration.sections_by_name("core")?;
    let set = sections.filter(|section| {
        section.header().subsection_name().is_none() && section.value("hooksPath").is_some()
    });
    set.last().map(|section| section.meta().source.kind())
}
