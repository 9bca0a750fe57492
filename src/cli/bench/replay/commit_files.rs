//! What a commit has of a context and its Dockerfile, read from git's objects.

use super::super::program::NotTimed;
use super::place::Place;
use crate::context::git::{Commit, Repository, Tree};
use crate::context::{ContextPath, IgnoreRules, Snapshot, Source as _};

/// A context and its Dockerfile at a commit.
pub(super) struct CommitFiles {
    pub(super) context: Tree,
    /// Where the Dockerfile is, from the repository's root.
    pub(super) path: ContextPath,
    /// The Dockerfile.
    pub(super) text: String,
    pub(super) rules: IgnoreRules,
    /// What is sent of the context.
    pub(super) snapshot: Snapshot,
}

impl CommitFiles {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// [`NotTimed::Failed`] where the commit has nothing that can be built.
    pub(super) fn read(
        repository: &Repository,
        commit: &Commit,
        place: &Place,
    ) -> Result<Self, NotTimed> {
        let tree = repository.tree(&commit.id).map_err(|error| wrong(&error))?;
        let context = tree.at(&place.context).map_err(|error| wrong(&error))?;
        let (path, text) = dockerfile(&tree, place)?;
        let beside = tree.at(&path.parent().unwrap_or_default()).map_err(|error| wrong(&error))?;
        let name = path.components().last().unwrap_or_default();
        let rules = IgnoreRules::load_beside(&context, &beside, name);
        let rules = rules.map_err(|error| wrong(&error))?;
        let snapshot = context.snapshot(&rules).map_err(|error| wrong(&error))?.snapshot;
        Ok(Self { context, path, text, rules, snapshot })
    }
}

/// The Dockerfile of a commit, and where it is.
fn dockerfile(tree: &Tree, place: &Place) -> Result<(ContextPath, String), NotTimed> {
    for path in [Some(&place.dockerfile), place.otherwise.as_ref()].into_iter().flatten() {
        let Some(bytes) = tree.read(path).map_err(|error| wrong(&error))? else { continue };
        let text = String::from_utf8(bytes)
            .map_err(|_| NotTimed::Failed(format!("its {path} is not text in UTF-8")))?;
        return Ok((path.clone(), text));
    }
    Err(NotTimed::Failed(format!("it has no {}", place.dockerfile)))
}

/// A commit that cannot be built for this reason.
pub(super) fn wrong(error: &dyn std::fmt::Display) -> NotTimed {
    NotTimed::Failed(error.to_string())
}
