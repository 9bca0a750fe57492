//! `uv.lock`: which of its packages are built from files of the project.

use toml::{Table, Value};

use super::SYNC;
use super::workspace::Workspace;
use crate::optimize::Reason;
use crate::optimize::tools::python::{Document, is_local};
use crate::optimize::tools::view::Manifest;
use crate::optimize::tools::{Install, is_remote_address};

/// What the options leave out of an install.
#[derive(Debug, Clone, Copy)]
pub(super) struct Covered {
    /// The project itself.
    pub(super) project: bool,
    /// All packages of the workspace.
    pub(super) members: bool,
    /// Everything that is not remote.
    pub(super) local: bool,
}

impl Covered {
    /// What an install's options leave out.
    pub(super) fn by(install: &Install) -> Self {
        let local = install.has(&["--no-install-local"]);
        let members = local || install.has(&["--no-install-workspace"]);
        let one = install.has(&["--no-install-project"]) && !install.has(&["--all-packages"]);
        Self { project: members || one, members, local }
    }

    /// The refusal that says which option would leave it out.
    pub(super) fn refusal(self, place: String, option: &'static str) -> Reason {
        let option = if self.project { "--no-install-workspace" } else { option };
        Reason::Project { said: SYNC, place, option }
    }
}

/// Refuses a lock file with packages that are built from files which are not its manifests.
pub(super) fn check(
    manifest: &Manifest,
    workspace: &Workspace,
    covered: Covered,
) -> Result<(), Reason> {
    let lock = Document::parse(manifest)?;
    let members = lock.at(&["manifest", "members"]).and_then(Value::as_array);
    let members: Vec<&str> = members.into_iter().flatten().filter_map(Value::as_str).collect();
    for package in lock.tables("package") {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        let source = package.get("source").and_then(Value::as_table);
        let source = source.ok_or_else(|| lock.not_understood(format!("name = \"{name}\"")))?;
        let said = Value::Table(source.clone()).to_string();
        for (kind, value) in entries(source) {
            let text = || format!("{name}: {said}");
            let is_remote = match kind {
                "virtual" | "subdirectory" => true,
                "registry" => is_remote_address(value),
                "url" | "git" => !is_local(value) && value.contains("://"),
                "editable" | "directory" | "path" => covered.local,
                _ => return Err(lock.not_understood(text())),
            };
            if is_remote {
                continue;
            }
            let is_package = matches!(kind, "editable" | "directory");
            let is_project = is_package && workspace.is_project(value);
            let is_member = is_package && (members.contains(&name) || is_project);
            match (is_project, is_member) {
                (true, _) if covered.project => {}
                (_, true) if covered.members => {}
                (true, _) if !workspace.has_others() => {
                    return Err(covered.refusal(lock.place(), "--no-install-project"));
                }
                (_, true) => return Err(covered.refusal(lock.place(), "--no-install-workspace")),
                _ => return Err(lock.needs_sources(text())),
            }
        }
    }
    Ok(())
}

fn entries(source: &Table) -> impl Iterator<Item = (&str, &str)> {
    source.iter().map(|(kind, value)| (&**kind, value.as_str().unwrap_or_default()))
}
