//! The repository's own `.git` in a context, of which no tree of git tells.
//!
//! A checkout has it in its root, and every commit changes it. A step that takes it runs again at
//! every build, whatever a change is about, so that it is told and not counted. It is told of every
//! image, those that a change does not reach included, from its instructions and rules alone.

use super::side::{Definition, Files, ignore_file};
use crate::context::{ContextPath, IgnoreRules, glob};
use crate::images::{Image, NamedContext};
use crate::plan::ContextSource;

/// Of more images the names are not told.
const NAMED: usize = 3;

/// What every commit writes there.
const WRITTEN: [&str; 5] = [
    ".git/index",
    ".git/logs/HEAD",
    ".git/objects/00/0",
    ".git/refs/heads/main",
    ".git/refs/heads/master",
];

/// An instruction that takes it.
struct Taking<'a> {
    image: &'a Image,
    /// `Dockerfile:3`
    place: String,
    instruction: String,
    ignore_file: ContextPath,
}

/// What to say of the images that take it; nothing where none does.
pub(super) fn notice(head: &Files<'_>, images: &[Image]) -> Option<String> {
    if !head.tree.has_git_directory() {
        return None;
    }
    let all: Vec<Taking<'_>> = images.iter().filter_map(|image| taking(head, image)).collect();
    let first = all.first()?;
    let of = match all.len() {
        1 => format!("{}: every commit", first.image.name),
        count => {
            let mut names: Vec<&str> = all.iter().take(NAMED).map(|it| &*it.image.name).collect();
            let more = format!("{} more", count - NAMED.min(count));
            if count > NAMED {
                names.push(&more);
            }
            format!("{} images ({}): in {} every commit", count, names.join(", "), first.image.name)
        }
    };
    Some(format!(
        "`.git` is in the context of {of} runs `{}` again ({}) and what stands on it, which is not \
         counted here; write `.git` into {}",
        first.instruction, first.place, first.ignore_file
    ))
}

/// The first instruction of an image that takes it.
fn taking<'a>(head: &Files<'_>, image: &'a Image) -> Option<Taking<'a>> {
    let is_root =
        |context: &NamedContext| matches!(context, NamedContext::Directory(it) if it.is_root());
    if !image.context.is_root() && !image.contexts.values().any(is_root) {
        return None;
    }
    // What is wrong with an image is told where it is planned.
    let Definition { dockerfile, rules } = head.definition(image).ok()?;
    let sources = head.context_sources(image, &dockerfile).ok()?;
    let own = image.context.is_root() && !is_left_out(&rules);
    let named = || {
        let root = head.tree.at(&ContextPath::root()).ok()?;
        IgnoreRules::load_from(&root, &ContextPath::root()).ok()
    };
    let takes = |source: &ContextSource| {
        let rules = match &source.context {
            None if own => return takes(source, &rules),
            Some(name) if image.contexts.get(name).is_some_and(is_root) => named(),
            _ => None,
        };
        rules.is_some_and(|rules| takes(source, &rules))
    };
    let found = sources.iter().find(|source| takes(source))?;
    let place = head.problem(image, Some(found.line), "");
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    Some(Taking {
        image,
        place: place.file + &line,
        instruction: found.instruction.clone(),
        ignore_file: match found.context {
            None => ignore_file(image, &rules),
            Some(_) => ContextPath::new(".dockerignore"),
        },
    })
}

fn is_left_out(rules: &IgnoreRules) -> bool {
    WRITTEN.iter().all(|path| rules.excludes(&ContextPath::new(path), false))
}

/// Whether the source selects something that every commit writes, after the context's rules and its
/// own.
fn takes(source: &ContextSource, rules: &IgnoreRules) -> bool {
    let path = ContextPath::new(&source.pattern);
    let own = IgnoreRules::parse(source.exclude.join("\n").as_bytes());
    let is_out = |written: &ContextPath| {
        rules.excludes(written, false) || own.as_ref().is_ok_and(|own| own.excludes(written, false))
    };
    let is_selected = |written: &ContextPath| {
        if !glob::has_wildcards(path.as_bytes()) {
            return written.starts_with(&path);
        }
        std::iter::successors(Some(written.clone()), ContextPath::parent)
            .any(|at| glob::matches(path.as_bytes(), at.as_bytes()).unwrap_or(false))
    };
    !source.pattern.contains("://")
        && WRITTEN.iter().map(ContextPath::new).any(|it| !is_out(&it) && is_selected(&it))
}
