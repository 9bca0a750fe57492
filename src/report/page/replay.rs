//! What each commit of a replay cost, as a page.

use maud::Markup;

use super::chart::Caption;
use super::columns::{Axis, Column, columns};
use super::document;
use super::sentences::sentences;
use super::timed::{timed, untold};
use super::timeline::chosen::Timelines;
use super::{Fate, Table};
use crate::Seconds;
use crate::bench::{Outcome, Replay, Replayed, Variant};
use crate::report::bench::{number, one_line};
use crate::report::escape::{fit, text};
use crate::report::replay::{cost, how, model, partial, said};
use crate::report::units;

/// Of a build's steps so many are named, those that took longest.
const STEPS: usize = 3;

/// Columns of a commit's subject above its timeline.
const SUBJECT: usize = 72;

/// The page of a replay: an axis of commits for each variant.
pub fn replay(replay: &Replay) -> String {
    let of = replay.variants.first().map(|first| text(&first.dockerfile)).unwrap_or_default();
    let title = format!("What commits cost to build with {of}");
    let mut lead = vec![format!("{}.", how(replay))];
    if replay.is_partial {
        lead.push(format!("Partial: {}.", partial(replay)));
    }
    let mut parts: Vec<Markup> =
        (0..replay.variants.len()).flat_map(|variant| of_variant(replay, variant)).collect();
    parts.extend(sentences("Commits that do not build", failures(replay)));
    document(&title, &lead, &parts)
}

/// The axis of a variant, and the timelines of its builds.
fn of_variant(replay: &Replay, variant: usize) -> Vec<Markup> {
    let built = |(at, commit): (usize, &Replayed)| {
        let of = commit.built(variant)?;
        let subject = fit(&text(&commit.subject), SUBJECT).into_owned();
        let title = format!("{} {subject}: {} s", text(&commit.short_id), number(of.seconds));
        Some(timed(id(variant, at), title, of, replay.is_expected))
    };
    // The newest first.
    let commits = replay.commits.iter().enumerate().rev();
    let timelines = Timelines::of(commits.filter_map(built));
    let name = replay.variants.get(variant).map(|variant| text(&variant.name)).unwrap_or_default();
    let (what, untold) = if replay.is_expected {
        ("steps", no_steps as fn(u64) -> String)
    } else {
        ("timelines", untold as _)
    };
    let heading = format!("{name}: {what}, the latest commit first");
    let axis = axis(replay, variant, &timelines);
    axis.into_iter().chain(timelines.markup(&heading, untold)).collect()
}

/// Why builds that are expected are not drawn.
fn no_steps(count: u64) -> String {
    let builds = units::counted(count, "build has", "builds have");
    format!("{builds} no steps beside the base images.")
}

/// The name of the timeline of a build.
fn id(variant: usize, commit: usize) -> String {
    format!("commit-{variant}-{commit}")
}

fn axis(replay: &Replay, variant: usize, timelines: &Timelines) -> Option<Markup> {
    let drawn: Vec<(usize, &Replayed, &Outcome)> = replay
        .commits
        .iter()
        .enumerate()
        .filter_map(|(at, commit)| Some((at, commit, commit.builds.get(variant)?.as_ref()?)))
        .collect();
    let ends = [drawn.first()?, drawn.last()?].map(|(_, commit, _)| text(&commit.short_id));
    let name = text(&replay.variants.get(variant)?.name);
    let does = if replay.is_expected { "is expected to take" } else { "took" };
    let cost = cost(replay, variant);
    let mut says = format!("What each commit {does}, the oldest on the left: {cost}.");
    if let Some(model) = model(replay, variant) {
        push!(says, " The model: {model}.");
    }
    let caption = Caption { title: &name, says: &says };
    let column = |(at, commit, outcome): &(usize, &Replayed, &Outcome)| {
        let (seconds, fate) = match outcome {
            Outcome::Built(timed) if timed.run().ran == 0 => (timed.seconds, Fate::Reused),
            Outcome::Built(timed) => (timed.seconds, Fate::Runs),
            Outcome::Failed(_) => (Seconds::ZERO, Fate::Failed),
        };
        let (words, opens) = (words(commit, outcome, variant), timelines.link(id(variant, *at)));
        Column { seconds, fate, words, opens }
    };
    let row = |(_, commit, outcome): &(usize, &Replayed, &Outcome)| {
        let (seconds, steps) = match outcome {
            Outcome::Built(timed) => {
                let run = timed.run();
                let steps = format!("{} of {}", run.cached, run.cached + run.ran);
                (units::seconds(timed.seconds), steps)
            }
            Outcome::Failed(_) => ("does not build".to_owned(), "-".to_owned()),
        };
        vec![
            text(&commit.short_id).into_owned(),
            text(&commit.subject).into_owned(),
            seconds,
            steps,
        ]
    };
    let took = if replay.is_expected { "Expected" } else { "Took" };
    let table = Table {
        headings: vec!["Commit", "Subject", took, "Steps reused"],
        rows: drawn.iter().map(row).collect(),
    };
    let marks: Vec<Column> = drawn.iter().map(column).collect();
    let on = Axis {
        ends: [&ends[0], &ends[1]],
        longest: longest(replay),
        is_expected: replay.is_expected,
    };
    Some(columns(&caption, &marks, on, &table))
}

