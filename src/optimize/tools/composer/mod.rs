//! What `composer install` does: `composer.json`, its lock file, and what they run.
//!
//! With a lock file it installs what is in there and writes no manifest. It reads the project's
//! own files where scripts run, where a plugin does more than install packages, where a package
//! is one of the project's directories, and where the autoloader lists the project's classes;
//! plain `psr-4` rules and `files` are only written down by their paths.

mod arguments;
mod habits;
mod json;
mod lock;
mod root;

use self::arguments::Flags;
use super::{Command, Habits, Install, Needs, Tool, View};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;

/// Composer.
#[derive(Debug)]
pub(in crate::optimize) struct Composer;

impl Tool for Composer {
    fn name(&self) -> &'static str {
        "composer"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        matches!(name, "composer.json" | "composer.lock" | "auth.json")
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.split(['&', ';', '|', '\n']).any(|command| {
            let is_composer = |word: &&str| !word.ends_with("composer") && !word.contains(".phar");
            let mut words = command.split_whitespace().skip_while(is_composer);
            words.any(|word| matches!(word, "install" | "i"))
        })
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let manifest = view.directory.join("composer.json");
        let text = view.require(&manifest, needs)?;
        let source = needs.manifests[&manifest].to_string();
        let root = json::parse(&source, &text)?;
        let flags = Flags::of(install);
        root::check(&source, &root, flags)?;
        needs.written.extend(root::written(&source, &root, &view.directory)?);
        view.note_file(&view.directory.join("auth.json"), needs)?;
        lock::follow(view, needs, &root, flags)
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(install, around)
    }
}
