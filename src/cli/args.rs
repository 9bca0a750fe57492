//! What can be typed: `docker build`'s flags under their own names, and our commands.
//!
//! [`parse`] is the one way in. It makes `smartbuild .` mean `smartbuild build .`, and refuses
//! with a reason what docker has and smartbuild does not honour yet: a flag is never ignored
//! silently. Wrong use is a [`clap::Error`]; the caller prints it and exits with 125 (0 for
//! help and version).

mod bench;
mod gates;
mod impact;
mod reference;
mod refused;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use bench::{BenchArgs, BenchFormat, Range};
pub use gates::GateFlags;
pub use impact::{ImpactArgs, ImpactFormat, ImpactUsage, Trees};
pub use values::{
    Assignment, CacheSource, ContextSource, NamedContext, ProgressMode, Secret, SecretSource,
    UsageError,
};

/// Predicts which steps of a docker build lose the cache and why, then builds.
///
/// `smartbuild PATH` is short for `smartbuild build PATH` and takes the flags of `docker build`.
/// A directory that is called like a command is written `./predict`.
#[derive(Debug, Clone, PartialEq, Parser)]
#[command(
    name = "smartbuild",
    version,
    propagate_version = true,
    max_term_width = 100,
    // As with docker, the last one counts.
    args_override_self = true,
    override_usage = "smartbuild [build] [OPTIONS] PATH\n       smartbuild COMMAND …"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Say what will be reused, build, and compare
    Build(BuildArgs),
    /// Say which steps will be reused and which run again, without building
    Predict(PredictArgs),
    /// Explain why one step is not reused, down to file, line and value
    Why(WhyArgs),
    /// Find instruction orders that rebuild less and build the same
    Optimize(OptimizeArgs),
    /// Say what is sent to the engine and what is not, by directory and by rule
    Context(ContextArgs),
    /// Say what builds have cost: what was reused, what was lost to which cause, the trend
    ///
    /// The commit of a build is the one that was checked out when it began; whether files were
    /// edited since is not looked at.
    History(HistoryArgs),
    /// Measure how long rebuilds take, for one or several Dockerfiles side by side
    Bench(BenchArgs),
    /// Say what a change costs the build cache of every image of the repository
    Impact(ImpactArgs),
    /// Install or remove git's hook that says before each commit what it costs the cache
    Hook(HookArgs),
}

impl Command {
    fn flags_mut(&mut self) -> Option<&mut BuildFlags> {
        match self {
            Self::Build(args) => Some(&mut args.flags),
            Self::Predict(args) => Some(&mut args.flags),
            Self::Why(args) => Some(&mut args.flags),
            Self::Optimize(args) => Some(&mut args.flags),
            Self::Bench(_)
            | Self::Context(_)
            | Self::History(_)
            | Self::Hook(_)
            | Self::Impact(_) => None,
        }
    }
}

/// `smartbuild build`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct BuildArgs {
    /// What is built and how.
    #[command(flatten)]
    pub flags: BuildFlags,
    /// How the build is shown: auto, plain, tty, quiet or rawjson
    #[arg(
        long,
        value_name = "TYPE",
        env = "BUILDKIT_PROGRESS",
        hide_env_values = true,
        default_value = "auto"
    )]
    pub progress: ProgressMode,
    /// Build even where nothing changed since the last build and its image is still there
    #[arg(long)]
    pub no_shortcut: bool,
    /// Build with those rewrites of `smartbuild optimize` that are proven to build the same; the
    /// Dockerfile stays as it is
    #[arg(long)]
    pub optimize: bool,
    /// Write what was forecast and what happened to FILE as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The context's directory
    #[arg(value_name = "PATH", value_parser = values::context())]
    pub path: PathBuf,
}

impl BuildArgs {
    /// How the build is shown; `-q` is quiet.
    pub fn progress(&self) -> ProgressMode {
        if self.flags.quiet { ProgressMode::Quiet } else { self.progress }
    }
}

/// `smartbuild predict`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct PredictArgs {
    /// What would be built and how.
    #[command(flatten)]
    pub flags: BuildFlags,
    /// Compare with a commit in place of the records
    #[arg(long, value_name = "REV", conflicts_with = "optimize")]
    pub against: Option<String>,
    /// Predict the build with those rewrites of `smartbuild optimize` that are proven to build the
    /// same, as `smartbuild build --optimize` builds it
    #[arg(long)]
    pub optimize: bool,
    /// Write what is forecast to FILE as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Of `build`: nothing is built that could be shown
    #[arg(long, value_name = "TYPE", default_value = "auto", hide = true)]
    pub progress: ProgressMode,
    /// Of `build`: the forecast is the same
    #[arg(long, hide = true)]
    pub no_shortcut: bool,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: DrawnFormat,
    /// The context's directory
    #[arg(value_name = "PATH", default_value = ".", value_parser = values::context())]
    pub path: PathBuf,
}

