//! `smartbuild why`: the chain of reasons for one step.

use anyhow::anyhow;

use super::args::{Format, WhyArgs};
use super::environment::{Environment, clock};
use super::failure::Failure;
use super::project::{EngineNeed, Project, prepare};
use super::stories;
use super::ui::Ui;
use crate::dockerfile::{Dockerfile, Instruction};
use crate::plan::{Plan, Step, StepIndex, StepKind};
use crate::predict;
use crate::report::escape::{fit, text};
use crate::report::{self, WhyView};

/// How many past builds are asked when the step was last reused.
const PAST_BUILDS: usize = 200;

/// How many steps are listed where the wanted one is not found.
const LISTED: usize = 20;

/// Columns of a step's name in that list.
const LONGEST: usize = 72;

pub(super) async fn run(
    args: &WhyArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let project = prepare(&args.path, &args.flags, EngineNeed::Optional, environment, ui).await?;
    let step = find(&project.plan, &project.source.dockerfile, &args.step)?;
    let view = view(&project, step);
    match args.format {
        Format::Json => ui.json(&report::json::why(&project.subject(), &view))?,
        Format::Text => ui.result(&report::why(&view, ui.results()))?,
    }
    Ok(())
}

/// Everything that is known of the step.
fn view(project: &Project, step: StepIndex) -> WhyView<'_> {
    let forecast = &project.forecast;
    let root = report::cause::chain(forecast, step).last().copied().unwrap_or(step);
    let root = forecast.steps.get(root.0).and_then(|root| root.verdict.cause());
    let builds = project.memory.past_steps(&project.line, PAST_BUILDS);
    let asked = &project.plan.steps[step.0];
    WhyView {
        forecast,
        step,
        dockerfile: &project.source.file.name,
        source: project.source.dockerfile.source(),
        history: predict::history(asked, &builds),
        strikes: root.and_then(|root| predict::strikes(asked, &root.kind, &builds)),
        files: root.map(|root| stories::of(project, &root.kind)).unwrap_or_default(),
        clock: clock(),
    }
}

/// The step that `wanted` means: the number that is shown before it, `:LINE`, or a part of its
/// text.
fn find(plan: &Plan, dockerfile: &Dockerfile, wanted: &str) -> Result<StepIndex, Failure> {
    let mut title = format!("no step is `{wanted}`");
    let matches: Vec<usize> = if let Some(line) = wanted.strip_prefix(':') {
        let line: u32 = line.parse().map_err(|_| anyhow!("`{wanted}` is no line; write :12"))?;
        let stands_there = |it: &&Instruction| (it.line..=it.last_line).contains(&line);
        if let Some(found) = dockerfile.instructions().iter().find(stands_there) {
            // Such as ENV; or a stage that the target does not need.
            let text = text(&found.text);
            title = format!("line {line} makes no step of this build: `{}`", fit(&text, LONGEST));
        }
        positions(plan, |step| (step.line..=step.last_line).contains(&line))
    } else if let Ok(number) = wanted.parse::<usize>() {
        positions(plan, |step| shown_number(&step.name) == Some(number))
    } else {
        let wanted = wanted.to_lowercase();
        positions(plan, |step| step.name.to_lowercase().contains(&wanted))
    };
    let runs = |index: &&usize| plan.steps[**index].kind != StepKind::From;
    match matches.as_slice() {
        [only] => Ok(StepIndex(*only)),
        [] => Err(anyhow!("{title}; the steps are\n{}", names(plan, 0..)).into()),
        several => match several.iter().filter(runs).collect::<Vec<_>>().as_slice() {
            [only] => Ok(StepIndex(**only)),
            _ => Err(anyhow!(
                "several steps are `{wanted}`; give a line (:12) or more of the text\n{}",
                names(plan, several.iter().copied())
            )
            .into()),
        },
    }
}

fn positions(plan: &Plan, wanted: impl Fn(&Step) -> bool) -> Vec<usize> {
    (0..plan.steps.len()).filter(|&index| wanted(&plan.steps[index])).collect()
}

/// The i of `[stage i/n] …`, and of the classic builder's `Step i/n : …`.
fn shown_number(name: &str) -> Option<usize> {
    let (place, _) = match name.strip_prefix("Step ") {
        Some(classic) => classic.split_once(" : ")?,
        None => name.strip_prefix('[')?.split_once("] ")?,
    };
    let (before, _) = place.rsplit_once('/')?;
    before.rsplit(' ').next()?.parse().ok()
}

fn names(plan: &Plan, indices: impl IntoIterator<Item = usize>) -> String {
    let steps: Vec<&Step> = indices.into_iter().map_while(|index| plan.steps.get(index)).collect();
    let line = |step: &&Step| format!("  :{:<4} {}", step.line, fit(&step.name, LONGEST));
    let mut lines: Vec<String> = steps.iter().take(LISTED).map(line).collect();
    if steps.len() > LISTED {
        lines.push(format!("  … and {} more", steps.len() - LISTED));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steps_number_is_read_off_its_name() {
        assert_eq!(shown_number("[2/6] COPY a b"), Some(2));
        assert_eq!(shown_number("[build  7/12] RUN [1/2] x"), Some(7));
        assert_eq!(shown_number("Step 3/7 : RUN echo : 1/2"), Some(3));
        assert_eq!(shown_number("FROM busybox"), None);
    }
}
