//! What a comparison gives.

use crate::{CommandRun, ImagePath};

/// How a rewrite was verified, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// The original builds, and the rewritten Dockerfile does not.
    NotBuilt {
        /// Why, in the engine's words.
        message: String,
    },
    /// Both were built and compared.
    Compared {
        /// What differs.
        differences: Differences,
        /// A command that was run in both, where one was given.
        check: Option<Check>,
    },
}

impl Verification {
    /// Whether the rewrite builds the same, as far as was looked.
    pub fn is_passed(&self) -> bool {
        match self {
            Self::NotBuilt { .. } => false,
            Self::Compared { differences, check } => {
                differences.are_none() && check.as_ref().is_none_or(Check::is_passed)
            }
        }
    }
}

/// A command that was run in an image of the original and in that of the rewrite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The command, for `/bin/sh -c`.
    pub command: String,
    /// How it ended in the original's image.
    pub original: CommandRun,
    /// How it ended in the rewrite's.
    pub rewritten: CommandRun,
}

impl Check {
    /// Whether it ended alike in both.
    pub const fn is_passed(&self) -> bool {
        self.original.status == self.rewritten.status
    }
}

/// What a rewrite changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// The paths that differ, in their order.
    pub paths: Vec<PathDifference>,
    /// The settings of the configuration that differ.
    pub settings: Vec<SettingDifference>,
    /// How many paths the rewrite's image has.
    pub compared: usize,
    /// What differs between two builds of the original itself.
    pub noise: Noise,
}

impl Differences {
    /// Whether there are none.
    pub const fn are_none(&self) -> bool {
        self.paths.is_empty() && self.settings.is_empty()
    }
}

/// How much differs between two builds of the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Noise {
    /// Paths that only one of them has.
    pub names: usize,
    /// Paths of both that differ in more than the time of their last change.
    pub contents: usize,
    /// Paths of both that differ in that alone.
    pub times: usize,
    /// Settings of the configuration.
    pub settings: usize,
}

/// A path that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathDifference {
    /// The path.
    pub path: ImagePath,
    /// How it differs.
    pub change: PathChange,
}

/// How a path differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathChange {
    /// Only the rewrite's image has it.
    Added,
    /// Only the original's image has it.
    Removed,
    /// Both have it; never empty.
    Changed(Vec<AspectChange>),
}

/// One thing of a path that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AspectChange {
    /// Which.
    pub aspect: Aspect,
    /// What it is in the original's image, in words; hostile until escaped.
    pub original: String,
    /// What it is in the rewrite's.
    pub rewritten: String,
}

/// A thing of a path that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// File, directory, symbolic link, …
    Kind,
    /// Permissions with setuid, setgid and sticky.
    Mode,
    /// User and group.
    Owner,
    /// A file's bytes.
    Content,
    /// Where a symbolic link leads.
    Target,
    /// The other names of a file.
    Names,
    /// A device's numbers.
    Device,
    /// Extended attributes.
    Attributes,
    /// The time of the last change.
    Modified,
}

impl Aspect {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Content => "content",
            Self::Target => "target",
            Self::Names => "names",
            Self::Device => "device",
            Self::Attributes => "attributes",
            Self::Modified => "modified",
        }
    }
}

/// A setting of the configuration that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDifference {
    /// Which, such as `user` or `env PATH`.
    pub name: String,
    /// Its value in the original's image, where it is set.
    pub original: Option<String>,
    /// Its value in the rewrite's.
    pub rewritten: Option<String>,
}
