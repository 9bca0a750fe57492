//! pnpm.

use serde_json::Value;

use super::arguments::{Grammar, in_project, mentions};
use super::install::{finish, followed, ignores_scripts, locks, run_scripts};
use super::package::{Package, leaves, specifier, texts};
use super::project::{Project, text};
use super::scripts::Installed;
use super::{habits, is_manifest, npmrc, settings};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Command, Habits, Install, Needs, Tool, View, is_program};

/// pnpm.
#[derive(Debug)]
pub(in crate::optimize::tools) struct Pnpm;

const GRAMMAR: Grammar = Grammar {
    tool: "pnpm",
    plain: &[
        "-D",
        "-P",
        "-r",
        "-s",
        "-w",
        "--aggregate-output",
        "--dev",
        "--force",
        "--frozen-lockfile",
        "--ignore-pnpmfile",
        "--ignore-scripts",
        "--ignore-workspace",
        "--no-color",
        "--no-frozen-lockfile",
        "--no-optional",
        "--no-strict-peer-dependencies",
        "--offline",
        "--prefer-frozen-lockfile",
        "--prefer-offline",
        "--prod",
        "--production",
        "--recursive",
        "--shamefully-hoist",
        "--silent",
        "--strict-peer-dependencies",
        "--unsafe-perm",
        "--workspace-root",
    ],
    words: &[
        "-F",
        "--child-concurrency",
        "--fetch-retries",
        "--fetch-timeout",
        "--filter",
        "--loglevel",
        "--network-concurrency",
        "--node-linker",
        "--package-import-method",
        "--reporter",
        "--resolution-mode",
        "--workspace-concurrency",
    ],
    addresses: &["--registry"],
    caches: &["--store-dir"],
    projects: &["--dir", "-C"],
};

const EVENTS: &[&str] = &[
    "pnpm:devPreinstall",
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
];

/// Settings of pnpm-workspace.yaml that lead to no file.
const HARMLESS: &[&str] = &[
    "allowBuilds",
    "allowedDeprecatedVersions",
    "auditConfig",
    "autoInstallPeers",
    "blockExoticSubdeps",
    "catalogMode",
    "childConcurrency",
    "cleanupUnusedCatalogs",
    "dangerouslyAllowAllBuilds",
    "dedupeDirectDeps",
    "dedupePeerDependents",
    "disallowWorkspaceCycles",
    "enablePrePostScripts",
    "engineStrict",
    "fetchRetries",
    "fetchTimeout",
    "gitChecks",
    "hoist",
    "hoistPattern",
    "ignoreScripts",
    "ignoreWorkspaceCycles",
    "ignoreWorkspaceRootCheck",
    "ignoredBuiltDependencies",
    "ignoredOptionalDependencies",
    "includeWorkspaceRoot",
    "linkWorkspacePackages",
    "loglevel",
    "managePackageManagerVersions",
    "minimumReleaseAge",
    "minimumReleaseAgeExclude",
    "networkConcurrency",
    "neverBuiltDependencies",
    "nodeLinker",
    "nodeVersion",
    "onlyBuiltDependencies",
    "optimisticRepeatInstall",
    "packageManagerStrict",
    "packageManagerStrictVersion",
    "peerDependencyRules",
    "preferFrozenLockfile",
    "preferOffline",
    "preferWorkspacePackages",
    "publicHoistPattern",
    "resolutionMode",
    "resolvePeersFromWorkspaceRoot",
    "saveExact",
    "savePrefix",
    "saveWorkspaceProtocol",
    "shamefullyHoist",
    "sharedWorkspaceLockfile",
    "sideEffectsCache",
    "strictDepBuilds",
    "strictPeerDependencies",
    "supportedArchitectures",
    "trustPolicy",
    "trustPolicyExclude",
    "updateConfig",
    "updateNotifier",
    "useNodeVersion",
    "verifyDepsBeforeRun",
];

