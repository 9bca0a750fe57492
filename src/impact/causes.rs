//! The reasons why an image's steps run: each once, with where it lies and what runs for it.

use super::compared::Version;
use super::places::Places;
use super::seconds::share;
use super::types::RootCause;
use crate::Seconds;
use crate::context::ContextPath;
use crate::images::NamedContext;
use crate::plan::{StepIndex, StepKind};
use crate::predict::{CauseKind, FileChange, Forecast, Verdict};

/// The root causes of a forecast, in the order of the steps where they lie.
pub(super) fn causes(
    forecast: &Forecast,
    now: Version<'_>,
    before: Option<Version<'_>>,
    places: &Places<'_>,
) -> Vec<RootCause> {
    let mut causes: Vec<RootCause> = Vec::new();
    for (index, step) in forecast.steps.iter().enumerate() {
        if matches!(step.verdict, Verdict::Cached) {
            continue;
        }
        let Some((root, kind)) = root(forecast, StepIndex(index)) else { continue };
        let place = causes.iter().position(|cause| cause.step == root);
        let place = place.unwrap_or_else(|| {
            let kind = from_the_root(kind, now);
            let places = places.of(&kind, &forecast.steps[root.0].step, now, before);
            let (lost, seconds) = (Vec::new(), Seconds::ZERO);
            causes.push(RootCause { step: root, kind, places, lost, seconds });
            causes.len() - 1
        });
        if step.step.kind != StepKind::From {
            let cause = &mut causes[place];
            cause.lost.push(StepIndex(index));
            cause.seconds = cause.seconds + Seconds::new(step.seconds.get() * share(&step.verdict));
        }
    }
    causes.sort_by_key(|cause| cause.step);
    causes
}

/// The step where the reason for a step's verdict lies, and the reason.
fn root(forecast: &Forecast, step: StepIndex) -> Option<(StepIndex, &CauseKind)> {
    let mut at = step;
    let mut found = forecast.steps.get(at.0)?.verdict.cause()?;
    // Steps stand after what they need, so this ends.
    while found.step < at
        && matches!(found.kind, CauseKind::Parent | CauseKind::StageOutput)
        && let Some(below) = forecast.steps.get(found.step.0).and_then(|it| it.verdict.cause())
    {
        at = found.step;
        found = below;
    }
    Some((found.step, &found.kind))
}

/// The reason with its files named from the repository's root.
fn from_the_root(kind: &CauseKind, now: Version<'_>) -> CauseKind {
    let CauseKind::Files { files, more } = kind else { return kind.clone() };
    let placed =
        files.iter().map(|file| FileChange { path: placed(&file.path, now), ..file.clone() });
    CauseKind::Files { files: placed.collect(), more: *more }
}

/// A path as reports show it (`NAME:PATH` in a named context) as one of the repository.
fn placed(path: &str, now: Version<'_>) -> String {
    let named =
        path.split_once(':').and_then(|(name, inside)| match now.image.contexts.get(name)? {
            NamedContext::Directory(directory) => Some(directory.join(inside)),
            _ => None,
        });
    named.unwrap_or_else(|| now.image.context.join(ContextPath::new(path).as_bytes())).to_string()
}
