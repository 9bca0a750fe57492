//! What has become of each step so far, and its output in lines.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

use crate::Seconds;
use crate::engine::{Event, LogStream, StepId, StepUpdate};
use crate::report::escape;
use crate::report::failure::without_command;

/// Lines of one step's output that are kept for the case that it fails. The engine cuts a step's
/// output at 2 MiB, so only one of very short lines has more: its beginning is forgotten, as the
/// end says why it failed.
const KEPT_LINES: usize = 200_000;

/// A line that does not end is shown in pieces of this many bytes.
const LONGEST_LINE: usize = 32 * 1024;

/// One step.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) started: Option<SystemTime>,
    pub(super) completed: Option<SystemTime>,
    pub(super) cached: bool,
    pub(super) error: Option<String>,
    /// Whether it was stopped, because another step failed or the user wished it.
    pub(super) is_canceled: bool,
    /// Safe lines with the seconds since the step's start.
    pub(super) output: VecDeque<(Seconds, String)>,
    /// How many lines are no longer in `output`.
    pub(super) forgotten: usize,
    /// Transfers that are under way: what, bytes so far, bytes in all.
    pub(super) transfers: Vec<(String, u64, u64)>,
    unfinished: HashMap<LogStream, (Seconds, Vec<u8>)>,
}

impl Step {
    pub(super) const fn is_running(&self) -> bool {
        self.started.is_some() && self.completed.is_none()
    }

    /// From its start to its end, or to `now` while it runs.
    pub(super) fn elapsed(&self, now: SystemTime) -> Seconds {
        let end = self.completed.unwrap_or(now);
        self.started
            .and_then(|started| end.duration_since(started).ok())
            .map_or(Seconds::ZERO, Seconds::from)
    }

    fn push(&mut self, at: Seconds, line: String) {
        if self.output.len() == KEPT_LINES {
            self.output.pop_front();
            self.forgotten += 1;
        }
        self.output.push_back((at, line));
    }

    /// Cuts what was written into lines; says how many there are now more.
    fn write(&mut self, stream: LogStream, bytes: &[u8], at: Seconds) -> usize {
        let (_, mut pending) = self.unfinished.remove(&stream).unwrap_or_default();
        pending.extend_from_slice(bytes);
        let mut lines = 0;
        let mut rest: &[u8] = &pending;
        loop {
            let (line, after) = match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => (&rest[..end], &rest[end + 1..]),
                None if rest.len() >= LONGEST_LINE => rest.split_at(LONGEST_LINE),
                None => break,
            };
            let line = escape::output(line);
            self.push(at, line);
            lines += 1;
            rest = after;
        }
        if !rest.is_empty() {
            self.unfinished.insert(stream, (at, rest.to_vec()));
        }
        lines
    }

    /// What was written last without a line end, such as a bar that is written over and over.
    pub(super) fn unfinished(&self) -> Option<String> {
        let latest = self.unfinished.values().max_by(|a, b| a.0.get().total_cmp(&b.0.get()));
        latest.map(|(_, bytes)| escape::output(bytes)).filter(|line| !line.is_empty())
    }

    /// Takes what was written without a line end as a line.
    fn flush(&mut self) -> usize {
        let mut rest: Vec<_> = std::mem::take(&mut self.unfinished).into_values().collect();
        rest.sort_by(|a, b| a.0.get().total_cmp(&b.0.get()));
        let lines = rest.len();
        for (at, bytes) in rest {
            let line = escape::output(&bytes);
            self.push(at, line);
        }
        lines
    }
}

/// What an event changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// The step that it was about.
    pub(super) step: Option<StepId>,
    /// How many lines of output there are more.
    pub(super) lines: usize,
    /// Whether it started just now, or ended without having started.
    pub(super) begun: bool,
    /// Whether it ended just now.
    pub(super) ended: bool,
    /// The step, if it failed just now.
    pub(super) failed: Option<StepId>,
    /// A transfer that ended just now: what and its bytes.
    pub(super) transferred: Option<(String, u64)>,
}

