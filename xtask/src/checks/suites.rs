//! Running the tests: by nextest where it is installed, else by `cargo test`.
//!
//! Their output passes through unchanged; its closing lines are read for the numbers.

use std::{
    fmt, fs,
    io::{self, BufRead as _, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context as _, Result, bail};

use super::engines::Prepared;
use super::table::Outcome;
use crate::command;

/// Who runs tests. Nextest shows a failed test's output, which may hold cargo's closing line: each
/// runner's output is only read for its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Runner {
    Nextest,
    Cargo,
}

/// Numbers of tests.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Counts {
    /// Ran and held.
    pub(super) passed: usize,
    /// Ran and did not hold, or took too long.
    pub(super) failed: usize,
    /// Did not run.
    pub(super) skipped: usize,
}

impl Counts {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }

    /// The numbers in one line of output, if it is this runner's closing line.
    fn read(runner: Runner, line: &str) -> Option<Self> {
        let line = console::strip_ansi_codes(line);
        let numbers = match runner {
            Runner::Nextest => line.trim_start().strip_prefix("Summary [")?.split_once(" run: ")?.1,
            Runner::Cargo => line.strip_prefix("test result: ")?.split_once(". ")?.1,
        };
        let mut counts = Self::default();
        for part in numbers.split([',', ';']) {
            let mut words = part.split_whitespace();
            let Some(number) = words.next().and_then(|it| it.parse::<usize>().ok()) else {
                continue;
            };
            match words.next() {
                Some("passed") => counts.passed += number,
                Some("failed" | "timed" | "exec") => counts.failed += number,
                Some("skipped" | "ignored") => counts.skipped += number,
                _ => {}
            }
        }
        Some(counts)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// What tests run beside our own program.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    /// The framework whose hooks are tested.
    pub(super) pre_commit: PathBuf,
    /// The browser that shows pages.
    pub(super) chromium: PathBuf,
}

/// All tests that need no engine.
///
/// # Errors
///
/// When they cannot be compiled or none ran.
pub(super) fn run_without_engine(repository: &Path, programs: &Programs) -> Result<Outcome> {
    let tests = integration_tests(repository)?.into_iter().filter(|name| !needs_engine(name));
    let targets = ["--lib", "--bins"].map(str::to_owned).into_iter().chain(tests.flat_map(target));
    run(|tests| {
        tests
            .args(targets)
            .env("SMARTBUILD_TEST_PRE_COMMIT", &programs.pre_commit)
            .env("SMARTBUILD_TEST_CHROMIUM", &programs.chromium)
    })
}

/// The integration tests named `engine_…`, on these engines.
///
/// # Errors
///
/// When they cannot be compiled or none ran: no engine test is a failure.
pub(super) fn run_with_engines(repository: &Path, engines: &Prepared) -> Result<Outcome> {
    let mut tests = integration_tests(repository)?;
    tests.retain(|name| needs_engine(name));
    if tests.is_empty() {
        bail!("there is no engine test: tests/engine_*.rs");
    }
    run(|command| command.args(tests.into_iter().flat_map(target)).envs(engines.variables()))
}

/// The examples in the documentation, which nextest does not run.
///
/// # Errors
///
/// When they cannot be compiled.
pub(super) fn run_doc_tests() -> Result<Outcome> {
    let mut doc_tests = Command::new("cargo");
    doc_tests.args(["test", "--workspace", "--locked", "--doc"]);
    let (succeeded, counts) = follow(Runner::Cargo, &mut doc_tests)?;
    outcome(succeeded, counts)
}

/// Runs the tests that `choose` names as cargo's targets, which both runners understand. The whole
/// workspace every time: another choice of packages would compile the dependencies again with
/// other features.
fn run(choose: impl FnOnce(&mut Command) -> &mut Command) -> Result<Outcome> {
    let has_nextest = command::succeeds(Command::new("cargo").args(["nextest", "--version"]));
    let (runner, run): (_, &[&str]) = if has_nextest {
        (Runner::Nextest, &["nextest", "run"])
    } else {
        (Runner::Cargo, &["test"])
    };
    let mut tests = Command::new("cargo");
    tests.args(run).args(["--workspace", "--locked", "--no-fail-fast"]);
    choose(&mut tests);
    let (succeeded, counts) = follow(runner, &mut tests)?;
    if succeeded && counts.passed == 0 {
        bail!("no test ran");
    }
    outcome(succeeded, counts)
}

