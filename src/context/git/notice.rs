//! What of a snapshot from git may not be as a working tree has it.

use std::fmt;

use crate::context::ContextPath;

/// One path whose content is not surely what a working tree would have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// Where it is, from the context's root.
    pub path: ContextPath,
    /// What is not known.
    pub reason: NoticeReason,
}

/// Why a path may not be as a working tree has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoticeReason {
    /// A submodule that is not checked out, or whose recorded commit is not at hand: an empty
    /// directory.
    SubmoduleAbsent {
        /// The recorded commit.
        commit: String,
    },
    /// The large file is not at hand: its pointer is there in its place.
    LargeFileAbsent {
        /// SHA-256 of the large file.
        oid: String,
    },
    /// A filter of the repository's configuration, which is never run: the bytes are as git keeps
    /// them.
    FilterNotRun {
        /// The filter's name.
        filter: String,
    },
    /// An encoding that is not known here: the bytes are as git keeps them.
    EncodingUnknown {
        /// The encoding's name.
        encoding: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.path, self.reason)
    }
}

impl fmt::Display for NoticeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubmoduleAbsent { commit } => write!(
                f,
                "the submodule's commit {commit} is not at hand, so it counts as an empty \
                 directory; `git submodule update --init` brings it"
            ),
            Self::LargeFileAbsent { oid } => write!(
                f,
                "the large file {oid} is not at hand, so its pointer counts; `git lfs fetch` \
                 brings it"
            ),
            Self::FilterNotRun { filter } => write!(
                f,
                "the filter {filter:?} is not run, so the bytes count as git keeps them; compare \
                 the working tree where that matters"
            ),
            Self::EncodingUnknown { encoding } => write!(
                f,
                "the encoding {encoding:?} is not known, so the bytes count as git keeps them; \
                 compare the working tree where that matters"
            ),
        }
    }
}
