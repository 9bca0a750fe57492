//! bun.

use super::arguments::{Grammar, in_project, mentions};
use super::install::{finish, ignores_scripts, locks, run_scripts, with_workspaces};
use super::project::Project;
use super::scripts::Installed;
use super::{bunfig, habits, is_manifest, npmrc, settings};
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Command, Habits, Install, Needs, Tool, View, is_program};

/// bun.
#[derive(Debug)]
pub(in crate::optimize::tools) struct Bun;

const GRAMMAR: Grammar = Grammar {
    tool: "bun",
    plain: &[
        "-f",
        "-p",
        "--force",
        "--frozen-lockfile",
        "--ignore-scripts",
        "--no-cache",
        "--no-progress",
        "--no-save",
        "--no-summary",
        "--no-verify",
        "--production",
        "--save-text-lockfile",
        "--silent",
        "--verbose",
    ],
    words: &["--backend", "--concurrent-scripts", "--linker", "--network-concurrency", "--omit"],
    addresses: &["--registry"],
    caches: &["--cache-dir"],
    projects: &["--cwd"],
};

const EVENTS: &[&str] =
    &["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/// bun's own lock files, and those that it begins with where it has none.
const LOCKS: &[&str] =
    &["bun.lock", "bun.lockb", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"];

impl Tool for Bun {
    fn name(&self) -> &'static str {
        "bun"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        is_manifest(name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        mentions(text, "bun", &["i", "install", "ci"], false)
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [bun, rest @ ..] if is_program(bun, "bun") => {
                Some(read(command, bun, rest).map(Command::Install))
            }
            _ => None,
        }
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let mut project = Project::of(install, view, needs)?;
        let directory = project.directory.clone();
        npmrc::add(&mut project, &directory)?;
        bunfig::add(&mut project)?;
        let root = project.root()?;
        let locks = locks(&mut project, LOCKS)?;
        let packages = with_workspaces(&mut project, root)?;
        project.writes(&["node_modules"]);
        let is_frozen = install.said == "bun ci" || install.has(&["--frozen-lockfile"]);
        if !is_frozen && !install.has(&["--no-save"]) {
            project.writes(&["bun.lock", "bun.lockb"]);
        }
        if ignores_scripts(install) {
            // The scripts of trusted packages run all the same.
            return run_scripts(&mut project, &packages, &[], &Installed::Text(""));
        }
        let lock = locks.first().map(|lock| String::from_utf8_lossy(&lock.content));
        let lock = lock.as_deref().unwrap_or_default();
        run_scripts(&mut project, &packages, EVENTS, &Installed::Text(lock))
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        // Variables for itself and for scripts, from wherever it is run.
        let mut brought = around.landing.iter();
        let led_to = install
            .files
            .first()
            .and_then(|file| image_path(&around.directory, file.as_bytes()).parent());
        let environment = brought.find(|(place, _)| {
            let name = place.file_name().unwrap_or_default();
            let directory = place.parent().unwrap_or_default();
            // A project may belong to one above it.
            let is_read = directory == around.directory
                || led_to.as_ref().is_some_and(|project| project.starts_with(&directory));
            is_read && name.starts_with(b".env")
        });
        if let Some((_, entry)) = environment {
            return Err(Reason::Reads { tool: "bun", file: entry.path.clone() });
        }
        habits::check("bun", around)
    }

    fn is_setting(&self, text: &str) -> bool {
        settings::may_lead(text)
    }
}

fn read(command: &Words, program: &str, rest: &[&str]) -> Result<Install, Reason> {
    let line = GRAMMAR.read(rest)?;
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    let said = match words.as_slice() {
        ["install" | "i"] => "bun install",
        ["ci"] => "bun ci",
        _ => return Err(Reason::Command(command.words.join(" "))),
    };
    let mut install = Install::new(&Bun, said, program, command);
    install.told.clone_from(&line.told);
    install.files.push(in_project(&line, "package.json"));
    finish(install, line)
}
