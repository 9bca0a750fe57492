//! One repository, opened to be read: its objects, its settings, the files beside them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use gix::bstr::ByteSlice;
use gix::discover::upwards::Options as Upwards;
use gix::objs::Kind;
use gix::open::Permissions;
use gix::open::permissions::{Attributes, Config, Environment};
use gix::sec::Permission;
use gix::{ObjectId, ThreadSafeRepository};

use super::GitError;
use super::nodes::Directory;

/// Blobs of more bytes are decoded one at a time, so that several threads do not hold several.
const LARGE: u64 = 64 * 1024 * 1024;

/// What decides, beside the repository itself, what git would write to a working tree.
#[derive(Debug, Clone)]
pub struct GitOptions {
    /// Whether the user's and the system's configuration and attributes count, as they do for
    /// git. They are found over `HOME` and `XDG_CONFIG_HOME`: the only variables that are read.
    pub user_configuration: bool,
    /// The index in place of the repository's own: what git tells a hook in `GIT_INDEX_FILE`.
    pub index_file: Option<PathBuf>,
}

impl Default for GitOptions {
    fn default() -> Self {
        Self { user_configuration: true, index_file: None }
    }
}

/// An open repository, shared by all that read from it.
pub(super) struct Store {
    pub(super) repository: ThreadSafeRepository,
    pub(super) options: GitOptions,
    large: Mutex<()>,
    /// Directories by the tree that they are, so that trees share what they have in common.
    directories: Mutex<HashMap<ObjectId, Weak<Directory>>>,
    /// What of the working tree no object may hold, by the name that git would give it.
    unrecorded: Mutex<HashMap<ObjectId, Unrecorded>>,
}

/// Content of the working tree.
#[derive(Debug, Clone)]
pub(super) enum Unrecorded {
    /// A link's target.
    Link(Box<[u8]>),
    /// A file's bytes.
    File(PathBuf),
}

impl Store {
    /// The repository at `path` or above it.
    pub(super) fn discover(path: &Path, options: &GitOptions) -> Result<Arc<Self>, GitError> {
        let discovered = |path: &Path| {
            let open = open_options(options);
            let trust = gix::sec::trust::Mapping { full: open.clone(), reduced: open };
            ThreadSafeRepository::discover_opts(path, Upwards::default(), trust)
        };
        // The library looks for a `.git` in the one that `.` is.
        let opened = discovered(path).or_else(|error| match path.canonicalize() {
            Ok(whole) if path.is_relative() => discovered(&whole).map_err(|_| error),
            _ => Err(error),
        });
        Self::of(opened, path, options)
    }

    /// The repository whose working tree, or whose own directory, is at `path`.
    pub(super) fn open(path: &Path, options: &GitOptions) -> Result<Arc<Self>, GitError> {
        // A directory of any name can be a repository, unless it is a working tree.
        let as_is = !path.join(".git").exists();
        let opened = open_options(options).open_path_as_is(as_is).open(path);
        Self::of(opened, path, options)
    }

    /// The repository with its own directory here.
    pub(super) fn named(directory: &Path, options: &GitOptions) -> Result<Arc<Self>, GitError> {
        let opened = open_options(options).open_path_as_is(true).open(directory);
        Self::of(opened, directory, options)
    }

    fn of(
        opened: Result<ThreadSafeRepository, gix::Error>,
        path: &Path,
        options: &GitOptions,
    ) -> Result<Arc<Self>, GitError> {
        let repository = opened.map_err(|error| GitError::Repository {
            path: path.to_owned(),
            reason: reason(&error),
        })?;
        let storage =
            repository.to_thread_local().config_snapshot().string("extensions.refStorage");
        if storage.is_some_and(|name| name.as_bytes().starts_with(b"reftable")) {
            let repository = repository.work_dir().unwrap_or_else(|| repository.git_dir());
            return Err(GitError::Reftable { repository: repository.to_owned() });
        }
        Ok(Arc::new(Self {
            repository,
            options: options.clone(),
            large: Mutex::default(),
            directories: Mutex::default(),
            unrecorded: Mutex::default(),
        }))
    }

