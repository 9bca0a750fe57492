//! What builds have cost, as people read it.

use jiff::Timestamp;

use super::clock::Clock;
use super::escape::text;
use super::forecast::push_wrapped;
use super::projects::ProjectNames;
use super::rows::{Column, rows};
use super::style::{Capabilities, Role};
use super::units;
use crate::Seconds;
use crate::history::{History, Loss, PastBuild, Total, Week};

/// How many of the costliest steps and files are told.
const COSTLIEST: usize = 5;

/// How many of the latest weeks are told.
const WEEKS: usize = 8;

/// Columns of the longest bar.
const BAR: usize = 20;

/// The least columns by which a step or a file is recognised.
const LEAST_NAME: usize = 16;

/// A history and how it is told.
#[derive(Debug, Clone)]
pub struct HistoryView<'a> {
    /// What builds have cost.
    pub history: &'a History,
    /// The one project, or all where there is none.
    pub project: Option<&'a str>,
    /// How many days back it reaches.
    pub days: u16,
    /// How many builds are listed.
    pub listed: usize,
    /// When it is told.
    pub clock: Clock,
}

/// The sum, the latest builds, what cost most, and how it went from week to week. Ends with a line
/// end.
pub fn history(view: &HistoryView<'_>, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    let whose = if view.project.is_some() { "this project" } else { "all projects" };
    let days = units::counted(view.days.into(), "day", "days");
    if view.history.builds.is_empty() {
        return format!("history   none: no build of {whose} is recorded within {days}\n");
    }
    let total = &view.history.total;
    let builds = units::counted(total.builds as u64, "build", "builds");
    let line = format!("{builds} of {whose} in {days}: {}", sum(total));
    push_wrapped(&mut out, "history ", &line, capabilities);
    push_wrapped(&mut out, "lost to ", &lost(view.history), capabilities);
    // A program may look for the whole path.
    let names = if capabilities.interactive {
        ProjectNames::shortest(view.history.builds.iter().map(|build| &*build.project))
    } else {
        ProjectNames::default()
    };
    push_builds(&mut out, view, &names, capabilities);
    let steps = view.history.steps.iter().take(COSTLIEST).map(|step| {
        let runs = format!("ran {} of {}", step.runs, step.runs + step.reused);
        (step.seconds, runs, named(view, names.of(&step.project), &step.instruction))
    });
    push_costs(&mut out, "steps that cost most", steps.collect(), capabilities);
    let files = view.history.files.iter().take(COSTLIEST).map(|file| {
        let builds = units::counted(file.builds as u64, "build", "builds");
        (file.seconds, builds, named(view, names.of(&file.project), &file.path))
    });
    push_costs(&mut out, "files that cost most", files.collect(), capabilities);
    if view.history.weeks.len() > 1 {
        push_weeks(&mut out, view, capabilities);
    }
    out
}

/// `12 min, 78 % of the steps reused, 1 failed`.
pub(super) fn sum(total: &Total) -> String {
    let mut sum = units::seconds(total.seconds);
    if let Some(rate) = total.counts.hit_rate() {
        push!(sum, ", {} of the steps reused", percent(rate));
    }
    if total.failed > 0 {
        push!(sum, ", {} failed", units::count(total.failed as u64));
    }
    sum
}

/// `files 9 min in 31 builds; instruction 2 min in 4`.
pub(super) fn lost(history: &History) -> String {
    let causes = history.causes.iter().map(|cause| {
        let builds = units::counted(cause.builds as u64, "build", "builds");
        format!("{} {} in {builds}", word(&cause.kind), units::seconds(cause.seconds))
    });
    let causes: Vec<String> = causes.collect();
    if causes.is_empty() { "nothing".to_owned() } else { causes.join("; ") }
}

fn push_builds(
    out: &mut String,
    view: &HistoryView<'_>,
    names: &ProjectNames<'_>,
    capabilities: &Capabilities,
) {
    push_heading(out, "latest builds", capabilities);
    let listed: Vec<&PastBuild> = view.history.builds.iter().take(view.listed).collect();
    push_rows(out, &columns(view, &listed, names), capabilities);
    let more = view.history.builds.len().saturating_sub(view.listed);
    if more > 0 {
        let more = format!("  … and {} more: --limit", units::count(more as u64));
        push!(out, "{}\n", capabilities.paint(Role::Quiet, &more));
    }
}

/// `  2026-11-26 17:03  f950c9e  4.1 s  3/5 reused  src/app.py`; of all projects with its project,
/// which matters more than how much was reused.
fn columns(view: &HistoryView<'_>, builds: &[&PastBuild], names: &ProjectNames<'_>) -> Vec<Column> {
    let cells = |of: &dyn Fn(&PastBuild) -> String| builds.iter().map(|build| of(build)).collect();
    let project = |build: &PastBuild| match view.project {
        Some(_) => String::new(),
        None => text(names.of(&build.project)).into_owned(),
    };
    vec![
        Column::left(0, cells(&|build| minute(view, build.started))),
        Column::left(5, cells(&|build| short_commit(build).unwrap_or("-").to_owned())),
        Column::right(1, cells(&|build| units::seconds(build.seconds))),
        Column::right(3, cells(&outcome)),
        Column::path(2, 8, cells(&project)),
        Column::text(4, 8, cells(&why)),
    ]
}

