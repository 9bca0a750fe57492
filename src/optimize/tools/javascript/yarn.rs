//! yarn, the first version and the later ones: which of them runs, the project decides.

use super::arguments::{Grammar, in_project, mentions};
use super::install::{finish, followed, ignores_scripts, locks, run_scripts};
use super::package::Package;
use super::project::Project;
use super::scripts::Installed;
use super::{habits, is_manifest, npmrc, settings, yarnrc};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Command, Habits, Install, Needs, Tool, View, is_program};

/// yarn.
#[derive(Debug)]
pub(in crate::optimize::tools) struct Yarn;

const GRAMMAR: Grammar = Grammar {
    tool: "yarn",
    plain: &[
        "-A",
        "-s",
        "--all",
        "--check-cache",
        "--check-files",
        "--force",
        "--frozen-lockfile",
        "--ignore-engines",
        "--ignore-optional",
        "--ignore-platform",
        "--ignore-scripts",
        "--immutable",
        "--immutable-cache",
        "--inline-builds",
        "--json",
        "--no-bin-links",
        "--no-immutable",
        "--no-progress",
        "--non-interactive",
        "--offline",
        "--prefer-offline",
        "--prod",
        "--production",
        "--pure-lockfile",
        "--refresh-lockfile",
        "--silent",
        "--skip-integrity-check",
        "--verbose",
    ],
    words: &["--mode", "--network-concurrency", "--network-timeout"],
    addresses: &["--registry"],
    caches: &["--cache-folder"],
    projects: &["--cwd"],
};

/// Scripts of a project that every version runs.
const EVENTS: &[&str] = &["preinstall", "install", "postinstall"];

/// Those that only the first one runs.
const FIRST_EVENTS: &[&str] =
    &["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/// What an install writes beside packages.
const WRITTEN: &[&str] = &[
    "node_modules",
    ".pnp.js",
    ".pnp.cjs",
    ".pnp.data.json",
    ".pnp.loader.mjs",
    ".yarn/build-state.yml",
    ".yarn/cache",
    ".yarn/install-state.gz",
    ".yarn/unplugged",
    ".yarn-integrity",
];

impl Tool for Yarn {
    fn name(&self) -> &'static str {
        "yarn"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        is_manifest(name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        mentions(text, "yarn", &["install", "workspaces"], true)
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [yarn, rest @ ..] if is_program(yarn, "yarn") => {
                Some(read(command, yarn, rest).map(Command::Install))
            }
            _ => None,
        }
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let mut project = Project::of(install, view, needs)?;
        let directory = project.directory.clone();
        npmrc::add(&mut project, &directory)?;
        yarnrc::add_first(&mut project)?;
        let has_later_settings = yarnrc::add_later(&mut project)?;
        for name in [".env.yarn", ".corepack.env", ".yarnclean"] {
            project.add_if_there(&project.place(name))?;
        }
        project.add_below(&directory.join(".yarn/patches"))?;
        if install.files.is_empty() {
            project.package(&directory.join("package.json"))?;
            return Ok(());
        }
        let root = project.root()?;
        let locks = locks(&mut project, &["yarn.lock"])?;
        let lock = locks.first().map(|lock| String::from_utf8_lossy(&lock.content));
        let lock = lock.as_deref().unwrap_or_default();
        let is_later = has_later_settings || lock.contains("\n__metadata:") || is_later(&root);
        let workspaces = project.workspaces(&root.workspaces())?;
        let is_pinned = root.manager().is_some();
        let packages = followed(&mut project, root, workspaces)?;
        project.writes(WRITTEN);
        if !install.has(&[
            "--frozen-lockfile",
            "--pure-lockfile",
            "--immutable",
            "--immutable-cache",
        ]) {
            project.writes(&["yarn.lock"]);
        }
        // corepack writes into it which version it took.
        if !is_pinned {
            project.writes(&["package.json"]);
        }
        if ignores_scripts(install) && !is_later {
            return Ok(());
        }
        let events = if is_later { EVENTS } else { FIRST_EVENTS };
        run_scripts(&mut project, &packages, events, &Installed::Text(lock))
    }

    fn check(&self, _: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check("yarn", around)
    }

    fn is_setting(&self, text: &str) -> bool {
        settings::may_lead(text)
    }
}

/// Whether the project names a version after the first one.
fn is_later(root: &Package) -> bool {
    let version = root.manager().and_then(|manager| manager.strip_prefix("yarn@"));
    version.is_some_and(|version| {
        let major = version.split('.').next().unwrap_or_default();
        major.parse::<u32>().is_ok_and(|major| major >= 2)
    })
}

fn read(command: &Words, program: &str, rest: &[&str]) -> Result<Install, Reason> {
    let line = GRAMMAR.read(rest)?;
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    let (said, has_files) = match words.as_slice() {
        [] | ["install"] => ("yarn install", true),
        ["workspaces", "focus", ..] => ("yarn workspaces focus", true),
        ["cache", "clean"] => ("yarn cache clean", false),
        _ => return Err(Reason::Command(command.words.join(" "))),
    };
    let mut install = Install::new(&Yarn, said, program, command);
    install.told.clone_from(&line.told);
    if has_files {
        install.files.push(in_project(&line, "package.json"));
    }
    finish(install, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_are_told_from_other_commands() {
        for (line, said) in [
            ("yarn", Some("yarn install")),
            ("yarn --frozen-lockfile --production=true", Some("yarn install")),
            ("yarn install --immutable --mode skip-build", Some("yarn install")),
            ("yarn workspaces focus --production api", Some("yarn workspaces focus")),
            ("yarn cache clean --all", Some("yarn cache clean")),
            ("yarn build", None),
            ("yarn add x", None),
            ("yarn global add x", None),
            ("yarn install --modules-folder x", None),
            ("yarn --use-yarnrc x", None),
        ] {
            let words = line.split(' ').map(str::to_owned).collect();
            let read = Yarn.read(&Words { assignments: Vec::new(), words }).unwrap();
            let read = read.ok().and_then(|command| match command {
                Command::Install(install) => Some(install.said),
                Command::Harmless => None,
            });
            assert_eq!(read, said, "{line}");
        }
    }
}
