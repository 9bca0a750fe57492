//! What can go wrong with a repository.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::NoRevision;
use crate::context::ContextPath;

/// Why a context cannot be taken from git. Every message says what to do next; ids are whole, so
/// that `git cat-file` takes them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// No repository is there, or one that cannot be opened.
    #[error("no git repository can be opened at {path:?}: {reason}; give a directory inside one")]
    Repository {
        /// Where it was looked for.
        path: PathBuf,
        /// What git's library says.
        reason: String,
    },
    /// Its branches are kept in a way that is not read here.
    #[error(
        "the repository {repository:?} keeps its branches as reftable, which is not read here; \
         `git refs migrate --ref-format=files` keeps them as files"
    )]
    Reftable {
        /// The repository's directory.
        repository: PathBuf,
    },
    /// It has no working tree.
    #[error(
        "the repository {repository:?} is bare and has no working tree; compare two commits: A..B"
    )]
    Bare {
        /// The repository's directory.
        repository: PathBuf,
    },
    /// The working tree cannot be searched for new files.
    #[error("cannot look for new files in {path:?}: {reason}; `git status` says whether git can")]
    WorkingTree {
        /// Its root.
        path: PathBuf,
        /// What git's library says.
        reason: String,
    },
    /// The revision is not known.
    #[error("the repository {repository:?} has no revision {revision:?}: {reason}")]
    Revision {
        /// As it was given.
        revision: String,
        /// The repository's directory.
        repository: PathBuf,
        /// What is wrong with it, and what to do.
        reason: NoRevision,
    },
    /// The history cannot be followed.
    #[error(
        "cannot follow the history of {revision:?}: {reason}; `git fsck` says what is wrong with \
         the repository"
    )]
    History {
        /// The revisions.
        revision: String,
        /// What git's library says.
        reason: String,
    },
    /// The revision is `HEAD`, and nothing has been committed yet.
    #[error("{branch} of the repository {repository:?} has no commit yet; commit something first")]
    Unborn {
        /// The branch that `HEAD` names.
        branch: String,
        /// The repository's directory.
        repository: PathBuf,
    },
    /// The revision names a file or another thing that has no files.
    #[error("the revision {revision:?} is a {kind} and no tree; name a commit, a branch or a tag")]
    NoTree {
        /// As it was given.
        revision: String,
        /// What it is.
        kind: String,
    },
    /// The context's directory is not there.
    #[error("there is no {path:?} in {tree}; name a directory that is committed there")]
    Missing {
        /// The directory, from the repository's root.
        path: ContextPath,
        /// The revision or the index.
        tree: String,
    },
    /// The context's directory is something else.
    #[error("{path:?} in {tree} is no directory; name the directory that holds it")]
    NoDirectory {
        /// The path, from the repository's root.
        path: ContextPath,
        /// The revision or the index.
        tree: String,
    },
    /// The index has entries that a merge left open.
    #[error("{0}")]
    Unmerged(Unmerged),
    /// The index cannot be read.
    #[error("cannot read the index {path:?}: {reason}; `git status` says whether git can")]
    Index {
        /// The file.
        path: PathBuf,
        /// What git's library says.
        reason: String,
    },
    /// The setting that says where the hooks are cannot be used.
    #[error(
        "git's setting core.hooksPath cannot be used: {reason}; `git config --show-origin \
         core.hooksPath` says where it is set"
    )]
    HooksPath {
        /// What is wrong with it.
        reason: String,
    },
    /// A name that git itself would not check out, since it would leave the working tree or change
    /// the repository.
    #[error("{place}: the name {name:?} is refused: {reason}; such a tree is damaged or hostile")]
    Name {
        /// The tree and the directory that hold it.
        place: String,
        /// The name, bytes that are not UTF-8 replaced.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tree nested deeper, or with more entries, than any working tree.
    #[error(
        "{place} is too large: more than {limit} {of}; leave it out with a line in .dockerignore"
    )]
    TooLarge {
        /// The tree and the directory.
        place: String,
        /// The most that is read.
        limit: usize,
        /// Of what.
        of: &'static str,
    },
    /// An object that the repository does not have.
    #[error(
        "the object {id} ({place}) is not in the repository; fetch it: `git fetch --refetch`, or \
         `git fetch --unshallow` in a shallow clone"
    )]
    MissingObject {
        /// Its name.
        id: String,
        /// What it holds, from the repository's root.
        place: String,
    },
    /// An object that cannot be read.
    #[error("the object {id} ({place}) is damaged: {reason}; `git fsck` says what else is")]
    Object {
        /// Its name.
        id: String,
        /// What it holds, from the repository's root.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A setting that cannot be read.
    #[error("cannot read git's setting {name}: {reason}; correct it with `git config`")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What git's library says.
        reason: String,
    },
    /// A file that git keeps beside its objects cannot be read.
    #[error("cannot read {path:?}: {reason}; make it readable")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// Every path that a merge left open, in order, at least one.
#[derive(Debug)]
pub struct Unmerged(pub(super) Vec<ContextPath>);

/// More are counted, not listed.
const LISTED: usize = 20;

impl Unmerged {
    /// Each path, from the repository's root.
    pub fn paths(&self) -> &[ContextPath] {
        &self.0
    }
}

impl fmt::Display for Unmerged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the index has conflicts:")?;
        for path in self.0.iter().take(LISTED) {
            write!(f, "\n  {path:?}")?;
        }
        if self.0.len() > LISTED {
            write!(f, "\n  and {} more", self.0.len() - LISTED)?;
        }
        write!(f, "\nresolve them and `git add` the files")
    }
}
