//! Real Docker engines side by side on one Debian machine, from Debian's packages alone.
//!
//! In: a [`Version`]. Out: a running `dockerd` and its `DOCKER_HOST`. Each version's programs live
//! in a root of their own (made once by mmdebstrap, shared by versions of the same Debian suite),
//! and each engine runs in its own mount namespace with its own socket, data, bridge and address
//! range. Nothing outside the [`Home`] is touched but that bridge and its forwarding rules, and no
//! process is ended that was not started here.
//!
//! Several runs may ask for the same engine at once: the work on a root and on an engine is done
//! under a lock each, and whoever comes second finds it done.

mod daemon;
mod memory;
mod namespace;
mod network;
mod root;
mod version;

use std::{
    ffi::OsString,
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

pub(crate) use version::Version;

use crate::{curl, debian, home::Home, ui};

/// What the machine needs besides what Debian always has.
const PACKAGES: &[&str] = &["mmdebstrap", "iproute2", "iptables", "curl", "ca-certificates"];

/// How long a healthy engine may take to answer a ping.
const PING: Duration = Duration::from_secs(3);

/// One engine, running or not.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    home: Home,
    version: Version,
    role: Role,
    in_memory: bool,
}

/// What an engine is for. Those of different roles share nothing but their programs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Role {
    /// Everything that others may build on, too.
    Shared,
    /// Tests that empty its cache.
    Spare,
    /// Builds that must not reach a registry.
    Offline,
}

impl Engine {
    /// The engine of this version in this home.
    pub(crate) fn new(home: Home, version: Version) -> Self {
        Self::of(home, version, Role::Shared)
    }

    /// A second engine of this version in this home, whose cache a test may empty: nothing else
    /// builds on it.
    pub(crate) fn spare(home: Home, version: Version) -> Self {
        Self::of(home, version, Role::Spare)
    }

    /// A third engine of this version in this home, which nothing else builds on and which reaches
    /// no registry: what it has is what it was given.
    pub(crate) fn offline(home: Home, version: Version) -> Self {
        Self::of(home, version, Role::Offline)
    }

    fn of(home: Home, version: Version, role: Role) -> Self {
        Self { home, version, role, in_memory: false }
    }

    /// The same engine, which keeps its images and its cache in memory where there is plenty, if it
    /// is not up yet: nothing outlives it, and no build waits for a disk.
    pub(crate) fn in_memory(self) -> Self {
        Self { in_memory: true, ..self }
    }

    /// Where it keeps its downloads, roots and images.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Which one it is.
    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// What `DOCKER_HOST` must be to talk to it.
    pub(crate) fn docker_host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The path of its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.run_path("docker.sock")
    }

    /// Whether it answers.
    pub(crate) fn is_ready(&self) -> bool {
        self.socket().exists()
            && curl::get(&self.socket(), "/_ping", PING).is_ok_and(|body| body.contains("OK"))
    }

    /// Starts it, installing it first if needed. Costs nothing when it runs.
    ///
    /// # Errors
    ///
    /// When a package, the root or the network cannot be had, or when it does not start: then with
    /// the end of its log.
    pub(crate) fn up(&self) -> Result<()> {
        if self.is_ready() {
            return Ok(());
        }
        debian::ensure_root()?;
        debian::ensure_packages(&self.home, PACKAGES)?;
        let lock = self.home.lock(&format!("run-{}", self.name()))?;
        if self.is_ready() {
            return Ok(());
        }
        fs::create_dir_all(self.run_path("")).context("cannot make the engine's directory")?;
        root::ensure(&self.home, self.version)?;
        let bridge = network::ensure(&self.run_path("network"))?;
        daemon::start(self, bridge)?;
        drop(lock);
        self.warn_of_slow_storage();
        Ok(())
    }

    /// Stops it, if `up` started it, and takes its bridge away. Keeps its data.
    ///
    /// # Errors
    ///
    /// When it cannot be ended.
    pub(crate) fn down(&self) -> Result<()> {
        if !self.run_path("").exists() {
            return Ok(());
        }
        debian::ensure_root()?;
        let _lock = self.home.lock(&format!("run-{}", self.name()))?;
        daemon::stop(self)?;
        network::remove(&self.run_path("network"))
    }

    /// What its directories are called by.
    fn name(&self) -> String {
        let suffix = match self.role {
            Role::Shared => "",
            Role::Spare => "-spare",
            Role::Offline => "-offline",
        };
        format!("{}{suffix}", self.version)
    }

    /// Whether it must reach no registry.
    fn is_offline(&self) -> bool {
        self.role == Role::Offline
    }

    fn run_path(&self, name: &str) -> PathBuf {
        self.home.join(format!("run-{}", self.name())).join(name)
    }

    fn data(&self) -> PathBuf {
        self.home.join(format!("data-{}", self.name()))
    }

    fn warn_of_slow_storage(&self) {
        let info = curl::get(&self.socket(), "/info", PING).unwrap_or_default();
        if info.contains("\"Driver\":\"vfs\"") {
            ui::note(format_args!(
                "{} engine {} copies whole file systems (storage driver vfs), as {} is on a file \
                 system without overlay support: it is slow and takes much disk. Point \
                 SMARTBUILD_ENGINES_DIR to a real disk.",
                ui::yellow("warning:"),
                self.version,
                self.home.path().display()
            ));
        }
    }
}

