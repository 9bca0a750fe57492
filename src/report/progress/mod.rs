//! The build while it runs, from the engine's events.
//!
//! A [`Display`] is given every [`Event`], and a [`Display::tick`] some ten times a second so
//! that a live display's clocks and output go on. It writes only into the writer it was made with.
//!
//! | mode | shows |
//! | --- | --- |
//! | tty | a line for each running step with its time against the expected one and its last output; what ran stays as one line each, what was reused as one line in all |
//! | plain | a line for each start, line of output and end, in `docker build`'s form |
//! | rawjson | a line for each event, in `docker build`'s form |
//! | quiet | nothing but the whole output of a step that failed |

mod plain;
mod rawjson;
mod steps;
mod terminal;
#[cfg(test)]
mod tests;
mod tty;

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::SystemTime;

use super::Capabilities;
use crate::Seconds;
use crate::engine::Event;
use plain::Plain;
use steps::Steps;
use terminal::WriterTerm;
use tty::Tty;

/// How a build is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Live where lines can be rewritten, else plain.
    #[default]
    Auto,
    /// A line for each thing that happens.
    Plain,
    /// Live.
    Tty,
    /// Only what failed.
    Quiet,
    /// A JSON object for each thing that happens.
    RawJson,
}

/// Shows one build.
pub struct Display(Kind);

enum Kind {
    Plain(Plain, Box<dyn Write + Send>),
    Tty(Box<Tty>),
    Quiet(Steps, usize, Box<dyn Write + Send>),
    RawJson(Box<dyn Write + Send>),
}

impl Display {
    /// A display that writes into `writer`, whose abilities are `capabilities`.
    ///
    /// `expected` has the seconds that a step of that name is expected to take, where known.
    pub fn new(
        mode: Mode,
        capabilities: &Capabilities,
        expected: HashMap<String, Seconds>,
        writer: Box<dyn Write + Send>,
    ) -> Self {
        Self(match mode {
            Mode::Quiet => Kind::Quiet(Steps::default(), capabilities.width, writer),
            Mode::RawJson => Kind::RawJson(writer),
            Mode::Auto if !capabilities.interactive => Kind::Plain(Plain::default(), writer),
            Mode::Plain => Kind::Plain(Plain::default(), writer),
            Mode::Auto | Mode::Tty => {
                let term = Box::new(WriterTerm::new(writer, capabilities.width));
                Kind::Tty(Box::new(Tty::new(term, *capabilities, expected)))
            }
        })
    }

    /// Shows what happened.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        match &mut self.0 {
            Kind::Plain(plain, writer) => plain.event(event, writer),
            Kind::Tty(tty) => tty.event(event),
            Kind::Quiet(steps, width, writer) => {
                if let Some(failed) = steps.event(event).failed {
                    writer.write_all(steps.failure(&failed, *width).as_bytes())?;
                    writer.flush()?;
                }
                Ok(())
            }
            Kind::RawJson(writer) => {
                writer.write_all(rawjson::line(event).as_bytes())?;
                writer.flush()
            }
        }
    }

    /// Draws a live display as of `now`, by the clock of the engine's events; nothing for the
    /// others.
    pub fn tick(&mut self, now: SystemTime) {
        if let Kind::Tty(tty) = &mut self.0 {
            tty.draw(now);
        }
    }

    /// Clears what is live and leaves the record of what ran. A display that is dropped
    /// without this clears too.
    pub fn finish(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Tty(tty) => tty.finish(),
            Kind::Plain(plain, writer) => plain.finish(writer),
            Kind::Quiet(_, _, writer) | Kind::RawJson(writer) => writer.flush(),
        }
    }
}
