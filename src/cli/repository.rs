//! The git repository that a context lies in.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use crate::Digest;
use crate::context::ContextPath;
use crate::context::git::{BlobDigests, GitError, GitOptions, Repository};

/// A repository with a context in its working tree.
pub(super) struct ContextRepository {
    pub(super) repository: Repository,
    /// The root of the working tree.
    pub(super) top: PathBuf,
    /// The context's directory, from there.
    pub(super) inside: ContextPath,
    /// Where the digests of its blobs are kept.
    kept: Option<PathBuf>,
}

impl ContextRepository {
    /// The repository that `root` is in; `None` where it is in no working tree of one.
    pub(super) fn open(root: &Path, environment: &Environment) -> Result<Option<Self>, GitError> {
        let repository = Repository::open(root, &GitOptions::default())?;
        let kept = environment.cache_directory.as_deref();
        let kept = kept.map(|cache| digests_path(cache, repository.git_directory()));
        let repository = match &kept {
            // A damaged one is an empty one, and is replaced.
            Some(path) => repository.with_digests(BlobDigests::load(path).0),
            None => repository,
        };
        let top = repository.work_tree().and_then(|top| top.canonicalize().ok());
        let inside = top.as_deref().and_then(|top| root.strip_prefix(top).ok()).map(path_in_git);
        Ok(top.zip(inside).map(|(top, inside)| Self { repository, top, inside, kept }))
    }

    /// Keeps what was read.
    pub(super) fn save(&self) {
        if let Some(path) = &self.kept {
            // What is not kept only costs time.
            drop(self.repository.digests().save(path));
        }
    }
}

/// The repository of the current directory: the one around it, else the one that git names to what
/// it runs.
pub(super) fn of_this_directory(
    environment: &Environment,
    options: &GitOptions,
) -> Result<Repository, GitError> {
    let here = Path::new(".");
    match (Repository::open(here, options), &environment.git_directory) {
        (Err(GitError::Repository { .. }), Some(named)) => Repository::named(named, options),
        (found, _) => found,
    }
}

/// A path in the working tree as git has it.
pub(super) fn path_in_git(path: &Path) -> ContextPath {
    ContextPath::new(path.as_os_str().as_encoded_bytes())
}

/// Where the digests of a repository's blobs are kept.
pub(super) fn digests_path(cache: &Path, git_directory: &Path) -> PathBuf {
    let name = Digest::of(git_directory.as_os_str().as_encoded_bytes()).to_hex();
    cache.join("repositories").join(name)
}
