//! `smartbuild optimize`: better orders of instructions, shown or written.

use std::io;

use anyhow::anyhow;

use super::args::{Format, OptimizeArgs};
use super::environment::Environment;
use super::failure::Failure;
use super::project::{EngineNeed, Project, prepare};
use super::ui::Ui;
use crate::context::ContextPath;
use crate::optimize::{self, History, Optimization, Request};
use crate::plan::{PlanRequest, Step};
use crate::report;

/// How many past builds the saving is averaged over at most.
const PAST_BUILDS: usize = 50;

pub(super) async fn run(
    args: &OptimizeArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    // The rewrites are proven by BuildKit's rules, and serve every builder.
    let environment = &Environment { docker_buildkit: None, ..environment.clone() };
    let project = prepare(&args.path, &args.flags, EngineNeed::Optional, environment, ui).await?;
    let found = find(&project)?;
    match args.format {
        Format::Json => ui.json(&report::json::Optimize::from(&found))?,
        Format::Text if args.diff => ui.result(&found.patch)?,
        Format::Text => ui.result(&report::rewrites(&found, ui.results()))?,
    }
    if found.rewrites.is_empty() {
        return Ok(());
    }
    if !args.apply {
        if args.format == Format::Text && !args.diff {
            ui.hint("`smartbuild optimize --apply` writes it")?;
        }
        return Ok(());
    }
    write(&project, &found, args.dry_run, ui)
}

fn find(project: &Project) -> Result<Optimization, Failure> {
    let root = project.source.root.clone();
    let read =
        move |path: &ContextPath| -> io::Result<Vec<u8>> { std::fs::read(path.on_disk(&root)) };
    let past = project.memory.changes(&project.line, PAST_BUILDS);
    let seconds = |step: &Step| project.memory.measured(&project.line, step);
    let request = Request {
        plan: PlanRequest {
            dockerfile: &project.source.dockerfile,
            snapshot: &project.seen,
            images: &project.images,
            options: &project.options,
            dialect: project.dialect,
        },
        read: &read,
        history: History { builds: &past, seconds: &seconds },
    };
    Ok(optimize::optimize(&request)?)
}

fn write(
    project: &Project,
    found: &Optimization,
    dry_run: bool,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let path = project
        .source
        .path
        .as_deref()
        .ok_or_else(|| anyhow!("a Dockerfile from standard input cannot be written"))?;
    let name = path.display();
    if !found.is_proven() {
        return Err(anyhow!(
            "{name} is left as it is: not every rewrite is proven; apply the patch by hand \
             (--diff) and compare the images"
        )
        .into());
    }
    if dry_run {
        ui.status(&format!("would write {name}\n"))?;
        return Ok(());
    }
    optimize::apply(path, project.source.dockerfile.source(), &found.text)?;
    ui.status(&format!("wrote {name}\n"))?;
    Ok(())
}
