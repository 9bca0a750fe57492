//! `smartbuild/impact/v1`.

use serde::Serialize;

use super::super::reason;
use super::{Step, StepCause};
use crate::Seconds;
use crate::impact::{Advice, ImageChange, ImageImpact, Impact, Patch, Place, RootCause, TreeSide};
use crate::plan::StepIndex;
use crate::predict::Forecast;

/// What a change costs the build cache.
pub fn impact(impact: &Impact) -> impl Serialize + use<'_> {
    let forecasts: Vec<Forecast> = impact.images.iter().map(ImageImpact::forecast).collect();
    Report(impact, forecasts)
}

/// The images beside their forecasts, which the steps are written from.
struct Report<'a>(&'a Impact, Vec<Forecast>);

impl Serialize for Report<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(impact, forecasts) = self;
        let images = impact.images.iter().zip(forecasts);
        Whole {
            schema: "smartbuild/impact/v1",
            base: &impact.base,
            head: &impact.head,
            images: images.map(|(image, forecast)| Image::of(image, forecast)).collect(),
            unchanged: impact.unchanged,
            summary: Sum {
                images: impact.images.iter().filter(|image| image.is_losing()).count(),
                steps: impact.steps_lost(),
                seconds_lost: impact.seconds_lost(),
                measured: impact.is_measured(),
            },
            problems: impact.problems.iter().map(Problem::of).collect(),
            not_compared: impact
                .not_compared
                .iter()
                .map(|it| NotCompared { image: &it.image, problem: Problem::of(&it.problem) })
                .collect(),
            notices: &impact.notices,
            advice: impact.advice.iter().map(Advised::of).collect(),
            gate: Gate {
                passed: impact.gate.is_passed(),
                reasons: impact.gate.reasons.iter().map(reason).collect(),
                accepted_by: impact.gate.accepted_by.as_ref().map(|trailer| AcceptedBy {
                    commit: &trailer.commit,
                    name: &trailer.name,
                    value: &trailer.value,
                }),
            },
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    schema: &'static str,
    base: &'a str,
    head: &'a str,
    images: Vec<Image<'a>>,
    unchanged: usize,
    summary: Sum,
    problems: Vec<Problem<'a>>,
    not_compared: Vec<NotCompared<'a>>,
    notices: &'a [String],
    advice: Vec<Advised<'a>>,
    gate: Gate<'a>,
}

/// What all images add up to.
#[derive(Serialize)]
struct Sum {
    /// Images that lose steps.
    images: usize,
    steps: usize,
    seconds_lost: Seconds,
    measured: bool,
}

#[derive(Serialize)]
struct Image<'a> {
    name: &'a str,
    dockerfile: &'a str,
    context: &'a str,
    target: Option<&'a str>,
    origin: &'a str,
    change: ImageChange,
    /// What it was named in the older tree, where that is another name.
    was_named: Option<&'a str>,
    /// Another image that is built just so, where this new one costs nothing for it.
    built_as: Option<&'a str>,
    steps: Vec<ImageStep<'a>>,
    causes: Vec<Root<'a>>,
    bytes_added: i64,
    summary: Summary,
}

#[derive(Serialize)]
struct ImageStep<'a> {
    #[serde(flatten)]
    step: Step<'a>,
    /// Whether its seconds were measured on this machine.
    measured: bool,
    bytes_added: i64,
}

/// A reason why steps run.
#[derive(Serialize)]
struct Root<'a> {
    #[serde(flatten)]
    cause: StepCause<'a>,
    places: Vec<Located<'a>>,
    /// The names of the steps that run for it.
    lost: Vec<&'a str>,
    seconds: Seconds,
}

#[derive(Serialize)]
struct Located<'a> {
    file: &'a str,
    first_line: Option<u32>,
    last_line: Option<u32>,
}

#[derive(Serialize)]
struct Summary {
    cached: usize,
    rebuild: usize,
    depends: usize,
    seconds_lost: Seconds,
    seconds_gained: Seconds,
    seconds_full: Seconds,
    seconds_full_before: Seconds,
    measured: bool,
}

