//! The walk: a tree of nodes to a snapshot, by the ignore rules.
//!
//! Directories are entered as the walk of a disk enters them, and what the rules leave out is
//! neither loaded nor digested. The attributes go along, as each directory can add some.

use std::sync::Arc;

use super::GitError;
use super::attributes::{self, Attributes};
use super::blobs::{Held, Job, Want, contents, named};
use super::digests::BlobDigests;
use super::nodes::{Directory, Node, Submodule};
use super::notice::{Notice, NoticeReason};
use super::sizes::BlobSizes;
use super::submodule;
use crate::context::patterns::{PathFilter, Visited};
use crate::context::source::Taken;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};

/// Git's own limit (`core.maxTreeDepth`); no path on disk is as deep.
pub(super) const DEPTH_LIMIT: usize = 2048;

/// A few trees can name one another so often that no memory holds their paths.
pub(super) const ENTRY_LIMIT: usize = 4_000_000;

/// Where a walk begins.
pub(super) struct Start<'a> {
    /// The repository's root.
    pub(super) root: &'a Arc<Directory>,
    /// The context's directory, from the root.
    pub(super) path: &'a ContextPath,
    /// The context's directory.
    pub(super) directory: &'a Arc<Directory>,
    /// What the tree is called in messages.
    pub(super) name: &'a str,
    /// How large blobs are, where digests stand for their names and nothing is read.
    pub(super) names: Option<&'a BlobSizes>,
}

/// A repository that the walk is in: that of the context, and then those of submodules.
struct Scope {
    repository: gix::Repository,
    attributes: Attributes,
    root: Arc<Directory>,
    /// Goes before a path of the context to make it one of the repository.
    before: Vec<u8>,
    /// How much of a path of the context leads to the repository.
    cut: usize,
}

/// A directory that the walk is in.
struct Frame {
    directory: Arc<Directory>,
    next: usize,
    visited: Visited,
    /// Bytes of its path.
    length: usize,
    /// Its entry, while nothing in it is taken and it is not taken for itself.
    reserve: Option<Entry>,
    /// Whether it is a repository of its own.
    is_scope: bool,
}

struct Walk<'a> {
    start: &'a Start<'a>,
    filter: PathFilter,
    scopes: Vec<Scope>,
    frames: Vec<Frame>,
    path: Vec<u8>,
    entries: Vec<Entry>,
    /// For each path whose content is wanted, the place of its entry.
    wanted: Vec<usize>,
    jobs: Vec<Job>,
    ignored: u64,
    notices: Vec<Notice>,
}

/// Everything below the start that the filter leaves.
pub(super) fn walk(
    start: &Start<'_>,
    filter: PathFilter,
    digests: &BlobDigests,
) -> Result<Taken, GitError> {
    let mut walk = Walk {
        start,
        filter,
        scopes: Vec::new(),
        frames: Vec::new(),
        path: Vec::new(),
        entries: Vec::new(),
        wanted: Vec::new(),
        jobs: Vec::new(),
        ignored: 0,
        notices: Vec::new(),
    };
    walk.begin()?;
    while walk.step()? {}
    walk.end(digests)
}

impl Start<'_> {
    /// Names a path of the repository.
    fn named(&self, path: &ContextPath) -> String {
        format!("{}{path}", self.name)
    }

    /// Names a path of the context.
    fn named_below(&self, path: &ContextPath) -> String {
        self.named(&self.path.join(path.as_bytes()))
    }
}

