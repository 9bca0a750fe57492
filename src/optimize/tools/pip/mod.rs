//! What pip does: its command line, its requirement files, and what each of them needs.
//!
//! The rules are those of pip's reference documentation, read strictly: an option that is not in
//! the lists here, or an argument of a form that is not, refuses.

mod arguments;
pub(super) mod habits;
pub(super) mod requirement;
pub(super) mod requirement_file;

use super::{Command, Habits, Install, Needs, Tool, View};
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;

/// The two kinds of options that a requirement file or a command names a file with count alike:
/// pip reads both before it installs anything.
const FILE_OPTIONS: [&str; 4] = ["-r", "--requirement", "-c", "--constraint"];

/// pip.
#[derive(Debug)]
pub(in crate::optimize) struct Pip;

impl Tool for Pip {
    fn name(&self) -> &'static str {
        "pip"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        let is_text = [".txt", ".in"].iter().any(|end| name.ends_with(end));
        is_text && (name.contains("require") || name.contains("constraint"))
    }

    fn is_mentioned(&self, text: &str) -> bool {
        ["pip", "install"].iter().all(|word| text.contains(word))
            && ["-r", "--req", "r "].iter().any(|option| text.contains(option))
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let read = |file: &_| view.file(file);
        for file in &install.files {
            let file = image_path(&view.directory, file.as_bytes());
            requirement_file::follow(&file, &read, &mut needs.manifests)?;
        }
        let prefixes = install.directories.iter().filter(|it| it.option == "--prefix");
        needs
            .written
            .extend(prefixes.map(|prefix| image_path(&view.directory, prefix.path.as_bytes())));
        Ok(())
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(install, around)
    }
}
