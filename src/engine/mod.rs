//! The engine: what runs the build.
//!
//! In: a [`BuildRequest`] with the context's snapshot. Out: [`Event`]s while it runs and a
//! [`BuildOutcome`]. This room connects, speaks `BuildKit`'s control API, serves the session and
//! reads the status stream; it knows the context (to serve it) and plain data, nothing of plans
//! or verdicts.

mod types;

pub use types::{
    BuildOutcome, BuildRequest, EngineInfo, Event, ImageStore, LogStream, Sent, SourceFile, StepId,
    StepUpdate,
};
