//! `smartbuild hook`: git's pre-commit hook.

use std::path::Path;

use super::args::{HookAction, HookArgs};
use super::environment::Environment;
use super::failure::Failure;
use super::repository::of_this_directory;
use super::ui::Ui;
use crate::context::git::{GitOptions, HooksPlace, HooksSetting, Repository};
use crate::hooks::{self, Installed, Removed};
use crate::report::escape::text;

/// Installs the hook or removes it, in the repository of the current directory.
pub(super) fn run(args: HookArgs, environment: &Environment, ui: &mut Ui) -> Result<(), Failure> {
    let repository = of_this_directory(environment, &GitOptions::default())?;
    match args.action {
        HookAction::Install => install(&repository, ui),
        HookAction::Remove => remove(&repository, ui),
    }
}

fn install(repository: &Repository, ui: &mut Ui) -> Result<(), Failure> {
    // Where this program is cannot always be told; then only the path counts.
    let program = std::env::current_exe().ok();
    let Installed { hook, kept, was_there, setting, place } =
        hooks::install(repository, program.as_deref())?;
    let done = if was_there { "there already" } else { "installed" };
    let mut told =
        format!("{done}: {} runs `smartbuild impact --staged` before each commit\n", shown(&hook));
    if let Some(kept) = kept {
        told.extend(["the hook that was there before runs first: ", &shown(&kept), "\n"]);
    }
    ui.result(&told)?;
    if let Some(warning) = warning(setting, place) {
        ui.warning(warning)?;
    }
    Ok(())
}

/// Who else has the hook.
fn warning(setting: HooksSetting, place: HooksPlace) -> Option<&'static str> {
    match (setting, place) {
        (HooksSetting::Shared, _) => Some(
            "your own core.hooksPath names this directory, so that the hook runs in all of your \
             repositories; `git config core.hooksPath \"$(git rev-parse --git-common-dir)/hooks\"` \
             gives this one hooks of its own",
        ),
        (_, HooksPlace::Repository) => None,
        (_, HooksPlace::WorkingTree) => Some(
            "core.hooksPath names a directory of the working tree: where its files are committed, \
             everybody gets the hook, and with it the path of your own program; leave it out of \
             commits, or write `smartbuild impact --staged` into the hook that is there",
        ),
        (_, HooksPlace::Elsewhere) => Some(
            "core.hooksPath names a directory outside of this repository, so that the hook runs in \
             every repository that names it",
        ),
    }
}

fn remove(repository: &Repository, ui: &mut Ui) -> Result<(), Failure> {
    let told = match hooks::remove(repository)? {
        Removed::Nothing { hook } => {
            format!("nothing to remove: there is no {}\n", shown(&hook))
        }
        Removed::Hook { hook, is_restored: false } => format!("removed: {}\n", shown(&hook)),
        Removed::Hook { hook, is_restored: true } => {
            format!("removed, and the hook from before is there again: {}\n", shown(&hook))
        }
    };
    ui.result(&told)?;
    Ok(())
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    text(&path.display().to_string()).into_owned()
}
