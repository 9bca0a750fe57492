//! What can go wrong with a context.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::ContextPath;
use super::git::GitError;
use super::patterns::PatternError;

/// Why a context cannot be read. Every message says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A line of an ignore file that the engine refuses.
    #[error("{file}:{line}: {reason}")]
    Pattern {
        /// The ignore file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: PatternError,
    },
    /// A line of an ignore file longer than the engine reads.
    #[error("{file}:{line}: the engine reads no line of 65536 bytes or more: cut it")]
    LongLine {
        /// The ignore file.
        file: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// An ignore file is there and cannot be read.
    #[error("cannot read the ignore file {path:?}: {reason}; make it readable or remove it")]
    IgnoreFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The context's root cannot be read.
    #[error("cannot read the context {path:?}: {reason}; give a directory that you may read")]
    Root {
        /// The root as it was given.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A file of the context is there and cannot be read.
    #[error("cannot read {path:?}: {reason}; make it readable or name another")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The context cannot be taken from git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Some files or directories of the context could not be read; all of them are named.
    #[error("{0}")]
    Unreadable(Problems),
}

/// Every path of a context that could not be read, in order, at least one.
#[derive(Debug)]
pub struct Problems(pub(super) Vec<Problem>);

/// One path that could not be read.
#[derive(Debug)]
pub struct Problem {
    /// Where it is in the context.
    pub path: ContextPath,
    /// Why.
    pub reason: ProblemReason,
}

/// Why one path could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProblemReason {
    /// It was there when the directory was read and is gone now.
    #[error("it vanished while the context was read")]
    Vanished,
    /// Its size or times changed while it was read, so its digest would be of no state it had.
    #[error("it changed while it was read")]
    Changed,
    /// The system refuses.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// More are counted, not listed.
const LISTED: usize = 20;

impl Problems {
    /// Each path with its reason.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read these paths of the context:")?;
        for problem in self.0.iter().take(LISTED) {
            write!(f, "\n  {:?}: {}", problem.path, problem.reason)?;
        }
        if self.0.len() > LISTED {
            write!(f, "\n  and {} more", self.0.len() - LISTED)?;
        }
        let refused = self.0.iter().any(|it| matches!(it.reason, ProblemReason::Io(_)));
        let moving = self.0.iter().any(|it| !matches!(it.reason, ProblemReason::Io(_)));
        if moving {
            write!(f, "\nwait until nothing writes to the context and run this again")?;
        }
        if refused {
            write!(f, "\nmake them readable (chmod a+r, for directories a+rx)")?;
        }
        write!(f, "\nor leave them out with a line in .dockerignore")
    }
}
