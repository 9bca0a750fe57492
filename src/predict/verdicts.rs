//! One verdict a step, in the plan's order.

use super::cause::{Difference, Matching, base_image, configuration, difference, stage_files};
use super::chance::probability;
use super::knowledge::{FileTable, Knowledge, PreviousStep};
use super::stood_on::Beside;
use super::times::{step_seconds, summary};
use super::told::clearer;
use super::types::{Cause, CauseKind, Forecast, StepForecast, Verdict};
use super::{late_digest, merging};
use crate::context::Snapshot;
use crate::plan::{KeyInput, OfThisBuild, Plan, Step, StepIndex, StepKey, StepKind};

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
    // The image that each step stands on, and what it gives otherwise than before.
    let mut images: Vec<Option<Cause>> = Vec::with_capacity(plan.steps.len());
    // What differs of each step itself, whatever its verdict.
    let mut owns: Vec<Option<CauseKind>> = Vec::with_capacity(plan.steps.len());
    for (index, step) in plan.steps.iter().enumerate() {
        let old = matching.of(index, previous);
        images.push(match step.parent() {
            Some(parent) => images[parent.0].clone(),
            None => old
                .filter(|_| step.kind == StepKind::From)
                .and_then(|old| {
                    let kind = configuration(step, old).or_else(|| base_image(step, Some(old)));
                    kind.map(|kind| clearer(kind, step, Some(old)))
                })
                .map(|kind| Cause { step: StepIndex(index), kind }),
        });
        // Of the last build's image a nearer one, which stands on another, says nothing.
        let (image, near, files) = match knowledge.nearest.get(&step.key) {
            Some(nearest) => (None, Some(&nearest.step), &nearest.files),
            None => (images[index].as_ref(), old, files),
        };
        let own = difference(step, near, files, snapshot);
        owns.push(match &own {
            Difference::Own(kind) => Some(clearer(kind.clone(), step, near)),
            Difference::None | Difference::New => None,
        });
        let of_stage = near.and_then(|near| stage_files(step, near, files, snapshot));
        let verdict = verdict(StepIndex(index), step, own, of_stage, &steps, knowledge);
        let verdict = in_this_build(verdict, step, knowledge);
        let verdict = told(verdict, StepIndex(index), step, near);
        let verdict = of_image(verdict, StepIndex(index), image);
        let verdict = match previous {
            Some(previous) => {
                let (steps, owns, matching) = (&*plan.steps, &*owns, &matching);
                Beside { steps, owns, matching, previous }.told(StepIndex(index), verdict)
            }
            None => verdict,
        };
        let verdict = if near.is_some_and(|near| !near.is_built) {
            never_built(verdict, StepIndex(index))
        } else {
            verdict
        };
        let (seconds, is_timed) = step_seconds(step, old, knowledge);
        steps.push(StepForecast { step: step.clone(), verdict, seconds, is_timed });
    }
    merging::leave_open(&mut steps, previous);
    late_digest::leave_open(&mut steps);
    let summary = summary(&steps, &knowledge.times);
    Forecast { steps, summary }
}

