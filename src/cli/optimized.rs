//! `--optimize` of `build` and `predict`: the rewritten Dockerfile is built, or what that would
//! reuse is said, and the file stays as it is.

use std::sync::Arc;

use super::args::BuildFlags;
use super::commits;
use super::environment::Environment;
use super::failure::Failure;
use super::optimize;
use super::project::{EngineNeed, Project, prepare_source};
use super::ui::Ui;
use crate::dockerfile::Dockerfile;
use crate::engine::SourceFile;
use crate::report::escape;

/// How many commits tell which rewrites are worth it: as for `smartbuild optimize`.
const COMMITS: usize = 50;

/// The project with all rewrites that are proven; itself where there are none. Says in a line what
/// was done, if it `talks`.
pub(super) async fn rewritten(
    project: Project,
    flags: &BuildFlags,
    need: EngineNeed,
    talks: bool,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Project, Failure> {
    let commits = commits::read(&project, COMMITS, environment, ui)?;
    let found = optimize::find(&project, commits.as_ref(), true)?;
    let text = match found.proven().next() {
        Some(_) => Some(found.proven_text(&project.source.dockerfile)?),
        None => None,
    };
    let name = project.source.file.name.clone();
    let shown = escape::text(&name);
    let said = match &text {
        Some(_) => {
            let lines: Vec<String> = found.proven().map(|it| it.line.to_string()).collect();
            let lines = match &*lines {
                [line] => format!("line {line}"),
                lines => format!("lines {}", lines.join(", ")),
            };
            let purpose = if need == EngineNeed::Required { "build" } else { "forecast" };
            format!("optimized {shown} at {lines} for this {purpose}; the file stays as it is\n")
        }
        None => format!("nothing in {shown} can be bettered for certain; taken as it is\n"),
    };
    if talks {
        ui.status(&said)?;
    }
    let Some(text) = text else { return Ok(project) };
    let dockerfile =
        Dockerfile::parse(&name, &text).map_err(|error| Failure::Dockerfile(Box::new(error)))?;
    let mut source = project.source;
    source.dockerfile = Arc::new(dockerfile);
    source.file = SourceFile { name, content: text.into_bytes() };
    Box::pin(prepare_source(source, flags, need, environment, ui)).await
}
