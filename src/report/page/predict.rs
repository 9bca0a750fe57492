//! A forecast, as a page.

use super::document;
use super::steps::steps;
use crate::predict::Forecast;
use crate::report::escape::text;
use crate::report::forecast::{ContextLine, nothing_known, sum};
use crate::report::units;

/// A forecast and what it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictView<'a> {
    /// The Dockerfile's name.
    pub dockerfile: &'a str,
    /// `--target`.
    pub target: Option<&'a str>,
    /// What is said of the context.
    pub context: &'a ContextLine,
    /// Whether no engine answered, so that it rests on records alone.
    pub is_engine_absent: bool,
    /// The commit that it is compared with in place of the records.
    pub against: Option<String>,
    /// The steps with their verdicts.
    pub forecast: &'a Forecast,
}

/// The page of a forecast.
pub fn predict(view: &PredictView<'_>) -> String {
    let of = view.target.map(|target| format!(", stage {}", text(target))).unwrap_or_default();
    let title = format!("Forecast of {}{of}", text(view.dockerfile));
    let mut lead = Vec::new();
    if let Some(reason) = nothing_known(view.forecast) {
        lead.push(format!("There is no forecast: {reason}."));
    } else {
        let sum = sum(view.forecast, usize::MAX);
        lead.push(format!("{}.", sum.trim_start_matches("forecast").trim_start()));
    }
    lead.extend(view.against.as_ref().map(|base| format!("Compared with {base}.")));
    let files = units::counted(view.context.files, "file", "files");
    lead.push(format!(
        "The context has {files}, {}; {} ignored.",
        units::bytes(view.context.bytes),
        units::count(view.context.ignored)
    ));
    if view.is_engine_absent && view.against.is_none() {
        lead.push("No engine answered, so this rests on what was recorded.".to_owned());
    }
    document(&title, &lead, &steps(view.forecast, None))
}
