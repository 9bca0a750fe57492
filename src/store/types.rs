//! The plain data that is kept.

use std::borrow::Cow;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{Digest, Seconds, Span};

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The engine reused it.
    Cached,
    /// It ran to its end.
    Ran,
    /// It ran and failed.
    Failed,
    /// The build ended before it.
    NotReached,
}

/// One step of a build that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// Its key.
    pub key: Digest,
    /// Other keys that it makes known; not kept with the build itself.
    pub other_keys: Vec<Digest>,
    /// Its name as the engine shows it.
    pub name: String,
    /// The instruction's first line.
    pub line: u32,
    /// The instruction's text as written.
    pub instruction: String,
    /// The instruction's keyword: typical times are taken from steps of the same one.
    pub kind: String,
    /// What the key was made of, as JSON; the store does not look into it.
    pub inputs: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took, by the engine's clock; `None` where it did not run to its end.
    pub seconds: Option<Seconds>,
    /// When it went on, by the engine's clock; `None` where that was not told, was recorded before
    /// this was kept, or the step was not reached.
    pub span: Option<Span>,
    /// The places among the build's steps of those that it needs, each once; empty where that was
    /// recorded before this was kept.
    pub needs: Vec<usize>,
    /// Whether its key may speak for the engine's cache: the step ran or was reused, and what
    /// it read is certain. Never for a failed build's unfinished steps, nor where a file
    /// changed while it was sent.
    pub reusable: bool,
    /// Whether nobody knows if the engine has it under its key: it had begun it when the build failed
    /// and may have ended it all the same, or it has it under another one; then the other keys are
    /// those that it has it under for certain. Kept with the key alone, until more is known.
    pub left_open: bool,
    /// Why it was forecast not to be reused, as JSON that the store does not look into; `None`
    /// where it was forecast to be reused.
    pub cause: Option<String>,
}

/// A step that ran to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRun {
    /// Its name as the engine showed it.
    pub name: String,
    /// The instruction's text as written.
    pub instruction: String,
    /// How long it took, by the engine's clock.
    pub seconds: Seconds,
}

/// One entry of the context as the engine got it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Relative to the context's root; bytes that are not UTF-8 are percent-encoded.
    pub path: String,
    /// `file`, `directory`, `symlink`, …
    pub kind: Cow<'static, str>,
    /// Permission bits.
    pub mode: u32,
    /// Bytes.
    pub size: u64,
    /// Modification time: seconds and nanoseconds since 1970.
    pub modified: (i64, u32),
    /// SHA-256 of a regular file.
    pub digest: Option<Digest>,
    /// Where a link points.
    pub target: Option<String>,
}

/// Where the files of a build's context are kept. Builds of an unchanged context share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest(pub(super) i64);

/// One build that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildRecord {
    /// The engine's identity; records of one engine never speak for another.
    pub engine: String,
    /// The context's canonical directory.
    pub project: String,
    /// The Dockerfile's name, relative to the context where it lies in it.
    pub dockerfile: String,
    /// `--target`.
    pub target: Option<String>,
    /// When it began.
    pub started: SystemTime,
    /// How long it took in all.
    pub seconds: Seconds,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The image that it made.
    pub image: Option<Digest>,
    /// The digest of everything that decides that image, where that is known; not read back.
    pub image_inputs: Option<Digest>,
    /// Its steps in the plan's order.
    pub steps: Vec<StepRecord>,
    /// The context that it read.
    pub files: Vec<FileRecord>,
    /// Whether it made the engine let go of its copy of that context.
    pub context_lost: bool,
    /// The name of that copy ([`Store::begin_context`](super::Store::begin_context)).
    pub context_copy: Option<String>,
    /// The id of the commit that was checked out, where the context lies in a repository.
    pub commit: Option<String>,
}

/// What is known of how long a step takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Expected seconds: a mean in which recent runs weigh more.
    pub seconds: Seconds,
    /// How many runs it rests on; 0 where the key is known but never ran under our eyes.
    pub runs: u32,
}
