//! `smartbuild optimize`: better orders of instructions, shown or written.

mod verify;

use std::io;

use anyhow::anyhow;

use super::args::{Format, OptimizeArgs};
use super::commits;
use super::environment::Environment;
use super::failure::Failure;
use super::project::{EngineNeed, Project, prepare};
use super::ui::Ui;
use crate::context::ContextPath;
use crate::context::git::PastCommits;
use crate::optimize::verify::Verification;
use crate::optimize::{self, History, Optimization, Request};
use crate::plan::{PlanRequest, Step};
use crate::report;
use verify::Rewritten;

/// How many past builds the saving is averaged over at most, where there are no commits.
const PAST_BUILDS: usize = 50;

pub(super) async fn run(
    args: &OptimizeArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    // The rewrites are proven by BuildKit's rules, and serve every builder.
    let environment = &Environment { docker_buildkit: None, ..environment.clone() };
    let need = if args.verify { EngineNeed::Required } else { EngineNeed::Optional };
    let project = prepare(&args.path, &args.flags, need, environment, ui).await?;
    let commits = commits::read(&project, args.commits.into(), environment, ui)?;
    let mut found = find(&project, commits.as_ref(), false)?;
    // Proven without building anything.
    let is_proven = found.is_proven();
    let mut verification = None;
    if args.verify && !found.rewrites.is_empty() {
        let rewritten = Rewritten { dockerfile: &found.text, ignore_file: None };
        let result = verify::verify(&project, rewritten, args, environment, ui).await?;
        if result.is_passed() {
            found = found.verified();
        }
        verification = Some(result);
    }
    let is_refuted = verification.as_ref().is_some_and(|found| !found.is_passed());
    show(&found, verification.as_ref(), args, ui)?;
    if is_refuted {
        let message = "the rewrite does not build what the original builds: nothing is written";
        return Err(Failure::Build(Some(message.to_owned())));
    }
    if found.rewrites.is_empty() {
        return Ok(());
    }
    if args.apply {
        return write(&project, &found, commits.as_ref(), args.dry_run, ui);
    }
    if args.format == Format::Text && !args.diff {
        ui.hint(if is_proven {
            "`smartbuild optimize --apply` writes it"
        } else {
            "`smartbuild optimize --verify --apply` builds both, compares the images, and writes \
             it if they are the same"
        })?;
    }
    Ok(())
}

/// Shows what was found; of a patch alone only one that may be applied.
fn show(
    found: &Optimization,
    verification: Option<&Verification>,
    args: &OptimizeArgs,
    ui: &mut Ui,
) -> Result<(), Failure> {
    match args.format {
        Format::Json => {
            let mut result = report::json::Optimize::from(found);
            result.verification = verification.map(Into::into);
            ui.json(&result)?;
        }
        Format::Text if args.diff => {
            if verification.is_none_or(Verification::is_passed) {
                ui.result(&found.patch)?;
            }
            if let Some(verification) = verification {
                ui.status(&report::verification(verification, ui.messages()))?;
            }
        }
        Format::Text => {
            ui.result(&report::rewrites(found, ui.results()))?;
            if let Some(verification) = verification {
                ui.result(&report::verification(verification, ui.results()))?;
            }
        }
    }
    Ok(())
}

/// The rewrites of a project, or only those that are certain, measured on these commits where there
/// are any.
pub(super) fn find(
    project: &Project,
    commits: Option<&PastCommits>,
    only_certain: bool,
) -> Result<Optimization, Failure> {
    let root = project.source.root.clone();
    let read =
        move |path: &ContextPath| -> io::Result<Vec<u8>> { std::fs::read(path.on_disk(&root)) };
    let past = project.memory.changes(&project.line, PAST_BUILDS);
    let changing = project.memory.changing_arguments(&project.line, PAST_BUILDS);
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
        history: History { commits, builds: &past, changing: &changing, seconds: &seconds },
        only_certain,
    };
    Ok(optimize::optimize(&request)?)
}

fn write(
    project: &Project,
    found: &Optimization,
    commits: Option<&PastCommits>,
    dry_run: bool,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let path = project
        .source
        .path
        .as_deref()
        .ok_or_else(|| anyhow!("a Dockerfile from standard input cannot be written"))?;
    let name = path.display();
    // Without those that are not, others may be the best.
    let certain = if found.is_proven() { found.clone() } else { find(project, commits, true)? };
    if certain.rewrites.is_empty() {
        return Err(anyhow!(
            "{name} is left as it is: no rewrite is proven; --verify --apply builds both and \
             compares the images first"
        )
        .into());
    }
    let left = found.rewrites.iter().filter(|rewrite| !rewrite.is_proven()).count();
    if dry_run {
        ui.status(&format!("would write {name}\n"))?;
    } else {
        optimize::apply(path, project.source.dockerfile.source(), &certain.text)?;
        ui.status(&format!("wrote {name}\n"))?;
    }
    if left > 0 {
        let left = report::units::counted(left as u64, "rewrite is", "rewrites are");
        ui.hint(&format!(
            "{left} not proven and left out; --verify --apply builds both and compares the images"
        ))?;
    }
    Ok(())
}
