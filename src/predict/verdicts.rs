//! One verdict a step, in the plan's order.

use super::cause::{Difference, Matching, difference, had_unknown_output, stage_files};
use super::knowledge::{FileTable, Knowledge, PreviousStep};
use super::types::{Cause, CauseKind, Forecast, Probability, StepForecast, Summary, Verdict};
use crate::Seconds;
use crate::context::Snapshot;
use crate::plan::{KeyInput, Plan, Step, StepIndex, StepKind};

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
        let content = content(step, old, files, snapshot, knowledge);
        let verdict = verdict(StepIndex(index), step, own, content, &steps, knowledge);
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
    content: Content,
    below: &[StepForecast],
    knowledge: &Knowledge,
) -> Verdict {
    let here = |kind| Cause { step: index, kind };
    if step.no_cache && step.kind != StepKind::From {
        return Verdict::Rebuild(here(CauseKind::NoCache));
    }
    let of = |step: StepIndex| &below[step.0].verdict;
    let parent = step.parent();
    if step.uncertain && step.kind == StepKind::From {
        return Verdict::Unknown(here(unresolved(step, knowledge)));
    }
    if !knowledge.recorded {
        // That the base image is nowhere is the greater reason; only it is handed on here.
        let stands_on_nothing = |input: &StepIndex| {
            matches!(of(*input), Verdict::Unknown(cause)
                if matches!(cause.kind, CauseKind::BaseImage { .. } | CauseKind::Parent))
        };
        let input = parent.into_iter().chain(step.stage_outputs()).find(stands_on_nothing);
        return Verdict::Unknown(match input {
            Some(step) => Cause { step, kind: CauseKind::Parent },
            None => here(CauseKind::NoRecord),
        });
    }
    if let Some(Verdict::Rebuild(_)) = parent.map(of)
        && let Some(parent) = parent
        && below[parent.0].step.kind != StepKind::From
    {
        return Verdict::Rebuild(Cause { step: parent, kind: CauseKind::Parent });
    }
    let changed_output = step
        .unknown_outputs()
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
    let below_unknown = parent.into_iter().chain(step.unknown_outputs()).find(unknown);
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
    let stands_on_known = !matches!(parent.map(of), Some(Verdict::Depends { .. }));
    match content {
        Content::New(kind) if stands_on_known && !is_new => {
            return Verdict::Rebuild(content_cause(index, step, kind, below));
        }
        Content::Open(output) if reason.is_none() => {
            return depends(Cause { step: output, kind: CauseKind::StageOutput });
        }
        _ => {}
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

/// What is known of the files that a step takes from another stage.
enum Content {
    /// It takes none that are known.
    None,
    /// The engine never had them: a step that takes them runs. With the files of the context
    /// that tell the difference, where there are any.
    New(Option<CauseKind>),
    /// The engine had what is certain of them, and nobody can tell whether it is all.
    Open(StepIndex),
}

fn content(
    step: &Step,
    old: Option<&PreviousStep>,
    files: &FileTable,
    snapshot: &Snapshot,
    knowledge: &Knowledge,
) -> Content {
    let Some(key) = step.part_key else { return Content::None };
    let Some(output) = step.stage_outputs().next() else { return Content::None };
    if knowledge.known.contains_key(&key) || had_unknown_output(step, old) {
        Content::Open(output)
    } else {
        Content::New(old.and_then(|old| stage_files(step, old, files, snapshot)))
    }
}

/// The files themselves, where they tell; else the stage that leaves them, where it runs.
fn content_cause(
    index: StepIndex,
    step: &Step,
    kind: Option<CauseKind>,
    below: &[StepForecast],
) -> Cause {
    let runs = |output: &StepIndex| matches!(below[output.0].verdict, Verdict::Rebuild(_));
    match (kind, step.stage_outputs().find(runs)) {
        (Some(kind), _) => Cause { step: index, kind },
        (None, Some(step)) => Cause { step, kind: CauseKind::StageOutput },
        (None, None) => Cause { step: index, kind: CauseKind::NoRecord },
    }
}

/// Why nothing is known of a base image: the engine cannot resolve it, or none was asked.
fn unresolved(step: &Step, knowledge: &Knowledge) -> CauseKind {
    let named = step.inputs.iter().find_map(|input| match input {
        KeyInput::BaseImage { reference, .. } => Some(reference.clone()),
        _ => None,
    });
    match named {
        Some(reference) if knowledge.asked => {
            CauseKind::BaseImage { reference, before: None, after: None }
        }
        _ => CauseKind::NoRecord,
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
