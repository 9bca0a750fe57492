//! npm.

use super::arguments::{Grammar, in_project, mentions};
use super::install::{
    decides_on_scripts, finish, ignores_scripts, locks, run_scripts, with_workspaces,
};
use super::npm_lock::Lock;
use super::project::Project;
use super::scripts::Installed;
use super::{dependency, habits, is_manifest, npmrc, settings};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Command, Habits, Install, Needs, Tool, View, is_program};
use crate::optimize::types::Risk;

/// npm.
#[derive(Debug)]
pub(in crate::optimize::tools) struct Npm;

const GRAMMAR: Grammar = Grammar {
    tool: "npm",
    plain: &[
        "-E",
        "-d",
        "-dd",
        "-ddd",
        "-f",
        "-g",
        "-iwr",
        "-q",
        "-s",
        "-ws",
        "-y",
        "--engine-strict",
        "--force",
        "--foreground-scripts",
        "--global",
        "--ignore-scripts",
        "--include-workspace-root",
        "--legacy-peer-deps",
        "--no-audit",
        "--no-bin-links",
        "--no-color",
        "--no-fund",
        "--no-optional",
        "--no-package-lock",
        "--no-progress",
        "--no-save",
        "--no-shrinkwrap",
        "--no-strict-ssl",
        "--no-update-notifier",
        "--no-workspaces",
        "--offline",
        "--prefer-dedupe",
        "--prefer-offline",
        "--prefer-online",
        "--production",
        "--progress",
        "--quiet",
        "--silent",
        "--strict-peer-deps",
        "--unsafe-perm",
        "--verbose",
        "--workspaces",
        "--yes",
        "--audit",
        "--fund",
    ],
    words: &[
        "--also",
        "--audit-level",
        "--cpu",
        "--fetch-retries",
        "--fetch-retry-maxtimeout",
        "--fetch-retry-mintimeout",
        "--fetch-timeout",
        "--include",
        "--install-strategy",
        "--libc",
        "--loglevel",
        "--maxsockets",
        "--network-timeout",
        "--omit",
        "--only",
        "--os",
        "--workspace",
        "-w",
    ],
    addresses: &["--registry"],
    caches: &["--cache"],
    projects: &["--prefix", "-C"],
};

/// Scripts of a project and its workspaces that npm runs in any version.
const EVENTS: &[&str] = &[
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
    "dependencies",
];

/// What npm keeps up to date; yarn's too, where a project has it.
const LOCKS: &[&str] = &["npm-shrinkwrap.json", "package-lock.json", "yarn.lock"];

/// Packages without scripts of their own that people install for all projects.
const GLOBAL: &[&str] = &[
    "@nestjs/cli",
    "concurrently",
    "corepack",
    "cross-env",
    "dotenv-cli",
    "http-server",
    "node-gyp",
    "nodemon",
    "npm",
    "pm2",
    "pnpm",
    "rimraf",
    "serve",
    "ts-node",
    "tsx",
    "turbo",
    "typescript",
    "vite",
    "yarn",
];

impl Tool for Npm {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        is_manifest(name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        let commands = ["i", "install", "ci", "clean-install", "ic", "install-clean"];
        mentions(text, "npm", &commands, false)
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [npm, rest @ ..] if is_program(npm, "npm") => {
                Some(read(command, npm, rest).map(Command::Install))
            }
            _ => None,
        }
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let is_known = install.told.iter().all(|name| GLOBAL.contains(&&**name));
        if install.said == "npm install -g" {
            // It reads neither a project nor the settings of one, as `npm help npmrc` says.
            if !is_known {
                needs.risk = Risk::Verify;
            }
            return Ok(());
        }
        let mut project = Project::of(install, view, needs)?;
        let directory = project.directory.clone();
        let npmrc = npmrc::add(&mut project, &directory)?;
        if install.files.is_empty() {
            project.package(&directory.join("package.json"))?;
            // The user's settings, which are the project's where it is copied to a home directory.
            if install.said == "npm config set" {
                project.writes(&[".npmrc"]);
            }
            if !is_known {
                project.verify();
            }
            return Ok(());
        }
        let root = project.root()?;
        let locks = locks(&mut project, LOCKS)?;
        let packages = with_workspaces(&mut project, root)?;
        let mut installed = Installed::Text("");
        if let Some(lock) = locks.iter().find(|lock| lock.source.as_bytes().ends_with(b".json")) {
            let lock = Lock::read(lock)?;
            lock.check(&project, &packages)?;
            if let Some(names) = lock.with_scripts() {
                installed = Installed::WithScripts(names);
            }
        }
        project.writes(&["node_modules"]);
        let leaves_lock = ["--no-package-lock", "--no-shrinkwrap"]
            .iter()
            .any(|option| install.told.iter().any(|told| told == option));
        if install.said == "npm install" && !leaves_lock && !npmrc.is_lock_left {
            project.writes(LOCKS);
        }
        let is_set = npmrc.ignores_scripts && !decides_on_scripts(install, view);
        if is_set || ignores_scripts(install) {
            return Ok(());
        }
        run_scripts(&mut project, &packages, EVENTS, &installed)
    }

    fn check(&self, _: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check("npm", around)
    }

    fn is_setting(&self, text: &str) -> bool {
        settings::may_lead(text)
    }
}

