//! A git repository of many services, each with a Dockerfile.

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use super::prepare;

/// How many files a directory has.
const PER_DIRECTORY: usize = 100;

/// Bytes of a file.
const SIZE: usize = 4096;

/// One image in so many has the whole repository as its context, the others their own service.
const WHOLE: usize = 10;

/// Two stages, as applications have them.
const DOCKERFILE: &str = "\
FROM node:22-slim AS build
WORKDIR /app
COPY package.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:22-slim
WORKDIR /app
COPY --from=build /app/dist ./dist
CMD [\"node\", \"dist/index.js\"]
";

/// The repository, committed and checked out.
#[derive(Debug)]
pub(super) struct Monorepo {
    path: PathBuf,
    files: usize,
    images: usize,
}

impl Monorepo {
    /// A new one of so many files of 4 KiB and so many images, which a compose file names.
    ///
    /// # Errors
    ///
    /// When git fails or the disk refuses.
    pub(super) fn make(parent: &Path, files: usize, images: usize) -> Result<Self> {
        let repository = Self { path: parent.join(format!("services-{files}")), files, images };
        fs::create_dir(&repository.path).context("cannot make a directory for a repository")?;
        prepare(&mut repository.git(&["init", "--quiet", "--initial-branch", "main"]))?;
        // It packs all files at once, where `git add` writes a file for each.
        let mut import = repository
            .git(&["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .context("cannot start git")?;
        if let Some(stdin) = import.stdin.take() {
            let mut stream = BufWriter::new(stdin);
            repository.write(&mut stream).context("cannot write to git")?;
        }
        let status = import.wait().context("cannot wait for git")?;
        ensure!(status.success(), "`git fast-import` ended with {status}");
        prepare(&mut repository.git(&["reset", "--quiet", "--hard"]))?;
        Ok(repository)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes other bytes into one file, a different one for each number, and stages it.
    ///
    /// # Errors
    ///
    /// When git fails or the disk refuses.
    pub(super) fn stage_edit(&self, number: usize) -> Result<()> {
        let file = self.file(number * 37 % self.files);
        fs::write(self.path.join(&file), format!("edit {number:0SIZE$}"))
            .with_context(|| format!("cannot write {file}"))?;
        prepare(&mut self.git(&["add", &file]))
    }

    /// The git command for it.
    pub(super) fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.path).args(arguments);
        git
    }

    /// Removes it.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.path)
            .with_context(|| format!("cannot remove {}", self.path.display()))
    }

    /// One commit of all files, as `git fast-import` reads it.
    fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let head = "commit refs/heads/main\ncommitter bench <bench@localhost> 946684800 +0000\n";
        write!(stream, "{head}data 3\nall\n")?;
        let mut add = |path: &str, text: &str| {
            write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())
        };
        add("compose.yaml", &self.compose())?;
        add("package.json", "{}\n")?;
        for image in 0..self.images {
            let service = service(image);
            add(&format!("{service}/Dockerfile"), DOCKERFILE)?;
            add(&format!("{service}/package.json"), "{}\n")?;
        }
        for number in 0..self.files {
            add(&self.file(number), &format!("{number:0SIZE$}"))?;
        }
        stream.flush()
    }

    fn compose(&self) -> String {
        let mut text = "services:\n".to_owned();
        for image in 0..self.images {
            let service = service(image);
            let (context, dockerfile) = if image % WHOLE == 0 {
                (".", format!("{service}/Dockerfile"))
            } else {
                (service.as_str(), "Dockerfile".to_owned())
            };
            // Writing to a string never fails.
            let _ = write!(
                text,
                "  s{image:03}:\n    build:\n      context: {context}\n      dockerfile: {dockerfile}\n"
            );
        }
        text
    }

    fn file(&self, number: usize) -> String {
        let service = service(number % self.images);
        let number = number / self.images;
        format!("{service}/d{:04}/f{number:06}", number / PER_DIRECTORY)
    }
}

/// The directory of an image's service.
fn service(image: usize) -> String {
    format!("services/s{image:03}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    #[test]
    fn it_is_committed_whole_and_an_edit_is_staged() {
        let directory = tempfile::tempdir().unwrap();
        let repository = Monorepo::make(directory.path(), 230, 2).unwrap();
        let said = |arguments: &[&str]| command::output(&mut repository.git(arguments)).unwrap();
        assert_eq!(said(&["status", "--short"]), "");
        // With the compose file and, for each service, its Dockerfile and its manifest.
        assert_eq!(said(&["ls-files"]).lines().count(), 230 + 2 + 2 * 2);
        assert!(repository.path().join("services/s001/d0001/f000114").exists());
        repository.stage_edit(3).unwrap();
        assert_eq!(said(&["status", "--short"]), "M  services/s001/d0000/f000055\n");
    }
}
