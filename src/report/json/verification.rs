//! The part of `smartbuild/optimize/v1` that tells of a verification.

use serde::Serialize;

use crate::CommandRun;
use crate::optimize::verify::{self, PathChange, PathDifference};

/// Whether the rewrite builds the same, and what differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// Whether nothing differs.
    pub passed: bool,
    /// Why the rewritten Dockerfile does not build; `None` where it does.
    pub not_built: Option<String>,
    /// How many paths the rewrite's image has.
    pub compared: usize,
    /// What differs between two builds of the original.
    pub noise: Noise,
    /// The paths that differ: all of them.
    pub paths: Vec<ChangedPath>,
    /// The settings of the configuration that differ.
    pub settings: Vec<Setting>,
    /// What `--check-cmd` did.
    pub check: Option<Check>,
}

/// What differs at every build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Noise {
    /// Paths that only one build has.
    pub names: usize,
    /// Paths that differ in more than their time.
    pub contents: usize,
    /// Paths that differ in their time.
    pub times: usize,
    /// Settings of the configuration.
    pub settings: usize,
}

/// A path that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedPath {
    /// The path, from the image's root; bytes that are not UTF-8 as `\xNN`.
    pub path: String,
    /// Its bytes in hexadecimal, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
    /// What of it changed.
    pub aspects: Vec<Change>,
}

/// One thing of a path that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `kind`, `mode`, `owner`, `content`, `target`, `names`, `device`, `attributes` or
    /// `modified`.
    pub aspect: &'static str,
    /// In the original's image.
    pub original: String,
    /// In the rewrite's.
    pub rewritten: String,
}

/// A setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Such as `user` or `env PATH`.
    pub name: String,
    /// In the original's image; `None` where it is not set.
    pub original: Option<String>,
    /// In the rewrite's.
    pub rewritten: Option<String>,
}

/// What a command did in both images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The command.
    pub command: String,
    /// Whether it ended alike.
    pub passed: bool,
    /// In the original's image.
    pub original: Run,
    /// In the rewrite's.
    pub rewritten: Run,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its exit status.
    pub status: i64,
    /// The last of its output; bytes that are not UTF-8 are replaced.
    pub output: String,
    /// Whether it wrote more than that.
    pub cut: bool,
}

impl From<&verify::Verification> for Verification {
    fn from(found: &verify::Verification) -> Self {
        let passed = found.is_passed();
        match found {
            verify::Verification::NotBuilt { message } => Self {
                passed,
                not_built: Some(message.clone()),
                compared: 0,
                noise: Noise::default(),
                paths: Vec::new(),
                settings: Vec::new(),
                check: None,
            },
            verify::Verification::Compared { differences, check } => {
                let verify::Noise { names, contents, times, settings } = differences.noise;
                let setting = |it: &verify::SettingDifference| Setting {
                    name: it.name.clone(),
                    original: it.original.clone(),
                    rewritten: it.rewritten.clone(),
                };
                Self {
                    passed,
                    not_built: None,
                    compared: differences.compared,
                    noise: Noise { names, contents, times, settings },
                    paths: differences.paths.iter().map(ChangedPath::from).collect(),
                    settings: differences.settings.iter().map(setting).collect(),
                    check: check.as_ref().map(Check::from),
                }
            }
        }
    }
}

impl From<&PathDifference> for ChangedPath {
    fn from(difference: &PathDifference) -> Self {
        let bytes = difference.path.as_bytes();
        let (change, aspects) = match &difference.change {
            PathChange::Added => ("added", &[][..]),
            PathChange::Removed => ("removed", &[][..]),
            PathChange::Changed(changes) => ("changed", &changes[..]),
        };
        let aspect = |it: &verify::AspectChange| Change {
            aspect: it.aspect.name(),
            original: it.original.clone(),
            rewritten: it.rewritten.clone(),
        };
        Self {
            path: difference.path.to_string(),
            path_hex: std::str::from_utf8(bytes).is_err().then(|| hex::encode(bytes)),
            change,
            aspects: aspects.iter().map(aspect).collect(),
        }
    }
}

impl From<&verify::Check> for Check {
    fn from(check: &verify::Check) -> Self {
        let run = |run: &CommandRun| Run {
            status: run.status,
            output: String::from_utf8_lossy(&run.output).into_owned(),
            cut: run.is_cut,
        };
        Self {
            command: check.command.clone(),
            passed: check.is_passed(),
            original: run(&check.original),
            rewritten: run(&check.rewritten),
        }
    }
}
