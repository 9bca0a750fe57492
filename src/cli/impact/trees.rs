//! The two trees that are compared.

use anyhow::anyhow;

use super::super::args::Trees;
use super::super::failure::Failure;
use crate::context::git::{GitError, Repository, Tree};

/// What a working tree is called.
const WORKING: &str = "the working tree";

/// Two trees, with what they are called.
pub(super) struct Compared {
    pub(super) base: Tree,
    pub(super) head: Tree,
    pub(super) base_label: String,
    pub(super) head_label: String,
}

/// Reads the trees that are asked for. Nothing is checked out.
pub(super) fn read(repository: &Repository, wanted: &Trees) -> Result<Compared, Failure> {
    match wanted {
        // Nobody stages anything there: its index is none, or one that was left behind.
        Trees::Staged if repository.work_tree().is_none() => {
            Err(GitError::Bare { repository: repository.git_directory().to_owned() }.into())
        }
        Trees::Staged => {
            let (base, base_label) = head(repository)?;
            let index = repository.index()?;
            if let Some(unmerged) = index.unmerged() {
                return Err(GitError::Unmerged(unmerged).into());
            }
            Ok(Compared { base, head: index, base_label, head_label: "the index".to_owned() })
        }
        Trees::Working => {
            let (base, base_label) = head(repository)?;
            let tree = repository.working_tree()?;
            Ok(Compared { base, head: tree, base_label, head_label: WORKING.to_owned() })
        }
        Trees::Since(revision) => {
            let id = merge_base(repository, revision, "HEAD")?;
            let base = repository.tree(&id)?;
            let tree = repository.working_tree()?;
            let base_label = format!("{revision} ({})", short(&id));
            Ok(Compared { base, head: tree, base_label, head_label: WORKING.to_owned() })
        }
        Trees::Between { base, head, from_merge_base } => {
            let head_tree = repository.tree(head)?;
            let (base_tree, base_label) = if *from_merge_base {
                let id = merge_base(repository, base, head)?;
                (repository.tree(&id)?, format!("{base} ({})", short(&id)))
            } else {
                (repository.tree(base)?, base.clone())
            };
            let head_label = head.clone();
            Ok(Compared { base: base_tree, head: head_tree, base_label, head_label })
        }
    }
}

/// `HEAD`; before the first commit a tree with nothing in it.
fn head(repository: &Repository) -> Result<(Tree, String), Failure> {
    match repository.tree("HEAD") {
        Ok(tree) => Ok((tree, "HEAD".to_owned())),
        Err(GitError::Unborn { branch, .. }) => {
            Ok((repository.nothing()?, format!("{branch} (no commit yet)")))
        }
        Err(error) => Err(error.into()),
    }
}

fn merge_base(repository: &Repository, one: &str, other: &str) -> Result<String, Failure> {
    repository.merge_base(one, other)?.ok_or_else(|| {
        anyhow!(
            "{one} and {other} have no commit in common here; name another revision, or fetch more \
             where the clone is shallow: git fetch --unshallow"
        )
        .into()
    })
}

fn short(id: &str) -> &str {
    id.get(..9).unwrap_or(id)
}
