//! What one image may cost.

use std::collections::BTreeSet;

use super::{ByteSize, Denied};
use crate::Seconds;

/// What one image may cost; of what is not said, the next level decides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// The most that its next build may take for steps that are lost.
    pub max_seconds: Option<Seconds>,
    /// The most steps that may be lost.
    pub max_steps: Option<usize>,
    /// The most bytes that COPY and ADD may bring more than before.
    pub max_image_growth: Option<ByteSize>,
    /// For what no step may be lost.
    pub deny: Option<BTreeSet<Denied>>,
}

impl Limits {
    /// Whether anything is limited.
    pub(super) fn is_set(&self) -> bool {
        let Self { max_seconds, max_steps, max_image_growth, deny } = self;
        max_seconds.is_some()
            || max_steps.is_some()
            || max_image_growth.is_some()
            || deny.as_ref().is_some_and(|denied| !denied.is_empty())
    }
}

/// Who set a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetBy {
    /// The command line.
    CommandLine,
    /// The image's own table in `smartbuild.toml`.
    Image,
    /// The table `impact` of `smartbuild.toml`.
    Defaults,
}
