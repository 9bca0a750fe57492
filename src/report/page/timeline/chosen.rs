//! The timelines of many builds: the first is shown, the others are there to be chosen.
//!
//! They need no script: each is folded under its title, which the keyboard reaches. With the
//! script, a mark of another chart that names one opens it.

use maud::{Markup, html};

use super::measured::{TimedStep, bars, word};
use super::{MARKED, table};
use crate::Seconds;
use crate::report::page::bars::{Bar, rows};
use crate::report::page::chart::{Caption, figure};
use crate::report::page::graph::{Node, drawing};
use crate::report::page::{Fate, Table};
use crate::report::units;

/// So many bars and steps are drawn, those of the first builds: a page with more grows slow.
const MARKS: usize = 1500;

/// A build that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedBuild {
    /// What no other element of the page is called.
    pub id: String,
    /// What it is, in a few words.
    pub title: String,
    /// How long it took in all.
    pub seconds: Seconds,
    /// Its steps in the plan's order.
    pub steps: Vec<TimedStep>,
    /// The same steps as a graph with what was foretold of each; none where nothing was.
    pub nodes: Vec<Node>,
}

/// The timelines of builds, as many as can be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timelines {
    drawn: Vec<Drawn>,
    /// Builds of which is not known when their steps began.
    untold: usize,
    /// Builds that are left out, as there are too many.
    left: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    id: String,
    title: String,
    says: String,
    bars: Vec<Bar>,
    nodes: Vec<Node>,
}

impl Timelines {
    /// Of these builds, that which is shown first.
    pub fn of(builds: impl IntoIterator<Item = TimedBuild>) -> Self {
        let mut timelines = Self::default();
        let mut room = MARKS;
        for build in builds {
            let bars = bars(&build.steps);
            let marks = bars.len() + build.nodes.len();
            if marks == 0 {
                timelines.untold += 1;
            } else if timelines.left > 0 || (marks > room && !timelines.drawn.is_empty()) {
                timelines.left += 1;
            } else {
                room = room.saturating_sub(marks);
                timelines.drawn.push(Drawn {
                    says: says(&build, &bars),
                    id: build.id,
                    title: build.title,
                    bars,
                    nodes: build.nodes,
                });
            }
        }
        timelines
    }

    /// The build of this id, where its timeline is drawn.
    pub fn link(&self, id: String) -> Option<String> {
        self.drawn.iter().any(|drawn| drawn.id == id).then_some(id)
    }

    /// All of them under a heading; `untold` says why there are builds that have none.
    pub fn markup(&self, heading: &str, untold: fn(u64) -> String) -> Option<Markup> {
        if self.drawn.is_empty() && self.untold == 0 {
            return None;
        }
        let (first, more) = self.drawn.split_at(self.drawn.len().min(1));
        Some(html! {
            section {
                h2 { (heading) }
                @if self.drawn.iter().any(|drawn| !drawn.bars.is_empty()) {
                    p class="note" { "When each step began and ended, by the engine's clock. " (MARKED) }
                }
                @for drawn in first { (drawn.folded(true)) }
                @if !more.is_empty() {
                    details class="fold" {
                        summary { (units::counted(more.len() as u64, "more build", "more builds")) }
                        @for drawn in more { (drawn.folded(false)) }
                    }
                }
                @if self.left > 0 {
                    p class="note" {
                        (units::counted(self.left as u64, "more build is", "more builds are")) " not drawn."
                    }
                }
                @if self.untold > 0 { p class="note" { (untold(self.untold as u64)) } }
            }
        })
    }
}

impl Drawn {
    fn folded(&self, is_open: bool) -> Markup {
        let fates: Vec<Fate> = self.bars.iter().filter_map(|bar| bar.fate).collect();
        let caption = Caption { title: &self.title, says: &self.says };
        let table = table(&self.bars, "Became", word);
        html! {
            details class="fold" id=(self.id) open[is_open] {
                summary { (self.title) }
                @if !self.bars.is_empty() {
                    (figure(&caption, &fates, word, &rows(&self.bars), &table))
                }
                @if !self.nodes.is_empty() { (self.graph()) }
            }
        }
    }

    /// The steps as they were foretold.
    fn graph(&self) -> Markup {
        let title = format!("Steps of {}", self.title);
        let says = "What was foretold of each step, under the one that it stands on; a broken line \
                    leads to what takes files from it.";
        let fates: Vec<Fate> = self.nodes.iter().map(|node| node.fate).collect();
        let row =
            |node: &Node| vec![node.name.clone(), node.fate.word().to_owned(), node.brief.clone()];
        let table = Table {
            headings: vec!["Step", "Verdict", "Cause"],
            rows: self.nodes.iter().map(row).collect(),
        };
        figure(&Caption { title: &title, says }, &fates, Fate::word, &drawing(&self.nodes), &table)
    }
}

