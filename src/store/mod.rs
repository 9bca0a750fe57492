//! What smartbuild remembers: records of steps, timings and the manifest of each build, in one
//! `SQLite` file.
//!
//! In and out: plain data. This room knows no plan, no engine and no context.

mod types;

pub use types::{BuildRecord, FileRecord, Outcome, StepRecord, Timing};
