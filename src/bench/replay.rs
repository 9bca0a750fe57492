//! What a replay of commits has measured, and what the model expected.

use super::statistics::median;
use super::step::TimedStep;
use super::types::{Run, Variant};
use crate::Seconds;

/// The builds of commits, each after the one before it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replay {
    /// What is compared.
    pub variants: Vec<Variant>,
    /// The commits that were begun, oldest first.
    pub commits: Vec<Replayed>,
    /// How many were wanted.
    pub wanted: usize,
    /// Whether it ended before all were built.
    pub is_partial: bool,
    /// Whether nothing was built: each build is what the model expects of it.
    pub is_expected: bool,
}

/// A commit with its builds.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Its whole id.
    pub id: String,
    /// As much of the id as tells it from others.
    pub short_id: String,
    /// The first line of its message.
    pub subject: String,
    /// One for each variant, in their order; `None` where it ended before.
    pub builds: Vec<Option<Outcome>>,
}

/// What became of a commit's build.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was built.
    Built(Timed),
    /// It does not build, for this reason.
    Failed(String),
}

/// A build that was timed, or is expected where nothing is built, with its steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timed {
    /// From the start of the program to its end.
    pub seconds: Seconds,
    /// The steps without the base images, as their builder lists them.
    pub steps: Vec<TimedStep>,
    /// What the model expected of it, by what was known before it; docker has no model.
    pub expected: Option<Expected>,
    /// The same build as it was recorded some day, where nothing is built now.
    pub recorded: Option<Recorded>,
}

/// A build that was recorded, with the same steps run and reused.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recorded {
    /// What it took.
    pub seconds: Seconds,
    /// What the model expects of it by what was known before it.
    pub expected: Expected,
}

/// What the model expects of a build.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Expected {
    /// How long it takes.
    pub seconds: Seconds,
    /// Of the steps that run, those of which no run is known: what they take is a guess.
    pub untimed: usize,
}

/// How far the model is from what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ModelError {
    /// The median of the distances, each as a share of what was measured; `None` where no commit
    /// counts.
    pub median: Option<f64>,
    /// The commits that count.
    pub counted: usize,
    /// Those that do not: they run steps of which no run is known.
    pub guessed: usize,
}

/// What the builds of a variant have cost together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// Commits that were built.
    pub built: usize,
    /// Commits that do not build.
    pub failed: usize,
    /// Seconds of those that were built.
    pub seconds: Seconds,
    /// Commits that every variant has built: of these alone variants can be compared.
    pub shared: usize,
    /// Seconds of those.
    pub shared_seconds: Seconds,
    /// Steps that were reused.
    pub reused: usize,
    /// Steps that ran.
    pub ran: usize,
}

impl Timed {
    /// The time, with how many steps were reused and ran.
    pub fn run(&self) -> Run {
        let cached = self.steps.iter().filter(|step| step.is_reused).count();
        Run { seconds: self.seconds, cached, ran: self.steps.len() - cached }
    }
}

impl Replayed {
    /// The variant's build, where it was built.
    pub fn built(&self, variant: usize) -> Option<&Timed> {
        match self.builds.get(variant)? {
            Some(Outcome::Built(timed)) => Some(timed),
            Some(Outcome::Failed(_)) | None => None,
        }
    }

    /// What was measured of the variant's build, now or some day, with what was expected of it.
    fn compared(&self, variant: usize, is_expected: bool) -> Option<(Seconds, Expected)> {
        let timed = self.built(variant)?;
        if is_expected {
            let recorded = timed.recorded?;
            return Some((recorded.seconds, recorded.expected));
        }
        Some((timed.seconds, timed.expected?))
    }

    /// Whether all variants have come to it.
    pub fn is_done(&self) -> bool {
        self.builds.iter().all(Option::is_some)
    }

    fn is_built_by_all(&self) -> bool {
        (0..self.builds.len()).all(|variant| self.built(variant).is_some())
    }
}

impl Replay {
    /// How far the model is from the builds of the variant at this place, measured now or recorded
    /// before; `None` where nothing was both expected and built.
    pub fn model_error(&self, variant: usize) -> Option<ModelError> {
        let commits = self.commits.iter();
        let all: Vec<(Seconds, Expected)> =
            commits.filter_map(|it| it.compared(variant, self.is_expected)).collect();
        let counts =
            |(measured, it): &&(Seconds, Expected)| it.untimed == 0 && *measured > Seconds::ZERO;
        let distance = |(measured, it): &(Seconds, Expected)| {
            let distance = (it.seconds.get() - measured.get()).abs() / measured.get();
            // A share, whose median is taken as that of seconds is.
            Seconds::new(distance)
        };
        let distances: Vec<Seconds> = all.iter().filter(counts).map(distance).collect();
        (!all.is_empty()).then(|| ModelError {
            median: median(&distances).map(Seconds::get),
            counted: distances.len(),
            guessed: all.len() - distances.len(),
        })
    }

