//! Contexts from git: a tree of any revision, or the index, as a checkout would write it.
//!
//! In: a repository, a revision, the context's directory in it. Out: the same
//! [`Snapshot`](super::Snapshot) that a directory on disk gives, by the same ignore rules, with the
//! digests that the files would have in a working tree; and where git does not hold what a working
//! tree has, a [`Notice`]. Nothing is checked out, nothing is written, and no program is run: not
//! git's, and none that a repository names.
//!
//! What a working tree has is decided by more than the blob, and is followed here: line ends,
//! `ident` and `working-tree-encoding` by configuration and attributes; large files (LFS) and
//! submodules where their bytes are at hand. `export-ignore` and, where there is no such file, the
//! index's `skip-worktree` are about other things and change nothing. Other filters are never run: a notice says so.
//!
//! Where a snapshot from git differs from one of a fresh checkout: modes are 644 and 755 whatever
//! the umask, directories are 755, times are 0, and there is no `.git`. [`as_git_records`] brings
//! the disk's side to the same.
//!
//! Repositories may be hostile. Names that git would not check out are refused, and so are trees
//! deeper or larger than any real one; a damaged object is an error that names it.
//!
//! ```no_run
//! use smartbuild::context::git::{GitOptions, Repository};
//! use smartbuild::context::{ContextPath, IgnoreRules, Source};
//!
//! let repository = Repository::open(".".as_ref(), &GitOptions::default())?;
//! let staged = repository.index()?;
//! let head = repository.tree("HEAD")?;
//! for side in [staged, head] {
//!     let context = side.at(&ContextPath::new("app"))?;
//!     let rules = IgnoreRules::load_from(&context, &ContextPath::new("Dockerfile"))?;
//!     let taken = context.snapshot(&rules)?;
//!     println!("{}", taken.snapshot.digest());
//! }
//! # Ok::<(), smartbuild::context::Error>(())
//! ```

mod attributes;
mod blobs;
mod changed;
mod convert;
mod digests;
mod error;
mod history;
mod hooks;
mod ignored;
mod lfs;
mod line;
mod nodes;
mod notice;
mod past;
mod records;
mod renames;
mod revision;
mod same_large;
mod single;
mod sizes;
mod stage;
mod store;
mod submodule;
#[cfg(test)]
mod tests;
mod trailers;
mod tree;
mod walk;
mod working;

use std::path::Path;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::Kind;

pub use changed::TreeChanges;
pub use digests::BlobDigests;
pub use error::{GitError, Unmerged};
pub use history::{Commit, LastChange};
pub use hooks::{HooksDirectory, HooksPlace, HooksSetting};
pub use line::CommitLine;
pub use notice::{Notice, NoticeReason};
pub use past::{HistoryEnd, PastCommit, PastCommits};
pub use records::as_git_records;
pub use revision::{NoRevision, RevisionFault};
pub use store::GitOptions;
pub use trailers::Trailer;
pub use tree::Tree;

use nodes::Directory;
use sizes::BlobSizes;
use store::{Store, reason};

use super::ContextPath;

/// A git repository, open to be read.
#[derive(Debug, Clone)]
pub struct Repository {
    store: Arc<Store>,
    digests: Arc<BlobDigests>,
}

impl Repository {
    /// The repository that `path` is in: its working tree or a directory of it, a linked working
    /// tree, or a bare repository.
    pub fn open(path: &Path, options: &GitOptions) -> Result<Self, GitError> {
        let store = Store::discover(path, options)?;
        Ok(Self { store, digests: Arc::default() })
    }

    /// The repository that git names to what it runs by its own directory (`GIT_DIR`). Where its
    /// working tree is, its settings say (`core.worktree`), or nothing does.
    pub fn named(directory: &Path, options: &GitOptions) -> Result<Self, GitError> {
        let store = Store::named(directory, options)?;
        Ok(Self { store, digests: Arc::default() })
    }

    /// Goes on with digests that were kept, so that their blobs are not read again.
    #[must_use]
    pub fn with_digests(self, digests: BlobDigests) -> Self {
        Self { digests: Arc::new(digests), ..self }
    }

    /// The digests, with all that was read until now, to be kept.
    pub fn digests(&self) -> &BlobDigests {
        &self.digests
    }

    /// The root of the working tree; `None` when the repository is bare.
    pub fn work_tree(&self) -> Option<&Path> {
        self.store.repository.work_dir()
    }

    /// The directory with the repository's own files; that of a linked working tree is below the
    /// main one's.
    pub fn git_directory(&self) -> &Path {
        self.store.repository.git_dir()
    }

