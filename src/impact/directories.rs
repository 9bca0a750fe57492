//! Steps that stand on a directory in the place of a base image.
//!
//! An engine takes such a directory for another one at each build, so that all that stands on it
//! runs. It is counted as lost where a file of the directory changed, and said where none did.

use std::collections::BTreeSet;

use super::compared::Version;
use super::side::{Files, first_platform};
use crate::context::named_root;
use crate::images::{Image, NamedContext};
use crate::plan::{Plan, StepIndex};
use crate::predict::CauseKind;

/// Whether any step stands on a directory that has other files than before.
pub(super) fn is_changed(before: Version<'_>, now: Version<'_>) -> bool {
    names(&now.planned.plan).into_iter().any(|name| changed_files(name, before, now).is_some())
}

/// The files that are otherwise in the directory of this name.
pub(super) fn changed_files(
    name: &str,
    before: Version<'_>,
    now: Version<'_>,
) -> Option<CauseKind> {
    let [old, new] = [before, now].map(|it| &*it.planned.context.snapshot);
    super::besides::changed_below(&BTreeSet::from([named_root(name)]), (old, new))
}

/// What to say of each image that has such steps.
pub(super) fn notices(head: &Files<'_>, images: &[Image]) -> Vec<String> {
    let is_directory = |it: &NamedContext| matches!(it, NamedContext::Directory(_));
    let may_stand = images.iter().filter(|image| image.contexts.values().any(is_directory));
    may_stand.flat_map(|image| of_image(head, image)).collect()
}

fn of_image(head: &Files<'_>, image: &Image) -> Vec<String> {
    // What is wrong with an image is told where it is compared.
    let Ok(planned) = head.plan(image, first_platform(image)) else { return Vec::new() };
    let plan = &planned.plan;
    let said = names(plan).into_iter().filter_map(|name| {
        let Some(NamedContext::Directory(directory)) = image.contexts.get(name) else {
            return None;
        };
        let directory = if directory.is_root() { ".".to_owned() } else { directory.to_string() };
        let steps = match standing_on(plan, name) {
            1 => "the step that stands on it runs".to_owned(),
            count => format!("the {count} steps that stand on it run"),
        };
        Some(format!(
            "{}: {name} is the directory {directory} in the place of a base image, which the \
             engine takes for another one at each build: {steps} whatever the change, which is \
             counted only where a file of the directory changed",
            image.name
        ))
    });
    said.collect()
}

fn names(plan: &Plan) -> BTreeSet<&str> {
    plan.steps.iter().filter_map(|step| step.on_context()).collect()
}

/// How many steps stand on the directory, by way of others too.
fn standing_on(plan: &Plan, name: &str) -> usize {
    let mut found: Vec<StepIndex> = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if step.on_context() == Some(name) || step.needs().any(|below| found.contains(&below)) {
            found.push(StepIndex(index));
        }
    }
    found.len()
}
