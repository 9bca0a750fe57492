//! What machines read: one object a command, with its schema and version in it.
//!
//! Names are `snake_case`, times seconds as floats, sizes bytes, digests `sha256:<hex>`, paths
//! relative to the context's root. Within `v1` no field is renamed or removed. Nothing is
//! escaped beyond JSON's own rules: a terminal is not the reader.

use serde::Serialize;

use super::cause;
use super::outcome::{Actual, Ended};
use crate::engine::{EngineInfo, Sent};
use crate::plan::{StepIndex, StepKey};
use crate::predict::{
    Agreement, Cause, CauseKind, FileChange, Forecast, Probability, StepForecast, Summary, Verdict,
};
use crate::store::Outcome;
use crate::{Digest, Seconds, Span};

mod bench;
mod context;
mod history;
mod impact;
mod optimize;
mod replay;
mod verification;
mod why;

pub use bench::bench;
pub use context::{ContextReport, context};
pub use history::history;
pub use impact::impact;
pub use optimize::{Basis, Optimize, Past, Proof, RewriteEntry, Risk, Saves, Timing, Total};
pub use replay::replay;
pub use verification::Verification;
pub use why::why;

/// What a forecast is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The Dockerfile's name, relative to the context where it lies in it.
    pub dockerfile: &'a str,
    /// `--target`.
    pub target: Option<&'a str>,
    /// The engine, where one answered.
    pub engine: Option<&'a EngineInfo>,
    /// The context.
    pub context: ContextSummary,
}

/// What the context adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ContextSummary {
    /// Files that the build may copy.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that the ignore rules keep out.
    pub ignored: u64,
    /// The digest of all of it.
    pub digest: Digest,
}

/// What the verdicts of a forecast rest on.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "rests_on", rename_all = "snake_case")]
pub enum RestsOn<'a> {
    /// Records, and the engine was there to be asked.
    Engine,
    /// Records alone.
    Records,
    /// A commit, in place of the records.
    Commit {
        /// As it was given.
        revision: &'a str,
        /// The id of what it names, where that is a commit.
        commit: Option<&'a str>,
    },
}

/// `smartbuild/predict/v1`.
pub fn predict<'a>(
    subject: &Subject<'a>,
    forecast: &'a Forecast,
    rests_on: RestsOn<'a>,
) -> impl Serialize + use<'a> {
    let steps = (0..forecast.steps.len()).filter_map(|at| Step::of(forecast, StepIndex(at)));
    Report {
        head: Head::of("smartbuild/predict/v1", subject),
        rests_on: Some(rests_on),
        steps: steps.collect::<Vec<_>>(),
        summary: forecast.summary,
        ended: None,
    }
}

/// `smartbuild/build/v1`: the forecast with what happened. A step that `ended` does not have was
/// not reached.
pub fn build<'a>(
    subject: &Subject<'a>,
    forecast: &'a Forecast,
    ended: &Ended<'_>,
    sent: Sent,
) -> impl Serialize + use<'a> {
    let missing = Actual::untimed(Outcome::NotReached);
    let steps = (0..forecast.steps.len()).filter_map(|at| {
        let actual = ended.steps.get(at).copied().unwrap_or(missing);
        let step = Step::of(forecast, StepIndex(at))?;
        let needs = &forecast.steps.get(at)?.step;
        Some(BuiltStep {
            step,
            actual: actual.outcome,
            actual_seconds: actual.seconds,
            actual_span: actual.span,
            needs: needs.needs().collect(),
            reason: cause::root(forecast, StepIndex(at)),
        })
    });
    Report {
        head: Head::of("smartbuild/build/v1", subject),
        rests_on: None,
        steps: steps.collect::<Vec<_>>(),
        summary: forecast.summary,
        ended: Some(End {
            agreement: ended.agreement,
            image: ended.image,
            sent,
            seconds: ended.seconds,
            shortcut: ended.shortcut,
        }),
    }
}

#[derive(Serialize)]
struct Report<'a, S> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    rests_on: Option<RestsOn<'a>>,
    steps: Vec<S>,
    summary: Summary,
    #[serde(flatten)]
    ended: Option<End>,
}

#[derive(Serialize)]
struct Head<'a> {
    schema: &'static str,
    dockerfile: &'a str,
    target: Option<&'a str>,
    engine: Option<Engine<'a>>,
    context: ContextSummary,
}

