//! The arguments of `cargo xtask`, and which task each leads to.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::{
    agree::{self, AgreeArgs},
    base_image::{self, Kind},
    bench, checks, chromium, demo,
    engine::{self, Engine, Version},
    home::Home,
    installs::{self, InstallsArgs},
    pictures,
    storm::{self, StormArgs},
    times, ui,
};

/// Development tasks of smartbuild.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// One task.
#[derive(Debug, Subcommand, PartialEq)]
pub(crate) enum Task {
    /// Build smartbuild and run its main job on examples/flask-app, on a real engine
    Demo(DemoArgs),
    /// Run every check and test, starting the engines that they need
    Test(TestArgs),
    /// Measure the release program beside find, sha256sum, git and docker; writes benches/*.md
    Bench(BenchArgs),
    /// Build random projects on an engine, and compare every step with its forecast
    Storm(StormArgs),
    /// Build commits of repositories on hollow base images, and compare each step with `impact`
    Agree(AgreeArgs),
    /// Verify rewrites of installs on an engine, with the real package managers
    Installs(InstallsArgs),
    /// Real engines side by side, from Debian's packages
    #[command(subcommand)]
    Engine(EngineTask),
    /// Give an engine a base image made of Debian's packages
    BaseImage(BaseImageArgs),
    /// Unpack the browser that pages are tested in, and print the variable that names it to a shell
    Chromium,
    /// Measure how near predicted seconds come to real ones, over days of work on the example
    Times(TimesArgs),
    /// Take the two pictures of pages that the README shows, of real builds
    Pictures(PicturesArgs),
}

/// What `demo` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct DemoArgs {
    /// Start this engine of our own even when the machine has one that answers
    #[arg(long, value_name = "VERSION")]
    pub(crate) engine: Option<Version>,
}

/// What `test` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct TestArgs {
    /// Leave out the engine tests, and start no engine
    #[arg(long)]
    pub(crate) fast: bool,
}

/// What `bench` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct BenchArgs {
    /// How many rounds are counted; one more goes before them
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    pub(crate) rounds: usize,
    /// How many files each tree has; 1000000 takes 4 GB of disk
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
    pub(crate) files: Vec<usize>,
    /// Build on this engine
    #[arg(long, value_name = "VERSION", default_value = "28.5")]
    pub(crate) engine: Version,
    /// Measure no builds, and start no engine
    #[arg(long)]
    pub(crate) no_engine: bool,
    /// Measure this alone; the other results stay as they are
    #[arg(long, value_name = "WHAT")]
    pub(crate) only: Option<bench::Subject>,
    /// How many commits of each example are built to see how right the model is
    #[arg(long, value_name = "NUMBER", default_value_t = 40)]
    pub(crate) commits: usize,
    /// Which commits: the same seed makes the same ones
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Build this example alone, and print what is measured instead of writing it
    #[arg(long, value_name = "NAME")]
    pub(crate) example: Option<String>,
    /// The program to measure; unless given, the release binary, which is built first
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
}

/// What `times` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct TimesArgs {
    /// The engine: 20.10, 26.1, 28.5 or 28.5-containerd
    #[arg(long, value_name = "VERSION", default_value = "28.5")]
    pub(crate) engine: Version,
    /// How many days of eight builds
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    pub(crate) days: usize,
    /// The program to measure; unless given, the release binary, which is built first
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
}

/// What `pictures` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct PicturesArgs {
    /// The engine: 20.10, 26.1, 28.5 or 28.5-containerd
    #[arg(long, value_name = "VERSION", default_value = "28.5")]
    pub(crate) engine: Version,
    /// The program to run; unless given, the release binary, which is built first
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
}