fn verdict(
    index: StepIndex,
    step: &Step,
    own: Difference,
    files: Option<CauseKind>,
    below: &[StepForecast],
    knowledge: &Knowledge,
) -> Verdict {
    let here = |kind| Cause { step: index, kind };
    if step.no_cache && step.kind != StepKind::From {
        return Verdict::Rebuild(here(CauseKind::NoCache));
    }
    if let Some(name) = step.on_context() {
        return Verdict::Rebuild(here(CauseKind::ContextBase { name: name.to_owned() }));
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
            None => here(nothing_read(knowledge)),
        });
    }
    let is_known = knowledge.known.contains_key(&step.key);
    if is_known && knowledge.evictions.evicted.contains(&step.key) {
        return lost(index, step, below, knowledge);
    }
    if let Some(Verdict::Rebuild(_)) = parent.map(of)
        && let Some(parent) = parent
        && below[parent.0].step.kind != StepKind::From
    {
        return Verdict::Rebuild(Cause { step: parent, kind: CauseKind::Parent });
    }
    if is_known && knowledge.evictions.doubted.contains(&step.key) {
        return Verdict::Unknown(here(CauseKind::Evicted));
    }
    if is_known && let Some(cause) = shared(index, step, below, knowledge) {
        return Verdict::Unknown(cause);
    }
    // What was made of an output is found without it, where the engine only lost that output.
    let is_found = |output: StepIndex| is_known && runs_for_eviction(output, below);
    let changed_output = step
        .unknown_outputs()
        // An image's files are the same however often it is taken: another image has another key.
        .filter(|output| below[output.0].step.kind != StepKind::From)
        .filter(|&output| matches!(of(output), Verdict::Rebuild(_) | Verdict::Depends { .. }))
        .find(|&output| !is_found(output));
    let reason = match (parent.map(of), changed_output) {
        (_, Some(output)) => Some(Cause { step: output, kind: CauseKind::StageOutput }),
        (Some(Verdict::Depends { .. }), None) => {
            parent.map(|step| Cause { step, kind: CauseKind::Parent })
        }
        _ => None,
    };
    if is_known {
        // What runs although its key is known, for want of the cache, writes anew.
        return match reason {
            Some(cause) => depends(step, cause, knowledge),
            None if step.uncertain => Verdict::Unknown(uncertain(index, step, below)),
            None => Verdict::Cached,
        };
    }
    // It is not what other builds may share with this one, which stands on what is known.
    let unknown = |input: &StepIndex| {
        matches!(of(*input), Verdict::Unknown(_)) && shared_root(*input, below).is_none()
    };
    let outputs = step.unknown_outputs().filter(|output| !may_be_lost(*output, below, knowledge));
    let below_unknown = parent.into_iter().chain(outputs).find(unknown);
    match (own, below_unknown) {
        (own, Some(input)) if is_open_on_unknown(&own, step, knowledge) => {
            Verdict::Unknown(Cause { step: input, kind: CauseKind::Parent })
        }
        (own, _) => {
            let open = may_be_known(step, below, knowledge);
            if let Some(output) = open.or_else(|| may_stand_on_an_equal(step, below, knowledge)) {
                return depends(step, reason.unwrap_or(output), knowledge);
            }
            let from_base = parent.filter(|parent| is_another_base(&below[parent.0]));
            let cause = match (own, from_base) {
                (Difference::Own(kind), Some(step)) if may_come_from_base(&kind) => {
                    Cause { step, kind: CauseKind::Parent }
                }
                (Difference::Own(kind), _) => here(kind),
                (Difference::None, _) => unseen(index, step, below, files),
                (Difference::New, _) => match parent {
                    Some(step) if matches!(of(step), Verdict::Rebuild(_)) => {
                        Cause { step, kind: CauseKind::Parent }
                    }
                    _ => here(new_instruction(step, knowledge)),
                },
            };
            let may_be_elsewhere = knowledge.imports
                || knowledge.left_open.contains(&step.key)
                || step.is_doubted
                || knowledge.evictions.made_by_others.contains(&step.key)
                || knowledge.on_doubtful_images.contains(&step.key)
                || may_be_fetched_again(step, knowledge);
            if may_be_elsewhere && step.kind != StepKind::From {
                Verdict::Unknown(cause)
            } else {
                Verdict::Rebuild(cause)
            }
        }
    }
}

/// The verdict of a step that would run, where an equal one of the same build has run by then.
fn in_this_build(verdict: Verdict, step: &Step, knowledge: &Knowledge) -> Verdict {
    match (verdict, step.content_keys.of_this_build) {
        (Verdict::Rebuild(_), Some(OfThisBuild::Certain)) => Verdict::Cached,
        (Verdict::Rebuild(cause), Some(OfThisBuild::Open)) => {
            let output = step.stage_outputs().next();
            let output = output.map(|step| Cause { step, kind: CauseKind::StageOutput });
            let parent = || Some(Cause { step: step.parent()?, kind: CauseKind::Parent });
            depends(step, output.or_else(parent).unwrap_or(cause), knowledge)
        }
        (verdict, _) => verdict,
    }
}

