//! The chain of reasons for one step, down to its root.

use std::collections::BTreeMap;

use super::cause;
use super::clock::Clock;
use super::escape::{columns, fit, folded, text, wrapped};
use super::evidence::{self, FileStory};
use super::failure::excerpt;
use super::style::{Capabilities, Role};
use super::units;
use crate::Seconds;
use crate::plan::StepIndex;
use crate::predict::{Forecast, StepForecast, StepHistory, Strikes, Verdict};

/// Lines that one value or one line of evidence may take.
const LONGEST: usize = 6;

/// Everything that is said of one step.
#[derive(Debug)]
pub struct WhyView<'a> {
    /// The forecast that the step is in.
    pub forecast: &'a Forecast,
    /// Which step.
    pub step: StepIndex,
    /// The Dockerfile's name.
    pub dockerfile: &'a str,
    /// The Dockerfile's text.
    pub source: &'a str,
    /// When past builds reused and ran it.
    pub history: StepHistory,
    /// How often the reason at the root has made it run.
    pub strikes: Option<Strikes>,
    /// What is known of the files at the root, and of the Dockerfile where its text is the reason,
    /// by path.
    pub files: BTreeMap<String, FileStory>,
    /// What time it is.
    pub clock: Clock,
}

/// Every reason from the step down to the one that started it: the step with its lines of the
/// Dockerfile, what stands between, and the root with its evidence, values in full.
///
/// Ends with a line end; empty where there is no such step.
pub fn why(view: &WhyView<'_>, capabilities: &Capabilities) -> String {
    let mut page = Page { out: String::new(), capabilities };
    let chain = cause::chain(view.forecast, view.step);
    for (depth, index) in chain.iter().enumerate() {
        let Some(link) = view.forecast.steps.get(index.0) else { break };
        let is_root = depth + 1 == chain.len();
        let because = match (depth, is_root) {
            (0, _) => "",
            (_, true) => "because of ",
            (_, false) => "after ",
        };
        page.head(because, link);
        if depth == 0 || is_root {
            page.line(Role::of_verdict(&link.verdict), &verdict(view, *index, link));
            page.excerpt(view, link);
        }
        if depth == 0 {
            page.history(view, link);
        }
        // An image of the same layers is reused, and what it gives otherwise is told above it.
        let above = depth.checked_sub(1).and_then(|above| chain.get(above));
        let above = above.and_then(|above| view.forecast.steps.get(above.0)?.verdict.cause());
        if is_root && let Some(cause) = link.verdict.cause().or(above) {
            for (role, line) in evidence::lines(view, *index, cause) {
                page.line(role, &line);
            }
        }
    }
    if let Some(strikes) = &view.strikes {
        let line = evidence::strikes(strikes, view.forecast.steps.get(view.step.0));
        page.line(Role::Plain, &line);
    }
    page.out
}

impl Role {
    /// Only good news has a colour: yellow words cannot be read on a light background.
    const fn of_verdict(verdict: &Verdict) -> Self {
        if matches!(verdict, Verdict::Cached) { Self::Cached } else { Self::Plain }
    }
}

/// What becomes of the step, in a sentence.
fn verdict(view: &WhyView<'_>, index: StepIndex, link: &StepForecast) -> String {
    let takes = |what: String, verb: &str| {
        if units::is_worth_saying(link.seconds) {
            format!("{what}, {verb} {}", units::seconds(link.seconds))
        } else {
            what
        }
    };
    let inherited = link.verdict.cause().filter(|cause| cause::is_inherited(cause));
    let inherited = inherited.map(|cause| cause::brief(view.forecast, index, cause));
    let with_reason = |what: &str| match &inherited {
        Some(reason) => format!("{what} {reason}"),
        None => what.to_owned(),
    };
    match &link.verdict {
        Verdict::Cached => {
            takes("is reused: the engine has it, and nothing that decides differs".into(), "saves")
        }
        Verdict::Rebuild(_) => takes(with_reason("runs again"), "about"),
        Verdict::Depends { probability, .. } => {
            let percent = probability.get() * 100.0;
            let reason = inherited.as_deref().unwrap_or("output of another stage");
            takes(format!("runs again if it differs: {reason} ({percent:.0} %)"), "about")
        }
        Verdict::Unknown(_) => with_reason("nobody can tell before the build"),
    }
}

/// The text, as it grows.
struct Page<'a> {
    out: String,
    capabilities: &'a Capabilities,
}

impl Page<'_> {
    fn head(&mut self, because: &str, link: &StepForecast) {
        let step = &link.step;
        let place = if step.last_line > step.line {
            format!("lines {}-{}", step.line, step.last_line)
        } else {
            format!("line {}", step.line)
        };
        let used = because.len() + place.len() + 2;
        let name = text(&step.name);
        let name = fit(&name, self.capabilities.width.saturating_sub(used));
        let blanks = self.capabilities.width.saturating_sub(used + columns(&name)) + 2;
        push!(
            self.out,
            "{because}{}{}{}\n",
            self.capabilities.paint(Role::Title, &name),
            " ".repeat(blanks),
            self.capabilities.paint(Role::Quiet, &place)
        );
    }

    /// A safe line, on as many lines as it needs; what goes on stands further in. A sentence is
    /// broken between words, a value wherever a line is full, for its blanks count.
    fn line(&mut self, role: Role, line: &str) {
        let indent = 2 + line.len() - line.trim_start().len();
        let room = self.capabilities.width.saturating_sub(indent + 2).max(8);
        let line = line.trim_start();
        let is_value = matches!(role, Role::Removed | Role::Added);
        let parts = if is_value { vec![line.to_owned()] } else { wrapped(line, room) };
        let parts = parts.iter().flat_map(|part| folded(part, room, LONGEST));
        for (number, part) in parts.take(LONGEST).enumerate() {
            let indent = if number == 0 { indent } else { indent + 2 };
            let part = self.capabilities.paint(role, part.trim_end());
            push!(self.out, "{:indent$}{part}\n", "");
        }
    }

    fn excerpt(&mut self, view: &WhyView<'_>, link: &StepForecast) {
        let lines = (link.step.line, link.step.last_line);
        let room = Capabilities {
            width: self.capabilities.width.saturating_sub(2),
            interactive: true,
            ..*self.capabilities
        };
        for line in excerpt(view.dockerfile, view.source, lines, &room) {
            push!(self.out, "  {}\n", self.capabilities.paint(Role::Quiet, line.trim_end()));
        }
    }

    fn history(&mut self, view: &WhyView<'_>, link: &StepForecast) {
        if matches!(link.verdict, Verdict::Cached) {
            self.line(Role::Plain, &evidence::decides(view.forecast, &link.step));
        }
        if let Some(time) = view.history.last_reused {
            self.line(Role::Plain, &format!("last reused {}", view.clock.moment(time)));
        }
        if let Some((time, seconds)) = view.history.last_ran {
            let took = seconds.filter(|seconds| *seconds > Seconds::ZERO);
            let took = took.map(|seconds| format!(", in {}", units::seconds(seconds)));
            let time = view.clock.moment(time);
            self.line(Role::Plain, &format!("last ran {time}{}", took.unwrap_or_default()));
        }
    }
}
