//! The commits of a repository, and a directory with the files of one of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::command;

/// The id of the tree without any file.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// Two commits that follow one another on the first parent's line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pair {
    /// What is built first.
    pub(super) before: String,
    /// What is built then.
    pub(super) after: String,
}

/// A clone, and beside it one commit's files. No `.git` lies among them: it would be in the context.
#[derive(Debug)]
pub(super) struct Checkout {
    repository: PathBuf,
    files: PathBuf,
}

impl Checkout {
    /// Clones what is at `source`, which is only read.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn of(source: &Path, directory: &Path) -> Result<Self> {
        let (repository, files) = (directory.join("repository"), directory.join("files"));
        let mut clone = git();
        clone.args(["clone", "--quiet", "--shared", "--no-checkout"]).arg(source).arg(&repository);
        command::output(&mut clone)?;
        fs::create_dir(&files).context("cannot make a directory for the files")?;
        Ok(Self { repository, files })
    }

    /// Where the clone is.
    pub(super) fn repository(&self) -> &Path {
        &self.repository
    }

    /// Where the files are.
    pub(super) fn files(&self) -> &Path {
        &self.files
    }

    /// The id of the commit that the revision stands for.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn commit(&self, revision: &str) -> Result<String> {
        let wanted = format!("{revision}^{{commit}}");
        let id = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        Ok(id.trim().to_owned())
    }

    /// The last commits that changed anything, the oldest first.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn pairs(&self, revision: &str, count: usize) -> Result<Vec<Pair>> {
        let most = format!("--max-count={}", count + 1);
        let log = self.git(&["log", "--first-parent", "--format=%H %T", &most, revision])?;
        let commits: Vec<(&str, &str)> =
            log.lines().filter_map(|line| line.split_once(' ')).collect();
        let pairs = commits.windows(2).filter_map(|two| match two {
            [(after, tree), (before, earlier)] if tree != earlier => {
                Some(Pair { before: (*before).to_owned(), after: (*after).to_owned() })
            }
            _ => None,
        });
        Ok(pairs.rev().collect())
    }

    /// What files of the commit are called, without their directories.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn file_names(&self, commit: &str) -> Result<BTreeSet<String>> {
        let name = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(self.listing(commit)?.keys().map(name).collect())
    }

    /// Whether a file that the pair changes is then as it was at one of the earlier commits, or gone
    /// as it was there.
    ///
    /// Only then can a step's key be that of an earlier commit and another than the older one's.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn goes_back(&self, pair: &Pair, earlier: &[String]) -> Result<bool> {
        let (before, after) = (self.listing(&pair.before)?, self.listing(&pair.after)?);
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changed: Vec<&String> =
            paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
        for commit in earlier {
            let then = self.listing(commit)?;
            if changed.iter().any(|path| then.get(*path) == after.get(*path)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Mode, kind and id of each file of the commit.
    fn listing(&self, commit: &str) -> Result<BTreeMap<String, String>> {
        let lines = self.git(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let files = lines.split('\0').filter_map(|line| line.split_once('\t'));
        Ok(files.map(|(state, path)| (path.to_owned(), state.to_owned())).collect())
    }

    /// A commit of no files, against which every image is new.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn empty_commit(&self) -> Result<String> {
        self.git(&["hash-object", "-t", "tree", "-w", "/dev/null"])?;
        let commit = self.git(&["commit-tree", EMPTY_TREE, "-m", "no files"])?;
        Ok(commit.trim().to_owned())
    }

    /// Makes the files those of the commit. What the clone lacks, as clones do that leave out large
    /// files, is stood in for.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub(super) fn check_out(&self, commit: &str) -> Result<()> {
        let checkout = || self.git(&["checkout", "--quiet", "--force", "--detach", commit]);
        if let Err(error) = checkout() {
            ensure!(self.stand_in(commit)? > 0, error);
            checkout()?;
        }
        self.git(&["clean", "--quiet", "-ffdx"]).map(drop)
    }

    /// Puts a file with nothing but its id in it in the place of each that the commit has and the
    /// clone lacks: what changes is then still another file, and what does not is the same. Gives
    /// how many.
    fn stand_in(&self, commit: &str) -> Result<usize> {
        let listed = ["rev-list", "--objects", "--no-object-names", "--missing=print", "--no-walk"];
        let objects = self.git(&[&listed[..], &[commit]].concat())?;
        let missing: Vec<&str> = objects.lines().filter_map(|it| it.strip_prefix('?')).collect();
        let text = self.repository.join(".git/stand-in");
        for id in &missing {
            fs::write(&text, id).context("cannot write a file that stands in for another")?;
            let path = text.to_string_lossy();
            let other = self.git(&["hash-object", "-w", "--no-filters", &path])?;
            self.git(&["update-ref", &format!("refs/replace/{id}"), other.trim()])?;
        }
        Ok(missing.len())
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        let mut command = git();
        command.arg("--git-dir").arg(self.repository.join(".git"));
        // Some of its commands want to be where the files are.
        command.arg("--work-tree").arg(&self.files).current_dir(&self.files);
        command::output(command.args(arguments.iter().map(OsStr::new)))
    }
}

