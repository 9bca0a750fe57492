//! What the engine's build cache has lost since it was last looked at.
//!
//! The engine lists records, and nowhere says which step a record is the result of. After a build
//! [`learn`] finds that out, as far as it can be told: a step that ran made its record between its
//! start and its end, and a record stands on that of the step below. Before the next build
//! [`Survey`] compares what is listed now with what was listed then, and [`evictions`] says which
//! steps run for it.
//!
//! What engines do, as tried on 20.10, 26.1, 28.5 and 28.5 with containerd's image store:
//!
//! - A record holds those it stands on, so a prune and the engine's own collection take the last
//!   steps of a stage first, and whoever loses a step has lost all that stands on it.
//! - A step whose result is gone does not run for it as long as nobody needs it: where what copies
//!   from its stage is there, the whole stage is reported reused (`docker builder prune` without
//!   `-a` leaves just the last stage of a tagged image).
//! - With containerd's store a prune that removes anything, be it one copy of a context, makes the
//!   engine forget all results, though their records are listed on.
//! - Restarting the engine and removing images take nothing.

mod learn;
mod others;
mod sharing;
mod survey;
#[cfg(test)]
mod tests;
mod verdict;

pub use learn::{Circumstances, Done, Learnt, learn};
pub use others::others_have_built;
pub use survey::{ContextCopy, Layers, Remembered, Survey};
pub use verdict::{Evictions, evictions};

use crate::CacheRecord;
use crate::plan::{Plan, Step, StepKind};

/// What the engine notes on the record of a RUN; the mount and the command follow.
const OF_RUN: &str = "mount / from exec ";

/// What engines before 23.0 note on that of every other step. Newer ones note its name.
const OF_FILES: &str = "fileop target";

/// What ends that of a result which came with the cache of an image (`--cache-from`): it begins with
/// the instruction, as in the image's history.
const IMPORTED: &str = " # buildkit";

/// Whether a record can be the result of such a step at all.
fn fits(step: &Step, record: &CacheRecord) -> bool {
    if record.kind != crate::RecordKind::Layer {
        return false;
    }
    let description = record.description.as_str();
    let is_imported = |keyword: &str| {
        description.ends_with(IMPORTED)
            && description.strip_prefix(keyword).is_some_and(|rest| rest.starts_with(' '))
    };
    match step.kind {
        StepKind::From | StepKind::Setting => false,
        StepKind::Run => description.starts_with(OF_RUN) || is_imported("RUN"),
        StepKind::Copy | StepKind::Add | StepKind::Workdir => {
            let is_of_files = ["COPY", "ADD", "WORKDIR"].into_iter().any(is_imported);
            description == OF_FILES || description.starts_with('[') || is_of_files
        }
    }
}

/// Whether the engine noted just what this step, under this name, would have it note.
fn fits_exactly(step: &Step, record: &CacheRecord) -> bool {
    let text = step.name.split_once("] ").map_or(step.name.as_str(), |(_, text)| text);
    match text.strip_prefix("RUN ") {
        Some(command) if step.kind == StepKind::Run => record.description.ends_with(command.trim()),
        _ => record.description == step.name,
    }
}

/// Whether the engine noted what this step would have it note at another place of a Dockerfile.
fn fits_elsewhere(step: &Step, record: &CacheRecord) -> bool {
    let text = |name: &str| name.split_once("] ").map(|(_, text)| text.to_owned());
    fits_exactly(step, record)
        || (record.description.starts_with('[') && text(&record.description) == text(&step.name))
}

/// The step below, where its result is a record of the cache: a base image is there as an image.
fn below(plan: &Plan, step: usize) -> Option<usize> {
    let parent = plan.steps.get(step)?.parent()?;
    (plan.steps.get(parent.0)?.kind != StepKind::From).then_some(parent.0)
}
