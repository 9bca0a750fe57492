//! The builds of a bench and of a replay, as their timelines are drawn.

use super::Fate;
use super::timeline::chosen::TimedBuild;
use super::timeline::measured::TimedStep;
use crate::bench::{self, Timed};
use crate::plan::StepIndex;
use crate::report::units;

/// A build that was timed.
pub(super) fn timed(id: String, title: String, build: &Timed) -> TimedBuild {
    let steps = build.steps.iter().map(step).collect();
    TimedBuild { id, title, seconds: build.seconds, steps }
}

/// Why builds have no timeline.
pub(super) fn untold(count: u64) -> String {
    let builds = units::counted(count, "build has", "builds have");
    format!(
        "{builds} no timeline: the image was there and nothing was built, or docker's own client \
         built, which does not say when steps begin and end."
    )
}

fn step(step: &bench::TimedStep) -> TimedStep {
    TimedStep {
        name: step.name.clone(),
        fate: Some(if step.is_reused { Fate::Reused } else { Fate::Runs }),
        seconds: step.seconds,
        span: step.span,
        needs: step.needs.iter().copied().map(StepIndex).collect(),
    }
}
