//! Why a step is not known that is as it was: what it stands on is known, and is not what it stood
//! on in the last build.

use std::collections::BTreeSet;

use super::cause::Matching;
use super::knowledge::PreviousBuild;
use super::types::{Cause, CauseKind, Verdict};
use crate::plan::{Step, StepIndex};

/// The plan beside the last build.
pub(super) struct Beside<'a> {
    pub(super) steps: &'a [Step],
    /// What each step has of its own that is otherwise.
    pub(super) owns: &'a [Option<CauseKind>],
    pub(super) matching: &'a Matching,
    pub(super) previous: &'a PreviousBuild,
}

impl Beside<'_> {
    /// The verdict of a step, whose cause is what differs below it where nothing of its own does.
    pub(super) fn told(&self, index: StepIndex, verdict: Verdict) -> Verdict {
        let cause = match verdict {
            Verdict::Rebuild(cause) if cause.step == index => cause,
            verdict => return verdict,
        };
        Verdict::Rebuild(match cause.kind {
            CauseKind::NoRecord => self.below(index).unwrap_or(cause),
            CauseKind::Instruction { before: None, after } => {
                let before = self.matching.text_before(index, self.previous);
                Cause { step: index, kind: CauseKind::Instruction { before, after } }
            }
            _ => cause,
        })
    }

    /// The nearest difference below a step, given the own ones of the steps below; `None` where
    /// there is none to find.
    fn below(&self, index: StepIndex) -> Option<Cause> {
        let (mut open, mut seen) = (vec![index], BTreeSet::new());
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            if let Some(cause) = self.at(at, index) {
                return Some(cause);
            }
            let step = self.steps.get(at.0)?;
            open.extend(step.stage_outputs());
            // What it stands on is looked at first.
            open.extend(step.parent());
        }
        None
    }

    /// What is otherwise about one step below `index`, or about what it stands on.
    fn at(&self, at: StepIndex, index: StepIndex) -> Option<Cause> {
        let Self { steps, owns, matching, previous } = self;
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
        let StepIndex(stood_on) = previous.steps.get(old)?.parent()?;
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
}
