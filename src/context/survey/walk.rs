//! The walk of everything, what the rules leave out too. No file is opened.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::explain::deciding;
use super::{Item, RuleUse, Survey, Tally};
use crate::context::directories::{Directories, take_directories_above};
use crate::context::error::{Problem, ProblemReason};
use crate::context::patterns::{PathFilter, Visited};
use crate::context::walk::{kind, named, reason, resolve};
use crate::context::{ContextPath, EntryKind, Error, IgnoreRules};

/// A file that all may read is one that we may read.
const READABLE_BY_ALL: u32 = 0o004;

/// Bytes of a file that are enough to tell what is in it.
const PEEK: u64 = 64 * 1024;

/// Walks all of the directory at `root` and says what the rules do with it.
///
/// What is to be sent and cannot be read is among [`Survey::problems`]; what is left out and
/// cannot be read is not counted. Files whose mode lets all read them are taken for readable.
pub fn survey(root: &Path, rules: &IgnoreRules) -> Result<Survey, Error> {
    let root = resolve(root)?;
    let walk = Walk {
        rules,
        filter: rules.filter(),
        directories: Directories::below(&root),
        found: Mutex::new(Found::new(rules)),
    };
    let mut builder = WalkBuilder::new(&root);
    builder.standard_filters(false).follow_links(false);
    builder.build_parallel().visit(&mut Visitors(&walk));
    let found = walk.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.into_survey(&root)
}

/// The beginning of a file, enough to tell what it is; `None` where it cannot be read.
pub fn peek(root: &Path, path: &ContextPath) -> Option<Vec<u8>> {
    let mut start = Vec::new();
    let file = File::open(path.on_disk(root)).ok()?;
    file.take(PEEK).read_to_end(&mut start).ok()?;
    Some(start)
}

/// What all threads share.
struct Walk<'a> {
    rules: &'a IgnoreRules,
    filter: PathFilter,
    /// What was decided about each directory, for what is in it.
    directories: Directories<'a, Parent>,
    found: Mutex<Found>,
}

/// The decision about a directory.
#[derive(Default)]
struct Parent {
    visited: Visited,
    kept: bool,
    /// The rules that match it or a directory above it.
    met: Vec<usize>,
    /// The rule for which a build leaves it unread, where one does.
    unread: Option<usize>,
}

/// What a thread has found.
struct Found {
    items: Vec<Item>,
    /// Directories that are left out unless something in them is taken.
    reserve: Vec<Item>,
    rules: Vec<RuleUse>,
    ignored: Tally,
    problems: Vec<Problem>,
}

struct Visitors<'a>(&'a Walk<'a>);

struct Visitor<'a> {
    walk: &'a Walk<'a>,
    found: Found,
}

impl<'a> ParallelVisitorBuilder<'a> for Visitors<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        Box::new(Visitor { walk: self.0, found: Found::new(self.0.rules) })
    }
}

impl ParallelVisitor for Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) if entry.depth() == 0 => {}
            Ok(entry) => self.visit_entry(&entry),
            Err(error) => self.visit_error(error),
        }
        WalkState::Continue
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        let mut all = self.walk.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.items.append(&mut self.found.items);
        all.reserve.append(&mut self.found.reserve);
        all.problems.append(&mut self.found.problems);
        all.ignored.join(self.found.ignored);
        for (all, own) in all.rules.iter_mut().zip(&self.found.rules) {
            all.decides.join(own.decides);
            all.matches |= own.matches;
        }
    }
}