/// `3/5 reused`, or that it failed: then what was not reached is not counted.
fn outcome(build: &PastBuild) -> String {
    if !build.succeeded {
        return "failed".to_owned();
    }
    let all = build.counts.reused + build.counts.ran;
    format!("{}/{all} reused", build.counts.reused)
}

/// Why the build took so long.
fn why(build: &PastBuild) -> String {
    match &build.lost_to {
        _ if build.up_to_date => "nothing to build".to_owned(),
        Some(loss) => told(loss),
        None => String::new(),
    }
}

/// The beginning of the commit's id, by which git shows it.
pub(super) fn short_commit(build: &PastBuild) -> Option<&str> {
    build.commit.as_deref().and_then(|id| id.get(..7))
}

pub(super) fn told(loss: &Loss) -> String {
    match &loss.names[..] {
        [] => word(&loss.kind),
        [one] => text(one).into_owned(),
        [one, more @ ..] => format!("{} and {} more", text(one), more.len()),
    }
}

fn push_costs(
    out: &mut String,
    heading: &str,
    costs: Vec<(Seconds, String, String)>,
    capabilities: &Capabilities,
) {
    if costs.is_empty() {
        return;
    }
    push_heading(out, heading, capabilities);
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for (seconds, often, what) in costs {
        let [all_seconds, all_often, all_what] = &mut columns;
        all_seconds.push(units::seconds(seconds));
        all_often.push(often);
        all_what.push(what);
    }
    let [seconds, often, what] = columns;
    let columns =
        [Column::right(0, seconds), Column::left(2, often), Column::text(1, LEAST_NAME, what)];
    push_rows(out, &columns, capabilities);
}

fn push_weeks(out: &mut String, view: &HistoryView<'_>, capabilities: &Capabilities) {
    push_heading(out, "seconds per build, by week", capabilities);
    let weeks = &view.history.weeks;
    let shown = &weeks[weeks.len().saturating_sub(WEEKS)..];
    let longest =
        shown.iter().filter_map(Week::seconds_per_build).fold(Seconds::ZERO, Seconds::max);
    let cells = |of: &dyn Fn(&Week) -> String| shown.iter().map(of).collect::<Vec<String>>();
    let mean =
        |week: &Week| week.seconds_per_build().map_or_else(|| "-".to_owned(), units::seconds);
    let builds = |week: &Week| match week.builds {
        0 => String::new(),
        count => units::counted(count as u64, "build", "builds"),
    };
    let rate = |week: &Week| {
        let rate = week.counts.hit_rate().map(|rate| format!("{} reused", percent(rate)));
        rate.unwrap_or_default()
    };
    let columns = [
        Column::left(0, cells(&|week| day(view, week.from))),
        Column::right(1, cells(&mean)),
        Column::left(4, cells(&|week| bar(week, longest))),
        Column::left(3, cells(&builds)),
        Column::right(2, cells(&rate)),
    ];
    push_rows(out, &columns, capabilities);
}

/// As long as the week's builds took on average, the longest of all [`BAR`] columns.
fn bar(week: &Week, longest: Seconds) -> String {
    let mean = week.seconds_per_build().unwrap_or_default();
    let share = if longest == Seconds::ZERO { 0.0 } else { mean.get() / longest.get() };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of twenty columns"
    )]
    let length = (share * BAR as f64).round() as usize;
    "#".repeat(length)
}

/// Whole where nobody looks at them in a window: they may be searched and cut up by programs.
fn push_rows(out: &mut String, columns: &[Column], capabilities: &Capabilities) {
    let width = if capabilities.interactive { capabilities.width } else { usize::MAX };
    for row in rows(columns, width) {
        push!(out, "{row}\n");
    }
}

/// What is told, with its project in front where that is not clear.
pub(super) fn named(view: &HistoryView<'_>, project: &str, what: &str) -> String {
    let line = what.lines().next().unwrap_or_default();
    match view.project {
        Some(_) => text(line).into_owned(),
        None => format!("{}: {}", text(project), text(line)),
    }
}

