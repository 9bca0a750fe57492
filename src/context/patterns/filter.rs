//! Include and exclude patterns over a walk, as the engine's file transfer applies them.

use super::{ParentMatches, PatternError, PatternMatcher};
use crate::context::{ContextPath, Entry, EntryKind, Snapshot};

/// What is taken of a tree: paths that the include patterns match, or all when there are none,
/// less those that the exclude patterns match; and the directories that lead to them.
///
/// Docker's own client decides a second time when a file's bytes are asked for, then without what
/// its parents' decisions found, and sends an empty file where the two differ (`d*`, `!*/x`, `dir`
/// and the file `dir/x`). That is a mistake, not a rule, and not repeated here: what the walk takes
/// is taken with its bytes.
#[derive(Debug, Clone, Default)]
pub struct PathFilter {
    include: Option<PatternMatcher>,
    exclude: Option<PatternMatcher>,
}

/// What the patterns found for a directory, for the decisions about what is in it; the default
/// for what is at the root.
#[derive(Debug, Clone, Default)]
pub struct Visited {
    include: ParentMatches,
    exclude: ParentMatches,
}

/// The decision about a directory.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Whether it is taken for itself. One that is not is still taken when something in it is.
    pub kept: bool,
    /// Whether something in it may be taken.
    pub descend: bool,
    /// To pass on for what is in it.
    pub visited: Visited,
}

impl PathFilter {
    /// The filter of these patterns; an empty list does not filter.
    pub fn new<T: AsRef<[u8]>>(include: &[T], exclude: &[T]) -> Result<Self, PatternError> {
        let matcher = |patterns: &[T]| {
            (!patterns.is_empty()).then(|| PatternMatcher::new(patterns)).transpose()
        };
        Ok(Self { include: matcher(include)?, exclude: matcher(exclude)? })
    }

    /// The filter that takes everything but what the matcher matches.
    pub fn excluding(matcher: PatternMatcher) -> Self {
        Self { include: None, exclude: Some(matcher) }
    }

    /// The decision about a directory that a walk has come to.
    pub fn visit_directory(&self, path: &[u8], parent: &Visited) -> Visit {
        let mut visit = Visit { kept: true, descend: true, visited: Visited::default() };
        if let Some(include) = &self.include {
            let (matched, met) = include.matches_below(path, &parent.include);
            visit.visited.include = met;
            if !matched {
                visit.kept = false;
                visit.descend = include.match_below(path);
                if !visit.descend {
                    return visit;
                }
            }
        }
        if let Some(exclude) = &self.exclude {
            let (matched, met) = exclude.matches_below(path, &parent.exclude);
            visit.visited.exclude = met;
            if matched {
                visit.kept = false;
                visit.descend = exclude.exception_below(path);
            }
        }
        visit
    }

    /// Whether a walk takes a path that is no directory.
    pub fn keeps_leaf(&self, path: &[u8], parent: &Visited) -> bool {
        self.include.as_ref().is_none_or(|include| include.matches_leaf(path, &parent.include))
            && !self.exclude.as_ref().is_some_and(|it| it.matches_leaf(path, &parent.exclude))
    }

    /// Whether a walk from the root would come to the path and take it for itself.
    pub fn selects(&self, path: &ContextPath, is_directory: bool) -> bool {
        let bytes = path.as_bytes();
        let mut visited = Visited::default();
        for (end, _) in bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'/') {
            let visit = self.visit_directory(&bytes[..end], &visited);
            if !visit.descend {
                return false;
            }
            visited = visit.visited;
        }
        if is_directory {
            self.visit_directory(bytes, &visited).kept
        } else {
            self.keeps_leaf(bytes, &visited)
        }
    }

    /// The entries that are taken, in the snapshot's order, directories that lead to one of them
    /// included.
    pub fn select<'a>(&self, snapshot: &'a Snapshot) -> Vec<&'a Entry> {
        let mut taken = Vec::new();
        // The directories above the current entry, with whether each is among the taken.
        let mut above: Vec<(&Entry, Visit, bool)> = Vec::new();
        for entry in snapshot.entries() {
            while above.pop_if(|(directory, ..)| !entry.path.starts_with(&directory.path)).is_some()
            {
            }
            let root = Visited::default();
            let parent = match above.last() {
                Some((_, visit, _)) if !visit.descend => continue,
                Some((_, visit, _)) => &visit.visited,
                None => &root,
            };
            let path = entry.path.as_bytes();
            let visit =
                (entry.kind == EntryKind::Directory).then(|| self.visit_directory(path, parent));
            let kept = match &visit {
                Some(visit) => visit.kept,
                None => self.keeps_leaf(path, parent),
            };
            if kept {
                for (directory, _, known) in &mut above {
                    if !*known {
                        taken.push(*directory);
                        *known = true;
                    }
                }
                taken.push(entry);
            }
            if let Some(visit) = visit {
                above.push((entry, visit, kept));
            }
        }
        taken
    }
}
