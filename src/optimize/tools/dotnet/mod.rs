//! What .NET does: `dotnet restore` and `dotnet tool restore`.
//!
//! It evaluates the project files below the working directory, or the one that it is told, with all
//! that they import, and writes what it found into the `obj` of each. Every file that `MSBuild` may
//! import is copied, whether it is needed or not; what can look at other files refuses (`project`),
//! and so do packages that lie in the context (`nuget`). As a project file is a program, both
//! images are compared all the same.

mod arguments;
mod habits;
mod nuget;
mod project;

use std::collections::BTreeSet;

use super::{Command, Habits, Install, Needs, Tool, View, is_program};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::types::Risk;

/// .NET.
#[derive(Debug)]
pub(super) struct Dotnet;

/// More directories than there should be COPY lines for.
const DIRECTORIES: usize = 40;

/// How the names of files end that `MSBuild` reads.
const READ: &[&str] = &["proj", ".sln", ".slnx", ".slnf", ".props", ".targets", "proj.user"];

/// The list of a project's own tools.
const TOOLS: &str = "dotnet-tools.json";

impl Tool for Dotnet {
    fn name(&self) -> &'static str {
        "dotnet"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        is_read(name.as_bytes()) || name == TOOLS
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.split(['&', ';', '|', '\n']).any(|command| {
            let mut words = command.split_whitespace();
            words.any(|word| is_program(word, "dotnet"))
                && words.find(|word| *word != "tool") == Some("restore")
        })
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        needs.risk = Risk::Verify;
        if arguments::is_of_tools(install) {
            return tools(view, needs);
        }
        // A solution may lead to any project, and a project to any other.
        let is_named = |place: &&ContextPath| place.file_name().is_some_and(is_read);
        let mut places: Vec<ContextPath> =
            view.landing.iter().map(|(place, _)| place).filter(is_named).cloned().collect();
        if let Some(file) = arguments::configuration(install) {
            places.push(image_path(&view.directory, file.as_bytes()));
        }
        let mut directories = BTreeSet::new();
        for place in &places {
            let text = view.require(place, needs)?;
            check(&needs.manifests[place].to_string(), place, &text)?;
            directories.extend(place.parent());
            let is_project = place.as_bytes().ends_with(b"proj");
            if let Some(directory) = place.parent().filter(|_| is_project) {
                needs.written.push(directory.join("obj"));
                needs.written.push(directory.join("packages.lock.json"));
            }
        }
        if directories.len() > DIRECTORIES {
            return Err(Reason::Scattered(directories.len()));
        }
        Ok(())
    }

    fn check(&self, _: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(around)
    }
}

/// Whether a file of this name is one that `MSBuild` or `NuGet` reads.
fn is_read(name: &[u8]) -> bool {
    let others = ["nuget.config", "global.json", "packages.lock.json"];
    READ.iter().any(|end| name.ends_with(end.as_bytes()))
        || others.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

fn check(source: &str, place: &ContextPath, text: &str) -> Result<(), Reason> {
    let name = place.file_name().unwrap_or_default().to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end.as_bytes()));
    if ends(&["proj", ".props", ".targets", "proj.user"]) {
        project::check(source, text)
    } else if ends(&[".config"]) {
        nuget::check(source, text)
    } else {
        Ok(())
    }
}

/// Adds the lists of tools, of the working directory and those above it, and where their packages
/// come from.
fn tools(view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    let mut directory = Some(view.directory.clone());
    while let Some(here) = directory {
        for list in [here.join(TOOLS), here.join(".config").join(TOOLS)] {
            view.note_file(&list, needs)?;
        }
        let is_settings = |place: &&ContextPath| {
            let name = place.file_name().unwrap_or_default();
            place.parent().as_ref() == Some(&here) && name.eq_ignore_ascii_case(b"nuget.config")
        };
        let places = view.landing.iter().map(|(place, _)| place).filter(is_settings);
        for place in places.cloned().collect::<Vec<_>>() {
            let text = view.require(&place, needs)?;
            nuget::check(&needs.manifests[&place].to_string(), &text)?;
        }
        view.note_file(&here.join("global.json"), needs)?;
        directory = here.parent();
    }
    let has_list = |place: &ContextPath| place.file_name() == Some(TOOLS.as_bytes());
    if needs.manifests.keys().any(has_list) {
        return Ok(());
    }
    let file = format!("/{}", view.directory.join(".config").join(TOOLS));
    Err(Reason::MissingManifest { file, copy: view.copy })
}
