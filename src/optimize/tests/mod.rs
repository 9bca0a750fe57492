//! Stories of projects that are bettered and of those that are not.

mod bind_manifests;
mod builds;
mod bundler;
mod cache_mount;
mod cargo;
mod chown_copy;
mod composer;
mod conda;
mod directories;
mod dotnet;
mod found;
mod go;
mod good;
mod gradle;
mod javascript;
mod join_update;
mod lower_run;
mod maven;
mod mix;
mod pdm;
mod pipenv;
mod poetry;
mod savings;
mod sink_copy;
mod sink_setting;
mod split_copy;
mod split_run;
mod stack;
mod text;
mod traps;
mod uv;

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use super::{History, Optimization, PastBuild, Request, Risk, optimize};
use crate::context::git::{PastCommit, PastCommits};
use crate::context::{
    Changes, ContextPath, Entry, EntryKind, IgnoreRules, ModifiedTime, Snapshot, snapshot,
};
use crate::dockerfile::Dockerfile;
use crate::plan::{BuildOptions, Dialect, PlanRequest, Step};
use crate::{BaseImage, Digest, Seconds};

/// A project in a directory of its own, with what is known of its past.
struct Project {
    directory: tempfile::TempDir,
    images: BTreeMap<String, BaseImage>,
    commits: Option<PastCommits>,
    builds: Vec<PastBuild>,
    only_certain: bool,
    changing: Vec<String>,
    arguments: BTreeMap<String, String>,
    seconds: BTreeMap<&'static str, f64>,
}

/// An empty project on an image that is known.
fn project() -> Project {
    let image = BaseImage {
        layers: vec![Digest::of(b"python")],
        env: vec![
            "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            "PYTHON_VERSION=3.12.1".to_owned(),
        ],
        ..BaseImage::default()
    };
    Project {
        directory: tempfile::tempdir().unwrap(),
        images: [("python".to_owned(), image)].into(),
        commits: None,
        builds: Vec::new(),
        only_certain: false,
        changing: Vec::new(),
        arguments: BTreeMap::new(),
        seconds: BTreeMap::new(),
    }
}

/// A project with `requirements.txt`, `app.py` and this Dockerfile.
fn flask(dockerfile: &str) -> Project {
    project()
        .file("requirements.txt", "flask==3.1.3\n")
        .file("app.py", "print(1)\n")
        .dockerfile(dockerfile)
}

fn entry(path: ContextPath, text: &str) -> Entry {
    Entry {
        path,
        kind: EntryKind::File,
        mode: 0o644,
        size: 0,
        modified: ModifiedTime::default(),
        digest: Some(Digest::of(text.as_bytes())),
        target: None,
    }
}

