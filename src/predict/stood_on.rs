//! Why a step is not known that is as it was: what it stands on is known, and is not what it stood
//! on in the last build.

use std::collections::BTreeSet;

use super::cause::Matching;
use super::knowledge::{PreviousBuild, PreviousStep};
use super::types::{Cause, CauseKind};
use crate::plan::{KeyInput, Step, StepIndex};

/// The nearest difference below a step, given the own ones of the steps below; `None` where there
/// is none to find.
pub(super) fn below(
    index: StepIndex,
    steps: &[Step],
    owns: &[Option<CauseKind>],
    matching: &Matching,
    previous: &PreviousBuild,
) -> Option<Cause> {
    let (mut open, mut seen) = (vec![index], BTreeSet::new());
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        if let Some(cause) = at_step(at, index, steps, owns, matching, previous) {
            return Some(cause);
        }
        let step = steps.get(at.0)?;
        open.extend(step.stage_outputs());
        // What it stands on is looked at first.
        open.extend(step.parent());
    }
    None
}

/// What is otherwise about one step below, or about what it stands on.
fn at_step(
    at: StepIndex,
    index: StepIndex,
    steps: &[Step],
    owns: &[Option<CauseKind>],
    matching: &Matching,
    previous: &PreviousBuild,
) -> Option<Cause> {
    let here = |kind| Some(Cause { step: at, kind });
    let step = steps.get(at.0)?;
    if at != index
        && let Some(kind) = owns.get(at.0)?.clone()
    {
        return here(kind);
    }
    let Some(old) = matching.counterpart(at) else {
        let before = matching.text_before(at, previous);
        return here(CauseKind::Instruction { before, after: step.instruction.clone() });
    };
    let stood_on = parent(previous.steps.get(old)?)?;
    let stands_on = step.parent();
    if let Some(parent) = stands_on
        && matching.counterpart(parent).is_none_or(|parent| parent == stood_on)
    {
        return None;
    }
    let after = stands_on.and_then(|parent| steps.get(parent.0));
    here(CauseKind::StoodOn {
        before: previous.steps.get(stood_on)?.instruction.clone(),
        is_gone: !matching.has_counterpart(stood_on),
        after: after.map(|parent| parent.instruction.clone()).unwrap_or_default(),
    })
}

/// The place of what a step of the last build stood on.
fn parent(old: &PreviousStep) -> Option<usize> {
    old.inputs.iter().find_map(|input| match input {
        KeyInput::Parent { step: StepIndex(step) } => Some(*step),
        _ => None,
    })
}
