//! What becomes of a step or a build, as it is shown.

use crate::predict::Verdict;

/// What becomes of a step, or became of a build. Its colour is never all that tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Reused.
    Reused,
    /// It runs.
    Runs,
    /// Another step's output decides.
    Open,
    /// Nobody can tell.
    Unknown,
    /// It failed.
    Failed,
}

impl Fate {
    /// All of them, in the order of a legend.
    pub(super) const ALL: [Self; 5] =
        [Self::Reused, Self::Runs, Self::Open, Self::Unknown, Self::Failed];

    /// The one that a verdict foretells.
    pub const fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Cached => Self::Reused,
            Verdict::Rebuild(_) => Self::Runs,
            Verdict::Depends { .. } => Self::Open,
            Verdict::Unknown(_) => Self::Unknown,
        }
    }

    /// The sign that it has at a terminal too.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Reused => "=",
            Self::Runs => ">",
            Self::Open => "~",
            Self::Unknown => "?",
            Self::Failed => "!",
        }
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reused => "reused",
            Self::Runs => "runs",
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }
}
