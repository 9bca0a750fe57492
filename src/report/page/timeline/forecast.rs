//! The steps of a forecast in the time of its build.

use maud::Markup;

use super::{CRITICAL, MARKED, schedule, table};
use crate::Seconds;
use crate::plan::StepIndex;
use crate::predict::{Forecast, StepForecast};
use crate::report::page::Fate;
use crate::report::page::bars::{Bar, bars};
use crate::report::page::chart::Caption;
use crate::report::page::steps::{name, words};
use crate::report::units;

/// The timeline of the build that is forecast; none where nothing is expected to take time.
pub(in super::super) fn timeline(forecast: &Forecast, title: &str) -> Option<Markup> {
    let expected =
        |step: &StepForecast| Seconds::new(step.seconds.get() * step.verdict.share_that_runs());
    let steps: Vec<(Vec<StepIndex>, Seconds)> =
        forecast.steps.iter().map(|step| (step.step.needs().collect(), expected(step))).collect();
    if steps.iter().all(|(_, seconds)| !units::is_worth_saying(*seconds)) {
        return None;
    }
    let places = schedule(&steps);
    let each = || forecast.steps.iter().enumerate().zip(&places);
    let drawn: Vec<Bar> = each()
        .map(|((at, step), place)| {
            let mut words = words(forecast, at, step);
            if place.is_critical {
                push!(words, "\n{CRITICAL}");
            }
            Bar {
                name: name(step),
                fate: Some(Fate::of(&step.verdict)),
                start: place.start,
                seconds: steps[at].1,
                took: steps[at].1,
                is_critical: place.is_critical,
                words,
            }
        })
        .collect();
    let mut says = format!(
        "When each step is expected to begin and to end; branches run side by side. {MARKED} What \
         is open counts with its probability."
    );
    let end = drawn.iter().map(|bar| bar.start + bar.seconds).fold(Seconds::ZERO, Seconds::max);
    let whole = forecast.summary.seconds;
    let around = whole.saturating_sub(end);
    if units::is_worth_saying(around) {
        push!(
            says,
            " The last one ends at {}; the other {} of {} are what builds took around their steps: \
             to ask, to send files and to write the image.",
            units::seconds(end),
            units::seconds(around),
            units::seconds(whole)
        );
    }
    let table = table(&drawn, "Verdict", Fate::word);
    Some(bars(&Caption { title, says: &says }, &drawn, &table))
}