/// What the longest build of all variants took: side by side, they are compared by their heights.
fn longest(replay: &Replay) -> Seconds {
    let built = |variant| replay.commits.iter().filter_map(move |commit| commit.built(variant));
    let all = (0..replay.variants.len()).flat_map(built);
    all.map(|timed| timed.seconds).fold(Seconds::ZERO, Seconds::max)
}

/// What is said of a commit: what it took, and the steps that took most of it.
fn words(commit: &Replayed, outcome: &Outcome, variant: usize) -> String {
    let mut words =
        format!("{} {}\n{}", text(&commit.short_id), text(&commit.subject), said(commit, variant));
    let Outcome::Built(timed) = outcome else { return words };
    let ran = timed.steps.iter().filter(|step| !step.is_reused);
    let mut ran: Vec<_> = ran.filter_map(|step| Some((step.seconds?, &step.name))).collect();
    // What is equal stays in its order.
    ran.sort_by(|one, other| other.0.get().total_cmp(&one.0.get()));
    for (seconds, name) in ran.into_iter().take(STEPS) {
        push!(words, "\n{}: {}", units::seconds(seconds), text(name));
    }
    words
}

/// Each commit that a variant did not build, and why.
fn failures(replay: &Replay) -> Vec<String> {
    let said = |(commit, variant, why): (&Replayed, &Variant, &str)| {
        let (id, variant) = (text(&commit.short_id), text(&variant.name));
        format!("{id}, {variant}: {}.", one_line(why))
    };
    replay.failures().map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::replay::tests::sketch;

    #[test]
    fn each_variant_has_an_axis_with_a_column_for_each_commit_that_it_came_to() {
        let page = replay(&sketch());
        assert_eq!(page.matches(" data-mark").count(), 5);
        assert_eq!(page.matches("<figure").count(), 2);
        assert_eq!(page.matches("<g class=\"mark failed\"").count(), 2);
        let told = "8141702 Say it\n40.2 s, 0/2 reused\n20 s: COPY . .\n20 s: RUN \\u{1b}[31mmake";
        assert!(page.contains(told), "{page}");
        let partial = "Partial: it ended early: 2 of 4 commits are below, and one that was begun.";
        assert!(page.contains(partial), "{page}");
    }

    #[test]
    fn variants_are_drawn_on_one_scale() {
        let mut of = sketch();
        // The second variant came to the short commit alone.
        of.commits[0].builds[1] = Some(Outcome::Failed(String::new()));
        of.commits[2].builds[1] = of.commits[2].builds[0].clone();
        let page = replay(&of);
        // 3.1 of 60 seconds, of 90 % of the height.
        assert_eq!(page.matches("height=\"4.65%\"").count(), 2, "{page}");
    }

    #[test]
    fn what_is_expected_is_not_said_to_have_run() {
        let mut of = sketch();
        of.is_expected = true;
        let page = replay(&of);
        assert!(page.contains("</span>steps run</li>"), "{page}");
        assert!(page.contains("</span>cannot be built</li>"), "{page}");
        for untrue in ["steps ran", "by the engine's clock", "nothing was built"] {
            assert!(!page.contains(untrue), "{untrue}: {page}");
        }
    }

    #[test]
    fn a_commit_that_does_not_build_is_said_with_its_reason() {
        let page = replay(&sketch());
        let why = "<p>950c9e0, Dockerfile, docker: it ended with 1; error: \\u{1b}[2J no rule to \
                   make.</p>";
        assert!(page.contains(why), "{page}");
    }

    #[test]
    fn a_replay_of_nothing_has_no_chart() {
        let mut of = sketch();
        of.commits.clear();
        assert!(!replay(&of).contains("<figure"));
    }
}
