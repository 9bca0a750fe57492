//! Images that bake files build.
//!
//! In: the bake files of a directory, as `docker buildx bake` takes them there: `docker-bake.json`,
//! `docker-bake.hcl` and their override files, all as one, over the services of the compose files
//! there. Out: an image for each target, and one
//! for each combination of a target with a matrix.
//!
//! A target is left out where it is only there to be inherited: another one inherits it, no group
//! has it, and its name begins with `_`, or it says nothing of what to build. `buildx bake NAME`
//! builds the others; where there are groups, one of them is left out that cannot be built, or is
//! built just as another image.
//! A target that is wrong, or needs what is not understood here, is a problem of its own and the
//! others are given, where bake refuses the whole file.

mod document;
mod evaluate;
mod functions;
mod groups;
mod json;
mod matrix;
mod names;
mod number;
mod target;
mod template;
#[cfg(test)]
mod tests;
mod types;
mod validation;
mod value;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use super::compose::{self, Failure, ForBake};
use super::draft::Draft;
use super::finder::Finder;
use super::place::{Reference, shown};
use super::{Missing, Origin, Problem, Written};
use crate::context::{ContextPath, Error};
use document::Document;
use evaluate::Evaluator;
use names::{Instance, Names};
use target::Target;

/// Bake files in the order in which they lie over each other.
const FILES: &[&str] = &[
    "docker-bake.json",
    "docker-bake.hcl",
    "docker-bake.override.json",
    "docker-bake.override.hcl",
];

/// Room for expressions that lie in each other as deep as they may.
const STACK: usize = 64 << 20;

/// Whether a file of this name is a bake file.
pub(super) fn is_bake(name: &str) -> bool {
    FILES.contains(&name)
}

/// Adds what the bake files of each directory build.
pub(super) fn find(
    finder: &mut Finder<'_>,
    described: &BTreeMap<Vec<u8>, Vec<String>>,
) -> Result<(), Error> {
    for (directory, names) in described {
        let directory = ContextPath::new(directory);
        let is_there = |name: &&&str| names.iter().any(|it| it == **name);
        let files: Vec<ContextPath> =
            FILES.iter().filter(is_there).map(|name| directory.join(name)).collect();
        if files.is_empty() {
            continue;
        }
        let source = finder.source;
        thread::scope(|scope| {
            let work = || find_in(finder, &directory, names, &files);
            let worker = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
            match worker.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(found)) => found,
                // A panic there is a defect of ours, and goes on as one.
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(reason) => Err(Error::File { path: source.place(&directory), reason }),
            }
        })?;
    }
    Ok(())
}

fn find_in(
    finder: &mut Finder<'_>,
    directory: &ContextPath,
    names: &[String],
    files: &[ContextPath],
) -> Result<(), Error> {
    let mut document = Document::default();
    for file in files {
        let read = finder.text(file).and_then(|text| document.read(file, &text));
        if let Err(problem) = read {
            finder.leave_out(Missing::Project(directory.clone()), problem);
            return Ok(());
        }
    }
    let services = match compose::for_bake(finder, directory, names) {
        Ok(services) => services,
        Err(Failure::Problem(problem)) => {
            finder.leave_out(Missing::Project(directory.clone()), problem);
            return Ok(());
        }
        Err(Failure::Tree(error)) => return Err(error),
    };
    let mut evaluator = Evaluator::new(Names::new(&document, finder.variables));
    let instances = instances(finder, directory, &document, &mut evaluator);
    evaluator.names.instances = instances.clone();
    if is_refused(finder, directory, &document, &mut evaluator) {
        return Ok(());
    }

    let mut targets: BTreeMap<String, Result<Target, ()>> = BTreeMap::new();
    for (name, service) in &services {
        let target = match &service.draft {
            Ok(draft) if !service.has_extension => Ok(target::of_service(directory, draft.clone())),
            _ => Err(()),
        };
        targets.insert(name.clone(), target);
    }
    let mut origins: BTreeMap<String, Origin> = BTreeMap::new();
    for instance in &instances {
        let (file, line) = (&instance.block.file, instance.block.line);
        let origin = Origin { file: file.clone(), line };
        let origin = origins.entry(instance.name.clone()).or_insert(origin);
        let service = services.get(&instance.name);
        if let Some(problem) = service.and_then(|it| wrong_service(it, &instance.name, origin)) {
            finder.leave_out(Missing::Image(full_name(origin, &instance.name)), problem);
        }
        match target::read(&mut evaluator, instance) {
            Ok(target) => match targets.get_mut(&instance.name) {
                Some(Ok(earlier)) => earlier.merge(&target),
                Some(Err(())) => {}
                None => _ = targets.insert(instance.name.clone(), Ok(target)),
            },
            Err((line, reason)) => {
                let message = format!("target {}: {reason}", instance.name);
                let what = Missing::Image(full_name(origin, &instance.name));
                finder.leave_out(what, Problem::at(file, line, message));
                targets.insert(instance.name.clone(), Err(()));
            }
        }
    }
    let mut wrong_groups = BTreeSet::new();
    let mut grouped = groups::read(&mut evaluator, &document, &mut wrong_groups);
    grouped.extend(services.keys().cloned());
    // What no group has may be no image.
    for problem in wrong_groups {
        finder.leave_out(Missing::Project(directory.clone()), problem);
    }
    let inherited: BTreeSet<&String> =
        targets.values().flatten().flat_map(|target| &target.inherits).collect();
    let image_name = |target: &str| match origins.get(target) {
        Some(origin) => Some(full_name(origin, target)),
        None => Some(services.get(target)?.draft.as_ref().ok()?.name.clone()),
    };
    let mut bases = Vec::new();
    for (name, origin) in &origins {
        // Its own problem is told already.
        if targets.get(name) == Some(&Err(())) {
            continue;
        }
        let whole = match resolve(&targets, name, &mut BTreeMap::new(), 0) {
            Ok(whole) => whole,
            Err(reason) => {
                let message = format!("target {name}: {reason}");
                let problem = Problem::at(&origin.file, origin.line, message);
                finder.leave_out(Missing::Image(full_name(origin, name)), problem);
                continue;
            }
        };
        let says_nothing = whole.context.is_none()
            && whole.dockerfile.is_none()
            && whole.inline.is_none()
            && whole.target.is_none();
        let is_base = inherited.contains(name) && !grouped.contains(name);
        if is_base && (name.starts_with('_') || says_nothing) {
            continue;
        }
        let draft = draft(directory, whole, Draft::new(full_name(origin, name), origin.clone()));
        if is_base && !grouped.is_empty() {
            bases.push(draft);
        } else {
            finder.add(draft, image_name)?;
        }
    }
    for draft in bases {
        finder.add_where_it_is_another(draft, image_name)?;
    }
    Ok(())
}

