//! A project of three stages that is worked on: a service, and its handbook.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};

/// How many builds there are.
pub(super) const BUILDS: usize = 12;

/// The image that is built.
pub(super) const IMAGE: &str = "smartbuild-pictures";

/// Where its pages say that it lies.
pub(super) const SHOWN: &str = "/home/ann/shop";

/// Two stages beside each other, and one that takes from both.
const DOCKERFILE: &str = "\
FROM python:3.12-slim AS service
WORKDIR /src
COPY requirements.txt .
RUN pip install --no-cache-dir --prefix /install -r requirements.txt
COPY service service
RUN python -m compileall -q -o 2 service

FROM python:3.12-slim AS handbook
WORKDIR /src
RUN pip install --no-cache-dir --break-system-packages markdown==3.7
COPY handbook handbook
RUN python -m markdown -f /handbook.html handbook/index.md

FROM python:3.12-slim
COPY --from=service /install /usr/local
COPY --from=service /src/service /srv/service
COPY --from=handbook /handbook.html /srv/handbook.html
";

/// The files that are edited, in turn: sources mostly, at times the handbook, what is installed, or
/// nothing.
const EDITED: [&str; BUILDS] = [
    "requirements.txt",
    "service/app.py",
    "",
    "handbook/index.md",
    "service/app.py",
    "requirements.txt",
    "service/app.py",
    "handbook/index.md",
    "service/app.py",
    "",
    "handbook/index.md",
    "requirements.txt",
];

/// The project's directory.
#[derive(Debug)]
pub(super) struct Site(PathBuf);

impl Site {
    /// Its files, of which the requirements are unlike any that were built before.
    pub(super) fn new(directory: &Path) -> Result<Self> {
        let site = Self(directory.to_owned());
        for name in ["service", "handbook"] {
            fs::create_dir_all(directory.join(name)).context("cannot make the project")?;
        }
        // A clock before 1970 would only make it less unlike others.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        for (name, text) in [
            ("Dockerfile", DOCKERFILE.to_owned()),
            ("requirements.txt", format!("flask==3.1.3\ngunicorn==23.0.0\n# {now}\n")),
            ("service/app.py", "from flask import Flask\n\napp = Flask(__name__)\n".to_owned()),
            ("handbook/index.md", format!("# Handbook {now}\n")),
        ] {
            site.write(name, &text)?;
        }
        Ok(site)
    }

    /// Makes the edit that comes before this build.
    pub(super) fn edit(&self, number: usize) -> Result<()> {
        let name = EDITED[number % BUILDS];
        if name.is_empty() {
            return Ok(());
        }
        let path = self.0.join(name);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        self.write(name, &format!("{text}# {number}\n"))
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.0.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_is_of_a_file_that_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let site = Site::new(directory.path()).unwrap();
        for (number, name) in EDITED.iter().enumerate() {
            site.edit(number).unwrap();
            // An empty name is no edit: nothing changes.
            let edited = fs::read_to_string(directory.path().join(name)).unwrap_or_default();
            assert_eq!(edited.ends_with(&format!("# {number}\n")), !name.is_empty(), "{name}");
        }
    }
}
