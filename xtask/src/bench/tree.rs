//! Trees of small files, as wide as real projects are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use super::prepare;

/// How many files a directory has.
const PER_DIRECTORY: usize = 100;

/// Bytes of a file.
const SIZE: usize = 4096;

/// What is built of a tree.
const DOCKERFILE: &str = "FROM busybox:local\nCOPY . /src\nRUN true\n";

/// Lines as projects have them. Of a tree they leave out the Dockerfile only, so that as many files
/// are read with them as without.
pub(super) const IGNORE_RULES: &str = "\
# version control, editors, systems
.git
.gitignore
**/.DS_Store
**/*.swp
.idea
.vscode
# dependencies and what is built
**/node_modules
**/__pycache__
**/*.py[cod]
.venv
dist
build/*
!build/keep
target
**/coverage
**/*.log
# secrets
.env*
!.env.example
**/*.pem
**/id_rsa
docs/**/*.md
!docs/README.md
Dockerfile*
docker-compose*.yml
";

/// A tree on disk.
#[derive(Debug)]
pub(super) struct Tree {
    path: PathBuf,
    files: usize,
}

impl Tree {
    /// A new tree of this many files of 4 KiB, 100 in a directory, and a Dockerfile that copies
    /// them all.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn make(parent: &Path, files: usize, name: &str) -> Result<Self> {
        let tree = Self { path: parent.join(name), files };
        let fill = || -> std::io::Result<()> {
            fs::create_dir(&tree.path)?;
            fs::write(tree.path.join("Dockerfile"), DOCKERFILE)?;
            for number in 0..files {
                let file = tree.file(number);
                if number % PER_DIRECTORY == 0
                    && let Some(directory) = file.parent()
                {
                    fs::create_dir(directory)?;
                }
                fs::write(file, format!("{number:0SIZE$}"))?;
            }
            Ok(())
        };
        fill().with_context(|| format!("cannot make a tree of {files} files"))?;
        Ok(tree)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many files it has besides the Dockerfile.
    pub(super) const fn files(&self) -> usize {
        self.files
    }

    /// Writes other bytes into one file, a different one for each number.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn edit(&self, number: usize) -> Result<()> {
        let file = self.file(number * 37 % self.files);
        fs::write(&file, format!("edit {number:0SIZE$}"))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// The same files under another name of the tree: another context to every engine.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn rename(&mut self, name: &str) -> Result<()> {
        let path = self.path.with_file_name(name);
        fs::rename(&self.path, &path).with_context(|| format!("cannot rename to {name}"))?;
        self.path = path;
        Ok(())
    }

    /// The git command for it. Its repository lies beside the tree: nothing of it is in the context.
    pub(super) fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        let repository = format!("repository-{}", self.files);
        git.arg("--git-dir")
            .arg(self.path.with_file_name(repository))
            .arg("--work-tree")
            .arg(&self.path)
            .args(["-c", "user.name=bench", "-c", "user.email=bench@localhost"])
            .args(arguments);
        git
    }

    /// Makes the repository and commits everything.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn commit(&self) -> Result<()> {
        for arguments in
            [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "-m", "all"]]
        {
            prepare(&mut self.git(arguments))?;
        }
        Ok(())
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

    fn file(&self, number: usize) -> PathBuf {
        self.path.join(format!("d{:05}", number / PER_DIRECTORY)).join(format!("f{number:07}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_its_files_and_an_edit_changes_one() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::make(directory.path(), 201, "tree").unwrap();
        let inside = |name: &str| fs::read_dir(tree.path().join(name)).unwrap().count();
        assert_eq!((inside(""), inside("d00000"), inside("d00002")), (4, 100, 1));
        let file = tree.path().join("d00000/f0000037");
        assert_eq!(fs::metadata(&file).unwrap().len(), SIZE as u64);
        tree.edit(1).unwrap();
        assert!(fs::read_to_string(&file).unwrap().starts_with("edit "));
    }
}
