//! What uv does: `uv sync`, `uv pip install`, `uv pip sync` and `uv venv`.
//!
//! The rules are those of uv's documentation and of what it opens when it runs. It looks for a
//! project's manifest, its settings and the wanted version of Python in the working directory and
//! in all above it. A project with packages of its own (a workspace) has one lock file and one
//! environment, in the directory of its root.

mod arguments;
mod habits;
mod lock;
mod workspace;

use super::pip::requirement_file;
use super::python::{self, Document};
use super::{Command, Habits, Install, Needs, Tool, View};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::types::Risk;
use workspace::Workspace;

const SYNC: &str = "uv sync";
const PIP_INSTALL: &str = "uv pip install";
const PIP_SYNC: &str = "uv pip sync";
const VENV: &str = "uv venv";

/// The environment that uv makes in a project.
const ENVIRONMENT: &str = ".venv";

/// Settings of the tool's table that name no file which an install of the packages reads.
const HARMLESS_SETTINGS: &[&str] = &["workspace", "build-backend", "cache-keys"];

/// uv.
#[derive(Debug)]
pub(in crate::optimize) struct Uv;

impl Tool for Uv {
    fn name(&self) -> &'static str {
        "uv"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        ["pyproject.toml", "uv.lock", "uv.toml", ".python-version"].contains(&name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.contains("uv sync")
            || text.contains("uv pip sync")
            || text.contains("uv pip install") && (text.contains("-r") || text.contains("r "))
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        settings(view, needs)?;
        match install.said {
            SYNC => sync(install, view, needs)?,
            PIP_INSTALL | PIP_SYNC => requirements(install, view, needs)?,
            _ => {}
        }
        let mut directory = Some(view.directory.clone());
        while let Some(current) = directory {
            needs.written.push(current.join(ENVIRONMENT));
            directory = current.parent();
        }
        Ok(())
    }

    fn environments(&self) -> &'static [&'static str] {
        &[ENVIRONMENT]
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        python::check(install, around)
    }
}

/// Adds the files with settings of uv, which may not lead it to other files.
fn settings(view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    python::take_upwards(view, python::READ_UPWARDS, needs)?;
    for (_, manifest) in python::take_upwards(view, &["uv.toml", "pyproject.toml"], needs)? {
        let document = Document::parse(&manifest)?;
        let is_own = manifest.source.file_name() == Some(b"uv.toml");
        for key in ["cache-dir", "find-links", "index", "index-url", "extra-index-url", "pip"] {
            let keys: &[&str] = if is_own { &[key] } else { &["tool", "uv", key] };
            if let Some(value) = document.at(keys) {
                check_setting(&document, key, value)?;
            }
        }
    }
    Ok(())
}

/// Refuses a setting with a path in it. The name of an index or a choice has no slash.
fn check_setting(document: &Document, key: &str, value: &toml::Value) -> Result<(), Reason> {
    let mut open = vec![value];
    while let Some(next) = open.pop() {
        match next {
            toml::Value::Array(items) => open.extend(items),
            toml::Value::Table(table) => open.extend(table.values()),
            toml::Value::String(text) => {
                let is_path = text.contains(['/', '\\']) || text.starts_with('.');
                if key == "cache-dir" || is_path && !super::is_remote_address(text) {
                    return Err(document.needs_sources(format!("{key} = {value}")));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn sync(install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    let document = python::project(view, needs)?;
    let workspace = Workspace::of(view, document, needs)?;
    let is_fixed = install.has(&["--frozen", "--locked"]);
    let place = workspace.root.join("uv.lock");
    let lock = if is_fixed {
        Some(python::take(view, &place, needs)?)
    } else {
        python::take_if_there(view, &place, needs)?
    };
    let covered = lock::Covered::by(install);
    let is_frozen = install.has(&["--frozen"]);
    for document in workspace.documents() {
        check_dependencies(document, covered.local && is_frozen)?;
        if is_frozen {
            continue;
        }
        check_dynamic(document)?;
        if !document.dynamic().is_empty() {
            // Early versions build a package to learn its version.
            needs.risk = Risk::Verify;
        }
    }
    workspace.check_project(covered)?;
    match lock {
        Some(lock) => lock::check(&lock, &workspace, covered)?,
        // The root may be in a directory above that an earlier step filled.
        None => needs.risk = Risk::Verify,
    }
    if !is_fixed {
        needs.written.push(place);
    }
    Ok(())
}

/// Refuses a project whose build says what it depends on.
fn check_dynamic(document: &Document) -> Result<(), Reason> {
    let builds = ["dependencies", "optional-dependencies"];
    match document.dynamic().iter().find(|field| builds.contains(*field)) {
        Some(field) => Err(document.needs_sources(format!("dynamic: {field}"))),
        None => Ok(()),
    }
}

/// Refuses what a project depends on in files of its own, where that is not left out.
fn check_dependencies(document: &Document, is_left_out: bool) -> Result<(), Reason> {
    for keys in [
        &["project", "dependencies"][..],
        &["project", "optional-dependencies"],
        &["dependency-groups"],
        &["tool", "uv", "dev-dependencies"],
        &["tool", "uv", "override-dependencies"],
        &["tool", "uv", "constraint-dependencies"],
        &["tool", "uv", "build-constraint-dependencies"],
    ] {
        python::check_requirements(document, keys)?;
    }
    python::check_settings(document, &["tool", "uv"], HARMLESS_SETTINGS, &|table| {
        is_left_out && table.contains_key("path")
    })
}

/// The files of `uv pip install` and `uv pip sync`: requirement files, and projects of which only
/// the dependencies are installed.
fn requirements(install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    for file in &install.files {
        let place = image_path(&view.directory, file.as_bytes());
        if place.file_name() == Some(b"pyproject.toml") {
            requirements_of_project(view, &place, needs)?;
        } else {
            let read = |file: &ContextPath| view.file(file);
            requirement_file::follow(&place, &read, &mut needs.manifests)?;
        }
    }
    Ok(())
}

fn requirements_of_project(
    view: &View<'_>,
    place: &ContextPath,
    needs: &mut Needs,
) -> Result<(), Reason> {
    let document = Document::parse(&python::take(view, place, needs)?)?;
    if document.at(&["project"]).is_none() {
        return Err(document.needs_sources("no [project]"));
    }
    check_dynamic(&document)?;
    check_dependencies(&document, false)?;
    match workspace::member_source(&document) {
        Some(name) => Err(document.needs_sources(format!("{name} = {{ workspace = true }}"))),
        None => Ok(()),
    }
}
