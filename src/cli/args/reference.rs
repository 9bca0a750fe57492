//! Names of images, in docker's grammar.

use super::values::UsageError;
use crate::plan::reference_problem;

/// A name for the built image, `[HOST[:PORT]/]PATH[:TAG]`, once its form is right.
///
/// The engine would refuse a wrong one too, but only after the build.
pub(super) fn tag(text: &str) -> Result<String, UsageError> {
    match reference_problem(text) {
        None => Ok(text.to_owned()),
        Some(reason) => Err(UsageError::Tag { text: text.to_owned(), reason }),
    }
}
