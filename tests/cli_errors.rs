//! What people read when something is wrong, word for word, with the exit status. No engine.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A directory with a context in it, and a store beside it.
struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    fn new(dockerfile: &str) -> Self {
        let project = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        fs::create_dir(project.context()).expect("a context");
        project.file("Dockerfile", dockerfile)
    }

    fn context(&self) -> PathBuf {
        self.directory.path().join("context")
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("cache/smartbuild.sqlite3")
    }

    fn file(self, path: &str, content: &str) -> Self {
        fs::write(self.context().join(path), content).expect("a file");
        self
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_smartbuild"))
            .args(arguments)
            .current_dir(self.context())
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .env("SMARTBUILD_CACHE_DIR", self.directory.path().join("cache"))
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("DOCKER_CONTEXT")
            .env_remove("BUILDKIT_PROGRESS")
            .output()
            .expect("the program runs")
    }

    /// Everything that is seen of a command.
    fn seen(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let status = output.status.code().expect("an exit status");
        let here = self.directory.path().canonicalize().expect("a directory");
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(here.to_str().expect("a path in UTF-8"), "/here")
        };
        format!("{}[status {status}]\n{}", text(&output.stdout), text(&output.stderr))
    }
}

/// A test a message: the project, what is typed, and all that is seen.
macro_rules! snapshots {
    ($($name:ident: $project:expr, $arguments:expr;)*) => {
        $(#[test] fn $name() {
            let seen = $project.seen(&$arguments);
            // What differs from run to run, and from version to version.
            insta::with_settings!({
                filters => [(r" {2,}\d+\.\d+ s\n", " [time]\n"), (r"smartbuild \d+\.\d+\.\d+", "smartbuild [version]")],
                snapshot_path => "cli/errors",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(stringify!($name), seen);
            });
        })*
    };
}

const FINE: &str = "FROM busybox\nWORKDIR /app\nRUN true\n";

fn fine() -> Project {
    Project::new(FINE)
}

snapshots! {
    no_engine: fine(), ["."];
    no_arguments: fine(), [];
    an_unknown_flag: fine(), ["--frobnicate", "."];
    a_misspelt_flag: fine(), ["--no-cach", "."];
    an_unknown_progress: fine(), ["--progress", "fancy", "."];
    an_impossible_name: fine(), ["-t", "Shop", "."];
    an_unwritable_id_file: fine(), ["--iidfile", "nowhere/id", "."];
    a_path_that_is_not_there: fine(), ["nowhere"];
    a_path_that_is_a_file: fine(), ["Dockerfile"];
    a_url: fine(), ["https://example.org/shop.git"];
    no_dockerfile: { let p = fine(); fs::remove_file(p.context().join("Dockerfile")).expect("removed"); p }, ["."];
    another_dockerfile_that_is_not_there: fine(), ["-f", "Prod", "."];
    a_misspelt_instruction: Project::new("FROM busybox\nRUNN true\n"), ["."];
    an_unknown_instruction_flag: Project::new("FROM busybox\nCOPY --chwon=1 a b\n"), ["."];
    an_unclosed_heredoc: Project::new("FROM busybox\nRUN <<END\ntrue\n"), ["."];
    only_an_argument: Project::new("ARG VERSION=1\n"), ["."];
    an_empty_dockerfile: Project::new(""), ["."];
    a_dockerfile_that_is_no_text: fine(), ["-f", "/bin/true", "."];
    a_missing_source: Project::new("FROM busybox\nRUN true\nCOPY app.py \\\n  /app/\n"), ["predict", "."];
    an_ignored_source: Project::new("FROM busybox\nCOPY build.log /\n").file("build.log", "").file(".dockerignore", "# logs\n*.log\n"), ["predict", "."];
    an_unknown_target: Project::new("FROM busybox AS one\nFROM busybox AS two\n"), ["predict", "--target", "nope", "."];
    an_unknown_target_among_none: fine(), ["predict", "--target", "nope", "."];
    predict_without_records: fine(), ["predict", "."];
    why_by_number: fine(), ["why", "3"];
    why_by_line: fine(), ["why", ":2"];
    why_by_text: fine(), ["why", "run TRUE"];
    why_of_no_step: fine(), ["why", "pip install"];
    why_of_several_steps: Project::new("FROM busybox\nRUN a\nRUN ab\n"), ["why", "a"];
    why_of_no_line: fine(), ["why", ":x"];
    help: fine(), ["--help"];
    version: fine(), ["--version"];
}

#[test]
fn json_stands_alone() {
    let output = fine().run(&["predict", "--format", "json", "."]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    assert_eq!(report["schema"], "smartbuild/predict/v1");
    assert_eq!(report["engine"], serde_json::Value::Null);
    let steps = report["steps"].as_array().expect("steps");
    assert!(steps.iter().all(|step| step["verdict"] == "unknown"), "{report:#}");
    assert!(steps.iter().all(|step| step["cause"]["kind"] == "no_record"), "{report:#}");
}

#[test]
fn a_damaged_store_is_said_once_and_left_alone() {
    let project = fine();
    fs::create_dir(project.directory.path().join("cache")).expect("a directory");
    let damaged = "this is no database ".repeat(500);
    fs::write(project.store(), &damaged).expect("a file");
    assert_goes_on(&project, "are damaged");
    assert_eq!(fs::read_to_string(project.store()).expect("the store"), damaged);
}

#[test]
fn a_store_of_a_newer_version_is_said_once_and_left_alone() {
    let project = fine();
    project.run(&["predict", "."]);
    let store = rusqlite::Connection::open(project.store()).expect("a database");
    store.pragma_update(None, "user_version", 4711).expect("a version");
    drop(store);
    let before = fs::read(project.store()).expect("the store");
    assert_goes_on(&project, "written by a newer smartbuild");
    assert_eq!(fs::read(project.store()).expect("the store"), before);
}

/// One warning, and the forecast as without records.
fn assert_goes_on(project: &Project, why: &str) {
    let output = project.run(&["predict", "--format", "json", "."]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!((stderr.lines().count(), stderr.matches("warning: ").count()), (1, 1), "{stderr}");
    assert!(stderr.contains(why) && stderr.contains("smartbuild.sqlite3"), "{stderr}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    assert_eq!(report["summary"]["unknown"], 2, "{report:#}");
}

/// A file that only its owner may read is read by root, so the program runs as somebody else.
#[test]
fn an_unreadable_file_is_named_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let project = fine().file("secret.txt", "");
    let mode = |path: PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    mode(project.context().join("secret.txt"), 0o000).expect("a mode");
    let is_root = rustix::process::getuid().is_root();
    let output = if is_root {
        // Where the program was built, nobody may look.
        let program = project.directory.path().join("smartbuild");
        fs::copy(env!("CARGO_BIN_EXE_smartbuild"), &program).expect("a copy");
        mode(project.directory.path().to_owned(), 0o755).expect("a mode");
        Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&program)
            .args(["predict", "."])
            .current_dir(project.context())
            .env("SMARTBUILD_CACHE_DIR", "/nowhere")
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .output()
            .expect("setpriv runs")
    } else {
        project.run(&["predict", "."])
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(stderr.contains("secret.txt") && stderr.contains("chmod a+r"), "{stderr}");
    assert!(stderr.contains(".dockerignore"), "{stderr}");
}
