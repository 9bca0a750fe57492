//! Times with their intervals, in groups: a scenario with its variants, a week.

use maud::{Markup, html};

use super::bars::axis;
use super::chart::{Caption, chart};
use super::scale::{Scale, percent};
use super::{Fate, Table};
use crate::Seconds;
use crate::report::units;

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name; none where its one point has it.
    pub name: Option<String>,
    /// Those that were measured.
    pub points: Vec<Point>,
}

/// One time.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// What took it.
    pub name: String,
    /// The place of what took it among all that are compared, which gives it its shape.
    pub variant: usize,
    /// The time.
    pub seconds: Seconds,
    /// Between what and what it lies.
    pub interval: Option<(Seconds, Seconds)>,
    /// What is said of it, in a few lines.
    pub words: String,
}

/// The groups in their order, on one axis.
pub fn points(caption: &Caption<'_>, groups: &[Group], table: &Table) -> Markup {
    let all = groups.iter().flat_map(|group| &group.points);
    let scale =
        Scale::over(all.map(|point| {
            point.interval.map_or(point.seconds, |(_, high)| point.seconds.max(high))
        }));
    let drawing = html! {
        ol class="rows" {
            @for group in groups {
                @if let Some(name) = &group.name { li class="group" { (name) } }
                @for point in &group.points { (row(point, scale)) }
            }
            (axis(scale))
        }
    };
    chart(caption, &[], Fate::word, &drawing, table)
}

fn row(point: &Point, scale: Scale) -> Markup {
    html! {
        li class="mark row plain" data-mark tabindex="0" title=(point.words) {
            span class="label" { span class="name" { (point.name) } }
            svg aria-hidden="true" {
                line class="grid" x1="0%" x2="100%" y1="50%" y2="50%" {}
                @if let Some((low, high)) = point.interval {
                    @let (low, high) = (percent(scale.share(low)), percent(scale.share(high)));
                    line class="interval" x1=(low) x2=(high) y1="50%" y2="50%" {}
                    @for end in [low, high] {
                        line class="interval" x1=(end) x2=(end) y1="25%" y2="75%" {}
                    }
                }
                // The inner drawing puts its origin where the point is.
                svg x=(percent(scale.share(point.seconds))) y="50%" {
                    path class="fill" d=(shape(point.variant)) {}
                }
            }
            span class="value" { (units::seconds(point.seconds)) }
        }
    }
}

/// A shape around the origin, so that variants differ without colour.
fn shape(variant: usize) -> &'static str {
    const SHAPES: [&str; 4] = [
        "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
        "M-5 -5H5V5H-5Z",
        "M0 -6L6 0L0 6L-6 0Z",
        "M0 -6L6 5H-6Z",
    ];
    SHAPES[variant % SHAPES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, variant: usize, seconds: f64, interval: Option<(f64, f64)>) -> Point {
        Point {
            name: name.to_owned(),
            variant,
            seconds: Seconds::new(seconds),
            interval: interval.map(|(low, high)| (Seconds::new(low), Seconds::new(high))),
            words: name.to_owned(),
        }
    }

    #[test]
    fn each_variant_has_its_shape_and_each_interval_its_ends() {
        let groups = ["edit source", "cold"].map(|scenario| Group {
            name: Some(scenario.to_owned()),
            points: vec![point("before", 0, 3.0, Some((2.0, 4.0))), point("after", 1, 1.0, None)],
        });
        let drawn = points(&Caption::default(), &groups, &Table::default()).into_string();
        assert_eq!(drawn.matches("data-mark").count(), 4);
        assert_eq!(drawn.matches("class=\"interval\"").count(), 6);
        assert!(drawn.contains(r#"<line class="interval" x1="50.00%" x2="100.00%""#), "{drawn}");
        assert!(drawn.contains(r#"<svg x="25.00%" y="50%">"#), "{drawn}");
        assert_eq!(drawn.matches(shape(0)).count(), 2);
        assert_eq!(drawn.matches(shape(1)).count(), 2);
    }
}