/// Runs the engine's own docker command in the current directory and gives its exit status.
///
/// # Errors
///
/// When the engine is not up, or a namespace for it cannot be made.
pub(crate) fn docker(engine: &Engine, arguments: &[OsString]) -> Result<ExitCode> {
    if !engine.is_ready() {
        bail!("engine {0} is not up; run: cargo xtask engine up {0}", engine.version);
    }
    let mut docker = Command::new("docker");
    docker.args(arguments);
    let status =
        inside(engine, &docker).status().context("cannot start unshare (package util-linux)")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The same program, to be started where the engine's own docker command is and reaches it.
pub(crate) fn inside(engine: &Engine, program: &Command) -> Command {
    let mut entered = namespace::enter(&engine.home, engine.version, None, program);
    entered.env("DOCKER_HOST", engine.docker_host()).env("HOME", "/root");
    entered
}

/// The value of `SMARTBUILD_TEST_ENGINES`: `version=unix:///path` pairs with a space between.
pub(crate) fn list(engines: &[Engine]) -> String {
    let pairs: Vec<String> =
        engines.iter().map(|it| format!("{}={}", it.version, it.docker_host())).collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn engine_tests_get_version_and_socket_of_each_engine() {
        let home = Home::at(Path::new("/cache"));
        let engines =
            [Version::V20_10, Version::V28_5Containerd].map(|it| Engine::new(home.clone(), it));
        assert_eq!(
            list(&engines),
            "20.10=unix:///cache/run-20.10/docker.sock \
             28.5-containerd=unix:///cache/run-28.5-containerd/docker.sock"
        );
    }

    #[test]
    fn engines_of_other_roles_share_nothing_but_the_programs() {
        let home = Home::at(Path::new("/cache"));
        let own = Engine::new(home.clone(), Version::V28_5);
        let spare = Engine::spare(home.clone(), Version::V28_5);
        let offline = Engine::offline(home, Version::V28_5);
        assert_eq!(spare.docker_host(), "unix:///cache/run-28.5-spare/docker.sock");
        assert_eq!(offline.docker_host(), "unix:///cache/run-28.5-offline/docker.sock");
        let places = |engine: &Engine| (engine.data(), engine.run_path("network"));
        assert_ne!(places(&own), places(&spare));
        assert_ne!(places(&spare), places(&offline));
    }

    #[test]
    fn an_engine_that_was_never_started_is_not_ready_and_is_already_down() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::new(Home::at(dir.path()), Version::V26_1);
        assert!(!engine.is_ready());
        engine.down().unwrap();
    }
}
