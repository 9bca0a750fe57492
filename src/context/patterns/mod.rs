//! Which paths a list of patterns selects, decided exactly as the engine decides it.
//!
//! In: patterns of an ignore file, or the include and exclude patterns an engine asks with.
//! Out: for any path, whether the list matches; and for a walk, whether a directory can be left
//! unread. These are Docker's rules (moby's `patternmatcher`), not git's: every pattern is anchored
//! at the root, a pattern matches what is below it too, the last pattern that matches wins, and
//! `!` takes back what an earlier one matched, also below a matched directory.
//!
//! There are two ways to ask, and they are not quite the same in the engine either:
//! [`PatternMatcher::matches`] knows one path only; [`PatternMatcher::matches_below`] carries
//! what its parents' decisions found, as the engine's walk does. An exception that was of no use
//! for a directory is not looked up again for what is below it, so with patterns such as `*/x`
//! and `!dir`, `dir/x` is matched in a walk and not matched when asked alone.

mod class;
mod expression;
mod filter;
mod pattern;
mod repeat;
#[cfg(test)]
mod tests;

pub use filter::{PathFilter, Visit, Visited};

use pattern::{Pattern, Refusal};

/// A list of patterns, ready to match.
#[derive(Debug, Clone, Default)]
pub struct PatternMatcher {
    patterns: Vec<Pattern>,
    /// The place of each pattern in the list it came from, blank ones counted.
    places: Vec<usize>,
    exceptions: bool,
    /// Whether directories are left unread as the classic builder's client leaves them.
    classic: bool,
}

/// A pattern that the engine would refuse.
///
/// Places count from 0 in the list as it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// `!` with nothing after it.
    #[error("the pattern `!` takes back nothing: write what to take back after it")]
    LoneException {
        /// Place of the pattern.
        place: usize,
    },
    /// A class that is not closed, or a backslash at the end.
    #[error(
        "the pattern `{pattern}` is not well-formed: close every `[` with `]` after at least one \
         character, and end it with no `\\`"
    )]
    Syntax {
        /// Place of the pattern.
        place: usize,
        /// Its text.
        pattern: String,
    },
    /// A class or an escape that the engine cannot read although it is well-formed.
    #[error(
        "the engine cannot read the pattern `{pattern}`: put a backslash only before characters \
         that are no letter or digit, and write ranges from low to high; paths have `/` between \
         their parts"
    )]
    Unreadable {
        /// Place of the pattern.
        place: usize,
        /// Its text.
        pattern: String,
    },
}

/// Which patterns a directory has met, for the decisions about what is in it.
///
/// Only of use with the matcher it came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParentMatches(Option<Box<[u64]>>);

