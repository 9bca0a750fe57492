//! One verdict a step, in the plan's order.

use super::cause::{Difference, Matching, difference};
use super::knowledge::{FileTable, Knowledge};
use super::types::{Cause, CauseKind, Forecast, Probability, StepForecast, Summary, Verdict};
use crate::Seconds;
use crate::context::Snapshot;
use crate::plan::{Plan, Step, StepIndex, StepKind};

/// How likely a step is to run when it copies what a step that runs again may have written, as
/// long as nothing was observed.
const UNOBSERVED: f64 = 0.5;

/// The verdict of every step of `plan`, given what is known of the engine.
///
/// A step is `cached` where its key is known: the key holds everything that decides its reuse,
/// the steps below it included. Where it is not, the first thing that differs is its cause; a
/// step whose only difference is the output of a stage that runs again depends on that output.
pub fn predict(plan: &Plan, snapshot: &Snapshot, knowledge: &Knowledge) -> Forecast {
    let previous = knowledge.previous.as_ref();
    let matching = Matching::new(&plan.steps, previous);
    let no_files = FileTable::new();
    let files = previous.map_or(&no_files, |previous| &previous.files);
    let mut steps: Vec<StepForecast> = Vec::with_capacity(plan.steps.len());
    for (index, step) in plan.steps.iter().enumerate() {
        let old = matching.of(index, previous);
        let own = difference(step, old, files, snapshot);
        let verdict = verdict(StepIndex(index), step, own, &steps, knowledge);
        let seconds = knowledge
            .known
            .get(&step.key)
            .copied()
            .flatten()
            .or_else(|| old.and_then(|old| old.seconds))
            .or_else(|| knowledge.typical.get(&step.kind).copied())
            .unwrap_or(Seconds::ZERO);
        steps.push(StepForecast { step: step.clone(), verdict, seconds });
    }
    let summary = summary(&steps);
    Forecast { steps, summary }
}

fn verdict(
    index: StepIndex,
    step: &Step,
    own: Difference,
    below: &[StepForecast],
    knowledge: &Knowledge,
) -> Verdict {
    let here = |kind| Cause { step: index, kind };
    if step.no_cache && step.kind != StepKind::From {
        return Verdict::Rebuild(here(CauseKind::NoCache));
    }
    if !knowledge.recorded {
        return Verdict::Unknown(here(CauseKind::NoRecord));
    }
    if step.uncertain && step.kind == StepKind::From {
        return Verdict::Unknown(here(CauseKind::NoRecord));
    }
    let of = |step: StepIndex| &below[step.0].verdict;
    let parent = step.parent();
    if let Some(Verdict::Rebuild(_)) = parent.map(of)
        && let Some(parent) = parent
        && below[parent.0].step.kind != StepKind::From
    {
        return Verdict::Rebuild(Cause { step: parent, kind: CauseKind::Parent });
    }
    let changed_output = step
        .stage_outputs()
        .find(|&output| matches!(of(output), Verdict::Rebuild(_) | Verdict::Depends { .. }));
    let reason = match (parent.map(of), changed_output) {
        (_, Some(output)) => Some(Cause { step: output, kind: CauseKind::StageOutput }),
        (Some(Verdict::Depends { .. }), None) => {
            parent.map(|step| Cause { step, kind: CauseKind::Parent })
        }
        _ => None,
    };
    let depends = |cause| Verdict::Depends { cause, probability: Probability::new(UNOBSERVED) };
    if knowledge.known.contains_key(&step.key) {
        // What runs although its key is known, for want of the cache, writes anew.
        return match reason {
            Some(cause) => depends(cause),
            None if step.uncertain => Verdict::Unknown(here(CauseKind::NoRecord)),
            None => Verdict::Cached,
        };
    }
    let is_new = matches!(own, Difference::New);
    // Without knowing what is below, a key that is not known says nothing, nor does what the
    // step has from there: environment, directory, user.
    let unknown = |input: &StepIndex| matches!(of(*input), Verdict::Unknown(_));
    let below_unknown = parent.into_iter().chain(step.stage_outputs()).find(unknown);
    match (own, below_unknown) {
        (
            Difference::Own(CauseKind::Environment { .. } | CauseKind::Option { .. })
            | Difference::New
            | Difference::None,
            Some(input),
        ) => return Verdict::Unknown(Cause { step: input, kind: CauseKind::Parent }),
        (Difference::Own(kind), _) => return Verdict::Rebuild(here(kind)),
        (Difference::New | Difference::None, None) => {}
    }
    if let Some(cause) = reason {
        return if is_new {
            Verdict::Rebuild(here(new_instruction(step, knowledge)))
        } else {
            depends(cause)
        };
    }
    match parent {
        Some(parent) if matches!(of(parent), Verdict::Rebuild(_)) => {
            Verdict::Rebuild(Cause { step: parent, kind: CauseKind::Parent })
        }
        _ if is_new => Verdict::Rebuild(here(new_instruction(step, knowledge))),
        _ => Verdict::Rebuild(here(CauseKind::NoRecord)),
    }
}

fn new_instruction(step: &Step, knowledge: &Knowledge) -> CauseKind {
    if knowledge.previous.is_some() {
        CauseKind::Instruction { before: None, after: step.instruction.clone() }
    } else {
        CauseKind::NoRecord
    }
}

fn summary(steps: &[StepForecast]) -> Summary {
    let mut summary = Summary::default();
    for step in steps.iter().filter(|step| step.step.kind != StepKind::From) {
        match step.verdict {
            Verdict::Cached => summary.cached += 1,
            Verdict::Rebuild(_) => summary.rebuild += 1,
            Verdict::Depends { .. } => summary.depends += 1,
            Verdict::Unknown(_) => summary.unknown += 1,
        }
    }
    summary.seconds = longest_path(steps, |step| match step.verdict {
        Verdict::Cached => Seconds::ZERO,
        Verdict::Depends { probability, .. } => {
            Seconds::new(step.seconds.get() * probability.get())
        }
        Verdict::Rebuild(_) | Verdict::Unknown(_) => step.seconds,
    });
    summary.seconds_full = longest_path(steps, |step| step.seconds);
    summary
}

/// The longest path through the graph of steps: branches run side by side, as `BuildKit` starts a
/// step as soon as its inputs are there.
fn longest_path(steps: &[StepForecast], cost: impl Fn(&StepForecast) -> Seconds) -> Seconds {
    let mut ends: Vec<Seconds> = Vec::with_capacity(steps.len());
    for step in steps {
        let ready = step
            .step
            .parent()
            .into_iter()
            .chain(step.step.stage_outputs())
            .map(|input| ends[input.0])
            .fold(Seconds::ZERO, Seconds::max);
        ends.push(ready + cost(step));
    }
    ends.into_iter().fold(Seconds::ZERO, Seconds::max)
}