    /// Each commit that a variant did not build, and why.
    pub fn failures(&self) -> impl Iterator<Item = (&Replayed, &Variant, &str)> {
        self.commits.iter().flat_map(|commit| {
            let of = self.variants.iter().zip(&commit.builds);
            of.filter_map(move |(variant, build)| match build {
                Some(Outcome::Failed(why)) => Some((commit, variant, &**why)),
                Some(Outcome::Built(_)) | None => None,
            })
        })
    }

    /// What the builds of the variant at this place have cost.
    pub fn cost(&self, variant: usize) -> Cost {
        let mut cost = Cost::default();
        for commit in &self.commits {
            if let Some(Some(Outcome::Failed(_))) = commit.builds.get(variant) {
                cost.failed += 1;
            }
            let Some(timed) = commit.built(variant) else { continue };
            let run = timed.run();
            cost.built += 1;
            cost.seconds = cost.seconds + timed.seconds;
            cost.reused += run.cached;
            cost.ran += run.ran;
            if commit.is_built_by_all() {
                cost.shared += 1;
                cost.shared_seconds = cost.shared_seconds + timed.seconds;
            }
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(seconds: f64, reused: &[bool]) -> Outcome {
        let step = |is_reused: &bool| TimedStep {
            name: "RUN make".to_owned(),
            is_reused: *is_reused,
            seconds: None,
            span: None,
            needs: Vec::new(),
            foretold: None,
        };
        let steps = reused.iter().map(step).collect();
        Outcome::Built(Timed { seconds: Seconds::new(seconds), steps, ..Timed::default() })
    }

    #[test]
    fn the_models_error_is_the_median_share_of_what_was_measured() {
        let commit = |measured: f64, expected: f64, untimed| {
            let expected = Some(Expected { seconds: Seconds::new(expected), untimed });
            let timed = Timed { seconds: Seconds::new(measured), expected, ..Timed::default() };
            let builds = vec![Some(Outcome::Built(timed)), Some(built(1.0, &[true]))];
            Replayed { id: String::new(), short_id: String::new(), subject: String::new(), builds }
        };
        let commits = vec![
            commit(9.0, 1.0, 2),
            commit(2.0, 2.2, 0),
            commit(1.0, 2.0, 0),
            commit(4.0, 3.0, 0),
        ];
        let mut replay = Replay { commits, ..Replay::default() };
        let wanted = ModelError { median: Some(0.25), counted: 3, guessed: 1 };
        assert_eq!(replay.model_error(0), Some(wanted));
        // Docker expects nothing.
        assert_eq!(replay.model_error(1), None);
        // Where nothing is built, what was recorded of the same builds counts.
        replay.is_expected = true;
        assert_eq!(replay.model_error(0), None);
        if let Some(Outcome::Built(timed)) = &mut replay.commits[1].builds[0] {
            let expected = Expected { seconds: Seconds::new(3.0), untimed: 0 };
            timed.recorded = Some(Recorded { seconds: Seconds::new(4.0), expected });
        }
        let wanted = ModelError { median: Some(0.25), counted: 1, guessed: 0 };
        assert_eq!(replay.model_error(0), Some(wanted));
        replay.is_expected = false;
        replay.commits.truncate(1);
        let wanted = ModelError { median: None, counted: 0, guessed: 1 };
        assert_eq!(replay.model_error(0), Some(wanted));
    }

    #[test]
    fn variants_are_compared_by_the_commits_that_all_have_built() {
        let failed = || Some(Outcome::Failed("it ended with 1".to_owned()));
        let commit = |builds| Replayed {
            id: "a".to_owned(),
            short_id: "a".to_owned(),
            subject: String::new(),
            builds,
        };
        let replay = Replay {
            commits: vec![
                commit(vec![Some(built(4.0, &[false, false])), Some(built(5.0, &[false, false]))]),
                commit(vec![failed(), Some(built(2.0, &[true]))]),
                commit(vec![Some(built(1.0, &[true, false])), None]),
            ],
            ..Replay::default()
        };
        let first = Cost {
            built: 2,
            failed: 1,
            seconds: Seconds::new(5.0),
            shared: 1,
            shared_seconds: Seconds::new(4.0),
            reused: 1,
            ran: 3,
        };
        assert_eq!(replay.cost(0), first);
        let second = Cost {
            built: 2,
            failed: 0,
            seconds: Seconds::new(7.0),
            shared: 1,
            shared_seconds: Seconds::new(5.0),
            reused: 1,
            ran: 2,
        };
        assert_eq!(replay.cost(1), second);
        assert_eq!(replay.cost(2), Cost::default());
    }
}
