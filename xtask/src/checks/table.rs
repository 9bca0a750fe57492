//! What ran, how it went and how long it took.

use std::{
    fmt::Display,
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::suites::Counts;
use crate::ui;

/// How a check that could be run went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// Nothing to say against it.
    Passed,
    /// All tests passed, so many.
    Tests(Counts),
    /// Some tests failed.
    TestsFailed(Counts),
    /// It could not be checked here, and why; no failure.
    NotChecked(&'static str),
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    /// `None` where an error kept it from a result; it has been printed.
    outcome: Option<Outcome>,
    took: Option<Duration>,
}

/// The rows so far.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<Row>);

impl Table {
    /// Runs one check under a heading and keeps how it went.
    pub(super) fn run(&mut self, name: &'static str, check: impl FnOnce() -> Result<Outcome>) {
        ui::note(format_args!("\n{}", ui::bold(format_args!("── {name}"))));
        let begun = Instant::now();
        let result = check();
        self.push(name, Some(begun.elapsed()), result);
    }

    /// Keeps how something went that ran beside the others.
    pub(super) fn add<T>(
        &mut self,
        name: &'static str,
        took: Option<Duration>,
        result: &Result<T>,
    ) {
        let result = match result {
            Ok(_) => Ok(Outcome::Passed),
            Err(error) => Err(anyhow::anyhow!("{error:#}")),
        };
        self.push(name, took, result);
    }

    fn push(&mut self, name: &'static str, took: Option<Duration>, result: Result<Outcome>) {
        if let Err(error) = &result {
            ui::note(format_args!("{} {error:#}", ui::red(format_args!("{name}:"))));
        }
        self.0.push(Row { name, outcome: result.ok(), took });
    }

    /// Prints the rows, and a closing line with the sum of all tests.
    ///
    /// # Errors
    ///
    /// When standard output is closed.
    pub(super) fn print(&self) -> io::Result<()> {
        ui::result("")?;
        for row in &self.0 {
            let took = row.took.map(ui::seconds).unwrap_or_default();
            ui::result(&format!("{:<14} {took:>12}   {}", row.name, describe(row.outcome)))?;
        }
        let failed: Vec<&str> = self.failed().collect();
        if !failed.is_empty() {
            ui::result(&format!("\nfailed: {}", failed.join(", ")))?;
        }
        ui::result(&format!("\n{}", self.counts()))
    }

    /// Failure as soon as one row is no success.
    pub(super) fn exit_code(&self) -> ExitCode {
        if self.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn has_failed(&self) -> bool {
        self.failed().next().is_some()
    }

    fn failed(&self) -> impl Iterator<Item = &'static str> {
        let failed = |row: &&Row| matches!(row.outcome, None | Some(Outcome::TestsFailed(_)));
        self.0.iter().filter(failed).map(|row| row.name)
    }

    fn counts(&self) -> Counts {
        let counts = self.0.iter().filter_map(|row| match row.outcome? {
            Outcome::Tests(counts) | Outcome::TestsFailed(counts) => Some(counts),
            Outcome::Passed | Outcome::NotChecked(_) => None,
        });
        counts.fold(Counts::default(), Counts::plus)
    }
}

fn describe(outcome: Option<Outcome>) -> String {
    let colored = |style: console::Style, text: &dyn Display| style.apply_to(text).to_string();
    match outcome {
        Some(Outcome::Passed) => colored(console::Style::new().green(), &"passed"),
        Some(Outcome::Tests(counts)) => colored(console::Style::new().green(), &counts),
        Some(Outcome::TestsFailed(counts)) => colored(console::Style::new().red(), &counts),
        Some(Outcome::NotChecked(reason)) => {
            colored(console::Style::new().yellow(), &format_args!("NOT CHECKED: {reason}"))
        }
        None => colored(console::Style::new().red().bold(), &"FAILED"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize) -> Counts {
        Counts { passed, failed, skipped: 0 }
    }

    #[test]
    fn one_failed_check_fails_the_run() {
        let mut table = Table::default();
        table.run("clippy", || Ok(Outcome::Passed));
        table.run("advisories", || Ok(Outcome::NotChecked("no network")));
        assert!(!table.has_failed());
        table.run("spelling", || anyhow::bail!("a typo"));
        assert!(table.has_failed());
    }

    #[test]
    fn the_closing_line_sums_all_tests() {
        let mut table = Table::default();
        table.run("tests", || Ok(Outcome::Tests(counts(10, 0))));
        assert!(!table.has_failed());
        table.run("engine tests", || Ok(Outcome::TestsFailed(counts(3, 1))));
        assert!(table.has_failed());
        assert_eq!(table.counts(), counts(13, 1));
    }
}
