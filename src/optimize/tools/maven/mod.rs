//! What Maven does to fetch a project's packages and plugins: `mvn dependency:go-offline`.
//!
//! It reads the POM with its parents and modules, and `.mvn`. No source is read, unless a profile
//! asks for files, a package or a repository is a file of the project, or an extension does so:
//! these refuse. What a parent from the network says, and what plugins do, is not known, so both
//! images are compared.

mod arguments;
mod habits;
mod pom;
mod settings;

use std::collections::BTreeSet;

use super::{Command, Habits, Install, Needs, Tool, View, is_program};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::types::Risk;

/// Maven.
#[derive(Debug)]
pub(in crate::optimize) struct Maven;

/// More directories than there should be COPY lines for.
const DIRECTORIES: usize = 40;

impl Tool for Maven {
    fn name(&self) -> &'static str {
        "mvn"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        const NAMES: &[&str] = &[
            ".mvn",
            "extensions.xml",
            "jvm.config",
            "maven-wrapper.jar",
            "maven-wrapper.properties",
            "maven.config",
            "mvnw",
            "mvnw.cmd",
            "pom.xml",
        ];
        NAMES.contains(&name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.split(['&', ';', '|', '\n']).any(|command| {
            let mut words = command.split_whitespace();
            words.any(|word| is_program(word, "mvn") || word == arguments::WRAPPER)
                && words.any(arguments::is_goal)
        })
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        needs.risk = Risk::Verify;
        for file in &install.files {
            let place = image_path(&view.directory, file.as_bytes());
            if place.file_name() == Some(b"mvnw") {
                let file = view.file(&place)?;
                needs.manifests.insert(place, file.source);
            } else {
                let is_file = !view.landing.at(&place).is_empty();
                let above = place.parent().filter(|_| is_file);
                let project = above.unwrap_or_else(|| place.clone());
                poms(view, needs, place)?;
                settings::of_project(view, needs, &project)?;
            }
        }
        settings::of_project(view, needs, &view.directory)?;
        for file in arguments::settings(install) {
            settings::of_user(view, needs, &image_path(&view.directory, file.as_bytes()))?;
        }
        Ok(())
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(install, around)
    }
}

/// A POM that is to be read.
struct Open {
    place: ContextPath,
    /// Whether Maven does without it.
    is_optional: bool,
}

/// Adds a POM with its parents and modules, and theirs.
fn poms(view: &View<'_>, needs: &mut Needs, first: ContextPath) -> Result<(), Reason> {
    let mut open = vec![Open { place: first, is_optional: false }];
    let mut seen = BTreeSet::new();
    while let Some(Open { place, is_optional }) = open.pop() {
        // A directory stands for the POM in it.
        let is_file = !view.landing.at(&place).is_empty();
        let place = if is_file { place } else { place.join("pom.xml") };
        if is_optional && view.landing.at(&place).is_empty() || !seen.insert(place.clone()) {
            continue;
        }
        let text = view.require(&place, needs)?;
        let source = needs.manifests[&place].to_string();
        let directory = place.parent().unwrap_or_default();
        needs.written.push(directory.join("target"));
        for led in pom::read(&source, &text)? {
            let place = image_path(&directory, led.path.as_bytes());
            open.push(Open { place, is_optional: led.is_optional });
        }
        if seen.len() > DIRECTORIES {
            return Err(Reason::Scattered(seen.len()));
        }
    }
    Ok(())
}
