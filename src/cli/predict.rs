//! `smartbuild predict`: the forecast alone.

use super::against;
use super::args::{DrawnFormat, PredictArgs};
use super::environment::{Environment, clock};
use super::failure::Failure;
use super::project::{EngineNeed, Project, prepare};
use super::ui::Ui;
use crate::plan::BuilderKind;
use crate::predict::Forecast;
use crate::report::{self, json::RestsOn, page::PredictView};

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
        DrawnFormat::Json => {
            let report = report::json::predict(&project.subject(), &project.forecast, rests_on);
            ui.json(&report)?;
        }
        DrawnFormat::Text => {
            let text = report::forecast(Some(&project.context), &project.forecast, ui.results());
            ui.result(&text)?;
        }
        DrawnFormat::Html => {
            let view = view(&project, &project.forecast, None);
            ui.result(&report::page::predict(&view))?;
        }
    }
    if project.dialect.builder == BuilderKind::Classic && args.format == DrawnFormat::Text {
        ui.hint(
            "builds of the classic builder are not recorded yet; `--against REV` compares with a \
             commit instead",
        )?;
    } else if project.is_engine_absent && args.format == DrawnFormat::Text {
        ui.hint("no engine answers, so this rests on what was recorded")?;
    }
    Ok(())
}

fn against(
    project: &Project,
    revision: &str,
    format: DrawnFormat,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let compared = against::compare(project, revision, environment, ui)?;
    let commit = compared.commit.as_ref();
    match format {
        DrawnFormat::Json => {
            let commit = commit.map(|commit| &*commit.id);
            let rests_on = RestsOn::Commit { revision, commit };
            ui.json(&report::json::predict(&project.subject(), &compared.forecast, rests_on))?;
        }
        DrawnFormat::Text => {
            let line = report::against(revision, commit, &clock(), ui.results());
            let text = report::forecast(Some(&project.context), &compared.forecast, ui.results());
            ui.result(&(line + &text))?;
        }
        DrawnFormat::Html => {
            let base = report::base(revision, commit, &clock());
            let view = view(project, &compared.forecast, Some(base));
            ui.result(&report::page::predict(&view))?;
        }
    }
    Ok(())
}

/// What a page says of the project, compared with a commit where `against` names one.
fn view<'a>(
    project: &'a Project,
    forecast: &'a Forecast,
    against: Option<String>,
) -> PredictView<'a> {
    PredictView {
        dockerfile: &project.source.file.name,
        target: project.options.target.as_deref(),
        context: &project.context,
        is_engine_absent: project.is_engine_absent,
        against,
        forecast,
    }
}
