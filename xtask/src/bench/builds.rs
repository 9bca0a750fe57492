//! Builds beside the docker command of the engine that makes them.

use std::process::Command;

use anyhow::Result;

use super::{
    Bench,
    rounds::in_turn,
    shell::Shell,
    table::{Row, Table},
    tree::Tree,
};
use crate::engine;

/// The name of the image, the same for both, so that the engine is not littered.
const TAG: &str = "smartbuild-bench";

/// First builds take long: the engine copies every file.
const FEW: usize = 3;

/// Sending everything, a build without a change, and one after an edit.
///
/// # Errors
///
/// When a build fails.
pub(super) fn measure(bench: &Bench, tree: &Tree, table: &mut Table) -> Result<()> {
    let Some(engine) = &bench.engine else { return Ok(()) };
    // Entered from the tree, which is what the namespace shows of the machine.
    let mut inside = Shell::start(|shell| engine::inside(engine, shell))?;
    let mut outside = Shell::start(|shell| {
        let mut same = Command::new(shell.get_program());
        same.args(shell.get_args());
        same.env("SMARTBUILD_CACHE_DIR", bench.store()).env("DOCKER_HOST", engine.docker_host());
        same.env_remove("DOCKER_CONTEXT");
        same
    })?;
    let (program, path) = (bench.program.display(), tree.path().display());
    let ours = format!("'{program}' build -q -t {TAG} '{path}'");
    let theirs = format!("docker build -q -t {TAG} '{path}'");
    let files = tree.files();

    // Each has a context of its own that the engine has never seen: a tree under another name.
    let mut first = Tree::make(bench.directory.path(), files, "first")?;
    let mut names = (0..).map(|number| format!("first-{number}-{}", std::process::id()));
    let mut edits = 1_000_000..;
    let mut next = || -> Result<String> {
        first.rename(&names.next().unwrap_or_default())?;
        first.edit(edits.next().unwrap_or_default())?;
        Ok(first.path().display().to_string())
    };
    let next = std::cell::RefCell::new(&mut next);
    let [sent, docker] = in_turn(
        bench.rounds.min(FEW),
        [
            &mut || {
                let path = (next.borrow_mut())()?;
                outside.time(&format!("'{program}' build -q -t {TAG} '{path}'"))
            },
            &mut || {
                let path = (next.borrow_mut())()?;
                inside.time(&format!("docker build -q -t {TAG} '{path}'"))
            },
        ],
    )?;
    table.add(Row::new(files, "first build", &sent).beside("docker build", &docker));
    first.remove()?;

    let [unchanged, docker] =
        in_turn(bench.rounds, [&mut || outside.time(&ours), &mut || inside.time(&theirs)])?;
    let row = Row::new(files, "build, nothing changed", &unchanged);
    table.add(row.beside("docker build", &docker).at_most(1.0));

    let edits = std::cell::RefCell::new(2_000_000..);
    let edit = || tree.edit(edits.borrow_mut().next().unwrap_or_default());
    let [edited, docker] = in_turn(
        bench.rounds.min(FEW),
        [
            &mut || {
                edit()?;
                outside.time(&ours)
            },
            &mut || {
                edit()?;
                inside.time(&theirs)
            },
        ],
    )?;
    table.add(Row::new(files, "build, one file edited", &edited).beside("docker build", &docker));
    Ok(())
}
