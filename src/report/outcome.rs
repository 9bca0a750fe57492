//! What happened, against what was forecast.

use super::escape::{columns, fit, text};
use super::forecast::push_titled;
use super::style::{Capabilities, Role};
use super::units;
use crate::plan::StepKind;
use crate::predict::{Agreement, Forecast, StepForecast, Verdict};
use crate::store::Outcome;
use crate::{Digest, Seconds, Span};

/// What became of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Actual {
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took; `None` where it did not run to its end.
    pub seconds: Option<Seconds>,
    /// When it went on, by the engine's clock, where that is known.
    pub span: Option<Span>,
}

impl Actual {
    /// What has no times.
    pub const fn untimed(outcome: Outcome) -> Self {
        Self { outcome, seconds: None, span: None }
    }
}

/// How a build ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ended<'a> {
    /// What became of each step, in the plan's order.
    pub steps: &'a [Actual],
    /// How right the forecast was.
    pub agreement: Agreement,
    /// The image that it made.
    pub image: Option<Digest>,
    /// Its names.
    pub tags: &'a [String],
    /// How long it took in all.
    pub seconds: Seconds,
    /// Whether the image was there already, so that nothing was built.
    pub shortcut: bool,
}

/// The line after a build, and a line for each step that was forecast wrong.
///
/// Ends with a line end. Says `failed` where a step failed; why is in the step's own output.
pub fn outcome(ended: &Ended<'_>, forecast: &Forecast, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    let steps = || forecast.steps.iter().zip(ended.steps);
    let took = units::seconds(ended.seconds);
    let line = match steps().find(|(_, actual)| actual.outcome == Outcome::Failed) {
        Some((step, _)) => {
            format!(
                "failed    {} after {took}; {}",
                text(&step.step.name),
                verdict(&ended.agreement)
            )
        }
        None if ended.shortcut => {
            format!("kept      {} in {took}; nothing to build", product(ended))
        }
        None => format!("built     {} in {took}; {}", product(ended), verdict(&ended.agreement)),
    };
    // The end of the line is what is new: where it is too long, it goes on below.
    if columns(&line) <= capabilities.width {
        push_titled(&mut out, &line, capabilities);
    } else {
        let (head, tail) = line.rsplit_once("; ").unwrap_or((&line, ""));
        push_titled(&mut out, &fit(head, capabilities.width), capabilities);
        let indent = if tail.len() + 10 > capabilities.width { 2 } else { 10 };
        out.push_str(&fit(&format!("{:indent$}{tail}", ""), capabilities.width));
        out.push('\n');
    }
    for (step, actual) in steps() {
        if let Some(wrong) = wrong(step, actual) {
            push_wrong(&mut out, step, &wrong, capabilities);
        }
    }
    out
}

fn product(ended: &Ended<'_>) -> String {
    let image = ended.image.map(|digest| format!("sha256:{}", &digest.to_hex()[..12]));
    let tags = ended.tags.iter().map(|tag| text(tag).into_owned());
    let words: Vec<String> = image.into_iter().chain(tags).collect();
    if words.is_empty() { "all steps".to_owned() } else { words.join(" ") }
}

fn verdict(agreement: &Agreement) -> String {
    let Agreement { steps, right, false_cached, false_rebuild, .. } = *agreement;
    if steps == 0 {
        return "no step to compare".to_owned();
    }
    if right == steps {
        return if steps == 1 {
            "the one step as forecast".to_owned()
        } else {
            format!("all {steps} steps as forecast")
        };
    }
    let open = steps.saturating_sub(right + false_cached + false_rebuild);
    if open == steps {
        return "no step could be forecast".to_owned();
    }
    let mut line = format!("{right} of {steps} steps as forecast");
    if false_cached + false_rebuild > 0 {
        push!(line, ", {} wrong", false_cached + false_rebuild);
    }
    if open > 0 {
        push!(line, ", {open} could not be told");
    }
    line
}

/// What was expected and what happened, where these differ. FROM is not judged, nor what was
/// not reached.
fn wrong(step: &StepForecast, actual: &Actual) -> Option<String> {
    if step.step.kind == StepKind::From {
        return None;
    }
    let ran = matches!(actual.outcome, Outcome::Ran | Outcome::Failed);
    match &step.verdict {
        Verdict::Cached if ran => Some("forecast reused, but it ran".to_owned()),
        Verdict::Rebuild(_) if actual.outcome == Outcome::Cached => {
            Some("forecast to run, but it was reused".to_owned())
        }
        _ => None,
    }
}

fn push_wrong(out: &mut String, step: &StepForecast, wrong: &str, capabilities: &Capabilities) {
    let mark = capabilities.paint(Role::Wrong, "!");
    let room = capabilities.width.saturating_sub(5);
    let name = text(&step.step.name);
    let beside = room.saturating_sub(columns(wrong) + 2);
    if beside >= 24 {
        let name = fit(&name, beside);
        let blanks = " ".repeat(beside.saturating_sub(columns(&name)) + 2);
        push!(out, "  {mark}  {name}{blanks}{}\n", capabilities.paint(Role::Wrong, wrong));
    } else {
        let wrong = fit(wrong, room.saturating_sub(2));
        push!(
            out,
            "  {mark}  {}\n       {}\n",
            fit(&name, room),
            capabilities.paint(Role::Wrong, &wrong)
        );
    }
}
