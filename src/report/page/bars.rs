//! Bars, one below the other: what things cost, or when the steps of a build went on.

use maud::{Markup, html};

use super::chart::{Caption, chart};
use super::scale::{self, Scale, percent, written};
use super::{Fate, Table};
use crate::Seconds;

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub name: String,
    /// What becomes of that, where anything does.
    pub fate: Option<Fate>,
    /// Where it begins: at zero, or when a step begins.
    pub start: Seconds,
    /// How long it is.
    pub seconds: Seconds,
    /// The time beside it: less than its length where it waited in between.
    pub took: Seconds,
    /// Whether the build would be shorter if this step were: it lies on the critical path.
    pub is_critical: bool,
    /// What is said of it, in a few lines.
    pub words: String,
}

/// The bars in their order, on one axis.
pub fn bars(caption: &Caption<'_>, bars: &[Bar], table: &Table) -> Markup {
    let fates: Vec<Fate> = bars.iter().filter_map(|bar| bar.fate).collect();
    chart(caption, &fates, Fate::word, &rows(bars), table)
}

/// The bars alone.
pub(super) fn rows(bars: &[Bar]) -> Markup {
    let scale = Scale::over(bars.iter().map(|bar| bar.start + bar.seconds));
    html! {
        ol class="rows" {
            @for bar in bars { (row(bar, scale)) }
            (axis(scale))
        }
    }
}

fn row(bar: &Bar, scale: Scale) -> Markup {
    let fate = bar.fate.map_or("plain", Fate::word);
    let critical = if bar.is_critical { " critical" } else { "" };
    let (start, length) = (scale.share(bar.start), scale.share(bar.seconds));
    html! {
        li class={ "mark row " (fate) (critical) } data-mark tabindex="0" title=(bar.words) {
            span class="label" {
                @if let Some(fate) = bar.fate { span class="sign" { (fate.sign()) } }
                span class="name" { (bar.name) }
            }
            svg aria-hidden="true" {
                @if bar.seconds == Seconds::ZERO {
                    // What takes no time still has its moment.
                    circle class="fill" cx=(percent(start)) cy="50%" r="3" {}
                } @else {
                    rect class="fill" x=(percent(start)) y="20%" width=(percent(length)) height="60%" {}
                }
                @if bar.is_critical {
                    line class="path" x1=(percent(start)) x2=(percent(start + length)) y1="95%" y2="95%" {}
                }
            }
            span class="value" { (written(bar.took)) }
        }
    }
}

/// The numbers below the rows.
pub(super) fn axis(scale: Scale) -> Markup {
    let ticks: Vec<Seconds> = scale.ticks().collect();
    html! {
        li class="row scale" aria-hidden="true" {
            span class="label" {}
            svg {
                @for (at, tick) in ticks.iter().enumerate() {
                    @let anchor = if at == 0 { "start" } else if at + 1 == ticks.len() { "end" } else { "middle" };
                    @let is_minor = at != 0 && at + 1 != ticks.len() && at * 2 + 1 != ticks.len();
                    text.minor[is_minor] x=(percent(scale.share(*tick))) y="70%" text-anchor=(anchor) { (scale::tick(*tick)) }
                }
            }
            span class="value" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, start: f64, seconds: f64, is_critical: bool) -> Bar {
        Bar {
            name: name.to_owned(),
            fate: Some(if seconds > 0.0 { Fate::Runs } else { Fate::Reused }),
            start: Seconds::new(start),
            seconds: Seconds::new(seconds),
            took: Seconds::new(seconds),
            is_critical,
            words: format!("{name}: all of it"),
        }
    }

    #[test]
    fn each_bar_lies_where_its_time_does() {
        let steps =
            [bar("a", 0.0, 0.0, false), bar("b", 0.0, 2.0, true), bar("c", 2.0, 1.0, false)];
        let drawn = bars(&Caption::default(), &steps, &Table::default()).into_string();
        assert_eq!(drawn.matches("data-mark").count(), 3);
        assert!(drawn.contains(r#"<circle class="fill" cx="0.00%""#), "{drawn}");
        assert!(
            drawn.contains(r#"<rect class="fill" x="0.00%" y="20%" width="66.67%""#),
            "{drawn}"
        );
        assert!(
            drawn.contains(r#"<rect class="fill" x="66.67%" y="20%" width="33.33%""#),
            "{drawn}"
        );
        assert_eq!(drawn.matches("class=\"path\"").count(), 1);
        assert!(drawn.contains("title=\"b: all of it\""), "{drawn}");
    }

    #[test]
    fn what_becomes_of_it_is_told_without_colour() {
        let drawn = bars(&Caption::default(), &[bar("a", 0.0, 1.0, false)], &Table::default());
        let drawn = drawn.into_string();
        assert!(drawn.contains(r#"<span class="sign">&gt;</span>"#), "{drawn}");
        assert!(drawn.contains("</span>runs</li>"), "{drawn}");
        assert!(
            !drawn.contains("</span>reused</li>"),
            "only what is there is in the legend: {drawn}"
        );
    }
}
