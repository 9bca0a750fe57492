//! What an instruction does to the files of its stage.

use super::StageFiles;
use crate::plan::chmod::Chmod;
use crate::plan::owner::number;

/// The owner of a file by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::plan) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Owner {
    /// Reads `USER[:GROUP]` as far as it needs no file of the base; `None` for names.
    pub(in crate::plan) fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| number(text).and_then(|id| u32::try_from(id).ok());
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (number(user)?, number(group)?),
            // A number alone is the group's too.
            None => (number(text)?, number(text)?),
        };
        Some(Self { user, group })
    }
}

/// Where a copy takes its files from.
#[derive(Debug, Clone)]
pub(in crate::plan) enum FilesOf {
    /// The build context.
    Context,
    /// A directory of `--build-context`.
    NamedContext(String),
    /// Another stage.
    Stage(StageFiles),
}

/// One source of a copy.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Source {
    /// A path or a pattern in the origin, cleaned.
    pub(in crate::plan) path: String,
    /// `--parents`: only what matches, relative to the path.
    pub(in crate::plan) include: Vec<String>,
    /// `--exclude`.
    pub(in crate::plan) exclude: Vec<String>,
}

/// A COPY, or an ADD that unpacks nothing.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Copied {
    pub(in crate::plan) origin: FilesOf,
    pub(in crate::plan) sources: Vec<Source>,
    /// Name and text of each heredoc.
    pub(in crate::plan) documents: Vec<(String, String)>,
    /// Absolute; a final slash or `/.` means a directory.
    pub(in crate::plan) destination: String,
    /// `--chown`.
    pub(in crate::plan) owner: Option<Owner>,
    /// `--chmod`.
    pub(in crate::plan) mode: Option<Chmod>,
    /// `--link`, where it counts: the files are laid over those of the stage, and no link in them is
    /// followed.
    pub(in crate::plan) link: bool,
    /// Whether a single file that is an archive would be unpacked.
    pub(in crate::plan) unpacks: bool,
}

/// What an instruction does to the files of its stage.
#[derive(Debug, Clone)]
pub(in crate::plan) enum Operation {
    /// WORKDIR: the directory, where it is not there yet.
    Directory {
        /// Absolute.
        path: String,
        /// Of what is created.
        owner: Owner,
    },
    /// COPY and ADD.
    Copy(Copied),
}

impl Operation {
    /// All of a directory of `--build-context`, as a stage that is built on it has it.
    pub(in crate::plan) fn whole(context: String) -> Self {
        Self::Copy(Copied {
            origin: FilesOf::NamedContext(context),
            sources: vec![Source::default()],
            documents: Vec::new(),
            destination: "/".to_owned(),
            owner: None,
            mode: None,
            link: false,
            unpacks: false,
        })
    }
}
