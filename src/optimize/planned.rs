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
