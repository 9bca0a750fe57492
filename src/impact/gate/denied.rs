//! Kinds of cause that can be denied.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A kind of cause for which no step may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Denied {
    /// Another base image.
    BaseImage,
    /// A step that installs packages runs again, whatever the cause.
    DependencyLayer,
    /// Files that a step takes.
    Files,
    /// An instruction that was edited, is new, is gone or has moved.
    Instruction,
    /// A build argument.
    Argument,
    /// A variable of the environment.
    Environment,
    /// An option of the build.
    Option,
}

/// A word that is no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no kind of cause; there are {}", list())]
pub struct UnknownKind {
    /// The word.
    pub word: String,
}

impl Denied {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::BaseImage,
        Self::DependencyLayer,
        Self::Files,
        Self::Instruction,
        Self::Argument,
        Self::Environment,
        Self::Option,
    ];

    /// Its name, which is that of the cause in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BaseImage => "base_image",
            Self::DependencyLayer => "dependency_layer",
            Self::Files => "files",
            Self::Instruction => "instruction",
            Self::Argument => "argument",
            Self::Environment => "environment",
            Self::Option => "option",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Denied {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|kind| kind.word() == word);
        known.ok_or_else(|| UnknownKind { word: word.to_owned() })
    }
}

impl TryFrom<String> for Denied {
    type Error = UnknownKind;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

fn list() -> String {
    Denied::ALL.map(Denied::word).join(", ")
}