impl Project {
    fn file(self, path: &str, content: &str) -> Self {
        let full = self.directory.path().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, content).unwrap();
        self
    }

    /// A file of so many bytes, with holes.
    fn sized(self, path: &str, bytes: u64) -> Self {
        let project = self.file(path, "");
        let file = fs::OpenOptions::new().write(true).open(project.path().join(path)).unwrap();
        file.set_len(bytes).unwrap();
        project
    }

    fn link(self, path: &str, target: &str) -> Self {
        std::os::unix::fs::symlink(target, self.directory.path().join(path)).unwrap();
        self
    }

    fn dockerfile(self, text: &str) -> Self {
        self.file("Dockerfile", text)
    }

    fn unknown_image(mut self) -> Self {
        self.images.clear();
        self
    }

    /// The same project with another name for its image.
    fn image(mut self, name: &str) -> Self {
        let images = std::mem::take(&mut self.images).into_values();
        self.images = images.map(|image| (name.to_owned(), image)).collect();
        self
    }

    fn image_env(mut self, variable: &str) -> Self {
        for image in self.images.values_mut() {
            image.env.push(variable.to_owned());
        }
        self
    }

    /// A past build that changed these files.
    fn past(mut self, changed: &[&str]) -> Self {
        let changed = changed.iter().map(ContextPath::new).collect();
        self.builds.push(PastBuild { changed });
        self
    }

    /// An argument of the build.
    fn argument(mut self, name: &str, value: &str) -> Self {
        self.arguments.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same of one that past builds had otherwise.
    fn changing(mut self, name: &str, value: &str) -> Self {
        self.changing.push(name.to_owned());
        self.argument(name, value)
    }

    /// Commits, of which each writes these files, or removes them with an empty text.
    fn commits(mut self, all: &[&[(&str, &str)]]) -> Self {
        let mut files: BTreeMap<ContextPath, Entry> = BTreeMap::new();
        let mut states = all.iter().map(|commit| {
            for (path, text) in *commit {
                let path = ContextPath::new(path);
                if text.is_empty() {
                    files.remove(&path);
                } else {
                    files.insert(path.clone(), entry(path, text));
                }
            }
            Snapshot::new(files.values().cloned().collect(), 0)
        });
        let first = states.next().unwrap_or_default();
        let mut before = first.clone();
        let commits = states.map(|after| {
            let changes = Changes::between(&before, &after);
            before = after;
            PastCommit { changes, ..PastCommit::default() }
        });
        let commits = commits.collect();
        self.commits = Some(PastCommits { first, commits, ..PastCommits::default() });
        self
    }

    /// A measured time of the steps whose instruction begins so.
    fn took(mut self, instruction: &'static str, seconds: f64) -> Self {
        self.seconds.insert(instruction, seconds);
        self
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn optimize(&self) -> Optimization {
        self.optimize_reading(|path| fs::read(path.on_disk(self.path())))
    }

    fn optimize_reading(&self, read: impl Fn(&ContextPath) -> io::Result<Vec<u8>>) -> Optimization {
        let path = self.path().join("Dockerfile");
        let text = fs::read_to_string(&path).unwrap();
        let dockerfile = Dockerfile::parse("Dockerfile", &text).unwrap();
        let rules = IgnoreRules::load(self.path(), &path).unwrap();
        let context = snapshot(self.path(), &rules).unwrap();
        let seconds = |step: &Step| {
            let mut known = self.seconds.iter().rev();
            known
                .find(|(start, _)| step.instruction.starts_with(**start))
                .map(|(_, seconds)| Seconds::new(*seconds))
        };
        let options =
            BuildOptions { build_args: self.arguments.clone(), ..BuildOptions::default() };
        let images = self.images.iter().map(|(name, image)| (name.as_str().into(), image.clone()));
        let request = Request {
            plan: PlanRequest {
                dockerfile: &dockerfile,
                snapshot: &context,
                images: &images.collect(),
                options: &options,
                dialect: Dialect::default(),
            },
            read: &read,
            history: History {
                commits: self.commits.as_ref(),
                builds: &self.builds,
                changing: &self.changing,
                seconds: &seconds,
            },
            only_certain: self.only_certain,
        };
        optimize(&request).unwrap()
    }

    /// The rewritten Dockerfile of a project that is bettered.
    fn bettered(&self) -> String {
        let found = self.optimize();
        assert_eq!(found.explain(), None, "nothing was offered");
        found.text
    }

    /// Why a project is left alone.
    fn refused(&self) -> String {
        let found = self.optimize();
        assert!(found.rewrites.is_empty(), "offered:\n{}", found.patch);
        assert!(found.patch.is_empty());
        assert_eq!(found.text, fs::read_to_string(self.path().join("Dockerfile")).unwrap());
        found.explain().unwrap()
    }
}

/// Asserts that a project is left alone, with these words.
#[track_caller]
fn assert_refused(project: &Project, words: &str) {
    let reason = project.refused();
    assert!(reason.contains(words), "`{words}` is not in: {reason}");
    assert!(reason.starts_with("line "), "{reason}");
}

/// What may go wrong with the first rewrite of a project that is bettered.
fn risk(found: &Optimization) -> Risk {
    assert_eq!(found.explain(), None);
    found.rewrites[0].risk
}

const ALREADY_GOOD: &str = "the order is already as good as this can make it";
