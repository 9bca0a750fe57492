//! Submodules whose files are not at hand.
//!
//! Each counts as an empty directory, so that two trees with different commits of it look alike.
//! What is copied of such a one is not known to be the same.

use std::collections::BTreeMap;

use super::side::Planned;
use super::types::ImageImpact;
use crate::context::ContextPath;
use crate::context::git::{Notice, NoticeReason};
use crate::plan::{KeyInput, Step};
use crate::predict::Verdict;

/// The commits of submodules that are not at hand, by their paths in the context.
pub(super) type Absent = BTreeMap<ContextPath, String>;

/// Those among the notices of a context.
pub(super) fn absent(notices: &[Notice]) -> Absent {
    let of = |notice: &Notice| match &notice.reason {
        NoticeReason::SubmoduleAbsent { commit } => Some((notice.path.clone(), commit.clone())),
        _ => None,
    };
    notices.iter().filter_map(of).collect()
}

/// What to say where a source is below one of them.
pub(super) fn of_source(source: &str, absent: &Absent) -> Option<String> {
    let source = ContextPath::new(source);
    let (path, commit) = absent.iter().find(|(path, _)| source.starts_with(path))?;
    Some(format!(
        "it is in the submodule {path:?}, whose commit {commit} is not at hand: `git submodule \
         update --init` brings it"
    ))
}

/// The line of a step that counts as the same although a submodule that it copies moves from one
/// commit to another and is not at hand, and what to say of it.
pub(super) fn moved(
    before: &Planned,
    now: &Planned,
    found: Option<&ImageImpact>,
) -> Option<(u32, String)> {
    let old = &before.context.absent;
    let moved = now
        .context
        .absent
        .iter()
        .find(|(path, commit)| old.get(*path).is_some_and(|before| before != *commit));
    let (path, commit) = moved?;
    let is_same = |place: usize| {
        let step = found.and_then(|it| it.steps.get(place));
        step.is_none_or(|step| matches!(step.forecast.verdict, Verdict::Cached))
    };
    let mut steps = now.plan.steps.iter().enumerate();
    let (_, step) = steps.find(|(place, step)| copies(step, path) && is_same(*place))?;
    let message = format!(
        "it copies the submodule {path:?}, which moves to the commit {commit}, and that is not at \
         hand; `git submodule update --init` brings it"
    );
    Some((step.line, message))
}

/// Whether the step takes anything at the path, or of what holds it.
fn copies(step: &Step, path: &ContextPath) -> bool {
    step.inputs.iter().any(|input| match input {
        KeyInput::Files { roots, .. } => roots.iter().any(|root| {
            let root = ContextPath::new(root);
            root.starts_with(path) || path.starts_with(&root)
        }),
        _ => false,
    })
}
