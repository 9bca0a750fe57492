//! `docker build --progress=plain`: lines that are never rewritten, for logs.

use std::collections::HashMap;
use std::io::{self, Write};

use super::steps::{Change, Steps};
use crate::engine::{Event, StepId};
use crate::report::failure::without_command;
use crate::report::{escape, units};

/// What docker says of a command that failed; scripts look for it in logs.
const NOT_COMPLETE: &str = "process did not complete successfully: ";

/// The state of the lines written so far.
#[derive(Debug, Default)]
pub(super) struct Plain {
    steps: Steps,
    numbers: HashMap<StepId, usize>,
    /// The step that the last lines were about, until its end is written.
    current: Option<StepId>,
    /// Whether that step has ended. The engine often ends a step and goes on with it at once,
    /// so the end is written when another step speaks.
    is_ended: bool,
}

impl Plain {
    pub(super) fn event(&mut self, event: &Event, writer: &mut impl Write) -> io::Result<()> {
        let change = self.steps.event(event);
        let mut out = String::new();
        if let Event::Warning { text, line, .. } = event {
            self.push_end(&mut out);
            push!(out, "WARN: {}", escape::text(text));
            if let Some(line) = line {
                push!(out, " (line {line})");
            }
            out.push('\n');
        }
        if let Some(id) = &change.step {
            self.push(&mut out, id, &change);
        }
        writer.write_all(out.as_bytes())?;
        writer.flush()
    }

    /// Writes what was held back.
    pub(super) fn finish(&mut self, writer: &mut impl Write) -> io::Result<()> {
        let mut out = String::new();
        self.push_end(&mut out);
        writer.write_all(out.as_bytes())?;
        writer.flush()
    }

    fn push(&mut self, out: &mut String, id: &StepId, change: &Change) {
        let says_something =
            change.begun || change.ended || change.lines > 0 || change.transferred.is_some();
        if !says_something {
            return;
        }
        let number = self.focus(out, id);
        let Some(step) = self.steps.get(id) else { return };
        let new = step.output.len().saturating_sub(change.lines);
        for (at, line) in step.output.range(new..) {
            push!(out, "#{number} {:.3} {line}\n", at.get());
        }
        if let Some((what, bytes)) = &change.transferred {
            push!(out, "#{number} {what} {} done\n", units::bytes(*bytes));
        }
        self.is_ended = change.ended || (self.is_ended && !change.begun);
        if step.error.is_some() {
            self.push_end(out);
        }
    }

    /// The end of the step that was spoken of last, if it has ended.
    fn push_end(&mut self, out: &mut String) {
        if !std::mem::take(&mut self.is_ended) {
            return;
        }
        let Some(id) = self.current.take() else { return };
        let (Some(number), Some(step)) = (self.numbers.get(&id), self.steps.get(&id)) else {
            return;
        };
        match &step.error {
            Some(_) if step.is_canceled => push!(out, "#{number} CANCELED\n"),
            Some(error) => {
                let brief = without_command(error);
                let what = if brief.len() < error.len() { NOT_COMPLETE } else { "" };
                push!(out, "#{number} ERROR: {what}{}\n", escape::text(brief));
            }
            None if step.cached => push!(out, "#{number} CACHED\n"),
            None => {
                let seconds = step.completed.map_or(0.0, |end| step.elapsed(end).get());
                push!(out, "#{number} DONE {seconds:.1}s\n");
            }
        }
    }

    /// Says which step the next lines are about, where that is another one than before.
    fn focus(&mut self, out: &mut String, id: &StepId) -> usize {
        let is_first = self.numbers.is_empty();
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(id.clone()).or_insert(next);
        if self.current.as_ref() == Some(id) {
            return number;
        }
        self.push_end(out);
        if let Some(left) = self.current.as_ref().and_then(|left| self.numbers.get(left)) {
            push!(out, "#{left} ...\n");
        }
        if !is_first {
            out.push('\n');
        }
        let name = self.steps.get(id).map_or("", |step| step.name.as_str());
        push!(out, "#{number} {name}\n");
        self.current = Some(id.clone());
        number
    }
}
