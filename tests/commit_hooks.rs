//! Commits with hooks that ask what they cost: git's own, and the real pre-commit framework's.
//!
//! The framework is the program that `SMARTBUILD_TEST_PRE_COMMIT` names (`cargo xtask test` brings
//! it), else the one in the path. No engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DOCKERFILE: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n\
                          RUN pip install -r requirements.txt\nCOPY app.py .\nCMD python app.py\n";

/// What no commit may cost without a word.
const LIMITS: &str = "[impact]\ndeny = [\"dependency_layer\"]\nallow_trailer = \"Build-Cost\"\n";

/// A repository with an image, and a home without any configuration.
struct Shop {
    directory: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let shop = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        for name in ["shop", "home"] {
            fs::create_dir(shop.path(name)).expect("a directory");
        }
        shop.file("Dockerfile", DOCKERFILE);
        shop.file("requirements.txt", "flask==3.0.3\n");
        shop.file("app.py", "print(1)\n");
        shop.file("smartbuild.toml", LIMITS);
        shop.git(&["init", "-q", "--template=", "--initial-branch=main"]);
        shop.git(&["add", "-A"]);
        shop.git(&["commit", "-q", "-m", "Open the shop"]);
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.path("shop").join(name), text).expect("a file");
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let built = Path::new(env!("CARGO_BIN_EXE_smartbuild")).parent().expect("a directory");
        let path = std::env::var("PATH").expect("a path");
        let mut command = Command::new(program);
        command
            .current_dir(self.path("shop"))
            .env("PATH", format!("{}:{path}", built.display()))
            .env("HOME", self.path("home"))
            .env("PRE_COMMIT_HOME", self.path("home/pre-commit"))
            .env("SMARTBUILD_CACHE_DIR", self.path("home/smartbuild"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("CLICOLOR_FORCE")
            .envs([("NO_COLOR", "1"), ("PRE_COMMIT_COLOR", "never")])
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            // A checkout may belong to another user than the one who tests it.
            .envs([("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory")])
            .env("GIT_CONFIG_VALUE_0", "*")
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@a")])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@a")]);
        command
    }

    fn run(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Output {
        self.command(program).args(arguments).output().expect("the program runs")
    }

    fn done(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> String {
        let output = self.run(program, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
        told(&output)
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.done("git", arguments)
    }

    /// Edits a file and commits it: what is said, and whether there is a new commit.
    fn commit(&self, name: &str, text: &str) -> (bool, String) {
        let head = || self.git(&["rev-parse", "HEAD"]);
        let before = head();
        self.file(name, text);
        let output = self.run("git", &["commit", "-q", "-am", "Edit the shop"]);
        assert_eq!(output.status.success(), head() != before);
        (output.status.success(), told(&output))
    }
}

fn told(output: &Output) -> String {
    let text = [&*output.stdout, &*output.stderr].concat();
    String::from_utf8(text).expect("text in UTF-8")
}

/// The words of a text, however it is broken into lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const REFUSED: &str = "Dockerfile: `RUN pip install -r requirements.txt` at Dockerfile:4 installs \
                       packages and runs again (requirements.txt modified); deny in \
                       smartbuild.toml denies dependency_layer";

/// A source edit passes, another requirement does not, and the message says why and what to do.
fn assert_commits_are_judged(shop: &Shop) {
    let (is_made, said) = shop.commit("app.py", "print(2)\n");
    assert!(is_made && said.contains("loses 1 of 4 steps"), "{said}");
    let (is_made, said) = shop.commit("requirements.txt", "flask==3.1.0\n");
    assert!(!is_made && words(&said).contains(REFUSED), "{said}");
    assert!(words(&said).contains("`git commit --no-verify` commits it all the same"), "{said}");
}

#[test]
fn gits_own_hook_judges_a_commit() {
    let shop = Shop::new();
    shop.done("smartbuild", &["hook", "install"]);
    assert_commits_are_judged(&shop);
    shop.done("smartbuild", &["hook", "remove"]);
    assert!(shop.commit("requirements.txt", "flask==3.1.1\n").0);
}

#[test]
fn a_trailer_accepts_the_cost_of_a_commit() {
    let shop = Shop::new();
    let message = "Patch flask\n\nBuild-Cost: it has a hole\n";
    assert!(shop.commit("requirements.txt", "flask==3.1.0\n").0);
    let impact = ["impact", "HEAD~1..HEAD"];
    assert_eq!(shop.run("smartbuild", &impact).status.code(), Some(3));
    shop.git(&["commit", "-q", "--amend", "-m", message]);
    let said = shop.done("smartbuild", &impact);
    assert!(said.contains("accepted by `Build-Cost: it has a hole` of the commit"), "{said}");
    let other = ["impact", "HEAD~1..HEAD", "--allow-trailer", "Cost"];
    assert_eq!(shop.run("smartbuild", &other).status.code(), Some(3));
    // What is not committed yet has no message.
    let since = ["impact", "--since", "HEAD~1"];
    assert_eq!(shop.run("smartbuild", &since).status.code(), Some(0));
    shop.file("app.py", "print(2)\n");
    assert_eq!(shop.run("smartbuild", &since).status.code(), Some(3));
}

#[test]
fn limits_of_the_command_line_are_kept_to() {
    let shop = Shop::new();
    shop.file("app.py", "print(2)\n");
    let status = |arguments: &[&str]| {
        shop.run("smartbuild", &[&["impact"], arguments].concat()).status.code()
    };
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--max-steps", "1"]), Some(0));
    assert_eq!(status(&["--max-steps", "0"]), Some(3));
    assert_eq!(status(&["--deny", "base_image,files"]), Some(3));
    assert_eq!(status(&["--deny", "base_image"]), Some(0));
    assert_eq!(status(&["--max-image-growth", "10MB"]), Some(0));
    assert_eq!(status(&["--max-seconds", "-1"]), Some(125));
    assert_eq!(status(&["--deny", "bugs"]), Some(125));
    shop.file("app.py", &"print(2)\n".repeat(1000));
    assert_eq!(status(&["--max-image-growth", "1kB"]), Some(3));
}

#[test]
fn every_format_is_written_and_fails_alike() {
    let shop = Shop::new();
    shop.file("requirements.txt", "flask==3.1.0\n");
    for (format, begin) in [
        ("json", "{\n  \"schema\": \"smartbuild/impact/v1\""),
        ("markdown", "<!-- smartbuild impact -->\n### Build cache: 1 image loses 3 steps"),
        ("github", "::error file=Dockerfile,line=4,"),
        ("sarif", "{\n"),
        ("gitlab", "[\n"),
        ("html", "<!DOCTYPE html><html lang=\"en\">"),
    ] {
        let output = shop.run("smartbuild", &["impact", "--format", format]);
        assert_eq!(output.status.code(), Some(3), "{format}");
        let (result, said) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        assert!(result.starts_with(begin), "{format}: {result}");
        assert!(said.contains(REFUSED), "{format}: {said}");
    }
}

/// A clone of this repository, with its hooks as they are now.
fn clone(shop: &Shop) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let clone = shop.path("smartbuild");
    let at = clone.to_str().expect("a path in UTF-8");
    let source = format!("file://{}", own.display());
    shop.git(&["clone", "-q", "--depth=1", "--no-tags", &source, at]);
    let hooks = ".pre-commit-hooks.yaml";
    fs::copy(own.join(hooks), clone.join(hooks)).expect("the hooks");
    shop.git(&["-C", at, "add", "-A"]);
    shop.git(&["-C", at, "commit", "-q", "--allow-empty", "-m", "Take the hooks of today"]);
    shop.git(&["-C", at, "tag", "v0"]);
    clone
}

#[test]
fn the_pre_commit_framework_judges_a_commit() {
    let shop = Shop::new();
    let framework = std::env::var("SMARTBUILD_TEST_PRE_COMMIT");
    let framework = framework.unwrap_or_else(|_| "pre-commit".to_owned());
    let is_there = shop.command(&framework).arg("--version").output();
    assert!(is_there.is_ok(), "no pre-commit to test with: run `cargo xtask test`");
    let repository = clone(&shop);
    // What is built already runs, so that nothing is compiled.
    let configuration = format!(
        "repos:\n  - repo: {}\n    rev: v0\n    hooks:\n      - id: smartbuild-impact\n        \
         language: system\n",
        repository.display()
    );
    shop.file(".pre-commit-config.yaml", &configuration);
    shop.file("notes.txt", "none\n");
    shop.git(&["add", "-A"]);
    shop.git(&["commit", "-q", "-m", "Ask what a commit costs"]);
    shop.done(&framework, &["install"]);
    assert_commits_are_judged(&shop);
    // A commit that only deletes is asked, too.
    shop.git(&["checkout", "-q", "HEAD", "--", "."]);
    shop.git(&["rm", "-q", "notes.txt"]);
    let output = shop.run("git", &["commit", "-q", "-m", "Note nothing"]);
    let said = told(&output);
    assert!(output.status.success() && said.contains("impact on the build cache"), "{said}");
    assert!(!said.contains("Skipped"), "{said}");
    // Nor is one made that takes away what an image copies: nobody can tell what that costs.
    shop.git(&["rm", "-q", "app.py"]);
    let output = shop.run("git", &["commit", "-q", "-m", "Sell nothing"]);
    assert!(
        !output.status.success() && told(&output).contains("`app.py` is not in the build context")
    );
}
