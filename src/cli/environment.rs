//! What the environment says, read once at the door.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use etcetera::BaseStrategy;
use jiff::tz::TimeZone;

use crate::report::Clock;

use super::own_output;

/// The values that decide where things are.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_BUILDKIT`.
    pub docker_buildkit: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub docker_context: Option<String>,
    /// Whether `DOCKER_TLS_VERIFY` or `DOCKER_TLS` is set.
    pub tls: bool,
    /// `DOCKER_CONFIG`, else `~/.docker`.
    pub docker_config: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: the index that git hands to a hook.
    pub git_index_file: Option<PathBuf>,
    /// `GIT_DIR`: the repository that git runs a hook for, where it is not the one around it.
    pub git_directory: Option<PathBuf>,
    /// `PRE_COMMIT_FROM_REF` and `PRE_COMMIT_TO_REF`: what the pre-commit framework runs hooks for
    /// where that is no commit about to be made.
    pub pre_commit_range: Option<(String, String)>,
    /// `SMARTBUILD_CACHE_DIR`, else `smartbuild` below the XDG cache directory.
    pub cache_directory: Option<PathBuf>,
    /// The files that our output goes to, where it goes to files.
    pub outputs: Vec<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_this_process() -> Self {
        let variable = |name: &str| {
            std::env::var_os(name)
                .map(|value| value.to_string_lossy().into_owned())
                .filter(|value| !value.is_empty())
        };
        let home = etcetera::home_dir().ok();
        let cache = variable("SMARTBUILD_CACHE_DIR").map(PathBuf::from).or_else(|| {
            etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join("smartbuild"))
        });
        Self {
            docker_host: variable("DOCKER_HOST"),
            docker_buildkit: variable("DOCKER_BUILDKIT"),
            docker_context: variable("DOCKER_CONTEXT"),
            tls: variable("DOCKER_TLS_VERIFY").is_some() || variable("DOCKER_TLS").is_some(),
            docker_config: variable("DOCKER_CONFIG")
                .map(PathBuf::from)
                .or_else(|| home.map(|home| home.join(".docker"))),
            git_index_file: variable("GIT_INDEX_FILE").map(PathBuf::from),
            git_directory: variable("GIT_DIR").map(PathBuf::from),
            pre_commit_range: variable("PRE_COMMIT_FROM_REF").zip(variable("PRE_COMMIT_TO_REF")),
            cache_directory: cache,
            outputs: own_output::of_this_process(),
        }
    }

    /// All variables that are text: what compose and bake files may ask for.
    pub(super) fn variables() -> BTreeMap<String, String> {
        let text =
            std::env::vars_os().map(|(name, value)| (name.into_string(), value.into_string()));
        text.filter_map(|(name, value)| Some((name.ok()?, value.ok()?))).collect()
    }

    /// A variable that the command line names, such as that of `--build-arg NAME`.
    pub fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// What time it is, in the zone of this machine or of `TZ`.
pub(super) fn clock() -> Clock {
    Clock { now: SystemTime::now(), zone: TimeZone::system() }
}