impl PatternMatcher {
    /// Compiles the patterns. White space around them and blank ones do not count; paths are
    /// cleaned; `!` at the start makes an exception.
    pub fn new<I>(patterns: I) -> Result<Self, PatternError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut matcher = Self::default();
        for (place, text) in patterns.into_iter().enumerate() {
            let text = text.as_ref();
            match Pattern::new(text) {
                Ok(Some(pattern)) => {
                    matcher.exceptions |= pattern.exception;
                    matcher.patterns.push(pattern);
                    matcher.places.push(place);
                }
                Ok(None) => {}
                Err(refusal) => {
                    let pattern = String::from_utf8_lossy(text).into_owned();
                    return Err(match refusal {
                        Refusal::LoneException => PatternError::LoneException { place },
                        Refusal::Syntax => PatternError::Syntax { place, pattern },
                        Refusal::Expression(_) => PatternError::Unreadable { place, pattern },
                    });
                }
            }
        }
        Ok(matcher)
    }

    /// Whether no pattern is in it.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the list matches the path, or a parent of it, and takes neither back.
    ///
    /// `path` is relative to the root, clean, with `/` between its parts.
    pub fn matches(&self, path: &[u8]) -> bool {
        let mut matched = false;
        for pattern in &self.patterns {
            // What cannot change the answer is not looked up.
            if pattern.exception == matched && matches_with_parents(pattern, path) {
                matched = !matched;
            }
        }
        matched
    }

    /// Whether the list matches the path, with what its directory's decision found; and what
    /// to pass on to the paths in it. At the root, pass the default.
    pub fn matches_below(&self, path: &[u8], parent: &ParentMatches) -> (bool, ParentMatches) {
        let mut met = vec![0; self.patterns.len().div_ceil(64)];
        let decided = self.decide(path, parent, |index| met[index / 64] |= 1 << (index % 64));
        (decided.is_some_and(|(_, matched)| matched), ParentMatches(Some(met.into_boxed_slice())))
    }

    /// As [`matches_below`](Self::matches_below) for a path that has nothing in it.
    pub fn matches_leaf(&self, path: &[u8], parent: &ParentMatches) -> bool {
        self.decide(path, parent, |_| {}).is_some_and(|(_, matched)| matched)
    }

    /// The place in the list of the pattern that decided about the path, as a walk decides; and
    /// whether it matched or took back. `None` when no pattern touches the path.
    pub fn deciding(&self, path: &[u8], parent: &ParentMatches) -> Option<(usize, bool)> {
        self.decide(path, parent, |_| {}).map(|(index, matched)| (self.places[index], matched))
    }

    /// The same patterns as the classic builder's client walks with: it decides about paths alike,
    /// and about reading a matched directory by the letter of its exceptions only.
    #[must_use]
    pub fn for_classic_builder(self) -> Self {
        Self { classic: true, ..self }
    }

    /// The places in the list of all patterns that match this very path, exceptions too, whatever
    /// the other patterns say; among those that `wanted` names.
    pub fn meeting(
        &self,
        path: &[u8],
        wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = usize> {
        let pairs = self.places.iter().zip(&self.patterns);
        pairs
            .filter(move |(place, pattern)| wanted(**place) && pattern.matches(path))
            .map(|(&place, _)| place)
    }

    /// Whether an exception may take back something below this directory, so that a walk has to
    /// read it although it is matched.
    ///
    /// The engine compares the beginnings of exceptions without their trailing wildcard with the
    /// directory's path, and when one of them has another wildcard, reads every directory. So
    /// `!a/*/**` takes back nothing below `a/b` when `a` is matched.
    pub fn exception_below(&self, directory: &[u8]) -> bool {
        if self.classic {
            return self.patterns.iter().filter(|it| it.exception).any(|it| it.names(directory));
        }
        self.exceptions && self.some_below(directory, true)
    }

    /// Whether a pattern that is no exception may match something below this directory, so that
    /// a walk for what is included has to read it although it is not matched itself.
    pub fn match_below(&self, directory: &[u8]) -> bool {
        self.some_below(directory, false)
    }

    fn some_below(&self, directory: &[u8], exceptions: bool) -> bool {
        let of_kind = || self.patterns.iter().filter(|pattern| pattern.exception == exceptions);
        of_kind().any(Pattern::has_inner_wildcard)
            || of_kind().any(|pattern| {
                let start = pattern.without_trailing_glob();
                start.strip_prefix(directory).is_some_and(|rest| {
                    rest.is_empty() || rest.starts_with(b"/") || directory.is_empty()
                })
            })
    }

    /// The last pattern that changed the answer, and the answer; tells of every pattern met.
    fn decide(
        &self,
        path: &[u8],
        parent: &ParentMatches,
        mut met: impl FnMut(usize),
    ) -> Option<(usize, bool)> {
        let mut decided = None;
        for (index, pattern) in self.patterns.iter().enumerate() {
            let matched = decided.is_some_and(|(_, matched)| matched);
            let inherited = parent.has(index);
            if !inherited {
                // Passed over, and remembered as not met, as in the engine.
                if pattern.exception != matched {
                    continue;
                }
                let hit = match parent.0 {
                    Some(_) => pattern.matches(path),
                    None => matches_with_parents(pattern, path),
                };
                if !hit {
                    continue;
                }
            }
            met(index);
            if matched == pattern.exception {
                decided = Some((index, !matched));
            }
        }
        decided
    }
}

impl ParentMatches {
    fn has(&self, index: usize) -> bool {
        let Some(met) = &self.0 else { return false };
        met.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}

/// Whether the pattern matches the path or one of its parents.
fn matches_with_parents(pattern: &Pattern, path: &[u8]) -> bool {
    pattern.matches(path)
        || path
            .iter()
            .enumerate()
            .filter(|&(_, &byte)| byte == b'/')
            .any(|(end, _)| pattern.matches(&path[..end]))
}
