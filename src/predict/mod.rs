//! The prediction: keys against records to verdicts, causes and seconds.
//!
//! In: a [`Plan`](crate::plan::Plan) and what is remembered of the engine ([`Knowledge`]). Out: a
//! [`Forecast`]; after the build, its [`Agreement`] with what the engine did. Pure: no disk, no
//! engine, no clock.

mod agreement;
mod cause;
mod chance;
mod commit;
pub mod eviction;
mod knowledge;
mod late_digest;
mod masked;
mod merging;
mod nearest;
mod past;
mod routes;
mod stood_on;
#[cfg(test)]
mod tests;
mod times;
mod told;
mod types;
mod verdicts;

pub use agreement::compare;
pub use commit::{PastTree, Replayed, predict_against};
pub use knowledge::{
    FileState, FileTable, Knowledge, PreviousBuild, PreviousStep, announced_times,
    as_the_engine_has_it, directories_with_other_modes, directories_with_renames, file_table,
    files_to_send,
};
pub use late_digest::{Late, digested_late};
pub use masked::masked_causes;
pub use nearest::{Nearest, Recorded, ToCompare, nearest, steps_to_compare};
pub use past::{
    COUNTED_BUILDS, Fate, PastBuild, PastCause, PastStep, StepHistory, Strikes, history, strikes,
};
pub use routes::{Route, used_images};
pub use times::{PastDuration, PastRun, PastTimes, longest_path};
pub use types::{
    Agreement, Cause, CauseKind, ChangeKind, FileChange, Forecast, Probability, StepForecast,
    Summary, Verdict,
};
pub use verdicts::predict;
