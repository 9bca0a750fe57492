//! A shell that stays, so that what runs in it is measured without the way into it.
//!
//! An engine's own docker command runs in a mount namespace, which takes longer to enter than many
//! a build takes. So one shell is started there, and is told each command when its time begins.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Runs what each line says and answers with its status.
const LOOP: &str =
    r#"while read -r line; do eval "$line" >/dev/null 2>&1 </dev/null; echo $?; done"#;

/// A running shell.
#[derive(Debug)]
pub(super) struct Shell {
    process: Child,
    lines: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Shell {
    /// Starts it; `enter` makes of the shell's command the one that starts it where it belongs.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(super) fn start(enter: impl FnOnce(&Command) -> Command) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", LOOP]);
        let mut process = enter(&shell)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a shell")?;
        let (Some(lines), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            bail!("a shell without pipes");
        };
        Ok(Self { process, lines, answers: BufReader::new(answers) })
    }

    /// How long the line takes.
    ///
    /// # Errors
    ///
    /// When it ends with another status than 0.
    pub(super) fn time(&mut self, line: &str) -> Result<Duration> {
        let begun = Instant::now();
        writeln!(self.lines, "{line}").context("cannot write to the shell")?;
        let mut status = String::new();
        self.answers.read_line(&mut status).context("cannot read from the shell")?;
        let took = begun.elapsed();
        match status.trim() {
            "0" => Ok(took),
            "" => bail!("the shell ended at `{line}`"),
            status => bail!("`{line}` ended with status {status}"),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It ended by itself or is ended here; either way there is nothing more to do for it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(shell: &Command) -> Command {
        let mut same = Command::new(shell.get_program());
        same.args(shell.get_args());
        same
    }

    #[test]
    fn lines_run_one_after_the_other_and_a_failure_is_told() {
        let mut shell = Shell::start(here).unwrap();
        shell.time("there=1").unwrap();
        assert!(shell.time("sleep 0.05; echo noise; test $there = 1").unwrap().as_millis() >= 50);
        let error = shell.time("exit_status() { return 3; }; exit_status").unwrap_err();
        assert!(error.to_string().contains("status 3"), "{error}");
        assert!(shell.time("exit 0").is_err());
    }
}
