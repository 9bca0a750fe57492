//! What is found: images, and what stands in the way of others.

use std::collections::BTreeMap;

use super::limits::RunLimits;
use crate::context::ContextPath;

/// The environment's variables, as the caller hands them in.
pub type Variables = BTreeMap<String, String>;

/// Every image that a tree builds, and what could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Images {
    /// Sorted by name, which no two share.
    pub images: Vec<Image>,
    /// Those that are left out by wish, in the same order. Others may stand on them.
    pub excluded: Vec<Image>,
    /// What is wrong, sorted by file and line. What it does not name was found all the same.
    pub problems: Vec<Problem>,
    /// What is built of things outside the repository, and so is left out, sorted as the problems.
    pub notices: Vec<Problem>,
    /// What there may be besides, and why it was not found.
    pub left_out: Vec<LeftOut>,
}

/// Something that was not found, though it may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is.
    pub what: Missing,
    /// Why it was not found; one of the problems or notices, where it is not left out by wish.
    pub problem: Problem,
    /// Whether it is left out by wish besides.
    pub is_excluded: bool,
}

/// What was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The image of this name.
    Image(String),
    /// The image of this name, which is built of things outside the repository.
    Elsewhere(String),
    /// The image of this name, of which `smartbuild.toml` alone tells: nothing is called so.
    Unmatched(String),
    /// Any of the images that compose or bake files of this [directory](Image::project) describe.
    Project(ContextPath),
}

/// One image, and all that its build is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Unique in the tree and the same from commit to commit: `api/Dockerfile` for a Dockerfile on
    /// its own, `compose.yaml:web` for a service, `docker-bake.hcl:app` for a target, or what
    /// `smartbuild.toml` says.
    pub name: String,
    /// Where its instructions are.
    pub dockerfile: ImageDockerfile,
    /// The link that the build names for its Dockerfile, where it is one. Its own ignore file lies
    /// beside that.
    pub dockerfile_link: Option<ContextPath>,
    /// The directory that is its context.
    pub context: ContextPath,
    /// The stage to build; `None` for the last.
    pub target: Option<String>,
    /// Build arguments with their values. One that takes its value from the environment is there
    /// only when the environment has it.
    pub args: BTreeMap<String, String>,
    /// Named contexts.
    pub contexts: BTreeMap<String, NamedContext>,
    /// Platforms as written; none for the builder's own.
    pub platforms: Vec<String>,
    /// Whether it is always built without the cache.
    pub no_cache: bool,
    /// Stages that are always built without the cache.
    pub no_cache_filter: Vec<String>,
    /// The network that its RUN instructions have, as written; `None` for the builder's own.
    pub network: Option<String>,
    /// What its RUN instructions may use.
    pub limits: RunLimits,
    /// Whether base images are asked for anew at every build.
    pub pull: bool,
    /// Names that the image gets.
    pub tags: Vec<String>,
    /// Caches that are imported: `user/app:cache`, `type=gha`, …
    pub cache_from: Vec<String>,
    /// What makes it an image.
    pub origin: Origin,
    /// The directory whose compose or bake files describe it, whatever `smartbuild.toml` adds;
    /// `None` for what they do not describe.
    pub project: Option<ContextPath>,
    /// Where the rest of it is written. It decides about nothing.
    pub written: Written,
}

/// Where an image's values are written, to tell what changed them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// For each build argument the line that sets it, then those that give the variables in its
    /// value: of env files, or of a bake file. What the environment gives has none.
    pub args: BTreeMap<String, Vec<Origin>>,
    /// The lines of compose's keys that decide how it is built, by the key as compose writes it:
    /// `network`, `target`, `additional_contexts`, …
    pub settings: BTreeMap<String, Vec<Origin>>,
    /// The inline Dockerfile.
    pub inline: Option<InlineText>,
    /// Variables that its `build:` takes and nothing gives a value, so that they are empty, with
    /// the line that takes each.
    pub unset: Vec<(String, Origin)>,
}

/// Where an inline Dockerfile stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineText {
    /// Its first line; where its lines are not those of the file, the line of its key.
    pub origin: Origin,
    /// Whether each of its lines is one of the file.
    pub is_line_by_line: bool,
}

impl InlineText {
    /// The line of the file that has this line of the text, counted from 1.
    pub fn line(&self, of_text: u32) -> Option<u32> {
        let first = u32::try_from(self.origin.line).ok()?;
        if self.is_line_by_line {
            (first.checked_add(of_text)?).checked_sub(1)
        } else {
            Some(first)
        }
    }
}

/// Where an image's instructions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageDockerfile {
    /// In this file.
    File(ContextPath),
    /// In the file that defines the image.
    Inline(String),
}

/// What a named context stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedContext {
    /// A directory of the tree.
    Directory(ContextPath),
    /// What another of these images gives: its [`name`](Image::name).
    Image(String),
    /// Something outside of the repository, as written: `docker-image://alpine:3.20`, a URL, …
    Outside(String),
}

/// The place that makes something an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The Dockerfile, or the compose or bake file, or `smartbuild.toml`.
    pub file: ContextPath,
    /// Counted from 1.
    pub line: usize,
}

/// Something that keeps an image, or a whole file of them, from being found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file at fault.
    pub file: ContextPath,
    /// Counted from 1; `None` where it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong and what to do, in one line without a full stop. Parts of it are words of the
    /// file: escape them before a terminal sees them.
    pub message: String,
    /// Whether nothing is wrong with the file, and only a value is not at hand here that it asks
    /// for: another machine may build it.
    pub lacks_value: bool,
}

impl Image {
    /// Whether both are built just so, whatever they are called.
    pub fn is_built_as(&self, other: &Self) -> bool {
        let unnamed = |image: &Self| Self {
            name: String::new(),
            tags: Vec::new(),
            cache_from: Vec::new(),
            origin: other.origin.clone(),
            project: None,
            written: Written::default(),
            ..image.clone()
        };
        unnamed(self) == unnamed(other)
    }

    /// Its Dockerfile as the build names it, of which the name of its own ignore file is made;
    /// `None` for an inline one, which has none.
    pub fn named_dockerfile(&self) -> Option<&ContextPath> {
        match &self.dockerfile {
            ImageDockerfile::File(path) => Some(self.dockerfile_link.as_ref().unwrap_or(path)),
            ImageDockerfile::Inline(_) => None,
        }
    }

    /// Where its own ignore file may be, which counts before that of the context.
    pub fn own_ignore_file(&self) -> Option<ContextPath> {
        let path = self.named_dockerfile()?;
        Some(ContextPath::new([path.as_bytes(), b".dockerignore"].concat()))
    }
}

impl LeftOut {
    /// What nobody left out by wish.
    pub(crate) fn new(what: Missing, problem: Problem) -> Self {
        Self { what, problem, is_excluded: false }
    }

    /// Its image's name, where it is one image.
    pub fn image(&self) -> Option<&str> {
        match &self.what {
            Missing::Image(name) | Missing::Elsewhere(name) | Missing::Unmatched(name) => {
                Some(name)
            }
            Missing::Project(_) => None,
        }
    }
}

impl Images {
    /// The image of this name, be it left out by wish.
    pub fn named(&self, name: &str) -> Option<&Image> {
        self.images.iter().chain(&self.excluded).find(|image| image.name == name)
    }
}

impl Problem {
    /// A problem at a line.
    pub(super) fn at(file: &ContextPath, line: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::of(file, message) }
    }

    /// A problem with a whole file.
    pub(super) fn of(file: &ContextPath, message: impl Into<String>) -> Self {
        Self { file: file.clone(), line: None, message: message.into(), lacks_value: false }
    }
}
