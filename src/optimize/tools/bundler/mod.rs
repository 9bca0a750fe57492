//! What `bundle install` does: the Gemfile with what it includes, and its lock file.
//!
//! A Gemfile is a Ruby program. Only literal forms are understood (`gemfile`); a gemspec is a
//! program that usually lists the project's files, so it needs the sources. Without `--frozen`
//! or `--deployment` the lock file may be written again, and both images are compared.

mod arguments;
mod gemfile;
mod habits;
mod lockfile;
mod ruby;

use super::{Command, Habits, Install, Needs, Tool, View};
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;

/// Bundler.
#[derive(Debug)]
pub(in crate::optimize) struct Bundler;

impl Tool for Bundler {
    fn name(&self) -> &'static str {
        "bundler"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        matches!(name, "Gemfile" | "Gemfile.lock" | ".ruby-version")
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.split(['&', ';', '|', '\n']).any(|command| {
            let mut words = command.split_whitespace().skip_while(|word| !word.ends_with("bundle"));
            words.next().is_some()
                && words.next().is_none_or(|word| {
                    word == "install" || word == "check" || word.starts_with('-')
                })
        })
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        if install.files.is_empty() {
            return Ok(());
        }
        gemfile::follow(view, needs)?;
        lockfile::follow(view, needs)?;
        if !arguments::is_frozen(install, view) {
            needs.written.push(view.directory.join("Gemfile.lock"));
        }
        needs.written.push(view.directory.join("vendor/bundle"));
        let paths = arguments::paths(install);
        needs.written.extend(paths.map(|path| image_path(&view.directory, path.as_bytes())));
        Ok(())
    }

    fn is_setting(&self, text: &str) -> bool {
        arguments::has_leading_setting(text)
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(install, around)
    }
}
