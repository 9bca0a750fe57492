//! What past builds tell of a step: when it was reused, when it ran, and how often what makes it
//! run now has made it run before.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::types::{CauseKind, Verdict};
use crate::Seconds;
use crate::plan::{Step, StepIndex};

/// How many past builds are counted.
pub const COUNTED_BUILDS: usize = 20;

/// How many names of one cause are kept.
const KEPT_NAMES: usize = 20;

/// A cause as it is kept with a build: what it was, and no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCause {
    /// The word for its kind: `files`, `argument`, …
    pub kind: String,
    /// The step where the reason lies, in the build's own order.
    pub step: StepIndex,
    /// The files that differed, or the name of what did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Whether the verdict was `depends`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_open: bool,
}

impl PastCause {
    /// What is kept of why a step is not reused, if it is not.
    pub fn of(verdict: &Verdict) -> Option<Self> {
        let cause = verdict.cause()?;
        let mut names = cause.kind.names();
        names.truncate(KEPT_NAMES);
        let names = names.into_iter().map(str::to_owned).collect();
        let is_open = matches!(verdict, Verdict::Depends { .. });
        Some(Self { kind: cause.kind.word().to_owned(), step: cause.step, names, is_open })
    }
}

impl CauseKind {
    /// The word for it, as it is in the JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Files { .. } => "files",
            Self::Instruction { .. } => "instruction",
            Self::StoodOn { .. } => "stood_on",
            Self::Argument { .. } => "argument",
            Self::Environment { .. } => "environment",
            Self::BaseImage { .. } => "base_image",
            Self::Option { .. } => "option",
            Self::Parent => "parent",
            Self::StageOutput => "stage_output",
            Self::Evicted => "evicted",
            Self::NoRecord | Self::Unreadable | Self::Shared | Self::Fetched | Self::Doubted => {
                "no_record"
            }
            Self::NoCache | Self::ContextBase { .. } => "no_cache",
        }
    }

    /// What differs, by name; none where there is nothing to name.
    fn names(&self) -> Vec<&str> {
        match self {
            Self::Files { files, .. } => files.iter().map(|file| &*file.path).collect(),
            Self::Argument { name, .. }
            | Self::Environment { name, .. }
            | Self::Option { name, .. }
            | Self::ContextBase { name } => vec![name],
            Self::BaseImage { reference, .. } => vec![reference],
            _ => Vec::new(),
        }
    }
}

/// A step of a past build.
#[derive(Debug, Clone, PartialEq)]
pub struct PastStep {
    /// Its name.
    pub name: String,
    /// The instruction's text.
    pub instruction: String,
    /// What became of it.
    pub fate: Fate,
    /// Why it was not reused, as far as that was kept.
    pub cause: Option<PastCause>,
}

/// What became of a step of a past build.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// It was reused.
    Reused,
    /// It ran to its end, for so long where that is known.
    Ran(Option<Seconds>),
    /// It failed, or the build ended before it.
    Neither,
}

/// A past build with its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct PastBuild {
    /// When it began.
    pub started: SystemTime,
    /// Its steps in the plan's order.
    pub steps: Vec<PastStep>,
}

/// What past builds tell of a step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepHistory {
    /// When a build last reused it.
    pub last_reused: Option<SystemTime>,
    /// When a build last ran it to its end, and for how long.
    pub last_ran: Option<(SystemTime, Option<Seconds>)>,
}

/// How often a cause has made a step run.
#[derive(Debug, Clone, PartialEq)]
pub struct Strikes {
    /// The word for the cause's kind.
    pub kind: &'static str,
    /// The file, the argument, … that was in most of them; `None` where there is nothing to name.
    pub name: Option<String>,
    /// In how many builds.
    pub builds: usize,
    /// Of how many that had the step.
    pub of: usize,
    /// What the step took in them.
    pub seconds: Seconds,
}

/// When past builds, newest first, last reused and last ran a step.
pub fn history(step: &Step, builds: &[PastBuild]) -> StepHistory {
    let mut history = StepHistory::default();
    for build in builds {
        match counterpart(step, build).map(|(_, past)| past.fate) {
            Some(Fate::Reused) if history.last_reused.is_none() => {
                history.last_reused = Some(build.started);
            }
            Some(Fate::Ran(seconds)) if history.last_ran.is_none() => {
                history.last_ran = Some((build.started, seconds));
            }
            _ => {}
        }
    }
    history
}

