//! What the installs of all tools have in common.

use super::arguments::Line;
use super::package::Package;
use super::project::Project;
use super::scripts::{self, Installed};
use crate::optimize::Reason;
use crate::optimize::tools::view::Manifest;
use crate::optimize::tools::{Install, View};

/// The install with the directories of its command line.
pub(super) fn finish(mut install: Install, line: Line) -> Result<Install, Reason> {
    if install.files.is_empty() && line.project.is_some() {
        return Err(Reason::Option {
            tool: install.tool.name(),
            text: line.project.unwrap_or_default(),
        });
    }
    install.directories = line.directories;
    Ok(install)
}

/// Whether the command forbids all scripts.
pub(super) fn ignores_scripts(install: &Install) -> bool {
    install.has(&["--ignore-scripts"])
}

/// Whether the command or a variable may take back what a file says of scripts.
pub(super) fn decides_on_scripts(install: &Install, view: &View<'_>) -> bool {
    let own = install.environment.iter().map(|(name, _)| &**name);
    let mut names = view.environment.iter().map(|(name, _)| *name).chain(own);
    install.words.iter().any(|word| word.starts_with("--ignore-scripts="))
        || names.any(|name| name.eq_ignore_ascii_case("NPM_CONFIG_IGNORE_SCRIPTS"))
}

/// Adds the lock files that are there.
pub(super) fn locks(
    project: &mut Project<'_, '_>,
    names: &[&str],
) -> Result<Vec<Manifest>, Reason> {
    let mut found = Vec::new();
    for name in names {
        found.extend(project.add_if_there(&project.place(name))?);
    }
    Ok(found)
}

/// The package.json of the project and of all its workspaces, followed.
pub(super) fn with_workspaces(
    project: &mut Project<'_, '_>,
    root: Package,
) -> Result<Vec<Package>, Reason> {
    let workspaces = project.workspaces(&root.workspaces())?;
    followed(project, root, workspaces)
}

/// All packages of a project, the first one its own, with what they depend on.
pub(super) fn followed(
    project: &mut Project<'_, '_>,
    root: Package,
    workspaces: Vec<Package>,
) -> Result<Vec<Package>, Reason> {
    root.follow(project)?;
    for workspace in &workspaces {
        workspace.check_workspace()?;
        workspace.follow(project)?;
    }
    Ok([root].into_iter().chain(workspaces).collect())
}

/// What is to be said of the scripts of the project and of what it installs.
pub(super) fn run_scripts(
    project: &mut Project<'_, '_>,
    packages: &[Package],
    events: &[&str],
    installed: &Installed<'_>,
) -> Result<(), Reason> {
    for package in packages {
        scripts::check_project(project, package, events)?;
    }
    let packages: Vec<&Package> = packages.iter().collect();
    scripts::check_packages(project, &packages, installed)
}
