//! What people read when something is wrong, word for word, with the exit status. No engine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn an_exit_status_is_the_same_where_no_message_can_be_written() {
    let full = || fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let (gone, writer) = std::io::pipe().expect("a pipe");
    drop(gone);
    for stderr in [full().into(), std::process::Stdio::from(writer)] {
        let status = Command::new(env!("CARGO_BIN_EXE_smartbuild"))
            .args(["build", "./no-such-directory"])
            .stderr(stderr)
            .status()
            .expect("the program runs");
        assert_eq!(status.code(), Some(125));
    }
}

/// A directory with a context in it, and a store beside it.
struct Project {
    directory: tempfile::TempDir,
    environment: Vec<(&'static str, OsString)>,
}

impl Project {
    fn new(dockerfile: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let project = Self { directory, environment: Vec::new() };
        fs::create_dir(project.context()).expect("a context");
        project.file("Dockerfile", dockerfile)
    }

    fn context(&self) -> PathBuf {
        self.directory.path().join("context")
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("cache/smartbuild.sqlite3")
    }

    /// A Dockerfile that is no text.
    fn bytes(dockerfile: &[u8]) -> Self {
        let project = fine();
        fs::write(project.context().join("Dockerfile"), dockerfile).expect("a file");
        project
    }

    fn file(self, path: &str, content: &str) -> Self {
        fs::write(self.context().join(path), content).expect("a file");
        self
    }

    fn directory(self, path: &str) -> Self {
        fs::create_dir(self.context().join(path)).expect("a directory");
        self
    }

    fn link(self, path: &str, target: &str) -> Self {
        std::os::unix::fs::symlink(target, self.context().join(path)).expect("a link");
        self
    }

    /// A named pipe that nobody writes into: whoever opens it waits for ever.
    fn pipe(self, path: &str) -> Self {
        let made = Command::new("mkfifo").arg(self.context().join(path)).status();
        assert!(made.expect("mkfifo runs").success());
        self
    }

    fn socket(self, path: &str) -> Self {
        let bound = std::os::unix::net::UnixListener::bind(self.context().join(path));
        drop(bound.expect("a socket"));
        self
    }

    /// Commits everything.
    fn committed(self) -> Self {
        self.git(&["init", "-q", "--template=", "--initial-branch=main"]);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "Open the shop"]);
        self
    }

    fn git(&self, arguments: &[&str]) {
        let date = "2024-02-29T12:00:00Z";
        let done = Command::new("git")
            .current_dir(self.context())
            .args(arguments)
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@a")])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@a")])
            .envs([("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_DATE", date)])
            .status();
        assert!(done.expect("git runs").success(), "git {arguments:?}");
    }

    /// Runs git where it is told of the repository.
    fn git_named(&self, arguments: &[&str]) {
        let done = self.command("git").args(arguments).status();
        assert!(done.expect("git runs").success(), "git {arguments:?}");
    }

    fn hooks_in(self, directory: &str) -> Self {
        self.git(&["config", "core.hooksPath", directory]);
        self
    }

    /// The configuration of git that its user has everywhere.
    fn own_configuration(mut self, file: &str) -> Self {
        let home = self.directory.path().join("home");
        fs::create_dir(&home).expect("a directory");
        fs::rename(self.context().join(file), home.join(".gitconfig")).expect("a file");
        self.environment.push(("HOME", home.into()));
        self
    }

    /// Docker's configuration.
    fn configuration(mut self, json: &str) -> Self {
        let directory = self.directory.path().join("docker");
        fs::create_dir(&directory).expect("a directory");
        fs::write(directory.join("config.json"), json).expect("a file");
        self.environment.push(("DOCKER_CONFIG", directory.into()));
        self
    }

    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.context())
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .env("DOCKER_CONFIG", "/nowhere")
            .env("SMARTBUILD_CACHE_DIR", self.directory.path().join("cache"))
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("DOCKER_CONTEXT")
            .env_remove("BUILDKIT_PROGRESS")
            .env_remove("DOCKER_BUILDKIT")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_smartbuild");
        self.command(program).args(arguments).output().expect("the program runs")
    }

    /// Runs as somebody whom modes keep out, which they do not do for root.
    fn run_as_nobody(&self, arguments: &[&str]) -> Output {
        if !rustix::process::getuid().is_root() {
            return self.run(arguments);
        }
        // Where the program was built, nobody may look.
        let program = self.directory.path().join("smartbuild");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_smartbuild"), &program).expect("a copy");
        }
        mode(self.directory.path(), 0o777);
        let mut command = self.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command.args(arguments).output().expect("setpriv runs")
    }

    /// Everything that is seen of a command.
    fn seen(&self, arguments: &[&str]) -> String {
        self.told(&self.run(arguments))
    }

    fn told(&self, output: &Output) -> String {
        let status = output.status.code().expect("an exit status");
        let here = self.directory.path().canonicalize().expect("a directory");
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(here.to_str().expect("a path in UTF-8"), "/here")
        };
        format!("{}[status {status}]\n{}", text(&output.stdout), text(&output.stderr))
    }
}

