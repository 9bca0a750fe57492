//! Timelines of builds: each step as a bar from when it begins to when it ends, reused ones as a
//! moment, and the critical path underlined.
//!
//! Of a build that was made ([`measured`]) the bars lie where the engine's clock says; of one that
//! is to come ([`forecast`]) they follow from the steps and their expected seconds. In both the
//! critical path is the longest way through the graph of steps ([`schedule()`]), whose needs come
//! from the plan: it is never read off the times. Where there are many builds, one is shown and
//! the others are there to be chosen ([`chosen`]).

pub mod chosen;
pub mod forecast;
pub mod measured;
mod schedule;

use super::bars::Bar;
use super::{Fate, Table};
use crate::report::units;

pub use schedule::{Place, schedule};

/// What tells the path in the words of a step.
const CRITICAL: &str = "on the critical path: the build waits for it";

/// How the path is marked, as a part of a caption.
const MARKED: &str = "What is underlined, with its name in bold, is the critical path: the longest \
                      way through steps of which each needs the one before it.";

/// The same as a table, with what each fate is called.
fn table(bars: &[Bar], heading: &'static str, word: fn(Fate) -> &'static str) -> Table {
    let row = |bar: &Bar| {
        vec![
            bar.name.clone(),
            bar.fate.map(word).unwrap_or_default().to_owned(),
            units::seconds(bar.start),
            units::seconds(bar.took),
            if bar.is_critical { "yes" } else { "no" }.to_owned(),
        ]
    };
    Table {
        headings: vec!["Step", heading, "Begins at", "Takes", "Critical path"],
        rows: bars.iter().map(row).collect(),
    }
}