/// git without anything that the user or a repository set up: no hook and no filter runs, and what
/// is written is the same on every machine.
fn git() -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "core.hooksPath=/dev/null", "-c", "filter.lfs.smudge=", "-c"])
        .args(["filter.lfs.process=", "-c", "filter.lfs.required=false", "-c", "gc.auto=0"])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "agree")
            .env(format!("GIT_{role}_EMAIL"), "agree@localhost")
            .env(format!("GIT_{role}_DATE"), "2000-01-01T00:00:00Z");
    }
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with a commit for each of these files and what is in them.
    fn repository(directory: &Path, commits: &[(&str, &str)]) -> Checkout {
        let source = directory.join("source");
        let run = |arguments: &[&str]| {
            command::output(git().arg("-C").arg(&source).args(arguments)).unwrap()
        };
        command::output(git().args(["init", "--quiet"]).arg(&source)).unwrap();
        for (name, text) in commits {
            fs::write(source.join(name), text).unwrap();
            run(&["add", "--all"]);
            run(&["commit", "--quiet", "--allow-empty", "-m", text]);
        }
        Checkout::of(&source, directory).unwrap()
    }

    #[test]
    fn commits_that_changed_nothing_are_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let commits = [("a", "1"), ("a", "2"), ("a", "2"), ("b", "3")];
        let checkout = repository(directory.path(), &commits);
        let pairs = checkout.pairs("HEAD", 10).unwrap();
        assert_eq!(pairs.len(), 2, "{pairs:?}");
        assert_eq!(checkout.commit("HEAD").unwrap(), pairs[1].after);
        assert_eq!(checkout.pairs("HEAD", 1).unwrap(), pairs[1..]);

        let names = || {
            let mut names: Vec<_> = fs::read_dir(checkout.files())
                .unwrap()
                .map(|it| it.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert!(checkout.file_names(&pairs[1].after).unwrap().contains("b"));
        checkout.check_out(&pairs[1].after).unwrap();
        assert_eq!(names(), ["a", "b"]);
        checkout.check_out(&pairs[1].before).unwrap();
        assert_eq!(names(), ["a"]);
        checkout.check_out(&checkout.empty_commit().unwrap()).unwrap();
        assert_eq!(names(), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_as_it_was_before_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let commits = [("a", "1"), ("b", "1"), ("a", "2"), ("b", "2"), ("a", "1")];
        let checkout = repository(directory.path(), &commits);
        let pairs = checkout.pairs("HEAD", 10).unwrap();
        let earlier: Vec<String> = pairs.iter().map(|pair| pair.before.clone()).collect();
        assert!(!checkout.goes_back(&pairs[2], &earlier[..2]).unwrap());
        assert!(checkout.goes_back(&pairs[3], &earlier[..2]).unwrap());
        // The same as at the commit right before is no change.
        assert!(!checkout.goes_back(&pairs[3], &earlier[2..3]).unwrap());
        // Gone, as it was before it came.
        let back = Pair { before: pairs[2].after.clone(), after: pairs[0].before.clone() };
        assert!(checkout.goes_back(&back, &[checkout.empty_commit().unwrap()]).unwrap());
    }

    #[test]
    fn what_the_clone_lacks_is_stood_in_for() {
        let directory = tempfile::tempdir().unwrap();
        let checkout = repository(directory.path(), &[("a", "1"), ("b", "2")]);
        let id = checkout.git(&["rev-parse", "HEAD:a"]).unwrap();
        let id = id.trim();
        let object = directory.path().join("source/.git/objects").join(&id[..2]).join(&id[2..]);
        fs::remove_file(object).unwrap();
        checkout.check_out("HEAD").unwrap();
        let read = |name: &str| fs::read_to_string(checkout.files().join(name)).unwrap();
        assert_eq!((read("a"), read("b")), (id.to_owned(), "2".to_owned()));
        assert!(checkout.check_out("no-such-commit").is_err());
    }
}