impl Visitor<'_> {
    fn visit_entry(&mut self, entry: &DirEntry) {
        let path = self.walk.directories.relative(entry.path());
        let parent = self.walk.directories.parent(&path);
        let is_directory = entry.file_type().is_some_and(|it| it.is_dir());
        if let Some(rule) = parent.unread {
            self.visit_unread(entry, &path, rule);
            if is_directory {
                self.walk.directories.remember(&path, parent);
            }
            return;
        }
        let met = self.met(&path, &parent.met);
        if is_directory {
            self.visit_directory(path, &parent, met);
        } else {
            self.visit_leaf(entry, path, &parent, &met);
        }
    }

    /// What lies in a directory that a build does not read.
    fn visit_unread(&mut self, entry: &DirEntry, path: &ContextPath, rule: usize) {
        // Only to be sure which rules match nothing at all.
        let idle = |place: usize| !self.found.rules[place].matches;
        let met: Vec<usize> = self.walk.rules.matcher().meeting(path.as_bytes(), idle).collect();
        for place in met {
            self.found.rules[place].matches = true;
        }
        let Ok(metadata) = std::fs::symlink_metadata(entry.path()) else { return };
        if let Some(kind) = kind(metadata.file_type()) {
            self.ignore(Some(rule), kind, metadata.len());
        }
    }

    fn visit_directory(&mut self, path: ContextPath, parent: &Parent, met: Vec<usize>) {
        let visit = self.walk.filter.visit_directory(path.as_bytes(), &parent.visited);
        let decides = deciding(self.walk.rules, met.iter().copied(), visit.kept);
        // What is left out always has a rule that leaves it out.
        let unread = decides.filter(|_| !visit.kept && !visit.descend);
        self.walk.directories.remember(
            &path,
            Arc::new(Parent { visited: visit.visited, kept: visit.kept, met, unread }),
        );
        let item = Item { path, kind: EntryKind::Directory, size: 0 };
        if visit.kept {
            self.send(decides, item);
        } else if unread.is_some() {
            self.ignore(decides, EntryKind::Directory, 0);
        } else {
            // Whether it is sent depends on what is in it; it counts for no rule.
            self.found.reserve.push(item);
        }
    }

    fn visit_leaf(&mut self, entry: &DirEntry, path: ContextPath, parent: &Parent, met: &[usize]) {
        let kept = self.walk.filter.keeps_leaf(path.as_bytes(), &parent.visited);
        let decides = deciding(self.walk.rules, met.iter().copied(), kept);
        let metadata = match std::fs::symlink_metadata(entry.path()) {
            Ok(metadata) => metadata,
            Err(error) if kept => return self.problem(path, named(error)),
            Err(_) => return,
        };
        let Some(kind) = kind(metadata.file_type()) else { return };
        if !kept {
            return self.ignore(decides, kind, metadata.len());
        }
        if kind == EntryKind::File && metadata.mode() & READABLE_BY_ALL == 0 {
            let access = rustix::fs::access(entry.path(), rustix::fs::Access::READ_OK);
            if let Err(refused) = access {
                self.problem(path.clone(), ProblemReason::Io(io::Error::from(refused)));
            }
        }
        let size = if kind == EntryKind::File { metadata.len() } else { 0 };
        self.send(decides, Item { path, kind, size });
    }

    /// The rules that match the path or a directory above it.
    fn met(&mut self, path: &ContextPath, above: &[usize]) -> Vec<usize> {
        let new = |place: usize| !above.contains(&place);
        let mut met = above.to_vec();
        met.extend(self.walk.rules.matcher().meeting(path.as_bytes(), new));
        for &place in &met[above.len()..] {
            self.found.rules[place].matches = true;
        }
        met
    }

    fn send(&mut self, decides: Option<usize>, item: Item) {
        if let Some(place) = decides {
            self.found.rules[place].decides.add(item.kind, item.size);
        }
        self.found.items.push(item);
    }

    fn ignore(&mut self, decides: Option<usize>, kind: EntryKind, size: u64) {
        self.found.ignored.add(kind, size);
        if let Some(place) = decides {
            self.found.rules[place].decides.add(kind, size);
        }
    }

    fn visit_error(&mut self, error: ignore::Error) {
        let mut path = None;
        let reason = reason(error, &mut path);
        let path =
            path.map_or_else(ContextPath::root, |path| self.walk.directories.relative(&path));
        // As in a build, a directory that is not taken for itself is passed over.
        if path.is_root() || self.walk.directories.get(path.as_bytes()).kept {
            self.problem(path, named(reason));
        }
    }

    fn problem(&mut self, path: ContextPath, reason: ProblemReason) {
        self.found.problems.push(Problem { path, reason });
    }
}

impl Found {
    fn new(rules: &IgnoreRules) -> Self {
        Self {
            items: Vec::new(),
            reserve: Vec::new(),
            rules: vec![RuleUse::default(); rules.rules().len()],
            ignored: Tally::default(),
            problems: Vec::new(),
        }
    }

    fn into_survey(mut self, root: &Path) -> Result<Survey, Error> {
        if let Some(at) = self.problems.iter().position(|problem| problem.path.is_root()) {
            let reason = match self.problems.swap_remove(at).reason {
                ProblemReason::Io(reason) => reason,
                other => io::Error::other(other.to_string()),
            };
            return Err(Error::Root { path: root.to_owned(), reason });
        }
        let left = take_directories_above(&mut self.items, self.reserve, |item| &item.path);
        for directory in left {
            self.ignored.add(directory.kind, 0);
        }
        Ok(Survey::new(self.items, self.rules, self.ignored, self.problems))
    }
}
