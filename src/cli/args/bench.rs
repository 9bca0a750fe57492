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
    ///
    /// The exit status is 1 where one of them does not apply or fails, once the others are measured,
    /// and 125 where none applies. Without this what does not apply is left out with its reason, and
    /// is no failure; a scenario that fails is one.
    #[arg(long = "scenario", value_name = "NAME")]
    pub only: Vec<String>,
    /// Measure the scenarios of FILE too, whose shell commands run in a copy of the context
    ///
    /// FILE is TOML: a table `[[scenario]]` each, with its `name` and the command to `run` before
    /// each build. The command has to write `$SMARTBUILD_BENCH_SALT` into a file, another word each
    /// time, so that no build is helped by an earlier one. What it leaves running is ended after the
    /// build. `--scenario` leaves out what it does not name. No file is read without this,
    /// `bench.toml` in the context neither.
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub scenarios: Option<PathBuf>,
    /// Build the commits of A..B one after the other instead, each on what the one before it left
    ///
    /// On the line of first parents: a merge counts as the one change that it makes to its branch.
    /// Each commit has its own Dockerfile, files and ignore rules; nothing is checked out in the
    /// repository or its working tree. One that does not build is counted and passed over; the exit
    /// status is 1 where none builds.
    #[arg(
        long,
        value_name = "A..B",
        value_parser = range,
        group = "commits",
        conflicts_with_all = ["last", "only", "scenarios", "runs", "warmup"]
    )]
    pub replay: Option<Range>,
    /// As --replay, with the last N commits of HEAD
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=1000),
        group = "commits",
        conflicts_with_all = ["only", "scenarios", "runs", "warmup"]
    )]
    pub last: Option<u16>,
    /// Build nothing: say what each of these commits is expected to cost
    ///
    /// Each is planned after those before it, with the seconds that are recorded of this project on
    /// this engine, and what such commands usually take where nothing is. Without this each commit
    /// is built, and what was expected of it is told beside what it took.
    #[arg(long, requires = "commits", conflicts_with = "against_docker")]
    pub model: bool,
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

/// The two ends of a range of commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// What comes before the first.
    pub base: String,
    /// The last.
    pub head: String,
}

/// `A..B`; an end that is left out is `HEAD`, as git has it.
fn range(word: &str) -> Result<Range, String> {
    let is_range = |(base, head): &(&str, &str)| {
        let is_nothing = base.is_empty() && head.is_empty();
        !is_nothing && !head.starts_with('.')
    };
    let ends = word.split_once("..").filter(is_range);
    let (base, head) = ends.ok_or_else(|| {
        "give two revisions as A..B: the commits of B that A does not have are built".to_owned()
    })?;
    let end = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    Ok(Range { base: end(base), head: end(head) })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_ends() {
        let ends = |word: &str| range(word).map(|it| format!("{} {}", it.base, it.head)).ok();
        assert_eq!(ends("v1..main").as_deref(), Some("v1 main"));
        assert_eq!(ends("HEAD~3..").as_deref(), Some("HEAD~3 HEAD"));
        assert_eq!(ends("..main").as_deref(), Some("HEAD main"));
        for word in ["main", "..", "a...b", ""] {
            assert_eq!(ends(word), None, "{word}");
        }
    }
}
