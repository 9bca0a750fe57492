//! What a revision has of a project: its Dockerfile, its ignore rules, its context.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;

use super::super::environment::Environment;
use super::super::failure::Failure;
use super::super::project::Project;
use super::super::repository::{ContextRepository, path_in_git};
use super::super::ui::Ui;
use crate::context::git::{Commit, Tree};
use crate::context::{Disk, IgnoreRules, Snapshot, Source};
use crate::dockerfile::Dockerfile;

/// A project as a revision has it.
pub(super) struct Old {
    /// The commit, where the revision names one.
    pub(super) commit: Option<Commit>,
    /// The context's directory in the revision's tree.
    pub(super) context: Tree,
    pub(super) dockerfile: Arc<Dockerfile>,
    pub(super) snapshot: Arc<Snapshot>,
}

/// Reads the project as `revision` has it: the same Dockerfile, the same context.
pub(super) fn read(
    project: &Project,
    revision: &str,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Old, Failure> {
    let root = &project.source.root;
    let git = |error| anyhow::Error::new(error).context("--against compares with a commit");
    let place = ContextRepository::open(root, environment).map_err(git)?;
    let Some(place) = place else {
        let place = root.display();
        return Err(anyhow!(
            "--against compares with a commit: {place} is in no working tree of git; give a \
             directory inside one"
        )
        .into());
    };
    let repository = &place.repository;
    let tree = repository.tree(revision).map_err(git)?;
    let context = tree.at(&place.inside).map_err(git)?;
    let file = DockerfilePlace::of(project, &place.top)?;
    let (dockerfile, rules) = file.read(project, revision, &tree, &context, ui)?;
    let taken = context.snapshot(&rules)?;
    if let Some(first) = taken.notices.first() {
        let more = match taken.notices.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        ui.warning(&format!("{revision} may have other files than a checkout: {first}{more}"))?;
    }
    place.save();
    let commit = repository.commit(revision);
    Ok(Old { commit, context, dockerfile, snapshot: Arc::new(taken.snapshot) })
}

/// Where the Dockerfile is, seen from git.
enum DockerfilePlace {
    /// In the repository, at this path from its root.
    Inside(PathBuf),
    /// Elsewhere, in this directory; a revision has none of it.
    Outside(PathBuf),
    /// It came over standard input.
    Nowhere,
}

impl DockerfilePlace {
    fn of(project: &Project, top: &Path) -> Result<Self, Failure> {
        let Some(path) = &project.source.path else { return Ok(Self::Nowhere) };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = parent.unwrap_or(Path::new(".")).canonicalize()?;
        let name = path.file_name().unwrap_or_default();
        Ok(match directory.strip_prefix(top) {
            Ok(inside) => Self::Inside(inside.join(name)),
            Err(_) => Self::Outside(directory),
        })
    }

    fn read(
        &self,
        project: &Project,
        revision: &str,
        tree: &Tree,
        context: &Tree,
        ui: &mut Ui,
    ) -> Result<(Arc<Dockerfile>, IgnoreRules), Failure> {
        let name = Path::new(&project.source.file.name);
        let own = name.file_name().unwrap_or_default().as_encoded_bytes();
        let unchanged = Arc::clone(&project.source.dockerfile);
        match self {
            Self::Nowhere => Ok((unchanged, IgnoreRules::load_from(context, &path_in_git(name))?)),
            Self::Outside(directory) => {
                ui.warning(&format!(
                    "the Dockerfile {} is not in the repository, so it is taken as it is now for \
                     {revision} too",
                    name.display()
                ))?;
                let beside = Disk::new(directory);
                Ok((unchanged, IgnoreRules::load_beside(context, &beside, own)?))
            }
            Self::Inside(path) => {
                let shown = format!("{revision}:{}", path.display());
                let in_git = path_in_git(path);
                let Some(bytes) = tree.read(&in_git)? else {
                    return Err(anyhow!(
                        "there is no {shown}; name a revision that has this Dockerfile, or the \
                         Dockerfile that it has with -f"
                    )
                    .into());
                };
                let decoded = String::from_utf8(bytes)
                    .map_err(|_| anyhow!("{shown} is not text in UTF-8; name another revision"))?;
                let dockerfile = Dockerfile::parse(&shown, &decoded)
                    .map_err(|error| Failure::Dockerfile(Box::new(error)))?;
                let beside = tree.at(&in_git.parent().unwrap_or_default())?;
                let rules = IgnoreRules::load_beside(context, &beside, own)?;
                Ok((Arc::new(dockerfile), rules))
            }
        }
    }
}
