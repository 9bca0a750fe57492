//! One Dockerfile alone, as `docker build` would be told of it.

use std::path::Path;

use anyhow::{Context as _, anyhow};

use super::super::args::ImpactArgs;
use super::super::environment::Environment;
use super::super::failure::Failure;
use super::super::repository::path_in_git;
use super::Place;
use crate::context::ContextPath;
use crate::impact::Asked;

/// What the options name.
pub(super) fn asked(args: &ImpactArgs, place: &Place) -> Result<Asked, Failure> {
    let build_args = args.build_args.iter().filter_map(|given| {
        let value = given.value.clone().or_else(|| Environment::variable(&given.name))?;
        Some((given.name.clone(), value))
    });
    Ok(Asked {
        dockerfile: match &args.file {
            Some(file) => in_repository(file, place)?,
            None => place.inside.join("Dockerfile"),
        },
        context: place.inside.clone(),
        target: args.target.clone(),
        args: build_args.collect(),
    })
}

/// A path on disk, which need not be there any more, as one of the repository.
fn in_repository(file: &Path, place: &Place) -> Result<ContextPath, Failure> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let parent =
        parent.canonicalize().with_context(|| format!("cannot read {}", parent.display()))?;
    let inside = parent.strip_prefix(&place.top).map_err(|_| {
        let file = file.display();
        anyhow!("{file} is not in the repository; name a Dockerfile that is committed there")
    })?;
    Ok(path_in_git(&inside.join(file.file_name().unwrap_or_default())))
}