    /// The root of the revision's tree: a commit, a tag, or a tree, named in any way that git
    /// knows, such as `HEAD~2`, `v1.0^{commit}` or an id.
    ///
    /// A part of a tree (`HEAD:app`) counts as a root, without the attributes above it: name the
    /// revision here and the directory with [`Tree::at`].
    pub fn tree(&self, revision: &str) -> Result<Tree, GitError> {
        let repository = self.store.repository.to_thread_local();
        let id = self.resolve(&repository, revision)?;
        let object = |error| not_readable(&repository, id, revision, &error);
        let found = repository.find_object(id).map_err(object)?;
        let found =
            if found.kind == Kind::Tag { found.peel_tags_to_end().map_err(object)? } else { found };
        if !matches!(found.kind, Kind::Commit | Kind::Tree) {
            let kind = found.kind.to_string();
            return Err(GitError::NoTree { revision: revision.to_owned(), kind });
        }
        let tree = found.peel_to_tree().map_err(object)?.id;
        Ok(self.root(Directory::of_tree(&self.store, tree), revision))
    }

    /// The root of what is in the index: the next commit.
    ///
    /// Conflicts of a merge are an error only when something is asked of a directory that has one.
    pub fn index(&self) -> Result<Tree, GitError> {
        let (root, unmerged) = stage::root(&self.store)?;
        Ok(Tree { unmerged: unmerged.into(), ..self.root(root, "") })
    }

    /// A tree with nothing in it: what a branch without a commit is compared with.
    pub fn nothing(&self) -> Result<Tree, GitError> {
        let place = || "an empty tree".to_owned();
        let root = Directory::of_children(&self.store, Vec::new(), None, place)?;
        Ok(self.root(root, "nothing"))
    }

    /// The id of the commit from which two revisions went apart; `None` when they have none in
    /// common, or none that a shallow clone knows.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let repository = self.store.repository.to_thread_local();
        let ends = (self.commit_id(&repository, one)?, self.commit_id(&repository, other)?);
        match repository.merge_base(ends.0, ends.1) {
            Ok(base) => Ok(base.map(|id| id.to_string())),
            Err(error) => {
                let revision = format!("{one}...{other}");
                Err(GitError::History { revision, reason: reason(&error) })
            }
        }
    }

    fn root(&self, root: Arc<Directory>, name: &str) -> Tree {
        Tree {
            directory: Arc::clone(&root),
            root,
            path: ContextPath::root(),
            name: format!("{name}:").into(),
            unmerged: Arc::default(),
            digests: Arc::clone(&self.digests),
            sizes: None,
        }
    }

    /// The same trees for comparing them with one another: no file's bytes are read, the digests in
    /// their snapshots stand for the names of blobs, and sizes are mostly those in the index.
    ///
    /// So two of these snapshots are compared with each other only, never with one of a disk or a
    /// record.
    #[must_use]
    pub fn comparable<const N: usize>(&self, trees: [Tree; N]) -> [Tree; N] {
        let sizes = Arc::new(BlobSizes::of(&self.store));
        trees.map(|tree| Tree { sizes: Some(Arc::clone(&sizes)), ..tree })
    }

    fn resolve(&self, repository: &gix::Repository, revision: &str) -> Result<ObjectId, GitError> {
        repository.rev_parse_single(revision).map(gix::Id::detach).map_err(|_| {
            let unborn = repository.head().ok().filter(gix::Head::is_unborn);
            match unborn.and_then(|head| head.referent_name().map(|it| it.shorten().to_owned())) {
                Some(branch) if matches!(revision, "HEAD" | "@") => GitError::Unborn {
                    branch: branch.to_str_lossy().into_owned(),
                    repository: self.store.place().to_owned(),
                },
                _ => self.no_revision(revision, revision::fault(repository, revision)),
            }
        })
    }

    /// The commit that the revision is, or that it is a tag of.
    fn commit_id(
        &self,
        repository: &gix::Repository,
        revision: &str,
    ) -> Result<ObjectId, GitError> {
        let id = self.resolve(repository, revision)?;
        let object = |error| not_readable(repository, id, revision, &error);
        let found = repository.find_object(id).map_err(object)?;
        let found = found.peel_tags_to_end().map_err(object)?;
        if found.kind != Kind::Commit {
            let fault = RevisionFault::NoCommit(found.kind.to_string());
            let reason = NoRevision { fault, is_shallow: false };
            return Err(self.no_revision(revision, reason));
        }
        Ok(found.id)
    }

    fn no_revision(&self, revision: &str, reason: NoRevision) -> GitError {
        let repository = self.store.place().to_owned();
        GitError::Revision { revision: revision.to_owned(), repository, reason }
    }
}

/// A commit, a tag or a tree that is named and cannot be read.
fn not_readable(
    repository: &gix::Repository,
    id: ObjectId,
    revision: &str,
    error: &gix::Error,
) -> GitError {
    let (id_text, place) = (id.to_string(), revision.to_owned());
    if repository.has_object(id) {
        GitError::Object { id: id_text, place, reason: reason(error) }
    } else {
        GitError::MissingObject { id: id_text, place }
    }
}
