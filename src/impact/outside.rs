//! Files that git ignores and that an instruction takes: something makes them beside the build.
//!
//! No tree tells whether such a file is another one, so that it counts as the same in both, and is
//! told.

use super::compared::Version;
use super::places::in_dockerfile;
use super::types::ImageImpact;
use crate::plan::{Plan, StepIndex};
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
