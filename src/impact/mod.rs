//! The impact of a change: what it takes from the build cache of every image of a repository.
//!
//! In: two trees of one repository and the images that each names. Out: an [`Impact`]: for each
//! image whose plan differs the steps that run again, the root cause of each with its file and
//! lines, and the seconds; the images that are new or gone; and how many are as they were. The
//! plan of the one tree is taken for what the engine has, and the plan of the other is predicted
//! against it: no engine, no record and no checkout is needed. Whether the cost is accepted is the
//! [`Gate`]'s to say.

#[cfg(test)]
pub(crate) mod example;
pub mod gate;
mod types;

pub use gate::{Gate, Gates};
pub use types::{
    Advice, ImageChange, ImageImpact, Impact, ImpactSummary, Place, Problem, RootCause, StepImpact,
    TreeSide,
};
