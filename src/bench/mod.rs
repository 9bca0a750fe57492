//! Measuring rebuilds: what is changed before each, and what the measured times say.
//!
//! In: the files of a project with how often each changes, and seconds that were measured. Out:
//! the [`Scenario`]s that apply and why others do not, a [`Bench`] with its statistics, and a
//! [`Replay`] of commits with its sums. Pure: nothing here builds, waits or reads a clock; [`crate::cli`] does.
//!
//! - [`find`] looks for what each scenario changes; [`Scenarios`] reads those of a file
//! - [`Edit`] makes a change that no build has seen before
//! - [`BuiltCopy`] tells what a build of a copy said of the Dockerfile that people have
//! - [`statistics`] sums up the times of a scenario and compares two variants

mod edit;
mod find;
mod replay;
mod scenarios;
pub mod statistics;
mod step;
mod told;
mod types;

pub use edit::Edit;
pub use find::{Found, Project, find};
pub use replay::{Cost, Expected, ModelError, Outcome, Recorded, Replay, Replayed, Timed};
pub use scenarios::{Scenarios, ScenariosError};
pub use step::{Expectation, Foretold, TimedStep};
pub use told::BuiltCopy;
pub use types::{
    Bench, Builder, Change, Comparison, Left, Measured, NAMES, Run, Scenario, Series, Variant,
};