#[test]
fn the_own_directory_of_a_repository_is_as_good_as_its_working_tree() {
    let project = shop().committed().file("app.py", "print(2)\n");
    let program = env!("CARGO_BIN_EXE_smartbuild");
    let mut command = project.command(program);
    command.current_dir(project.context().join(".git")).arg("impact");
    assert_eq!(project.told(&command.output().expect("it runs")), project.seen(&["impact"]));
}

#[test]
fn what_the_framework_runs_hooks_for_is_compared() {
    let project = shop().committed().file("app.py", "print(2)\n").committed();
    let expected = project.seen(&["impact", "HEAD~1...HEAD"]);
    let project = project.variable("PRE_COMMIT_FROM_REF", "HEAD~1");
    assert_ne!(project.seen(&["impact", "--staged"]), expected);
    let project = project.variable("PRE_COMMIT_TO_REF", "HEAD");
    assert_eq!(project.seen(&["impact", "--staged"]), expected);
    assert_ne!(project.seen(&["impact"]), expected);
}

#[test]
fn a_repository_that_git_names_is_read_where_none_is_around() {
    let project = shop().committed().file("app.py", "print(2)\n");
    let expected = project.seen(&["impact"]);
    let own = project.directory.path().join("own.git");
    fs::rename(project.context().join(".git"), &own).expect("it is moved");
    let project = project.variable("GIT_DIR", own.to_str().expect("text"));
    let top = project.context().canonicalize().expect("it is there");
    project.git_named(&["config", "core.worktree", top.to_str().expect("text")]);
    assert_eq!(project.seen(&["impact"]), expected);
}

/// A merge that left a conflict.
fn merging() -> Project {
    let project = shop().committed();
    project.git(&["checkout", "-q", "-b", "other"]);
    let project = project.file("app.py", "print(2)\n");
    project.git(&["commit", "-q", "-a", "-m", "x"]);
    project.git(&["checkout", "-q", "main"]);
    let project = project.file("app.py", "print(3)\n");
    project.git(&["commit", "-q", "-a", "-m", "x"]);
    let merge = Command::new("git")
        .current_dir(project.context())
        .args(["-c", "user.name=a", "-c", "user.email=a@a", "merge", "-q", "other"])
        .output();
    assert!(!merge.expect("git runs").status.success());
    project
}

