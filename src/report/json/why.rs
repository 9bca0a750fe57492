//! `smartbuild/why/v1`.

use serde::Serialize;

use super::{Step, Subject};
use crate::Seconds;
use crate::context::git::Commit;
use crate::report::cause;
use crate::report::clock::{Clock, timestamp};
use crate::report::why::WhyView;

/// `smartbuild/why/v1`: `chain` holds the steps from the one asked about down to the one where
/// the reason lies, each as in `predict` with its lines of the Dockerfile; `files` what is known
/// of the files that are the reason. Values that look like secrets are `null`.
pub fn why<'a>(subject: &Subject<'a>, view: &'a WhyView<'a>) -> impl Serialize + use<'a> {
    let clock = &view.clock;
    let chain = cause::chain(view.forecast, view.step).into_iter();
    let link = |index| {
        let step = Step::of(view.forecast, index)?;
        let excerpt = excerpt(view.source, step.line, step.last_line);
        Some(Link { step, excerpt })
    };
    let history = &view.history;
    let files = view.files.iter().map(|(path, story)| File {
        path,
        committed: story.is_committed,
        commit: story.last_commit.as_ref().map(|commit| InCommit::of(commit, clock)),
        left_out: story.left_out.as_deref(),
    });
    Why {
        schema: "smartbuild/why/v1",
        dockerfile: subject.dockerfile,
        target: subject.target,
        chain: chain.filter_map(link).collect(),
        last_reused: history.last_reused.map(|time| Moment::of(time, clock)),
        last_ran: history
            .last_ran
            .map(|(time, seconds)| Ran { moment: Moment::of(time, clock), seconds }),
        strikes: view.strikes.as_ref().map(|strikes| Strikes {
            kind: strikes.kind,
            name: strikes.name.as_deref(),
            builds: strikes.builds,
            of: strikes.of,
            seconds: strikes.seconds,
        }),
        files: files.collect(),
    }
}

fn excerpt(source: &str, first: u32, last: u32) -> Vec<Line<'_>> {
    let lines = (1u32..).zip(source.lines());
    let within = lines.filter(|(number, _)| (first..=last).contains(number));
    within.map(|(line, text)| Line { line, text }).collect()
}

#[derive(Serialize)]
struct Why<'a> {
    schema: &'static str,
    dockerfile: &'a str,
    target: Option<&'a str>,
    chain: Vec<Link<'a>>,
    /// When a build last reused the step.
    last_reused: Option<Moment>,
    /// When a build last ran it to its end.
    last_ran: Option<Ran>,
    /// How often the same reason has made it run.
    strikes: Option<Strikes<'a>>,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct Link<'a> {
    #[serde(flatten)]
    step: Step<'a>,
    excerpt: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    line: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct Moment {
    at: String,
    seconds_ago: Seconds,
}

impl Moment {
    fn of(time: std::time::SystemTime, clock: &Clock) -> Self {
        Self { at: timestamp(time), seconds_ago: clock.since(time) }
    }
}

#[derive(Serialize)]
struct Ran {
    #[serde(flatten)]
    moment: Moment,
    seconds: Option<Seconds>,
}

#[derive(Serialize)]
struct Strikes<'a> {
    kind: &'static str,
    name: Option<&'a str>,
    /// In how many builds.
    builds: usize,
    /// Of how many that had the step.
    of: usize,
    /// What the step took in them.
    seconds: Seconds,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    /// Whether what is on disk is what `HEAD` has; `null` where nobody knows.
    committed: Option<bool>,
    /// The commit that changed it last.
    commit: Option<InCommit<'a>>,
    /// The rule that leaves it out of the context.
    left_out: Option<&'a str>,
}

#[derive(Serialize)]
struct InCommit<'a> {
    id: &'a str,
    subject: &'a str,
    #[serde(flatten)]
    moment: Moment,
}

impl<'a> InCommit<'a> {
    fn of(commit: &'a Commit, clock: &Clock) -> Self {
        Self { id: &commit.id, subject: &commit.subject, moment: Moment::of(commit.time, clock) }
    }
}
