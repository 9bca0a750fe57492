//! Which of a step's inputs are one.
//!
//! `BuildKit`'s clients list each result that a step takes once, be it what the step stands on, what
//! it copies or what it mounts: the step names it by its place in that list. A step on an image from
//! which it copies has one input, and is another one than the same step on another image, whose
//! layers may be the same (`copy-from-own-base-then-same-layers`).

use super::step::{KeyInput, Step, StepIndex};

/// The option that names which inputs are one.
pub const JOINT_INPUTS: &str = "inputs";

/// What tells a step some of whose inputs are one from the same step where all are different;
/// `None` of the latter. An image that is also taken by the name of a context is another one by
/// that, as seen on 26.1 and 28.5: what `is_two` is one with nothing.
pub(super) fn joint_inputs(
    inputs: &[KeyInput],
    steps: &[Step],
    is_two: impl Fn(&Step) -> bool,
) -> Option<KeyInput> {
    // Most take of one place at most.
    inputs.iter().filter_map(taken).nth(1)?;
    // A linked COPY takes nothing of what it is merged with.
    let is_linked = inputs.iter().any(KeyInput::is_linked);
    let counts = |input: &&KeyInput| !(is_linked && matches!(input, KeyInput::Parent { .. }));
    let taken: Vec<StepIndex> = inputs.iter().filter(counts).filter_map(taken).collect();
    let first = |(at, input): (usize, &StepIndex)| {
        if steps.get(input.0).is_some_and(&is_two) {
            return Some(at);
        }
        taken.iter().position(|it| is_one(*it, *input, steps))
    };
    let firsts: Vec<usize> = taken.iter().enumerate().filter_map(first).collect();
    let is_any_joint = firsts.iter().enumerate().any(|(at, first)| at != *first);
    let value = || firsts.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
    is_any_joint.then(|| KeyInput::Option { name: JOINT_INPUTS.to_owned(), value: value() })
}

fn taken(input: &KeyInput) -> Option<StepIndex> {
    match input {
        KeyInput::Parent { step }
        | KeyInput::StageOutput { step, .. }
        | KeyInput::StageFiles { step, .. } => Some(*step),
        _ => None,
    }
}

/// Whether two steps are one to the engine, as where two stages have the same instructions.
fn is_one(one: StepIndex, other: StepIndex, steps: &[Step]) -> bool {
    let of = |index: StepIndex| steps.get(index.0);
    one == other
        || of(one).zip(of(other)).is_some_and(|(one, other)| {
            (one.kind, &one.inputs, one.no_cache) == (other.kind, &other.inputs, other.no_cache)
        })
}
