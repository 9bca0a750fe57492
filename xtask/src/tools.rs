//! The checkers that cargo does not bring, and what tests run beside the program: each pinned and
//! installed once into the home.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{command, debian, home::Home, ui};

/// A checker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tool {
    /// Licences, bans, sources and advisories of dependencies
    CargoDeny,
    /// Spelling
    Typos,
    /// The framework whose hooks a test runs
    PreCommit,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::CargoDeny => "cargo-deny",
            Self::Typos => "typos",
            Self::PreCommit => "pre-commit",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::CargoDeny => "0.20.2",
            Self::Typos => "1.52.0",
            Self::PreCommit => "4.7.0",
        }
    }

    /// The program's path: the one in `PATH` if it has the pinned version, else our own, installed
    /// on first use.
    ///
    /// # Errors
    ///
    /// When the registry cannot be reached or the tool does not compile.
    pub(crate) fn ensure(self, home: &Home) -> Result<PathBuf> {
        let directory = home.join(format!("tools/{}-{}", self.name(), self.version()));
        let program = directory.join("bin").join(self.name());
        let in_path = PathBuf::from(self.name());
        if let Some(ready) = [&program, &in_path].into_iter().find(|it| self.is_pinned(it)) {
            return Ok(ready.clone());
        }
        let _lock = home.lock(self.name())?;
        if self.is_pinned(&program) {
            return Ok(program);
        }
        ui::note(ui::dim(format_args!("installing {} {}", self.name(), self.version())));
        fs::create_dir_all(directory.join("bin")).context("cannot make the directory for tools")?;
        match self {
            Self::CargoDeny => self.compile(&directory),
            Self::Typos => self.unpack_wheel(home, &directory),
            Self::PreCommit => self.install_package(home, &directory),
        }
        .with_context(|| format!("cannot install {} {}", self.name(), self.version()))?;
        if !self.is_pinned(&program) {
            bail!("{} is not {} {}", program.display(), self.name(), self.version());
        }
        Ok(program)
    }

    fn is_pinned(self, program: &Path) -> bool {
        command::output(Command::new(program).arg("--version"))
            .is_ok_and(|told| told.split_whitespace().any(|word| word == self.version()))
    }

    /// Compiles it without optimisation: it runs for a second, and its compilation is what costs.
    fn compile(self, directory: &Path) -> Result<()> {
        let target = directory.join("target");
        command::output(
            Command::new("cargo")
                .current_dir(directory)
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .args(["install", "--locked", "--debug", "--force", "--version", self.version()])
                .arg("--root")
                .arg(directory)
                .arg("--target-dir")
                .arg(&target)
                .arg(self.name()),
        )?;
        fs::remove_dir_all(&target).context("cannot remove what compiling left")
    }

    /// Installs a Python program with what it needs into a virtual environment of its own.
    fn install_package(self, home: &Home, directory: &Path) -> Result<()> {
        // Debian has the two modules in a package of their own.
        if !command::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
            debian::ensure_packages(home, &["python3", "python3-venv", "ca-certificates"])?;
        }
        let venv = ["-m", "venv", "--clear"];
        command::output(Command::new("python3").args(venv).arg(directory))?;
        let install = ["install", "--quiet", "--only-binary=:all:", "--disable-pip-version-check"];
        let requirement = format!("{}=={}", self.name(), self.version());
        command::output(Command::new(directory.join("bin/pip")).args(install).arg(requirement))?;
        Ok(())
    }

    /// Takes the program out of its Python wheel, which spares compiling it.
    fn unpack_wheel(self, home: &Home, directory: &Path) -> Result<()> {
        if !command::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
            debian::ensure_packages(home, &["python3", "python3-pip", "ca-certificates"])?;
        }
        let wheels = tempfile::tempdir().context("cannot make a directory for the wheel")?;
        let requirement = format!("{}=={}", self.name(), self.version());
        command::output(
            Command::new("python3")
                .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
                .arg("--dest")
                .arg(wheels.path())
                .arg(requirement),
        )?;
        let wheel = fs::read_dir(wheels.path())?.next().context("pip brought no wheel")??.path();
        let unpacked = wheels.path().join("unpacked");
        let unzip = ["-m", "zipfile", "--extract"];
        command::output(Command::new("python3").args(unzip).arg(wheel).arg(&unpacked))?;
        let scripts = format!("{}-{}.data/scripts", self.name(), self.version());
        let program = directory.join("bin").join(self.name());
        command::output(
            Command::new("install").arg(unpacked.join(scripts).join(self.name())).arg(&program),
        )?;
        Ok(())
    }
}