/// Whether a validation has bake build nothing of the directory.
fn is_refused<'d>(
    finder: &mut Finder<'_>,
    directory: &ContextPath,
    document: &'d Document,
    evaluator: &mut Evaluator<'d>,
) -> bool {
    let checked = validation::check(evaluator, document);
    finder.problems.extend(checked.unknown);
    let is_refused = !checked.refused.is_empty();
    for problem in checked.refused {
        finder.leave_out(Missing::Project(directory.clone()), problem);
    }
    is_refused
}

/// The targets that the blocks of a document give: of a matrix several.
fn instances<'d>(
    finder: &mut Finder<'_>,
    directory: &ContextPath,
    document: &'d Document,
    evaluator: &mut Evaluator<'d>,
) -> Vec<Instance<'d>> {
    let mut instances = Vec::new();
    for block in &document.targets {
        match matrix::instances(evaluator, block) {
            Ok(several) => instances.extend(several),
            Err((line, reason)) => {
                let message = format!("target {}: {reason}", block.name);
                let problem = Problem::at(&block.file, line, message);
                finder.leave_out(Missing::Project(directory.clone()), problem);
            }
        }
    }
    instances
}

/// Why a target cannot be laid over its service.
fn wrong_service(service: &ForBake, name: &str, origin: &Origin) -> Option<Problem> {
    if let Err(problem) = &service.draft {
        return Some(problem.clone());
    }
    let message = format!(
        "target {name}: the service {name} of a compose file has `x-bake`, which is not understood \
         here: write it in the bake file"
    );
    service.has_extension.then(|| Problem::at(&origin.file, origin.line, message))
}

fn full_name(origin: &Origin, target: &str) -> String {
    format!("{}:{target}", shown(&origin.file))
}

/// A target with all that it inherits below it.
fn resolve(
    targets: &BTreeMap<String, Result<Target, ()>>,
    name: &str,
    visited: &mut BTreeMap<String, Option<Target>>,
    depth: usize,
) -> Result<Target, String> {
    let target = match targets.get(name) {
        Some(Ok(target)) => target,
        Some(Err(())) => return Err(format!("what it inherits, {name}, is wrong: correct that")),
        None => return Err(format!("there is no target {name} to inherit: correct the name")),
    };
    if depth > 64 {
        return Err("targets inherit each other over too many steps: make them fewer".to_owned());
    }
    visited.insert(name.to_owned(), None);
    let mut whole = Target::default();
    for base in &target.inherits {
        match visited.get(base) {
            Some(Some(done)) => whole.merge(done),
            // One that is being looked at inherits itself: bake passes it over.
            Some(None) => {}
            None => whole.merge(&resolve(targets, base, visited, depth + 1)?),
        }
    }
    whole.merge(target);
    whole.inherits = Vec::new();
    visited.insert(name.to_owned(), Some(whole.clone()));
    Ok(whole)
}

fn draft(directory: &ContextPath, target: Target, draft: Draft) -> Draft {
    let read = |text: &str| Reference::read(directory, text, "target:");
    let dockerfile = target.dockerfile.filter(|text| !text.is_empty());
    // A Dockerfile of the working directory, which is that of the bake file.
    let dockerfile = dockerfile.map(|text| match text.strip_prefix("cwd://") {
        Some(path) if !directory.is_root() => format!("cwd://{}/{path}", shown(directory)),
        _ => text,
    });
    let unique = |list: Vec<String>| {
        let mut seen = BTreeSet::new();
        list.into_iter().filter(|it| !it.is_empty() && seen.insert(it.clone())).collect()
    };
    Draft {
        context: read(target.context.as_deref().unwrap_or(".")),
        dockerfile,
        inline: target.inline.filter(|text| !text.is_empty()),
        target: target.target.filter(|text| !text.is_empty()),
        args: target.args,
        written: Written {
            args: target.lines,
            settings: target.settings,
            inline: target.inline_text,
            unset: Vec::new(),
        },
        contexts: target
            .contexts
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(key, text)| (key.clone(), read(text)))
            .collect(),
        platforms: unique(target.platforms.unwrap_or_default()),
        no_cache: target.no_cache.unwrap_or(false),
        no_cache_filter: unique(target.no_cache_filter),
        network: target.network.filter(|text| !text.is_empty()),
        limits: target.limits,
        pull: target.pull.unwrap_or(false),
        tags: unique(target.tags.unwrap_or_default()),
        cache_from: target.cache_from,
        project: Some(directory.clone()),
        ..draft
    }
}