/// `smartbuild why`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct WhyArgs {
    /// A number, a line (`:12`), or a part of its text
    #[arg(value_name = "STEP")]
    pub step: String,
    /// The context's directory
    #[arg(value_name = "PATH", default_value = ".", value_parser = values::context())]
    pub path: PathBuf,
    /// What would be built and how.
    #[command(flatten)]
    pub flags: BuildFlags,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// `smartbuild optimize`.
#[derive(Debug, Clone, PartialEq, Args)]
#[allow(clippy::struct_excessive_bools, reason = "its switches are independent of each other")]
pub struct OptimizeArgs {
    /// The context's directory
    #[arg(value_name = "PATH", default_value = ".", value_parser = values::context())]
    pub path: PathBuf,
    /// What would be built and how.
    #[command(flatten)]
    pub flags: BuildFlags,
    /// Measure on what the last N commits changed; 0 takes past builds instead
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        value_parser = clap::value_parser!(u16).range(0..=1000)
    )]
    pub commits: u16,
    /// Write the rewrites into the files: those that are proven, with --verify all if it passes
    #[arg(long)]
    pub apply: bool,
    /// Build before and after, and compare the images file by file
    ///
    /// The original is built twice without cache, to learn what differs by itself, and the
    /// rewrite once. If anything else differs, it is shown, nothing is written, and the exit
    /// status is 1. The images are removed again. Not compared are /etc/hosts, /etc/hostname,
    /// /etc/resolv.conf and /etc/mtab, which are the engine's in every container.
    #[arg(long)]
    pub verify: bool,
    /// With --verify, run a shell command in both images: it must end with the same status
    #[arg(long, value_name = "COMMAND", requires = "verify")]
    pub check_cmd: Option<String>,
    /// Say what --apply would write, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the patch alone
    #[arg(long, conflicts_with = "format")]
    pub diff: bool,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// `smartbuild context`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct ContextArgs {
    /// The context's directory
    #[arg(value_name = "PATH", default_value = ".", value_parser = values::context())]
    pub path: PathBuf,
    /// The Dockerfile; PATH/Dockerfile unless given. `<FILE>.dockerignore` is honoured
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Name the rule and the line that decide whether FILE is sent
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "null"])]
    pub explain: Option<PathBuf>,
    /// List what `COPY . /` would bring, one path a line
    #[arg(long)]
    pub list: bool,
    /// As --list, each path ended by a NUL byte
    #[arg(short = '0', long, conflicts_with = "format")]
    pub null: bool,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// `smartbuild history`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct HistoryArgs {
    /// The context's directory
    #[arg(value_name = "PATH", default_value = ".", value_parser = values::context())]
    pub path: PathBuf,
    /// Builds of all projects
    #[arg(long, conflicts_with = "path")]
    pub all: bool,
    /// How many days to look back
    #[arg(
        long,
        value_name = "N",
        default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(1..=3650)
    )]
    pub days: u16,
    /// How many builds to list; a page has up to 500
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: u16,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: DrawnFormat,
}

/// `smartbuild hook`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct HookArgs {
    /// What is to be done with the hook.
    #[command(subcommand)]
    pub action: HookAction,
}

/// What is to be done with git's hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum HookAction {
    /// Have git run `smartbuild impact --staged` before each commit
    ///
    /// The hook is written where git looks for it, in the repository of the current directory. A
    /// pre-commit hook that is there already is kept and runs first. Where smartbuild is missing
    /// at a commit, the hook says so and lets the commit pass. `git commit --no-verify` leaves it
    /// out once.
    Install,
    /// Take the hook away and put back the one that was there before
    Remove,
}

/// How a result is written that can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DrawnFormat {
    /// For people.
    Text,
    /// For machines, with a schema that stays.
    Json,
    /// A page with charts: one file that fetches nothing.
    Html,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For machines, with a schema that stays.
    Json,
}

