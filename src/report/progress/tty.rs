//! The live display.
//!
//! [`frame`] is the live part as a pure function of the steps and the time; indicatif draws it
//! over the one before. What is settled goes above it, once, and stays: a line for each step
//! that ran, the whole output of one that failed.

use std::collections::HashMap;
use std::io;
use std::time::SystemTime;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::steps::{Step, Steps};
use crate::Seconds;
use crate::engine::Event;
use crate::report::escape::{columns, fit, text};
use crate::report::{Capabilities, Role, units};

/// Running steps that are shown; the rest is counted.
const SHOWN: usize = 5;

/// Redraws in a second at most.
const DRAWS: u8 = 15;

pub(super) struct Tty {
    steps: Steps,
    expected: HashMap<String, Seconds>,
    capabilities: Capabilities,
    multi: MultiProgress,
    bar: ProgressBar,
    /// Whether the sum of reused steps stands above a failure already.
    is_summed: bool,
    has_failed: bool,
}

impl Tty {
    pub(super) fn new(
        term: Box<dyn TermLike>,
        capabilities: Capabilities,
        expected: HashMap<String, Seconds>,
    ) -> Self {
        let target = ProgressDrawTarget::term_like_with_hz(term, DRAWS);
        let multi = MultiProgress::with_draw_target(target);
        let bar = multi.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        // Names are escaped in the steps, so they are looked up escaped.
        let expected =
            expected.into_iter().map(|(name, time)| (text(&name).into_owned(), time)).collect();
        Self {
            steps: Steps::default(),
            expected,
            capabilities,
            multi,
            bar,
            is_summed: false,
            has_failed: false,
        }
    }

    pub(super) fn event(&mut self, event: &Event) -> io::Result<()> {
        let change = self.steps.event(event);
        if let Event::Warning { text: warning, line, .. } = event {
            let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
            let title = self.capabilities.paint(Role::Runs, "warning");
            self.multi.println(format!("{title}: {}{place}", text(warning)))?;
        }
        if let Some(failed) = &change.failed {
            let output = self.steps.failure(failed, self.capabilities.width);
            self.has_failed = true;
            // Nothing of less weight stands below a failure.
            self.sum_up()?;
            self.multi.println(output.trim_end())?;
        } else if change.ended
            && let Some(step) = change.step.as_ref().and_then(|id| self.steps.get(id))
            && let Some(line) = record(step, &self.expected, &self.capabilities)
            // What was stopped because another step failed says nothing of its own.
            && !(step.is_canceled && self.has_failed)
        {
            self.multi.println(line)?;
        }
        // Output may come in floods; it is drawn with the next tick.
        if let Event::Step(step) = event
            && let Some(now) = step.completed.or(step.started)
        {
            self.draw(now);
        }
        Ok(())
    }

    pub(super) fn draw(&mut self, now: SystemTime) {
        let lines = frame(&self.steps, &self.expected, &self.capabilities, now);
        self.bar.set_message(lines.join("\n"));
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.bar.finish_and_clear();
        self.sum_up()?;
        self.multi.clear()
    }

    fn sum_up(&mut self) -> io::Result<()> {
        if let Some(line) = reused(&self.steps, &self.capabilities)
            && !std::mem::replace(&mut self.is_summed, true)
        {
            self.multi.println(line)?;
        }
        Ok(())
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The live part: reused steps in one line, running ones with their last output.
pub(super) fn frame(
    steps: &Steps,
    expected: &HashMap<String, Seconds>,
    capabilities: &Capabilities,
    now: SystemTime,
) -> Vec<String> {
    let mut lines: Vec<String> = reused(steps, capabilities).into_iter().collect();
    let running: Vec<&Step> = steps.iter().filter(|step| step.is_running()).collect();
    let tail = match running.len() {
        0 | 1 => 4,
        2 | 3 => 2,
        _ => 1,
    };
    for step in running.iter().take(SHOWN) {
        let elapsed = step.elapsed(now);
        let time = match expected.get(&step.name) {
            Some(expected) if *expected > Seconds::ZERO => {
                format!("{} of {}", units::seconds(elapsed), units::seconds(*expected))
            }
            _ => units::seconds(elapsed),
        };
        lines.push(row('>', Role::Runs, &step.name, &time, capabilities));
        for (what, current, total) in step.transfers.iter().take(tail) {
            let bytes = if *total > 0 {
                format!("{} of {}", units::bytes(*current), units::bytes(*total))
            } else {
                units::bytes(*current)
            };
            lines.push(below(&format!("{what} {bytes}"), capabilities));
        }
        let unfinished = step.unfinished();
        let whole = tail - usize::from(unfinished.is_some());
        let first = step.output.len().saturating_sub(whole);
        let output = step.output.range(first..).map(|(_, line)| line);
        lines.extend(output.chain(&unfinished).map(|line| below(line, capabilities)));
    }
    if running.len() > SHOWN {
        lines.push(below(&format!("and {} more running", running.len() - SHOWN), capabilities));
    }
    lines
}

/// What stays of a step that ran to its end: nothing of the engine's own quick ones, nor of a
/// base image that was there.
fn record(
    step: &Step,
    expected: &HashMap<String, Seconds>,
    capabilities: &Capabilities,
) -> Option<String> {
    let elapsed = step.elapsed(step.completed?);
    let is_of_the_build = step.name.starts_with('[')
        && !step.name.starts_with("[internal]")
        && !step.name.contains("] FROM ");
    if step.is_canceled && is_of_the_build {
        let time = format!("cancelled after {}", units::seconds(elapsed));
        return Some(row('x', Role::Wrong, &step.name, &time, capabilities));
    }
    if step.cached || step.error.is_some() || (!is_of_the_build && elapsed.get() < 1.0) {
        return None;
    }
    let mut time = units::seconds(elapsed);
    // Only what surprises is worth a second number.
    if let Some(expected) = expected.get(&step.name)
        && elapsed.get() > 2.0 * expected.get() + 1.0
    {
        time = format!("{time}, expected {}", units::seconds(*expected));
    }
    Some(row('>', Role::Runs, &step.name, &time, capabilities))
}

fn reused(steps: &Steps, capabilities: &Capabilities) -> Option<String> {
    let is_reused = |step: &&Step| step.cached && step.completed.is_some();
    let count = steps.iter().filter(is_reused).count() as u64;
    let counted = units::counted(count, "step reused", "steps reused");
    (count > 0).then(|| row('=', Role::Cached, &counted, "", capabilities))
}

/// A marked line with its time at the right edge. One column stays free: a full line would
/// make some terminals wrap.
fn row(mark: char, role: Role, name: &str, time: &str, capabilities: &Capabilities) -> String {
    let room = capabilities.width.saturating_sub(6);
    let time_room = if time.is_empty() { 0 } else { columns(time) + 2 };
    let name = fit(name, room.saturating_sub(time_room));
    let blanks = room.saturating_sub(columns(&name) + columns(time));
    let mark = capabilities.paint(role, &mark.to_string());
    let time = capabilities.paint(Role::Quiet, time);
    format!("  {mark}  {name}{}{time}", " ".repeat(blanks)).trim_end().to_owned()
}

fn below(line: &str, capabilities: &Capabilities) -> String {
    let line = fit(line, capabilities.width.saturating_sub(8));
    format!("     {}", capabilities.paint(Role::Quiet, &format!("│ {line}")))
}
