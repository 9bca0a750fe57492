//! What `smartbuild.toml` makes of the images that were found.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::finder::Finder;
use super::place::{Reference, below, shown};
use super::{
    Configuration, ConfiguredImage, Image, ImageDockerfile, Images, Missing, NamedContext, Origin,
    Problem, dockerfiles,
};
use crate::context::{ContextPath, Error};

/// The file that all this is about.
const FILE: &str = "smartbuild.toml";

/// Changes the images of compose and bake files, and adds those that name a Dockerfile of their
/// own.
pub(super) fn apply(finder: &mut Finder<'_>, configuration: &Configuration) -> Result<(), Error> {
    for configured in &configuration.images {
        if change(finder, configured)? {
            continue;
        }
        let Some(dockerfile) = &configured.dockerfile else { continue };
        let origin = Origin { file: ContextPath::new(FILE), line: configured.line };
        let Some(path) = below(&ContextPath::root(), dockerfile) else {
            let message = format!("`{dockerfile}` is outside of the repository: keep it in there");
            let what = Missing::Image(configured.name.clone());
            finder.leave_out(what, Problem::at(&origin.file, origin.line, message));
            continue;
        };
        let draft = Draft {
            context: Reference::Inside(dockerfiles::context(&path)),
            dockerfile: Some(format!("cwd://{dockerfile}")),
            ..Draft::new(configured.name.clone(), origin)
        };
        add(finder, draft, configured)?;
    }
    Ok(())
}

/// Changes the images of Dockerfiles on their own, and tells of names that nothing has.
pub(super) fn apply_to_dockerfiles(
    finder: &mut Finder<'_>,
    configuration: &Configuration,
) -> Result<(), Error> {
    for configured in configuration.images.iter().filter(|it| it.dockerfile.is_none()) {
        let is_done = |image: &Image| image.origin.file.as_bytes() == FILE.as_bytes();
        let found = finder.images.iter().find(|image| image.name == configured.name);
        if found.is_some_and(is_done) {
            continue;
        }
        if !change(finder, configured)? {
            let message = format!(
                "no image is named `{}`: correct the name, or add `dockerfile`",
                configured.name
            );
            let problem = Problem::at(&ContextPath::new(FILE), configured.line, message);
            finder.leave_out(Missing::Unmatched(configured.name.clone()), problem);
        }
    }
    Ok(())
}

/// Lays what is configured over the image of that name; false where there is none.
fn change(finder: &mut Finder<'_>, configured: &ConfiguredImage) -> Result<bool, Error> {
    let Some(place) = finder.images.iter().position(|image| image.name == configured.name) else {
        return Ok(false);
    };
    let image = finder.images.remove(place);
    let mut draft = Draft {
        context: Reference::Inside(image.context),
        target: image.target,
        args: image.args,
        platforms: image.platforms,
        no_cache: image.no_cache,
        no_cache_filter: image.no_cache_filter,
        network: image.network,
        limits: image.limits,
        pull: image.pull,
        tags: image.tags,
        cache_from: image.cache_from,
        project: image.project,
        written: image.written,
        ..Draft::new(image.name, Origin { file: ContextPath::new(FILE), line: configured.line })
    };
    match image.dockerfile {
        ImageDockerfile::File(path) => {
            let named = image.dockerfile_link.unwrap_or(path);
            draft.dockerfile = Some(format!("cwd://{}", shown(&named)));
        }
        ImageDockerfile::Inline(text) => draft.inline = Some(text),
    }
    for (key, context) in image.contexts {
        let reference = match context {
            NamedContext::Directory(path) => Reference::Inside(path),
            NamedContext::Image(name) => Reference::Sibling(name),
            NamedContext::Outside(text) => Reference::Remote(text),
        };
        draft.contexts.insert(key, reference);
    }
    if let Some(path) = &configured.dockerfile {
        draft.dockerfile = Some(format!("cwd://{path}"));
        draft.inline = None;
        draft.written.inline = None;
    }
    add(finder, draft, configured)?;
    Ok(true)
}

fn add(
    finder: &mut Finder<'_>,
    mut draft: Draft,
    configured: &ConfiguredImage,
) -> Result<(), Error> {
    let root = ContextPath::root();
    if let Some(context) = &configured.context {
        draft.context = Reference::read(&root, context, "image:");
    }
    if configured.target.is_some() {
        draft.target.clone_from(&configured.target);
    }
    let args = configured.args.iter();
    draft.args.extend(args.map(|(name, value)| (name.clone(), value.clone())));
    let lines = configured.args.keys().map(|name| (name.clone(), vec![draft.origin.clone()]));
    draft.written.args.extend(lines);
    let said = [
        ("target", configured.target.is_some()),
        ("context", configured.context.is_some()),
        ("additional_contexts", !configured.contexts.is_empty()),
    ];
    for (key, _) in said.into_iter().filter(|(_, is_said)| *is_said) {
        draft.written.settings.insert(key.to_owned(), vec![draft.origin.clone()]);
    }
    let contexts = configured.contexts.iter();
    draft.contexts.extend(
        contexts.map(|(name, text)| (name.clone(), Reference::read(&root, text, "image:"))),
    );
    finder.add(draft, |name| Some(name.to_owned()))
}

/// Leaves out what is excluded, and brings all in order.
pub(super) fn finish(finder: Finder<'_>, configuration: &Configuration) -> Images {
    let Finder { mut images, mut problems, notices, mut left_out, .. } = finder;
    images.sort_by(|a, b| a.name.cmp(&b.name));
    let mut names = BTreeSet::new();
    images.retain(|image| {
        let is_first = names.insert(image.name.clone());
        if !is_first {
            let message = format!("a second image is named `{}`: name one otherwise", image.name);
            problems.insert(Problem::at(&image.origin.file, image.origin.line, message));
        }
        is_first
    });
    let is_excluded = |image: &Image| {
        let by_path = match &image.dockerfile {
            ImageDockerfile::File(path) => configuration.excludes(&shown(path)),
            ImageDockerfile::Inline(_) => false,
        };
        by_path || configuration.excludes(&image.name)
    };
    let (excluded, images) = images.into_iter().partition(is_excluded);
    for it in &mut left_out {
        let by_name = it.image().is_some_and(|name| configuration.excludes(name));
        it.is_excluded = by_name || configuration.excludes(&shown(&it.problem.file));
    }
    let is_of_interest = |problem: &Problem| {
        let mut about = left_out.iter().filter(|it| it.problem == *problem).peekable();
        let is_excluded = about.peek().is_some() && about.all(|it| it.is_excluded);
        !is_excluded && !configuration.excludes(&shown(&problem.file))
    };
    let problems = problems.into_iter().filter(is_of_interest).collect();
    let notices = notices.into_iter().filter(is_of_interest).collect();
    Images { images, excluded, problems, notices, left_out }
}