#[derive(Serialize)]
struct Problem<'a> {
    side: TreeSide,
    file: &'a str,
    line: Option<u32>,
    image: Option<&'a str>,
    message: &'a str,
}

/// An image of which nobody knows what it loses.
#[derive(Serialize)]
struct NotCompared<'a> {
    image: &'a str,
    problem: Problem<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Advised<'a> {
    Exclude {
        file: &'a str,
        images: &'a [String],
        ignore_files: &'a [String],
        line: &'a str,
        seconds: Seconds,
    },
    Rewrite {
        image: &'a str,
        images: &'a [String],
        dockerfile: &'a str,
        line: u32,
        id: &'a str,
        title: &'a str,
        patch: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        by_hand: Option<&'a str>,
        seconds: Seconds,
    },
}

#[derive(Serialize)]
struct Gate<'a> {
    passed: bool,
    reasons: Vec<String>,
    /// The trailer that accepts what is not allowed.
    accepted_by: Option<AcceptedBy<'a>>,
}

#[derive(Serialize)]
struct AcceptedBy<'a> {
    commit: &'a str,
    name: &'a str,
    value: &'a str,
}

impl<'a> Image<'a> {
    fn of(image: &'a ImageImpact, forecast: &'a Forecast) -> Self {
        let steps = image.steps.iter().enumerate().filter_map(|(at, step)| {
            Some(ImageStep {
                step: Step::of(forecast, StepIndex(at))?,
                measured: step.is_measured,
                bytes_added: step.bytes_added,
            })
        });
        let summary = &image.summary;
        Self {
            name: &image.name,
            dockerfile: &image.dockerfile,
            context: &image.context,
            target: image.target.as_deref(),
            origin: &image.origin,
            change: image.change,
            was_named: image.was_named.as_deref(),
            built_as: image.built_as.as_deref(),
            steps: steps.collect(),
            causes: image.causes.iter().map(|cause| Root::of(cause, forecast)).collect(),
            bytes_added: image.bytes_added,
            summary: Summary {
                cached: summary.cached,
                rebuild: summary.rebuild,
                depends: summary.depends,
                seconds_lost: summary.seconds_lost,
                seconds_gained: summary.seconds_gained,
                seconds_full: summary.seconds_full,
                seconds_full_before: summary.seconds_full_before,
                measured: summary.is_measured,
            },
        }
    }
}

impl<'a> Root<'a> {
    fn of(root: &'a RootCause, forecast: &'a Forecast) -> Self {
        let name = |step: &StepIndex| forecast.steps.get(step.0).map(|it| &*it.step.name);
        Self {
            cause: StepCause::of_kind(forecast, root.step, &root.kind),
            places: root.places.iter().map(Located::of).collect(),
            lost: root.lost.iter().filter_map(name).collect(),
            seconds: root.seconds,
        }
    }
}

impl<'a> Located<'a> {
    fn of(place: &'a Place) -> Self {
        let (first_line, last_line) = place.lines.unzip();
        Self { file: &place.file, first_line, last_line }
    }
}

impl<'a> Problem<'a> {
    fn of(problem: &'a crate::impact::Problem) -> Self {
        let crate::impact::Problem { side, file, line, image, message, lacks_value: _ } = problem;
        Self { side: *side, file, line: *line, image: image.as_deref(), message }
    }
}

impl<'a> Advised<'a> {
    fn of(advice: &'a Advice) -> Self {
        match advice {
            Advice::Exclude { file, images, ignore_files, line, seconds } => {
                Self::Exclude { file, images, ignore_files, line, seconds: *seconds }
            }
            Advice::Rewrite { images, dockerfile, line, id, title, patch, seconds } => {
                let (patch, by_hand) = match patch {
                    Patch::OfFile(text) => (&**text, None),
                    Patch::ByHand(hunks) => ("", Some(&**hunks)),
                };
                Self::Rewrite {
                    image: images.first().map_or("", |image| image),
                    images,
                    dockerfile,
                    line: *line,
                    id,
                    title,
                    patch,
                    by_hand,
                    seconds: *seconds,
                }
            }
        }
    }
}
