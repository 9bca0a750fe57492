//! Rendering only: result types in, text or JSON out.
//!
//! Every renderer is a pure function from plain data and [`Capabilities`] to a `String` (or, for
//! the live display, to writes into a writer that is handed in). Nothing here asks whether there
//! is a terminal, reads the environment or prints.
//!
//! - [`forecast`]: what will happen, before the build; [`outcome`]: what did, after it
//! - [`failure`] and [`excerpt`]: why a build failed, and the lines that it came from
//! - [`why`]: the chain of reasons for one step; [`rewrites`]: what would rebuild less;
//!   [`verification`]: whether it builds the same
//! - [`context`]: what is sent and what is not; [`explain`]: why one path is or is not
//! - [`history`]: what builds have cost; [`bench()`]: how long rebuilds took, with [`bench_csv`] and
//!   [`bench_markdown`]; [`replay()`]: what commits cost to build, with [`replay_csv`] and
//!   [`replay_markdown`]
//! - [`impact()`]: what a change costs every image of a repository; [`mod@impact`]: the same for
//!   the places that review changes
//! - [`page`]: results as one HTML file with charts
//! - [`json`]: the same for machines, one object a command, stable within `v1`
//! - [`progress`]: the live display while the engine builds
//! - [`escape`]: text from builds and file names made safe; all of the above go through it

/// Appends formatted text to a `String`, which cannot fail.
macro_rules! push {
    ($out:expr, $($format:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($format)*);
    }};
}

mod bench;
pub mod cause;
mod clock;
mod context;
pub mod escape;
mod evidence;
mod failure;
mod forecast;
mod history;
pub mod impact;
pub mod json;
mod outcome;
pub mod page;
pub mod progress;
mod projects;
mod replay;
mod rewrites;
mod rows;
mod style;
#[cfg(test)]
mod tests;
pub mod units;
mod verification;
mod why;

pub use bench::{bench, bench_csv, bench_markdown};
pub use clock::Clock;
pub use context::{ContextView, Explained, LARGEST, context, explain};
pub use evidence::FileStory;
pub use failure::{excerpt, failure};
pub use forecast::{ContextLine, against, base, forecast};
pub use history::{HistoryView, history};
pub use impact::{impact, reason};
pub use outcome::{Actual, Ended, outcome};
pub use replay::{replay, replay_csv, replay_markdown};
pub use rewrites::{diff, rewrites};
pub use style::{Capabilities, Role};
pub use verification::verification;
pub use why::{WhyView, why};
