//! Repositories in the working tree: submodules, and those that nobody added.
//!
//! A build sends what is in their directories as it does any other file.

use std::path::Path;
use std::sync::Arc;

use gix::ObjectId;

use super::super::error::Unmerged;
use super::super::nodes::Directory;
use super::super::store::Store;
use super::super::{GitError, GitOptions, Repository};
use crate::context::ContextPath;

/// More repositories in one another are none that anybody made by hand.
const DEPTH: usize = 16;

/// A repository in the working tree.
pub(super) struct Nested {
    /// The commit that is checked out; of one without a commit the id of nothing.
    pub(super) commit: ObjectId,
    /// Its working tree, where that is another than the commit's.
    pub(super) edited: Option<Arc<Directory>>,
}

/// The repository at `path` of the working tree `top`; `None` where none is checked out there, or
/// none that can be read. `depth` is in how many others it is.
pub(super) fn nested(
    outer: &Store,
    top: &Path,
    path: &ContextPath,
    depth: usize,
) -> Result<Option<Nested>, GitError> {
    let directory = path.on_disk(top);
    if !directory.join(".git").exists() {
        return Ok(None);
    }
    if depth >= DEPTH {
        let place = directory.display().to_string();
        return Err(GitError::TooLarge { place, limit: DEPTH, of: "repositories in one another" });
    }
    // The index that a hook names is that of the outermost repository.
    let options = GitOptions { index_file: None, ..outer.options.clone() };
    let Ok(store) = Store::open(&directory, &options) else { return Ok(None) };
    let handle = store.repository.to_thread_local();
    let Ok(commit) = head(&handle) else { return Ok(None) };
    let repository = Repository { store: Arc::clone(&store), digests: Arc::default() };
    // Its settings can name another directory, which is not what a build sends.
    let is_there = |work_tree: &Path| {
        work_tree.canonicalize().ok().is_some_and(|it| directory.canonicalize().ok() == Some(it))
    };
    if !repository.work_tree().is_some_and(is_there) {
        return Ok(Some(Nested { commit, edited: None }));
    }
    let working = repository.working_tree_in(depth + 1).map_err(|error| below(error, path))?;
    let committed = repository.tree(&commit.to_string());
    let is_as_committed = match committed {
        Ok(committed) => working.differences_from(&committed)?.is_empty(),
        // There is none, or a partial clone has not its files.
        Err(_) => false,
    };
    let edited = (!is_as_committed).then(|| Arc::clone(&working.directory));
    Ok(Some(Nested { commit, edited }))
}

fn head(repository: &gix::Repository) -> Result<ObjectId, gix::Error> {
    if repository.head()?.is_unborn() {
        return Ok(ObjectId::null(repository.object_hash()));
    }
    Ok(repository.head_id()?.detach())
}

/// The error with its paths from the outer repository's root.
fn below(error: GitError, path: &ContextPath) -> GitError {
    match error {
        GitError::Unmerged(Unmerged(paths)) => {
            let from_the_root = |it: &ContextPath| path.join(it.as_bytes());
            GitError::Unmerged(Unmerged(paths.iter().map(from_the_root).collect()))
        }
        error => error,
    }
}