/// Why a step that is known may run all the same: builds that run at this moment may share it with
/// this one, or what it stands on, or what it takes of a stage whose files nobody knows.
fn shared(
    index: StepIndex,
    step: &Step,
    below: &[StepForecast],
    knowledge: &Knowledge,
) -> Option<Cause> {
    if knowledge.evictions.shared.contains(&step.key) {
        return Some(Cause { step: index, kind: CauseKind::Shared });
    }
    if let Some(step) = step.parent().and_then(|parent| shared_root(parent, below)) {
        return Some(Cause { step, kind: CauseKind::Parent });
    }
    let is_no_image = |output: &StepIndex| below[output.0].step.kind != StepKind::From;
    let mut outputs = step.unknown_outputs().filter(is_no_image);
    let step = outputs.find_map(|output| shared_root(output, below))?;
    Some(Cause { step, kind: CauseKind::StageOutput })
}

/// Why only others can tell of a step whose key is known: what it stands on or takes files from is
/// as open, or it fetches something, or reads a directory of which the engine's copy is not known.
fn uncertain(index: StepIndex, step: &Step, below: &[StepForecast]) -> Cause {
    let is_open = |input: &StepIndex| matches!(below[input.0].verdict, Verdict::Unknown(_));
    if let Some(step) = step.parent().filter(is_open) {
        return Cause { step, kind: CauseKind::Parent };
    }
    if let Some(step) = step.stage_outputs().find(is_open) {
        return Cause { step, kind: CauseKind::StageOutput };
    }
    let kind = if step.is_doubted { CauseKind::Doubted } else { CauseKind::Fetched };
    Cause { step: index, kind }
}

/// The step that builds may share, where nothing is known of this one for no other reason.
fn shared_root(step: StepIndex, below: &[StepForecast]) -> Option<StepIndex> {
    let is_root = |step: StepIndex| matches!(&below[step.0].verdict, Verdict::Unknown(cause) if cause.kind == CauseKind::Shared);
    match &below[step.0].verdict {
        Verdict::Unknown(cause) => Some(cause.step).filter(|root| is_root(*root)),
        _ => None,
    }
}

/// Whether nothing is open of a step but if its result is lost: its key is known, and so is what was
/// made of it.
fn may_be_lost(step: StepIndex, below: &[StepForecast], knowledge: &Knowledge) -> bool {
    let key = below[step.0].step.key;
    knowledge.known.contains_key(&key) && knowledge.evictions.doubted.contains(&key)
}

/// A verdict with the step's own cause as it is best told. Of what only the engine can tell nothing
/// else is said.
fn told(
    mut verdict: Verdict,
    index: StepIndex,
    step: &Step,
    old: Option<&PreviousStep>,
) -> Verdict {
    let is_open = matches!(&verdict, Verdict::Unknown(cause) if matches!(cause.kind, CauseKind::NoRecord | CauseKind::Unreadable));
    if let Some(cause) = verdict.cause_mut().filter(|cause| cause.step == index && !is_open) {
        let kind = std::mem::replace(&mut cause.kind, CauseKind::NoRecord);
        cause.kind = clearer(kind, step, old);
    }
    verdict
}

/// A verdict on a step that the last build did not come to the end of, and that no other build had
/// on what it stands on: it was never built with other files or values, only its text may tell.
fn never_built(verdict: Verdict, index: StepIndex) -> Verdict {
    let tells = |kind: &CauseKind| match kind {
        CauseKind::Files { .. }
        | CauseKind::Argument { .. }
        | CauseKind::Environment { .. }
        | CauseKind::Option { .. }
        | CauseKind::StoodOn { .. } => false,
        CauseKind::Instruction { before, after } => before.as_ref() != Some(after),
        _ => true,
    };
    match verdict {
        Verdict::Rebuild(cause) if cause.step == index && !tells(&cause.kind) => {
            Verdict::Rebuild(Cause { step: index, kind: CauseKind::NoRecord })
        }
        verdict => verdict,
    }
}

