//! One project, built before and after its rewrite.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::projects::Project;
use crate::command;

/// The image that is built.
const IMAGE: &str = "smartbuild-installs";

/// A project in a temporary directory, with a store of its own, on an engine.
#[derive(Debug)]
pub(super) struct Work {
    directory: TempDir,
    binary: PathBuf,
    docker_host: String,
}

/// What came of a project.
#[derive(Debug)]
pub(super) struct Outcome {
    rewrites: Vec<String>,
    pub(super) is_verified: bool,
    /// Seconds of a build after an edit, before and after the rewrite.
    seconds: (f64, f64),
}

impl Outcome {
    /// A line for people.
    pub(super) fn line(&self, tool: &str) -> String {
        let rewrites =
            if self.rewrites.is_empty() { "none".into() } else { self.rewrites.join(", ") };
        let verified = if self.is_verified { "yes" } else { "NO" };
        let (before, after) = self.seconds;
        format!("{tool} | {rewrites} | {verified} | {before:.1} s, {after:.1} s")
    }
}

impl Work {
    /// Builds the base image with the package manager, and writes the files.
    ///
    /// # Errors
    ///
    /// When a file cannot be written or the base image cannot be built.
    pub(super) fn begin(project: &Project, binary: &Path, docker_host: &str) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("smartbuild-installs-").tempdir();
        let directory = directory.context("cannot make a temporary directory")?;
        let (binary, docker_host) = (binary.to_owned(), docker_host.to_owned());
        let work = Self { directory, binary, docker_host };
        let base = format!("{IMAGE}-base-{}", project.tool.replace(' ', "-"));
        let setup = format!("FROM python:3.12-slim\nRUN {}\n", project.setup);
        work.write("base/Dockerfile", &setup)?;
        let mut build = work.program("store-of-the-base");
        build.args(["build", "-q", "-t", &base]).arg(work.path("base"));
        command::output(&mut build)?;
        let syntax =
            if project.tool.contains("mount") { "# syntax=docker/dockerfile:1\n" } else { "" };
        let text = format!("{syntax}FROM {base}\n{}", project.dockerfile);
        work.write("context/Dockerfile", &text)?;
        for (name, content) in project.files {
            work.write(&format!("context/{name}"), content)?;
        }
        // So that no engine has built it before.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        work.write("context/salt.txt", &format!("{}\n", now.as_nanos()))?;
        Ok(work)
    }

    /// Builds the project after an edit, as it is and rewritten, and lets the rewrite be verified.
    ///
    /// # Errors
    ///
    /// When a build fails. A rewrite that is not verified is no error.
    pub(super) fn outcome(&self, project: &Project) -> Result<Outcome> {
        let before = self.seconds_of_an_edit(project)?;
        let mut optimize = self.program("store");
        optimize.args(["optimize", "--verify", "--apply", "--format", "json"]);
        let said = optimize.arg(self.path("context")).output().context("cannot start it")?;
        let found: Value = serde_json::from_slice(&said.stdout)
            .with_context(|| String::from_utf8_lossy(&said.stderr).into_owned())?;
        let all = found["rewrites"].as_array().map(Vec::as_slice).unwrap_or_default();
        let rewrites = all.iter().filter_map(|it| it["id"].as_str()).map(str::to_owned).collect();
        let is_verified = found["verification"]["passed"] == true && said.status.success();
        if !is_verified {
            crate::ui::note(serde_json::to_string_pretty(&found)?);
        }
        let after = if is_verified { self.seconds_of_an_edit(project)? } else { before };
        Ok(Outcome { rewrites, is_verified, seconds: (before, after) })
    }

    /// Builds, edits the first file, and builds again.
    fn seconds_of_an_edit(&self, project: &Project) -> Result<f64> {
        let (name, line) = project.files[0];
        self.build()?;
        let file = self.path("context").join(name);
        let text = fs::read_to_string(&file).context("cannot read the file that is edited")?;
        let added = line.lines().last().unwrap_or_default();
        fs::write(&file, format!("{text}{added}\n")).context("cannot edit a file")?;
        self.build()
    }

    /// Builds the project; gives the seconds.
    ///
    /// # Errors
    ///
    /// When the build fails.
    pub(super) fn build(&self) -> Result<f64> {
        let report = self.path("report.json");
        let mut build = self.program("store");
        build.args(["build", "-q", "-t", IMAGE, "--report"]).arg(&report);
        command::output(build.arg(self.path("context")))?;
        let report = fs::read_to_string(&report).context("the build left no report")?;
        let report: Value = serde_json::from_str(&report).context("the report is no JSON")?;
        report["seconds"].as_f64().context("the report has no seconds")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> Result<()> {
        let path = self.path(name);
        let parent = path.parent().context("a file has a directory")?;
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, content))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    fn program(&self, store: &str) -> Command {
        let mut program = Command::new(&self.binary);
        program
            .current_dir(self.directory.path())
            .env("DOCKER_HOST", &self.docker_host)
            .env("SMARTBUILD_CACHE_DIR", self.path(store))
            .env_remove("BUILDKIT_PROGRESS");
        program
    }
}
