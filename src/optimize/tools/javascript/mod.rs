//! The package managers of JavaScript: npm, yarn (1 and later), pnpm, bun, and corepack, which
//! brings some of them.
//!
//! One file a tool says how its command line is read and what its install looks at. What they
//! share: command lines (`arguments`), a project's files (`project`), package.json with its
//! dependencies and scripts (`package`, `dependency`, `scripts`), workspaces (`workspaces`), how
//! an install follows all that (`install`), and the files of settings (`npmrc`, `yarnrc`, `bunfig`,
//! `yaml`).
//!
//! Two things make an install notice the copied files although it reads none of them itself:
//! scripts of the project, which refuse, and scripts of the packages that it installs, which run
//! inside the project. Where a lock file does not tell that only well-known ones run, both images
//! have to be built and compared.

mod arguments;
mod bun;
mod bunfig;
mod corepack;
mod dependency;
mod habits;
mod install;
mod npm;
mod npm_lock;
mod npmrc;
mod package;
mod pnpm;
mod project;
mod scripts;
mod settings;
mod workspaces;
mod yaml;
mod yarn;
mod yarnrc;

pub(super) use bun::Bun;
pub(super) use corepack::Corepack;
pub(super) use npm::Npm;
pub(super) use pnpm::Pnpm;
pub(super) use yarn::Yarn;

/// What every one of them looks for, by the name alone.
fn is_manifest(name: &str) -> bool {
    let names = [
        "package.json",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "pnpm-workspace.yaml",
        "bun.lock",
        "bun.lockb",
        "bunfig.toml",
        ".npmrc",
        ".yarnrc",
        ".yarnrc.yml",
        ".pnpmfile.cjs",
    ];
    let is_yarns = ["yarn-", "plugin-"].iter().any(|start| name.starts_with(start));
    // A schema stands beside the manifests on purpose: the client is made of it as it is installed.
    match name.rsplit_once('.') {
        Some((_, "cjs")) => is_yarns || names.contains(&name),
        Some((_, "patch" | "prisma")) => true,
        _ => names.contains(&name),
    }
}
