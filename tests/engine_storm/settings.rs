//! What a storm is told by the environment.

use std::path::PathBuf;
use std::time::Duration;

/// What an engine's built-in frontend knows.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about an engine")]
#[derive(Debug, Clone, Copy)]
pub struct Features {
    /// Heredocs, `--link`, `RUN --network`, writable mounts of the context: from 23.0 on.
    pub is_new: bool,
    /// `--exclude`: from 28 on. `--parents` is in no built-in frontend.
    pub excludes: bool,
    /// Whether a secret counts as a mount of the stage below: 26.0 to 27.0.
    pub secrets_mount_the_stage_below: bool,
    /// Whether the project has a named context, called [`CONTEXT`]: from 23.0 on, every third one.
    pub has_context: bool,
}

/// What a project's named context is called.
pub const CONTEXT: &str = "extra";

impl Features {
    pub fn of(version: &str) -> Self {
        let major: u32 = version.split('.').next().and_then(|it| it.parse().ok()).unwrap_or(0);
        Self {
            is_new: major >= 23,
            excludes: major >= 28,
            secrets_mount_the_stage_below: major == 26,
            has_context: false,
        }
    }

    /// Those that the project with this number makes use of.
    pub fn of_project(version: &str, number: u64) -> Self {
        let all = Self::of(version);
        Self { has_context: all.is_new && number % 3 == 2, ..all }
    }
}

/// Builds of a project after its first.
const ROUNDS: usize = 12;

/// How long and how hard it blows; `cargo xtask storm --help` explains each.
#[derive(Debug, Clone)]
pub struct Settings {
    pub seed: u64,
    /// Only the project with this number.
    pub project: Option<u64>,
    /// At most so many projects.
    pub projects: u64,
    /// Until so many steps were compared.
    pub steps: Option<usize>,
    /// Until so much time has gone by.
    pub time: Option<Duration>,
    /// Builds of a project after its first.
    pub rounds: usize,
    /// Projects at once.
    pub jobs: usize,
    /// Where the states before and after a disagreement are left.
    pub keep: Option<PathBuf>,
    /// Whether every build is told, and why one failed.
    pub tells_all: bool,
    /// Whether the engine is nobody else's, so that its cache may be pruned.
    pub may_prune: bool,
}

impl Settings {
    /// The short storm of a run of all tests.
    pub fn short(projects: u64) -> Self {
        Self {
            seed: 1,
            project: None,
            projects,
            steps: None,
            time: None,
            rounds: ROUNDS,
            jobs: 1,
            keep: None,
            tells_all: false,
            may_prune: true,
        }
    }

    /// Those of the environment, where it says any; so many `projects` where it says nothing of how
    /// long.
    pub fn of_environment(projects: u64) -> Option<Self> {
        let number = |name: &str| -> Option<u64> {
            let text = std::env::var(format!("SMARTBUILD_STORM_{name}")).ok()?;
            Some(text.parse().unwrap_or_else(|_| panic!("SMARTBUILD_STORM_{name} is no number")))
        };
        let count = |name: &str, otherwise: usize| {
            number(name).map_or(otherwise, |it| usize::try_from(it).expect("a count"))
        };
        let may_prune = std::env::var_os("SMARTBUILD_STORM_PRUNE").is_some();
        let seed = number("SEED")?;
        let is_endless = number("STEPS").is_some() || number("MINUTES").is_some();
        Some(Self {
            seed,
            project: number("PROJECT"),
            projects: if is_endless { u64::MAX } else { projects },
            steps: number("STEPS").map(|steps| usize::try_from(steps).expect("a count")),
            time: number("MINUTES").map(|minutes| Duration::from_secs(60 * minutes)),
            rounds: count("ROUNDS", ROUNDS),
            // A prune takes what other projects rest on.
            jobs: if may_prune { 1 } else { count("JOBS", 3) },
            keep: std::env::var_os("SMARTBUILD_STORM_KEEP").map(PathBuf::from),
            tells_all: std::env::var_os("SMARTBUILD_STORM_TELL").is_some(),
            may_prune,
        })
    }
}
