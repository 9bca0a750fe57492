//! What Poetry does: `poetry install`, `poetry sync` and `poetry config`.
//!
//! It reads the project's manifest, the lock file beside it and `poetry.toml`, and installs into
//! `.venv` of the project where that is there or asked for. Without `--no-root` it installs the
//! project itself too, unless that is no package.

mod arguments;
mod habits;

use toml::{Table, Value};

use super::python::{self, Document};
use super::{Command, Habits, Install, Needs, Tool, View};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::types::Risk;

const INSTALL: &str = "poetry install";
const SYNC: &str = "poetry sync";

/// The environment that Poetry uses in a project.
const ENVIRONMENT: &str = ".venv";

/// Settings of the tool's table that are about building the project, or about its page.
const HARMLESS_SETTINGS: &[&str] = &[
    "build",
    "classifiers",
    "description",
    "documentation",
    "exclude",
    "homepage",
    "include",
    "license",
    "packages",
    "plugins",
    "readme",
    "scripts",
    "urls",
];

/// Poetry.
#[derive(Debug)]
pub(in crate::optimize) struct Poetry;

impl Tool for Poetry {
    fn name(&self) -> &'static str {
        "poetry"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        ["pyproject.toml", "poetry.lock", "poetry.toml"].contains(&name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.contains("poetry")
            && ["install", "sync"].iter().any(|command| text.contains(&format!(" {command}")))
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let document = python::project(view, needs)?;
        python::take_upwards(view, python::READ_UPWARDS, needs)?;
        if let Some(manifest) =
            python::take_if_there(view, &view.directory.join("poetry.toml"), needs)?
        {
            check_configuration(&Document::parse(&manifest)?)?;
        }
        take_license(&document, view, needs)?;
        let without_directories = install.has(&["--no-directory"]);
        if without_directories {
            // Early versions open such a directory all the same.
            needs.risk = Risk::Verify;
        }
        if !install.has(&["--no-root"]) {
            check_root(install, &document, needs)?;
        }
        if document.at(&["tool", "poetry", "requires-plugins"]).is_some() {
            return Err(document.not_understood("requires-plugins"));
        }
        check_dependencies(&document, without_directories)?;
        let lock = python::take_if_there(view, &view.directory.join("poetry.lock"), needs)?;
        if let Some(lock) = lock {
            check_lock(&Document::parse(&lock)?, without_directories)?;
        }
        needs.written.push(view.directory.join(ENVIRONMENT));
        Ok(())
    }

    fn environments(&self) -> &'static [&'static str] {
        &[ENVIRONMENT]
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        // Where it keeps the plugins of a project.
        python::refuse_copied(install, around, &[".poetry"])?;
        python::check(install, around)
    }
}

/// Refuses settings that lead to other directories.
fn check_configuration(document: &Document) -> Result<(), Reason> {
    let leading: [&[&str]; 6] = [
        &["cache-dir"],
        &["certificates"],
        &["data-dir"],
        &["python"],
        &["repositories"],
        &["virtualenvs", "path"],
    ];
    match leading.iter().find(|keys| document.at(keys).is_some()) {
        Some(keys) => Err(document.not_understood(keys.join("."))),
        None => Ok(()),
    }
}

/// Adds the licence that the manifest names as a file, which is read whatever is installed.
fn take_license(document: &Document, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    let file = document.at(&["project", "license", "file"]).and_then(Value::as_str);
    if let Some(file) = file {
        python::take_if_there(view, &view.directory.join(file), needs)?;
    }
    Ok(())
}

/// Refuses a project that is a package.
fn check_root(install: &Install, document: &Document, needs: &mut Needs) -> Result<(), Reason> {
    if document.flag(&["tool", "poetry", "package-mode"]) != Some(false) {
        let (said, place) = (install.said, document.place());
        return Err(Reason::Project { said, place, option: "--no-root" });
    }
    // Versions before 1.8 do not know the setting and install the project.
    needs.risk = Risk::Verify;
    Ok(())
}

/// Refuses what the project depends on in files of its own.
fn check_dependencies(document: &Document, without_directories: bool) -> Result<(), Reason> {
    for keys in [
        &["project", "dependencies"][..],
        &["project", "optional-dependencies"],
        &["dependency-groups"],
    ] {
        python::check_requirements(document, keys)?;
    }
    let is_left_out = |table: &Table| without_directories && table.contains_key("path");
    python::check_settings(document, &["tool", "poetry"], HARMLESS_SETTINGS, &is_left_out)
}

/// Refuses packages of the lock file that come from files of the project.
fn check_lock(lock: &Document, without_directories: bool) -> Result<(), Reason> {
    for package in lock.tables("package") {
        let Some(source) = package.get("source") else { continue };
        let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
        let (kind, address) = (text("type"), text("url"));
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        let said = || format!("{name}: {kind} {address}");
        let is_remote = match kind {
            "directory" => without_directories,
            "file" => false,
            "git" | "url" | "legacy" | "" => !python::is_local(address),
            _ => return Err(lock.not_understood(said())),
        };
        if !is_remote {
            return Err(lock.needs_sources(said()));
        }
    }
    Ok(())
}
