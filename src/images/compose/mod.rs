//! Images that compose files build.
//!
//! In: the compose files of a directory, as `docker compose` takes them there (`compose.yaml` before
//! `compose.yml` before `docker-compose.yml` before `docker-compose.yaml`, and one override file).
//! Out: an image for each service that has a `build:`, whatever its profiles. What is no part of
//! an image is not looked at, so that a variable that must be set for something else is no problem.
//!
//! A file that another one includes is no project of its own. A service that is wrong is a problem
//! of its own and the others are given, where docker refuses the whole file.

mod dotenv;
mod include;
mod interpolate;
mod limits;
mod load;
mod marks;
mod scalar;
mod service;
#[cfg(test)]
mod tests;
mod variables;
mod yaml;

use std::collections::BTreeMap;

use super::draft::Draft;
use super::finder::Finder;
use super::place::{Reference, shown};
use super::{Missing, Origin, Problem, Written, written};
use crate::context::{ContextPath, Error};
use load::{Failure, Loader, Project};
use service::Service;
use variables::Known;

/// Compose files, the first of which counts.
const FILES: &[&str] =
    &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// Files that lie over it, the first of which counts.
const OVERRIDES: &[&str] = &[
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Whether a file of this name may be one of a compose project.
pub(super) fn is_compose(name: &str) -> bool {
    FILES.contains(&name) || OVERRIDES.contains(&name)
}

/// Adds what the compose files of each directory build.
pub(super) fn find(
    finder: &mut Finder<'_>,
    described: &BTreeMap<Vec<u8>, Vec<String>>,
) -> Result<(), Error> {
    let mut found = Vec::new();
    let mut included = Vec::new();
    for (directory, names) in described {
        let directory = ContextPath::new(directory);
        let first = |of: &[&str]| {
            let name = of.iter().find(|name| names.iter().any(|it| it == **name));
            name.map(|name| directory.join(name))
        };
        let Some(main) = first(FILES) else { continue };
        let files: Vec<ContextPath> = [main.clone()].into_iter().chain(first(OVERRIDES)).collect();
        let mut loader = Loader::new(finder);
        let read = load(&mut loader, directory.clone(), files);
        included.append(&mut loader.included);
        match read {
            Ok((services, variables)) => found.push((main, services, variables)),
            Err(Failure::Problem(problem)) => {
                finder.leave_out(Missing::Project(directory), problem);
            }
            Err(Failure::Tree(error)) => return Err(error),
        }
    }
    for (main, services, variables) in found {
        if !included.contains(&main) {
            add(finder, &main, &services, &variables)?;
        }
    }
    Ok(())
}

/// The services of a project, and the variables that give their arguments values.
fn load(
    loader: &mut Loader<'_, '_>,
    directory: ContextPath,
    files: Vec<ContextPath>,
) -> Result<(BTreeMap<String, Service>, Known), Failure> {
    let env_file = loader.usual_env_file(&directory)?;
    let outer = Known::from(loader.finder.variables);
    let variables = loader.variables(&outer, env_file.as_slice())?;
    let project = Project { files, directory, variables };
    let services = loader.services(&project, &[])?;
    Ok((services, project.variables))
}

fn add(
    finder: &mut Finder<'_>,
    main: &ContextPath,
    services: &BTreeMap<String, Service>,
    variables: &Known,
) -> Result<(), Error> {
    let image_name = |service: &str| format!("{}:{service}", shown(main));
    let directory = main.parent().unwrap_or_default();
    for (name, service) in services {
        if let Some(problem) = &service.problem {
            finder.leave_out(Missing::Image(image_name(name)), problem.clone());
            continue;
        }
        let Some(build) = &service.build else { continue };
        let origin = Origin { file: service.file.clone(), line: service.line };
        if build.inline.is_some() && build.dockerfile.is_some() {
            let message = format!(
                "service {name} has both `dockerfile` and `dockerfile_inline`: keep one of them"
            );
            let problem = Problem::at(&origin.file, origin.line, message);
            finder.leave_out(Missing::Image(image_name(name)), problem);
            continue;
        }
        let platforms = match (&service.platform, build.platforms.as_slice()) {
            (Some(platform), []) => vec![platform.clone()],
            (Some(platform), several) if !several.contains(platform) => {
                let message = format!(
                    "service {name} runs on {platform}, for which it is not built: add it to \
                     `platforms`"
                );
                let problem = Problem::at(&origin.file, origin.line, message);
                finder.leave_out(Missing::Image(image_name(name)), problem);
                continue;
            }
            (_, several) => several.to_vec(),
        };
        let mut args = BTreeMap::new();
        let inline = build.inline.as_ref().map(|inline| inline.place.clone());
        let mut places = Written { inline, args: BTreeMap::new() };
        for (name, given) in &build.args {
            let Some(value) = given.value.clone().or_else(|| variables.get(name)) else { continue };
            args.insert(name.clone(), value);
            let mut lines = given.lines.clone();
            if given.value.is_none() {
                written::add(&mut lines, variables.lines_of(name));
            }
            places.args.insert(name.clone(), lines);
        }
        let draft = Draft {
            context: build.context.clone().unwrap_or(Reference::Inside(directory.clone())),
            dockerfile: build.dockerfile.clone(),
            inline: build.inline.as_ref().map(|inline| inline.text.clone()),
            target: build.target.clone(),
            args,
            contexts: build.contexts.clone(),
            platforms,
            no_cache: build.no_cache.unwrap_or(false),
            network: build.network.clone().filter(|text| !text.is_empty()),
            limits: build.limits.clone(),
            pull: build.pull.unwrap_or(false),
            tags: service.image.iter().chain(&build.tags).cloned().collect(),
            cache_from: build.cache_from.clone(),
            project: Some(directory.clone()),
            written: places,
            ..Draft::new(image_name(name), origin)
        };
        let is_built = |other: &str| services.get(other).is_some_and(|it| it.build.is_some());
        finder.add(draft, |other| is_built(other).then(|| image_name(other)))?;
    }
    Ok(())
}
