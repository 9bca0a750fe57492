//! Where a context and its Dockerfile are in every commit.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::super::super::failure::Failure;
use super::super::super::repository::{ContextRepository, path_in_git};
use crate::context::ContextPath;

/// A context and its Dockerfile, from the repository's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) context: ContextPath,
    pub(super) dockerfile: ContextPath,
    /// Where it is in commits that do not have it there.
    pub(super) otherwise: Option<ContextPath>,
}

impl Place {
    /// The Dockerfile in the context's root.
    pub(super) fn usual(found: &ContextRepository) -> Self {
        let context = found.inside.clone();
        let [dockerfile, otherwise] =
            [b"Dockerfile", b"dockerfile"].map(|name| context.join(name.as_slice()));
        Self { context, dockerfile, otherwise: Some(otherwise) }
    }

    /// This Dockerfile, which today's files need not have.
    ///
    /// # Errors
    ///
    /// Where it is not in the repository.
    pub(super) fn of(file: &Path, found: &ContextRepository) -> Result<Self, Failure> {
        let shown = file.display();
        if file == Path::new("-") {
            return Err(anyhow!(
                "a Dockerfile from standard input is in no commit; give one of the repository with \
                 -f"
            )
            .into());
        }
        let inside = Self::inside(file, found).ok_or_else(|| {
            anyhow!(
                "the Dockerfile {shown} is not in the repository {}, so commits do not have it; \
                 give one that they have with -f",
                found.top.display()
            )
        })?;
        let dockerfile = path_in_git(&inside);
        Ok(Self { context: found.inside.clone(), dockerfile, otherwise: None })
    }

    /// What a Dockerfile at this path of the repository is called in the records: by its path from
    /// the context where it lies in that.
    pub(super) fn name_in(&self, dockerfile: &ContextPath) -> String {
        let whole = dockerfile.to_string();
        let inside = whole.strip_prefix(&self.context.to_string());
        let inside = inside.and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
        inside.unwrap_or(whole)
    }

    /// The Dockerfile from the repository's root: as docker takes it, from the current directory.
    fn inside(file: &Path, found: &ContextRepository) -> Option<PathBuf> {
        let name = file.file_name()?;
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new(".")).canonicalize().ok()?;
        parent.join(name).strip_prefix(&found.top).ok().map(Path::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dockerfile_is_recorded_by_its_path_from_the_context() {
        let named = |context: &str, dockerfile: &str| {
            let (context, dockerfile) = (ContextPath::new(context), ContextPath::new(dockerfile));
            let place = Place { context, dockerfile: dockerfile.clone(), otherwise: None };
            place.name_in(&dockerfile)
        };
        assert_eq!(named("", "docker/Dockerfile"), "docker/Dockerfile");
        assert_eq!(named("web", "web/Dockerfile"), "Dockerfile");
        assert_eq!(named("web", "webs/Dockerfile"), "webs/Dockerfile");
    }
}