    /// The directory that this tree is; made where nobody has it.
    pub(super) fn directory(
        &self,
        tree: ObjectId,
        make: impl FnOnce() -> Directory,
    ) -> Arc<Directory> {
        let mut directories = guard(&self.directories);
        if let Some(known) = directories.get(&tree).and_then(Weak::upgrade) {
            return known;
        }
        let directory = Arc::new(make());
        directories.insert(tree, Arc::downgrade(&directory));
        directory
    }

    /// From now on the blob of this name is what the working tree has.
    pub(super) fn add_unrecorded(&self, id: ObjectId, content: Unrecorded) {
        guard(&self.unrecorded).insert(id, content);
    }

    /// What of the working tree has what the blob of this name would have.
    fn unrecorded(&self, id: ObjectId) -> Option<Unrecorded> {
        guard(&self.unrecorded).get(&id).cloned()
    }

    /// Where the repository is, for messages.
    pub(super) fn place(&self) -> &Path {
        self.repository.work_dir().unwrap_or_else(|| self.repository.git_dir())
    }

    /// How this repository names its objects.
    pub(super) fn hash(&self) -> gix::hash::Kind {
        self.repository.objects.object_hash()
    }

    /// The bytes of a blob; `None` where they cannot be told.
    pub(super) fn blob_size(&self, repository: &gix::Repository, id: ObjectId) -> Option<u64> {
        match self.unrecorded(id) {
            Some(Unrecorded::Link(target)) => Some(target.len() as u64),
            Some(Unrecorded::File(path)) => Some(path.symlink_metadata().ok()?.len()),
            None => Some(repository.find_header(id).ok()?.size()),
        }
    }

    /// The object's bytes, which must be of this kind. `place` names what it holds.
    pub(super) fn read(
        &self,
        repository: &gix::Repository,
        id: ObjectId,
        kind: Kind,
        place: impl Fn() -> String,
    ) -> Result<Vec<u8>, GitError> {
        match self.unrecorded(id) {
            Some(Unrecorded::Link(target)) => return Ok(target.into_vec()),
            Some(Unrecorded::File(path)) => {
                return std::fs::read(&path).map_err(|reason| GitError::File { path, reason });
            }
            None => {}
        }
        let damaged =
            |reason: String| GitError::Object { id: id.to_string(), place: place(), reason };
        let failure = |error: gix::Error| {
            if repository.has_object(id) {
                damaged(reason(&error))
            } else {
                GitError::MissingObject { id: id.to_string(), place: place() }
            }
        };
        let size = if kind == Kind::Blob {
            repository.find_header(id).map_err(failure)?.size()
        } else {
            0
        };
        let _alone = (size > LARGE).then(|| guard(&self.large));
        let mut object = repository.find_object(id).map_err(failure)?;
        if object.kind != kind {
            return Err(damaged(format!("it is a {} and should be a {kind}", object.kind)));
        }
        Ok(std::mem::take(&mut object.data))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("git_dir", &self.repository.git_dir()).finish_non_exhaustive()
    }
}

fn guard<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The whole chain of reasons in one line.
pub(super) fn reason(error: &gix::Error) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for each in error.iter_errors() {
        let text = each.to_string().to_str_lossy_line();
        if !text.is_empty() && !reasons.contains(&text) {
            reasons.push(text);
        }
    }
    reasons.join(": ")
}

/// Messages of several lines as one line.
trait OneLine {
    fn to_str_lossy_line(&self) -> String;
}

impl OneLine for String {
    fn to_str_lossy_line(&self) -> String {
        self.as_bytes().fields().map(ByteSlice::to_str_lossy).collect::<Vec<_>>().join(" ")
    }
}

/// What is read, and nothing is run: no program of git's and none of the repository's.
fn open_options(options: &GitOptions) -> gix::open::Options {
    let user = options.user_configuration;
    let home = if user { Permission::Allow } else { Permission::Deny };
    gix::open::Options::default().permissions(Permissions {
        env: Environment { home, xdg_config_home: home, ..Environment::isolated() },
        config: Config {
            git_binary: false,
            system: user,
            git: user,
            user,
            env: false,
            includes: true,
        },
        attributes: Attributes { git_binary: false, system: user, git: user },
    })
}