/// The flags of `docker build`, under its names and with its meanings.
#[derive(Debug, Clone, PartialEq, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "docker's switches are independent of each other")]
pub struct BuildFlags {
    /// Name of the image, NAME or NAME:TAG; may be given several times
    #[arg(short = 't', long = "tag", value_name = "NAME", value_parser = reference::tag)]
    pub tags: Vec<String>,
    /// The Dockerfile; PATH/Dockerfile unless given
    #[arg(short, long, value_name = "FILE", value_parser = values::path())]
    pub file: Option<PathBuf>,
    /// Value of a build argument; NAME alone takes the environment's
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub build_args: Vec<Assignment>,
    /// What stands for a name in FROM and --from, NAME=DIRECTORY or NAME=docker-image://IMAGE
    #[arg(long = "build-context", value_name = "NAME=VALUE")]
    pub contexts: Vec<NamedContext>,
    /// Image whose cache may be used too, IMAGE or type=registry,ref=IMAGE
    #[arg(long, value_name = "IMAGE")]
    pub cache_from: Vec<CacheSource>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// Reuse nothing
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = values::switch, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub no_cache: bool,
    /// Reuse nothing of these stages
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    pub no_cache_filter: Vec<String>,
    /// Ask the registry for newer base images
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = values::switch, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub pull: bool,
    /// Label of the image; NAME alone has the empty value
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub labels: Vec<Assignment>,
    /// Print the image's id and nothing else
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = values::switch, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub quiet: bool,
    /// Write the image's id to FILE
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub iidfile: Option<PathBuf>,
    /// Platform to build for, such as linux/arm64
    #[arg(long, value_name = "PLATFORM", value_parser = values::platform)]
    pub platform: Option<String>,
    /// Network of RUN: default, none or host
    #[arg(long, value_name = "MODE")]
    pub network: Option<String>,
    /// Another host name for RUN, NAME:ADDRESS
    #[arg(long = "add-host", value_name = "NAME:ADDRESS", value_parser = values::host)]
    pub add_hosts: Vec<String>,
    /// Size of /dev/shm in RUN, such as 64m
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub shm_size: Option<u64>,
    /// Limit of RUN, NAME=SOFT or NAME=SOFT:HARD
    #[arg(long = "ulimit", value_name = "LIMIT", value_parser = values::ulimit)]
    pub ulimits: Vec<String>,
    /// Parent control group of RUN
    #[arg(long, value_name = "GROUP")]
    pub cgroup_parent: Option<String>,
    /// Secret for RUN: id=NAME,src=FILE or id=NAME,env=VARIABLE
    #[arg(long = "secret", value_name = "SECRET")]
    pub secrets: Vec<Secret>,
    /// Store the image in the engine, as is always done
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = values::switch, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub load: bool,
}

impl BuildFlags {
    /// Takes an empty value for none, as docker does: scripts write `--target "$TARGET"`.
    fn drop_empty(&mut self) {
        let texts =
            [&mut self.target, &mut self.platform, &mut self.network, &mut self.cgroup_parent];
        for text in texts {
            text.take_if(|text| text.is_empty());
        }
        for path in [&mut self.file, &mut self.iidfile] {
            path.take_if(|path| path.as_os_str().is_empty());
        }
    }
}

/// What was typed, the program's own name first.
///
/// Reads `BUILDKIT_PROGRESS`, as docker does.
pub fn parse<I, T>(typed: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let mut typed: Vec<OsString> = typed.into_iter().map(Into::into).collect();
    let mut command = refused::define(Cli::command());
    // As with docker, the first word decides: what is no command begins the flags of `build`.
    if let Some(first) = typed.get(1) {
        let word = first.to_string_lossy();
        let is_command = word == "help" || command.find_subcommand(word.as_ref()).is_some();
        if !is_command && !matches!(word.as_ref(), "-h" | "--help" | "-V" | "--version") {
            typed.insert(1, "build".into());
        }
    }
    let matches = command.try_get_matches_from_mut(typed)?;
    if let Some((name, given)) = matches.subcommand() {
        let message = refused::given(given).or_else(|| {
            let loud = given.try_contains_id("progress").is_ok_and(|known| known)
                && given.value_source("progress") == Some(ValueSource::CommandLine)
                && given.get_one::<ProgressMode>("progress") != Some(&ProgressMode::Quiet);
            (loud && given.get_flag("quiet"))
                .then(|| "--quiet and --progress cannot be used together".to_owned())
        });
        if let Some(message) = message {
            let at = command.find_subcommand_mut(name);
            return Err(match at {
                Some(at) => at.error(ErrorKind::ArgumentConflict, message),
                None => command.error(ErrorKind::ArgumentConflict, message),
            });
        }
    }
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let Some(flags) = cli.command.flags_mut() {
        flags.drop_empty();
    }
    Ok(cli)
}
