//! What the package managers of Python have in common: options, documents and the search for them.
//!
//! In: a command's words and what a COPY brings. Out: the files that an install reads, and a
//! [`Reason`] where it may read more. Requirement files are pip's and are read in its room.

mod document;
mod local;
mod options;

pub(super) use document::{Document, project, take, take_if_there, take_upwards};
pub(super) use local::{check_requirements, check_settings, is_local};
pub(super) use options::{Arguments, Options};

use super::Install;
use super::pip;
use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;

/// What all of them, or the interpreter that they start, look for beside the project's manifest.
pub(super) const READ_UPWARDS: &[&str] =
    &[".python-version", ".python-versions", ".tool-versions", "mise.toml", ".mise.toml"];

/// Texts in earlier instructions that tell of settings which installs of Python packages keep.
pub(super) const SETTINGS: &[&str] = &[
    "pip config",
    "pip.conf",
    "pip.ini",
    "pydistutils",
    "sitecustomize",
    "usercustomize",
    ".pth",
    "--editable",
    "setup.py develop",
];

/// What pip's installs may not have around them, for those that build packages as pip does; the
/// files that choose an interpreter are among the manifests here.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    pip::habits::check_configuration(install, around)
}

/// Refuses what a tool would find in the project by these names.
pub(super) fn refuse_copied(
    install: &Install,
    around: &Surroundings<'_>,
    names: &[&str],
) -> Result<(), Reason> {
    let is_named = |component: &[u8]| names.iter().any(|name| name.as_bytes() == component);
    let found = around.landing.iter().find(|(place, _)| place.components().any(is_named));
    found.map_or(Ok(()), |(_, entry)| {
        Err(Reason::Reads { tool: install.tool.name(), file: entry.path.clone() })
    })
}
