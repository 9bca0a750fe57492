//! A context without the files that never change, so that a plan of it is made in no time.
//!
//! A file that is the same at every commit changes no key from one to the next. What a step names
//! one by one stays all the same, for a plan fails without it, and so does everything that is no
//! file. Whether the thin context tells the same as the whole one is tried on one commit.

use std::collections::HashSet;

use super::replay::{Variant, plan_on};
use crate::context::git::PastCommits;
use crate::context::{ContextPath, Entry, EntryKind, Snapshot, in_named};
use crate::optimize::types::Request;
use crate::plan::{KeyInput, Plan};

/// The context before the first commit, thin where that tells the same.
pub(super) fn thin(
    request: &Request<'_>,
    commits: &PastCommits,
    whole: Snapshot,
    variants: &[Variant],
) -> Snapshot {
    let changed: Vec<ContextPath> =
        commits.commits.iter().flat_map(|commit| commit.changes.paths()).collect();
    let named = variants.iter().flat_map(|variant| &variant.names);
    let kept: HashSet<&ContextPath> = changed.iter().chain(named).collect();
    let is_kept = |entry: &&Entry| {
        entry.kind != EntryKind::File
            || kept.contains(&entry.path)
            || in_named(&entry.path).is_some()
    };
    let entries = whole.entries().iter().filter(is_kept).cloned().collect();
    let thin = Snapshot::new(entries, whole.ignored());
    let (of_thin, of_whole) = (last_states(commits, &thin), last_states(commits, &whole));
    let is_same = variants.iter().all(|variant| {
        let runs = |states: &Option<(Snapshot, Snapshot)>| runs(request, variant, states.as_ref()?);
        runs(&of_thin) == runs(&of_whole)
    });
    if is_same { thin } else { whole }
}

/// What the steps of a plan name of the context.
pub(super) fn names(plan: &Plan) -> Vec<ContextPath> {
    let inputs = plan.steps.iter().flat_map(|step| &step.inputs);
    let roots = inputs.filter_map(|input| match input {
        KeyInput::Files { roots, .. } | KeyInput::StageFiles { roots, .. } => Some(roots),
        _ => None,
    });
    roots.flatten().map(ContextPath::new).collect()
}

/// The context before and after the last commit that changed anything.
fn last_states(commits: &PastCommits, first: &Snapshot) -> Option<(Snapshot, Snapshot)> {
    let last = commits.commits.iter().rposition(|commit| !commit.changes.is_empty())?;
    let earlier = commits.commits[..last].iter();
    let before = earlier.fold(first.clone(), |snapshot, commit| commit.changes.apply(snapshot));
    let after = commits.commits[last].changes.apply(before.clone());
    Some((before, after))
}

/// Which steps run between two states; `None` where one of them cannot be planned.
fn runs(
    request: &Request<'_>,
    variant: &Variant,
    (before, after): &(Snapshot, Snapshot),
) -> Option<Vec<bool>> {
    let plan = |snapshot: &Snapshot| plan_on(request, &variant.dockerfile, snapshot).ok();
    let (was, is) = (plan(before)?, plan(after)?);
    let steps = was.steps.iter().zip(&is.steps);
    Some(steps.map(|(was, is)| was.key != is.key).collect())
}
