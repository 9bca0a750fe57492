//! Builds of the project that are recorded, beside what the model expects of the same commits.

use super::super::super::memory::{Line, Memory, duration, kind_name};
use crate::plan::StepKind;
use crate::predict::{Forecast, PastRun, PastTimes, StepForecast};
use crate::store::{BuildRecord, Outcome, StepRecord};

/// How many builds are looked at: the store keeps no more of a Dockerfile.
const KEPT: usize = 200;

/// The builds of one Dockerfile and target, newest first.
pub(super) struct Recorded(Vec<BuildRecord>);

impl Recorded {
    pub(super) fn of(memory: &Memory, line: &Line) -> Self {
        let mut builds = memory.builds(line, KEPT);
        builds.retain(|build| build.succeeded);
        Self(builds)
    }

    /// The newest build that is just what is forecast, with what was known of times before it.
    pub(super) fn of_forecast(&self, forecast: &Forecast) -> Option<(&BuildRecord, PastTimes)> {
        let at = self.0.iter().position(|build| is_just(build, forecast))?;
        Some((&self.0[at], times(&self.0[at + 1..])))
    }
}

/// Whether a build had these steps, by their keys, and ran those of them that are forecast to run.
fn is_just(build: &BuildRecord, forecast: &Forecast) -> bool {
    let is_same = |(recorded, step): (&StepRecord, &StepForecast)| {
        let runs = step.verdict.share_that_runs() >= super::model::LIKELY;
        recorded.key == step.step.key.0
            && (step.step.kind == StepKind::From || (recorded.outcome == Outcome::Ran) == runs)
    };
    build.steps.len() == forecast.steps.len()
        && build.steps.iter().zip(&forecast.steps).all(is_same)
}

/// What these builds tell of times, newest first.
fn times(builds: &[BuildRecord]) -> PastTimes {
    let steps = builds.iter().flat_map(|build| &build.steps);
    let ran =
        |step: &&StepRecord| step.outcome == Outcome::Ran && step.kind != kind_name(StepKind::From);
    let run = |step: &StepRecord| {
        let (name, instruction) = (step.name.clone(), step.instruction.clone());
        Some(PastRun { name, instruction, seconds: step.seconds? })
    };
    let runs: Vec<PastRun> = steps.filter(ran).filter_map(run).collect();
    PastTimes::new(&runs, builds.iter().map(duration).collect())
}
