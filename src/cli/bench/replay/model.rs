//! What the commits of a replay are expected to cost: planned, and not built.

use std::collections::HashMap;

use super::super::super::stop::Stop;
use super::super::super::ui::Ui;
use super::super::end::End;
use super::super::program::NotTimed;
use super::begun;
use super::builds::ended;
use super::commit_files::CommitFiles;
use super::place::Place;
use super::planner::Planner;
use super::recorded::Recorded as Builds;
use crate::bench::{Expectation, Expected, Foretold, Recorded, Replay, Timed, TimedStep, Variant};
use crate::context::git::{Commit, Repository};
use crate::plan::{StepIndex, StepKind};
use crate::predict::{Forecast, Knowledge, PastTree, Replayed, StepForecast, Summary, file_table};
use crate::report::cause;

/// A step that runs with this probability is shown as one that runs.
pub(super) const LIKELY: f64 = 0.5;

/// All that the forecasts of a replay need.
pub(super) struct Model<'a> {
    repository: &'a Repository,
    planner: Planner<'a>,
    lines: Vec<Line>,
    stop: &'a Stop,
}

/// A variant, and the engine that has built nothing else.
struct Line {
    variant: Variant,
    place: Place,
    replayed: Replayed,
    recorded: Builds,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        variants: Vec<(Variant, Place)>,
        planner: Planner<'a>,
        stop: &'a Stop,
    ) -> Self {
        let line = |(variant, place)| {
            let recorded = planner.recorded(&place);
            Line { variant, place, replayed: Replayed::default(), recorded }
        };
        let lines = variants.into_iter().map(line).collect();
        Self { repository, planner, lines, stop }
    }

    /// Plans one commit after the other, each with all variants.
    pub(super) async fn run(
        &mut self,
        commits: &[Commit],
        replay: &mut Replay,
        ui: &mut Ui,
    ) -> Result<(), End> {
        for commit in commits {
            let builds = begun(replay, commit, self.lines.len());
            for (variant, build) in builds.iter_mut().enumerate() {
                let stop = self.stop;
                let expected = Box::pin(stop.or(self.commit(variant, commit, ui))).await?;
                *build = Some(ended(expected)?);
            }
        }
        Ok(())
    }

    async fn commit(
        &mut self,
        variant: usize,
        commit: &Commit,
        ui: &mut Ui,
    ) -> Result<Timed, NotTimed> {
        // Nothing else here waits, and whoever wants it to end is to be heard.
        tokio::task::yield_now().await;
        let Line { variant, place, replayed, recorded } = &mut self.lines[variant];
        let files = CommitFiles::read(self.repository, commit, place)?;
        let rewritten =
            if variant.is_optimized { self.planner.optimized(&files, ui).await? } else { None };
        let text = rewritten.as_ref().unwrap_or(&files.text);
        let plan = self.planner.plan(&files, text, ui).await?;
        let knowledge = self.planner.knowledge(&plan, &files, place);
        let (snapshot, images) = (&files.snapshot, &self.planner.images);
        let guesses = Knowledge { known: HashMap::new(), ..knowledge.clone() };
        let forecast = replayed.forecast(&plan, snapshot, images, knowledge);
        let mut timed = expected(&forecast);
        timed.recorded = recorded.of_forecast(&forecast).map(|(build, times)| {
            let earlier = Knowledge { times, ..guesses };
            let summary = replayed.forecast(&plan, snapshot, images, earlier).summary;
            Recorded { seconds: build.seconds, expected: of(&summary) }
        });
        replayed.build(PastTree { plan, files: file_table(snapshot) });
        Ok(timed)
    }
}

fn expected(forecast: &Forecast) -> Timed {
    let step = |(at, step): (usize, &StepForecast)| TimedStep {
        name: step.step.name.clone(),
        is_reused: step.verdict.share_that_runs() < LIKELY,
        seconds: Some(step.seconds),
        span: None,
        needs: step.step.needs().map(|needed| needed.0).collect(),
        foretold: Some(Foretold {
            verdict: Expectation::from(&step.verdict),
            reason: cause::root(forecast, StepIndex(at)),
            after: step.verdict.cause().map(|cause| cause.step.0).filter(|after| *after < at),
        }),
    };
    let steps = forecast.steps.iter().enumerate().map(step).collect();
    let expected = of(&forecast.summary);
    let seconds = expected.seconds;
    let mut timed = Timed { seconds, steps, expected: Some(expected), recorded: None };
    timed.leave_out(|at, _| forecast.steps[at].step.kind == StepKind::From);
    timed
}

fn of(summary: &Summary) -> Expected {
    Expected { seconds: summary.seconds, untimed: summary.untimed }
}