/// The word for a cause as people read it.
pub(super) fn word(kind: &str) -> String {
    text(kind).replace('_', " ")
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

pub(super) fn minute(view: &HistoryView<'_>, time: std::time::SystemTime) -> String {
    written(view, time, "%Y-%m-%d %H:%M")
}

pub(super) fn day(view: &HistoryView<'_>, time: std::time::SystemTime) -> String {
    written(view, time, "%Y-%m-%d")
}

fn written(view: &HistoryView<'_>, time: std::time::SystemTime, format: &str) -> String {
    let at = Timestamp::try_from(time).unwrap_or_default().to_zoned(view.clock.zone.clone());
    at.strftime(format).to_string()
}

fn push_heading(out: &mut String, heading: &str, capabilities: &Capabilities) {
    push!(out, "\n{}\n", capabilities.paint(Role::Title, heading));
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use jiff::tz::TimeZone;

    use super::*;
    use crate::history::history as add_up;
    use crate::report::escape::columns;
    use crate::store::{KeptBuild, KeptStep, Outcome};

    const NOW: u64 = 1_764_144_000;

    pub(in crate::report) fn at(days_ago: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW - days_ago * 24 * 60 * 60)
    }

    fn step(instruction: &str, outcome: Outcome, seconds: f64, cause: &str) -> KeptStep {
        KeptStep {
            name: instruction.to_owned(),
            instruction: instruction.to_owned(),
            kind: "RUN".to_owned(),
            outcome,
            seconds: (outcome == Outcome::Ran).then(|| Seconds::new(seconds)),
            span: None,
            needs: Vec::new(),
            cause: (!cause.is_empty()).then(|| cause.to_owned()),
        }
    }

    fn build(days_ago: u64, names: &[&str]) -> KeptBuild {
        let cause = serde_json::json!({"kind": "files", "step": 0, "names": names}).to_string();
        let outcome = if names.is_empty() { Outcome::Cached } else { Outcome::Ran };
        let parent = r#"{"kind": "parent", "step": 0}"#;
        KeptBuild {
            engine: "e".to_owned(),
            project: "/home/ann/shop".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            target: None,
            started: at(days_ago),
            seconds: Seconds::new(if names.is_empty() { 0.4 } else { 40.5 }),
            succeeded: true,
            up_to_date: false,
            commit: Some("f950c9e0123456789".to_owned()),
            steps: vec![
                step("COPY . .", outcome, 0.4, &cause),
                step("RUN pip install -r requirements.txt", outcome, 39.0, parent),
            ],
        }
    }

    pub(in crate::report) fn builds() -> Vec<KeptBuild> {
        let failed = KeptBuild { succeeded: false, commit: None, ..build(0, &["app.py"]) };
        let twice = build(9, &["a\u{1b}[31m.py", "b.py"]);
        vec![failed, build(1, &["src/app.py"]), build(2, &[]), twice, build(25, &["src/app.py"])]
    }

    fn told(builds: &[KeptBuild], project: Option<&str>, width: usize) -> String {
        let clock = Clock { now: at(0), zone: TimeZone::UTC };
        let history = add_up(builds);
        let view = HistoryView { history: &history, project, days: 30, listed: 4, clock };
        history_text(&view, width)
    }

    fn history_text(view: &HistoryView<'_>, width: usize) -> String {
        history(view, &Capabilities { width, interactive: true, ..Capabilities::PLAIN })
    }

    /// Of four projects of one name, each of another customer.
    fn of_projects() -> Vec<KeptBuild> {
        let names = ["ann", "bob", "eve", "joe"];
        let project = |name: &str| format!("/home/worker/checkouts/customers/{name}/services/shop");
        let of = |(build, name)| KeptBuild { project: project(name), ..build };
        builds().into_iter().zip(names).map(of).collect()
    }

    #[test]
    fn what_builds_have_cost_is_told() {
        insta::assert_snapshot!(told(&builds(), Some("/home/ann/shop"), 80));
    }

    #[test]
    fn of_all_projects_each_build_tells_its_own() {
        insta::assert_snapshot!(told(&of_projects(), None, 80));
    }

    #[test]
    fn a_narrow_terminal_has_what_matters_most() {
        insta::assert_snapshot!(told(&builds(), Some("/home/ann/shop"), 40));
    }

    #[test]
    fn a_build_that_was_not_needed_is_told_as_such() {
        let kept = KeptBuild { up_to_date: true, ..build(2, &[]) };
        let told = told(&[kept], Some("/home/ann/shop"), 80);
        assert!(told.contains("0.4 s  2/2 reused  nothing to build\n"), "{told}");
    }

    #[test]
    fn without_a_terminal_no_row_is_cut() {
        let clock = Clock { now: at(0), zone: TimeZone::UTC };
        let long = format!("RUN make {}", "very ".repeat(40));
        let mut kept = of_projects();
        for build in &mut kept {
            build.steps[1].instruction.clone_from(&long);
        }
        let history = add_up(&kept);
        let view = HistoryView { history: &history, project: None, days: 30, listed: 4, clock };
        let told = super::history(&view, &Capabilities::PLAIN);
        assert!(!told.contains('…'), "{told}");
        assert!(told.contains(&format!("{}: {}", kept[0].project, long.trim_end())), "{told}");
        for build in &kept {
            assert!(told.contains(&format!("  {}", build.project)), "{told}");
        }
    }

    #[test]
    fn it_fits_and_does_nothing_to_the_terminal() {
        for width in [40, 80, 120] {
            for project in [None, Some("/home/ann/shop")] {
                let told = told(&builds(), project, width);
                assert!(told.lines().all(|line| columns(line) <= width), "{told}");
                assert!(!told.contains('\u{1b}'), "{told}");
            }
        }
    }

    #[test]
    fn where_nothing_is_recorded_it_says_so() {
        let all = told(&[], None, 80);
        assert_eq!(all, "history   none: no build of all projects is recorded within 30 days\n");
    }
}
