//! What is measured, and what was.

use super::edit::Edit;
use super::replay::Timed;
use super::statistics::{self, Confidence, Interval, Ratio};
use crate::Seconds;
use crate::context::ContextPath;

/// The names of the scenarios that are looked for, in the order in which they are measured.
pub const NAMES: [&str; 6] =
    ["no change", "edit source", "edit manifest", "edit documentation", "change argument", "cold"];

/// A change, and the build after it that is timed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What is done before each build.
    pub change: Change,
}

/// What is done before a build that is timed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// A file is edited.
    Edit {
        /// The file.
        path: ContextPath,
        /// How.
        edit: Edit,
    },
    /// A build argument gets another value.
    Argument(String),
    /// Nothing, and nothing is reused.
    Cold,
    /// A command is run in the context's directory.
    Shell(String),
}

/// Who builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// This program.
    Smartbuild,
    /// The docker CLI.
    Docker,
}

/// One of the things that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// What it is called: the Dockerfile's name, and how it differs from the others.
    pub name: String,
    /// The Dockerfile's name, relative to the context where it lies in it.
    pub dockerfile: String,
    /// Whether it is the rewrite of `optimize`.
    pub is_optimized: bool,
    /// Who builds it.
    pub builder: Builder,
}

/// One build that was timed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// From the start of the program to its end.
    pub seconds: Seconds,
    /// Steps that were reused, without the base images.
    pub cached: usize,
    /// Steps that ran.
    pub ran: usize,
}

/// The runs of one variant in one scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// In the order in which they were taken; the warm-up is not among them.
    pub runs: Vec<Run>,
    /// The last of them, with its steps.
    pub last: Option<Timed>,
    /// Why there are no more, where something went wrong.
    pub failure: Option<String>,
}

/// A scenario with the runs of each variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What was done.
    pub scenario: Scenario,
    /// One for each variant, in their order.
    pub series: Vec<Series>,
}

/// A scenario that is not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// All that was measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bench {
    /// What is compared; the first is what the others are compared with.
    pub variants: Vec<Variant>,
    /// The scenarios that were begun.
    pub measured: Vec<Measured>,
    /// Those that do not apply.
    pub left: Vec<Left>,
    /// How many runs of each were wanted.
    pub runs: usize,
    /// How many before them are not counted.
    pub warmup: usize,
    /// Whether it ended before all was measured.
    pub is_partial: bool,
}

/// How a variant compares with the first one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison {
    /// It takes another time.
    Differs(Ratio),
    /// No difference is seen.
    Alike(Ratio),
    /// It may differ, but there are too few runs to be sure.
    Unsure(Ratio),
    /// There are too few runs to say anything.
    Unknown,
}

impl Series {
    /// Takes a run.
    pub fn push(&mut self, timed: Timed) {
        self.runs.push(timed.run());
        self.last = Some(timed);
    }

    /// The seconds of each run.
    pub fn seconds(&self) -> Vec<Seconds> {
        self.runs.iter().map(|run| run.seconds).collect()
    }

    /// Where the median most likely lies.
    pub fn interval(&self) -> Option<Interval> {
        statistics::median_interval(&self.seconds(), Confidence::USUAL)
    }
}

impl Bench {
    /// How the variant at this place compares with the first in a scenario. The intervals of one
    /// variant are right together, in all scenarios, in nineteen of twenty benches.
    pub fn comparison(&self, measured: &Measured, variant: usize) -> Comparison {
        let seconds = |place: usize| measured.series.get(place).map(Series::seconds);
        let ratio = seconds(0).zip(seconds(variant)).and_then(|(first, other)| {
            statistics::ratio(&first, &other, Confidence::of_all(self.measured.len()))
        });
        match ratio {
            None => Comparison::Unknown,
            Some(ratio) if !ratio.is_difference() => Comparison::Alike(ratio),
            Some(ratio) if ratio.is_sure => Comparison::Differs(ratio),
            Some(ratio) => Comparison::Unsure(ratio),
        }
    }
}
