//! The prediction: keys against records to verdicts, causes and seconds.
//!
//! In: a [`Plan`](crate::plan::Plan) and what the store remembers. Out: a [`Forecast`]; after the
//! build, its [`Agreement`] with what the engine did. Pure: no disk, no engine, no clock.

mod types;

pub use types::{
    Agreement, Cause, CauseKind, ChangeKind, FileChange, Forecast, Probability, StepForecast,
    Summary, Verdict,
};
