//! Contexts that are digested while a RUN writes beside them.
//!
//! A RUN with a writable mount of a context has the engine make a layer on its copy of that. What
//! reads the whole of it and asks for its digest only then gets another one, in which the root has a
//! mode (`scanPath` of `BuildKit`'s `contenthash`): seen with 26.1 and 28.5. Who is first, nobody can
//! tell.

use super::types::{Cause, CauseKind, StepForecast, Verdict};
use crate::plan::{Step, StepIndex};

/// Leaves open the steps that would be reused but may be digested late.
pub(super) fn leave_open(steps: &mut [StepForecast]) {
    let plan: Vec<&Step> = steps.iter().map(|forecast| &forecast.step).collect();
    let runs = |step: StepIndex| steps[step.0].verdict != Verdict::Cached;
    let late = digested_late(&plan, runs);
    for (index, is_late) in late.into_iter().enumerate() {
        if is_late == Late::No || steps[index].verdict != Verdict::Cached {
            continue;
        }
        let is_open = |step: &StepIndex| matches!(steps[step.0].verdict, Verdict::Unknown(_));
        let cause = match steps[index].step.needs().find(is_open) {
            Some(step) => Cause { step, kind: CauseKind::Parent },
            None => Cause { step: StepIndex(index), kind: CauseKind::NoRecord },
        };
        steps[index].verdict = Verdict::Unknown(cause);
    }
}

/// Whether the engine may have a step under another key than its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Late {
    /// It has it under its key, if it has it.
    No,
    /// As far as its key tells of the stages that it takes files from, itself or what it stands on.
    ByOutput,
    /// Under any key.
    Yes,
}

/// Which of these steps read the whole of a context that a RUN writes into which `runs`, and may do
/// so first, with those that need them.
pub fn digested_late(steps: &[&Step], runs: impl Fn(StepIndex) -> bool) -> Vec<Late> {
    let mut late = vec![Late::No; steps.len()];
    for writer in (0..steps.len()).map(StepIndex) {
        let written = &steps[writer.0].written_contexts;
        if written.is_empty() || !runs(writer) {
            continue;
        }
        let before = needed_by(steps, writer);
        for (index, step) in steps.iter().enumerate() {
            if !before[index] && written.iter().any(|context| step.reads_whole(context)) {
                late[index] = Late::Yes;
            }
        }
    }
    for index in 0..steps.len() {
        let on = steps[index].parent().map_or(Late::No, |parent| late[parent.0]);
        let of_outputs =
            steps[index].stage_outputs().map(|output| late[output.0].min(Late::ByOutput));
        late[index] = of_outputs.chain([on, late[index]]).max().unwrap_or(Late::No);
    }
    late
}

/// Which steps a step needs, itself among them, whose keys are known before it runs.
fn needed_by(steps: &[&Step], step: StepIndex) -> Vec<bool> {
    let mut needed = vec![false; steps.len()];
    needed[step.0] = true;
    for index in (0..=step.0).rev() {
        let below = steps[index].needs().filter(|_| needed[index]).collect::<Vec<_>>();
        for StepIndex(below) in below {
            needed[below] = true;
        }
    }
    needed
}
