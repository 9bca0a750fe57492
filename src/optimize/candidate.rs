//! What a rewrite has found, before it is known what it is worth.

use super::savings::Saving;
use super::types::{Proof, Refusal, Rewrite, Risk};
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;

/// One edit of the Dockerfile that keeps what it builds.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Which kind, such as `hoist-manifests`.
    pub(super) id: &'static str,
    /// The line that it is about, counted from 1.
    pub(super) line: u32,
    /// What it does, in a few words.
    pub(super) title: String,
    /// Why it helps, without what it saves.
    pub(super) why: String,
    /// What shows that it builds the same.
    pub(super) proof: Proof,
    /// What may still go wrong.
    pub(super) risk: Risk,
    /// The edits of the Dockerfile as it is.
    pub(super) edits: Vec<Edit>,
    /// Files whose edit it makes cheaper.
    pub(super) example: Vec<ContextPath>,
    /// The first lines of the steps that no longer run for those files.
    pub(super) freed: Vec<u32>,
}

/// What a rewrite has found in a Dockerfile.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order of the lines.
    pub(super) candidates: Vec<Candidate>,
    /// Likewise.
    pub(super) refusals: Vec<Refusal>,
}

impl Candidate {
    /// The rewrite with what it saves.
    pub(super) fn into_rewrite(self, saving: &Saving, patch: String) -> Rewrite {
        let mut why = format!("{} {}", self.why, saving.sentence);
        if self.risk == Risk::Verify {
            why.push_str(" Not everything that could matter to it is known here.");
        }
        Rewrite {
            id: self.id,
            line: self.line,
            title: self.title,
            why,
            proof: self.proof,
            risk: self.risk,
            saves: saving.saves,
            edits: self.edits,
            patch,
        }
    }
}
