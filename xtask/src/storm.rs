//! `cargo xtask storm`: random builds on one engine, and whether each step was forecast right.
//!
//! The storm itself is the test `tests/engine_storm`; here its engine is brought up and it is told
//! how long to go on.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    base_image::{self, Kind},
    command,
    engine::{self, Engine, Version},
    home::{self, Home},
};

/// What `storm` takes. Without `--minutes` and `--steps` it is the short storm of `test`.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct StormArgs {
    /// Go on for so many minutes
    #[arg(long, value_name = "N")]
    minutes: Option<u64>,
    /// Go on until so many steps were compared
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// The engine: 20.10, 26.1, 28.5 or 28.5-containerd
    #[arg(long, value_name = "VERSION", default_value = "28.5")]
    engine: Version,
    /// Which projects: the same seed makes the same ones
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Only the project with this number
    #[arg(long, value_name = "N")]
    project: Option<u64>,
    /// Builds of a project after its first [default: 12]
    #[arg(long, value_name = "N")]
    rounds: Option<u64>,
    /// Projects at once [default: 3]
    #[arg(long, value_name = "N")]
    jobs: Option<u64>,
    /// Leave the states before and after each disagreement in this directory
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Tell every build, and why one failed
    #[arg(long)]
    tell: bool,
    /// The engines are nobody else's (`SMARTBUILD_ENGINES_DIR` says where they are): prune their
    /// caches, too
    #[arg(long)]
    private: bool,
}

/// Brings the engine up and storms on it.
///
/// # Errors
///
/// When the engine does not come up, or the storm finds a disagreement.
pub(crate) fn run(args: &StormArgs) -> Result<ExitCode> {
    if args.private && std::env::var_os(home::VARIABLE).is_none() {
        bail!("--private prunes: set {} to a directory of its own", home::VARIABLE);
    }
    let engine = Engine::new(Home::locate()?, args.engine);
    engine.up()?;
    base_image::import(&engine, Kind::Busybox, &[])?;
    let mut storm = Command::new("cargo");
    storm
        .args(["test", "--workspace", "--locked", "--test", "engine_storm", "--"])
        .args([&test_name(args.engine), "--exact", "--nocapture"])
        .env("SMARTBUILD_TEST_ENGINES", engine::list(std::slice::from_ref(&engine)))
        .envs(variables(args));
    command::run(&mut storm)?;
    Ok(ExitCode::SUCCESS)
}

fn test_name(version: Version) -> String {
    format!("storm_on_{}", version.to_string().replace(['.', '-'], "_"))
}

/// What the storm reads, as far as it was said.
fn variables(args: &StormArgs) -> Vec<(&'static str, String)> {
    let keep = args.keep.as_ref().map(|keep| {
        // Tests run in the repository, this perhaps elsewhere.
        std::path::absolute(keep).unwrap_or_else(|_| keep.clone()).display().to_string()
    });
    let number = |number: Option<u64>| number.map(|it| it.to_string());
    [
        ("SMARTBUILD_STORM_MINUTES", number(args.minutes)),
        ("SMARTBUILD_STORM_STEPS", number(args.steps)),
        ("SMARTBUILD_STORM_SEED", Some(args.seed.to_string())),
        ("SMARTBUILD_STORM_PROJECT", number(args.project)),
        ("SMARTBUILD_STORM_ROUNDS", number(args.rounds)),
        ("SMARTBUILD_STORM_JOBS", number(args.jobs)),
        ("SMARTBUILD_STORM_KEEP", keep),
        ("SMARTBUILD_STORM_TELL", args.tell.then(|| "1".to_owned())),
        ("SMARTBUILD_STORM_PRUNE", args.private.then(|| "1".to_owned())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_test() {
        let source = include_str!("../../tests/engine_storm/main.rs");
        for version in Version::ALL {
            let function = format!("fn {}() {{", test_name(version));
            assert!(source.contains(&function), "{function}");
        }
    }
}
