//! What builds have cost, as a page.

use maud::Markup;

use super::bars::{Bar, bars};
use super::chart::Caption;
use super::columns::{Column, columns};
use super::document;
use super::points::{Group, Point, points};
use super::timeline::chosen::{TimedBuild, Timelines};
use super::timeline::measured::TimedStep;
use super::{Fate, Table};
use crate::Seconds;
use crate::history::{PastBuild, PastStep};
use crate::report::escape::text;
use crate::report::history::{
    HistoryView, day, lost, minute, named, percent, short_commit, sum, told, word,
};
use crate::report::units;
use crate::store::Outcome;

/// A page with more columns cannot be read, and grows slow.
const BUILDS: usize = 500;

/// How many of the costliest steps and files are drawn.
const COSTLIEST: usize = 15;

/// The page of a history.
pub fn history(view: &HistoryView<'_>) -> String {
    let history = view.history;
    let whose = view.project.unwrap_or("all projects");
    let title = format!("What builds of {whose} have cost");
    let days = units::counted(view.days.into(), "day", "days");
    if history.builds.is_empty() {
        return document(&title, &[format!("No build is recorded within {days}.")], &[]);
    }
    let builds = units::counted(history.total.builds as u64, "build", "builds");
    let lead = [
        format!("{builds} in {days}: {}.", sum(&history.total)),
        format!("Lost to {}.", lost(history)),
    ];
    let shown = history.builds.iter().take(BUILDS).enumerate();
    // Where nothing was built there is nothing to draw.
    let built = shown.filter(|(_, build)| !build.up_to_date);
    let timelines = Timelines::of(built.map(|(at, build)| timed(view, at, build)));
    let parts = [
        builds_part(view, &timelines),
        timelines.markup("Timelines, the latest build first", untold),
        weeks(view),
        causes(view),
        steps(view),
        files(view),
    ];
    document(&title, &lead, &parts.into_iter().flatten().collect::<Vec<_>>())
}

/// Why builds have no timeline.
fn untold(count: u64) -> String {
    let builds = units::counted(count, "build has", "builds have");
    format!("{builds} no timeline: recorded before it was kept when steps begin and end.")
}

/// The name of the timeline of the build at this place.
fn id(at: usize) -> String {
    format!("build-{at}")
}

fn timed(view: &HistoryView<'_>, at: usize, build: &PastBuild) -> TimedBuild {
    let mut title = minute(view, build.started);
    title.extend(short_commit(build).map(|commit| format!(", commit {commit}")));
    let verb = if build.succeeded { "" } else { "failed after " };
    push!(title, ", {verb}{}", units::seconds(build.seconds));
    if view.project.is_none() {
        push!(title, ", {}", text(&build.project));
    }
    let steps = build.steps.iter().map(timed_step).collect();
    TimedBuild { id: id(at), title, seconds: build.seconds, steps, nodes: Vec::new() }
}

fn timed_step(step: &PastStep) -> TimedStep {
    TimedStep {
        name: step.name.clone(),
        fate: match step.outcome {
            Outcome::Cached => Some(Fate::Reused),
            Outcome::Ran => Some(Fate::Runs),
            Outcome::Failed => Some(Fate::Failed),
            Outcome::NotReached => None,
        },
        seconds: step.seconds,
        span: step.span,
        needs: step.needs.clone(),
    }
}

fn builds_part(view: &HistoryView<'_>, timelines: &Timelines) -> Option<Markup> {
    // The one that began last is first, and they are read from left to right.
    let mut shown: Vec<_> = view.history.builds.iter().take(BUILDS).enumerate().collect();
    shown.reverse();
    let (first, last) = (shown.first()?.1, shown.last()?.1);
    let ends = [minute(view, first.started), minute(view, last.started)];
    let left_out = view.history.builds.len() - shown.len();
    let says = match left_out {
        0 => "How long each build took, the oldest on the left.".to_owned(),
        count => format!(
            "How long each of the latest {BUILDS} builds took, the oldest on the left; {} older \
             ones are not drawn.",
            units::count(count as u64)
        ),
    };
    let mut headings =
        vec!["Began", "Checked out", "Took", "Steps reused", "Result", "Lost most to"];
    if view.project.is_none() {
        headings.push("Project");
    }
    let row = |(_, build): &(usize, &PastBuild)| {
        let mut row = vec![
            minute(view, build.started),
            short_commit(build).unwrap_or("-").to_owned(),
            units::seconds(build.seconds),
            reused(build),
            result(build).to_owned(),
            build.lost_to.as_ref().map(told).unwrap_or_default(),
        ];
        row.extend(view.project.is_none().then(|| build.project.clone()));
        row
    };
    let table = Table { headings, rows: shown.iter().map(row).collect() };
    let caption = Caption { title: "Builds", says: &says };
    let drawn: Vec<Column> = shown
        .iter()
        .map(|(at, build)| Column { opens: timelines.link(id(*at)), ..column(view, build) })
        .collect();
    Some(columns(&caption, &drawn, [&ends[0], &ends[1]], &table))
}

