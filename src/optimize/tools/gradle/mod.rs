//! What Gradle does to fetch a project's packages: `gradle dependencies`.
//!
//! It runs the settings and the scripts of all projects, after it has compiled `buildSrc` and the
//! builds that are included; these are copied whole. A script that reads files, lists directories
//! or starts programs refuses, and so does one that is written in a way that is not understood
//! here (`script`, `build`). As a script is a program and its plugins are others, both images are
//! compared all the same.

mod arguments;
mod build;
mod habits;
mod script;

use std::collections::BTreeSet;

use super::{Command, Habits, Install, Needs, Tool, View, is_program, is_remote_address};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::types::Risk;

/// Gradle.
#[derive(Debug)]
pub(in crate::optimize) struct Gradle;

/// More directories than there should be COPY lines for.
const DIRECTORIES: usize = 40;

impl Tool for Gradle {
    fn name(&self) -> &'static str {
        "gradle"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        const NAMES: &[&str] = &[
            "gradle",
            "gradle-wrapper.jar",
            "gradle-wrapper.properties",
            "gradle.properties",
            "gradlew",
            "gradlew.bat",
            "verification-metadata.xml",
        ];
        NAMES.contains(&name) || is_script(name.as_bytes()) || is_lock(name.as_bytes())
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.split(['&', ';', '|', '\n']).any(|command| {
            let mut words = command.split_whitespace();
            words.any(|word| is_program(word, "gradle") || word == arguments::WRAPPER)
                && words.any(arguments::is_task)
        })
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        needs.risk = Risk::Verify;
        let here = match arguments::project(install) {
            Some(directory) => image_path(&view.directory, directory.as_bytes()),
            None => view.directory.clone(),
        };
        if install.program == arguments::WRAPPER {
            let script = view.directory.join("gradlew");
            let file = view.file(&script)?;
            needs.manifests.insert(script, file.source);
            wrapper(view, needs, &view.directory)?;
        }
        let root = root_of(view, &here);
        let mut build = Build { view, needs, root, seen: BTreeSet::new() };
        build.read(&here)?;
        if build.seen.len() > DIRECTORIES {
            return Err(Reason::Scattered(build.seen.len()));
        }
        Ok(())
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(install, around)
    }
}

fn is_script(name: &[u8]) -> bool {
    name.ends_with(b".gradle") || name.ends_with(b".gradle.kts")
}

fn is_lock(name: &[u8]) -> bool {
    name.ends_with(b".lockfile") || name.ends_with(b".versions.toml")
}

/// The directory of the settings of a project: its own, or the nearest one above.
fn root_of(view: &View<'_>, here: &ContextPath) -> ContextPath {
    let mut directory = Some(here.clone());
    while let Some(root) = directory {
        let names = ["settings.gradle", "settings.gradle.kts"];
        if names.iter().any(|name| !view.landing.at(&root.join(name)).is_empty()) {
            return root;
        }
        directory = root.parent();
    }
    here.clone()
}

/// A build that is read.
struct Build<'a, 'b> {
    view: &'a View<'b>,
    needs: &'a mut Needs,
    root: ContextPath,
    /// The directories of projects that were read.
    seen: BTreeSet<ContextPath>,
}

impl Build<'_, '_> {
    /// Adds all that the build of a project reads.
    fn read(&mut self, here: &ContextPath) -> Result<(), Reason> {
        let root = self.root.clone();
        self.project(&root)?;
        self.project(here)?;
        self.whole(&root.join("gradle"))?;
        self.whole(&root.join("buildSrc"))?;
        let first = [here, &root].into_iter().find(|place| self.has_script(place));
        if first.is_none() {
            let file = format!("/{}", here.join("build.gradle"));
            return Err(Reason::MissingManifest { file, copy: self.view.copy });
        }
        Ok(())
    }

    fn has_script(&self, directory: &ContextPath) -> bool {
        let mut files = self.needs.manifests.keys();
        files.any(|file| {
            file.parent().as_ref() == Some(directory) && file.file_name().is_some_and(is_script)
        })
    }

    /// Adds the scripts and settings of one project, and what they lead to.
    fn project(&mut self, directory: &ContextPath) -> Result<(), Reason> {
        if !self.seen.insert(directory.clone()) {
            return Ok(());
        }
        for written in [".gradle", "build", ".kotlin"] {
            self.needs.written.push(directory.join(written));
        }
        let is_read = |place: &&ContextPath| {
            let name = place.file_name().unwrap_or_default();
            place.parent().as_ref() == Some(directory)
                && (is_script(name) || is_lock(name) || name == b"gradle.properties")
        };
        let places = self.view.landing.iter().map(|(place, _)| place);
        let places: Vec<ContextPath> = places.filter(is_read).cloned().collect();
        for place in places {
            self.file(&place, directory)?;
        }
        Ok(())
    }