impl<'a> Head<'a> {
    fn of(schema: &'static str, subject: &Subject<'a>) -> Self {
        let engine = subject.engine.map(|engine| Engine {
            name: &engine.name,
            version: &engine.version,
            builder: &engine.builder,
        });
        let Subject { dockerfile, target, context, .. } = *subject;
        Self { schema, dockerfile, target, engine, context }
    }
}

/// The engine without its identity, which is nobody else's business.
#[derive(Serialize)]
struct Engine<'a> {
    name: &'a str,
    version: &'a str,
    builder: &'a str,
}

#[derive(Serialize)]
struct End {
    agreement: Agreement,
    image: Option<Digest>,
    sent: Sent,
    seconds: Seconds,
    shortcut: bool,
}

#[derive(Serialize)]
struct BuiltStep<'a> {
    #[serde(flatten)]
    step: Step<'a>,
    actual: Outcome,
    actual_seconds: Option<Seconds>,
    /// Since the engine began with the build.
    actual_span: Option<Span>,
    /// The places in `steps` of those that it stands on or takes files from.
    needs: Vec<StepIndex>,
    /// The root of its cause as a terminal says it: `src/app.py modified`.
    reason: Option<String>,
}

#[derive(Serialize)]
struct Step<'a> {
    name: &'a str,
    stage: &'a str,
    line: u32,
    last_line: u32,
    instruction: &'a str,
    verdict: &'static str,
    /// How likely it is to run; `null` where nobody can tell.
    probability: Option<Probability>,
    key: StepKey,
    cause: Option<StepCause<'a>>,
    seconds: Seconds,
}

impl<'a> Step<'a> {
    fn of(forecast: &'a Forecast, index: StepIndex) -> Option<Self> {
        let StepForecast { step, verdict, seconds, .. } = forecast.steps.get(index.0)?;
        let (word, probability) = match verdict {
            Verdict::Cached => ("cached", Some(Probability::new(0.0))),
            Verdict::Rebuild(_) => ("rebuild", Some(Probability::new(1.0))),
            Verdict::Depends { probability, .. } => ("depends", Some(*probability)),
            Verdict::Unknown(_) => ("unknown", None),
        };
        Some(Self {
            name: &step.name,
            stage: &step.stage,
            line: step.line,
            last_line: step.last_line,
            instruction: &step.instruction,
            verdict: word,
            probability,
            key: step.key,
            cause: verdict.cause().map(|cause| StepCause::of(forecast, cause)),
            seconds: *seconds,
        })
    }
}

#[derive(Serialize)]
struct StepCause<'a> {
    kind: &'static str,
    step: Option<&'a str>,
    #[serde(flatten)]
    details: Details<'a>,
}

/// What each kind has beyond `kind` and `step`.
#[derive(Serialize)]
#[serde(untagged)]
enum Details<'a> {
    Files { files: &'a [FileChange], more: usize },
    Instruction { before: Option<&'a str>, after: &'a str },
    StoodOn { before: &'a str, gone: bool, after: Option<&'a str> },
    Named { name: &'a str, before: Option<&'a str>, after: Option<&'a str> },
    BaseImage { reference: &'a str, before: Option<&'a str>, after: Option<&'a str> },
    Nothing {},
}

impl<'a> Details<'a> {
    const fn named(name: &'a str, before: Option<&'a str>, after: Option<&'a str>) -> Self {
        Self::Named { name, before, after }
    }
}

impl<'a> StepCause<'a> {
    fn of(forecast: &'a Forecast, cause: &'a Cause) -> Self {
        Self::of_kind(forecast, cause.step, &cause.kind)
    }

    fn of_kind(forecast: &'a Forecast, step: StepIndex, kind: &'a CauseKind) -> Self {
        let details = match kind {
            CauseKind::Files { files, more } => Details::Files { files, more: *more },
            CauseKind::Instruction { before, after } => {
                Details::Instruction { before: before.as_deref(), after }
            }
            CauseKind::StoodOn { before, is_gone, after } => Details::StoodOn {
                before,
                gone: *is_gone,
                after: Some(&**after).filter(|after| !after.is_empty()),
            },
            CauseKind::Argument { name, before, after, .. }
            | CauseKind::Environment { name, before, after, .. }
            | CauseKind::Option { name, before, after } => {
                Details::named(name, before.as_deref(), after.as_deref())
            }
            CauseKind::BaseImage { reference, before, after } => {
                let (before, after) = (before.as_deref(), after.as_deref());
                Details::BaseImage { reference, before, after }
            }
            _ => Details::Nothing {},
        };
        let kind = kind.word();
        let step = forecast.steps.get(step.0).map(|step| step.step.name.as_str());
        Self { kind, step, details }
    }
}
