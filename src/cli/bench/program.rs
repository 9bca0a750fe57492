//! One build that is timed, as a process of its own.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use rustix::process::Signal;
use serde::Deserialize;
use tokio::process::Command;

use super::super::failure::Failure;
use super::super::stop::Stop;
use super::copies::Copied;
use super::end::End;
use super::group::{Farewell, Group};
use crate::bench::{Builder, Expectation, Expected, Foretold, Timed, TimedStep};
use crate::{Seconds, Span};

/// How long a build has to end after it was told to.
const PATIENCE: Duration = Duration::from_secs(40);

/// How long a scenario's command has for it.
const SHELL_PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of the end of what a program said that are looked at.
const TAIL: u64 = 16 << 10;

/// Lines of it that are shown.
const SHOWN: usize = 4;

/// Lines from its end up to which an error is looked for, to be shown from there.
const FAR: usize = 16;

/// What a full disk is called by all who meet it.
const FULL: &str = "no space left on device";

/// A build to be timed.
#[derive(Debug)]
pub(super) struct Build<'a> {
    pub(super) builder: Builder,
    /// What is built.
    pub(super) copy: &'a Copied,
    /// The name of the image.
    pub(super) tag: &'a str,
    /// A label that no image of others has: an image with the id of another is another's.
    pub(super) label: &'a str,
    /// What the user gave, for both builders.
    pub(super) options: &'a [String],
    /// Build arguments of this build, `NAME=VALUE`.
    pub(super) arguments: Vec<String>,
    pub(super) no_cache: bool,
    /// Where this program keeps its records.
    pub(super) store: &'a Path,
    /// A directory for what is said.
    pub(super) notes: &'a Path,
}

/// A build that was timed.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) timed: Timed,
    /// What it took as this program counts it, from its request to the engine's answer.
    pub(super) inside: Option<Seconds>,
}

/// Why a build was not timed.
#[derive(Debug)]
pub(super) enum NotTimed {
    /// The user wants it to end.
    Cancelled,
    /// It failed, with the end of what it said.
    Failed(String),
    /// It failed since a disk is full, with the end of what it said.
    Full(String),
    /// It could not be run.
    Other(Failure),
}

impl NotTimed {
    /// What a build that failed said; an error where all ends with it.
    pub(super) fn message(self) -> Result<String, End> {
        match self {
            Self::Failed(message) => Ok(message),
            Self::Full(message) => Err(full(&message)),
            Self::Cancelled => Err(End::Cancelled),
            Self::Other(Failure::NotBegun(error)) if is_full(&error) => {
                Err(full(&format!("{error:#}")))
            }
            Self::Other(failure) => Err(End::Other(failure)),
        }
    }
}

fn full(message: &str) -> End {
    End::Failed(format!(
        "the disk is full; make room on the engine's disk or in the temporary directory (TMPDIR), \
         and measure again:\n{message}"
    ))
}

fn is_full(error: &anyhow::Error) -> bool {
    let causes = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.into_iter().any(|cause| cause.kind() == std::io::ErrorKind::StorageFull)
}

impl<E: Into<anyhow::Error>> From<E> for NotTimed {
    fn from(error: E) -> Self {
        Self::Other(error.into().into())
    }
}

impl Build<'_> {
    /// Builds and takes the time.
    pub(super) async fn time(&self, stop: &Stop) -> Result<Ended, NotTimed> {
        let report = self.notes.join("report.json");
        let log = self.notes.join("log");
        let mut command = self.command(&report)?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?);
        let farewell = Farewell { signal: Signal::INT, patience: PATIENCE };
        let begun = Instant::now();
        let status = Group::start(&mut command)?.wait(stop.wait(), &farewell).await?;
        let seconds = begun.elapsed().into();
        if !status.success() {
            return Err(failed(status, &log, |said| self.copy.told.told(said))?);
        }
        Ok(match self.builder {
            Builder::Smartbuild => {
                // A build without its records succeeds, and is another than what is measured.
                if let Some(warning) = unrecorded(&log)? {
                    return Err(NotTimed::Full(warning));
                }
                let Ended { timed, inside } = reported(&report)?;
                Ended { timed: Timed { seconds, ..timed }, inside }
            }
            Builder::Docker => {
                let steps = said(&std::fs::read_to_string(&log).unwrap_or_default());
                Ended { timed: Timed { seconds, steps, ..Timed::default() }, inside: None }
            }
        })
    }

    fn command(&self, report: &Path) -> anyhow::Result<Command> {
        let mut command = match self.builder {
            Builder::Smartbuild => {
                let own = std::env::current_exe().context("cannot find this program")?;
                let mut command = Command::new(own);
                command.args(["build", "--report"]).arg(report);
                command.env("SMARTBUILD_CACHE_DIR", self.store);
                command
            }
            Builder::Docker => {
                let mut command = Command::new("docker");
                command.arg("build").env("DOCKER_BUILDKIT", "1");
                command
            }
        };
        command.args(["--progress", "plain", "-t", self.tag, "--label", self.label]);
        command.args(self.options);
        for argument in &self.arguments {
            command.args(["--build-arg", argument]);
        }
        if self.no_cache {
            command.arg("--no-cache");
        }
        command.arg("-f").arg(&self.copy.dockerfile).arg(&self.copy.context);
        Ok(command)
    }
}

