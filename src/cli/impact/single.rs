//! One Dockerfile alone, as `docker build` would be told of it.

use std::path::Path;

use anyhow::{Context as _, anyhow};

use super::super::args::ImpactArgs;
use super::super::environment::Environment;
use super::super::failure::Failure;
use super::super::repository::path_in_git;
use super::Place;
use crate::context::git::Tree;
use crate::context::{ContextPath, Found, Source as _};
use crate::dockerfile::Dockerfile;
use crate::images::{Image, ImageDockerfile, Images, Origin, RunLimits, Written};
use crate::plan::{self, BuildOptions, Dialect};

/// The image that the options name, where the tree has its Dockerfile.
pub(super) fn image(args: &ImpactArgs, tree: &Tree, place: &Place) -> Result<Images, Failure> {
    let dockerfile = dockerfile(args, place)?;
    if !matches!(tree.find(&dockerfile)?, Some(Found::File(_) | Found::Symlink(_))) {
        return Ok(Images::default());
    }
    let build_args = args.build_args.iter().filter_map(|given| {
        let value = given.value.clone().or_else(|| Environment::variable(&given.name))?;
        Some((given.name.clone(), value))
    });
    let image = Image {
        name: dockerfile.to_string(),
        dockerfile: ImageDockerfile::File(dockerfile.clone()),
        dockerfile_link: None,
        context: place.inside.clone(),
        target: args.target.clone(),
        args: build_args.collect(),
        contexts: std::collections::BTreeMap::new(),
        platforms: Vec::new(),
        no_cache: false,
        no_cache_filter: Vec::new(),
        network: None,
        limits: RunLimits::default(),
        pull: false,
        tags: Vec::new(),
        cache_from: Vec::new(),
        origin: Origin { file: dockerfile, line: 1 },
        project: None,
        written: Written::default(),
    };
    Ok(Images { images: vec![image], ..Images::default() })
}

/// Why there is nothing to compare: a limit must not be kept by a slip in a name.
pub(super) fn missing(args: &ImpactArgs, place: &Place) -> Result<Failure, Failure> {
    let name = dockerfile(args, place)?;
    Ok(anyhow!("neither of the two trees has {name}; name a Dockerfile that one of them has")
        .into())
}

/// Refuses a target that is no stage in any of the trees that have the Dockerfile: a limit must not
/// be kept by a slip in a name.
pub(super) fn check_target(sides: &[(&Tree, &Images)]) -> Result<(), Failure> {
    let mut missing = None;
    for (tree, image) in
        sides.iter().flat_map(|(tree, it)| it.images.iter().map(move |it| (tree, it)))
    {
        let ImageDockerfile::File(path) = &image.dockerfile else { continue };
        let bytes = tree.read(path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        // What is no Dockerfile is told where it is compared.
        let Ok(dockerfile) = Dockerfile::parse(&path.to_string(), &text) else { return Ok(()) };
        let options = BuildOptions { target: image.target.clone(), ..BuildOptions::default() };
        match plan::check_target(&dockerfile, &options, Dialect::default()) {
            Err(error) if matches!(error.problem, plan::Problem::NoTarget { .. }) => {
                missing = Some((path, error.problem));
            }
            _ => return Ok(()),
        }
    }
    let Some((path, problem)) = missing else { return Ok(()) };
    Err(anyhow!("{path}: {problem}; name one of the stages with --target").into())
}

fn dockerfile(args: &ImpactArgs, place: &Place) -> Result<ContextPath, Failure> {
    match &args.file {
        Some(file) => in_repository(file, place),
        None => Ok(place.inside.join("Dockerfile")),
    }
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
