//! `smartbuild/replay/v1`.

use serde::Serialize;

use crate::Seconds;
use crate::bench::{self as measured, Builder, Outcome};

/// `smartbuild/replay/v1`: each variant with its build of every commit, step by step.
pub fn replay(replay: &measured::Replay) -> impl Serialize + use<> {
    let variants = replay.variants.iter().enumerate().map(|(place, variant)| {
        let cost = replay.cost(place);
        Variant {
            name: variant.name.clone(),
            dockerfile: variant.dockerfile.clone(),
            builder: match variant.builder {
                Builder::Smartbuild => "smartbuild",
                Builder::Docker => "docker",
            },
            built: cost.built,
            failed: cost.failed,
            seconds: cost.seconds,
            built_by_all: cost.shared,
            seconds_of_these: cost.shared_seconds,
            builds: replay.commits.iter().filter_map(|commit| build(commit, place)).collect(),
        }
    });
    let commits = replay
        .commits
        .iter()
        .map(|commit| Commit { id: commit.id.clone(), subject: commit.subject.clone() });
    Report {
        schema: "smartbuild/replay/v1",
        partial: replay.is_partial,
        wanted: replay.wanted,
        commits: commits.collect(),
        variants: variants.collect(),
    }
}

fn build(commit: &measured::Replayed, variant: usize) -> Option<Build> {
    let commit_id = commit.id.clone();
    match commit.builds.get(variant)?.as_ref()? {
        Outcome::Built(timed) => {
            let run = timed.run();
            let step = |step: &measured::TimedStep| Step {
                name: step.name.clone(),
                reused: step.is_reused,
                seconds: step.seconds,
            };
            Some(Build {
                commit: commit_id,
                built: true,
                seconds: Some(timed.seconds),
                cached_steps: Some(run.cached),
                run_steps: Some(run.ran),
                steps: timed.steps.iter().map(step).collect(),
                failure: None,
            })
        }
        Outcome::Failed(why) => Some(Build {
            commit: commit_id,
            built: false,
            seconds: None,
            cached_steps: None,
            run_steps: None,
            steps: Vec::new(),
            failure: Some(why.clone()),
        }),
    }
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    /// Whether it ended before all were built.
    partial: bool,
    /// How many commits were wanted.
    wanted: usize,
    /// Those that were begun, oldest first.
    commits: Vec<Commit>,
    variants: Vec<Variant>,
}

#[derive(Serialize)]
struct Commit {
    id: String,
    subject: String,
}

#[derive(Serialize)]
struct Variant {
    name: String,
    dockerfile: String,
    builder: &'static str,
    built: usize,
    failed: usize,
    /// Of all that were built.
    seconds: Seconds,
    /// Commits that every variant has built.
    built_by_all: usize,
    /// What these took.
    seconds_of_these: Seconds,
    builds: Vec<Build>,
}

#[derive(Serialize)]
struct Build {
    commit: String,
    built: bool,
    seconds: Option<Seconds>,
    cached_steps: Option<usize>,
    run_steps: Option<usize>,
    steps: Vec<Step>,
    failure: Option<String>,
}

#[derive(Serialize)]
struct Step {
    name: String,
    reused: bool,
    seconds: Option<Seconds>,
}
