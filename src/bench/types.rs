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

/// A scenario, or a variant in all of them, that is not measured.
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
    /// Those that do not apply, and the variants that there are none of.
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
    /// The scenarios that were to be measured and were not, or not wholly: those that failed with
    /// any variant, and of those that do not apply what was `asked` for by its name.
    pub fn unmeasured(&self, asked: &[String]) -> Vec<&str> {
        let is_failed = |it: &&Measured| it.series.iter().any(|it| it.failure.is_some());
        let failed = self.measured.iter().filter(is_failed).map(|it| &*it.scenario.name);
        let left = self.left.iter().map(|it| &it.name).filter(|name| asked.contains(name));
        failed.chain(left.map(String::as_str)).collect()
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_or_was_asked_for_in_vain_is_not_measured() {
        let measured = |name: &str, failures: [Option<&str>; 2]| Measured {
            scenario: Scenario { name: name.to_owned(), change: Change::Nothing },
            series: failures
                .map(|it| Series { failure: it.map(str::to_owned), ..Series::default() })
                .into(),
        };
        let left = |name: &str| Left { name: name.to_owned(), reason: String::new() };
        let bench = Bench {
            measured: vec![measured("a", [None, None]), measured("b", [None, Some("it failed")])],
            left: vec![left("c"), left("d")],
            ..Bench::default()
        };
        assert_eq!(bench.unmeasured(&[]), ["b"]);
        assert_eq!(bench.unmeasured(&["d".to_owned(), "a".to_owned()]), ["b", "d"]);
    }
}
