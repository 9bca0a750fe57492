//! `smartbuild predict`: the forecast alone.

use anyhow::Context as _;

use super::against;
use super::args::{DrawnFormat, PredictArgs};
use super::environment::{Environment, clock};
use super::failure::Failure;
use super::optimized;
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
    let (flags, need) = (&args.flags, EngineNeed::Optional);
    let mut project = prepare(&args.path, flags, need, environment, ui).await?;
    if let Some(revision) = &args.against {
        return against(&project, revision, args, environment, ui);
    }
    if args.optimize {
        let rewritten = optimized::rewritten(project, flags, need, true, environment, ui);
        project = Box::pin(rewritten).await?;
    }
    let rests_on = if project.docker.is_some() { RestsOn::Engine } else { RestsOn::Records };
    write_json(args, &project, &project.forecast, rests_on, ui)?;
    match args.format {
        DrawnFormat::Json => {}
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
    args: &PredictArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let compared = against::compare(project, revision, environment, ui)?;
    let commit = compared.commit.as_ref();
    let rests_on = RestsOn::Commit { revision, commit: commit.map(|commit| &*commit.id) };
    write_json(args, project, &compared.forecast, rests_on, ui)?;
    match args.format {
        DrawnFormat::Json => {}
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

/// Writes the forecast as JSON where `--report` says, and as the result where `--format` does.
///
/// The digest of the whole context is in it, which takes its time: nobody else waits for that.
fn write_json(
    args: &PredictArgs,
    project: &Project,
    forecast: &Forecast,
    rests_on: RestsOn<'_>,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let is_result = args.format == DrawnFormat::Json;
    if args.report.is_none() && !is_result {
        return Ok(());
    }
    let report = report::json::predict(&project.subject(), forecast, rests_on);
    if let Some(path) = &args.report {
        let text = serde_json::to_string_pretty(&report)?;
        let written = std::fs::write(path, text + "\n");
        written.with_context(|| format!("cannot write the forecast to {}", path.display()))?;
    }
    if is_result {
        ui.json(&report)?;
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