fn outcome(succeeded: bool, counts: Counts) -> Result<Outcome> {
    match (succeeded, counts.failed) {
        (true, 0) => Ok(Outcome::Tests(counts)),
        (_, 1..) => Ok(Outcome::TestsFailed(counts)),
        (false, 0) => bail!("the tests did not run to their end"),
    }
}

/// Runs it, passing its output through, and reads the numbers in it.
fn follow(runner: Runner, tests: &mut Command) -> Result<(bool, Counts)> {
    if console::colors_enabled_stderr() {
        tests.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = tests
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let counts = thread::scope(|scope| {
        let out = scope.spawn(|| pass_through(runner, out, io::stdout()));
        let err = pass_through(runner, err, io::stderr());
        // A panic of the other thread has been printed; its numbers are lost, the status is not.
        out.join().unwrap_or_default().plus(err)
    });
    let status = child.wait().context("cannot wait for cargo")?;
    Ok((status.success(), counts))
}

fn pass_through(runner: Runner, from: Option<impl Read>, mut to: impl Write) -> Counts {
    let mut counts = Counts::default();
    let Some(from) = from else { return counts };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // Where nobody reads any more, the runner still has to be read to its end.
        let _ = to.write_all(&line);
        let read = Counts::read(runner, &String::from_utf8_lossy(&line));
        counts = counts.plus(read.unwrap_or_default());
        line.clear();
    }
    counts
}

/// The names of the integration tests, sorted: `tests/NAME.rs` and `tests/NAME/main.rs`.
fn integration_tests(repository: &Path) -> Result<Vec<String>> {
    let directory = repository.join("tests");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).context("cannot read the directory tests")? {
        let path = entry.context("cannot read the directory tests")?.path();
        let is_test =
            path.extension().is_some_and(|it| it == "rs") || path.join("main.rs").exists();
        if let Some(name) = path.file_stem().filter(|_| is_test) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn needs_engine(name: &str) -> bool {
    name.starts_with("engine_")
}

fn target(name: String) -> [String; 2] {
    ["--test".to_owned(), name]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_nextest_is_read() {
        let line = "\u{1b}[32m     Summary\u{1b}[0m [   0.52s] 7 tests run: 4 passed (1 slow), \
                    2 failed, 1 timed out, 3 skipped";
        let counts = Counts { passed: 4, failed: 3, skipped: 3 };
        assert_eq!(Counts::read(Runner::Nextest, line), Some(counts));
    }

    #[test]
    fn the_closing_line_of_cargo_test_is_read() {
        let line = "test result: FAILED. 5 passed; 1 failed; 2 ignored; 0 measured; 9 filtered out; \
                    finished in 0.01s";
        let counts = Counts { passed: 5, failed: 1, skipped: 2 };
        assert_eq!(Counts::read(Runner::Cargo, line), Some(counts));
    }

    #[test]
    fn other_lines_have_no_numbers() {
        assert_eq!(Counts::read(Runner::Cargo, "test checks::tests::one ... ok"), None);
        assert_eq!(Counts::read(Runner::Nextest, "5 passed, 0 failed"), None);
    }

    #[test]
    fn a_failed_test_is_counted_once_though_nextest_shows_its_output() {
        let shown = "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured";
        assert_eq!(Counts::read(Runner::Nextest, shown), None);
    }

    #[test]
    fn engine_tests_are_known_by_their_name() {
        let dir = tempfile::tempdir().unwrap();
        let tests = dir.path().join("tests");
        for directory in ["engine_flask", "cache-cases"] {
            fs::create_dir_all(tests.join(directory)).unwrap();
        }
        for file in ["engine_flask/main.rs", "cache_cases.rs", "engine_sync.rs"] {
            fs::write(tests.join(file), "").unwrap();
        }
        let names = integration_tests(dir.path()).unwrap();
        assert_eq!(names, ["cache_cases", "engine_flask", "engine_sync"]);
        assert_eq!(names.iter().filter(|it| needs_engine(it)).count(), 2);
    }

    #[test]
    fn a_failed_status_without_a_failed_test_is_an_error() {
        assert!(outcome(false, Counts::default()).is_err());
    }
}
