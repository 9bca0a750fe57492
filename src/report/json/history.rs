//! `smartbuild/history/v1`.

use serde::Serialize;

use crate::Seconds;
use crate::history::{Counts, Loss};
use crate::report::clock::timestamp;
use crate::report::history::HistoryView;

/// `smartbuild/history/v1`: all builds, newest first, and all that they add up to.
pub fn history<'a>(view: &HistoryView<'a>) -> impl Serialize + use<'a> {
    let told = view.history;
    let builds = told.builds.iter().map(|build| Build {
        project: &build.project,
        dockerfile: &build.dockerfile,
        target: build.target.as_deref(),
        started: timestamp(build.started),
        commit: build.commit.as_deref(),
        seconds: build.seconds,
        succeeded: build.succeeded,
        shortcut: build.up_to_date,
        steps: Steps::of(build.counts),
        lost_to: build.lost_to.as_ref().map(LostTo::of),
    });
    let causes = told.causes.iter().map(|cause| Cause {
        kind: &cause.kind,
        builds: cause.builds,
        steps: cause.steps,
        seconds: cause.seconds,
    });
    let steps = told.steps.iter().map(|step| Step {
        project: &step.project,
        dockerfile: &step.dockerfile,
        instruction: &step.instruction,
        ran: step.runs,
        reused: step.reused,
        seconds: step.seconds,
    });
    let files = told.files.iter().map(|file| File {
        project: &file.project,
        path: &file.path,
        builds: file.builds,
        seconds: file.seconds,
    });
    let weeks = told.weeks.iter().map(|week| Week {
        from: timestamp(week.from),
        builds: week.builds,
        seconds: week.seconds,
        steps: Steps::of(week.counts),
    });
    Report {
        schema: "smartbuild/history/v1",
        project: view.project,
        days: view.days,
        summary: Summary {
            builds: told.total.builds,
            failed: told.total.failed,
            seconds: told.total.seconds,
            steps: Steps::of(told.total.counts),
        },
        builds: builds.collect(),
        causes: causes.collect(),
        steps: steps.collect(),
        files: files.collect(),
        weeks: weeks.collect(),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    project: Option<&'a str>,
    days: u16,
    summary: Summary,
    builds: Vec<Build<'a>>,
    causes: Vec<Cause<'a>>,
    steps: Vec<Step<'a>>,
    files: Vec<File<'a>>,
    weeks: Vec<Week>,
}

#[derive(Serialize)]
struct Summary {
    builds: usize,
    failed: usize,
    seconds: Seconds,
    steps: Steps,
}

#[derive(Serialize)]
struct Steps {
    reused: usize,
    ran: usize,
    hit_rate: Option<f64>,
}

impl Steps {
    fn of(counts: Counts) -> Self {
        Self { reused: counts.reused, ran: counts.ran, hit_rate: counts.hit_rate() }
    }
}

#[derive(Serialize)]
struct Build<'a> {
    project: &'a str,
    dockerfile: &'a str,
    target: Option<&'a str>,
    started: String,
    commit: Option<&'a str>,
    seconds: Seconds,
    succeeded: bool,
    shortcut: bool,
    steps: Steps,
    lost_to: Option<LostTo<'a>>,
}

#[derive(Serialize)]
struct LostTo<'a> {
    kind: &'a str,
    names: &'a [String],
    steps: usize,
    seconds: Seconds,
}

impl<'a> LostTo<'a> {
    fn of(loss: &'a Loss) -> Self {
        Self { kind: &loss.kind, names: &loss.names, steps: loss.steps, seconds: loss.seconds }
    }
}

#[derive(Serialize)]
struct Cause<'a> {
    kind: &'a str,
    builds: usize,
    steps: usize,
    seconds: Seconds,
}

#[derive(Serialize)]
struct Step<'a> {
    project: &'a str,
    dockerfile: &'a str,
    instruction: &'a str,
    ran: usize,
    reused: usize,
    seconds: Seconds,
}

#[derive(Serialize)]
struct File<'a> {
    project: &'a str,
    path: &'a str,
    builds: usize,
    seconds: Seconds,
}

#[derive(Serialize)]
struct Week {
    from: String,
    builds: usize,
    seconds: Seconds,
    steps: Steps,
}
