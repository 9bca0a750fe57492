//! Why a cost is not accepted.

use super::{Denied, SetBy};
use crate::Seconds;
use crate::impact::{Place, Problem};
use crate::predict::CauseKind;

/// One limit that one image breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The image, by name.
    pub image: String,
    /// Who set the limit.
    pub set_by: SetBy,
    /// Which limit, and by what.
    pub broken: Broken,
}

/// A limit and what is beyond it.
#[derive(Debug, Clone, PartialEq)]
pub enum Broken {
    /// The next build takes too long.
    Seconds {
        /// What it takes for steps that are lost.
        lost: Seconds,
        /// What it may take.
        allowed: Seconds,
        /// Whether that was measured.
        is_measured: bool,
    },
    /// Too many steps run again.
    Steps {
        /// How many do.
        lost: usize,
        /// How many may.
        allowed: usize,
    },
    /// Too many bytes are added.
    Growth {
        /// How many are.
        added: u64,
        /// Whether there is more of which nobody knows how much it is.
        is_least: bool,
        /// How many may be.
        allowed: u64,
    },
    /// Nobody knows how many are.
    GrowthUnknown {
        /// The instruction that brings them.
        instruction: String,
        /// Where that stands.
        place: Place,
        /// How many may be.
        allowed: u64,
    },
    /// Steps are lost for what is denied.
    Cause {
        /// The kind.
        denied: Denied,
        /// The cause itself.
        cause: CauseKind,
        /// The place at fault.
        place: Option<Place>,
        /// How many steps run again for it for certain.
        steps: usize,
        /// How many may.
        open: usize,
    },
    /// A step that installs packages is lost.
    Install {
        /// Its instruction.
        instruction: String,
        /// Where that stands.
        place: Place,
        /// What it is lost for, where that is known.
        cause: Option<CauseKind>,
        /// Whether it runs only if what another stage leaves is not as it was.
        is_open: bool,
    },
    /// The image is left out by wish, and has limits of its own.
    Excluded,
    /// Nobody knows whether a limit is broken.
    NotCompared {
        /// Why.
        problem: Problem,
    },
}
