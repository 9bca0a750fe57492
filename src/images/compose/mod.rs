//! Images that compose files build.
//!
//! In: the compose files of a directory, as `docker compose` takes them there (`compose.yaml` before
//! `compose.yml` before `docker-compose.yml` before `docker-compose.yaml`, and one override file, or
//! those that `COMPOSE_FILE` of the directory's `.env` names).
//! Out: an image for each service that has a `build:`, whatever its profiles. What is no part of
//! an image is not looked at, so that a variable that must be set for something else is no problem.
//!
//! Other files that are called so (`compose.prod.yaml`, `docker-compose-ci.yml`) lie over these only
//! where somebody names both with `-f`, so each is a project of its own, of the services whose
//! `build:` says of which context: the others are parts of something else. What is built just as
//! another image is not told twice, and a file that another one includes, extends or chooses is none.
//!
//! A file that another one includes is no project of its own. A service that is wrong is a problem
//! of its own and the others are given, where docker refuses the whole file.

mod dotenv;
mod include;
mod interpolate;
mod limits;
mod load;
mod marks;
mod platform;
mod project_name;
mod projects;
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
use super::{LeftOut, Missing, Origin, Problem, Written, written};
use crate::context::{ContextPath, Error};
pub(super) use load::Failure;
use load::{Loader, Project};
use projects::Found;
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

/// Services by their names.
type Services = BTreeMap<String, Service>;

/// Whether a file of this name may be one of a compose project, or say which files are.
pub(super) fn is_compose(name: &str) -> bool {
    FILES.contains(&name) || OVERRIDES.contains(&name) || name == ".env" || is_variant(name)
}

/// Whether docker takes a file of this name only where it is named.
fn is_variant(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    let stem = stem.map(|stem| stem.strip_prefix("docker-").unwrap_or(stem));
    let rest = stem.and_then(|stem| stem.strip_prefix("compose."));
    let rest = rest.or_else(|| stem.and_then(|stem| stem.strip_prefix("compose-")));
    rest.is_some_and(|rest| !rest.is_empty()) && !OVERRIDES.contains(&name)
}

/// Adds what the compose files of each directory build.
pub(super) fn find(
    finder: &mut Finder<'_>,
    described: &BTreeMap<Vec<u8>, Vec<String>>,
) -> Result<(), Error> {
    let mut found = Vec::new();
    let (mut included, mut extended) = (Vec::new(), Vec::new());
    for (directory, names) in described {
        let directory = ContextPath::new(directory);
        let mut loader = Loader::new(finder);
        let read = load(&mut loader, &directory, names);
        included.append(&mut loader.included);
        extended.append(&mut loader.extended);
        match read {
            Ok(project) => found.extend(project),
            Err(Failure::Problem(problem)) => {
                finder.leave_out(Missing::Project(directory), problem);
            }
            Err(Failure::Tree(error)) => return Err(error),
        }
    }
    projects::without_chosen(&mut found);
    let mut variants = Vec::new();
    for (directory, names) in described {
        let directory = ContextPath::new(directory);
        for name in names.iter().filter(|name| is_variant(name)) {
            let file = directory.join(name);
            let mut loader = Loader::new(finder);
            let read = variant(&mut loader, &directory, &file);
            included.append(&mut loader.included);
            extended.append(&mut loader.extended);
            match read {
                Ok(project) => variants.push(project),
                Err(Failure::Problem(problem)) => {
                    finder.leave_out(Missing::Project(file), problem);
                }
                Err(Failure::Tree(error)) => return Err(error),
            }
        }
    }
    for (project, services) in found {
        let Some(main) = project.files.first() else { continue };
        if project.is_chosen || !included.contains(main) {
            add(finder, &project, main, &services)?;
        }
        extended.extend(project.files);
    }
    for (project, services) in variants {
        let Some(file) = project.files.first() else { continue };
        if included.contains(file) || extended.contains(file) {
            continue;
        }
        let known = finder.images.len();
        add(finder, &project, file, &services)?;
        let new = finder.images.split_off(known);
        for image in new {
            if !finder.images.iter().any(|other| other.is_built_as(&image)) {
                finder.images.push(image);
            }
        }
    }
    Ok(())
}

/// A file that docker takes only where it is named, as a project of its own.
fn variant(
    loader: &mut Loader<'_, '_>,
    directory: &ContextPath,
    file: &ContextPath,
) -> Result<(Found, Services), Failure> {
    let env_file = loader.usual_env_file(directory)?;
    let outer = Known::from(loader.finder.variables);
    let mut variables = loader.variables(&outer, env_file.as_slice())?;
    let files = vec![file.clone()];
    project_name::set(loader, &files, directory, &mut variables)?;
    let project = Project { files, directory: directory.clone(), variables };
    let mut services = loader.services(&project, &[])?;
    services
        .retain(|_, service| service.build.as_ref().is_none_or(|build| build.context.is_some()));
    let Project { files, variables, .. } = project;
    // The directory is that of other files too.
    Ok((Found { files, directory: file.clone(), is_chosen: false, variables }, services))
}

/// The project of a directory with its services.
fn load(
    loader: &mut Loader<'_, '_>,
    directory: &ContextPath,
    names: &[String],
) -> Result<Option<(Found, Services)>, Failure> {
    let Some(mut found) = projects::find(loader, directory, names)? else { return Ok(None) };
    let files = found.files.clone();
    // Paths count from the directory of the first file, whose own env file counts too.
    let directory = files.first().and_then(ContextPath::parent).unwrap_or_default();
    if directory != found.directory {
        let env_file = loader.usual_env_file(&directory)?;
        found.variables = loader.variables(&found.variables, env_file.as_slice())?;
    }
    project_name::set(loader, &files, &directory, &mut found.variables)?;
    let project = Project { files, directory, variables: found.variables.clone() };
    let services = loader.services(&project, &[])?;
    Ok(Some((found, services)))
}

