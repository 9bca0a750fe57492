//! The smartbuild program as a user runs it, and what it reports.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{project::Project, story};
use crate::{checks, command};

/// The release binary with the demo's engine, context and store.
#[derive(Debug)]
pub(super) struct Program {
    binary: PathBuf,
    docker_host: String,
    context: PathBuf,
    store: PathBuf,
    report: PathBuf,
}

/// What `--report` wrote after a build.
#[derive(Debug)]
pub(super) struct Report(Value);

/// How far the forecast was right.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Agreement {
    /// Steps that were compared.
    pub(super) steps: u64,
    /// As forecast.
    pub(super) right: u64,
    /// Called cached, and ran.
    pub(super) false_cached: u64,
}

/// Builds the release binary and gives its path.
///
/// # Errors
///
/// When it does not compile.
pub(crate) fn build_release() -> Result<PathBuf> {
    let mut build = Command::new("cargo");
    build.current_dir(checks::repository()).args([
        "build",
        "--release",
        "--locked",
        "--package",
        "smartbuild",
    ]);
    command::run(&mut build)?;
    // This task runs from `<target directory>/debug/xtask`, wherever that directory is.
    let task = std::env::current_exe().context("cannot tell where this task's program is")?;
    let target =
        task.ancestors().nth(2).context("this task's program is in no target directory")?;
    let binary = target.join("release/smartbuild");
    ensure!(binary.exists(), "cargo built no {}", binary.display());
    Ok(binary)
}

impl Program {
    /// The program for this project.
    pub(super) fn new(binary: PathBuf, docker_host: String, project: &Project) -> Self {
        Self {
            binary,
            docker_host,
            context: project.path(),
            store: project.beside("store"),
            report: project.beside("report.json"),
        }
    }

    /// Builds the context as this image, in view, and reads the report.
    ///
    /// # Errors
    ///
    /// When the build fails or leaves no report.
    pub(super) fn build(&self, image: &str) -> Result<Report> {
        story::command(&["smartbuild", "-t", image, "."])?;
        command::run(
            self.command().args(["build", "-t", image, "--report"]).arg(&self.report).arg("."),
        )?;
        let text = fs::read_to_string(&self.report).context("the build left no report")?;
        Ok(Report(serde_json::from_str(&text).context("the build's report is no JSON")?))
    }

    /// Runs a command in view.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub(super) fn show(&self, arguments: &[&str]) -> Result<()> {
        story::command(&[&["smartbuild"], arguments].concat())?;
        command::run(self.command().args(arguments))
    }

    /// Runs a command quietly for the JSON that it prints.
    ///
    /// # Errors
    ///
    /// When it fails or prints something else.
    pub(super) fn json(&self, arguments: &[&str]) -> Result<Value> {
        let text = command::output(self.command().args(arguments))?;
        serde_json::from_str(&text)
            .with_context(|| format!("`smartbuild {}` printed no JSON", arguments.join(" ")))
    }

    fn command(&self) -> Command {
        let mut program = Command::new(&self.binary);
        program
            .current_dir(&self.context)
            .env("DOCKER_HOST", &self.docker_host)
            .env("SMARTBUILD_CACHE_DIR", &self.store)
            .stdin(Stdio::null());
        program
    }
}

impl Report {
    /// How far the forecast was right.
    ///
    /// # Errors
    ///
    /// When the report does not say.
    pub(super) fn agreement(&self) -> Result<Agreement> {
        let number = |name: &str| {
            self.0["agreement"][name]
                .as_u64()
                .with_context(|| format!("the report has no agreement.{name}"))
        };
        Ok(Agreement {
            steps: number("steps")?,
            right: number("right")?,
            false_cached: number("false_cached")?,
        })
    }

    /// How long the whole build took.
    ///
    /// # Errors
    ///
    /// When the report does not say.
    pub(super) fn seconds(&self) -> Result<Duration> {
        let seconds = self.0["seconds"].as_f64().context("the report has no seconds")?;
        Duration::try_from_secs_f64(seconds).context("the report's seconds are no duration")
    }

    /// Whether a step with this in its name ran.
    pub(super) fn has_run(&self, name: &str) -> bool {
        let steps = self.0["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        steps.iter().any(|step| {
            step["actual"] == "ran" && step["name"].as_str().is_some_and(|it| it.contains(name))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report() -> Report {
        Report(json!({
            "steps": [
                {"name": "[2/4] WORKDIR /app", "actual": "cached"},
                {"name": "[4/4] RUN pip install -r requirements.txt", "actual": "ran"},
            ],
            "agreement": {"steps": 2, "right": 2, "false_cached": 0, "false_rebuild": 0},
            "seconds": 4.5,
        }))
    }

    #[test]
    fn a_report_tells_what_ran_and_how_long_it_took() {
        assert!(report().has_run("pip install"));
        assert!(!report().has_run("WORKDIR"));
        assert_eq!(report().seconds().unwrap(), Duration::from_millis(4500));
        let agreement = Agreement { steps: 2, right: 2, false_cached: 0 };
        assert_eq!(report().agreement().unwrap(), agreement);
    }

    #[test]
    fn a_report_without_agreement_is_refused() {
        let message = Report(json!({})).agreement().unwrap_err().to_string();
        assert_eq!(message, "the report has no agreement.steps");
    }
}
