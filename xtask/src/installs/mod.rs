//! `cargo xtask installs`: rewrites of installs, with the real package managers.
//!
//! For each of them a small project is built on a real engine, with `optimize --verify` building it
//! twice as it is and once rewritten, and comparing what the images hold. Then an edit of a file
//! that is no manifest is built in both orders. Packages come from the package managers' own
//! registries and from Debian's mirrors.

mod projects;
mod work;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    base_image::{self, Kind},
    demo::build_release,
    engine::{Engine, Version},
    home::Home,
    ui,
};
use projects::{ALL, Project};
use work::Work;

/// What `installs` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct InstallsArgs {
    /// These package managers alone
    pub(crate) tools: Vec<String>,
    /// The engine: 20.10, 26.1, 28.5 or 28.5-containerd
    #[arg(long, value_name = "VERSION", default_value = "28.5")]
    pub(crate) engine: Version,
    /// The program to try; unless given, the release binary, which is built first
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
}

/// Tries every project, and prints a line for each.
///
/// # Errors
///
/// When something cannot be set up, or a rewrite is not verified. A project that does not build as it
/// is is passed by.
pub(crate) fn run(args: InstallsArgs) -> Result<()> {
    let wanted = |project: &&Project| {
        args.tools.is_empty() || args.tools.iter().any(|tool| tool == project.tool)
    };
    let chosen: Vec<&Project> = ALL.iter().filter(wanted).collect();
    let names = || ALL.iter().map(|project| project.tool).collect::<Vec<_>>().join(", ");
    ensure!(!chosen.is_empty(), "no project is for one of these; there are: {}", names());
    let binary = match args.program {
        Some(program) => program.canonicalize()?,
        None => build_release()?,
    };
    let engine = Engine::new(Home::locate()?, args.engine);
    engine.up()?;
    base_image::import(&engine, Kind::Python, &[])?;
    ui::result("tool | rewrites | verified | an edit before, after")?;
    let mut failed = Vec::new();
    for project in chosen {
        let work = Work::begin(project, &binary, &engine.docker_host())?;
        // A registry that is not reached is no fault of the code.
        if let Err(error) = work.build() {
            ui::result(&format!("{} | NOT TRIED, as it does not build here", project.tool))?;
            ui::note(format_args!("{error:#}"));
            continue;
        }
        let outcome = work.outcome(project)?;
        ui::result(&outcome.line(project.tool))?;
        if !outcome.is_verified {
            failed.push(project.tool);
        }
    }
    ensure!(failed.is_empty(), "not rewritten, or not verified: {}", failed.join(", "));
    Ok(())
}
