//! The steps of a build that was made, in its time.

use super::{CRITICAL, schedule};
use crate::plan::StepIndex;
use crate::report::cause::short_name;
use crate::report::escape::{fit, text};
use crate::report::page::Fate;
use crate::report::page::bars::Bar;
use crate::report::units;
use crate::{Seconds, Span};

/// Columns of a name: a command may be a book, and stands in a page three times.
const LONGEST: usize = 240;

/// A step of a build that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedStep {
    /// Its name as the engine showed it.
    pub name: String,
    /// What became of it; `None` where it was not reached.
    pub fate: Option<Fate>,
    /// How long it worked, where it ran to its end.
    pub seconds: Option<Seconds>,
    /// From when to when it went on, where that is known.
    pub span: Option<Span>,
    /// Those that it needs.
    pub needs: Vec<StepIndex>,
}

/// What a fate is called once it has come.
pub(in super::super) const fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Runs => "ran",
        other => other.word(),
    }
}

impl TimedStep {
    /// What it worked; reused, it did nothing.
    fn work(&self) -> Seconds {
        match self.fate {
            None | Some(Fate::Reused) => Seconds::ZERO,
            Some(_) => {
                let length = self.span.map(Span::length).unwrap_or_default();
                self.seconds.unwrap_or(length)
            }
        }
    }
}

/// A bar for each step of which is known when it went on. Of a build that took no time to speak of,
/// as where an engine looked up a base image and reused the rest, none is marked as the path.
pub fn bars(steps: &[TimedStep]) -> Vec<Bar> {
    let works: Vec<_> = steps.iter().map(|step| (step.needs.clone(), step.work())).collect();
    let places = schedule(&works);
    let critical = places.iter().zip(&works).filter(|(place, _)| place.is_critical);
    let is_long = units::is_worth_saying(critical.map(|(_, (_, work))| *work).sum());
    let bar = |(step, is_critical): (&TimedStep, bool)| {
        let (span, fate) = (step.span?, step.fate?);
        let length = if fate == Fate::Reused { Seconds::ZERO } else { span.length() };
        Some(Bar {
            name: name(step),
            fate: Some(fate),
            start: span.start(),
            seconds: length,
            took: step.work(),
            is_critical,
            words: words(steps, step, fate, span, is_critical),
        })
    };
    let marked = steps.iter().zip(places.iter().map(|place| place.is_critical && is_long));
    marked.filter_map(bar).collect()
}

fn name(step: &TimedStep) -> String {
    fit(&text(&step.name), LONGEST).into_owned()
}

fn words(
    steps: &[TimedStep],
    step: &TimedStep,
    fate: Fate,
    span: Span,
    is_critical: bool,
) -> String {
    let mut words = format!("{}\n{}", name(step), word(fate));
    let (start, end) = (units::seconds(span.start()), units::seconds(span.end()));
    if fate == Fate::Reused {
        push!(words, " at {start}");
    } else {
        push!(words, " {}, from {start} to {end}", units::seconds(step.work()));
    }
    let needed = step.needs.iter().filter_map(|needed| steps.get(needed.0));
    let needed: Vec<String> = needed.map(|it| short_name(&it.name)).collect();
    if !needed.is_empty() {
        push!(words, "\nneeds {}", fit(&needed.join(", "), LONGEST));
    }
    if is_critical {
        push!(words, "\n{CRITICAL}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(
        name: &str,
        fate: Option<Fate>,
        span: Option<(f64, f64)>,
        needs: &[usize],
    ) -> TimedStep {
        let span = span.map(|(start, end)| Span::new(Seconds::new(start), Seconds::new(end)));
        TimedStep {
            name: name.to_owned(),
            fate,
            seconds: (fate == Some(Fate::Runs)).then(|| span.map(Span::length)).flatten(),
            span,
            needs: needs.iter().copied().map(StepIndex).collect(),
        }
    }

    fn told(steps: &[TimedStep]) -> Vec<(String, f64, f64, bool)> {
        let told = |bar: Bar| (bar.name, bar.start.get(), bar.seconds.get(), bar.is_critical);
        bars(steps).into_iter().map(told).collect()
    }

    #[test]
    fn the_path_goes_by_what_steps_need_and_not_by_when_they_ended() {
        let (runs, reused) = (Some(Fate::Runs), Some(Fate::Reused));
        let steps = [
            step("[a 1/2] FROM a", reused, Some((0.0, 0.1)), &[]),
            step("[a 2/2] RUN short", runs, Some((0.25, 2.25)), &[0]),
            // It waited for a free place in the engine and ended last, but nothing needs it.
            step("[b 1/1] RUN late", runs, Some((6.0, 7.5)), &[]),
            step("[c 1/1] RUN make", runs, Some((2.5, 5.5)), &[1]),
        ];
        let wanted = [
            ("[a 1/2] FROM a", 0.0, 0.0, false),
            ("[a 2/2] RUN short", 0.25, 2.0, true),
            ("[b 1/1] RUN late", 6.0, 1.5, false),
            ("[c 1/1] RUN make", 2.5, 3.0, true),
        ];
        assert_eq!(
            told(&steps),
            wanted.map(|(name, at, long, is)| (name.to_owned(), at, long, is))
        );
    }

    #[test]
    fn where_nothing_took_time_there_is_no_path() {
        let looked_up = step("FROM a", Some(Fate::Runs), Some((0.25, 0.2501)), &[]);
        let reused = step("RUN make", Some(Fate::Reused), Some((0.25, 0.25)), &[0]);
        assert!(bars(&[looked_up, reused]).iter().all(|bar| !bar.is_critical));
    }

    #[test]
    fn what_was_not_reached_or_has_no_times_has_no_bar() {
        let steps = [
            step("RUN fails", Some(Fate::Failed), Some((1.0, 4.0)), &[]),
            step("RUN next", None, None, &[0]),
            step("RUN untold", Some(Fate::Runs), None, &[]),
        ];
        assert_eq!(told(&steps), [("RUN fails".to_owned(), 1.0, 3.0, true)]);
        assert_eq!(bars(&steps)[0].took, Seconds::new(3.0), "until it failed");
    }

    #[test]
    fn a_bar_tells_all_of_its_step() {
        let mut merged = step("[a 2/2] COPY --link a b", Some(Fate::Runs), Some((1.0, 4.0)), &[0]);
        merged.seconds = Some(Seconds::new(0.5));
        let steps = [step("[a 1/2] RUN make", Some(Fate::Reused), Some((0.5, 0.5)), &[]), merged];
        let words: Vec<String> = bars(&steps).into_iter().map(|bar| bar.words).collect();
        assert_eq!(words[0], "[a 1/2] RUN make\nreused at 0.5 s");
        let told = "[a 2/2] COPY --link a b\nran 0.5 s, from 1.0 s to 4.0 s\nneeds a 1/2\n";
        assert_eq!(words[1], format!("{told}{CRITICAL}"));
    }
}
