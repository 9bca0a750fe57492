//! What builds have cost, as people read it.

use jiff::Timestamp;

use super::clock::Clock;
use super::escape::{fit, text};
use super::forecast::push_wrapped;
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
    push_builds(&mut out, view, capabilities);
    let steps = view.history.steps.iter().take(COSTLIEST).map(|step| {
        let runs = format!("ran {} of {}", step.runs, step.runs + step.reused);
        (step.seconds, runs, named(view, &step.project, &step.instruction))
    });
    push_costs(&mut out, "steps that cost most", steps.collect(), capabilities);
    let files = view.history.files.iter().take(COSTLIEST).map(|file| {
        let builds = units::counted(file.builds as u64, "build", "builds");
        (file.seconds, builds, named(view, &file.project, &file.path))
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

fn push_builds(out: &mut String, view: &HistoryView<'_>, capabilities: &Capabilities) {
    push_heading(out, "latest builds", capabilities);
    for build in view.history.builds.iter().take(view.listed) {
        push!(out, "{}\n", fit(&line(view, build), capabilities.width));
    }
    let more = view.history.builds.len().saturating_sub(view.listed);
    if more > 0 {
        let more = format!("  … and {} more: --limit", units::count(more as u64));
        push!(out, "{}\n", capabilities.paint(Role::Quiet, &more));
    }
}

/// `  2026-11-26 17:03  f950c9e    4.1 s   3/5  src/app.py`.
fn line(view: &HistoryView<'_>, build: &PastBuild) -> String {
    let commit = short_commit(build).unwrap_or("-");
    let seconds = units::seconds(build.seconds);
    let all = build.counts.reused + build.counts.ran;
    let reused = format!("{}/{all}", build.counts.reused);
    let mut line =
        format!("  {}  {commit:7}  {seconds:>11}  {reused:>5} reused", minute(view, build.started));
    match (&build.lost_to, build.succeeded) {
        (_, false) => line.push_str("  failed"),
        (Some(loss), true) => push!(line, "  {}", told(loss)),
        (None, true) => {}
    }
    if view.project.is_none() {
        push!(line, "  in {}", text(&build.project));
    }
    line
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
    for (seconds, often, what) in costs {
        let line = format!("  {:>11}  {often:<13}  {what}", units::seconds(seconds));
        push!(out, "{}\n", fit(&line, capabilities.width));
    }
}

fn push_weeks(out: &mut String, view: &HistoryView<'_>, capabilities: &Capabilities) {
    push_heading(out, "seconds per build, by week", capabilities);
    let weeks = &view.history.weeks;
    let shown = &weeks[weeks.len().saturating_sub(WEEKS)..];
    let longest =
        shown.iter().filter_map(Week::seconds_per_build).fold(Seconds::ZERO, Seconds::max);
    for week in shown {
        let from = day(view, week.from);
        let Some(mean) = week.seconds_per_build() else {
            push!(out, "  {from}  {:>11}\n", "-");
            continue;
        };
        let share = if longest == Seconds::ZERO { 0.0 } else { mean.get() / longest.get() };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of twenty columns"
        )]
        let bar = "#".repeat((share * BAR as f64).round() as usize);
        let builds = units::counted(week.builds as u64, "build", "builds");
        let rate = week.counts.hit_rate().map_or_else(|| "-".to_owned(), percent);
        let line =
            format!("  {from}  {:>11}  {bar:<BAR$}  {builds}, {rate} reused", units::seconds(mean));
        push!(out, "{}\n", fit(&line, capabilities.width));
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
        history(view, &Capabilities { width, ..Capabilities::PLAIN })
    }

    #[test]
    fn what_builds_have_cost_is_told() {
        insta::assert_snapshot!(told(&builds(), Some("/home/ann/shop"), 80));
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
