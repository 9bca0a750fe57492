//! How a bench ends before it is done.

use super::super::failure::Failure;

/// Why a bench ended early.
pub(super) enum End {
    Cancelled,
    /// A build failed without which there is nothing to measure, or the disk is full.
    Failed(String),
    Other(Failure),
}

impl End {
    /// The failure that the command ends with.
    pub(super) fn failure(self) -> Failure {
        match self {
            Self::Cancelled => Failure::Cancelled,
            Self::Failed(message) => Failure::Build(Some(message)),
            Self::Other(failure) => failure,
        }
    }
}

impl<E: Into<Failure>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}
