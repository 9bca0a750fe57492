//! Files that git ignores and that an instruction takes: something makes them beside the build.
//!
//! No tree tells whether such a file is another one, so that it counts as the same in both, and is
//! told.

use super::compared::Version;
use super::places::in_dockerfile;
use super::side::Planned;
use super::types::ImageImpact;
use crate::context::{ContextPath, EntryKind};
use crate::plan::{KeyInput, Plan, Step, StepIndex};
use crate::predict::Verdict;

/// What to say of each of them. A step that runs again for another reason takes what is there then.
pub(super) fn notices(now: Version<'_>, found: Option<&ImageImpact>) -> Vec<String> {
    let plan = &now.planned.plan;
    let told = now.planned.outside.iter().filter_map(|file| {
        let first = plan.steps.iter().position(|step| step.touches(file))?;
        let step = plan.steps.get(first)?;
        let forecast = found.and_then(|it| it.steps.get(first)).map(|it| &it.forecast);
        if forecast.is_some_and(|it| matches!(it.verdict, Verdict::Rebuild(_))) {
            return None;
        }
        let place = in_dockerfile(now, (step.line, step.line));
        let line = place.lines.map(|(line, _)| format!(":{line}")).unwrap_or_default();
        let file = now.image.context.join(file.as_bytes());
        let after = match standing_on(plan, StepIndex(first)) {
            0 => String::new(),
            1 => ", and the one that stands on it".to_owned(),
            count => format!(", and the {count} that stand on it"),
        };
        Some(format!(
            "git ignores {file}, which `{}` takes ({}{line}): nobody knows whether this step runs \
             again{after}, so it counts as the same in both trees",
            step.instruction, place.file
        ))
    });
    told.collect()
}

/// What to say where the ignore file has other rules and a step that takes a directory is not told
/// to run again: what git does not have may come into the context by them, or leave it.
pub(super) fn other_rules(
    before: &Planned,
    now: Version<'_>,
    found: Option<&ImageImpact>,
) -> Option<String> {
    let patterns = |of: &Planned| -> Vec<String> {
        of.rules.rules().iter().map(|rule| rule.pattern.clone()).collect()
    };
    if patterns(before) == patterns(now.planned) {
        return None;
    }
    let snapshot = &now.planned.context.snapshot;
    let is_directory = |root: &String| {
        let path = ContextPath::new(root);
        let kind = snapshot.get(&path).map(|entry| entry.kind);
        path.is_root() || kind == Some(EntryKind::Directory)
    };
    let takes_directory = |step: &Step| {
        step.inputs.iter().any(|input| match input {
            KeyInput::Files { roots, .. } => roots.iter().any(is_directory),
            _ => false,
        })
    };
    let steps = now.planned.plan.steps.iter().enumerate();
    let step = steps.filter(|(_, step)| takes_directory(step)).find_map(|(index, step)| {
        let told = found.and_then(|it| it.steps.get(index)).map(|it| &it.forecast.verdict);
        (!matches!(told, Some(Verdict::Rebuild(_)))).then_some(step)
    })?;
    let place = in_dockerfile(now, (step.line, step.line));
    let line = place.lines.map(|(line, _)| format!(":{line}")).unwrap_or_default();
    Some(format!(
        "the ignore file has other rules, by which files that git does not have may come to `{}` \
         ({}{line}) or stay away from it: where they lie beside the build, it runs again",
        step.instruction, place.file
    ))
}

/// How many steps need this one, by way of others too.
fn standing_on(plan: &Plan, on: StepIndex) -> usize {
    let mut found = vec![on];
    for (index, step) in plan.steps.iter().enumerate().skip(on.0 + 1) {
        if step.needs().any(|below| found.contains(&below)) {
            found.push(StepIndex(index));
        }
    }
    found.len() - 1
}
