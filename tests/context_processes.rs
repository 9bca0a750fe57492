//! A context and its index under several real processes, and under a user with few rights. No
//! engine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A context, the program, and a cache directory beside them.
struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        // Other users have to get in.
        open_to_all(directory.path());
        for name in ["context", "cache"] {
            fs::create_dir(directory.path().join(name)).expect("a directory");
            open_to_all(&directory.path().join(name));
        }
        let project = Self { directory };
        project.file("Dockerfile", "FROM scratch\nCOPY . /\n");
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("context").join(name)
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn indexes(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.directory.path().join("cache/contexts"));
        entries.expect("indexes").map(|entry| entry.expect("an entry").path()).collect()
    }

    fn predict(&self, mut program: Command) -> Command {
        program
            .args(["predict", "."])
            .current_dir(self.path(""))
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .env("SMARTBUILD_CACHE_DIR", self.directory.path().join("cache"))
            .env("NO_COLOR", "1")
            .env_remove("DOCKER_CONTEXT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        program
    }

    fn run(&self) -> Output {
        self.predict(program()).output().expect("the program runs")
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_smartbuild"))
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("a mode");
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until what was written is old enough for an index.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(2100));
}

#[test]
fn a_damaged_index_is_rebuilt_with_one_warning() {
    let project = Project::new();
    settle();
    assert!(!said(&project.run()).contains("damaged"));
    let [index] = &project.indexes()[..] else { panic!("{:?}", project.indexes()) };
    let whole = fs::read(index).expect("an index");
    for damage in [&whole[..whole.len() / 2], b"", b"something else"] {
        fs::write(index, damage).expect("an index");
        let first = project.run();
        assert_eq!(said(&first).matches("damaged").count(), 1, "{}", said(&first));
        assert!(first.status.success());
        assert!(!said(&project.run()).contains("damaged"));
        assert_eq!(fs::read(index).expect("an index"), whole);
    }
}

#[test]
fn many_processes_at_once_leave_a_whole_index() {
    let project = Project::new();
    for number in 0..200 {
        project.file(&format!("f{number}"), "text");
    }
    settle();
    for round in 0..4 {
        let running: Vec<_> =
            (0..6).map(|_| project.predict(program()).spawn().expect("the program runs")).collect();
        project.file(&format!("f{round}"), "edited meanwhile");
        for process in running {
            let output = process.wait_with_output().expect("it ends");
            let said = said(&output);
            assert!(!said.contains("damaged"), "{said}");
            // An edit while a file is read is told; nothing else may go wrong.
            assert!(output.status.success() || said.contains("while"), "{said}");
        }
    }
    assert!(!said(&project.run()).contains("damaged"));
    // Nothing half-written is left over.
    assert_eq!(project.indexes().len(), 1);
}

#[test]
fn everything_that_may_not_be_read_is_named_at_once() {
    let project = Project::new();
    project.file("secret", "x");
    fs::create_dir_all(project.path("locked/in")).expect("a directory");
    fs::create_dir(project.path("ignored")).expect("a directory");
    project.file(".dockerignore", "ignored\n");
    for name in ["secret", "locked", "ignored"] {
        fs::set_permissions(project.path(name), fs::Permissions::from_mode(0o000)).expect("a mode");
    }
    // The one who runs the tests may read everything where that is root.
    let copy = project.directory.path().join("smartbuild");
    fs::copy(env!("CARGO_BIN_EXE_smartbuild"), &copy).expect("a copy of the program");
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&copy);
    let is_root = fs::read_dir(project.path("locked")).is_ok();
    let command = if is_root { nobody } else { program() };
    let output = project.predict(command).output().expect("the program runs");
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    for line in ["\"locked\": Permission denied", "\"secret\": Permission denied", "chmod a+r"] {
        assert!(said.contains(line), "{said}");
    }
    assert!(!said.contains("ignored\":"), "{said}");
    // So that the directory can be removed.
    for name in ["locked", "ignored"] {
        open_to_all(&project.path(name));
    }
}
