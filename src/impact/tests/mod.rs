//! Stories of changes, in repositories made by git itself.

mod advised;
mod asked;
mod at_fault;
mod bad_input;
mod blamed;
mod costs;
mod history;
mod ignored;
mod limited;
mod nested;
mod options;
mod outside;
mod platforms;
mod renamed;
mod standing;
mod submodules;
mod uncompared;
mod unmatched;
mod untouched;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::gate::Limits;
use super::*;
use crate::context::git::{GitOptions, Repository, Tree};
use crate::context::{ContextPath, EntryKind, Source as _};
use crate::images::{
    Configuration, Image, ImageDockerfile, Images, NamedContext, Origin, Variables,
};
use crate::plan::{Dialect, ImageReference, Platform, Step};
use crate::predict::{CauseKind, Verdict};
use crate::report::{self, Capabilities};
use crate::{BaseImage, Seconds};

/// A repository whose first state is committed; what is written later is the change.
struct Project {
    _directory: tempfile::TempDir,
    root: PathBuf,
    args: BTreeMap<String, String>,
    contexts: BTreeMap<String, BTreeMap<String, NamedContext>>,
    /// How images are looked for; `None` for every file called `Dockerfile` alone.
    configuration: Option<Configuration>,
    measured: Measured,
}

/// Seconds by a part of the instruction's text, and base images by their names.
#[derive(Default)]
struct Measured {
    seconds: HashMap<&'static str, f64>,
    images: HashMap<&'static str, BaseImage>,
}

impl Facts for Measured {
    fn dialect(&self, _: &ContextPath) -> Dialect {
        Dialect::default()
    }

    fn platform(&self, _: &ContextPath) -> Platform {
        Platform::default()
    }

    fn base_image(&self, _: &ContextPath, image: &ImageReference) -> Option<BaseImage> {
        self.images.get(&*image.name).cloned()
    }

    fn seconds(&self, _: &ContextPath, step: &Step) -> Option<Seconds> {
        let found = self.seconds.iter().find(|(part, _)| step.instruction.contains(**part));
        found.map(|(_, seconds)| Seconds::new(*seconds))
    }
}

fn project() -> Project {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("project");
    fs::create_dir(&root).unwrap();
    let project = Project {
        _directory: directory,
        root,
        args: BTreeMap::new(),
        contexts: BTreeMap::new(),
        configuration: None,
        measured: Measured::default(),
    };
    project.git(&["init", "-q"]);
    project
}

impl Project {
    fn git(&self, arguments: &[&str]) {
        Self::git_in(&self.root, arguments);
    }

    fn git_in(directory: &Path, arguments: &[&str]) {
        let output = Command::new("git")
            .current_dir(directory)
            .args(["-c", "init.defaultBranch=main", "-c", "gc.auto=0", "-c", "user.name=a"])
            .args(["-c", "user.email=a@a"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {error}");
    }

    fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(name, text);
        self
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.root.join(name)).unwrap();
    }

    fn committed(self) -> Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "-m", "x"]);
        self
    }

    /// How long a step with this in its text takes.
    fn takes(mut self, part: &'static str, seconds: f64) -> Self {
        self.measured.seconds.insert(part, seconds);
        self
    }

    fn base(mut self, name: &'static str, image: BaseImage) -> Self {
        self.measured.images.insert(name, image);
        self
    }

    fn context(mut self, image: &str, name: &str, context: NamedContext) -> Self {
        self.contexts.entry(image.to_owned()).or_default().insert(name.to_owned(), context);
        self
    }

    /// Has its images looked for as those of a repository are, with this `smartbuild.toml`.
    fn configured(mut self, toml: &str) -> Self {
        self.configuration = Some(Configuration::parse(toml.as_bytes()).unwrap());
        self
    }

    fn sides(&self) -> (Side, Side) {
        let options = GitOptions { user_configuration: false, index_file: None };
        let repository = Repository::open(&self.root, &options).unwrap();
        let head = repository.tree("HEAD").or_else(|_| repository.nothing()).unwrap();
        let trees = [head, repository.working_tree().unwrap()];
        let [base, head] = repository.comparable(trees);
        let side = |label: &str, tree: Tree| Side {
            label: label.to_owned(),
            images: self.images(&tree),
            tree,
        };
        (side("HEAD", base), side("the working tree", head))
    }

    /// As configured, or every file called `Dockerfile`, each with its own directory as its
    /// context.
    fn images(&self, tree: &Tree) -> Images {
        if let Some(configuration) = &self.configuration {
            return images::find(tree, &Variables::new(), configuration).unwrap();
        }
        let mut images = Images::default();
        let mut ahead = vec![ContextPath::root()];
        while let Some(directory) = ahead.pop() {
            for named in tree.list(&directory).unwrap() {
                let path = directory.join(&named.name);
                if named.kind == EntryKind::Directory {
                    ahead.push(path);
                } else if *named.name == *b"Dockerfile" {
                    images.images.push(self.image(path, &directory));
                }
            }
        }
        images.images.sort_by(|a, b| a.name.cmp(&b.name));
        images
    }

    fn image(&self, path: ContextPath, directory: &ContextPath) -> Image {
        Image {
            name: path.to_string(),
            dockerfile: ImageDockerfile::File(path.clone()),
            dockerfile_link: None,
            context: directory.clone(),
            target: None,
            args: self.args.clone(),
            contexts: self.contexts.get(&path.to_string()).cloned().unwrap_or_default(),
            platforms: Vec::new(),
            no_cache: false,
            no_cache_filter: Vec::new(),
            network: None,
            limits: images::RunLimits::default(),
            pull: false,
            tags: Vec::new(),
            cache_from: Vec::new(),
            origin: Origin { file: path, line: 1 },
            project: None,
            written: images::Written::default(),
        }
    }

    fn impact(&self) -> Impact {
        let (base, head) = self.sides();
        compare(&base, &head, &self.measured).unwrap()
    }

    /// What is said of each image for which no step may be lost.
    fn refused(&self) -> Vec<String> {
        let command_line = Limits { max_steps: Some(0), ..Limits::default() };
        let gates = Gates { command_line, ..Gates::default() };
        gates.judge(&self.impact()).reasons.iter().map(report::reason).collect()
    }

    fn text(&self) -> String {
        report::impact(&self.impact(), &Capabilities::PLAIN)
    }
}

/// Every image by what becomes of it.
fn outcomes(impact: &Impact) -> Vec<(&str, ImageChange)> {
    impact.images.iter().map(|image| (&*image.name, image.change)).collect()
}

/// A base image of one layer.
fn base(layer: &str) -> BaseImage {
    let layers = vec![crate::Digest::of(layer.as_bytes())];
    BaseImage { id: layer.to_owned(), layers, ..BaseImage::default() }
}

/// The instruction and the verdict of every step.
fn verdicts(image: &ImageImpact) -> Vec<String> {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Cached => "cached",
        Verdict::Rebuild(_) => "rebuild",
        Verdict::Depends { .. } => "depends",
        Verdict::Unknown(_) => "unknown",
    };
    let steps = image.steps.iter().map(|step| &step.forecast);
    steps.map(|it| format!("{} {}", word(&it.verdict), it.step.instruction)).collect()
}