fn column(view: &HistoryView<'_>, build: &PastBuild) -> Column {
    let fate = match build {
        PastBuild { succeeded: false, .. } => Fate::Failed,
        PastBuild { counts, .. } if counts.ran == 0 => Fate::Reused,
        _ => Fate::Runs,
    };
    let mut words = minute(view, build.started);
    words.extend(short_commit(build).map(|commit| format!(", commit {commit}")));
    if view.project.is_none() {
        push!(words, ", {}", build.project);
    }
    let verb = if build.succeeded { "took" } else { "failed after" };
    push!(words, "\n{verb} {}; {} steps reused", units::seconds(build.seconds), reused(build));
    if build.up_to_date {
        words.push_str("; nothing to build");
    }
    if let Some(loss) = &build.lost_to {
        push!(
            words,
            "\nlost most to {}: {} in {}",
            told(loss),
            units::seconds(loss.seconds),
            units::counted(loss.steps as u64, "step", "steps")
        );
    }
    Column { seconds: build.seconds, fate, words, opens: None }
}

fn result(build: &PastBuild) -> &'static str {
    match build {
        PastBuild { succeeded: false, .. } => "failed",
        PastBuild { up_to_date: true, .. } => "nothing to build",
        _ => "built",
    }
}

fn reused(build: &PastBuild) -> String {
    format!("{} of {}", build.counts.reused, build.counts.reused + build.counts.ran)
}

fn weeks(view: &HistoryView<'_>) -> Option<Markup> {
    let weeks: Vec<_> = view
        .history
        .weeks
        .iter()
        .filter_map(|week| Some((week, week.seconds_per_build()?)))
        .collect();
    if weeks.len() < 2 {
        return None;
    }
    let rate = |week: &crate::history::Week| {
        week.counts.hit_rate().map_or_else(|| "-".to_owned(), percent)
    };
    let group = |(week, mean): &(&crate::history::Week, Seconds)| {
        let name = day(view, week.from);
        let builds = units::counted(week.builds as u64, "build", "builds");
        let words = format!(
            "the seven days from {name}\n{builds}, {} each on average; {} of the steps reused",
            units::seconds(*mean),
            rate(week)
        );
        Group {
            name: None,
            points: vec![Point { name, variant: 0, seconds: *mean, interval: None, words }],
        }
    };
    let row = |(week, mean): &(&crate::history::Week, Seconds)| {
        vec![day(view, week.from), week.builds.to_string(), units::seconds(*mean), rate(week)]
    };
    let table = Table {
        headings: vec!["From", "Builds", "Seconds per build", "Steps reused"],
        rows: weeks.iter().map(row).collect(),
    };
    let caption = Caption {
        title: "Week by week",
        says: "How long a build took on average in the seven days from each date.",
    };
    Some(points(&caption, &weeks.iter().map(group).collect::<Vec<_>>(), &table))
}

fn causes(view: &HistoryView<'_>) -> Option<Markup> {
    let rows = view.history.causes.iter().map(|cause| {
        let builds = units::counted(cause.builds as u64, "build", "builds");
        let steps = units::counted(cause.steps as u64, "step", "steps");
        (word(&cause.kind), cause.seconds, format!("{steps} ran for it in {builds}"))
    });
    costs(
        &Caption { title: "Lost to which cause", says: "What the steps took that ran for it." },
        "Cause",
        rows.collect(),
    )
}

fn steps(view: &HistoryView<'_>) -> Option<Markup> {
    let rows = view.history.steps.iter().take(COSTLIEST).map(|step| {
        let often = format!("ran {} of {} times", step.runs, step.runs + step.reused);
        (named(view, &step.project, &step.instruction), step.seconds, often)
    });
    costs(
        &Caption {
            title: "Steps that cost most",
            says: "What each took in all builds where it ran.",
        },
        "Step",
        rows.collect(),
    )
}

fn files(view: &HistoryView<'_>) -> Option<Markup> {
    let rows = view.history.files.iter().take(COSTLIEST).map(|file| {
        let builds = units::counted(file.builds as u64, "build", "builds");
        (
            named(view, &file.project, &file.path),
            file.seconds,
            format!("steps ran for it in {builds}"),
        )
    });
    costs(
        &Caption {
            title: "Files that cost most",
            says: "What the steps took that ran because each changed; several files share it alike.",
        },
        "File",
        rows.collect(),
    )
}

/// What things cost, the costliest first.
fn costs(
    caption: &Caption<'_>,
    what: &'static str,
    rows: Vec<(String, Seconds, String)>,
) -> Option<Markup> {
    if rows.is_empty() {
        return None;
    }
    let bar = |(name, seconds, often): &(String, Seconds, String)| Bar {
        name: name.clone(),
        fate: None,
        start: Seconds::ZERO,
        seconds: *seconds,
        took: *seconds,
        is_critical: false,
        words: format!("{name}\n{} in all; {often}", units::seconds(*seconds)),
    };
    let drawn: Vec<Bar> = rows.iter().map(bar).collect();
    let row = |(name, seconds, often)| vec![name, units::seconds(seconds), often];
    let rows = rows.into_iter().map(row).collect();
    Some(bars(caption, &drawn, &Table { headings: vec![what, "Took", "How often"], rows }))
}