/// A test a message: the project, what is typed, and all that is seen.
macro_rules! snapshots {
    ($($name:ident: $project:expr, $arguments:expr;)*) => {
        $(#[test] fn $name() {
            let seen = $project.seen(&$arguments);
            // What differs from run to run, and from version to version.
            insta::with_settings!({
                filters => [(r" {2,}\d+\.\d+ s\n", " [time]\n"), (r", \d+ (month|year)s? ago", ", [ago]"), (r"(against   .+\n)context   \d+ files, .+\[time\]", "${1}context   [files] [time]"), (r"smartbuild \d+\.\d+\.\d+", "smartbuild [version]")],
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

fn shop() -> Project {
    Project::new("FROM busybox:1\nCOPY . /app\nRUN cat /app/app.py\n")
        .file("app.py", "print(1)\n")
        .file(".dockerignore", ".git\n")
}

/// A context that is a directory of its repository.
fn below() -> Project {
    shop()
        .directory("sub")
        .file("sub/Dockerfile", "FROM busybox\nCOPY app.py /\nRUN true\n")
        .file("sub/app.py", "print(1)\n")
}

fn without_dockerfile() -> Project {
    let project = fine();
    fs::remove_file(project.context().join("Dockerfile")).expect("removed");
    project
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
    no_dockerfile: without_dockerfile(), ["."];
    another_dockerfile_that_is_not_there: fine(), ["-f", "Prod", "."];
    a_dockerfile_that_is_a_directory: without_dockerfile().directory("Dockerfile"), ["."];
    another_dockerfile_that_is_a_directory: fine().directory("docker"), ["-f", "docker", "."];
    a_dockerfile_that_leads_nowhere: without_dockerfile().link("Dockerfile", "gone"), ["."];
    a_dockerfile_that_is_a_pipe: without_dockerfile().pipe("Dockerfile"), ["."];
    another_dockerfile_that_is_a_pipe: fine().pipe("pipe"), ["-f", "pipe", "."];
    a_dockerfile_that_is_a_socket: without_dockerfile().socket("Dockerfile"), ["."];
    a_dockerfile_that_is_a_device: fine(), ["-f", "/dev/zero", "."];
    a_dockerfile_with_a_null_byte: Project::new("FROM busybox\nRUN echo a\0b\n"), ["."];
    a_dockerfile_with_a_latin_1_letter: Project::bytes(b"FROM busybox\nRUN true\nRUN echo caf\xe9\n"), ["."];
    a_dockerfile_of_only_comments: Project::new("# FROM busybox\n\n# RUN true\n"), ["."];
    a_misspelt_instruction: Project::new("FROM busybox\nRUNN true\n"), ["."];
    an_unknown_instruction_flag: Project::new("FROM busybox\nCOPY --chwon=1 a b\n"), ["."];
    an_unclosed_heredoc: Project::new("FROM busybox\nRUN <<END\ntrue\n"), ["."];
    only_an_argument: Project::new("ARG VERSION=1\n"), ["."];
    an_empty_dockerfile: Project::new(""), ["."];
    a_dockerfile_that_is_no_text: Project::bytes(b"\x7fELF\x02\x01\xd0"), ["."];
    a_base_image_in_capitals: Project::new("ARG TAG=3X\nFROM ALPINE:$TAG\n"), ["predict", "."];
    a_stage_in_capitals: Project::new("FROM busybox AS base\nFROM BASE\n"), ["predict", "."];
    a_copied_image_in_capitals: Project::new("FROM busybox\nCOPY \\\n  --from=ALPINE /a /b\n"), ["predict", "."];
    an_impossible_base_image: Project::new("FROM busybox:\n"), ["predict", "."];
    a_wildcard_that_matches_a_link_to_nothing: Project::new("FROM busybox\nCOPY *.md /docs/\n").link("read.md", "nowhere"), ["predict", "."];
    a_missing_source: Project::new("FROM busybox\nRUN true\nCOPY app.py \\\n  /app/\n"), ["predict", "."];
    an_ignored_source: Project::new("FROM busybox\nCOPY build.log /\n").file("build.log", "").file(".dockerignore", "# logs\n*.log\n"), ["predict", "."];
    an_unknown_target: Project::new("FROM busybox AS one\nFROM busybox AS two\n"), ["predict", "--target", "nope", "."];
    an_unknown_target_among_none: fine(), ["predict", "--target", "nope", "."];
    predict_without_records: fine(), ["predict", "."];
    predict_read_by_a_foreign_frontend: Project::new("# syntax=my/frontend:1\nFROM busybox\nRUN true\n"), ["predict", "."];
    predict_with_what_only_a_build_heeds: fine(), ["predict", "--progress", "plain", "--no-shortcut", "."];
    predict_against_a_commit_and_optimized: fine(), ["predict", "--optimize", "--against", "HEAD", "."];
    predict_with_a_report_that_cannot_be_written: fine(), ["predict", "--report", "nowhere/report.json", "."];
    predict_with_a_malformed_configuration: fine().configuration("{\n  \"auths\": [\n"), ["predict", "."];
    build_with_a_malformed_configuration: fine().configuration("{\n  \"auths\": [\n"), ["."];
    predict_with_a_slip_in_docker_host: fine().variable("DOCKER_HOST", "garbage"), ["predict", "."];
    build_with_a_slip_in_docker_host: fine().variable("DOCKER_HOST", "garbage"), ["."];
    why_by_number: fine(), ["why", "3"];
    why_by_line: fine(), ["why", ":2"];
    why_by_text: fine(), ["why", "run TRUE"];
    why_of_no_step: fine(), ["why", "pip install"];
    why_of_no_step_among_many: Project::new(&format!("FROM busybox\nRUN {}\n{}", "x".repeat(10_000), "RUN true\n".repeat(3000))), ["why", "pip install"];
    why_of_several_steps: Project::new("FROM busybox\nRUN a\nRUN ab\n"), ["why", "a"];
    why_of_a_line_that_makes_no_step: Project::new("FROM busybox\nENV A=1\nRUN true\n"), ["why", ":2"];
    why_of_a_line_that_is_not_there: fine(), ["why", ":9"];
    why_of_no_line: fine(), ["why", ":x"];
    against_a_commit: shop().committed().file("app.py", "print(2)\n"), ["predict", "--against", "HEAD", "."];
    against_a_commit_with_the_classic_builder: shop().committed().file("app.py", "print(2)\n").variable("DOCKER_BUILDKIT", "0"), ["predict", "--against", "HEAD", "."];
    the_classic_builder_without_records: shop().variable("DOCKER_BUILDKIT", "0"), ["predict", "."];
    a_build_with_the_classic_builder: shop().variable("DOCKER_BUILDKIT", "0"), ["build", "."];
    a_mount_for_the_classic_builder: Project::new("FROM busybox\nRUN --mount=type=tmpfs,target=/x true\n").variable("DOCKER_BUILDKIT", "false"), ["predict", "."];
    a_secret_for_the_classic_builder: shop().variable("DOCKER_BUILDKIT", "0"), ["predict", "--secret", "id=key,env=KEY", "."];
    a_cache_for_the_classic_builder: shop().variable("DOCKER_BUILDKIT", "0"), ["predict", "--cache-from", "shop", "."];
    a_word_for_docker_buildkit: shop().variable("DOCKER_BUILDKIT", "maybe"), ["predict", "."];
    against_the_same: shop().committed(), ["predict", "--against", "main", "."];
    against_another_base_and_a_new_step: shop().committed().file("Dockerfile", "FROM busybox:2\nCOPY . /app\nRUN cat /app/app.py\nRUN true\n"), ["predict", "--against", "HEAD", "."];
    against_other_ignore_rules: shop().committed().file(".dockerignore", ".git\nDockerfile\n"), ["predict", "--against", "HEAD", "."];
    against_another_mode: { let it = shop().committed(); mode(&it.context().join("app.py"), 0o755); it }, ["predict", "--against", "HEAD", "."];
    against_a_mode_that_git_does_not_know: { let it = shop().committed(); mode(&it.context().join("app.py"), 0o600); it }, ["predict", "--against", "HEAD", "."];
    against_a_commit_in_a_subdirectory: below().committed().file("sub/app.py", "print(2)\n"), ["predict", "--against", "HEAD", "sub"];
    against_a_commit_with_a_dockerfile_outside_the_context: below().file("other", "FROM busybox\nCOPY app.py /\n").committed().file("other", "FROM busybox\nCOPY app.py /app\n"), ["predict", "-f", "other", "--against", "HEAD", "sub"];
    against_a_commit_with_a_dockerfile_outside_the_repository: shop().committed().file("../other", "FROM busybox\nCOPY app.py /\n"), ["predict", "-f", "../other", "--against", "HEAD", "."];
    impact_of_an_edit: shop().committed().file("app.py", "print(2)\n"), ["impact"];
    impact_of_nothing: shop().committed(), ["impact", "--staged"];
    impact_of_what_was_staged_and_then_edited: { let it = shop().committed().file("app.py", "print(2)\n"); it.git(&["add", "app.py"]); it.file("app.py", "print(1)\n").file("new.py", "") }, ["impact", "--staged"];
    impact_of_a_removed_dockerfile: { let it = shop().committed(); it.git(&["rm", "-q", "Dockerfile"]); it }, ["impact", "--staged"];
    impact_between_commits: { let it = shop().committed().file("app.py", "print(2)\n"); it.git(&["commit", "-q", "-a", "-m", "x"]); it.file("app.py", "print(3)\n") }, ["impact", "HEAD~1..HEAD"];
    impact_since_a_revision: { let it = shop().committed(); it.git(&["checkout", "-q", "-b", "other"]); it.file("app.py", "print(2)\n") }, ["impact", "--since", "main"];
    impact_of_one_dockerfile: below().file("other", "FROM busybox\nCOPY app.py /\n").committed().file("sub/app.py", "print(2)\n"), ["impact", "-f", "other", "sub"];
    impact_before_the_first_commit: { let it = shop(); it.git(&["init", "-q", "--template=", "--initial-branch=main"]); it }, ["impact"];
    impact_in_a_merge: merging(), ["impact"];
    impact_of_the_index_in_a_merge: merging(), ["impact", "--staged"];
    impact_without_a_repository: shop(), ["impact"];
    impact_of_the_index_of_a_bare_repository: { let it = shop().committed(); it.git(&["config", "core.bare", "true"]); it }, ["impact", "--staged"];
    impact_since_nothing: shop().committed(), ["impact", "--since", "nope"];
    impact_of_a_range_and_the_index: shop().committed(), ["impact", "--staged", "HEAD..HEAD"];
    impact_of_a_dockerfile_that_is_nowhere: shop().committed(), ["impact", "-f", "nope", "--max-steps", "0"];
    impact_of_a_target_that_is_nowhere: shop().file("Dockerfile", "FROM busybox AS build\nFROM build AS final\nCOPY app.py /\n").committed().file("app.py", "print(2)\n"), ["impact", "-f", "Dockerfile", "--target", "nope", "--max-steps", "0"];
    impact_of_a_broken_compose_file: shop().file("compose.yaml", "services:\n  web:\n    build: .\n").committed().file("compose.yaml", "services:\n\tweb:\n"), ["impact", "--max-steps", "0"];
    impact_of_two_directories: shop().committed(), ["impact", "sub", "other"];
    impact_of_a_binary_dockerfile: { let it = shop().committed().directory("bin"); fs::write(it.context().join("bin/Dockerfile"), b"\x7fELF\xff").expect("a file"); it.file("app.py", "print(2)\n") }, ["impact"];
    impact_with_a_directory_for_its_limits: shop().directory("smartbuild.toml").file("smartbuild.toml/x", "").committed(), ["impact"];
    impact_with_a_link_to_nothing_for_its_limits: { let it = shop(); std::os::unix::fs::symlink("nowhere", it.context().join("smartbuild.toml")).expect("a link"); it.committed() }, ["impact"];
    impact_with_a_link_to_its_limits: { let it = shop().file("limits.toml", "[impact]\nmax_steps = 0\n"); std::os::unix::fs::symlink("limits.toml", it.context().join("smartbuild.toml")).expect("a link"); it.committed().file("app.py", "print(2)\n") }, ["impact"];
    impact_where_git_names_another_repository: shop().committed().variable("GIT_DIR", "/nowhere"), ["impact"];
    impact_where_git_names_this_repository: shop().committed().variable("GIT_DIR", ".git"), ["impact"];
    impact_as_json: shop().committed().file("app.py", "print(2)\n"), ["impact", "--format", "json"];
    replay_without_a_repository: shop(), ["bench", "--last", "2"];
    replay_of_no_revision: shop().committed(), ["bench", "--replay", "nope..HEAD"];
    replay_of_nothing: shop().committed(), ["bench", "--replay", "HEAD..HEAD"];
    replay_of_one_revision: shop().committed(), ["bench", "--replay", "HEAD"];
    replay_of_a_scenario: shop().committed(), ["bench", "--last", "2", "--scenario", "cold"];
    replay_of_a_dockerfile_that_no_commit_has: shop().committed(), ["bench", "--last", "1", "-f", "/dev/null"];
    against_no_such_revision: shop().committed(), ["predict", "--against", "nope", "."];
    against_no_revision_of_no_repository: shop(), ["predict", "--against", "HEAD", "."];
    against_no_commit_yet: { let it = shop(); it.git(&["init", "-q", "--template=", "--initial-branch=main"]); it }, ["predict", "--against", "HEAD", "."];
    against_a_file: shop().committed(), ["predict", "--against", "HEAD:Dockerfile", "."];
    against_a_revision_without_the_dockerfile: shop().committed().file("Prod", "FROM busybox\n"), ["predict", "-f", "Prod", "--against", "HEAD", "."];
    against_a_revision_without_the_context: shop().committed().directory("sub").file("sub/Dockerfile", "FROM busybox\n"), ["predict", "--against", "HEAD", "sub"];
    against_a_revision_that_is_wrong: shop().file("Dockerfile", "FROM busybox\nRUNN true\n").committed().file("Dockerfile", FINE), ["predict", "--against", "HEAD", "."];
    against_a_revision_that_lacks_a_source: shop().file("Dockerfile", "FROM busybox\nCOPY gone /\n").committed().file("Dockerfile", FINE), ["predict", "--against", "HEAD", "."];
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
fn a_forecast_goes_into_the_file_that_is_named() {
    let project = fine();
    let output = project.run(&["predict", "--report", "report.json", "."]);
    assert_eq!(output.status.code(), Some(0));
    let written = fs::read_to_string(project.context().join("report.json")).expect("a file");
    let report: serde_json::Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(report["schema"], "smartbuild/predict/v1");
    assert!(String::from_utf8_lossy(&output.stdout).contains("forecast"), "the text stays");
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

#[test]
fn an_unreadable_file_is_named_with_what_to_do() {
    let dockerfile = "FROM busybox:local\nCOPY src /x\nCOPY *.txt /y\n";
    let project = Project::new(dockerfile).file("secret.txt", "").directory("src");
    let stderr = refused_to_nobody(&project, "secret.txt");
    assert!(stderr.contains("Dockerfile:3 | COPY *.txt /y"), "{stderr}");
    assert!(stderr.contains("secret.txt") && stderr.contains("chmod a+r"), "{stderr}");
    assert!(stderr.contains(".dockerignore"), "{stderr}");
}

#[test]
fn an_unreadable_dockerfile_is_named_with_what_to_do() {
    let stderr = refused_to_nobody(&fine(), "Dockerfile");
    let says = "cannot read the Dockerfile";
    assert!(stderr.contains(says) && stderr.contains("chmod a+r"), "{stderr}");
}

/// What is said where nobody may read `file`.
fn refused_to_nobody(project: &Project, file: &str) -> String {
    mode(&project.context().join(file), 0o000);
    let output = project.run_as_nobody(&["predict", "."]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    stderr
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

/// `predict` says in one line what is wrong and what to do, and goes on; `build` ends.
#[test]
fn an_engine_that_may_not_be_used_is_named_with_what_to_do() {
    let project = fine();
    let socket = project.directory.path().join("docker.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    mode(&socket, 0o600);
    let host = format!("unix://{}", socket.display());
    let project = project.variable("DOCKER_HOST", &host);
    let output = project.run_as_nobody(&["predict", "--format", "json", "."]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!((stderr.lines().count(), stderr.matches("warning: ").count()), (1, 1), "{stderr}");
    assert!(stderr.contains(&host) && stderr.contains("add yourself to the group"), "{stderr}");
    let output = project.run_as_nobody(&["."]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(stderr.starts_with("error: no permission to use"), "{stderr}");
    drop(listener);
}

#[test]
fn a_relative_store_lies_below_the_current_directory() {
    let project = fine().variable("SMARTBUILD_CACHE_DIR", "../beside");
    for _ in 0..2 {
        let output = project.run(&["predict", "."]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !stderr.contains("warning"), "{stderr}");
    }
    assert!(project.directory.path().join("beside/smartbuild.sqlite3").is_file());
}

/// A context with rules that work, a rule that matches nothing, a secret, and a name of any bytes.
fn surveyed() -> Project {
    use std::os::unix::ffi::OsStrExt;
    let project = fine()
        .file(".dockerignore", "*.log\n!keep.log\n*.lgo\nDockerfile\n")
        .file("a.log", "12")
        .file("keep.log", "1")
        .file(".env", "A=1");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9\x1b");
    fs::write(project.context().join(name), "").expect("a file");
    project
}

snapshots! {
    context: surveyed(), ["context"];
    context_explains_a_file: surveyed(), ["context", "--explain", "a.log"];
    context_explains_the_dockerfile: surveyed(), ["context", "--explain", "Dockerfile"];
    context_explains_what_is_not_there: surveyed(), ["context", "--explain", "b.log"];
    context_explains_nothing_outside: surveyed(), ["context", "--explain", "/etc/passwd"];
    context_with_an_invalid_rule: fine().file(".dockerignore", "a\n[b\n"), ["context"];
    hook_install: fine().committed(), ["hook", "install"];
    hook_install_beside_another: fine().committed().file(".git/pre-commit", "exit 1\n").hooks_in(".git"), ["hook", "install"];
    hook_install_for_all_repositories: fine().committed().file("gitconfig", "[core]\n\thooksPath = .git/own\n").own_configuration("gitconfig"), ["hook", "install"];
    hook_install_for_husky: fine().committed().hooks_in(".husky/_"), ["hook", "install"];
    hook_install_without_a_repository: fine(), ["hook", "install"];
    hook_remove_of_nothing: fine().committed(), ["hook", "remove"];
    hook_remove_of_another: fine().committed().file(".git/pre-commit", "exit 1\n").hooks_in(".git"), ["hook", "remove"];
    hook_without_a_word: fine(), ["hook"];
    context_of_a_url: fine(), ["context", "https://example.org/shop.git"];
}

#[test]
fn a_list_has_the_bytes_of_every_name_that_copy_would_bring() {
    let listed = surveyed().run(&["context", "-0"]).stdout;
    assert_eq!(listed, b".dockerignore\0.env\0caf\xe9\x1b\0keep.log\0");
}

#[test]
fn the_json_of_a_context_is_as_promised() {
    let run = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&surveyed().run(arguments).stdout).expect("JSON alone")
    };
    let report = run(&["context", "--list", "--format", "json"]);
    assert_eq!(report["schema"], "smartbuild/context/v1");
    assert_eq!((&report["files"], &report["ignored"]), (&4.into(), &2.into()));
    assert!(report["digest"].as_str().is_some_and(|it| it.starts_with("sha256:")), "{report:#}");
    let entry = &report["entries"][1];
    assert_eq!(entry["path"], ".env");
    assert_eq!((&entry["kind"], &entry["size"]), (&"file".into(), &3.into()));
    assert!(entry["mode"].is_u64() && entry["digest"].is_string() && entry["target"].is_null());
    assert_eq!(report["entries"][2]["path_hex"], "636166e91b");
    assert_eq!(report["warnings"][0]["lines"][0], ".env");
    assert!(run(&["context", "--format", "json"]).get("entries").is_none());
}

#[test]
fn nothing_in_a_dockerfile_acts_on_the_terminal_that_shows_its_errors() {
    let lines = [
        "COPY \"no\x1b[31mthere\" /x",
        "FROM \x1b]0;title\x07 AS x",
        "COPY --from=\x1b[2J /a /b",
        "R\x1b]0;title\x07\x1b[2JUM /x",
        "COPY --ch\x1b[8mown=1 a b",
        "RUN --mount=type=\x1b[2J true",
        "HEALTHCHECK --interval=\x1b[2J CMD true",
        "RUN <<E\x1b[2JOF\ntrue",
        "FROM busybox AS \x1b[31mred",
    ];
    for line in lines {
        let text = format!("# \x1b[2J\nFROM busybox\n# \x1b]0;title\x07\n{line}\nENV a=\x1b[5m\n");
        let output = Project::new(&text).run(&["predict", "."]);
        assert_eq!(output.status.code(), Some(125), "{line:?}");
        let told = [output.stdout, output.stderr].concat();
        assert!(!told.iter().any(|byte| matches!(byte, 0x07 | 0x1b)), "{line:?}");
    }
}
