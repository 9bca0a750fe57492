//! A copy of the example that is worked on and built.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{command, demo::Project};

/// The base image that the copy is built on, so that it can be changed.
const BASE: &str = "smartbuild-times-base:local";

/// The base image that the example is built on.
const PYTHON: &str = "python:3.12-slim";

/// How the base image is made.
const BASE_DOCKERFILE: &str = "\
FROM python:3.12-slim
COPY requirements.txt /requirements.txt
RUN pip download --dest /packages --requirement /requirements.txt
COPY pip.conf /etc/pip.conf
COPY salt /salt
";

/// Installs what the base image has. A file, for `optimize` takes a variable for a reason to doubt.
const PIP_CONFIGURATION: &str = "[global]\nno-index = true\nfind-links = /packages\n";

/// The image that is built.
const IMAGE: &str = "smartbuild-times";

/// What is done before a build.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Edit {
    /// Nothing is changed.
    Nothing,
    /// The heading in `app.py`.
    Source,
    /// A comment in `requirements.txt`.
    Requirements,
    /// A file in the base image.
    Base,
}

impl Edit {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Source => "app.py",
            Self::Requirements => "requirements.txt",
            Self::Base => "the base image",
        }
    }
}

/// The copy, with a store of its own, on an engine.
#[derive(Debug)]
pub(super) struct Work {
    project: Project,
    binary: PathBuf,
    docker_host: String,
}

impl Work {
    /// A copy whose requirements and base image no engine has seen.
    ///
    /// # Errors
    ///
    /// When a file cannot be written or the base image cannot be built.
    pub(super) fn begin(repository: &Path, binary: &Path, docker_host: &str) -> Result<Self> {
        let project = Project::copy_example(repository)?;
        project.change("Dockerfile", |text| text.replace(PYTHON, BASE))?;
        let dockerfile = fs::read_to_string(project.path().join("Dockerfile"))?;
        ensure!(dockerfile.contains(BASE), "the example is no longer built on {PYTHON}");
        let (binary, docker_host) = (binary.to_owned(), docker_host.to_owned());
        let work = Self { project, binary, docker_host };
        fs::create_dir(work.project.beside("base")).context("cannot make a directory")?;
        work.build_base(0)?;
        Ok(work)
    }

    /// Writes what `smartbuild optimize` finds; it can do so without a build.
    ///
    /// # Errors
    ///
    /// When it fails or changes nothing.
    pub(super) fn optimize(&self) -> Result<()> {
        let path = self.project.path().join("Dockerfile");
        let before = fs::read_to_string(&path)?;
        command::output(self.program("store").args(["optimize", "--apply", "."]))?;
        ensure!(fs::read_to_string(&path)? != before, "optimize changed nothing in the example");
        Ok(())
    }

    /// Makes the edit and builds; gives the predicted and the measured seconds.
    ///
    /// # Errors
    ///
    /// When the edit or the build fails.
    pub(super) fn build_after(&self, edit: Edit, number: usize) -> Result<(f64, f64)> {
        match edit {
            Edit::Nothing => {}
            Edit::Source => {
                self.project.edit_source(&format!("Guest book {number}"))?;
            }
            Edit::Requirements => {
                self.project
                    .change("requirements.txt", |text| format!("{text}# edit {number}\n"))?;
            }
            Edit::Base => self.build_base(number)?,
        }
        let report = self.project.beside("report.json");
        let mut build = self.program("store");
        build.args(["build", "-q", "-t", IMAGE, "--report"]).arg(&report).arg(".");
        command::output(&mut build)?;
        let report = fs::read_to_string(&report).context("the build left no report")?;
        let report: Value = serde_json::from_str(&report).context("the report is no JSON")?;
        let number = |value: &Value| value.as_f64().context("the report has no seconds");
        Ok((number(&report["summary"]["seconds"])?, number(&report["seconds"])?))
    }

    /// Builds the base image with other content, with a store that the example's builds do not see.
    ///
    /// It has the packages that the example requires, so that what is measured is the engine's work
    /// and not the mood of a network.
    fn build_base(&self, number: usize) -> Result<()> {
        let directory = self.project.beside("base");
        let requirements = self.project.path().join("requirements.txt");
        let salt = fs::read_to_string(&requirements)?;
        // Without its comments it is the same for every run, and so is the layer with the packages.
        let packages = salt.lines().filter(|line| !line.starts_with('#'));
        fs::write(directory.join("requirements.txt"), packages.collect::<Vec<_>>().join("\n"))?;
        fs::write(directory.join("salt"), format!("{salt}{number}"))?;
        fs::write(directory.join("pip.conf"), PIP_CONFIGURATION)?;
        fs::write(directory.join("Dockerfile"), BASE_DOCKERFILE)?;
        let mut build = self.program("store-of-the-base");
        build.args(["build", "-q", "-t", BASE]).arg(&directory);
        command::output(&mut build).map(drop)
    }

    fn program(&self, store: &str) -> Command {
        let mut program = Command::new(&self.binary);
        program
            .current_dir(self.project.path())
            .env("DOCKER_HOST", &self.docker_host)
            .env("SMARTBUILD_CACHE_DIR", self.project.beside(store))
            .env_remove("BUILDKIT_PROGRESS");
        program
    }
}
