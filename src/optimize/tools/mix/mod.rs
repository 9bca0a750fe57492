//! What Mix does to a project's packages: `mix deps.get` and `mix deps.compile`.
//!
//! It runs `mix.exs`, those of the packages that lie in the project, and `config/config.exs` with
//! what that imports; not `config/runtime.exs`. A package that lies in the project is compiled with
//! the others, so `deps.compile` needs its sources unless it is told to leave it out. A script that
//! reads files or starts programs refuses; as it is a program, both images are compared all the
//! same.

mod arguments;
mod habits;
mod scripts;

use std::collections::BTreeSet;

use super::{Command, Habits, Install, Needs, Tool, View, is_program};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::types::Risk;

use scripts::{Imported, Project};

/// Mix.
#[derive(Debug)]
pub(in crate::optimize) struct Mix;

/// More directories than there should be COPY lines for.
const DIRECTORIES: usize = 40;

/// The configuration that only a release reads.
const RUNTIME: &[u8] = b"runtime.exs";

impl Tool for Mix {
    fn name(&self) -> &'static str {
        "mix"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        matches!(name, "mix.exs" | "mix.lock" | "config.exs")
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.split(['&', ';', '|', '\n']).any(|command| {
            let mut words = command.split_whitespace();
            words.any(|word| is_program(word, "mix")) && words.any(arguments::is_of_packages)
        })
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        needs.risk = Risk::Verify;
        if install.files.is_empty() {
            return Ok(());
        }
        let mut open = vec![view.directory.clone()];
        let mut seen = BTreeSet::new();
        while let Some(directory) = open.pop() {
            if !seen.insert(directory.clone()) {
                continue;
            }
            let is_root = directory == view.directory;
            let project = project(view, needs, &directory, is_root)?;
            config(install, view, needs, &directory)?;
            if let Some(apps) = &project.apps {
                let place = image_path(&directory, apps.as_bytes());
                open.extend(apps_below(view, &place));
                let leaves_out = install.has(&["--skip-umbrella-apps"]);
                if install.has(&["deps.compile"]) && !leaves_out {
                    return Err(sources(needs, &directory, &format!("apps_path: \"{apps}\"")));
                }
            }
            for path in &project.paths {
                let place = image_path(&directory, path.as_bytes());
                if view.landing.places().all(|(brought, _)| !brought.starts_with(&place)) {
                    // It is no package, or is not there for either order.
                    continue;
                }
                let leaves_out = install.has(&["--skip-local-deps"]);
                let is_mix = !view.landing.at(&place.join("mix.exs")).is_empty();
                if !is_mix || install.has(&["deps.compile"]) && !leaves_out {
                    return Err(sources(needs, &directory, &format!("path: \"{path}\"")));
                }
                open.push(place);
            }
        }
        if seen.len() > DIRECTORIES {
            return Err(Reason::Scattered(seen.len()));
        }
        view.note_file(&view.directory.join("mix.lock"), needs)?;
        if !install.has(&["--check-locked"]) {
            needs.written.push(view.directory.join("mix.lock"));
        }
        needs.written.extend(["deps", "_build"].map(|name| view.directory.join(name)));
        Ok(())
    }
}

fn sources(needs: &Needs, directory: &ContextPath, text: &str) -> Reason {
    let script = directory.join("mix.exs");
    let place = needs.manifests.get(&script).unwrap_or(&script).to_string();
    Reason::NeedsSources { place, text: text.to_owned() }
}

/// Adds `mix.exs` of a directory and the files that it reads.
fn project(
    view: &View<'_>,
    needs: &mut Needs,
    directory: &ContextPath,
    is_root: bool,
) -> Result<Project, Reason> {
    let script = directory.join("mix.exs");
    let text = view.require(&script, needs)?;
    let source = needs.manifests[&script].to_string();
    let project = scripts::project(&source, &text, is_root)?;
    for file in &project.files {
        view.require(&image_path(directory, file.as_bytes()), needs)?;
    }
    Ok(project)
}

/// The directories of projects right below one.
fn apps_below(view: &View<'_>, apps: &ContextPath) -> Vec<ContextPath> {
    let scripts = view.landing.iter().filter(|(place, _)| place.file_name() == Some(b"mix.exs"));
    let directories = scripts.filter_map(|(place, _)| place.parent());
    directories.filter(|directory| directory.parent().as_ref() == Some(apps)).collect()
}

/// Adds `config/config.exs` and what it imports.
fn config(
    install: &Install,
    view: &View<'_>,
    needs: &mut Needs,
    directory: &ContextPath,
) -> Result<(), Reason> {
    let own = install.environment.iter().rev().find(|(name, _)| name == "MIX_ENV");
    let inherited = || view.environment.iter().rev().find(|(name, _)| *name == "MIX_ENV");
    let mode = own.map(|(_, value)| &**value).or_else(|| inherited().map(|(_, value)| *value));
    let mut open = vec![directory.join("config/config.exs")];
    while let Some(place) = open.pop() {
        if needs.manifests.contains_key(&place) {
            continue;
        }
        let Some(text) = view.note(&place, needs)? else { continue };
        let source = needs.manifests[&place].to_string();
        for imported in scripts::imports(&source, &text)? {
            let around = place.parent().unwrap_or_default();
            match (imported, mode) {
                (Imported::File(file), _) => open.push(image_path(&around, file.as_bytes())),
                (Imported::OfMode, Some(mode)) => open.push(around.join(format!("{mode}.exs"))),
                // Any of them may be imported.
                (Imported::OfMode | Imported::Several, _) => {
                    let all = view.landing.iter().map(|(place, _)| place);
                    open.extend(all.filter(|place| is_config(place)).cloned());
                }
            }
        }
    }
    Ok(())
}

fn is_config(place: &ContextPath) -> bool {
    let is_in = place.parent().is_some_and(|above| above.file_name() == Some(b"config"));
    let name = place.file_name().unwrap_or_default();
    is_in && name.ends_with(b".exs") && name != RUNTIME
}
