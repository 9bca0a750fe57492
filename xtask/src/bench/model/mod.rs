//! How near the seconds that are expected of commits come to those that they took.
//!
//! Each example gets a history of commits, drawn by a seed ([`history`]), and `smartbuild bench
//! --last` builds it commit by commit on an engine: each is forecast from the records of those
//! before it alone, and then built. In the middle of each history the Dockerfile is rewritten by
//! `smartbuild optimize --apply`.

mod figures;
mod history;

use std::{fs, process::Command};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    Bench,
    examples::{Copied, Example},
    say,
};
use crate::{base_image, command, engine::Engine};
use figures::Figures;

/// The heading of its part of the results.
pub(super) const TITLE: &str = "Commits: what was expected, and what they took";

/// Builds this many commits of each example, and gives the table.
///
/// # Errors
///
/// When an example cannot be copied, or none of its commits builds. How large the error is, is no
/// failure.
pub(super) fn measure(
    bench: &Bench,
    engine: &Engine,
    examples: &[&Example],
    commits: usize,
    seed: u64,
) -> Result<String> {
    let mut figures = Figures::default();
    for example in examples {
        say(&format!("{}, {commits} commits", example.name));
        base_image::import(engine, example.base, &[])?;
        let directory = bench.directory.path().join("model");
        fs::create_dir_all(&directory).context("cannot make a directory")?;
        let copied = Copied::make(example, &directory)?;
        let base = base_with_packages(bench, engine, example, &copied)?;
        let usual = example.base.usual_tag();
        copied.change("Dockerfile", |text| text.replace(usual, &base))?;
        let optimize = || {
            let mut optimize = program(bench, engine, &["optimize", "--apply", "."]);
            command::output(optimize.current_dir(copied.path())).map(drop)
        };
        history::make(example, &copied, commits, seed, optimize)?;
        let last = commits.to_string();
        let mut replay = program(bench, engine, &["bench", "--last", &last, "--format", "json"]);
        let found = command::output(replay.arg(".").current_dir(copied.path()))?;
        let found: Value =
            serde_json::from_str(&found).context("`smartbuild bench` printed no JSON")?;
        figures.add(example.what, &found)?;
        say(&figures.last());
    }
    Ok(figures.table(seed))
}

/// The example's base image with all its packages, so that no network is measured.
fn base_with_packages(
    bench: &Bench,
    engine: &Engine,
    example: &Example,
    copied: &Copied,
) -> Result<String> {
    let name = format!("smartbuild-bench-{}:local", example.name);
    let text = format!("FROM {}\n{}", example.base.usual_tag(), example.packages);
    let dockerfile = bench.directory.path().join(format!("{}.base", example.name));
    fs::write(&dockerfile, text).context("cannot write a Dockerfile")?;
    let mut build = program(bench, engine, &["build", "-q", "-t", &name, "-f"]);
    command::output(build.arg(&dockerfile).arg(copied.path()))?;
    Ok(name)
}

fn program(bench: &Bench, engine: &Engine, arguments: &[&str]) -> Command {
    let mut program = bench.program(arguments);
    program.env("DOCKER_HOST", engine.docker_host());
    program
}
