//! One image in both trees: two plans to what the one costs after the other.

use super::besides::besides;
use super::causes::{Causes, Telling};
use super::directories;
use super::facts::Facts;
use super::growth::{Growth, Taking, growth};
use super::places::{Places, in_dockerfile};
use super::retold::retell;
use super::seconds::{self, Taken, taken};
use super::side::{Planned, dockerfile_name};
use super::standing::{self, Others};
use super::types::{ImageChange, ImageImpact, ImpactSummary, StepImpact};
use crate::context::git::Tree;
use crate::context::{ContextPath, Source as _};
use crate::images::Image;
use crate::plan::{ImageReference, Plan, StepKey, StepKind};
use crate::predict::{
    Cause, CauseKind, Forecast, Knowledge, PastTree, StepForecast, Verdict, masked_causes,
    predict_against,
};

/// An image as one of the trees has it.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    pub(super) image: &'a Image,
    pub(super) planned: &'a Planned,
}

/// What becomes of an image that both trees have; `None` where its plan is the same.
pub(super) fn changed(
    before: Version<'_>,
    now: Version<'_>,
    places: &Places<'_>,
    facts: &dyn Facts,
    others: Others<'_>,
) -> Option<ImageImpact> {
    let (older, newer) = (&before.planned.plan, &now.planned.plan);
    let is_same = keys(older).eq(keys(newer)) && !directories::is_changed(before, now);
    if is_same && !is_forced(older, newer) {
        return None;
    }
    let past =
        PastTree { plan: before.planned.plan.clone(), files: before.planned.context.table.clone() };
    let mut known = before.planned.bases.clone();
    known.extend(now.planned.bases.clone());
    let is_invented = |image: &ImageReference| {
        [before, now].iter().any(|version| version.planned.invented.contains(image))
    };
    known.retain(|image, _| !is_invented(image));
    let snapshot = &now.planned.context.snapshot;
    let files = past.clone();
    let mut forecast =
        predict_against(past, &now.planned.plan, snapshot, &known, Knowledge::default());
    let mut masked = masked_causes(&files, &forecast, snapshot);
    masked.extend(besides(before, now, &forecast, &masked));
    retell(&mut forecast, before, now);
    let old = taken_of(before, facts);
    let telling = Telling { now, before: Some(before), places, others };
    let causes = telling.causes(&timed(&forecast, now, facts), masked);
    let mut impact =
        of(ImageChange::Changed, now, &forecast, (Some((before, places)), causes), facts);
    impact.summary.seconds_full_before = seconds::full(&before.planned.plan, &old);
    impact.summary.seconds_gained =
        impact.summary.seconds_full_before.saturating_sub(impact.summary.seconds_full);
    impact.summary.seconds_lost = seconds::lost(impact.steps.iter().map(|step| &step.forecast));
    Some(impact)
}

/// What becomes of an image that the older tree does not have. `twin` is another of the newer tree
/// that is built just so: its steps are there when this one is built.
pub(super) fn new(now: Version<'_>, twin: Option<&Image>, facts: &dyn Facts) -> ImageImpact {
    let runs = |(index, step): (usize, &crate::plan::Step)| {
        let kind = CauseKind::Instruction { before: None, after: step.instruction.clone() };
        let verdict = match step.kind {
            _ if twin.is_some() => Verdict::Cached,
            StepKind::From => Verdict::Cached,
            _ => Verdict::Rebuild(Cause { step: crate::plan::StepIndex(index), kind }),
        };
        let seconds = crate::Seconds::ZERO;
        StepForecast { step: step.clone(), verdict, seconds, is_timed: false }
    };
    let steps = now.planned.plan.steps.iter().enumerate().map(runs).collect();
    let forecast = Forecast { steps, ..Forecast::default() };
    ImageImpact {
        built_as: twin.map(|twin| twin.name.clone()),
        ..of(ImageChange::New, now, &forecast, (None, Causes::default()), facts)
    }
}

/// What becomes of an image that the newer tree does not have.
pub(super) fn removed(before: Version<'_>, facts: &dyn Facts) -> ImageImpact {
    let old = taken_of(before, facts);
    let full = seconds::full(&before.planned.plan, &old);
    let Planned { plan, context, .. } = before.planned;
    let nothing = |_: &ContextPath| None;
    let taking = Taking { plan, snapshot: &context.snapshot, read: &nothing };
    let Growth { whole: bytes, .. } = growth(taking, None);
    let summary = ImpactSummary {
        seconds_gained: full,
        seconds_full_before: full,
        is_measured: is_measured(plan, &old),
        ..ImpactSummary::default()
    };
    ImageImpact {
        name: before.image.name.clone(),
        dockerfile: dockerfile_name(before.image),
        context: context_name(before.image),
        target: before.image.target.clone(),
        origin: before.image.origin.file.to_string(),
        change: ImageChange::Removed,
        was_named: None,
        built_as: None,
        steps: Vec::new(),
        causes: Vec::new(),
        masked: Vec::new(),
        bytes_added: -bytes,
        unknown_growth: None,
        summary,
    }
}

