//! An axis of builds or commits, with the seconds that each cost.

use maud::{Markup, html};

use super::chart::{Caption, chart};
use super::scale::{self, Scale, percent};
use super::{Fate, Table};
use crate::Seconds;

/// The widest that a column gets, as a share of the axis.
const WIDEST: f64 = 0.06;

/// The share of its place that a column fills.
const FILLED: f64 = 0.7;

/// The places of the top and the bottom of the axis in its drawing.
const TOP: f64 = 0.05;
const BOTTOM: f64 = 0.95;

/// A build or commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// What it cost.
    pub seconds: Seconds,
    /// What became of it.
    pub fate: Fate,
    /// What is said of it, in a few lines.
    pub words: String,
    /// The id of what is to be opened where this is chosen.
    pub opens: Option<String>,
}

/// What the columns stand on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Axis<'a> {
    /// What stands below the first and the last.
    pub ends: [&'a str; 2],
    /// What is to fit on it beside its own columns, so that it is as high as those of other charts.
    pub longest: Seconds,
    /// Whether nothing was built, and the columns are what is expected.
    pub is_expected: bool,
}

impl<'a, T: AsRef<str> + ?Sized> From<[&'a T; 2]> for Axis<'a> {
    fn from(ends: [&'a T; 2]) -> Self {
        Self { ends: ends.map(AsRef::as_ref), ..Self::default() }
    }
}

/// The columns in their order.
pub fn columns<'a>(
    caption: &Caption<'_>,
    columns: &[Column],
    axis: impl Into<Axis<'a>>,
    table: &Table,
) -> Markup {
    let Axis { ends, longest, is_expected } = axis.into();
    let fates: Vec<Fate> = columns.iter().map(|column| column.fate).collect();
    let scale = Scale::over(columns.iter().map(|column| column.seconds).chain([longest]));
    let height = |seconds| (BOTTOM - TOP) * scale.share(seconds);
    let place = 1.0 / columns.len().max(1) as f64;
    let width = (place * FILLED).min(WIDEST);
    let drawing = html! {
        div class="columns" {
            svg aria-hidden="true" {
                @for tick in scale.ticks() {
                    text x="92%" y=(percent(BOTTOM - height(tick))) dy="4" text-anchor="end" {
                        (scale::tick(tick))
                    }
                }
            }
            svg role="group" aria-label=(caption.title) {
                @for tick in scale.ticks() {
                    @let y = percent(BOTTOM - height(tick));
                    line class="grid" x1="0%" x2="100%" y1=(y) y2=(y) {}
                }
                @for (at, column) in columns.iter().enumerate() {
                    @let middle = (at as f64 + 0.5) * place;
                    @let tall = height(column.seconds).max(0.01);
                    g class={ "mark " (column.fate.word()) } data-mark tabindex="0" role="img"
                        data-opens=[&column.opens] aria-label=(words(column, is_expected)) {
                        title { (words(column, is_expected)) }
                        rect class="hit" x=(percent(middle - place / 2.0)) y="0"
                            width=(percent(place)) height="100%" {}
                        rect class="fill" x=(percent(middle - width / 2.0)) width=(percent(width))
                            y=(percent(BOTTOM - tall)) height=(percent(tall)) {}
                    }
                }
            }
        }
        div class="ends" { span { (ends[0]) } span { (ends[1]) } }
    };
    chart(caption, &fates, if is_expected { expected_word } else { word }, &drawing, table)
}

/// What is said of it, with what can be done with it.
fn words(column: &Column, is_expected: bool) -> String {
    let mut words = column.words.clone();
    if column.opens.is_some() {
        let what = if is_expected { "steps" } else { "timeline" };
        push!(words, "\nEnter or a click shows its {what}");
    }
    words
}

/// What is said of a build that has become this.
const fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Reused => "all steps reused",
        Fate::Runs => "steps ran",
        other => other.word(),
    }
}

/// What is said of a build that is expected to become this.
const fn expected_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Runs => "steps run",
        Fate::Failed => "cannot be built",
        other => word(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(all: &[(f64, Fate)]) -> String {
        let column = |(seconds, fate): &(f64, Fate)| Column {
            seconds: Seconds::new(*seconds),
            fate: *fate,
            words: format!("took {seconds}"),
            opens: None,
        };
        let all: Vec<Column> = all.iter().map(column).collect();
        columns(&Caption::default(), &all, ["first", "last"], &Table::default()).into_string()
    }

    #[test]
    fn each_build_has_a_column_as_high_as_its_seconds() {
        let drawn = drawn(&[(2.0, Fate::Runs), (1.0, Fate::Failed), (0.0, Fate::Reused)]);
        assert_eq!(drawn.matches("data-mark").count(), 3);
        for (place, height) in [("13.67%", "90.00%"), ("47.00%", "45.00%"), ("80.33%", "1.00%")] {
            let wanted = format!("<rect class=\"fill\" x=\"{place}\" width=\"6.00%\"");
            let rest = drawn.split_once(&wanted).map(|(_, rest)| rest).unwrap_or_default();
            assert!(rest.split('>').next().unwrap_or_default().contains(height), "{drawn}");
        }
        assert!(drawn.contains(r#"aria-label="took 1"><title>took 1</title>"#), "{drawn}");
    }

    #[test]
    fn what_can_be_opened_is_named_and_said() {
        let (seconds, fate, words) = (Seconds::new(1.0), Fate::Runs, "took 1".to_owned());
        let column = Column { seconds, fate, words, opens: Some("build-3".to_owned()) };
        let drawn = columns(&Caption::default(), &[column], ["", ""], &Table::default());
        let drawn = drawn.into_string();
        let said =
            "data-opens=\"build-3\" aria-label=\"took 1\nEnter or a click shows its timeline\"";
        assert!(drawn.contains(said), "{drawn}");
    }

    #[test]
    fn an_axis_is_as_high_as_that_beside_it() {
        let drawn = |axis: Axis<'_>| {
            let (seconds, fate) = (Seconds::new(2.0), Fate::Runs);
            let column =
                Column { seconds, fate, words: String::new(), opens: Some("a".to_owned()) };
            columns(&Caption::default(), &[column], axis, &Table::default()).into_string()
        };
        assert!(drawn(["", ""].into()).contains("height=\"90.00%\""));
        let beside = Axis { longest: Seconds::new(4.0), is_expected: true, ..Axis::default() };
        let beside = drawn(beside);
        assert!(beside.contains("height=\"45.00%\""), "{beside}");
        // Nothing was built.
        assert!(beside.contains("</span>steps run</li>"), "{beside}");
        assert!(beside.contains("Enter or a click shows its steps\""), "{beside}");
    }

    #[test]
    fn five_hundred_builds_do_not_overlap() {
        let drawn = drawn(&[(1.0, Fate::Runs); 500]);
        assert!(drawn.contains(r#"width="0.14%""#), "0.7 of a five hundredth");
    }

    #[test]
    fn an_axis_without_a_build_is_an_empty_one() {
        assert_eq!(drawn(&[]).matches("data-mark").count(), 0);
    }
}
