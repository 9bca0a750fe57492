//! Bytes that COPY and ADD bring into an image.

use std::collections::{HashMap, HashSet};

use crate::context::{ContextPath, Snapshot};
use crate::plan::{KeyInput, Plan, Step, StepIndex, StepKind};

/// What each step of `plan` brings more than its counterpart in `before`, and the whole of it in the
/// image itself. Counterparts are steps with the same text in the same stage.
pub(super) fn growth(
    (plan, snapshot): (&Plan, &Snapshot),
    before: Option<(&Plan, &Snapshot)>,
) -> (Vec<i64>, i64) {
    let mut old: HashMap<(&str, &str), Vec<i64>> = HashMap::new();
    if let Some((plan, snapshot)) = before {
        for step in plan.steps.iter().rev() {
            old.entry(name(step)).or_default().push(bytes(step, snapshot));
        }
    }
    let steps = plan.steps.iter().map(|step| {
        let counterpart = old.get_mut(&name(step)).and_then(Vec::pop);
        bytes(step, snapshot) - counterpart.unwrap_or_default()
    });
    let steps = steps.collect();
    let whole = |(plan, snapshot): (&Plan, &Snapshot)| -> i64 {
        let in_image = in_image(plan);
        let inside = plan.steps.iter().enumerate().filter(|(at, _)| in_image.contains(at));
        inside.map(|(_, step)| bytes(step, snapshot)).sum()
    };
    (steps, whole((plan, snapshot)) - before.map_or(0, whole))
}

fn name(step: &Step) -> (&str, &str) {
    (&step.stage, &step.instruction)
}

/// The steps whose layers the image has: the last one and what it stands on.
fn in_image(plan: &Plan) -> HashSet<usize> {
    let last = plan.steps.len().checked_sub(1).map(StepIndex);
    let below = |at: &StepIndex| plan.steps.get(at.0)?.parent().filter(|below| below < at);
    std::iter::successors(last, below).map(|StepIndex(at)| at).collect()
}

/// The files of the context that a step brings, directly or over a stage whose files are known. What
/// a pattern passes over in the directories that it looks at counts too.
fn bytes(step: &Step, snapshot: &Snapshot) -> i64 {
    if !matches!(step.kind, StepKind::Copy | StepKind::Add) {
        return 0;
    }
    let roots = step.inputs.iter().filter_map(|input| match input {
        KeyInput::Files { roots, .. } | KeyInput::StageFiles { roots, .. } => Some(roots),
        _ => None,
    });
    let mut roots: Vec<ContextPath> = roots.flatten().map(ContextPath::new).collect();
    roots.sort_unstable();
    roots.dedup_by(|next, root| next.starts_with(root));
    let entries = roots.iter().flat_map(|root| snapshot.subtree(root));
    let bytes = entries.map(|entry| entry.size).fold(0, u64::saturating_add);
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
