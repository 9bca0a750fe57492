//! Results as a page: one HTML file that fetches nothing.
//!
//! The parts draw plain data of their own and know no command, so that every command shares them:
//! [`columns`] an axis of builds or commits with the seconds of each, [`points`] times with their
//! intervals, [`bars`] costs, [`timeline`] when the
//! steps of a build begin and end, [`graph`] the steps and what each takes
//! from which. A part is a chart that is read with the pointer, with the keyboard (the tab key
//! comes to it, the arrows go through it) and without colour (each [`Fate`] has a sign, a pattern
//! and a word), and the same as a table. [`history()`], [`predict()`], [`impact()`],
//! [`bench()`] and [`replay()`] put pages together; [`document()`] closes them.
//!
//! What comes from builds and files is text to the template, which escapes it, and what is left
//! that acts without being seen is escaped where the document is closed, whoever forgot it before.

pub mod bars;
mod bench;
pub mod chart;
pub mod columns;
pub mod document;
mod fate;
pub mod graph;
mod history;
mod impact;
pub mod points;
mod predict;
mod replay;
mod scale;
mod sentences;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod timed;
pub mod timeline;

pub use bench::bench;
pub use document::document;
pub use fate::Fate;
pub use history::history;
pub use impact::impact;
pub use predict::{PredictView, predict};
pub use replay::replay;
pub use table::Table;
