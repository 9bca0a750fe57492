//! What conda, mamba and micromamba do: environments from a file, and packages by name.
//!
//! The file of an environment names packages of conda and, below `pip:`, lines of a requirement
//! file, which pip installs in the file's directory.

mod arguments;
mod environment;
mod habits;

use super::pip::requirement_file;
use super::python;
use super::view::Manifest;
use super::{Command, Habits, Install, Needs, Tool, View};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::types::Risk;
use environment::Environment;

/// conda and those that take its place.
#[derive(Debug)]
pub(in crate::optimize) struct Conda;

impl Tool for Conda {
    fn name(&self) -> &'static str {
        "conda"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
        is_yaml && name.starts_with("env")
    }

    fn is_mentioned(&self, text: &str) -> bool {
        let names_file = text.contains(" -f") || text.contains(" --file");
        text.contains("conda env ")
            || text.contains("mamba env ")
            || text.contains("micromamba") && names_file
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        for file in &install.files {
            let place = image_path(&view.directory, file.as_bytes());
            let manifest = python::take(view, &place, needs)?;
            let environment = Environment::parse(&manifest)?;
            needs.written.extend(environment.prefix.as_ref().map(ContextPath::new));
            if environment.has_pip() {
                // It runs as a module, which imports from the directory that it runs in.
                needs.risk = Risk::Verify;
            }
            let Manifest { source, .. } = manifest;
            let content = environment.requirements().into_bytes();
            let lines = Manifest { source, content };
            let read = |file: &ContextPath| {
                if *file == place { Ok(lines.clone()) } else { view.file(file) }
            };
            // The file counts as a requirement file itself, so it must not be known already.
            needs.manifests.remove(&place);
            requirement_file::follow(&place, &read, &mut needs.manifests)?;
        }
        Ok(())
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        let own = [".conda", ".condarc", ".mamba", ".mambarc", "condarc", "condarc.d"];
        python::refuse_copied(install, around, &own)?;
        python::check(install, around)
    }
}
