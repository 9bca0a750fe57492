//! Verdicts and their causes.

use serde::Serialize;

use crate::Seconds;
use crate::plan::{Step, StepIndex};

/// How likely a step is to run, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Probability(f64);

impl Probability {
    /// The probability, cut to the range from 0 to 1.
    pub fn new(value: f64) -> Self {
        Self(if value.is_nan() { 1.0 } else { value.clamp(0.0, 1.0) })
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// What will happen to a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The engine reuses it.
    Cached,
    /// The engine runs it.
    Rebuild(Cause),
    /// It copies or mounts what a step that runs again may have written; only that step's
    /// output decides.
    Depends {
        /// The first reason up the line.
        cause: Cause,
        /// How likely it is to run.
        probability: Probability,
    },
    /// The engine's cache has never been recorded, or only the engine can ask.
    Unknown(Cause),
}

impl Verdict {
    /// How much of the step's time is to be expected.
    pub const fn share_that_runs(&self) -> f64 {
        match self {
            Self::Cached => 0.0,
            Self::Depends { probability, .. } => probability.get(),
            Self::Rebuild(_) | Self::Unknown(_) => 1.0,
        }
    }

    /// Why it is not reused, if it is not.
    pub const fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Cached => None,
            Self::Rebuild(cause) | Self::Depends { cause, .. } | Self::Unknown(cause) => {
                Some(cause)
            }
        }
    }
}

impl Verdict {
    /// The cause, to tell it otherwise.
    pub(super) const fn cause_mut(&mut self) -> Option<&mut Cause> {
        match self {
            Self::Cached => None,
            Self::Rebuild(cause) | Self::Depends { cause, .. } | Self::Unknown(cause) => {
                Some(cause)
            }
        }
    }
}

/// Why a step is not reused.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// The step where the reason lies: this one, or the one it is inherited from.
    pub step: StepIndex,
    /// The reason.
    pub kind: CauseKind,
}

/// How a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It is no longer there.
    Removed,
    /// Its bytes differ, or where its link points.
    Modified,
    /// Only its mode differs.
    Mode,
    /// It is of another kind: a file became a directory, …
    Type,
}

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Relative to the context's root.
    pub path: String,
    /// How.
    pub change: ChangeKind,
}

/// The kinds of reason, one for each `cause.kind` of the JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum CauseKind {
    /// Files that it copies or mounts differ.
    Files {
        /// The first of them.
        files: Vec<FileChange>,
        /// How many more there are.
        more: usize,
    },
    /// The instruction itself was edited or is new.
    Instruction {
        /// Its text before; `None` where it is new.
        before: Option<String>,
        /// Its text now.
        after: String,
    },
    /// Another step stood below it, which is gone or has moved.
    StoodOn {
        /// The text of the instruction that stood below it.
        before: String,
        /// Whether that is gone; it has moved otherwise.
        is_gone: bool,
        /// The text of the one that does now; empty where it stands on nothing.
        after: String,
    },
    /// A build argument has another value.
    Argument {
        /// Its name.
        name: String,
        /// Its value before; `None` where it had none or where it looks like a secret.
        before: Option<String>,
        /// Its value now; `None` likewise.
        after: Option<String>,
        /// How many more variables have another value.
        more: usize,
    },
    /// A variable of the environment has another value or place.
    Environment {
        /// Its name.
        name: String,
        /// Its value before.
        before: Option<String>,
        /// Its value now.
        after: Option<String>,
        /// How many more variables have another value.
        more: usize,
    },
    /// The base image has other layers; without any before and now, it cannot be resolved.
    BaseImage {
        /// The reference as written.
        reference: String,
        /// The layer chain's digest before.
        before: Option<String>,
        /// The layer chain's digest now.
        after: Option<String>,
    },
    /// An option of the build differs.
    Option {
        /// Its name.
        name: String,
        /// Its value before.
        before: Option<String>,
        /// Its value now.
        after: Option<String>,
    },
    /// The step below runs.
    Parent,
    /// A stage whose output it uses runs.
    StageOutput,
    /// The engine no longer has it.
    Evicted,
    /// No record of it.
    NoRecord,
    /// There are records, and they could not be read.
    Unreadable,
    /// A build that runs at this moment may have it too: then it runs, and what stands on it.
    Shared,
    /// It is as it was; what its URL or its repository holds now, only a server can tell.
    Fetched,
    /// It is as it was but for a directory, of which only the engine can tell how it has it.
    Doubted,
    /// `--no-cache` or `--no-cache-filter`.
    NoCache,
    /// It stands on a directory of `--build-context`, which is another one to the engine at each
    /// build.
    ContextBase {
        /// The name of that context.
        name: String,
    },
}

/// One step with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct StepForecast {
    /// The step.
    pub step: Step,
    /// What will happen to it.
    pub verdict: Verdict,
    /// How long it takes when it runs, as far as is known.
    pub seconds: Seconds,
    /// Whether a run tells that: of its key, or of a step of its name or text. It is a guess else.
    pub is_timed: bool,
}

/// Every step of a build with its verdict, in the plan's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// The steps.
    pub steps: Vec<StepForecast>,
    /// What they add up to.
    pub summary: Summary,
}

/// What the verdicts add up to.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Steps that are reused.
    pub cached: usize,
    /// Steps that run.
    pub rebuild: usize,
    /// Steps that depend on an output.
    pub depends: usize,
    /// Steps that nobody can tell.
    pub unknown: usize,
    /// Of the steps that most likely run, those of which no run is known: what they take is a
    /// guess, and so are the seconds.
    pub untimed: usize,
    /// How long the build will take: the longest path through the steps that run, and what builds
    /// take around their steps.
    pub seconds: Seconds,
    /// How long it would take without any cache.
    pub seconds_full: Seconds,
    /// What reuse saves of that.
    pub seconds_saved: Seconds,
}

/// How right a forecast was. FROM steps are not counted: engines report them unevenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Agreement {
    /// Steps counted.
    pub steps: usize,
    /// Steps whose verdict was what happened.
    pub right: usize,
    /// Steps said to be reused that ran: the worst mistake.
    pub false_cached: usize,
    /// Steps said to run that were reused.
    pub false_rebuild: usize,
    /// Steps whose verdict was `depends`.
    pub depends: usize,
}
