//! Contexts from real repositories, made by git itself.
//!
//! The yardstick is what git writes: the snapshot of a commit must be that of a fresh checkout.

mod contents;
mod history;
mod hostile;
mod large;
mod modules;
mod nested;
mod past;
mod random;
mod repositories;
mod revisions;
mod sources;
mod staged;
mod working;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::context::{Error, IgnoreRules, Snapshot, Source, Taken, snapshot};

/// A repository in a temporary directory, with nobody's configuration but its own.
struct Project {
    directory: tempfile::TempDir,
    root: PathBuf,
}

/// Runs git in the directory and gives what it prints.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(directory)
        .args(["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"])
        .args(["-c", "maintenance.auto=false", "-c", "gc.auto=0"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@a")])
        .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@a")])
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn options() -> GitOptions {
    GitOptions { user_configuration: false, index_file: None }
}

fn path(text: impl AsRef<[u8]>) -> ContextPath {
    ContextPath::new(text)
}

fn paths(taken: &Taken) -> Vec<String> {
    taken.snapshot.entries().iter().map(|entry| entry.path.to_string()).collect()
}

impl Project {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(init: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("project");
        fs::create_dir(&root).unwrap();
        git(&root, &[&["init", "-q"], init].concat());
        Self { directory, root }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.root, arguments)
    }

    fn path(&self, name: impl AsRef<[u8]>) -> PathBuf {
        self.root.join(OsStr::from_bytes(name.as_ref()))
    }

    fn file(self, name: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> Self {
        self.write(name, bytes);
        self
    }

    fn write(&self, name: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn executable(self, name: &str) -> Self {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn link(self, name: &str, target: &str) -> Self {
        symlink(target, self.path(name)).unwrap();
        self
    }

    fn committed(self) -> Self {
        self.commit();
        self
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    fn open(&self) -> Repository {
        Repository::open(&self.root, &options()).unwrap()
    }

    fn taken(&self, revision: &str, rules: &str) -> Taken {
        let rules = IgnoreRules::parse(rules.as_bytes()).unwrap();
        self.open().tree(revision).unwrap().snapshot(&rules).unwrap()
    }

    fn staged(&self) -> Taken {
        self.open().index().unwrap().snapshot(&IgnoreRules::none()).unwrap()
    }

    /// What git writes into an empty directory for the revision, as git would record it.
    fn checkout(&self, revision: &str, rules: &IgnoreRules) -> Snapshot {
        let directory = tempfile::tempdir_in(self.directory.path()).unwrap();
        let fresh = directory.path().join("fresh");
        let fresh_text = fresh.to_str().unwrap();
        self.git(&["worktree", "add", "-q", "--force", "--detach", fresh_text, revision]);
        let disk = snapshot(&fresh, rules).unwrap();
        let tree = self.open().tree(revision).unwrap();
        let tracked = |path: &ContextPath| {
            matches!(tree.find(path), Ok(Some(crate::context::Found::Directory)))
        };
        let recorded = as_git_records(&disk, tracked);
        self.git(&["worktree", "remove", "--force", fresh_text]);
        recorded
    }

    /// The revision's snapshot is that of its checkout, down to the digests.
    fn assert_as_checked_out(&self, revision: &str, rules: &str) {
        let rules = IgnoreRules::parse(rules.as_bytes()).unwrap();
        let ours = self.open().tree(revision).unwrap().snapshot(&rules).unwrap();
        let theirs = self.checkout(revision, &rules);
        assert_eq!(ours.snapshot.entries(), theirs.entries());
    }
}

/// The message of the git error.
fn message<T: std::fmt::Debug>(result: Result<T, impl Into<Error>>) -> String {
    result.map_err(Into::into).unwrap_err().to_string()
}