fn read(command: &Words, program: &str, rest: &[&str]) -> Result<Install, Reason> {
    let line = GRAMMAR.read(rest)?;
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    let is_global = line.told.iter().any(|told| matches!(&**told, "-g" | "--global"));
    let (said, files, told) = match words.as_slice() {
        ["ci" | "clean-install" | "ic" | "install-clean"] if !is_global => {
            ("npm ci", true, &line.told)
        }
        ["install" | "i"] if !is_global => ("npm install", true, &line.told),
        ["install" | "i", names @ ..] if is_global && are_remote(names) => {
            ("npm install -g", false, &names.iter().map(|name| name_of(name)).collect())
        }
        ["cache", "clean" | "clear" | "rm" | "verify"] => ("npm cache clean", false, &Vec::new()),
        ["config" | "c", "set", settings @ ..] | ["set", settings @ ..]
            if !settings::may_lead(&format!("npm set {}", settings.join(" "))) =>
        {
            ("npm config set", false, &Vec::new())
        }
        _ => return Err(Reason::Command(command.words.join(" "))),
    };
    let mut install = Install::new(&Npm, said, program, command);
    install.told.clone_from(told);
    if files {
        install.files.push(in_project(&line, "package.json"));
    }
    finish(install, line)
}

fn are_remote(names: &[&str]) -> bool {
    let is_remote = |name: &&str| {
        // A specifier alone: what a package.json would have as `"name": "version"`.
        let rest = name.strip_prefix('@').unwrap_or(name);
        let version = rest.split_once('@').map_or("", |(_, version)| version);
        dependency::classify(name) == dependency::Dependency::Remote
            && dependency::classify(version) == dependency::Dependency::Remote
            && !name.contains(':')
    };
    !names.is_empty() && names.iter().all(is_remote)
}

fn name_of(specifier: &str) -> String {
    let behind_scope = usize::from(specifier.starts_with('@'));
    let end = specifier[behind_scope..].find('@').map_or(specifier.len(), |end| end + behind_scope);
    specifier[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(line: &str) -> Result<Install, Reason> {
        let words = line.split(' ').map(str::to_owned).collect();
        match Npm.read(&Words { assignments: Vec::new(), words }) {
            Some(Ok(Command::Install(install))) => Ok(install),
            Some(Err(reason)) => Err(reason),
            _ => Err(Reason::NotProven),
        }
    }

    #[test]
    fn installs_of_a_project_are_read() {
        for (line, said) in [
            ("npm ci --only=production --no-audit", "npm ci"),
            ("npm --silent clean-install --omit dev", "npm ci"),
            ("/usr/bin/npm i --legacy-peer-deps --registry=https://example.com", "npm install"),
        ] {
            let install = install(line).unwrap();
            assert_eq!((install.said, &*install.files), (said, &["package.json".to_owned()][..]));
        }
        assert_eq!(install("npm --prefix web ci").unwrap().files, ["web/package.json"]);
        assert!(install("npm cache clean --force").unwrap().files.is_empty());
        let global = install("npm i -g pnpm@9 @nestjs/cli@latest x").unwrap();
        assert_eq!(global.told, ["pnpm", "@nestjs/cli", "x"]);
    }

    #[test]
    fn what_may_touch_other_files_is_refused() {
        for line in [
            "npm run build",
            "npm i express",
            "npm ci -g",
            "npm i -g",
            "npm i -g .",
            "npm i -g ./x",
            "npm i -g a.tgz",
            "npm i -g a@file:x",
            "npm i -g git+file:x",
            "npm test",
            "npm",
            "npm set prefix /app",
        ] {
            assert!(matches!(install(line), Err(Reason::Command(_))), "{line}");
        }
        for line in [
            "npm ci --cache x",
            "npm ci --userconfig x",
            "npm --prefix a cache clean",
            "npm ci --unknown",
        ] {
            assert!(matches!(install(line), Err(Reason::Option { .. })), "{line}");
        }
    }
}
