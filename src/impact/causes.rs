//! The reasons why an image's steps run: each once, with where it lies and what runs for it.

use std::collections::BTreeSet;

use super::compared::Version;
use super::places::Places;
use super::retold::{NO_CACHE, NO_CACHE_FILTER};
use super::seconds::share;
use super::standing::{Others, other_image};
use super::types::{Place, RootCause};
use crate::Seconds;
use crate::context::ContextPath;
use crate::dockerfile::InstructionKind;
use crate::images::NamedContext;
use crate::plan::{KeyInput, PLATFORM, Step, StepIndex, StepKind};
use crate::predict::{Cause, CauseKind, FileChange, Forecast, StepForecast, Verdict};

/// What causes are told from.
pub(super) struct Telling<'a> {
    pub(super) now: Version<'a>,
    pub(super) before: Option<Version<'a>>,
    pub(super) places: &'a Places<'a>,
    pub(super) others: Others<'a>,
}

/// The root causes of a forecast, in the order of the steps where they lie; and those for which
/// steps would run that run for one of these already.
#[derive(Default)]
pub(super) struct Causes {
    pub(super) causes: Vec<RootCause>,
    pub(super) masked: Vec<RootCause>,
}

impl Telling<'_> {
    /// All of them. `masked` are what else is otherwise about steps.
    pub(super) fn causes(&self, forecast: &Forecast, masked: Vec<Cause>) -> Causes {
        let mut causes: Vec<RootCause> = Vec::new();
        // What another image brings besides, by the step that stands on it.
        let mut besides: Vec<RootCause> = Vec::new();
        for (index, step) in forecast.steps.iter().enumerate() {
            if matches!(step.verdict, Verdict::Cached) {
                continue;
            }
            let Some((root, kind)) = root(forecast, StepIndex(index)) else { continue };
            let is_it =
                |cause: &RootCause| cause.step == root || is_of_all(kind) && cause.kind == *kind;
            let place = causes.iter().position(is_it);
            let place = place.unwrap_or_else(|| {
                let mut all = self.of_root(root, kind, &forecast.steps[root.0].step);
                causes.push(all.remove(0));
                besides.append(&mut all);
                causes.len() - 1
            });
            if step.step.kind != StepKind::From {
                let cause = &mut causes[place];
                cause.lost.push(StepIndex(index));
                cause.seconds =
                    cause.seconds + Seconds::new(step.seconds.get() * share(&step.verdict));
            }
        }
        // What has a reason of its own runs for the image that it stands on as well.
        for cause in causes.iter_mut().filter(|cause| cause.is_base && cause.lost.is_empty()) {
            let standing = standing_on(forecast, cause.step);
            let lost = standing.filter(|(_, step)| !matches!(step.verdict, Verdict::Cached));
            for (index, step) in lost {
                cause.lost.push(index);
                cause.seconds =
                    cause.seconds + Seconds::new(step.seconds.get() * share(&step.verdict));
            }
        }
        for beside in &mut besides {
            let same = causes.iter().find(|cause| cause.step == beside.step);
            beside.lost = same.map(|cause| cause.lost.clone()).unwrap_or_default();
        }
        causes.sort_by_key(|cause| cause.step);
        besides.extend(self.masked(forecast, masked, &causes));
        Causes { causes, masked: besides }
    }

    /// The reason at a step; where that stands on another image of the tree, the reasons there. At
    /// least one.
    fn of_root(&self, root: StepIndex, kind: &CauseKind, step: &Step) -> Vec<RootCause> {
        let none = |kind, places, is_base| {
            let (lost, seconds) = (Vec::new(), Seconds::ZERO);
            RootCause { step: root, kind, is_base, places, lost, seconds }
        };
        let mut of_other = other_image(kind, self.now, self.before)
            .map_or_else(Vec::new, |(older, newer)| (self.others)(older, newer));
        if !of_other.is_empty() {
            let own = self.places.of(kind, step, self.now, self.before).pop();
            for cause in &mut of_other {
                *cause = none(cause.kind.clone(), with(&cause.places, own.as_ref()), cause.is_base);
            }
            return of_other;
        }
        let is_base = is_base(kind, step);
        let shown = from_the_root(kind, self.now);
        let places = self.places.of(&shown, step, self.now, self.before);
        if is_base && let Some(of_image) = self.as_another_image(kind, step) {
            // The argument that names it can be denied as well.
            return vec![none(of_image, places.clone(), true), none(shown, places, false)];
        }
        vec![none(shown, places, is_base)]
    }

    /// A FROM that names another image by an argument, told so.
    fn as_another_image(&self, kind: &CauseKind, step: &Step) -> Option<CauseKind> {
        if !matches!(kind, CauseKind::Argument { .. } | CauseKind::Environment { .. }) {
            return None;
        }
        let reference = named_image(step)?;
        let older = &self.before?.planned.plan;
        let mut same = older.steps.iter().filter(|old| old.kind == step.kind);
        let before = same.find(|old| old.instruction == step.instruction).and_then(named_image);
        Some(CauseKind::BaseImage { reference: reference.clone(), before, after: Some(reference) })
    }

    /// Reasons of steps that run all the same, each kind once.
    fn masked(
        &self,
        forecast: &Forecast,
        masked: Vec<Cause>,
        causes: &[RootCause],
    ) -> Vec<RootCause> {
        let has_another_base = causes.iter().any(|cause| {
            let step = forecast.steps.get(cause.step.0);
            step.is_some_and(|it| it.step.kind == StepKind::From)
                || matches!(cause.kind, CauseKind::BaseImage { .. })
        });
        let set = if has_another_base { self.set_names() } else { BTreeSet::new() };
        // What an image gives otherwise is told by it.
        let is_of_image = |kind: &CauseKind| match kind {
            CauseKind::Environment { name, .. } => has_another_base && !set.contains(&**name),
            CauseKind::Option { .. } => has_another_base,
            CauseKind::Instruction { before, after } => {
                has_another_base && before.as_ref() == Some(after)
            }
            _ => false,
        };
        let mut found: Vec<RootCause> = Vec::new();
        for Cause { step, kind } in masked {
            let Some(forecast) = forecast.steps.get(step.0) else { continue };
            let kind = from_the_root(&kind, self.now);
            if is_of_image(&kind) || causes.iter().any(|cause| is_same(&cause.kind, &kind)) {
                continue;
            }
            if let Some(known) = found.iter_mut().find(|cause| is_same(&cause.kind, &kind)) {
                known.lost.push(step);
                continue;
            }
            let places = self.places.of(&kind, &forecast.step, self.now, self.before);
            let is_base = is_base(&kind, &forecast.step);
            let (lost, seconds) = (vec![step], Seconds::ZERO);
            found.push(RootCause { step, kind, is_base, places, lost, seconds });
        }
        found
    }

    /// The variables that one of the two Dockerfiles sets.
    fn set_names(&self) -> BTreeSet<&str> {
        let versions = self.before.into_iter().chain([self.now]);
        let instructions = versions.flat_map(|it| it.planned.dockerfile.instructions());
        let pairs = instructions.flat_map(|instruction| match &instruction.kind {
            InstructionKind::Env(pairs) => pairs.iter().map(|(name, _)| &**name).collect(),
            InstructionKind::Arg(pairs) => pairs.iter().map(|(name, _)| &**name).collect(),
            _ => Vec::new(),
        });
        pairs.collect()
    }
}

