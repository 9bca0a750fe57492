//! Scripts that run while packages are installed: the project's own, and those of packages.

use std::collections::BTreeSet;

use super::package::Package;
use super::project::Project;
use crate::optimize::Reason;

/// Scripts of a project that read nothing of it.
const HARMLESS_COMMANDS: &[&str] = &[
    ":",
    "true",
    "exit 0",
    "npx only-allow npm",
    "npx only-allow yarn",
    "npx only-allow pnpm",
    "npx only-allow bun",
    "npx -y only-allow npm",
    "npx -y only-allow yarn",
    "npx -y only-allow pnpm",
    "npx -y only-allow bun",
];

/// Packages whose scripts build or fetch what belongs to them, or say something, and look at
/// nothing of the project.
const HARMLESS_PACKAGES: &[&str] = &[
    "@parcel/watcher",
    "@swc/core",
    "argon2",
    "bcrypt",
    "better-sqlite3",
    "bufferutil",
    "canvas",
    "classic-level",
    "core-js",
    "core-js-bundle",
    "core-js-pure",
    "cpu-features",
    "es5-ext",
    "esbuild",
    "fsevents",
    "iconv",
    "kerberos",
    "leveldown",
    "libxmljs",
    "lmdb",
    "microtime",
    "msgpackr-extract",
    "node-pty",
    "node-sass",
    "protobufjs",
    "re2",
    "sharp",
    "sqlite3",
    "ssh2",
    "styled-components",
    "tree-sitter",
    "unrs-resolver",
    "usb",
    "utf-8-validate",
    "zeromq",
];

/// Packages whose scripts look for files of the project, with the names of these.
const READERS: &[(&str, &[&str])] = &[
    ("@evilmartians/lefthook", &[".git"]),
    ("@prisma/client", &["*.prisma", "prisma.config.*"]),
    ("ghooks", &[".git"]),
    ("husky", &[".git"]),
    ("lefthook", &[".git"]),
    ("pre-commit", &[".git"]),
    ("pre-push", &[".git"]),
    ("puppeteer", &[".puppeteerrc*", "puppeteer.config.*"]),
    ("simple-git-hooks", &[".git"]),
    ("yorkie", &[".git"]),
];

/// What is known of the packages that are installed.
pub(super) enum Installed<'a> {
    /// The names of those with scripts, all of them.
    WithScripts(BTreeSet<String>),
    /// The text of a lock file that does not tell, or of none.
    Text(&'a str),
}

/// Refuses where a script of the project would run that may read it.
pub(super) fn check_project(
    project: &mut Project<'_, '_>,
    package: &Package,
    events: &[&str],
) -> Result<(), Reason> {
    let refused = |place: String, script: &str| Reason::Script {
        tool: project.tool,
        place,
        script: script.to_owned(),
    };
    let gyp = package.directory.join("binding.gyp");
    if project.has(&gyp) {
        return Err(refused("binding.gyp".to_owned(), "node-gyp rebuild"));
    }
    let mut has_patches = false;
    for event in events {
        match package.value["scripts"][*event].as_str().map(str::trim) {
            None | Some("") => {}
            Some("patch-package") => has_patches = true,
            Some(command) if HARMLESS_COMMANDS.contains(&command) => {}
            Some(_) => return Err(refused(package.source.to_string(), event)),
        }
    }
    // It applies the patches beside the manifest that runs it.
    if has_patches { project.add_below(&package.directory.join("patches")) } else { Ok(()) }
}

/// Refuses where a script of a package would find what it looks for in the project, and asks for
/// both images where not all of them are known.
pub(super) fn check_packages(
    project: &mut Project<'_, '_>,
    packages: &[&Package],
    installed: &Installed<'_>,
) -> Result<(), Reason> {
    let is_installed = |name: &str| match installed {
        Installed::WithScripts(names) => names.contains(name),
        Installed::Text(text) => {
            packages.iter().any(|package| package.asks_for(name))
                || [format!("{name}@"), format!("/{name}/")].iter().any(|mark| text.contains(mark))
        }
    };
    for (name, files) in READERS {
        if is_installed(name) && project.first_named(files).is_some() {
            let (place, script) = ((*name).to_owned(), "postinstall".to_owned());
            return Err(Reason::Script { tool: project.tool, place, script });
        }
    }
    let is_known = match installed {
        Installed::WithScripts(names) => {
            names.iter().all(|name| HARMLESS_PACKAGES.contains(&&**name))
        }
        Installed::Text(_) => !packages.iter().any(|package| package.has_dependencies()),
    };
    if !is_known {
        project.verify();
    }
    Ok(())
}
