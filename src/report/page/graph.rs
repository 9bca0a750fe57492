//! The steps of a build, one below the other, with a line to each from what it stands on and from
//! the stages that it takes files from.

use maud::{Markup, html};

use super::chart::{Caption, chart};
use super::{Fate, Table};

/// The height of a step in pixels of a browser at its usual size; the style has it as `3rem`.
const ROW: f64 = 48.0;

/// The distance of two stages, as long as there are not too many of them.
const LANE: f64 = 26.0;

/// The widest that the drawing gets: names need the rest of a narrow screen.
const WIDEST: f64 = 130.0;

/// The radius of a step.
const RADIUS: f64 = 9.0;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// Its stage; each has a lane of its own.
    pub stage: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Why and how long, in a few words.
    pub brief: String,
    /// The step that it stands on.
    pub below: Option<usize>,
    /// The steps whose files it takes.
    pub takes_from: Vec<usize>,
    /// All that is said of it, in a few lines.
    pub words: String,
}

/// The steps in their order.
pub fn graph(caption: &Caption<'_>, nodes: &[Node], table: &Table) -> Markup {
    let fates: Vec<Fate> = nodes.iter().map(|node| node.fate).collect();
    chart(caption, &fates, Fate::word, &drawing(nodes), table)
}

/// The drawing alone.
pub(super) fn drawing(nodes: &[Node]) -> Markup {
    let lanes = Lanes::of(nodes);
    let height = nodes.len() as f64 * ROW;
    let rem = |pixels: f64| format!("{}rem", pixels / 16.0);
    html! {
        div class="graph" {
            svg width=(rem(lanes.width())) height=(rem(height))
                viewBox=(format!("0 0 {} {height}", lanes.width())) aria-hidden="true" {
                @for (at, node) in nodes.iter().enumerate() {
                    @if let Some(below) = node.below.filter(|below| *below < at) {
                        path class="edge" d=(lanes.edge(below, at)) {}
                    }
                    @for from in node.takes_from.iter().filter(|from| **from < at) {
                        path class="edge taken" d=(lanes.edge(*from, at)) {}
                    }
                }
                @for (at, node) in nodes.iter().enumerate() {
                    @let (x, y) = lanes.place(at);
                    g class=(node.fate.word()) {
                        circle class="dot" cx=(x) cy=(y) r=(RADIUS) {}
                        text x=(x) y=(y + 4.5) { (node.fate.sign()) }
                    }
                }
            }
            ol {
                @for node in nodes {
                    li class="mark node" data-mark tabindex="0" title=(node.words) {
                        div class="name" { (node.name) }
                        div class="quiet" { (node.brief) }
                    }
                }
            }
        }
    }
}

/// Which step is in which lane.
struct Lanes {
    /// Of each step.
    of: Vec<usize>,
    /// How many there are.
    count: usize,
}

impl Lanes {
    fn of(nodes: &[Node]) -> Self {
        let mut known = std::collections::HashMap::new();
        let lane = |node: &'_ Node| {
            let next = known.len();
            *known.entry(node.stage.clone()).or_insert(next)
        };
        let of = nodes.iter().map(lane).collect();
        Self { of, count: known.len().max(1) }
    }

    fn distance(&self) -> f64 {
        LANE.min(WIDEST / self.count as f64)
    }

    fn width(&self) -> f64 {
        (self.count - 1) as f64 * self.distance() + 2.0 * (RADIUS + 2.0)
    }

    /// The middle of a step.
    fn place(&self, at: usize) -> (f64, f64) {
        (RADIUS + 2.0 + self.of[at] as f64 * self.distance(), (at as f64 + 0.5) * ROW)
    }

    /// Whether a lane has no step between two.
    fn is_free(&self, lane: usize, from: usize, to: usize) -> bool {
        !self.of[from + 1..to].contains(&lane)
    }

    /// From a step to a later one. A line that ran through the steps of a lane would seem to come
    /// from them: it goes down in the lane that is free, else between two.
    fn edge(&self, from: usize, to: usize) -> String {
        let ((left, top), (right, bottom)) = (self.place(from), self.place(to));
        let (own, other) = (self.of[from], self.of[to]);
        let down = if own == other {
            return format!("M{left} {top}V{bottom}");
        } else if self.is_free(own, from, to) {
            left
        } else if self.is_free(other, from, to) {
            right
        } else {
            right - self.distance() / 2.0
        };
        let bend = |start: (f64, f64), end: (f64, f64)| {
            let half = (end.1 - start.1) / 2.0;
            format!(
                "C{} {} {} {} {} {}",
                start.0,
                start.1 + half,
                end.0,
                end.1 - half,
                end.0,
                end.1
            )
        };
        let (leaves, arrives) = (top + ROW / 2.0, bottom - ROW / 2.0);
        let out = bend((left, top), (down, leaves));
        let over = bend((down, arrives), (right, bottom));
        format!("M{left} {top}{out}V{arrives}{over}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(stage: &str, below: Option<usize>, takes_from: &[usize]) -> Node {
        Node {
            name: "RUN make".to_owned(),
            stage: stage.to_owned(),
            fate: Fate::Runs,
            brief: String::new(),
            below,
            takes_from: takes_from.to_vec(),
            words: String::new(),
        }
    }

    fn drawn(nodes: &[Node]) -> String {
        graph(&Caption::default(), nodes, &Table::default()).into_string()
    }

    #[test]
    fn each_step_has_a_mark_and_each_need_a_line() {
        let nodes = [
            node("build", None, &[]),
            node("build", Some(0), &[]),
            node("", None, &[]),
            node("", Some(2), &[1]),
        ];
        let drawn = drawn(&nodes);
        assert_eq!(drawn.matches("data-mark").count(), 4);
        assert_eq!(drawn.matches("class=\"edge\"").count(), 2);
        assert_eq!(drawn.matches("class=\"edge taken\"").count(), 1);
    }

    #[test]
    fn a_line_goes_down_where_no_step_is() {
        // Where it is between leaving and arriving.
        let down = |nodes: &[Node], from, to| {
            let edge = Lanes::of(nodes).edge(from, to);
            let leaves = edge.split_once('V').map_or(edge.as_str(), |(leaves, _)| leaves);
            leaves.rsplit(' ').nth(1).and_then(|x| x.parse::<f64>().ok())
        };
        let [build, web] = ["build", "web"].map(|stage| node(stage, None, &[]));
        let own_is_free = [build.clone(), web.clone(), web.clone()];
        assert_eq!(down(&own_is_free, 0, 2), Some(11.0));
        let other_is_free = [build.clone(), build.clone(), web.clone()];
        assert_eq!(down(&other_is_free, 0, 2), Some(37.0));
        let none_is_free = [build.clone(), build, web.clone(), web];
        assert_eq!(down(&none_is_free, 0, 3), Some(24.0));
    }

    #[test]
    fn a_hundred_stages_leave_room_for_names() {
        let nodes: Vec<Node> = (0..100).map(|at| node(&at.to_string(), None, &[])).collect();
        assert!(Lanes::of(&nodes).width() < 160.0);
    }

    #[test]
    fn what_is_not_before_a_step_is_no_need_of_it() {
        assert!(!drawn(&[node("", Some(0), &[7])]).contains("class=\"edge"));
        assert!(drawn(&[]).contains("viewBox=\"0 0 22 0\""));
    }
}
