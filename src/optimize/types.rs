//! What is asked and what comes out.

use std::io;

use super::Reason;
use crate::Seconds;
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::plan::{PlanRequest, Step};
use crate::predict::FileTable;

/// Reads one regular file of the context, whole.
pub type ReadFile<'a> = dyn Fn(&ContextPath) -> io::Result<Vec<u8>> + 'a;

/// Everything that rewrites are made from.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The Dockerfile, the context and all that its steps depend on.
    pub plan: PlanRequest<'a>,
    /// Reads a file of the context as the snapshot has it. What comes is compared with the
    /// snapshot's digest.
    pub read: &'a ReadFile<'a>,
    /// What is known of past builds.
    pub history: History<'a>,
}

/// What is known of past builds of this Dockerfile.
#[derive(Clone, Copy)]
pub struct History<'a> {
    /// The builds, in any order.
    pub builds: &'a [PastBuild],
    /// How long a step of the present plan takes when it runs, measured; `None` where neither it
    /// nor one with the same instruction was ever measured.
    pub seconds: &'a dyn Fn(&Step) -> Option<Seconds>,
}

/// What one past build changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PastBuild {
    /// The files that differed from the build before it: added, removed or modified.
    pub changed: Vec<ContextPath>,
}

impl History<'_> {
    pub(super) fn seconds(&self, step: &Step) -> Option<Seconds> {
        (self.seconds)(step)
    }
}

impl PastBuild {
    /// The build that had the files of `after` when the one before had those of `before`.
    pub fn between(before: &FileTable, after: &FileTable) -> Self {
        let differs = after
            .iter()
            .filter(|(path, state)| {
                !before.get(path).is_some_and(|old| old.has_same_content(state))
            })
            .map(|(path, _)| path.clone());
        let removed = before.keys().filter(|path| after.get(path).is_none()).cloned();
        let mut changed: Vec<_> = differs.chain(removed).collect();
        changed.sort_unstable();
        Self { changed }
    }
}

/// What shows that a rewrite builds the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A rule about the instructions.
    Rule,
    /// Both images were built and compared.
    Verified,
}

/// What may still go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Risk {
    /// Nothing.
    #[default]
    None,
    /// Something that could matter is not known, such as the base image's environment: build both
    /// and compare before relying on it.
    Verify,
}

/// What a rewrite saves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Saves {
    /// Seconds, on average over the builds that it rests on; with no history, of one edit that
    /// leaves the manifests alone.
    pub seconds_per_build: Seconds,
    /// The share of those builds that it helps, from 0 to 1; 1 with no history.
    pub builds_helped: f64,
    /// How many past builds it rests on: those that changed a file which the COPY brings. 0 with
    /// no history.
    pub commits: u32,
}

/// One edit of the Dockerfile that keeps what it builds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewrite {
    /// Which kind, such as `hoist-manifests`.
    pub id: &'static str,
    /// The line that it begins at, counted from 1.
    pub line: u32,
    /// What it does, in a few words.
    pub title: String,
    /// Why it helps, in a sentence or two.
    pub why: String,
    /// What shows that it builds the same.
    pub proof: Proof,
    /// What may still go wrong.
    pub risk: Risk,
    /// What it saves.
    pub saves: Saves,
    /// The edits of the Dockerfile that was given.
    pub edits: Vec<Edit>,
    /// Unified diff of this rewrite alone, for `git apply` or `patch -p1`.
    pub patch: String,
}

/// Something that looked like work for a rewrite and was left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Refusal {
    /// The line of the install, or of what is in the way; counted from 1.
    pub line: u32,
    /// Why.
    pub reason: Reason,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimization {
    /// The rewrites, the one that saves most first.
    pub rewrites: Vec<Rewrite>,
    /// What was left alone and why, in the order of the lines.
    pub refusals: Vec<Refusal>,
    /// Seconds per build as it is, on average over the past builds that any rewrite's COPY had to
    /// do with; with no history, of one edit that leaves the manifests alone. `None`
    /// where there is no rewrite.
    pub before: Option<Seconds>,
    /// The same with all rewrites.
    pub after: Option<Seconds>,
    /// The whole Dockerfile with all rewrites; the text that was given where there is none.
    pub text: String,
    /// Unified diff of all of them; empty where there is none.
    pub patch: String,
}

impl Optimization {
    /// Why there is no rewrite, in words; `None` where there is one.
    pub fn explain(&self) -> Option<String> {
        if !self.rewrites.is_empty() {
            return None;
        }
        if self.refusals.is_empty() {
            return Some("the order is already as good as this can make it".to_owned());
        }
        let refusals: Vec<_> = self.refusals.iter().map(ToString::to_string).collect();
        Some(refusals.join("\n"))
    }

    /// Whether every rewrite is proven, so that it may be applied without building both images.
    pub fn is_proven(&self) -> bool {
        self.rewrites.iter().all(|rewrite| rewrite.risk == Risk::None)
    }
}