/// `41 s in all, 38 s of it on the critical path; 2 steps were not needed or not reached.`
fn says(build: &TimedBuild, bars: &[Bar]) -> String {
    let path = bars.iter().filter(|bar| bar.is_critical).map(|bar| bar.took).sum();
    let worked: Seconds = bars.iter().map(|bar| bar.took).sum();
    let mut says = format!("{} in all, ", units::seconds(build.seconds));
    if path > Seconds::ZERO {
        push!(says, "{} of it on the critical path", units::seconds(path));
    } else if worked > Seconds::ZERO {
        let worked = units::seconds(worked);
        push!(says, "{worked} of it in steps, too little to mark a critical path");
    } else {
        says.push_str("without a step that took time");
    }
    let of = |is_it: fn(&&TimedStep) -> bool| build.steps.iter().filter(is_it).count() as u64;
    // Of what nobody asked for an engine tells as little as of what it did not come to.
    let silent = of(|step| step.fate.is_none());
    if silent > 0 {
        push!(
            says,
            "; {} not needed or not reached",
            units::counted(silent, "step was", "steps were")
        );
    }
    let untold = of(|step| step.fate.is_some() && step.span.is_none());
    if untold > 0 {
        push!(says, "; of {} is not known when", units::counted(untold, "step", "steps"));
    }
    says.push('.');
    says
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;
    use crate::plan::StepIndex;

    fn step(fate: Option<Fate>, ends: Option<(f64, f64)>, needs: &[usize]) -> TimedStep {
        TimedStep {
            name: "RUN make".to_owned(),
            fate,
            seconds: None,
            span: ends.map(|(start, end)| Span::new(Seconds::new(start), Seconds::new(end))),
            needs: needs.iter().copied().map(StepIndex).collect(),
        }
    }

    fn build(id: usize, steps: Vec<TimedStep>) -> TimedBuild {
        let (id, title) = (format!("build-{id}"), format!("the build {id}"));
        TimedBuild { id, title, seconds: Seconds::new(9.0), steps, nodes: Vec::new() }
    }

    fn drawn(timelines: &Timelines) -> String {
        let untold = |count| format!("{count} have none.");
        timelines.markup("Timelines", untold).map(Markup::into_string).unwrap_or_default()
    }

    #[test]
    fn the_first_is_open_and_the_others_can_be_chosen() {
        let runs = || step(Some(Fate::Runs), Some((1.0, 4.0)), &[]);
        let cut = || vec![runs(), step(None, None, &[0]), step(Some(Fate::Runs), None, &[])];
        let timelines = Timelines::of([
            build(0, cut()),
            build(1, vec![runs(), step(Some(Fate::Reused), Some((0.0, 0.0)), &[])]),
            build(2, vec![step(Some(Fate::Runs), None, &[])]),
            build(3, Vec::new()),
        ]);
        let page = drawn(&timelines);
        assert_eq!(page.matches("<figure").count(), 2);
        assert_eq!(page.matches(" data-mark").count(), 3);
        assert_eq!(page.matches(" open>").count(), 1);
        assert!(page.contains("<details class=\"fold\" id=\"build-0\" open>"), "{page}");
        assert!(page.contains("<summary>1 more build</summary>"), "{page}");
        assert!(page.contains("2 have none."), "{page}");
        let says = "9.0 s in all, 3.0 s of it on the critical path; 1 step was not needed or not reached; of 1 step is \
                    not known when.";
        assert!(page.contains(says), "{page}");
        assert_eq!(timelines.link("build-1".to_owned()).as_deref(), Some("build-1"));
        assert_eq!(timelines.link("build-2".to_owned()), None);
    }

    #[test]
    fn a_page_has_no_more_bars_than_can_be_read() {
        let steps = || vec![step(Some(Fate::Runs), Some((0.0, 1.0)), &[]); 600];
        let timelines = Timelines::of((0..5).map(|id| build(id, steps())));
        let page = drawn(&timelines);
        assert_eq!(page.matches(" data-mark").count(), 1200);
        assert!(page.contains("3 more builds are not drawn."), "{page}");
        let one =
            Timelines::of([build(0, vec![step(Some(Fate::Runs), Some((0.0, 1.0)), &[]); 2000])]);
        assert_eq!(drawn(&one).matches(" data-mark").count(), 2000, "one is there in any case");
    }

    #[test]
    fn without_a_build_there_is_nothing() {
        assert_eq!(drawn(&Timelines::of([])), "");
        let reused = [build(0, vec![step(Some(Fate::Reused), Some((0.0, 0.0)), &[])])];
        assert!(
            drawn(&Timelines::of(reused)).contains("9.0 s in all, without a step that took time.")
        );
        let short = [build(0, vec![step(Some(Fate::Runs), Some((1.0, 1.04)), &[])])];
        let says = "9.0 s in all, 0.04 s of it in steps, too little to mark a critical path.";
        assert!(drawn(&Timelines::of(short)).contains(says));
    }
}
