//! `smartbuild predict`: the forecast alone.

use super::against;
use super::args::{Format, PredictArgs};
use super::environment::{Environment, clock};
use super::failure::Failure;
use super::project::{EngineNeed, Project, prepare};
use super::ui::Ui;
use crate::plan::BuilderKind;
use crate::report::{self, json::RestsOn};

pub(super) async fn run(
    args: &PredictArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let project = prepare(&args.path, &args.flags, EngineNeed::Optional, environment, ui).await?;
    if let Some(revision) = &args.against {
        return against(&project, revision, args.format, environment, ui);
    }
    let rests_on = if project.docker.is_some() { RestsOn::Engine } else { RestsOn::Records };
    match args.format {
        Format::Json => {
            let report = report::json::predict(&project.subject(), &project.forecast, rests_on);
            ui.json(&report)?;
        }
        Format::Text => {
            let text = report::forecast(Some(&project.context), &project.forecast, ui.results());
            ui.result(&text)?;
        }
    }
    if project.dialect.builder == BuilderKind::Classic && args.format == Format::Text {
        ui.hint(
            "builds of the classic builder are not recorded yet; `--against REV` compares with a \
             commit instead",
        )?;
    } else if project.is_engine_absent && args.format == Format::Text {
        ui.hint("no engine answers, so this rests on what was recorded")?;
    }
    Ok(())
}

fn against(
    project: &Project,
    revision: &str,
    format: Format,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let compared = against::compare(project, revision, environment, ui)?;
    let commit = compared.commit.as_ref();
    match format {
        Format::Json => {
            let commit = commit.map(|commit| &*commit.id);
            let rests_on = RestsOn::Commit { revision, commit };
            ui.json(&report::json::predict(&project.subject(), &compared.forecast, rests_on))?;
        }
        Format::Text => {
            let line = report::against(revision, commit, &clock(), ui.results());
            let text = report::forecast(Some(&project.context), &compared.forecast, ui.results());
            ui.result(&(line + &text))?;
        }
    }
    Ok(())
}
