//! The plan: the graph of steps that the engine will run for a target, each with the name that
//! the engine shows and a key that decides its reuse.
//!
//! In: instructions, a context snapshot, arguments and base images. Out: a [`Plan`]. A pure
//! function: no disk, no engine, no clock. It knows `dockerfile` and `context`.

mod step;

pub use step::{KeyInput, Plan, Step, StepIndex, StepKey, StepKind};