/// How often the reason at the root of a step's verdict has made it run in the newest of these
/// builds; of several files that which did so most often. `None` where no past build had the step,
/// and of a reason that says nothing.
pub fn strikes(step: &Step, root: &CauseKind, builds: &[PastBuild]) -> Option<Strikes> {
    if matches!(root.word(), "no_record" | "parent" | "stage_output") {
        return None;
    }
    // A build that did not come to the step says nothing, nor does one whose causes were not kept.
    let tells = |(build, (index, past)): &(&PastBuild, (usize, &PastStep))| match past.fate {
        Fate::Reused => true,
        Fate::Ran(_) => root_of(build, *index).is_some(),
        Fate::Neither => false,
    };
    let newest = builds.iter().take(COUNTED_BUILDS);
    let with_step = newest.filter_map(|it| Some((it, counterpart(step, it)?))).filter(tells);
    let with_step: Vec<_> = with_step.collect();
    let count = |name: Option<&str>| {
        let struck = with_step.iter().filter_map(|(build, (index, past))| {
            let Fate::Ran(seconds) = past.fate else { return None };
            let cause = root_of(build, *index)?;
            let is_named = |name: &str| cause.names.iter().any(|other| other == name);
            (cause.kind == root.word() && name.is_none_or(is_named))
                .then(|| seconds.unwrap_or_default())
        });
        let seconds: Vec<Seconds> = struck.collect();
        Strikes {
            kind: root.word(),
            name: name.map(str::to_owned),
            builds: seconds.len(),
            of: with_step.len(),
            seconds: seconds.into_iter().sum(),
        }
    };
    if with_step.is_empty() {
        return None;
    }
    let names = root.names();
    if names.is_empty() {
        return Some(count(None));
    }
    // The first of equals: names come sorted.
    let counted = names.into_iter().map(|name| count(Some(name)));
    counted.reduce(|most, next| if next.builds > most.builds { next } else { most })
}

/// The step of a past build that this one was: the same name, else the same text.
pub(super) fn counterpart<'a>(step: &Step, build: &'a PastBuild) -> Option<(usize, &'a PastStep)> {
    let find =
        |is: &dyn Fn(&PastStep) -> bool| build.steps.iter().enumerate().find(|(_, past)| is(past));
    find(&|past| past.name == step.name)
        .or_else(|| find(&|past| past.instruction == step.instruction))
}

