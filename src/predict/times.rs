//! How long steps and builds take, by what past ones took.

use std::collections::{BTreeSet, HashMap};

use super::knowledge::{Knowledge, PreviousStep};
use super::types::{StepForecast, Summary, Verdict};
use crate::Seconds;
use crate::plan::{Step, StepIndex, StepKind};

/// What a run counts less than the one after it.
const FADING: f64 = 0.7;

/// The probability from which on a step is taken to run.
const LIKELY: f64 = 0.5;

/// A step that ran in a past build.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Its name as the engine showed it.
    pub name: String,
    /// The instruction's text.
    pub instruction: String,
    /// How long it took, by the engine's own start and end.
    pub seconds: Seconds,
}

/// What a past build took beside its steps: asking, sending, exporting.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PastDuration {
    /// The steps that ran, FROM aside.
    ran: BTreeSet<String>,
    /// All of its time but that of the longest path through them.
    around: Seconds,
}

impl PastDuration {
    /// Of a build that took `total` and ran the steps of these `names`; `path` is what the longest
    /// path through them took.
    pub fn new<'a>(
        names: impl IntoIterator<Item = &'a str>,
        total: Seconds,
        path: Seconds,
    ) -> Self {
        let ran = names.into_iter().map(without_number).collect();
        Self { ran, around: total.saturating_sub(path) }
    }

    /// How alike two builds are by what they run: the share of steps that both do.
    fn likeness(&self, runs: &BTreeSet<String>) -> f64 {
        let both = self.ran.intersection(runs).count();
        let any = self.ran.union(runs).count();
        if any == 0 { 1.0 } else { both as f64 / any as f64 }
    }
}

/// What is remembered of how long the steps and builds of a project take.
#[derive(Debug, Clone, Default)]
pub struct PastTimes {
    by_name: HashMap<String, Seconds>,
    by_instruction: HashMap<String, Seconds>,
    builds: Vec<PastDuration>,
}

impl PastTimes {
    /// What these runs of steps, and these builds of one Dockerfile and target, tell; both newest
    /// first.
    pub fn new(runs: &[PastRun], builds: Vec<PastDuration>) -> Self {
        fn by_words(
            runs: &[PastRun],
            called: impl Fn(&PastRun) -> String,
        ) -> HashMap<String, Seconds> {
            let mut by: HashMap<String, Vec<Seconds>> = HashMap::new();
            for run in runs {
                by.entry(called(run)).or_default().push(run.seconds);
            }
            by.into_iter().filter_map(|(name, all)| Some((name, expected(&all)?))).collect()
        }
        Self {
            by_name: by_words(runs, |run| without_number(&run.name)),
            by_instruction: by_words(runs, |run| run.instruction.clone()),
            builds,
        }
    }

    /// What was learned elsewhere of a step: it counts where no run of its name or text does.
    pub fn learn(&mut self, run: PastRun) {
        if self.of_step(&run.name, &run.instruction).is_none() {
            self.by_name.insert(without_number(&run.name), run.seconds);
            self.by_instruction.insert(run.instruction, run.seconds);
        }
    }

    /// How long a step of this name takes, or else one of this text, whatever its key was.
    fn of_step(&self, name: &str, instruction: &str) -> Option<Seconds> {
        let by_name = self.by_name.get(&without_number(name));
        by_name.or_else(|| self.by_instruction.get(instruction)).copied()
    }

    /// What a build that runs these steps takes beside them, by the past builds that are most like
    /// it: what is exported depends on what ran. Where nothing runs and something always did, it is
    /// the least that a build took.
    fn around(&self, runs: &BTreeSet<String>) -> Seconds {
        let best = self.builds.iter().map(|build| build.likeness(runs)).fold(0.0, f64::max);
        let alike = |build: &&PastDuration| build.likeness(runs) >= best;
        let around: Vec<Seconds> = self.builds.iter().filter(alike).map(|it| it.around).collect();
        let least = || around.iter().copied().reduce(|a, b| if b < a { b } else { a });
        let expected = if best == 0.0 && runs.is_empty() { least() } else { expected(&around) };
        expected.unwrap_or_default()
    }
}