/// The steps on a FROM, in their order.
fn standing_on(
    forecast: &Forecast,
    from: StepIndex,
) -> impl Iterator<Item = (StepIndex, &StepForecast)> {
    let mut on = BTreeSet::from([from]);
    let steps = forecast.steps.iter().enumerate().map(|(at, step)| (StepIndex(at), step));
    steps.filter(move |(index, step)| {
        let is_on = step.step.parent().is_some_and(|below| on.contains(&below));
        is_on && on.insert(*index)
    })
}

/// Whether the reason is another base image, by what it is, its name or its platform.
fn is_base(kind: &CauseKind, step: &Step) -> bool {
    step.kind == StepKind::From
        || matches!(kind, CauseKind::BaseImage { .. })
        || matches!(kind, CauseKind::Option { name, .. } if name == PLATFORM)
}

/// Whether the reason is one that every step has for itself.
fn is_of_all(kind: &CauseKind) -> bool {
    matches!(kind, CauseKind::Option { name, .. } if [NO_CACHE, NO_CACHE_FILTER].contains(&&**name))
}

/// Whether both are about the same thing: of variables the name tells.
fn is_same(one: &CauseKind, other: &CauseKind) -> bool {
    match (one, other) {
        (CauseKind::Argument { name, .. }, CauseKind::Argument { name: other, .. })
        | (CauseKind::Environment { name, .. }, CauseKind::Environment { name: other, .. }) => {
            name == other
        }
        _ => one == other,
    }
}

fn named_image(step: &Step) -> Option<String> {
    step.inputs.iter().find_map(|input| match input {
        KeyInput::BaseImage { reference, .. } => Some(reference.clone()),
        _ => None,
    })
}

fn with(places: &[Place], own: Option<&Place>) -> Vec<Place> {
    let own = own.filter(|own| !places.contains(own));
    places.iter().chain(own).cloned().collect()
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