fn of(
    change: ImageChange,
    now: Version<'_>,
    forecast: &Forecast,
    (before, causes): (Option<(Version<'_>, &Places<'_>)>, Causes),
    facts: &dyn Facts,
) -> ImageImpact {
    let (before, places) = before.unzip();
    let Planned { plan, context, .. } = now.planned;
    let taken = taken_of(now, facts);
    let mut forecast = timed(forecast, now, facts);
    let Causes { mut causes, masked } = causes;
    let images: Vec<&Image> = before.iter().chain([&now]).map(|it| it.image).collect();
    standing::name_all(&mut forecast, &images);
    for cause in &mut causes {
        standing::name(&mut cause.kind, &images);
    }
    // A new image had nothing to lose, and its archives are not opened.
    let in_tree = |tree: Option<&Tree>, of: Version<'_>, path: &ContextPath| {
        tree?.read(&of.image.context.join(path.as_bytes())).ok()?
    };
    let read = |path: &ContextPath| in_tree(places.map(|it| it.head), now, path);
    let read_before =
        |path: &ContextPath| in_tree(places.map(|it| it.base), before.unwrap_or(now), path);
    let old = before.map(|before| Taking {
        plan: &before.planned.plan,
        snapshot: &before.planned.context.snapshot,
        read: &read_before,
    });
    let taking = Taking { plan, snapshot: &context.snapshot, read: &read };
    let Growth { steps: grown, whole: bytes_added, unknown: unknown_growth } = growth(taking, old);
    let count = |is: fn(&Verdict) -> bool| {
        let steps = forecast.steps.iter().filter(|it| it.step.kind != StepKind::From);
        steps.filter(|it| is(&it.verdict)).count()
    };
    let summary = ImpactSummary {
        cached: count(|verdict| matches!(verdict, Verdict::Cached)),
        rebuild: count(|verdict| matches!(verdict, Verdict::Rebuild(_) | Verdict::Unknown(_))),
        depends: count(|verdict| matches!(verdict, Verdict::Depends { .. })),
        seconds_full: seconds::full(plan, &taken),
        is_measured: is_measured(plan, &taken),
        ..ImpactSummary::default()
    };
    let steps = forecast.steps.into_iter().zip(taken).zip(grown);
    let steps = steps.map(|((forecast, taken), bytes_added)| StepImpact {
        place: in_dockerfile(now, (forecast.step.line, forecast.step.line)),
        forecast,
        is_measured: taken.is_measured,
        bytes_added,
    });
    ImageImpact {
        name: now.image.name.clone(),
        dockerfile: dockerfile_name(now.image),
        context: context_name(now.image),
        target: now.image.target.clone(),
        origin: now.image.origin.file.to_string(),
        change,
        was_named: before
            .filter(|before| before.image.name != now.image.name)
            .map(|before| before.image.name.clone()),
        built_as: None,
        steps: steps.collect(),
        causes,
        masked,
        bytes_added,
        unknown_growth,
        summary,
    }
}

/// The forecast with what each step takes, and by names that others may read: a report of the
/// impact is posted where the engine's own log is not.
fn timed(forecast: &Forecast, now: Version<'_>, facts: &dyn Facts) -> Forecast {
    let mut forecast = forecast.clone();
    for (step, taken) in forecast.steps.iter_mut().zip(taken_of(now, facts)) {
        step.seconds = taken.seconds;
        if let Some(told) = step.step.told.take() {
            step.step.name = told;
        }
    }
    forecast
}

fn taken_of(version: Version<'_>, facts: &dyn Facts) -> Vec<Taken> {
    let Planned { plan, context, .. } = version.planned;
    taken(plan, &context.snapshot, &version.image.context, facts)
}

/// Whether all that takes any time was measured.
fn is_measured(plan: &Plan, taken: &[Taken]) -> bool {
    let counted = plan.steps.iter().zip(taken).filter(|(step, _)| step.kind != StepKind::From);
    counted.into_iter().all(|(_, taken)| taken.is_measured)
}

fn context_name(image: &Image) -> String {
    if image.context.is_root() { ".".to_owned() } else { image.context.to_string() }
}

fn keys(plan: &Plan) -> impl Iterator<Item = StepKey> {
    plan.steps.iter().map(|step| step.key)
}

/// Whether a step that was found in the cache before always runs now.
fn is_forced(before: &Plan, now: &Plan) -> bool {
    let steps = before.steps.iter().zip(&now.steps);
    steps.into_iter().any(|(before, now)| now.no_cache && !before.no_cache)
}