/// A command of a scenario, run in the copy of the context. Gives the end of what it said where it
/// fails, and else what it may have left running.
pub(super) async fn shell(
    command: &str,
    context: &Path,
    salt: &str,
    notes: &Path,
    stop: &Stop,
) -> Result<Group, NotTimed> {
    let log = notes.join("shell");
    let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let also = output.try_clone().context("cannot keep what the command says")?;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).current_dir(context).env("SMARTBUILD_BENCH_SALT", salt);
    shell.stdin(Stdio::null()).stdout(output).stderr(also);
    let mut group = Group::start(&mut shell)?;
    // A shell's children in the background do not listen to Ctrl-C.
    let farewell = Farewell { signal: Signal::TERM, patience: SHELL_PATIENCE };
    let status = group.wait(stop.wait(), &farewell).await?;
    if status.success() {
        return Ok(group);
    }
    group.end().await;
    Err(failed(status, &log, str::to_owned)?)
}

/// How a program failed, with the end of what it said as `told` has it.
fn failed(
    status: ExitStatus,
    log: &PathBuf,
    told: impl FnOnce(&str) -> String,
) -> Result<NotTimed, NotTimed> {
    let said = tail(log).with_context(|| format!("cannot read {}", log.display()))?;
    let last = told(&last_words(&said));
    if said.to_lowercase().contains(FULL) {
        return Ok(NotTimed::Full(last));
    }
    let how = match status.code() {
        Some(code) => format!("it ended with {code}"),
        None => "it was killed".to_owned(),
    };
    Ok(NotTimed::Failed(format!("{how}\n{last}").trim_end().to_owned()))
}

/// The last lines of what a program said, from its error on where that is not far above.
fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let is_error = |line: &&str| line.starts_with("error: ") || line.starts_with("  × ");
    let near = &lines[lines.len().saturating_sub(FAR)..];
    let of_error = near.iter().rposition(is_error).map_or(0, |at| near.len() - at);
    lines[lines.len() - of_error.max(SHOWN).min(lines.len())..].join("\n")
}

/// What a build said that could not keep its records, as their disk is full.
fn unrecorded(log: &PathBuf) -> anyhow::Result<Option<String>> {
    let said = tail(log).with_context(|| format!("cannot read {}", log.display()))?;
    let is_it = |line: &&str| {
        line.starts_with("warning: going on without ") && line.contains("disk is full")
    };
    Ok(said.lines().find(is_it).map(str::to_owned))
}

fn tail(log: &PathBuf) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What became of the steps, as this program reports it, and what it had expected.
fn reported(report: &Path) -> anyhow::Result<Ended> {
    #[derive(Deserialize)]
    struct Report {
        steps: Vec<Step>,
        summary: Summary,
        seconds: Seconds,
    }
    #[derive(Deserialize)]
    struct Summary {
        seconds: Seconds,
        untimed: usize,
    }
    #[derive(Deserialize)]
    struct Step {
        name: String,
        instruction: String,
        actual: String,
        actual_seconds: Option<Seconds>,
        actual_span: Option<Span>,
        needs: Vec<usize>,
        verdict: Expectation,
        cause: Option<Cause>,
        reason: Option<String>,
    }
    #[derive(Deserialize)]
    struct Cause {
        step: Option<String>,
    }
    let text = std::fs::read(report).context("the build has left no report")?;
    let report: Report =
        serde_json::from_slice(&text).map_err(|error| anyhow!("the build's report: {error}"))?;
    let is_counted = |step: &Step| {
        let is_base = step.instruction.to_ascii_uppercase().starts_with("FROM ");
        !is_base && matches!(&*step.actual, "cached" | "ran")
    };
    let counted: Vec<bool> = report.steps.iter().map(is_counted).collect();
    let names: Vec<String> = report.steps.iter().map(|step| step.name.clone()).collect();
    let after = |at: usize, cause: Option<Cause>| {
        let above = cause?.step?;
        names[..at].iter().rposition(|name| *name == above)
    };
    let step = |(at, step): (usize, Step)| TimedStep {
        name: step.name,
        is_reused: step.actual == "cached",
        seconds: step.actual_seconds,
        span: step.actual_span,
        needs: step.needs,
        foretold: Some(Foretold {
            verdict: step.verdict,
            reason: step.reason,
            after: after(at, step.cause),
        }),
    };
    let Summary { seconds, untimed } = report.summary;
    let expected = Some(Expected { seconds, untimed });
    let steps = report.steps.into_iter().enumerate().map(step).collect();
    let mut timed = Timed { steps, expected, ..Timed::default() };
    timed.leave_out(|at, _| !counted[at]);
    Ok(Ended { timed, inside: Some(report.seconds) })
}