/// A verdict whose own cause is what the image gives otherwise is told by that.
fn of_image(verdict: Verdict, index: StepIndex, image: Option<&Cause>) -> Verdict {
    match (verdict, image) {
        (Verdict::Rebuild(cause), Some(image))
            if cause.step == index && may_come_from_base(&cause.kind) =>
        {
            Verdict::Rebuild(image.clone())
        }
        (verdict, _) => verdict,
    }
}

/// Whether a step is the FROM of an image that is another one than before.
fn is_another_base(forecast: &StepForecast) -> bool {
    forecast.step.kind == StepKind::From
        && matches!(&forecast.verdict, Verdict::Rebuild(cause)
            if matches!(cause.kind, CauseKind::BaseImage { .. } | CauseKind::Option { .. }))
}

/// Whether such a difference of a step may be its image's: variables, directory, user, and the shell,
/// which changes a command without changing its text.
fn may_come_from_base(kind: &CauseKind) -> bool {
    match kind {
        CauseKind::Environment { .. } | CauseKind::Option { .. } => true,
        CauseKind::Instruction { before, after } => before.as_ref() == Some(after),
        _ => false,
    }
}

/// Whether such a difference leaves open what happens to a step of which nobody knows what it stands
/// on: a key that is not known says nothing then, nor does what the step has from there, its
/// environment, directory and user. What ran before may have run on just this.
fn is_open_on_unknown(own: &Difference, step: &Step, knowledge: &Knowledge) -> bool {
    match own {
        Difference::Own(CauseKind::Environment { .. } | CauseKind::Option { .. })
        | Difference::New
        | Difference::None => true,
        Difference::Own(_) => step.keys_alone().iter().any(|key| knowledge.known.contains_key(key)),
    }
}

/// Whether the engine may find a step by what it fetches, under whatever address it had that.
fn may_be_fetched_again(step: &Step, knowledge: &Knowledge) -> bool {
    let fetched = step.content_keys.fetched.as_ref();
    fetched.is_some_and(|keys| knowledge.known.contains_key(&keys.ask))
}

fn depends(step: &Step, cause: Cause, knowledge: &Knowledge) -> Verdict {
    Verdict::Depends { cause, probability: probability(step, &knowledge.past) }
}

/// The verdict of a step whose own result is lost. The engine may find it all the same: by the files
/// that a stage leaves, where it holds what such a step made of these or of others; by what it stands
/// on; or in an imported cache. Not where the step below is sure to run: whatever stood on its result
/// is lost with it.
fn lost(index: StepIndex, step: &Step, below: &[StepForecast], knowledge: &Knowledge) -> Verdict {
    let here = Cause { step: index, kind: CauseKind::Evicted };
    let of = |step: StepIndex| &below[step.0].verdict;
    let is_no_base = |step: &StepIndex| below[step.0].step.kind != StepKind::From;
    let parent = step.parent().filter(is_no_base);
    if parent.is_some_and(|parent| matches!(of(parent), Verdict::Rebuild(_))) {
        return Verdict::Rebuild(here);
    }
    if knowledge.evictions.replaceable.contains(&step.key) {
        let open = parent.filter(|parent| matches!(of(*parent), Verdict::Depends { .. }));
        if let Some(parent) = open {
            return depends(step, Cause { step: parent, kind: CauseKind::Parent }, knowledge);
        }
        let outputs = || step.open_outputs().filter(is_no_base);
        let may_run = |output: &StepIndex| {
            matches!(of(*output), Verdict::Rebuild(_) | Verdict::Depends { .. })
        };
        if let Some(output) = outputs().find(may_run) {
            return depends(step, Cause { step: output, kind: CauseKind::StageOutput }, knowledge);
        }
        let unknown = parent.filter(|parent| matches!(of(*parent), Verdict::Unknown(_)));
        if let Some(parent) = unknown {
            return Verdict::Unknown(Cause { step: parent, kind: CauseKind::Parent });
        }
        if outputs().next().is_some() {
            return Verdict::Unknown(here);
        }
    }
    let may_be_made = knowledge.imports || knowledge.left_open.contains(&step.key);
    if may_be_made { Verdict::Unknown(here) } else { Verdict::Rebuild(here) }
}