impl Walk<'_> {
    /// Opens the context's directory, with the attributes of those above it.
    fn begin(&mut self) -> Result<(), GitError> {
        let mut before = self.start.path.as_bytes().to_vec();
        if !before.is_empty() {
            before.push(b'/');
        }
        self.open_scope(Arc::clone(self.start.root), before, 0)?;
        let mut above = Arc::clone(self.start.root);
        let mut path = ContextPath::root();
        for component in self.start.path.components() {
            self.enter_attributes(&above, path.as_bytes())?;
            path = path.join(component);
            let scope = self.scope();
            let child = above.child(&scope.repository, component, || self.start.named(&path))?;
            let Some(Node::Directory(next)) = child.map(|it| &it.node) else { break };
            let next = Arc::clone(next);
            above = next;
        }
        self.enter(Arc::clone(self.start.directory), Visited::default(), None, false)
    }

    /// Goes on by one name; `false` at the end.
    fn step(&mut self) -> Result<bool, GitError> {
        let Some(frame) = self.frames.last_mut() else { return Ok(false) };
        let directory = Arc::clone(&frame.directory);
        let next = frame.next;
        frame.next += 1;
        let visited = frame.visited.clone();
        self.path.truncate(frame.length);
        let children = directory.children(&self.scope().repository, || self.place())?;
        let Some(child) = children.get(next) else {
            self.leave();
            return Ok(true);
        };
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend(&*child.name);
        match &child.node {
            Node::Directory(below) => self.visit(&visited, || Ok(Some(Arc::clone(below))))?,
            Node::Submodule(submodule) => self.visit_submodule(&visited, submodule)?,
            _ if !self.filter.keeps_leaf(&self.path, &visited) => self.ignored += 1,
            &Node::Symlink { id } => {
                let entry = self.entry(EntryKind::Symlink, 0o777);
                self.take_content(entry, Job { store: self.store(), id, want: Want::Link })?;
            }
            &Node::File { id, executable } => {
                let entry = self.entry(EntryKind::File, if executable { 0o755 } else { 0o644 });
                let path = self.path_in_repository();
                let treatment = self
                    .scopes
                    .last_mut()
                    .map(|it| it.attributes.treatment(&path))
                    .unwrap_or_default();
                let want = Want::File(treatment);
                self.take_content(entry, Job { store: self.store(), id, want })?;
            }
        }
        Ok(true)
    }

    /// Decides about a directory, and goes into what `below` gives.
    fn visit(
        &mut self,
        parent: &Visited,
        below: impl FnOnce() -> Result<Option<Arc<Directory>>, GitError>,
    ) -> Result<(), GitError> {
        let visit = self.filter.visit_directory(&self.path, parent);
        if !visit.descend && !visit.kept {
            self.ignored += 1;
            return Ok(());
        }
        let entry = self.entry(EntryKind::Directory, 0o755);
        let reserve = if visit.kept {
            self.take(entry)?;
            None
        } else {
            Some(entry)
        };
        match below()? {
            Some(directory) => {
                let is_scope = !Arc::ptr_eq(&directory.store, &self.store());
                self.enter(directory, visit.visited, reserve, is_scope)
            }
            None => Ok(()),
        }
    }

    fn visit_submodule(&mut self, parent: &Visited, submodule: &Submodule) -> Result<(), GitError> {
        let mut inside = None;
        // What the rules leave out is not looked for.
        let visit = self.filter.visit_directory(&self.path, parent);
        if visit.descend || visit.kept {
            let scope = self.scope();
            let path = self.path_in_repository();
            inside = submodule::inside(&scope.root, &scope.repository, &path, submodule);
            if inside.is_none() {
                let commit = submodule.commit.to_string();
                let reason = NoticeReason::SubmoduleAbsent { commit };
                self.notices.push(Notice { path: ContextPath::new(&self.path), reason });
            }
        }
        self.visit(parent, || Ok(inside))
    }

    fn enter(
        &mut self,
        directory: Arc<Directory>,
        visited: Visited,
        reserve: Option<Entry>,
        is_scope: bool,
    ) -> Result<(), GitError> {
        if self.frames.len() >= DEPTH_LIMIT {
            return Err(self.too_large(DEPTH_LIMIT, "directories in one another"));
        }
        if is_scope {
            self.open_scope(Arc::clone(&directory), Vec::new(), self.path.len() + 1)?;
        }
        let path = if is_scope { Vec::new() } else { self.path_in_repository() };
        self.enter_attributes(&directory, path.strip_suffix(b"/").unwrap_or(&path))?;
        let length = self.path.len();
        self.frames.push(Frame { directory, next: 0, visited, length, reserve, is_scope });
        Ok(())
    }

    fn leave(&mut self) {
        let left = self.frames.pop();
        if left.is_some_and(|frame| frame.is_scope) {
            self.scopes.pop();
        } else if let Some(scope) = self.scopes.last_mut() {
            scope.attributes.leave();
        }
    }

    fn open_scope(
        &mut self,
        root: Arc<Directory>,
        before: Vec<u8>,
        cut: usize,
    ) -> Result<(), GitError> {
        let repository = root.store.repository.to_thread_local();
        let attributes = Attributes::of(&root.store, &repository)?;
        self.scopes.push(Scope { repository, attributes, root, before, cut });
        Ok(())
    }

    /// Reads the directory's attributes; `path` is its own, from the repository's root.
    fn enter_attributes(&mut self, directory: &Directory, path: &[u8]) -> Result<(), GitError> {
        let place = || self.start.named(&ContextPath::new(path).join(attributes::FILE));
        let repository = &self.scope().repository;
        let child = directory.child(repository, attributes::FILE, place)?;
        // A link is not followed, as git does not.
        let text = match child.map(|it| &it.node) {
            Some(&Node::File { id, .. }) => {
                Some(directory.store.read(repository, id, gix::objs::Kind::Blob, place)?)
            }
            _ => None,
        };
        let text = text.filter(|it| it.len() <= attributes::SIZE_LIMIT);
        match self.scopes.last_mut() {
            Some(scope) => scope.attributes.enter(path, text.as_deref()),
            None => Ok(()),
        }
    }

    /// Takes an entry, and with it the directories that lead to it.
    fn take(&mut self, entry: Entry) -> Result<(), GitError> {
        if self.entries.len() >= ENTRY_LIMIT {
            return Err(self.too_large(ENTRY_LIMIT, "files"));
        }
        self.entries.extend(self.frames.iter_mut().filter_map(|frame| frame.reserve.take()));
        self.entries.push(entry);
        Ok(())
    }

    fn take_content(&mut self, entry: Entry, job: Job) -> Result<(), GitError> {
        self.take(entry)?;
        self.wanted.push(self.entries.len() - 1);
        self.jobs.push(job);
        Ok(())
    }

    fn end(self, digests: &BlobDigests) -> Result<Taken, GitError> {
        let Self { start, mut entries, wanted, jobs, ignored, mut notices, .. } = self;
        let place = |job: usize| start.named_below(&entries[wanted[job]].path);
        let held = match start.names {
            Some(sizes) => named(&jobs, sizes, &place)?,
            None => contents(&jobs, digests, &place)?,
        };
        for (&index, held) in wanted.iter().zip(held) {
            let entry = &mut entries[index];
            match held {
                Held::Link(target) => entry.target = Some(target),
                Held::File { content, notice } => {
                    entry.size = content.size;
                    entry.digest = Some(content.digest);
                    let notice = notice.map(|reason| Notice { path: entry.path.clone(), reason });
                    notices.extend(notice);
                }
            }
        }
        notices.sort_unstable();
        Ok(Taken { snapshot: Snapshot::new(entries, ignored), notices })
    }

    fn entry(&self, kind: EntryKind, mode: u32) -> Entry {
        Entry {
            path: ContextPath::new(&self.path),
            kind,
            mode,
            size: 0,
            modified: ModifiedTime::default(),
            digest: None,
            target: None,
        }
    }

    /// The innermost repository. The walk opens the outermost before anything else, and leaves it
    /// last.
    fn scope(&self) -> &Scope {
        &self.scopes[self.scopes.len() - 1]
    }

    fn store(&self) -> Arc<super::store::Store> {
        Arc::clone(&self.scope().root.store)
    }

    /// The current path from the root of the repository that it is in.
    fn path_in_repository(&self) -> Vec<u8> {
        let scope = self.scope();
        [&scope.before, self.path.get(scope.cut..).unwrap_or_default()].concat()
    }

    fn place(&self) -> String {
        self.start.named_below(&ContextPath::new(&self.path))
    }

    fn too_large(&self, limit: usize, of: &'static str) -> GitError {
        GitError::TooLarge { place: self.place(), limit, of }
    }
}