/// How long a step takes when it runs, and whether a run tells that.
///
/// What its own key took counts first; then what a step of the same name or text in this project
/// took, for an edit of its files gives a step another key and hardly another duration; then its
/// counterpart in the last build, whose text was another; a step never seen takes what such
/// commands usually take, where that was asked for, or the median of its kind.
pub(super) fn step_seconds(
    step: &Step,
    old: Option<&PreviousStep>,
    knowledge: &Knowledge,
) -> (Seconds, bool) {
    let times = &knowledge.times;
    let of_key = knowledge.known.get(&step.key).copied().flatten();
    let measured = of_key
        .or_else(|| times.of_step(&step.name, &step.instruction))
        .or_else(|| old.and_then(|old| times.of_step(&old.name, &old.instruction).or(old.seconds)));
    let guessed =
        || knowledge.usual.get(&step.key).or_else(|| knowledge.typical.get(&step.kind)).copied();
    (measured.or_else(guessed).unwrap_or_default(), measured.is_some())
}

/// What the verdicts of all steps add up to.
pub(super) fn summary(steps: &[StepForecast], times: &PastTimes) -> Summary {
    let mut summary = Summary::default();
    let is_counted = |step: &&StepForecast| step.step.kind != StepKind::From;
    for step in steps.iter().filter(is_counted) {
        match step.verdict {
            Verdict::Cached => summary.cached += 1,
            Verdict::Rebuild(_) => summary.rebuild += 1,
            Verdict::Depends { .. } => summary.depends += 1,
            Verdict::Unknown(_) => summary.unknown += 1,
        }
        let runs = step.verdict.share_that_runs() >= LIKELY;
        summary.untimed += usize::from(runs && !step.is_timed);
    }
    let seconds = |share: fn(&Verdict) -> f64| {
        let path = longest_path(steps.iter().map(|step| {
            let inputs = step.step.parent().into_iter().chain(step.step.stage_outputs());
            (inputs, Seconds::new(step.seconds.get() * share(&step.verdict)))
        }));
        let runs = steps.iter().filter(is_counted).filter(|step| share(&step.verdict) >= LIKELY);
        path + times.around(&runs.map(|step| without_number(&step.step.name)).collect())
    };
    summary.seconds = seconds(Verdict::share_that_runs);
    summary.seconds_full = seconds(|_| 1.0);
    summary.seconds_saved = summary.seconds_full.saturating_sub(summary.seconds);
    summary
}

/// The longest path through a graph of steps, each given by the steps before it that it needs and
/// by what it costs: branches run side by side, as `BuildKit` starts a step as soon as its inputs
/// are there.
pub fn longest_path<I: IntoIterator<Item = StepIndex>>(
    steps: impl IntoIterator<Item = (I, Seconds)>,
) -> Seconds {
    let mut ends: Vec<Seconds> = Vec::new();
    for (inputs, cost) in steps {
        let ready = inputs.into_iter().filter_map(|input| ends.get(input.0).copied());
        let ready = ready.fold(Seconds::ZERO, Seconds::max);
        ends.push(ready + cost);
    }
    ends.into_iter().fold(Seconds::ZERO, Seconds::max)
}

/// What durations, newest first, let expect: halfway between the newest and their median, in which
/// each weighs 0.7 of the one after it.
///
/// Neighbouring builds meet a machine that is alike busy, so the newest tells most; but of one slow
/// run only half is believed, and the next forgets it.
fn expected(newest_first: &[Seconds]) -> Option<Seconds> {
    let newest = newest_first.first()?;
    let weights = std::iter::successors(Some(1.0), |weight| Some(weight * FADING));
    let mut weighted: Vec<(Seconds, f64)> = newest_first.iter().copied().zip(weights).collect();
    let half = weighted.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    weighted.sort_by(|a, b| a.0.get().total_cmp(&b.0.get()));
    let mut below = 0.0;
    let reaches_half = |(_, weight): &&(Seconds, f64)| {
        below += weight;
        below >= half
    };
    let (median, _) = weighted.iter().find(reaches_half)?;
    Some(Seconds::new(f64::midpoint(newest.get(), median.get())))
}

