//! `smartbuild bench`: how long rebuilds take.
//!
//! Every build that is timed is a process of its own, from its start to its end: that is what
//! people wait for, and the docker CLI can be timed in the same way. Each variant has a copy of the
//! context, a store and cache mounts of its own; its first build reuses nothing, and every change
//! bears a word that no build has seen. So no variant is helped by what another left, and what is
//! in the engine's cache stays there.

mod copies;
mod end;
mod finding;
mod group;
mod images;
mod program;
mod replay;
mod rounds;

use anyhow::{Context as _, anyhow};

use super::args::{BenchArgs, BenchFormat};
use super::builder;
use super::environment::Environment;
use super::failure::Failure;
use super::stop::Stop;
use super::ui::Ui;
use crate::bench::Bench;
use crate::report;
use finding::Wanted;
use rounds::Rounds;

pub(super) async fn run(
    args: &BenchArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    builder::can_build(environment)?;
    if args.replay.is_some() || args.last.is_some() {
        return Box::pin(replay::run(args, environment, ui)).await;
    }
    let stop = Stop::on_ctrl_c();
    let wanted = stop.or(finding::wanted(args, environment, ui)).await??;
    let Some(docker) = wanted.projects.first().and_then(|project| project.docker.clone()) else {
        return Err(anyhow!("no engine answers").into());
    };
    let directory = temporary()?;
    let Wanted { variants, scenarios, left, .. } = &wanted;
    let mut bench = Bench {
        variants: variants.iter().map(|it| it.variant.clone()).collect(),
        left: left.clone(),
        runs: args.runs.into(),
        warmup: args.warmup.into(),
        ..Bench::default()
    };
    let mut rounds = Rounds::new(&wanted, args, &docker, directory.path(), &stop)?;
    let ended = Box::pin(rounds.run(scenarios, &mut bench, ui)).await;
    rounds.clean(ui).await?;
    close(directory, ui)?;
    match ended {
        Ok(()) => {
            show(&bench, args.format, ui)?;
            measured(&bench, args)
        }
        Err(end) => {
            bench.is_partial = true;
            if bench.measured.iter().any(|it| it.series.iter().any(|it| !it.runs.is_empty())) {
                show(&bench, args.format, ui)?;
            }
            Err(end.failure())
        }
    }
}

/// Fails where a scenario was not measured that was to be.
fn measured(bench: &Bench, args: &BenchArgs) -> Result<(), Failure> {
    let names: Vec<String> =
        bench.unmeasured(&args.only).iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!("not measured: {}; the result says why", names.join(", "));
    Err(Failure::Build(Some(message)))
}

/// The directory that all copies are in.
fn temporary() -> anyhow::Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix("smartbuild-bench-")
        .tempdir()
        .context("cannot make a temporary directory; set TMPDIR to one that can be written")
}

/// Removes it with all that is in it.
fn close(directory: tempfile::TempDir, ui: &mut Ui) -> Result<(), Failure> {
    copies::make_removable(directory.path());
    if let Err(error) = directory.close() {
        ui.warning(&format!("the temporary directory could not be removed: {error}"))?;
    }
    Ok(())
}

fn show(bench: &Bench, format: BenchFormat, ui: &mut Ui) -> Result<(), Failure> {
    match format {
        BenchFormat::Text => ui.result(&report::bench(bench, ui.results()))?,
        BenchFormat::Json => ui.json(&report::json::bench(bench))?,
        BenchFormat::Csv => ui.result(&report::bench_csv(bench))?,
        BenchFormat::Markdown => ui.result(&report::bench_markdown(bench))?,
        BenchFormat::Html => ui.result(&report::page::bench(bench))?,
    }
    Ok(())
}
