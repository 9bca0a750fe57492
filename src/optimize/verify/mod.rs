//! The proof: whether a rewritten Dockerfile builds what the original builds.
//!
//! In: two images of the original, built without cache one after the other, and one of the
//! rewrite ([`compare`]). Out: [`Differences`]: what the rewrite changes, path by path and setting
//! by setting, beyond what differs between the two images of the original. That much is noise: it
//! would differ at every build. Everything is computed; who builds and reads the images is
//! `engine`.
//!
//! What counts of a path: what it is, its permissions, owner, bytes, target, other names, device
//! numbers, extended attributes, and of files the time of their last change. Not of directories:
//! each one that a step makes or writes to has the time of that step, and of those a rewrite may
//! well have others.

mod compare;
mod names;
#[cfg(test)]
mod tests;
mod types;

pub use compare::compare;
pub use types::{
    Aspect, AspectChange, Check, Differences, Noise, PathChange, PathDifference, SettingDifference,
    Verification,
};
