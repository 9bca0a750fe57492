//! From when to when something went on.

use serde::{Deserialize, Serialize};

use crate::Seconds;

/// A part of the time of a build, in seconds since the engine began with that build: the clock of
/// an engine is not ours. It never ends before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Ends")]
pub struct Span {
    start: Seconds,
    end: Seconds,
}

/// Both ends as they are told.
#[derive(Deserialize)]
struct Ends {
    start: Seconds,
    end: Seconds,
}

impl Span {
    /// From `start` to `end`, or to `start` where `end` lies before it.
    pub fn new(start: Seconds, end: Seconds) -> Self {
        // What comes from a file may be anything.
        let [start, end] = [start, end].map(|it| Seconds::new(it.get()));
        Self { start, end: end.max(start) }
    }

    /// When it starts.
    pub const fn start(self) -> Seconds {
        self.start
    }

    /// When it ends.
    pub const fn end(self) -> Seconds {
        self.end
    }

    /// How long it is.
    pub fn length(self) -> Seconds {
        self.end.saturating_sub(self.start)
    }
}

impl From<Ends> for Span {
    fn from(Ends { start, end }: Ends) -> Self {
        Self::new(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_ends_before_it_starts() {
        let span = Span::new(Seconds::new(3.0), Seconds::new(1.0));
        assert_eq!((span.start(), span.length()), (Seconds::new(3.0), Seconds::ZERO));
        let read: Span = serde_json::from_str(r#"{"start": 2.0, "end": -7.0}"#).unwrap();
        assert_eq!(read, Span::new(Seconds::new(2.0), Seconds::new(2.0)));
    }
}
