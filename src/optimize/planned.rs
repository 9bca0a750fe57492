//! What the plan says of an instruction.

use serde_json::Value;

use crate::context::ContextPath;
use crate::dockerfile::Instruction;
use crate::plan::{KeyInput, Plan, Step, StepKind};

/// The step of an instruction; `None` where its stage is not built.
pub(super) fn step_at<'a>(plan: &'a Plan, instruction: &Instruction) -> Option<&'a Step> {
    plan.steps
        .iter()
        .find(|step| step.line == instruction.line && step.instruction == instruction.text)
}

/// What the step says of itself, variables expanded.
fn said(step: &Step) -> Option<Value> {
    step.inputs.iter().find_map(|input| match input {
        KeyInput::Instruction { value } => serde_json::from_str(value).ok(),
        _ => None,
    })
}

/// The working directory that a step runs in.
pub(super) fn directory(step: &Step) -> ContextPath {
    let directory = step.inputs.iter().find_map(|input| match input {
        KeyInput::Option { name, value } if name == "workdir" => Some(value),
        _ => None,
    });
    directory.map(ContextPath::new).unwrap_or_default()
}

/// The arguments that a RUN runs, that of the shell among them.
pub(super) fn arguments(step: &Step) -> Option<Vec<String>> {
    serde_json::from_value(said(step)?["arguments"].clone()).ok()
}

/// Where a COPY or ADD brings what it brings: absolute, variables expanded, a slash at its end where
/// it says so.
pub(super) fn destination(step: &Step) -> Option<String> {
    said(step)?["destination"].as_str().map(str::to_owned)
}

/// The directory that a WORKDIR makes and goes to.
pub(super) fn workdir(step: &Step) -> Option<ContextPath> {
    said(step)?["directory"].as_str().map(ContextPath::new)
}

/// The user that a RUN runs as, where an instruction or the base image names one.
pub(super) fn user(step: &Step) -> Option<&str> {
    step.inputs.iter().find_map(|input| match input {
        KeyInput::Option { name, value } if name == "user" => Some(&**value),
        _ => None,
    })
}

/// The environment that a RUN runs with.
pub(super) fn environment(step: &Step) -> Vec<(&str, &str)> {
    let variables = step.inputs.iter().filter_map(|input| match input {
        KeyInput::Environment { name, value, .. } => Some((&**name, &**value)),
        _ => None,
    });
    variables.collect()
}

/// Whether the image that the step's stage is built on is known, with its environment.
pub(super) fn is_base_known(plan: &Plan, step: &Step) -> bool {
    let mut step = step;
    while let Some(parent) = step.parent() {
        step = &plan.steps[parent.0];
    }
    step.kind != StepKind::From || !step.uncertain
}

/// The files of the context that a step's stage depends on below it, and so do the stages that it
/// takes from.
pub(super) fn roots_below(plan: &Plan, line: u32) -> Vec<ContextPath> {
    let mut is_below = vec![false; plan.steps.len()];
    let mut roots = Vec::new();
    for (index, step) in plan.steps.iter().enumerate().rev() {
        let is_here = is_below[index];
        if is_here {
            let files = step.inputs.iter().filter_map(|input| match input {
                KeyInput::Files { roots, .. } => Some(roots),
                _ => None,
            });
            roots.extend(files.flatten().map(ContextPath::new));
        }
        if is_here || step.line == line {
            let others = step.stage_outputs().filter(|_| is_here);
            for input in step.parent().into_iter().chain(others) {
                is_below[input.0] = true;
            }
        }
    }
    roots
}

/// Whether the layers of a step are part of the image that is built.
pub(super) fn is_kept(plan: &Plan, run: &Step) -> bool {
    let mut step = plan.steps.last();
    while let Some(kept) = step {
        if kept.line == run.line {
            return true;
        }
        step = kept.parent().map(|parent| &plan.steps[parent.0]);
    }
    false
}
