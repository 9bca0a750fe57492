//! Why a hook cannot be installed or removed.

use std::io;
use std::path::PathBuf;

use super::script::KEPT;
use crate::context::git::GitError;

/// Why a hook cannot be installed or removed. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// There is no repository, or one that cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The repository has no working tree.
    #[error(
        "{repository:?} is a bare repository, in which nobody commits; go to a working tree of it"
    )]
    Bare {
        /// Its directory.
        repository: PathBuf,
    },
    /// Git would not work with the repository.
    #[error(
        "{repository:?} belongs to another user, so that git runs none of its hooks; if you trust \
         it, add its working tree to git's setting safe.directory"
    )]
    NotTrusted {
        /// Its directory.
        repository: PathBuf,
    },
    /// The hooks belong to husky.
    #[error(
        "{directory:?} is written by husky, and anew each time; add the line `smartbuild impact \
         --staged` to .husky/pre-commit instead"
    )]
    Husky {
        /// The directory of the hooks.
        directory: PathBuf,
    },
    /// The directory of the hooks cannot be made, or is something else.
    #[error(
        "cannot make {directory:?}, where git looks for hooks: {source}; `git config --show-origin \
         core.hooksPath` says whether a setting names it"
    )]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The hook is there and smartbuild did not write it.
    #[error(
        "{hook:?} was not written by `smartbuild hook install`, so it is left alone; remove it \
         yourself, or the call of smartbuild in it"
    )]
    Foreign {
        /// The hook.
        hook: PathBuf,
    },
    /// Somebody edited the hook that smartbuild wrote.
    #[error(
        "{hook:?} was edited after `smartbuild hook install` had written it, so it is left alone; \
         save what you added to it, then delete it and run this again"
    )]
    Edited {
        /// The hook.
        hook: PathBuf,
    },
    /// What stands at the hook's name is no file.
    #[error("{hook:?} is no file, so it can be no hook; move it away and run this again")]
    NoFile {
        /// The path.
        hook: PathBuf,
    },
    /// Two hooks claim to be the one from before.
    #[error(
        "{kept:?} is there from an earlier installation, and {hook:?} is another hook; only one \
         can be chained: join them into one file called pre-commit, delete {KEPT}, and run this \
         again"
    )]
    TwoHooks {
        /// The hook.
        hook: PathBuf,
        /// The one that was kept earlier.
        kept: PathBuf,
    },
    /// A file has the name of a kept hook, and nothing says that it is one.
    #[error(
        "{kept:?} is there, and no hook of smartbuild runs it; if it is your hook, rename it to \
         {hook:?}, else move it away, and run this again"
    )]
    Stray {
        /// Where the hook would be.
        hook: PathBuf,
        /// The file.
        kept: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {path:?}: {source}; check who may write there")]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