/// What can be done with an engine.
#[derive(Debug, Subcommand, PartialEq)]
pub(crate) enum EngineTask {
    /// Start it, installing it first if needed, and print its `DOCKER_HOST`
    Up {
        /// 20.10, 26.1, 28.5 or 28.5-containerd
        version: Version,
    },
    /// Stop what `up` started
    Down {
        /// 20.10, 26.1, 28.5 or 28.5-containerd
        version: Version,
    },
    /// Print its `DOCKER_HOST`
    Host {
        /// 20.10, 26.1, 28.5 or 28.5-containerd
        version: Version,
    },
    /// Start all that the engine tests build on, and print the variables that name them to a shell
    Env,
    /// Run that version's own docker command in this directory
    Cli {
        /// 20.10, 26.1, 28.5 or 28.5-containerd
        version: Version,
        /// What docker gets
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What `base-image` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct BaseImageArgs {
    /// What is in it
    pub(crate) kind: Kind,
    /// The engine that gets it: 20.10, 26.1, 28.5 or 28.5-containerd
    pub(crate) version: Version,
    /// Names for it, in place of the kind's usual one
    pub(crate) tags: Vec<String>,
}

/// Runs one task.
///
/// # Errors
///
/// Says which part of the task failed and, where there is one, shows the end of its log.
pub(crate) fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Demo(args) => demo::run(args.engine).map(|()| ExitCode::SUCCESS),
        Task::Chromium => {
            let program = chromium::ensure(&Home::locate()?)?;
            ui::result(&format!("export SMARTBUILD_TEST_CHROMIUM='{}'", program.display()))?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Test(args) => checks::run(args.fast),
        Task::Bench(args) => bench::run(&bench::Wanted {
            rounds: args.rounds,
            files: args.files,
            engine: (!args.no_engine).then_some(args.engine),
            only: args.only,
            commits: args.commits,
            seed: args.seed,
            example: args.example,
            program: args.program,
        })
        .map(|()| ExitCode::SUCCESS),
        Task::Storm(args) => storm::run(&args),
        Task::Agree(args) => agree::run(&args),
        Task::Installs(args) => installs::run(args).map(|()| ExitCode::SUCCESS),
        Task::Engine(task) => run_engine(task),
        Task::BaseImage(args) => {
            let engine = Engine::new(Home::locate()?, args.version);
            engine.up()?;
            for tag in base_image::import(&engine, args.kind, &args.tags)? {
                ui::result(&tag)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Task::Pictures(args) => {
            pictures::run(args.engine, args.program).map(|()| ExitCode::SUCCESS)
        }
        Task::Times(args) => {
            times::run(args.engine, args.days, args.program).map(|()| ExitCode::SUCCESS)
        }
    }
}

fn run_engine(task: EngineTask) -> Result<ExitCode> {
    let home = Home::locate()?;
    match task {
        EngineTask::Up { version } => {
            let engine = Engine::new(home, version);
            engine.up()?;
            ui::result(&engine.docker_host())?;
        }
        EngineTask::Down { version } => {
            Engine::new(home.clone(), version).down()?;
            Engine::spare(home.clone(), version).down()?;
            Engine::offline(home, version).down()?;
        }
        EngineTask::Host { version } => ui::result(&Engine::new(home, version).docker_host())?,
        EngineTask::Env => {
            for (name, value) in checks::prepare_engines(&home)?.variables() {
                ui::result(&format!("export {name}='{value}'"))?;
            }
        }
        EngineTask::Cli { version, arguments } => {
            return engine::docker(&Engine::new(home, version), &arguments);
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Task, clap::Error> {
        Cli::try_parse_from(std::iter::once(&"cargo xtask").chain(arguments)).map(|cli| cli.task)
    }

    #[test]
    fn the_two_commands_of_the_readme_need_no_argument() {
        assert_eq!(parse(&["demo"]).unwrap(), Task::Demo(DemoArgs { engine: None }));
        assert_eq!(parse(&["test"]).unwrap(), Task::Test(TestArgs { fast: false }));
    }

    #[test]
    fn the_inner_loop_leaves_the_engines_out() {
        assert_eq!(parse(&["test", "--fast"]).unwrap(), Task::Test(TestArgs { fast: true }));
    }

    #[test]
    fn everything_after_the_version_belongs_to_docker() {
        let task = parse(&["engine", "cli", "28.5", "build", "-t", "x", "--help"]).unwrap();
        let arguments = ["build", "-t", "x", "--help"].map(OsString::from).to_vec();
        assert_eq!(task, Task::Engine(EngineTask::Cli { version: Version::V28_5, arguments }));
    }

    #[test]
    fn a_million_files_are_measured_on_demand() {
        let files = |arguments: &[&str]| match parse(arguments).unwrap() {
            Task::Bench(args) => args.files,
            task => panic!("{task:?}"),
        };
        assert_eq!(files(&["bench"]), [1_000, 10_000, 100_000]);
        assert_eq!(files(&["bench", "--files", "1000,1000000"]), [1_000, 1_000_000]);
    }

    #[test]
    fn an_unknown_engine_is_refused_with_the_known_ones() {
        let message = parse(&["engine", "up", "19.03"]).unwrap_err().to_string();
        assert!(message.contains("28.5-containerd"), "{message}");
    }

    #[test]
    fn a_base_image_may_get_other_names() {
        let Task::BaseImage(args) = parse(&["base-image", "busybox", "20.10", "a:b"]).unwrap()
        else {
            panic!("not a base-image task");
        };
        assert_eq!((args.kind, args.version), (Kind::Busybox, Version::V20_10));
        assert_eq!(args.tags, ["a:b"]);
    }
}