/// The cause where the reason for a past step lies.
fn root_of(build: &PastBuild, index: usize) -> Option<&PastCause> {
    let mut at = index;
    loop {
        let cause = build.steps.get(at)?.cause.as_ref()?;
        // Steps stand after what they need, so this ends.
        if cause.step.0 >= at {
            return Some(cause);
        }
        at = cause.step.0;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Digest;
    use crate::plan::{ContentKeys, StepKey, StepKind};
    use crate::predict::{Cause, ChangeKind, FileChange, Probability};

    fn step(name: &str) -> Step {
        Step {
            told: None,
            name: name.to_owned(),
            stage: String::new(),
            line: 1,
            last_line: 1,
            instruction: name.split_once("] ").map_or(name, |(_, text)| text).to_owned(),
            kind: StepKind::Run,
            key: StepKey(Digest::of(b"")),
            bare_key: StepKey(Digest::of(b"")),
            layers_key: StepKey(Digest::of(b"")),
            content_keys: ContentKeys::default(),
            inputs: Vec::new(),
            uncertain: false,
            written_contexts: Vec::new(),
            no_cache: false,
            is_doubted: false,
        }
    }

    fn past(name: &str, fate: Fate, cause: Option<(&str, usize, &[&str])>) -> PastStep {
        let cause = cause.map(|(kind, step, names)| PastCause {
            kind: kind.to_owned(),
            step: StepIndex(step),
            names: names.iter().copied().map(str::to_owned).collect(),
            is_open: false,
        });
        let Step { name, instruction, .. } = step(name);
        PastStep { name, instruction, fate, cause }
    }

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    /// A build in which these files made `COPY` run, and `RUN` after it.
    fn edited(started: u64, names: &[&str], seconds: f64) -> PastBuild {
        let ran = |seconds| Fate::Ran(Some(Seconds::new(seconds)));
        let steps = vec![
            past("[2/3] COPY . .", ran(0.1), Some(("files", 0, names))),
            past("[3/3] RUN make", ran(seconds), Some(("parent", 0, &[]))),
        ];
        PastBuild { started: at(started), steps }
    }

    fn reused(started: u64) -> PastBuild {
        let steps = ["[2/3] COPY . .", "[3/3] RUN make"].map(|name| past(name, Fate::Reused, None));
        PastBuild { started: at(started), steps: steps.into() }
    }

    fn of_before_causes_were_kept(started: u64) -> PastBuild {
        let mut build = edited(started, &["b"], 1.0);
        build.steps.iter_mut().for_each(|step| step.cause = None);
        build
    }

    fn files(names: &[&str]) -> CauseKind {
        let file =
            |name: &&str| FileChange { path: (*name).to_owned(), change: ChangeKind::Modified };
        CauseKind::Files { files: names.iter().map(file).collect(), more: 0 }
    }

    #[test]
    fn the_file_that_struck_most_often_is_counted_through_the_steps_between() {
        let builds = [
            edited(9, &["a", "b"], 3.0),
            reused(8),
            edited(7, &["b"], 4.0),
            edited(6, &["c"], 5.0),
            PastBuild { started: at(5), steps: Vec::new() },
            of_before_causes_were_kept(4),
            PastBuild { started: at(3), steps: vec![past("[3/3] RUN make", Fate::Neither, None)] },
        ];
        let struck = strikes(&step("[3/3] RUN make"), &files(&["a", "b"]), &builds);
        let expected = Strikes {
            kind: "files",
            name: Some("b".into()),
            builds: 2,
            of: 4,
            seconds: Seconds::new(7.0),
        };
        assert_eq!(struck, Some(expected));
        let never = strikes(&step("[3/3] RUN make"), &files(&["d"]), &builds).unwrap();
        assert_eq!((never.builds, never.of), (0, 4));
        assert_eq!(strikes(&step("[3/3] RUN other"), &files(&["a"]), &builds), None);
        assert_eq!(strikes(&step("[3/3] RUN make"), &CauseKind::NoRecord, &builds), None);
    }

    #[test]
    fn only_the_same_kind_and_name_of_cause_count() {
        let of = |kind, name: &str| {
            let fate = Fate::Ran(None);
            PastBuild {
                started: at(1),
                steps: vec![past("[2/2] RUN a", fate, Some((kind, 0, &[name])))],
            }
        };
        let builds = [of("argument", "A"), of("argument", "B"), of("environment", "A")];
        let cause = CauseKind::Argument { name: "A".into(), before: None, after: None, more: 0 };
        assert_eq!(strikes(&step("[2/2] RUN a"), &cause, &builds).unwrap().builds, 1);
    }

    #[test]
    fn only_so_many_builds_are_counted() {
        let builds = vec![edited(1, &["a"], 1.0); 50];
        let struck = strikes(&step("[3/3] RUN make"), &files(&["a"]), &builds).unwrap();
        assert_eq!((struck.builds, struck.of), (COUNTED_BUILDS, COUNTED_BUILDS));
    }

    #[test]
    fn a_step_is_found_by_its_text_when_its_number_changed() {
        let builds = [edited(9, &["a"], 3.0), reused(8), reused(7)];
        let told = history(&step("[7/9] RUN make"), &builds);
        assert_eq!(told.last_reused, Some(at(8)));
        assert_eq!(told.last_ran, Some((at(9), Some(Seconds::new(3.0)))));
        assert_eq!(history(&step("[7/9] RUN other"), &builds), StepHistory::default());
    }

    #[test]
    fn no_value_is_kept_of_a_cause() {
        let value = Some("hunter2".to_owned());
        let kind = CauseKind::Argument {
            name: "WHO".into(),
            before: value.clone(),
            after: value,
            more: 0,
        };
        let cause = Cause { step: StepIndex(3), kind };
        let verdict = Verdict::Rebuild(cause.clone());
        let kept = PastCause::of(&verdict).unwrap();
        let json = serde_json::to_string(&kept).unwrap();
        assert_eq!(json, r#"{"kind":"argument","step":3,"names":["WHO"]}"#);
        assert_eq!(serde_json::from_str::<PastCause>(&json).unwrap(), kept);
        let open = Verdict::Depends { cause, probability: Probability::new(0.5) };
        assert!(PastCause::of(&open).unwrap().is_open && !kept.is_open);
        assert_eq!(PastCause::of(&Verdict::Cached), None);
    }
}
