//! What docker's own clients take of random trees, against what a snapshot has of them.
//!
//! `SMARTBUILD_TREES` is how many trees are built, `SMARTBUILD_TREES_CLASSIC` how many go
//! to the classic builder, and `SMARTBUILD_TREES_SEED` which they are; the defaults cost a run of all
//! tests a few seconds. Engine 28.5 has to be up; its client is `cargo xtask engine cli`.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod classic;
mod docker;
mod listing;
mod trees;

use std::path::Path;
use std::sync::Mutex;

use smartbuild::context::patterns::{PatternError, PatternMatcher};
use smartbuild::context::{self, ContextPath, EntryKind, Error, IgnoreRules};

use classic::Daemon;
use docker::Docker;
use listing::{Item, Listing, difference};

/// Trees in one build: as many as an image may have layers, with some to spare.
const TREES_IN_A_BUILD: u64 = 80;

/// Trees whose ignore file is refused cost a build each.
const REFUSED_TO_TRY: usize = 20;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn count() -> u64 {
    from_environment("SMARTBUILD_TREES", 60)
}

fn classic_count() -> u64 {
    from_environment("SMARTBUILD_TREES_CLASSIC", 16)
}

fn seed() -> u64 {
    from_environment("SMARTBUILD_TREES_SEED", 28)
}

/// A tree on disk, and what a snapshot has of it.
struct Tree {
    number: u64,
    directory: tempfile::TempDir,
    rules: IgnoreRules,
}

impl Tree {
    /// The tree with this number, or the error about its ignore file.
    fn plant(number: u64) -> Result<Self, (tempfile::TempDir, Error)> {
        let directory = tempfile::tempdir().unwrap();
        trees::plant(seed(), number, directory.path());
        match IgnoreRules::load(directory.path(), Path::new("Dockerfile")) {
            Ok(rules) => Ok(Self { number, directory, rules }),
            Err(error) => Err((directory, error)),
        }
    }

    /// Whether docker reads past the error until a path comes to the pattern: where only its
    /// expression is wrong, and, with the Go that Debian's client is built with, where the fault
    /// lies behind a star that something stands before.
    fn is_refused_only_when_used(error: &Error) -> bool {
        let Error::Pattern { reason, .. } = error else { return false };
        match reason {
            PatternError::Unreadable { .. } => true,
            PatternError::Syntax { pattern, .. } => {
                let pattern = pattern.trim_start_matches(['!', '*']);
                let before = pattern.split_once('*').map(|(before, _)| before);
                before.is_some_and(|it| !it.is_empty() && PatternMatcher::new([it]).is_ok())
            }
            _ => false,
        }
    }

    fn ours(&self) -> Listing {
        let snapshot = context::snapshot(self.directory.path(), &self.rules).unwrap();
        Listing::of_snapshot(&snapshot, self.directory.path())
    }
}

#[test]
fn buildkit_takes_what_a_snapshot_has() {
    let docker = Docker::new("28.5");
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    let numbers: Vec<u64> = (0..count()).collect();
    for numbers in numbers.chunks(TREES_IN_A_BUILD.try_into().unwrap()) {
        let mut trees = Vec::new();
        for &number in numbers {
            match Tree::plant(number) {
                Ok(tree) => trees.push(tree),
                Err(error) => refused.push((number, error)),
            }
        }
        let contexts: Vec<_> = trees.iter().map(|tree| tree.directory.path()).collect();
        let output = docker.copy_all(&contexts);
        for (place, tree) in trees.iter().enumerate() {
            let theirs = Listing::of_directory(&output.path().join(format!("t{place}")));
            if let Some(difference) = difference(&tree.ours(), &theirs, &tree.rules) {
                let rules = String::from_utf8_lossy(tree.rules.bytes()).into_owned();
                wrong.push(format!("tree {}, rules {rules:?}:\n{difference}", tree.number));
            }
        }
    }
    refused.truncate(REFUSED_TO_TRY);
    for (number, (directory, error)) in &refused {
        if !Tree::is_refused_only_when_used(error) && docker.takes(directory.path()) {
            wrong.push(format!("tree {number} is refused here and not by docker: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{} trees of seed {}:\n{}", wrong.len(), seed(), wrong.join("\n"));
}

#[test]
fn the_classic_builder_takes_what_a_snapshot_for_it_has() {
    let docker = Docker::new("28.5");
    let wrong = Mutex::new(Vec::new());
    let open = Mutex::new(0..classic_count());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let daemon = Daemon::start();
                loop {
                    let next = open.lock().unwrap().next();
                    let Some(number) = next else { break };
                    wrong.lock().unwrap().extend(compare_classic(&docker, &daemon, number));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} trees of seed {}:\n{}", wrong.len(), seed(), wrong.join("\n"));
}

fn compare_classic(docker: &Docker, daemon: &Daemon, number: u64) -> Option<String> {
    let theirs = daemon.expect();
    let tree = match Tree::plant(number) {
        Ok(tree) => tree,
        Err((directory, error)) => {
            let taken = docker.send_classic(&daemon.host(), directory.path());
            let lazily = Tree::is_refused_only_when_used(&error);
            return (taken && !lazily).then(|| format!("tree {number} is refused here: {error}"));
        }
    };
    let rules = tree.rules.clone().for_classic_builder();
    if !docker.send_classic(&daemon.host(), tree.directory.path()) {
        return Some(format!("tree {number} is refused there"));
    }
    let snapshot = context::snapshot(tree.directory.path(), &rules).unwrap();
    let mut ours = Listing::of_snapshot(&snapshot, tree.directory.path());
    let mut theirs = Listing::of_directory(&theirs);
    for name in ["Dockerfile", ".dockerignore"] {
        if rules.excludes(&ContextPath::new(name), false) {
            theirs.0.remove(name.as_bytes());
        }
    }
    for (path, item) in &mut ours.0 {
        // A directory that is left out itself has the usual mode in the image.
        if item.is_directory() && rules.excludes(&ContextPath::new(path), true) {
            item.forget_mode();
            theirs.0.get_mut(path).map(Item::forget_mode);
        }
    }
    // Sockets are left out here.
    let sockets = snapshot.entries().iter().filter(|entry| entry.kind == EntryKind::Socket);
    for socket in sockets {
        ours.0.remove(socket.path.as_bytes());
    }
    let text = String::from_utf8_lossy(rules.bytes()).into_owned();
    difference(&ours, &theirs, &rules).map(|it| format!("tree {number}, rules {text:?}:\n{it}"))
}