/// All steps of a build, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Steps {
    order: Vec<StepId>,
    by_id: HashMap<StepId, Step>,
    transferred: std::collections::HashSet<(StepId, String)>,
}

impl Steps {
    pub(super) fn get(&self, id: &StepId) -> Option<&Step> {
        self.by_id.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Takes an event in.
    pub(super) fn event(&mut self, event: &Event) -> Change {
        match event {
            Event::Step(update) => self.update(update),
            Event::Log { step, stream, bytes, at } => {
                let entry = self.entry(step);
                let at = entry
                    .started
                    .and_then(|started| at.duration_since(started).ok())
                    .map_or(Seconds::ZERO, Seconds::from);
                let lines = entry.write(*stream, bytes, at);
                Change { step: Some(step.clone()), lines, ..Change::default() }
            }
            Event::Transfer { step, id, current, total, completed, .. } => {
                self.transfer(step, id, *current, *total, completed.is_some())
            }
            Event::Warning { .. } => Change::default(),
        }
    }

    fn entry(&mut self, id: &StepId) -> &mut Step {
        if !self.by_id.contains_key(id) {
            self.order.push(id.clone());
        }
        self.by_id.entry(id.clone()).or_default()
    }

    fn update(&mut self, update: &StepUpdate) -> Change {
        let step = self.entry(&update.id);
        let was_seen = step.started.is_some() || step.completed.is_some();
        let was_done = step.completed.is_some();
        step.name = escape::text(&update.name).into_owned();
        step.started = update.started.or(step.started);
        // A step may start anew; then it is running again.
        step.completed = update.completed;
        step.cached = update.cached;
        let had_error = step.error.is_some();
        step.error.clone_from(&update.error);
        step.is_canceled = update.is_canceled();
        let is_done = step.completed.is_some() || (step.error.is_some() && !had_error);
        let ended = is_done && !was_done;
        let lines = if ended { step.flush() } else { 0 };
        if ended {
            step.transfers.clear();
        }
        // What was stopped because another step failed says nothing of its own.
        let failed = step.error.is_some() && !had_error && !step.is_canceled;
        let failed = failed.then(|| update.id.clone());
        let begun = !was_seen && (step.started.is_some() || ended);
        Change { step: Some(update.id.clone()), lines, begun, ended, failed, transferred: None }
    }

    fn transfer(
        &mut self,
        id: &StepId,
        what: &str,
        current: u64,
        total: u64,
        done: bool,
    ) -> Change {
        let what = escape::text(what).into_owned();
        let is_new = !done || self.transferred.insert((id.clone(), what.clone()));
        let step = self.entry(id);
        step.transfers.retain(|(other, ..)| *other != what);
        if !done {
            step.transfers.push((what.clone(), current, total));
        }
        let transferred = (done && is_new).then_some((what, current));
        Change { step: Some(id.clone()), transferred, ..Change::default() }
    }

    /// The whole output of a step that failed, and why it did. Where its command failed, the last
    /// word on the build says with which code. The name is cut at `width`.
    pub(super) fn failure(&self, id: &StepId, width: usize) -> String {
        let Some(step) = self.by_id.get(id) else { return String::new() };
        let name = escape::fit(&step.name, width.saturating_sub(4));
        let mut out = format!("------\n > {name}:\n");
        if step.forgotten > 0 {
            push!(out, "… {} lines before these …\n", step.forgotten);
        }
        for (at, line) in &step.output {
            push!(out, "{:.3} {line}\n", at.get());
        }
        let error = step.error.as_deref().unwrap_or("failed");
        if without_command(error).len() == error.len() {
            for (place, line) in error.lines().enumerate() {
                let title = if place == 0 { "ERROR: " } else { "" };
                push!(out, "{title}{}\n", escape::text(line));
            }
        }
        out.push_str("------\n");
        out
    }
}
