//! Which images a change cannot reach, told without planning them.
//!
//! Most changes are about few images. One whose instructions, rules and arguments are the same and
//! which copies nothing that changed has the same plan in both trees. Where that is not certain,
//! the image is planned, so this only ever saves time.

use super::side::{Definition, Files};
use crate::context::git::TreeChanges;
use crate::context::{ContextPath, EntryKind, IgnoreRules, Named, Source as _, glob};
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, MountKind};
use crate::images::{Image, ImageDockerfile, NamedContext};
use crate::plan;

/// More changed files of a context than this, and the image is planned without further thought.
const MANY: usize = 2_000;

/// Whether the plan of the image may differ, given that both trees define it alike. `base` and
/// `head` are the trees, `changes` where they differ.
pub(super) fn is_touched(
    image: &Image,
    base: &Files<'_>,
    head: &Files<'_>,
    changes: &TreeChanges,
) -> bool {
    if image.contexts.values().any(|it| matches!(it, NamedContext::Image(_))) {
        return true;
    }
    let rules_changed = ignore_files(image).iter().any(|path| is_reached(path, head, changes));
    let definition_changed = match &image.dockerfile {
        ImageDockerfile::File(path) => is_reached(path, head, changes),
        ImageDockerfile::Inline(_) => false,
    };
    if rules_changed || definition_changed {
        return true;
    }
    let named = image.contexts.values().any(|context| match context {
        NamedContext::Directory(path) => changes.touch(path),
        _ => false,
    });
    if named || changes.attributes.iter().any(|it| overlap(it, &image.context)) {
        return true;
    }
    let inside = changes.below(&image.context);
    if inside.is_empty() {
        return changes.touch(&image.context);
    }
    if inside.len() > MANY {
        return true;
    }
    let Ok(Definition { dockerfile, rules }) = head.definition(image) else { return true };
    let kept = inside.iter().filter(|path| is_kept(path, image, &rules, base, head));
    let kept: Vec<ContextPath> = kept.map(|path| below(path, &image.context)).collect();
    if kept.is_empty() {
        return false;
    }
    let Some(sources) = sources(&dockerfile) else { return true };
    head.has_triggers(image, &dockerfile)
        || sources.iter().any(|source| may_select(source, &kept, image, head))
}

/// Where the image's rules may be.
fn ignore_files(image: &Image) -> Vec<ContextPath> {
    let common = image.context.join(".dockerignore");
    image.own_ignore_file().into_iter().chain([common]).collect()
}

/// Whether what is at the path may be another file: it changed, or a link leads to it or from it.
fn is_reached(path: &ContextPath, head: &Files<'_>, changes: &TreeChanges) -> bool {
    let is_link = |at: &ContextPath| head.tree.is_link(at).unwrap_or(true);
    let mut on_the_way = std::iter::successors(Some(path.clone()), ContextPath::parent);
    changes.touch(path) || on_the_way.any(|at| !at.is_root() && is_link(&at))
}

/// Whether a change at the path can be seen in the context. What is left out can still be the only
/// file of a directory, which comes and goes with it.
fn is_kept(
    path: &ContextPath,
    image: &Image,
    rules: &IgnoreRules,
    base: &Files<'_>,
    head: &Files<'_>,
) -> bool {
    // Of a submodule that is left out an exception may let something in.
    let is_submodule = |tree: &Files<'_>| tree.tree.at(path).is_ok();
    if !rules.excludes(&below(path, &image.context), false)
        || is_submodule(head)
        || is_submodule(base)
    {
        return true;
    }
    let parent = path.parent().unwrap_or_default();
    base.tree.at(&parent).is_ok() != head.tree.at(&parent).is_ok()
}

/// The sources of every COPY, ADD and bind mount from the context; `None` where they cannot be told
/// from the text alone.
fn sources(dockerfile: &Dockerfile) -> Option<Vec<String>> {
    let is_open = |instruction: &Instruction| match &instruction.kind {
        InstructionKind::Copy(transfer) | InstructionKind::Add(transfer) => {
            transfer.parents || transfer.sources.iter().any(|source| source.contains('$'))
        }
        InstructionKind::Run { mounts, .. } => mounts.iter().any(|mount| {
            mount.kind == MountKind::Bind
                && (mount.text.contains('$') || mount.from.is_none() && mount.source.is_none())
        }),
        InstructionKind::Onbuild { .. } => true,
        _ => false,
    };
    // A frontend of one's own may copy whatever it likes.
    if dockerfile.foreign_frontend().is_some() || dockerfile.instructions().iter().any(is_open) {
        return None;
    }
    Some(plan::named_sources(dockerfile).into_iter().map(|it| it.pattern).collect())
}

/// Whether the source may select one of the changed paths, which are the context's.
fn may_select(source: &str, kept: &[ContextPath], image: &Image, head: &Files<'_>) -> bool {
    if source.contains("://") {
        return false;
    }
    let path = ContextPath::new(source);
    let is_link = |at: &ContextPath| {
        let in_tree = image.context.join(at.as_bytes());
        head.tree.is_link(&in_tree).unwrap_or(true)
    };
    let has_link = |at: &ContextPath| {
        std::iter::successors(Some(at.clone()), ContextPath::parent)
            .any(|at| !at.is_root() && is_link(&at))
    };
    if !glob::has_wildcards(source.as_bytes()) {
        let selects =
            |changed: &ContextPath| changed.starts_with(&path) || path.starts_with(changed);
        // What a link leads to is somewhere else.
        return kept.iter().any(selects) || has_link(&path);
    }
    let folder = path.parent().unwrap_or_default();
    if glob::has_wildcards(folder.as_bytes()) || has_link(&folder) {
        return true;
    }
    let matches = |at: ContextPath| glob::matches(path.as_bytes(), at.as_bytes()).unwrap_or(true);
    let selects = |changed: &ContextPath| {
        std::iter::successors(Some(changed.clone()), ContextPath::parent).any(matches)
    };
    let names = head.tree.list(&image.context.join(folder.as_bytes()));
    let has_links = names.map_or(true, |names| {
        let link =
            |name: &Named| name.kind == EntryKind::Symlink && matches(folder.join(&name.name));
        names.iter().any(link)
    });
    has_links || kept.iter().any(selects) || kept.iter().any(|it| folder.starts_with(it))
}

fn overlap(one: &ContextPath, other: &ContextPath) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// The path as the context has it.
pub(super) fn below(path: &ContextPath, context: &ContextPath) -> ContextPath {
    ContextPath::new(path.as_bytes().get(context.as_bytes().len()..).unwrap_or_default())
}