/// What became of the steps, as docker's plain progress says it: a step is named as
/// `#7 [build 2/5] COPY . .`, and `#7 CACHED` or `#7 DONE 0.2s` follows.
fn said(log: &str) -> Vec<TimedStep> {
    let mut numbers: Vec<&str> = Vec::new();
    let mut steps: Vec<TimedStep> = Vec::new();
    for line in log.lines() {
        let Some((number, rest)) = line.strip_prefix('#').and_then(|line| line.split_once(' '))
        else {
            continue;
        };
        let known = numbers.iter().position(|it| *it == number);
        if let Some((place, instruction)) =
            rest.strip_prefix('[').and_then(|rest| rest.split_once("] "))
        {
            let is_step = place.contains('/') && !instruction.starts_with("FROM ");
            if is_step && known.is_none() {
                numbers.push(number);
                steps.push(TimedStep {
                    name: rest.to_owned(),
                    is_reused: false,
                    seconds: None,
                    span: None,
                    needs: Vec::new(),
                    foretold: None,
                });
            }
        } else if let Some(step) = known.and_then(|place| steps.get_mut(place)) {
            let done =
                rest.strip_prefix("DONE ").and_then(|rest| rest.trim_end().strip_suffix('s'));
            if rest.trim_end() == "CACHED" {
                step.is_reused = true;
            } else if let Some(seconds) = done.and_then(|done| done.parse().ok()) {
                step.seconds = Some(Seconds::new(seconds));
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let of = |kind: std::io::ErrorKind| {
            let error = Err::<(), _>(std::io::Error::from(kind)).context("cannot write a").err();
            let message = NotTimed::from(error.unwrap_or_else(|| anyhow!("none"))).message();
            message.err().map(End::failure)
        };
        let full = of(std::io::ErrorKind::StorageFull);
        assert!(
            matches!(&full, Some(Failure::Build(Some(said))) if said.contains("make room")
                && said.ends_with("cannot write a: no storage space")),
            "{full:?}"
        );
        let other = of(std::io::ErrorKind::PermissionDenied);
        assert!(matches!(other, Some(Failure::NotBegun(_))), "{other:?}");
    }

    #[test]
    fn an_error_is_shown_from_its_beginning() {
        let heredoc: Vec<String> = (3..9).map(|line| format!("Dockerfile:{line} | x\n")).collect();
        let heredoc = heredoc.concat();
        let said = format!("#7 0.1 why\n\n#7 ERROR: x\nerror: step 2/2 failed\n{heredoc}");
        let shown = last_words(&said);
        assert!(shown.starts_with("error: step 2/2 failed\nDockerfile:3"), "{shown}");
        assert_eq!(last_words("a\nb\nerror: c\nd\ne"), "b\nerror: c\nd\ne");
        assert_eq!(last_words("a\n"), "a");
        assert_eq!(last_words(""), "");
    }

    #[test]
    fn steps_of_dockers_progress_are_counted() {
        let log = "#0 building with \"default\" instance using docker driver\n\
                   #1 [internal] load build definition from Dockerfile\n\
                   #1 DONE 0.0s\n\
                   #4 [build 1/3] FROM docker.io/library/busybox:local\n\
                   #4 CACHED\n\
                   #5 [build 2/3] COPY a /\n\
                   #5 CACHED\n\
                   #6 [stage-1 3/3] RUN make CACHED\n\
                   #6 0.123 #5 CACHED\n\
                   #6 [stage-1 3/3] RUN make CACHED\n\
                   #6 DONE 0.2s\n\
                   #7 exporting to image\n";
        let step = |name: &str, is_reused, seconds| TimedStep {
            name: name.to_owned(),
            is_reused,
            seconds,
            span: None,
            needs: Vec::new(),
            foretold: None,
        };
        let seconds = Some(Seconds::new(0.2));
        let wanted = [
            step("[build 2/3] COPY a /", true, None),
            step("[stage-1 3/3] RUN make CACHED", false, seconds),
        ];
        assert_eq!(said(log), wanted);
    }
}
