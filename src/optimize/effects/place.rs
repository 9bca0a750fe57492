//! Places in an image, and which of them meet.

use crate::context::ContextPath;

/// The first components of the places that belong to the system. Links lead from one to another
/// in many images (`/bin` to `/usr/bin`, `/var/run` to `/run`), so that they count as one place.
const STANDARD: &[&str] = &[
    "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys",
    "tmp", "usr", "var",
];

/// Where packages of the system install, apart from what is only theirs by way of exception.
const SYSTEM: &[&str] = &["boot", "etc", "run", "tmp", "usr", "var"];

/// Where some packages also write: home directories, and those of other makers and services.
const BY_EXCEPTION: &[&str] = &["home", "media", "mnt", "opt", "root", "srv"];

/// The places of packages in the system.
pub(super) fn system() -> impl Iterator<Item = ContextPath> {
    SYSTEM.iter().map(ContextPath::new)
}

/// The places where some of them also write.
pub(super) fn by_exception() -> impl Iterator<Item = ContextPath> {
    BY_EXCEPTION.iter().map(ContextPath::new)
}

/// Whether a place belongs to the system.
pub(in crate::optimize) fn is_standard(place: &ContextPath) -> bool {
    let first = place.components().next();
    first.is_some_and(|first| STANDARD.iter().any(|name| name.as_bytes() == first))
}

/// Whether one place is, holds, or lies in the other.
pub(in crate::optimize) fn do_overlap(a: &ContextPath, b: &ContextPath) -> bool {
    a.starts_with(b) || b.starts_with(a) || is_standard(a) && is_standard(b)
}

/// The same, but that a place below `/usr/src` is apart from what means all of `/usr`: people put
/// their projects there, and hardly a package anything.
pub(in crate::optimize) fn do_overlap_beside_sources(
    own: &ContextPath,
    other: &ContextPath,
) -> bool {
    if is_below_sources(own) {
        let is_all = *other == ContextPath::new("usr");
        !is_all && (own.starts_with(other) || other.starts_with(own))
    } else {
        do_overlap(own, other)
    }
}

/// Whether a place lies below `/usr/src`.
pub(in crate::optimize) fn is_below_sources(place: &ContextPath) -> bool {
    let sources = ContextPath::new("usr/src");
    *place != sources && place.starts_with(&sources)
}
