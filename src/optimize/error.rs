//! What can go wrong while rewrites are looked for.

use crate::dockerfile::{self, edit::EditError};
use crate::plan;

/// Why no rewrite could be looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Dockerfile cannot be built as it is.
    #[error("{0}; mend this first, only what builds can be optimized")]
    Plan(#[from] plan::Error),
    /// The edits do not fit together.
    #[error("the rewrites do not fit together: {0}")]
    Edit(#[from] EditError),
    /// The rewritten text does not parse.
    #[error("the rewritten Dockerfile does not parse: {0}")]
    Parse(#[from] dockerfile::Error),
}