/// A step's name without its number, which changes when a step is added before it: `[build 2/5]
/// RUN make` is `build RUN make`.
fn without_number(name: &str) -> String {
    let Some((place, text)) = name.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
        return name.to_owned();
    };
    let words: Vec<&str> = place.split_whitespace().collect();
    let stage = words.split_last().map(|(_, stage)| stage.join(" ")).unwrap_or_default();
    // Old engines pad the number: `[build  2/12]` has the same words.
    format!("{stage} {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, seconds: f64) -> PastRun {
        let instruction = name.split_once("] ").map_or(name, |(_, text)| text).to_owned();
        PastRun { name: name.to_owned(), instruction, seconds: Seconds::new(seconds) }
    }

    fn expect(newest_first: &[f64]) -> Option<f64> {
        let all: Vec<Seconds> = newest_first.iter().copied().map(Seconds::new).collect();
        expected(&all).map(Seconds::get)
    }

    #[test]
    fn one_slow_run_is_half_believed_and_then_forgotten() {
        assert_eq!(expect(&[]), None);
        assert_eq!(expect(&[2.0]), Some(2.0));
        assert_eq!(expect(&[8.0, 2.0, 2.0, 2.0]), Some(5.0));
        assert_eq!(expect(&[2.0, 8.0, 2.0, 2.0]), Some(2.0));
        assert_eq!(expect(&[8.0, 8.0, 2.0, 2.0, 2.0]), Some(8.0));
    }

    #[test]
    fn a_step_is_known_by_its_name_before_its_text_and_without_its_number() {
        let runs = [run("[build 2/5] COPY . .", 3.0), run("[2/4] COPY . .", 7.0)];
        let times = PastTimes::new(&runs, Vec::new());
        assert_eq!(times.of_step("[build  3/12] COPY . .", "COPY . ."), Some(Seconds::new(3.0)));
        assert_eq!(times.of_step("[3/5] COPY . .", "COPY . ."), Some(Seconds::new(7.0)));
        assert_eq!(times.of_step("[test 2/2] COPY . .", "COPY . ."), Some(Seconds::new(3.0)));
        assert_eq!(times.of_step("[2/2] COPY a .", "COPY a ."), None);
        let mut times = times;
        times.learn(run("[3/5] COPY . .", 9.0));
        times.learn(run("[2/2] COPY a .", 2.0));
        assert_eq!(times.of_step("[3/5] COPY . .", "COPY . ."), Some(Seconds::new(7.0)));
        assert_eq!(times.of_step("[4/4] COPY a .", "COPY a ."), Some(Seconds::new(2.0)));
    }

    #[test]
    fn branches_overlap() {
        let of = |inputs: &[usize], seconds| {
            (inputs.iter().copied().map(StepIndex).collect::<Vec<_>>(), Seconds::new(seconds))
        };
        let two_branches = [of(&[], 1.0), of(&[0], 5.0), of(&[], 2.0), of(&[2, 1], 3.0)];
        assert_eq!(longest_path(two_branches), Seconds::new(9.0));
        assert_eq!(longest_path(Vec::<(Vec<StepIndex>, Seconds)>::new()), Seconds::ZERO);
    }

    #[test]
    fn what_is_around_the_steps_is_that_of_the_builds_that_ran_the_same() {
        let build = |names: &[&str], around: f64| {
            let total = Seconds::new(10.0 + around);
            PastDuration::new(names.iter().copied(), total, Seconds::new(10.0))
        };
        let (copy, pip) = ("[2/3] COPY . .", "[3/3] RUN pip");
        let builds = vec![build(&[copy], 0.5), build(&[copy, pip], 2.0), build(&[copy, pip], 2.5)];
        let times = PastTimes::new(&[], builds);
        let around = |names: &[&str]| {
            let runs = names.iter().map(|name| without_number(name)).collect();
            format!("{:.1}", times.around(&runs).get())
        };
        assert_eq!(around(&[copy]), "0.5");
        assert_eq!(around(&[copy, pip]), "2.0");
        assert_eq!(around(&[]), "0.5", "the least of a build that ran something");
        assert_eq!(PastTimes::default().around(&BTreeSet::new()), Seconds::ZERO);
    }
}
