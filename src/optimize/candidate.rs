//! What a rewrite has found, before it is known what it is worth.

use std::ops::Range;

use super::savings::Saving;
use super::types::{Proof, Refusal, Rewrite, Risk};
use super::{chown_copy, join_update, lower_run, patch};
use crate::context::ContextPath;
use crate::dockerfile::Dockerfile;
use crate::dockerfile::edit::{self, Edit};

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
    /// From the first byte of the Dockerfile that it touches to the last.
    pub(super) fn region(&self) -> Range<usize> {
        let spans = self.edits.iter().map(|edit| match edit {
            Edit::Replace { span, .. } | Edit::RemoveLines { span } => (span.start, span.end),
            Edit::InsertBefore { position, .. } => (*position, *position),
        });
        let (start, end) = spans
            .fold((usize::MAX, 0), |(start, end), (first, last)| (start.min(first), end.max(last)));
        start..end
    }

    /// Whether it is worth it where it saves no seconds, as it is about what is built from a cache.
    pub(super) fn is_wanted_anyway(&self) -> bool {
        self.id == join_update::ID
    }

    /// Whether it is for what it makes possible that it was found.
    pub(super) fn only_prepares(&self) -> bool {
        self.id == lower_run::ID || self.id == chown_copy::ID && self.freed.is_empty()
    }

    /// Whether both can be applied at once.
    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        are_apart(&self.region(), &other.region())
    }

    /// The Dockerfile with it alone; `None` where its edits are of another one.
    pub(super) fn text(&self, dockerfile: &Dockerfile) -> Option<String> {
        edit::apply(dockerfile, &self.edits).ok()
    }

    /// How many bytes of lines it takes away or adds, those that move among them.
    pub(super) fn size(&self, dockerfile: &Dockerfile) -> usize {
        let text = self.text(dockerfile).unwrap_or_default();
        let patch = patch::unified(dockerfile.name(), dockerfile.source(), &text);
        let lines = patch.lines().skip(2).filter(|line| line.starts_with(['+', '-']));
        lines.map(str::len).sum()
    }

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

/// Whether two regions have no byte in common.
pub(super) fn are_apart(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start
}
