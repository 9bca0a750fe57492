//! Env files that git does not have: compose reads them from the disk all the same.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::context::git::{Repository, Tree};
use crate::context::{ContextPath, EntryKind, Error, Found, IgnoreRules, Named, Source, Taken};

const NAME: &[u8] = b".env";

/// A longer one is not what compose takes variables from.
const LONGEST: u64 = 1 << 20;

/// A tree with each `.env` that lies in the working tree, and that neither the tree nor the index
/// has. Both trees of a comparison have the same, as nobody knows what it was before.
pub(super) struct WithEnvFiles<'a> {
    tree: &'a Tree,
    repository: &'a Repository,
    /// The root of the working tree; without one nothing is added.
    top: Option<PathBuf>,
    /// Read only where such a file is on disk.
    index: Mutex<OnceCell<Option<Tree>>>,
}

impl<'a> WithEnvFiles<'a> {
    pub(super) fn new(tree: &'a Tree, repository: &'a Repository) -> Self {
        let top = repository.work_tree().map(Path::to_owned);
        Self { tree, repository, top, index: Mutex::default() }
    }

    /// Where the file is on disk, if it is one that git does not have.
    fn beside(&self, path: &ContextPath) -> Option<PathBuf> {
        if path.file_name() != Some(NAME) {
            return None;
        }
        let place = path.on_disk(self.top.as_ref()?);
        let found = place.metadata().ok()?;
        let is_taken = found.is_file() && found.len() <= LONGEST && !self.is_tracked(path);
        is_taken.then_some(place)
    }

    fn is_tracked(&self, path: &ContextPath) -> bool {
        let Ok(index) = self.index.lock() else { return true };
        let index = index.get_or_init(|| self.repository.index().ok());
        index.as_ref().is_none_or(|index| !matches!(index.find(path), Ok(None)))
    }
}

impl std::fmt::Debug for WithEnvFiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.tree.fmt(f)
    }
}

impl Source for WithEnvFiles<'_> {
    fn find(&self, path: &ContextPath) -> Result<Option<Found>, Error> {
        let found = self.tree.find(path)?;
        if found.is_some() {
            return Ok(found);
        }
        let bytes = self.beside(path).and_then(|place| std::fs::read(place).ok());
        Ok(bytes.map(Found::File))
    }

    fn list(&self, directory: &ContextPath) -> Result<Vec<Named>, Error> {
        let mut names = self.tree.list(directory)?;
        if let Err(place) = names.binary_search_by(|it| (*it.name).cmp(NAME))
            && self.beside(&directory.join(NAME)).is_some()
        {
            names.insert(place, Named { name: NAME.into(), kind: EntryKind::File });
        }
        Ok(names)
    }

    fn snapshot(&self, rules: &IgnoreRules) -> Result<Taken, Error> {
        self.tree.snapshot(rules)
    }

    fn place(&self, path: &ContextPath) -> PathBuf {
        self.tree.place(path)
    }

    fn on_disk(&self) -> Option<PathBuf> {
        self.tree.on_disk()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::process::Command;

    use super::*;
    use crate::context::git::GitOptions;
    use crate::images::{self, Configuration, Images};

    const COMPOSE: &str = "services:\n  a:\n    build:\n      context: .\n      target: $T\n";

    fn git(root: &Path, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(root).args(["-c", "user.name=a", "-c", "user.email=a@a"]).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE");
        assert!(git.output().unwrap().status.success(), "git {arguments:?}");
    }

    /// A commit with these files besides a Dockerfile.
    fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        git(root, &["init", "-q"]);
        fs::write(root.join("Dockerfile"), "FROM a AS dev\nFROM a\n").unwrap();
        for (name, text) in files {
            fs::write(root.join(name), text).unwrap();
        }
        git(root, &["add", "--all"]);
        git(root, &["commit", "-q", "-m", "x"]);
        directory
    }

    fn targets(root: &Path) -> [Option<String>; 2] {
        let options = GitOptions { user_configuration: false, index_file: None };
        let repository = Repository::open(root, &options).unwrap();
        let trees = [repository.tree("HEAD").unwrap(), repository.working_tree().unwrap()];
        trees.map(|tree| {
            let source = WithEnvFiles::new(&tree, &repository);
            let Images { images, .. } =
                images::find(&source, &BTreeMap::new(), &Configuration::default()).unwrap();
            let service = images.into_iter().find(|it| it.name.ends_with(":a"));
            service.and_then(|image| image.target)
        })
    }

    fn dev() -> [Option<String>; 2] {
        [Some("dev".to_owned()), Some("dev".to_owned())]
    }

    #[test]
    fn one_that_git_ignores_counts_in_both_trees() {
        let root = repository(&[("compose.yaml", COMPOSE), (".gitignore", ".env\n")]);
        fs::write(root.path().join(".env"), "T=dev\n").unwrap();
        assert_eq!(targets(root.path()), dev());
    }

    #[test]
    fn one_that_nobody_added_counts_in_both_trees() {
        let root = repository(&[("compose.yaml", COMPOSE)]);
        fs::write(root.path().join(".env"), "T=dev\n").unwrap();
        assert_eq!(targets(root.path()), dev());
    }

    #[test]
    fn it_may_say_which_files_are_a_project() {
        let root = repository(&[("other.yml", COMPOSE), (".gitignore", ".env\n")]);
        fs::write(root.path().join(".env"), "COMPOSE_FILE=other.yml\nT=dev\n").unwrap();
        assert_eq!(targets(root.path()), dev());
    }

    #[test]
    fn one_that_is_part_of_the_change_counts_where_it_is() {
        let root = repository(&[("compose.yaml", COMPOSE)]);
        fs::write(root.path().join(".env"), "T=dev\n").unwrap();
        git(root.path(), &["add", ".env"]);
        let [before, now] = targets(root.path());
        assert_ne!(before, dev()[0].clone());
        assert_eq!(now, dev()[1].clone());
    }
}
