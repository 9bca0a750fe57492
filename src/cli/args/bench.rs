//! What `smartbuild bench` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::{self, Assignment};

/// `smartbuild bench`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct BenchArgs {
    /// The context's directory; it is copied, and never changed
    #[arg(value_name = "PATH", default_value = ".", value_parser = values::context())]
    pub path: PathBuf,
    /// The Dockerfile; given several times, they are compared with the first
    #[arg(short, long = "file", value_name = "FILE", value_parser = values::path())]
    pub files: Vec<PathBuf>,
    /// Compare with the rewrite of `smartbuild optimize`, as far as it is proven
    #[arg(long)]
    pub optimized: bool,
    /// Compare with `docker build`
    #[arg(long)]
    pub against_docker: bool,
    /// Measure this scenario alone; may be given several times
    #[arg(long = "scenario", value_name = "NAME")]
    pub only: Vec<String>,
    /// Measure the scenarios of FILE too, whose shell commands run in a copy of the context
    ///
    /// FILE is TOML: a table `[[scenario]]` each, with its `name` and the command to `run` before
    /// each build. The command has to write `$SMARTBUILD_BENCH_SALT` into a file, another word each
    /// time, so that no build is helped by an earlier one.
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub scenarios: Option<PathBuf>,
    /// How many builds of each are timed
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        value_parser = clap::value_parser!(u16).range(1..=100)
    )]
    pub runs: u16,
    /// How many builds before them are not counted
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(0..=100)
    )]
    pub warmup: u16,
    /// Value of a build argument; NAME alone takes the environment's
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub build_args: Vec<Assignment>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// Platform to build for, such as linux/arm64
    #[arg(long, value_name = "PLATFORM", value_parser = values::platform)]
    pub platform: Option<String>,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: BenchFormat,
}

/// How measurements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchFormat {
    /// For people.
    Text,
    /// For machines, with a schema that stays.
    Json,
    /// One line a run, for spreadsheets.
    Csv,
    /// Tables for a pull request or a README.
    Markdown,
    /// A page with charts that fetches nothing.
    Html,
}