fn add(
    finder: &mut Finder<'_>,
    project: &Found,
    main: &ContextPath,
    services: &Services,
) -> Result<(), Error> {
    let image_name = |service: &str| format!("{}:{service}", shown(main));
    let directory = main.parent().unwrap_or_default();
    // Of a file that lies over others, these may say by what its services run.
    let is_whole = project.directory != *main;
    for (name, service) in services {
        if is_whole && !service.has_source && service.problem.is_none() {
            // It is no image, and what it may have been is not gone: compose refuses the file.
            let what = Missing::Image(image_name(name));
            finder.left_out.push(LeftOut::new(what, without_source(name, service)));
            continue;
        }
        let variables = &project.variables;
        let placed = platform::with_default(name, service, variables);
        let read = placed.and_then(|it| draft(name, image_name(name), &it, &directory, variables));
        let draft = match read {
            Ok(Some(draft)) => Draft { project: Some(project.directory.clone()), ..draft },
            Ok(None) => continue,
            Err(problem) => {
                finder.leave_out(Missing::Image(image_name(name)), problem);
                continue;
            }
        };
        let is_built = |other: &str| services.get(other).is_some_and(|it| it.build.is_some());
        finder.add(draft, |other| is_built(other).then(|| image_name(other)))?;
    }
    Ok(())
}

/// What is wrong with a service that says nothing of what it runs by.
fn without_source(name: &str, service: &Service) -> Problem {
    let message = format!(
        "service {name} has neither a `build` nor an `image`, so that compose refuses it: give it one"
    );
    Problem::at(&service.file, service.line, message)
}

/// What a service says of its image; `None` where it is not built.
fn draft(
    name: &str,
    image_name: String,
    service: &Service,
    directory: &ContextPath,
    variables: &Known,
) -> Result<Option<Draft>, Problem> {
    if let Some(problem) = &service.problem {
        return Err(problem.clone());
    }
    let Some(build) = &service.build else { return Ok(None) };
    let origin = Origin { file: service.file.clone(), line: service.line };
    if build.inline.is_some() && build.dockerfile.is_some() {
        let message = format!(
            "service {name} has both `dockerfile` and `dockerfile_inline`: keep one of them"
        );
        return Err(Problem::at(&origin.file, origin.line, message));
    }
    let platforms = match (&service.platform, build.platforms.as_slice()) {
        (Some(platform), []) => vec![platform.clone()],
        (Some(platform), several) if !several.contains(platform) => {
            let message = format!(
                "service {name} runs on {platform}, for which it is not built: add it to \
                     `platforms`"
            );
            return Err(Problem::at(&origin.file, origin.line, message));
        }
        (_, several) => several.to_vec(),
    };
    let mut args = BTreeMap::new();
    let inline = build.inline.as_ref().map(|inline| inline.place.clone());
    let mut settings = build.lines.clone();
    let of_platforms = settings.remove("platforms").unwrap_or_default();
    written::add(settings.entry("platform".to_owned()).or_default(), &service.platform_lines);
    written::add(settings.entry("platform".to_owned()).or_default(), &of_platforms);
    let unset = build.unset.clone();
    let mut places = Written { inline, settings, args: BTreeMap::new(), unset };
    for (name, given) in &build.args {
        let Some(value) = given.value.clone().or_else(|| variables.get(name)) else { continue };
        args.insert(name.clone(), value);
        let mut lines = given.lines.clone();
        if given.value.is_none() {
            written::add(&mut lines, variables.lines_of(name));
        }
        places.args.insert(name.clone(), lines);
    }
    Ok(Some(Draft {
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
        written: places,
        ..Draft::new(image_name, origin)
    }))
}

/// A service as bake takes it.
pub(super) struct ForBake {
    /// What it says of its image, or what is wrong with that.
    pub(super) draft: Result<Draft, Problem>,
    /// Whether it has words that are for bake alone.
    pub(super) has_extension: bool,
}

/// The services that bake takes for targets, by the targets' names: of every compose file of the
/// directory, without override files and without what an env file chooses.
pub(super) fn for_bake(
    finder: &mut Finder<'_>,
    directory: &ContextPath,
    names: &[String],
) -> Result<BTreeMap<String, ForBake>, Failure> {
    let is_there = |name: &&&str| names.iter().any(|it| it == **name);
    let files: Vec<ContextPath> =
        FILES.iter().filter(is_there).map(|name| directory.join(name)).collect();
    let Some(main) = files.first().cloned() else { return Ok(BTreeMap::new()) };
    let mut loader = Loader::new(finder);
    let env_file = loader.usual_env_file(directory)?;
    let outer = Known::from(loader.finder.variables);
    let mut variables = loader.variables(&outer, env_file.as_slice())?;
    project_name::set_for_bake(&mut loader, &files, &mut variables)?;
    let project = Project { files, directory: directory.clone(), variables };
    let services = loader.services(&project, &[])?;
    let mut targets = BTreeMap::new();
    for (name, mut service) in services {
        // Where a service runs is no concern of bake.
        service.platform = None;
        let has_extension = service.build.as_ref().is_some_and(|build| build.has_bake_extension);
        let image_name = format!("{}:{name}", shown(&main));
        let draft = draft(&name, image_name, &service, directory, &project.variables);
        let Some(draft) = draft.transpose() else { continue };
        targets.insert(name.replace('.', "_"), ForBake { draft, has_extension });
    }
    Ok(targets)
}
