//! The files that a stage's COPY, ADD and WORKDIR leave behind, as far as they can be known.
//!
//! In: the [`Operation`]s of a stage in their order, on nothing or on a step whose files nobody
//! knows, and the context. Out: of the paths that another stage takes from it, a [`Selected`]
//! that says what of their content is known. It runs nothing and reads no disk.
//!
//! On nothing (`scratch`) everything is known, links included. On a base image or a RUN the files
//! below are unknown, yet the same as long as that step is reused. What such a base may hold is
//! taken at its worst: any path may be a link to any other. Only what follows from the engine's
//! own rules is relied on:
//!
//! - a copy into a directory (`COPY a /in/`) puts each file exactly there, wherever `/in` leads:
//!   the last component is replaced, never followed, and a directory is never copied onto a link.
//!   So paths below one directory, the *anchor*, are told apart, and two anchors may be one;
//! - what `--link` lays over a base is exactly where it says: a link in its way is replaced. What
//!   lay behind that link before is then elsewhere, so that of what was copied through any other
//!   directory than the root nothing is certain any more;
//! - a copy without a final slash may put a file at its destination or, were that a directory,
//!   below it: in both cases who reads the destination reads that file.

mod operation;
mod overlay;
mod place;
mod select;
#[cfg(test)]
mod tests;
mod tree;

pub(super) use operation::{Copied, FilesOf, Operation, Owner, Source};
pub(super) use tree::Tree;

use super::StepIndex;
use crate::context::Contexts;

/// What a stage's files come from, in order. Cheap to keep: nothing is computed before another
/// stage asks.
#[derive(Debug, Clone, Default)]
pub(super) struct StageFiles {
    /// The last step whose files are not known; `None` on `scratch`.
    base: Option<StepIndex>,
    operations: Vec<(StepIndex, Operation)>,
}

impl StageFiles {
    /// The files of a step that nobody can look into.
    pub(super) fn unknown(step: StepIndex) -> Self {
        Self { base: Some(step), operations: Vec::new() }
    }

    /// The files after one more step; `None` for an operation that is not understood.
    pub(super) fn push(&mut self, step: StepIndex, operation: Option<Operation>) {
        match operation {
            Some(operation) => self.operations.push((step, operation)),
            None => *self = Self::unknown(step),
        }
    }

    /// Carries the operations out.
    pub(super) fn tree(&self, contexts: &Contexts<'_>) -> Tree {
        let mut tree = Tree::on(self.base);
        for (step, operation) in &self.operations {
            if tree.apply(operation, contexts).is_err() {
                tree = Tree::on(Some(*step));
            }
        }
        tree
    }
}
