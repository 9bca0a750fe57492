//! What `cargo fetch` does: the manifests of the workspace, its lock file and its settings.
//!
//! Cargo takes no manifest without a target. A target that the manifest does not give a path has
//! to be there as a file, so one such file counts as a manifest; its content is not read. A
//! command that compiles reads all sources and is refused.

mod arguments;
mod configuration;
mod habits;
mod targets;
mod workspace;

use super::{Command, Habits, Install, Needs, Tool, View};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;

/// Cargo.
#[derive(Debug)]
pub(in crate::optimize) struct Cargo;

impl Tool for Cargo {
    fn name(&self) -> &'static str {
        "cargo"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        matches!(name, "Cargo.toml" | "Cargo.lock" | "rust-toolchain" | "rust-toolchain.toml")
    }

    fn is_mentioned(&self, text: &str) -> bool {
        ["cargo fetch", "cargo build", "cargo chef cook", "cargo install --path"]
            .iter()
            .any(|command| text.contains(command))
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        arguments::read(command)
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let roots = workspace::follow(view, needs)?;
        if !arguments::is_locked(install) {
            needs.written.extend(roots.iter().map(|root| root.join("Cargo.lock")));
        }
        configuration::follow(view, needs)
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check(install, around)
    }
}

/// A TOML file's content.
fn parse(source: &str, text: &str) -> Result<toml::Table, Reason> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        not_understood(&format!("{source}:{line}"), error.message())
    })
}

fn not_understood(place: &str, text: &str) -> Reason {
    Reason::NotUnderstood { place: place.to_owned(), text: text.to_owned() }
}
