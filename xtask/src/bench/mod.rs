//! `cargo xtask bench`: how long a user waits, beside what no program could do without.
//!
//! Every figure is that of whole processes, from start to end. What is compared runs in turn, in one
//! run on one machine, and the ratio is the median of the ratios of the rounds: so it means the same
//! when the machine is slow or busy for a while. Each has had one round before that is not counted.

mod builds;
mod examples;
mod impact;
mod large;
mod memory;
mod model;
mod monorepo;
mod rebuilds;
mod results;
mod rounds;
mod scans;
mod shell;
mod table;
mod tree;

use std::{fs, path::PathBuf, process::Command, time::Duration};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::{
    base_image::{self, Kind},
    checks, command, debian, demo,
    engine::{Engine, Version},
    home::Home,
    ui,
};
use table::Table;
use tree::Tree;

/// What the figures are taken beside: git, and GNU time for peak memory.
const PACKAGES: &[&str] = &["git", "time"];

/// Larger trees are not built: the engine would copy their files for minutes.
const LARGEST_BUILT: usize = 100_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// How many rounds are counted.
    pub(crate) rounds: usize,
    /// How many files each tree has.
    pub(crate) files: Vec<usize>,
    /// The engine, if builds are measured.
    pub(crate) engine: Option<Version>,
    /// What alone is measured.
    pub(crate) only: Option<Subject>,
    /// How many commits of each example are built for the model.
    pub(crate) commits: usize,
    /// Which commits: the same seed makes the same ones.
    pub(crate) seed: u64,
    /// The example that alone is built; then nothing is written, and the table is printed.
    pub(crate) example: Option<String>,
    /// The program, where it is not the release one, which is built first.
    pub(crate) program: Option<PathBuf>,
}

/// What can be measured. Each has a file of results of its own, or a part of one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Subject {
    /// Contexts and builds: RESULTS.md
    Contexts,
    /// Rebuilds of the examples before and after `optimize`: a part of RESULTS.md
    Rebuilds,
    /// What commits of the examples were expected to take, and took: a part of RESULTS.md
    Model,
    /// `smartbuild impact` in repositories of many images: IMPACT.md
    Impact,
}

/// Where everything is that the measurements need.
#[derive(Debug)]
struct Bench {
    program: PathBuf,
    rounds: usize,
    /// The trees, and beside them what the program keeps.
    directory: tempfile::TempDir,
    engine: Option<Engine>,
}

/// Measures and writes the files of results in `benches/`.
///
/// # Errors
///
/// When the program does not compile, a tree cannot be made, or anything measured fails.
pub(crate) fn run(wanted: &Wanted) -> Result<()> {
    let home = Home::locate()?;
    debian::ensure_packages(&home, PACKAGES)?;
    let examples = examples::chosen(wanted.example.as_deref())?;
    let program = match &wanted.program {
        Some(program) => program.canonicalize().context("there is no such program")?,
        None => demo::build_release()?,
    };
    let is_wanted = |subject| wanted.only.is_none_or(|only| only == subject);
    let engine = match wanted.engine.filter(|_| wanted.only != Some(Subject::Impact)) {
        Some(version) => {
            let engine = Engine::new(home, version);
            engine.up()?;
            base_image::import(&engine, Kind::Busybox, &[])?;
            Some(engine)
        }
        None => None,
    };
    // Not below /tmp, which may be memory: a real context lies on a disk.
    let place = checks::repository().join("target");
    let directory = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(&place)
        .with_context(|| format!("cannot make a directory in {}", place.display()))?;
    let bench = Bench { program, rounds: wanted.rounds, directory, engine };
    if is_wanted(Subject::Contexts) {
        let table = measure_contexts(&bench, &wanted.files)?;
        let text = table.of_contexts(&machine(&bench));
        write("RESULTS.md", |before| results::with_head(before, &text))?;
    }
    if is_wanted(Subject::Rebuilds)
        && let Some(engine) = &bench.engine
    {
        let table = rebuilds::measure(&bench, engine, &examples)?;
        write_part(&bench, wanted, rebuilds::TITLE, &table)?;
    }
    if is_wanted(Subject::Model)
        && let Some(engine) = &bench.engine
    {
        let table = model::measure(&bench, engine, &examples, wanted.commits, wanted.seed)?;
        write_part(&bench, wanted, model::TITLE, &table)?;
    }
    if is_wanted(Subject::Impact) {
        let mut table = Table::default();
        impact::measure(&bench, &mut table)?;
        let text = table.of_impact(&machine(&bench));
        write("IMPACT.md", |_| text)?;
    }
    Ok(())
}

fn measure_contexts(bench: &Bench, sizes: &[usize]) -> Result<Table> {
    let mut table = Table::default();
    for &files in sizes {
        say(&format!("{files} files"));
        let tree = Tree::make(bench.directory.path(), files, &format!("tree-{files}"))?;
        scans::measure(bench, &tree, &mut table)?;
        if files <= LARGEST_BUILT {
            builds::measure(bench, &tree, &mut table)?;
        }
        memory::measure(bench, &tree, &mut table)?;
        tree.remove()?;
    }
    say("one file of 2 GiB");
    large::measure(bench, &mut table)?;
    Ok(table)
}

/// Writes a part of the results, or prints it where it is not of all examples.
fn write_part(bench: &Bench, wanted: &Wanted, title: &str, table: &str) -> Result<()> {
    let text = format!("{}.\n\n{table}", machine(bench));
    if wanted.example.is_some() {
        return Ok(ui::result(&text)?);
    }
    write("RESULTS.md", |before| results::with_part(before, title, &text))
}

/// Writes a file of results in place of what it says now.
fn write(name: &str, text: impl FnOnce(&str) -> String) -> Result<()> {
    let path = checks::repository().join("benches").join(name);
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, text(&before)).with_context(|| format!("cannot write {}", path.display()))?;
    ui::result(&path.display().to_string())?;
    Ok(())
}

impl Bench {
    /// The program, which keeps what it learns beside the trees, without an engine.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut program = Command::new(&self.program);
        program
            .args(arguments)
            .env("SMARTBUILD_CACHE_DIR", self.store())
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .env_remove("DOCKER_CONTEXT");
        program
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    /// Lets the program forget the digests of all files; its records stay.
    fn forget_files(&self) -> Result<()> {
        match fs::remove_dir_all(self.store().join("contexts")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("cannot remove the program's index")
            }
            _ => Ok(()),
        }
    }
}

/// One line about the machine that the figures are of.
fn machine(bench: &Bench) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")?.split_once(": ").map(|it| it.1.to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // What follows the number names whoever built it.
    let kernel = read("/proc/sys/kernel/osrelease");
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    let engine = bench.engine.as_ref().map_or_else(
        || "no engine".to_owned(),
        |engine| format!("docker {} and its own docker command", engine.version()),
    );
    let load = read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    format!(
        "{cores} cores ({processor}), Linux {kernel}, {engine}; {} rounds; load average {load} at \
         the end",
        bench.rounds
    )
}

/// Waits until what was written is old enough for an index to trust.
fn settle() {
    std::thread::sleep(Duration::from_millis(2100));
}

fn say(line: &str) {
    ui::note(ui::dim(line));
}

/// Runs it once for what it leaves behind.
fn prepare(command: &mut Command) -> Result<()> {
    command::output(command).map(drop)
}
