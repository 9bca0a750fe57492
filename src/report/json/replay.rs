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
            built: if replay.is_expected { 0 } else { cost.built },
            failed: cost.failed,
            seconds: (!replay.is_expected).then_some(cost.seconds),
            model: Model::of(replay, place),
            built_by_all: if replay.is_expected { 0 } else { cost.shared },
            seconds_of_these: (!replay.is_expected).then_some(cost.shared_seconds),
            builds: replay
                .commits
                .iter()
                .filter_map(|commit| build(commit, place, replay.is_expected))
                .collect(),
        }
    });
    let commits = replay
        .commits
        .iter()
        .map(|commit| Commit { id: commit.id.clone(), subject: commit.subject.clone() });
    Report {
        schema: "smartbuild/replay/v1",
        partial: replay.is_partial,
        expected: replay.is_expected,
        wanted: replay.wanted,
        commits: commits.collect(),
        variants: variants.collect(),
    }
}

fn build(commit: &measured::Replayed, variant: usize, is_expected: bool) -> Option<Build> {
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
                built: !is_expected,
                seconds: (!is_expected).then_some(timed.seconds),
                expected_seconds: timed.expected.map(|it| it.seconds),
                untimed_steps: timed.expected.map(|it| it.untimed),
                recorded_seconds: timed.recorded.map(|it| it.seconds),
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
            expected_seconds: None,
            untimed_steps: None,
            recorded_seconds: None,
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
    /// Whether nothing was built, and each commit has what the model expects.
    expected: bool,
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
    seconds: Option<Seconds>,
    /// What the model expected; docker has none.
    model: Option<Model>,
    /// Commits that every variant has built.
    built_by_all: usize,
    /// What these took.
    seconds_of_these: Option<Seconds>,
    builds: Vec<Build>,
}

#[derive(Serialize)]
struct Build {
    commit: String,
    built: bool,
    seconds: Option<Seconds>,
    /// By what was known before it.
    expected_seconds: Option<Seconds>,
    /// Steps that were expected to run and of which no run is known: these seconds are a guess.
    untimed_steps: Option<usize>,
    /// What the same build took some day, where nothing is built now.
    recorded_seconds: Option<Seconds>,
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

#[derive(Serialize)]
struct Model {
    /// Of all commits together.
    seconds: Seconds,
    /// The median distance from what was measured, as a share of that.
    median_error: Option<f64>,
    /// The commits that it is the median of.
    commits: Option<usize>,
    /// Those that run steps of which no run is known.
    guessed: usize,
}

impl Model {
    fn of(replay: &measured::Replay, variant: usize) -> Option<Self> {
        let builds = replay.commits.iter().filter_map(|commit| commit.built(variant)?.expected);
        let expected: Vec<measured::Expected> = builds.collect();
        let error = replay.model_error(variant);
        (!expected.is_empty()).then(|| Self {
            seconds: expected.iter().map(|it| it.seconds).sum(),
            median_error: error.and_then(|error| error.median),
            commits: error.map(|error| error.counted),
            guessed: expected.iter().filter(|it| it.untimed > 0).count(),
        })
    }
}
