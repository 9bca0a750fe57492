//! The examples that are built, and copies of them in repositories of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::{base_image::Kind, checks, command};

/// An application below `examples/`.
#[derive(Debug)]
pub(super) struct Example {
    /// Its directory.
    pub(super) name: &'static str,
    /// What it is, in a few words.
    pub(super) what: &'static str,
    /// What it is built on.
    pub(super) base: Kind,
    /// The file that people edit most, and how a line of comment begins in it.
    pub(super) source: (&'static str, &'static str),
    /// The dependency manifest, and how it is edited so that the same packages are installed.
    pub(super) manifest: (&'static str, Edit),
    /// Lines of a Dockerfile that make of the base image one from which all packages come, so that
    /// no network is measured.
    pub(super) packages: &'static str,
}

/// How a manifest is edited.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edit {
    /// A line of comment, which begins so.
    Comment(&'static str),
    /// Another text after this one, up to the end of the line's string.
    Words(&'static str),
}

/// All of them.
pub(super) static EXAMPLES: [Example; 3] = [
    Example {
        name: "flask-app",
        what: "Flask with pip",
        base: Kind::Python,
        source: ("app.py", "#"),
        manifest: ("requirements.txt", Edit::Comment("#")),
        packages: "\
COPY requirements.txt /packages/
RUN pip download --dest /packages --requirement /packages/requirements.txt \\
 && printf '[global]\\nno-index = true\\nfind-links = /packages\\n' > /etc/pip.conf
",
    },
    Example {
        name: "node-app",
        what: "Node with npm",
        base: Kind::Node,
        source: ("server.js", "//"),
        manifest: ("package.json", Edit::Words("\"description\": \"")),
        packages: "\
COPY package.json package-lock.json /packages/
RUN cd /packages && npm ci --no-audit --no-fund && rm -rf node_modules \\
 && npm config set --location=global prefer-offline true
",
    },
    Example {
        name: "go-app",
        what: "Go in two stages",
        base: Kind::Go,
        source: ("main.go", "//"),
        manifest: ("go.mod", Edit::Comment("//")),
        packages: "\
RUN apt-get update && apt-get install -y --no-install-recommends tzdata \\
 && rm -rf /etc/apt/sources.list /etc/apt/sources.list.d
",
    },
];

/// All of them, or the one of this name.
///
/// # Errors
///
/// Where there is none.
pub(super) fn chosen(name: Option<&str>) -> Result<Vec<&'static Example>> {
    let is_chosen = |it: &&Example| name.is_none_or(|name| it.name == name);
    let chosen: Vec<&Example> = EXAMPLES.iter().filter(is_chosen).collect();
    let names = EXAMPLES.each_ref().map(|it| it.name).join(", ");
    ensure!(!chosen.is_empty(), "there is no such example; there are {names}");
    Ok(chosen)
}

/// A copy of an example in a repository of git, with one commit.
#[derive(Debug)]
pub(super) struct Copied {
    path: PathBuf,
}

impl Copied {
    /// Copies the example below `parent`.
    ///
    /// # Errors
    ///
    /// When the disk or git refuses.
    pub(super) fn make(example: &Example, parent: &Path) -> Result<Self> {
        let copied = Self { path: parent.join(example.name) };
        let from = checks::repository().join("examples").join(example.name);
        command::output(Command::new("cp").arg("-R").arg(from).arg(&copied.path))?;
        copied.git(&["init", "--quiet", "--initial-branch", "main"])?;
        Ok(copied)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Changes a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or written, or nothing changes.
    pub(super) fn change(&self, file: &str, edit: impl FnOnce(&str) -> String) -> Result<()> {
        let path = self.path.join(file);
        let before =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let after = edit(&before);
        ensure!(after != before, "the edit of {} changes nothing", path.display());
        fs::write(&path, after).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Commits all that there is.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn commit(&self, subject: &str) -> Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--allow-empty", "--message", subject])
    }

    /// Runs git there, as nobody in particular.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub(super) fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.path);
        git.args(["-c", "user.name=bench", "-c", "user.email=bench@localhost"]).args(arguments);
        git.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
        command::output(&mut git).map(drop)
    }
}

impl Edit {
    /// The text with an edit of this number.
    pub(super) fn apply(self, text: &str, number: usize) -> String {
        match self {
            Self::Comment(begins) => format!("{text}{begins} edit {number}\n"),
            Self::Words(after) => text.replacen(after, &format!("{after}Edit {number}. "), 1),
        }
    }
}