    /// Adds a script, or a file of settings.
    fn file(&mut self, place: &ContextPath, project: &ContextPath) -> Result<(), Reason> {
        let is_known = self.needs.manifests.contains_key(place);
        let text = self.view.require(place, self.needs)?;
        let name = place.file_name().unwrap_or_default();
        if is_known || !is_script(name) {
            return Ok(());
        }
        let source = self.needs.manifests[place].to_string();
        let is_settings = name.starts_with(b"settings.gradle");
        let led = build::read(&source, &text, is_settings)?;
        let place_of = |below: &String| image_path(project, below.as_bytes());
        led.projects.iter().try_for_each(|below| self.project(&place_of(below)))?;
        for below in &led.projects {
            // Not every version takes a project whose directory is not there.
            let mut files = self.needs.manifests.keys();
            if !files.any(|file| file.starts_with(&place_of(below))) {
                let (place, text) = (source.clone(), format!("include '{below}'"));
                return Err(Reason::NotUnderstood { place, text });
            }
        }
        for below in &led.builds {
            let directory = image_path(project, below.as_bytes());
            if self.root.starts_with(&directory) {
                let (place, text) = (source.clone(), format!("includeBuild '{below}'"));
                return Err(Reason::NeedsSources { place, text });
            }
            self.whole(&directory)?;
        }
        for written in &led.files {
            self.applied(&source, written, place, project)?;
        }
        Ok(())
    }

    /// Adds a file that a script names.
    fn applied(
        &mut self,
        source: &str,
        written: &str,
        script: &ContextPath,
        project: &ContextPath,
    ) -> Result<(), Reason> {
        let place_of = |directory: &ContextPath| format!("/{directory}");
        let mut path = written.to_owned();
        for (variable, directory) in [
            ("${rootProject.projectDir}", &self.root),
            ("${rootDir}", &self.root),
            ("$rootDir", &self.root),
            ("${projectDir}", project),
            ("$projectDir", project),
        ] {
            path = path.replace(variable, &place_of(directory));
        }
        if path.contains('$') {
            let (place, text) = (source.to_owned(), written.to_owned());
            return Err(Reason::NotUnderstood { place, text });
        }
        let around = [Some(project.clone()), script.parent(), Some(self.root.clone())];
        let mut found = around.iter().flatten().map(|from| image_path(from, path.as_bytes()));
        let is_there = |place: &ContextPath| !self.view.landing.at(place).is_empty();
        let Some(place) = found.find(is_there) else {
            let file = format!("/{}", image_path(project, path.as_bytes()));
            return Err(Reason::MissingManifest { file, copy: self.view.copy });
        };
        self.file(&place, project)
    }

    /// Adds a directory with all below it.
    fn whole(&mut self, directory: &ContextPath) -> Result<(), Reason> {
        let below = self.view.landing.iter().map(|(place, _)| place);
        let below: Vec<ContextPath> =
            below.filter(|place| place.starts_with(directory)).cloned().collect();
        for written in [".gradle", "build", ".kotlin"] {
            self.needs.written.push(directory.join(written));
        }
        for place in below {
            self.seen.extend(place.parent());
            if place.file_name().is_some_and(is_script) {
                let project = place.parent().unwrap_or_default();
                // What is applied in a build of its own is in it, too.
                self.file(&place, &project)?;
            } else {
                self.view.note_file(&place, self.needs)?;
            }
        }
        Ok(())
    }
}

/// Adds what the wrapper reads, and sees that it fetches Gradle from the network.
fn wrapper(view: &View<'_>, needs: &mut Needs, directory: &ContextPath) -> Result<(), Reason> {
    let place = directory.join("gradle/wrapper/gradle-wrapper.properties");
    let text = view.require(&place, needs)?;
    let source = needs.manifests[&place].to_string();
    for (index, line) in text.lines().enumerate() {
        let (name, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
        let (name, value) = (name.trim(), value.trim());
        let leads = match name {
            "distributionUrl" => !is_remote_address(&value.replace('\\', "")),
            "distributionBase" | "zipStoreBase" => value == "PROJECT",
            _ => false,
        };
        if leads {
            let (place, text) = (format!("{source}:{}", index + 1), line.to_owned());
            return Err(Reason::NotUnderstood { place, text });
        }
    }
    Ok(())
}
