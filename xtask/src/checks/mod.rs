//! `cargo xtask test`: every check and test, one after the other, and a table of how they went.
//!
//! All of them run even when one fails, so that one run tells everything. The engines come up in
//! the background meanwhile. Nothing is skipped without being named in the table.

mod engines;
mod suites;
mod table;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    thread,
};

use anyhow::{Context as _, Result};

use crate::{chromium, command, debian, home::Home, tools::Tool, ui};
pub(crate) use engines::prepare as prepare_engines;
use table::{Outcome, Table};

/// Runs everything; without the engine tests, and without an engine, when `is_fast`.
///
/// # Errors
///
/// Only when the checks cannot be begun; a check that fails gives a failing exit code.
pub(crate) fn run(is_fast: bool) -> Result<ExitCode> {
    let home = Home::locate()?;
    let repository = repository();
    std::env::set_current_dir(&repository)
        .with_context(|| format!("cannot enter {}", repository.display()))?;

    ensure_components()?;
    let mut table = Table::default();
    thread::scope(|scope| {
        let engines = (!is_fast).then(|| scope.spawn(|| engines::prepare(&home)));

        table.run("format", || cargo(&["fmt", "--all", "--check"]));
        table.run("clippy", || {
            let workspace = ["clippy", "--workspace", "--all-targets", "--locked"];
            cargo(&[&workspace[..], &["--", "-D", "warnings"]].concat())
        });
        table.run("doc", document);
        table.run("dependencies", || check_dependencies(&home));
        table.run("advisories", || {
            ensure_programs(&home)?;
            check_advisories(&home)
        });
        table.run("spelling", || check_spelling(&home));
        table.run("tests", || {
            ensure_programs(&home)?;
            let programs = suites::Programs {
                pre_commit: Tool::PreCommit.ensure(&home)?,
                chromium: chromium::ensure(&home)?,
            };
            suites::run_without_engine(&repository, &programs)
        });
        table.run("doc tests", suites::run_doc_tests);
        if let Some(engines) = engines {
            // A panic there is a defect of ours; its message has been printed already.
            let prepared = engines.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")));
            let took = prepared.as_ref().ok().map(|prepared| prepared.took);
            table.add("engines up", took, &prepared);
            table.run("engine tests", || suites::run_with_engines(&repository, &prepared?));
        }
    });
    table.print()?;
    Ok(table.exit_code())
}

/// Installs what rustup's smallest profile leaves out.
fn ensure_components() -> Result<()> {
    let is_there = |tool| command::succeeds(Command::new("cargo").args([tool, "--version"]));
    if is_there("fmt") && is_there("clippy") {
        return Ok(());
    }
    command::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
}

/// Installs what tests measure our work by: git, whose repositories we read and whose patches we
/// write, and patch. git fetches the advisories, too.
fn ensure_programs(home: &Home) -> Result<()> {
    let missing: Vec<&str> =
        ["git", "patch"].into_iter().filter(|program| !command::is_installed(program)).collect();
    if missing.is_empty() { Ok(()) } else { debian::ensure_packages(home, &missing) }
}

/// The repository that this task was compiled in.
pub(crate) fn repository() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    command::run(Command::new("cargo").args(arguments))?;
    Ok(Outcome::Passed)
}

/// Naming the examples, of which there are none, makes cargo choose the dependencies' features as
/// for clippy; otherwise it would check a score of them a second time.
fn document() -> Result<Outcome> {
    let mut doc = Command::new("cargo");
    doc.env("RUSTDOCFLAGS", "-D warnings")
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .args(["--lib", "--bin", "xtask", "--examples"]);
    command::run(&mut doc)?;
    Ok(Outcome::Passed)
}

fn check_dependencies(home: &Home) -> Result<Outcome> {
    let deny = Tool::CargoDeny.ensure(home)?;
    command::run(Command::new(deny).args([
        "--locked",
        "check",
        "--hide-inclusion-graph",
        "licenses",
        "bans",
        "sources",
    ]))?;
    Ok(Outcome::Passed)
}

/// The advisories live in a repository of their own, which not every machine reaches.
fn check_advisories(home: &Home) -> Result<Outcome> {
    let deny = Tool::CargoDeny.ensure(home)?;
    if let Err(error) = command::output(Command::new(&deny).args(["fetch", "db"])) {
        ui::note(format_args!("{error:#}"));
        return Ok(Outcome::NotChecked("the advisory database cannot be reached"));
    }
    let check = ["--locked", "check", "--disable-fetch", "advisories"];
    command::run(Command::new(deny).args(check))?;
    Ok(Outcome::Passed)
}

fn check_spelling(home: &Home) -> Result<Outcome> {
    let typos = Tool::Typos.ensure(home)?;
    command::run(&mut Command::new(typos))?;
    Ok(Outcome::Passed)
}