/// Whether a step runs for no other reason than that the engine lost it.
fn runs_for_eviction(step: StepIndex, below: &[StepForecast]) -> bool {
    matches!(&below[step.0].verdict, Verdict::Rebuild(cause) if cause.kind == CauseKind::Evicted)
}

/// Whether the engine may have a step under another key than its own, and what decides it: the
/// files that the step takes from another stage may be those of an earlier build, as may be what
/// it stands on. Never where no build had such a step.
fn may_be_known(step: &Step, below: &[StepForecast], knowledge: &Knowledge) -> Option<Cause> {
    let is_known = |key: &StepKey| knowledge.known.contains_key(key);
    let open =
        step.parent().filter(|parent| matches!(below[parent.0].verdict, Verdict::Depends { .. }));
    if let Some(step_below) = open {
        let cause = Cause { step: step_below, kind: CauseKind::Parent };
        return step.keys_alone().iter().any(is_known).then_some(cause);
    }
    let output = step.stage_outputs().next()?;
    let had_such_files = step.content_keys.asks.iter().any(is_known);
    had_such_files.then_some(Cause { step: output, kind: CauseKind::StageOutput })
}

/// Whether the engine may have a step as what was built on the same result under another key: a step
/// below was reused for equal files of another stage, and is found by either since. Which of its
/// keys are of one result nobody kept (`stage-back-to-what-stood-on-equal-files`).
fn may_stand_on_an_equal(
    step: &Step,
    below: &[StepForecast],
    knowledge: &Knowledge,
) -> Option<Cause> {
    let is_known = |key: StepKey| knowledge.known.contains_key(&key);
    step.content_keys.loose.filter(|loose| is_known(*loose))?;
    let mut next = step.parent();
    while let Some(parent) = next {
        let parent = &below[parent.0].step;
        if parent.equality_key().is_some_and(is_known) {
            let step = parent.unknown_outputs().next()?;
            return Some(Cause { step, kind: CauseKind::StageOutput });
        }
        next = parent.parent();
    }
    None
}

/// Why a step runs that is as it was: the files that it takes from another stage, where they tell;
/// else the stage that leaves them, or what it stands on, where that runs.
fn unseen(
    index: StepIndex,
    step: &Step,
    below: &[StepForecast],
    files: Option<CauseKind>,
) -> Cause {
    let runs = |input: &StepIndex| matches!(below[input.0].verdict, Verdict::Rebuild(_));
    let output = step.stage_outputs().find(runs);
    let parent = step.parent().filter(runs);
    match (files, output, parent) {
        (Some(kind), ..) => Cause { step: index, kind },
        (None, Some(step), _) => Cause { step, kind: CauseKind::StageOutput },
        (None, None, Some(step)) => Cause { step, kind: CauseKind::Parent },
        (None, None, None) => Cause { step: index, kind: CauseKind::NoRecord },
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
        _ => nothing_read(knowledge),
    }
}

/// Why nothing at all is known.
const fn nothing_read(knowledge: &Knowledge) -> CauseKind {
    if knowledge.unreadable { CauseKind::Unreadable } else { CauseKind::NoRecord }
}

fn new_instruction(step: &Step, knowledge: &Knowledge) -> CauseKind {
    if knowledge.previous.is_some() {
        CauseKind::Instruction { before: None, after: step.instruction.clone() }
    } else {
        CauseKind::NoRecord
    }
}
