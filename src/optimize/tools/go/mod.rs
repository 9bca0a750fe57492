//! What `go mod download` does: the module and workspace files that it finds and follows.
//!
//! It reads no source: which modules are needed is in `go.mod`, those of a workspace's members in
//! theirs, and a module that is replaced with a directory counts by its own `go.mod`. A `vendor`
//! directory is not looked at. It may write `go.mod` and `go.sum` again, with what is missing in
//! them, so both images are compared.

mod arguments;
mod habits;
mod module_file;

use super::{Command, Habits, Install, Needs, Tool, View};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;

/// The go command.
#[derive(Debug)]
pub(in crate::optimize) struct Go;

impl Tool for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        matches!(name, "go.mod" | "go.sum" | "go.work" | "go.work.sum")
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.contains("go mod ") || text.contains("go get ")
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        if install.files.is_empty() {
            return Ok(());
        }
        let mut modules = Vec::new();
        // The nearest one above counts; the others are not read.
        if let Some(directory) = nearest(view, "go.work") {
            needs.written.push(directory.join("go.work.sum"));
            view.note_file(&directory.join("go.work.sum"), needs)?;
            let file = directory.join("go.work");
            let text = view.require(&file, needs)?;
            let parsed = module_file::parse(&text).map_err(|line| odd(&file, needs, line))?;
            modules.extend(parsed.uses.iter().map(|path| image_path(&directory, path.as_bytes())));
            replaced(view, needs, &directory, &parsed)?;
        }
        modules.push(nearest(view, "go.mod").unwrap_or_else(|| view.directory.clone()));
        for directory in modules {
            let file = directory.join("go.mod");
            let text = view.require(&file, needs)?;
            let parsed = module_file::parse(&text).map_err(|line| odd(&file, needs, line))?;
            // Without this line the tool looks for the files of older package managers.
            if !parsed.has_module {
                return Err(odd(&file, needs, (1, "no `module` line".to_owned())));
            }
            view.note_file(&directory.join("go.sum"), needs)?;
            needs.written.extend([file, directory.join("go.sum")]);
            replaced(view, needs, &directory, &parsed)?;
        }
        Ok(())
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(install, around)
    }
}

/// The working directory, or the nearest one above it, to which the COPY brings such a file.
fn nearest(view: &View<'_>, name: &str) -> Option<ContextPath> {
    let mut directory = view.directory.clone();
    loop {
        if !view.landing.at(&directory.join(name)).is_empty() {
            return Some(directory);
        }
        directory = directory.parent()?;
    }
}

/// The module files of the directories that stand in for modules.
fn replaced(
    view: &View<'_>,
    needs: &mut Needs,
    directory: &ContextPath,
    parsed: &module_file::ModuleFile,
) -> Result<(), Reason> {
    for path in &parsed.replacements {
        let file = image_path(directory, path.as_bytes()).join("go.mod");
        view.require(&file, needs)?;
    }
    Ok(())
}

fn odd(file: &ContextPath, needs: &Needs, (line, text): (usize, String)) -> Reason {
    let source = needs.manifests.get(file).unwrap_or(file);
    Reason::NotUnderstood { place: format!("{source}:{line}"), text }
}