impl Tool for Pnpm {
    fn name(&self) -> &'static str {
        "pnpm"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        is_manifest(name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        mentions(text, "pnpm", &["i", "install", "fetch"], false)
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [pnpm, rest @ ..] if is_program(pnpm, "pnpm") => {
                Some(read(command, pnpm, rest).map(Command::Install))
            }
            _ => None,
        }
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let mut project = Project::of(install, view, needs)?;
        let directory = project.directory.clone();
        npmrc::add(&mut project, &directory)?;
        project.add_if_there(&directory.join(".corepack.env"))?;
        let patterns = workspace_file(&mut project)?;
        hooks(&mut project, install)?;
        if install.files.is_empty() {
            project.package(&directory.join("package.json"))?;
            return Ok(());
        }
        // It takes a package.json in other languages too, which are not read here.
        if let Some(file) = project.first_named(&["package.yaml", "package.json5"]) {
            return Err(Reason::Reads { tool: "pnpm", file });
        }
        let root = root(&mut project, install, &patterns)?;
        let locks = locks(&mut project, &["pnpm-lock.yaml"])?;
        let lock = locks.first().map(text).transpose()?.unwrap_or_default();
        let workspaces = project.workspaces(&patterns)?;
        for workspace in &workspaces {
            npmrc::add(&mut project, &workspace.directory)?;
            project.add_if_there(&workspace.directory.join("pnpm-lock.yaml"))?;
        }
        let is_pinned = root.manager().is_some();
        let packages = followed(&mut project, root, workspaces)?;
        project.writes(&["node_modules", ".pnpm-store"]);
        let is_frozen = install.has(&["--frozen-lockfile"]);
        if !is_frozen && install.said == "pnpm install" {
            project.writes(&["pnpm-lock.yaml"]);
        }
        // corepack writes into it which version it took.
        if !is_pinned {
            project.writes(&["package.json"]);
        }
        // Its later versions read of .npmrc only what belongs to registries.
        if ignores_scripts(install) {
            return Ok(());
        }
        let events = if install.said == "pnpm fetch" { &[] } else { EVENTS };
        run_scripts(&mut project, &packages, events, &Installed::Text(lock))
    }

    fn check(&self, _: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check("pnpm", around)
    }

    fn is_setting(&self, text: &str) -> bool {
        settings::may_lead(text)
    }
}

/// The package.json of the project itself. `-r` installs the workspaces where there is none.
fn root(
    project: &mut Project<'_, '_>,
    install: &Install,
    patterns: &[String],
) -> Result<Package, Reason> {
    let place = project.place("package.json");
    let is_of_workspaces = install.has(&["-r", "--recursive"]) && !patterns.is_empty();
    if is_of_workspaces && !project.has(&place) {
        project.verify();
        let directory = project.directory.clone();
        let value = Value::Object(serde_json::Map::new());
        return Ok(Package { directory, source: ContextPath::new("package.json"), value });
    }
    project.root()
}

/// Adds pnpm-workspace.yaml with the patches that it names; its patterns of workspaces.
fn workspace_file(project: &mut Project<'_, '_>) -> Result<Vec<String>, Reason> {
    let Some((source, settings)) = project.yaml("pnpm-workspace.yaml")? else {
        return Ok(Vec::new());
    };
    let directory = project.directory.clone();
    for (key, value) in settings.as_object().into_iter().flatten() {
        match &**key {
            "packages" => {}
            "patchedDependencies" => {
                for path in leaves(value) {
                    project.add(&project.place(path))?;
                }
            }
            "catalog" | "catalogs" | "overrides" | "packageExtensions" | "configDependencies" => {
                for text in leaves(value) {
                    specifier(&source, &directory, text, project)?;
                }
            }
            key if HARMLESS.contains(&key) => {}
            key => return Err(Reason::Option { tool: "pnpm", text: key.to_owned() }),
        }
    }
    // Without patterns, some versions look everywhere.
    match &settings["packages"] {
        Value::Array(_) => Ok(texts(&settings["packages"])),
        _ => Ok(vec!["**".to_owned()]),
    }
}

/// Adds the hooks, a program that pnpm runs before it installs.
fn hooks(project: &mut Project<'_, '_>, install: &Install) -> Result<(), Reason> {
    if install.has(&["--ignore-pnpmfile"]) {
        return Ok(());
    }
    for name in [".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js"] {
        let Some(hooks) = project.add_if_there(&project.place(name))? else { continue };
        let loads = ["require", "import", "process", "eval", "Function", "globalThis"];
        let text = text(&hooks)?;
        if let Some(mark) = loads.iter().find(|mark| text.contains(**mark)) {
            let (place, text) = (hooks.source.to_string(), (*mark).to_owned());
            return Err(Reason::NeedsSources { place, text });
        }
        project.verify();
    }
    Ok(())
}

fn read(command: &Words, program: &str, rest: &[&str]) -> Result<Install, Reason> {
    let line = GRAMMAR.read(rest)?;
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    let (said, has_files) = match words.as_slice() {
        ["install" | "i"] => ("pnpm install", true),
        ["fetch"] => ("pnpm fetch", true),
        ["store", "prune"] => ("pnpm store prune", false),
        _ => return Err(Reason::Command(command.words.join(" "))),
    };
    let mut install = Install::new(&Pnpm, said, program, command);
    install.told.clone_from(&line.told);
    if has_files {
        install.files.push(in_project(&line, "package.json"));
    }
    finish(install, line)
}
