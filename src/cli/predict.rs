//! `smartbuild predict`: the forecast alone.

use super::args::{Format, PredictArgs};
use super::environment::Environment;
use super::failure::Failure;
use super::project::{EngineNeed, prepare};
use super::ui::Ui;
use crate::report;

pub(super) async fn run(
    args: &PredictArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let project = prepare(&args.path, &args.flags, EngineNeed::Optional, environment, ui).await?;
    match args.format {
        Format::Json => ui.json(&report::json::predict(&project.subject(), &project.forecast))?,
        Format::Text => {
            let text = report::forecast(Some(&project.context), &project.forecast, ui.results());
            ui.result(&text)?;
        }
    }
    if project.is_engine_absent && args.format == Format::Text {
        ui.hint("no engine answers, so this rests on what was recorded")?;
    }
    Ok(())
}
