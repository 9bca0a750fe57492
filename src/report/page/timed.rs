//! The builds of a bench and of a replay, as their timelines are drawn.

use super::Fate;
use super::graph::Node;
use super::timeline::chosen::TimedBuild;
use super::timeline::measured::TimedStep;
use crate::bench::{self, Expectation, Timed};
use crate::plan::StepIndex;
use crate::report::cause::short_name;
use crate::report::escape::{fit, text};
use crate::report::units;

/// Columns of a name: a command may be a book, and stands in a page many times.
const LONGEST: usize = 240;

/// A build that was timed, or is only expected.
pub(super) fn timed(id: String, title: String, build: &Timed, is_expected: bool) -> TimedBuild {
    let steps = build.steps.iter().map(step).collect();
    let nodes =
        (0..build.steps.len()).filter_map(|at| node(&build.steps, at, is_expected)).collect();
    TimedBuild { id, title, seconds: build.seconds, steps, nodes }
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

/// A step with what was foretold of it, and what became of it.
fn node(steps: &[bench::TimedStep], at: usize, is_expected: bool) -> Option<Node> {
    let step = steps.get(at)?;
    let told = step.foretold.as_ref()?;
    let fate = match told.verdict {
        Expectation::Cached => Fate::Reused,
        Expectation::Rebuild => Fate::Runs,
        Expectation::Depends => Fate::Open,
        Expectation::Unknown => Fate::Unknown,
    };
    let stage = step.stage();
    let is_below = |needed: &usize| steps.get(*needed).is_some_and(|it| it.stage() == stage);
    let below = step.needs.iter().copied().filter(is_below).max();
    let name = fit(&text(&step.name), LONGEST).into_owned();
    let reason = told.reason.as_deref().map(|reason| fit(reason, LONGEST).into_owned());
    let after = told.after.and_then(|after| steps.get(after));
    let after = after.map(|it| format!("after {}", short_name(&it.name)));
    let became = match step.seconds.map(units::seconds) {
        Some(seconds) if is_expected => format!("takes {seconds} where it runs"),
        None if is_expected => "takes a time that nobody knows".to_owned(),
        _ if step.is_reused => "was reused".to_owned(),
        Some(seconds) => format!("ran for {seconds}"),
        None => "ran".to_owned(),
    };
    let mut words = format!("{name}\nforetold: {}", fate.word());
    for why in [&after, &reason].into_iter().flatten() {
        push!(words, "\n{why}");
    }
    push!(words, "\n{became}");
    Some(Node {
        name,
        stage: stage.to_owned(),
        fate,
        brief: after.or(reason).unwrap_or_default(),
        below,
        takes_from: step.needs.iter().copied().filter(|it| Some(*it) != below).collect(),
        words,
    })
}
