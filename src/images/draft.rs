//! An image as its file describes it, before it is looked up in the tree.

use std::collections::BTreeMap;

use super::place::{Reference, below, follow, in_tree, shown};
use super::{Image, ImageDockerfile, NamedContext, Origin, RunLimits, Written};
use crate::context::{ContextPath, Error, Source};

/// What docker takes for a `Dockerfile` that is not there.
pub(super) const LOWER_CASE: &[u8] = b"dockerfile";

/// What a file says of an image.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) context: Reference,
    /// From the context; `None` for its `Dockerfile`.
    pub(super) dockerfile: Option<String>,
    pub(super) inline: Option<String>,
    pub(super) target: Option<String>,
    pub(super) args: BTreeMap<String, String>,
    pub(super) contexts: BTreeMap<String, Reference>,
    pub(super) platforms: Vec<String>,
    pub(super) no_cache: bool,
    pub(super) no_cache_filter: Vec<String>,
    pub(super) network: Option<String>,
    pub(super) limits: RunLimits,
    pub(super) pull: bool,
    pub(super) tags: Vec<String>,
    pub(super) cache_from: Vec<String>,
    pub(super) origin: Origin,
    pub(super) project: Option<ContextPath>,
    pub(super) written: Written,
}

impl Draft {
    /// An image of the root of the tree, with nothing said of it.
    pub(super) fn new(name: impl Into<String>, origin: Origin) -> Self {
        Self {
            name: name.into(),
            context: Reference::Inside(ContextPath::root()),
            dockerfile: None,
            inline: None,
            target: None,
            args: BTreeMap::new(),
            contexts: BTreeMap::new(),
            platforms: Vec::new(),
            no_cache: false,
            no_cache_filter: Vec::new(),
            network: None,
            limits: RunLimits::default(),
            pull: false,
            tags: Vec::new(),
            cache_from: Vec::new(),
            origin,
            project: None,
            written: Written::default(),
        }
    }
}

/// What becomes of a draft.
pub(super) enum Finished {
    /// An image. Its Dockerfile may be what a link leads to.
    Image { image: Box<Image>, link: Option<ContextPath> },
    /// Not one, for this reason.
    Broken(String),
    /// One that is built of what is not in the tree.
    Elsewhere(String),
}

/// Looks up what the draft names. `sibling` gives the name of the image of another service or
/// target.
pub(super) fn finish(
    source: &dyn Source,
    draft: Draft,
    sibling: impl Fn(&str) -> Option<String>,
) -> Result<Finished, Error> {
    let name = &draft.name;
    let placed = |reference: Reference| match reference {
        Reference::Outside(text) => {
            in_tree(source, &text).map_or(Reference::Outside(text), Reference::Inside)
        }
        other => other,
    };
    let written = match placed(draft.context) {
        Reference::Inside(path) => path,
        Reference::Remote(text) | Reference::Sibling(text) => {
            return Ok(Finished::Elsewhere(format!(
                "the context of {name} is `{text}`, elsewhere"
            )));
        }
        Reference::Outside(text) => return Ok(outside(name, "context", &text)),
    };
    let Some(context) = follow(source, &written)? else {
        return Ok(outside(name, "context", &shown(&written)));
    };
    let (mut link, mut dockerfile_link) = (None, None);
    let dockerfile = if let Some(text) = draft.inline {
        ImageDockerfile::Inline(text)
    } else {
        let text = draft.dockerfile.as_deref().unwrap_or("Dockerfile");
        if text.contains("://") && !text.starts_with("cwd://") {
            let message = format!("the Dockerfile of {name} is `{text}`, elsewhere");
            return Ok(Finished::Elsewhere(message));
        }
        let path = match text.strip_prefix("cwd://") {
            Some(path) => below(&ContextPath::root(), path),
            None => in_tree(source, text).or_else(|| below(&written, text)),
        };
        let Some(path) = path else { return Ok(outside(name, "Dockerfile", text)) };
        let path = in_lower_case(source, &path)?.unwrap_or(path);
        let Some(followed) = follow(source, &path)? else {
            return Ok(outside(name, "Dockerfile", text));
        };
        if followed != path {
            // A directory that is a link has the same files beside it.
            let directory = follow(source, &path.parent().unwrap_or_default())?;
            let named = directory.map(|it| it.join(path.file_name().unwrap_or_default()));
            dockerfile_link = named.filter(|named| *named != followed);
            link = Some(path);
        }
        let path = followed;
        if !is_file(source, &path)? {
            return Ok(Finished::Broken(format!(
                "the Dockerfile of {name} is to be `{}`, and no file is there: add it or \
                     correct the path",
                shown(&path)
            )));
        }
        ImageDockerfile::File(path)
    };
    let mut contexts = BTreeMap::new();
    for (key, reference) in draft.contexts {
        let context = match placed(reference) {
            Reference::Inside(path) => match follow(source, &path)? {
                Some(path) => NamedContext::Directory(path),
                None => return Ok(outside(name, &format!("context {key}"), &shown(&path))),
            },
            Reference::Outside(text) => {
                return Ok(outside(name, &format!("context {key}"), &text));
            }
            Reference::Remote(text) => NamedContext::Outside(text),
            Reference::Sibling(other) => match sibling(&other) {
                Some(image) => NamedContext::Image(image),
                None => {
                    return Ok(Finished::Broken(format!(
                        "the context {key} of {name} is what `{other}` builds, and nothing of that \
                         name is built: correct it"
                    )));
                }
            },
        };
        contexts.insert(key, context);
    }
    let image = Box::new(Image {
        name: draft.name,
        dockerfile,
        dockerfile_link,
        context,
        // As docker takes an empty one: `target: ${STAGE:-}`.
        target: draft.target.filter(|stage| !stage.is_empty()),
        args: draft.args,
        contexts,
        platforms: draft.platforms,
        no_cache: draft.no_cache,
        no_cache_filter: draft.no_cache_filter,
        network: draft.network,
        limits: draft.limits,
        pull: draft.pull,
        tags: draft.tags,
        cache_from: draft.cache_from,
        origin: draft.origin,
        project: draft.project,
        written: draft.written,
    });
    Ok(Finished::Image { image, link })
}

/// The `dockerfile` that docker takes where a build names a `Dockerfile` and there is none beside it.
fn in_lower_case(source: &dyn Source, path: &ContextPath) -> Result<Option<ContextPath>, Error> {
    if path.file_name() != Some(b"Dockerfile") {
        return Ok(None);
    }
    let parent = path.parent().unwrap_or_default();
    // The directory may be a link.
    let Some(directory) = follow(source, &parent)? else { return Ok(None) };
    let names = source.list(&directory)?;
    let has = |name: &[u8]| names.iter().any(|it| &*it.name == name);
    Ok((!has(b"Dockerfile") && has(LOWER_CASE)).then(|| parent.join(LOWER_CASE)))
}

fn outside(name: &str, what: &str, text: &str) -> Finished {
    Finished::Broken(format!(
        "the {what} of {name} is `{text}`, outside of the repository: keep it in the repository"
    ))
}

fn is_file(source: &dyn Source, path: &ContextPath) -> Result<bool, Error> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    let names = source.list(&parent)?;
    Ok(names
        .iter()
        .any(|it| it.name.as_ref() == name && it.kind == crate::context::EntryKind::File))
}
