//! What is remembered of builds: the only thing that is not in the two trees.

use crate::context::ContextPath;
use crate::plan::{Dialect, ImageReference, Platform, Step};
use crate::{BaseImage, Seconds};

/// What earlier builds of a context taught. Every answer may be that nobody knows.
pub trait Facts {
    /// How the engine that built this context last reads Dockerfiles.
    fn dialect(&self, context: &ContextPath) -> Dialect;

    /// What that engine runs on.
    fn platform(&self, context: &ContextPath) -> Platform;

    /// A base image as that engine has it.
    fn base_image(&self, context: &ContextPath, image: &ImageReference) -> Option<BaseImage>;

    /// How long a step of that context took when it ran.
    fn seconds(&self, context: &ContextPath, step: &Step) -> Option<Seconds>;
}

/// Nothing was ever built here.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn dialect(&self, _: &ContextPath) -> Dialect {
        Dialect::default()
    }

    fn platform(&self, _: &ContextPath) -> Platform {
        Platform::default()
    }

    fn base_image(&self, _: &ContextPath, _: &ImageReference) -> Option<BaseImage> {
        None
    }

    fn seconds(&self, _: &ContextPath, _: &Step) -> Option<Seconds> {
        None
    }
}
