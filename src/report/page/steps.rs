//! The steps of a forecast as a graph, and the words for each.

use maud::Markup;

use super::chart::Caption;
use super::graph::{Node, graph};
use super::timeline::forecast::timeline;
use super::{Fate, Table};
use crate::plan::StepIndex;
use crate::predict::{CauseKind, Forecast, StepForecast, Verdict};
use crate::report::cause;
use crate::report::escape::{fit, text};
use crate::report::units;

/// Of the files that are the reason so many are named.
const FILES: usize = 8;

/// Of the chain of reasons so many links are told from its beginning; the last one always is.
const LINKS: usize = 3;

/// Columns of a name or a reason: a command may be a book, and each stands in a page many times.
const LONGEST: usize = 240;

/// The graph, and the timeline where anything takes time. `of` is the image that they are of, where
/// a page has several.
pub(super) fn steps(forecast: &Forecast, of: Option<&str>) -> Vec<Markup> {
    let title = |what: &str| of.map_or(what.to_owned(), |of| format!("{}: {what}", text(of)));
    let mut parts = vec![graph_part(forecast, &title("Steps"))];
    parts.extend(timeline(forecast, &title("Timeline of the next build")));
    parts
}

fn graph_part(forecast: &Forecast, title: &str) -> Markup {
    let steps = || forecast.steps.iter().enumerate();
    let node = |(at, step): (usize, &StepForecast)| Node {
        name: name(step),
        stage: step.step.stage.clone(),
        fate: Fate::of(&step.verdict),
        brief: [reason(forecast, at), time(step)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
        below: step.step.parent().map(|below| below.0),
        takes_from: step.step.stage_outputs().map(|from| from.0).collect(),
        words: words(forecast, at, step),
    };
    let named = |step: StepIndex| {
        forecast
            .steps
            .get(step.0)
            .map(|step| cause::short_name(&step.step.name))
            .unwrap_or_default()
    };
    let row = |(at, step): (usize, &StepForecast)| {
        vec![
            name(step),
            Fate::of(&step.verdict).word().to_owned(),
            reason(forecast, at).unwrap_or_default(),
            time(step).unwrap_or_default(),
            step.step.needs().map(named).collect::<Vec<_>>().join(", "),
        ]
    };
    let table = Table {
        headings: vec!["Step", "Verdict", "Cause", "Time", "Needs"],
        rows: steps().map(row).collect(),
    };
    let says = "Each step under the one that it stands on; a broken line leads to what takes files \
                from it.";
    graph(&Caption { title, says }, &steps().map(node).collect::<Vec<_>>(), &table)
}

pub(super) fn name(step: &StepForecast) -> String {
    fit(&text(&step.step.name), LONGEST).into_owned()
}

/// The cause in a few words.
fn reason(forecast: &Forecast, at: usize) -> Option<String> {
    let verdict = &forecast.steps.get(at)?.verdict;
    let brief = cause::brief(forecast, StepIndex(at), verdict.cause()?);
    let brief = fit(&brief, LONGEST);
    Some(match verdict {
        Verdict::Depends { probability, .. } => {
            format!("{brief}, {:.0} %", probability.get() * 100.0)
        }
        _ => brief.into_owned(),
    })
}

/// How long it takes, or how much it saves.
fn time(step: &StepForecast) -> Option<String> {
    let seconds = units::seconds(step.seconds);
    units::is_worth_saying(step.seconds).then(|| match step.verdict {
        Verdict::Cached => format!("saves {seconds}"),
        _ => seconds,
    })
}

/// Its name and place, what becomes of it, the chain of reasons down to the root, and the files
/// that are it.
pub(super) fn words(forecast: &Forecast, at: usize, step: &StepForecast) -> String {
    let mut words = name(step);
    let (first, last) = (step.step.line, step.step.last_line);
    if last > first {
        push!(words, "\nlines {first}-{last}: ");
    } else {
        push!(words, "\nline {first}: ");
    }
    words.push_str(Fate::of(&step.verdict).word());
    words.extend(time(step).map(|time| format!(", {time}")));
    let chain = cause::chain(forecast, StepIndex(at));
    for (place, link) in chain.iter().enumerate() {
        if place < LINKS || place + 1 == chain.len() {
            words.extend(reason(forecast, link.0).map(|reason| format!("\n{reason}")));
        } else if place == LINKS {
            words.push_str("\n…");
        }
    }
    let root = chain.last().and_then(|root| forecast.steps.get(root.0)?.verdict.cause());
    if let Some(CauseKind::Files { files, more }) = root.map(|cause| &cause.kind) {
        // The first is in the reason already.
        for file in files.iter().skip(1).take(FILES) {
            push!(words, "\n{} {}", text(&file.path), cause::change(file.change));
        }
        let left = more + files.len().saturating_sub(FILES + 1);
        if left > 0 {
            push!(words, "\nand {}", units::counted(left as u64, "more file", "more files"));
        }
    }
    words
}
