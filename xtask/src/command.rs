//! Running other programs, with errors that say which and why.

use std::{
    io::ErrorKind,
    process::{Command, Output, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// How many of the last lines of a log an error shows.
const TAIL: usize = 20;

/// Runs it with our own output streams.
///
/// # Errors
///
/// When it cannot be started or ends with another status than 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| not_started(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs it quietly and gives its standard output.
///
/// # Errors
///
/// As [`run`], with the end of what it said on standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = capture(command)?;
    if !output.status.success() {
        let said = [output.stderr, output.stdout].map(|text| tail(&String::from_utf8_lossy(&text)));
        bail!("`{}` ended with {}\n{}", line(command), output.status, said.concat());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether it runs and ends with status 0; it says nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    capture(command).is_ok_and(|output| output.status.success())
}

fn capture(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().with_context(|| not_started(command))
}

/// Whether a program of this name can be started at all.
pub(crate) fn is_installed(program: &str) -> bool {
    let started =
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    !started.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The last lines of a log, indented, each with its line end.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL);
    lines[from..].iter().flat_map(|line| ["    ", line, "\n"]).collect()
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn not_started(command: &Command) -> String {
    format!("cannot start `{}`", line(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_what_it_said() {
        let error = output(Command::new("sh").args(["-c", "echo broken >&2; exit 3"])).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("sh -c") && message.contains("    broken"), "{message}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("/nowhere/tool")).unwrap_err();
        assert!(error.to_string().contains("cannot start `/nowhere/tool`"), "{error}");
        assert!(!is_installed("/nowhere/tool"));
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let log: Vec<String> = (1..=30).map(|n| format!("line {n}")).collect();
        let shown = tail(&log.join("\n"));
        assert!(shown.starts_with("    line 11\n") && shown.ends_with("    line 30\n"), "{shown}");
    }
}
