//! `cargo xtask agree`: whether `smartbuild impact` is right about the commits of real repositories.
//!
//! In: a directory of clones, which are only read. For each pair of commits that follow one another
//! on the first parent's line, and for each image, docker's own client builds the older one on an
//! engine that knows nothing of it, then the newer one; which steps the engine ran then is compared
//! with what `impact` said of the two commits. Out: a table, a row a repository, the figures of all,
//! and each disagreement with what is needed to see it again.
//!
//! A chain of commits is built once, as long as none of them takes a file back to what it was at a
//! commit before the one that it follows: no step can then be one that the engine knows from there.
//!
//! The base images are hollow: their shell accepts every command and does nothing, so that builds
//! need no registry and next to no time. Which steps run does not depend on what commands do, but
//! for what is copied from a stage: there a RUN that runs again leaves what it left before.

mod checkout;
mod docker;
mod dockerfile;
mod figures;
mod forecast;
mod foreseen;
mod hollow;
mod kept;
mod missing;
mod nothing;
mod reason;
mod replay;
mod site;
mod trial;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{debian, demo, engine::Version, home::Home, ui};
use checkout::Checkout;
use figures::Tally;
use forecast::Program;
use kept::Kept;
use replay::Replay;
use site::Site;

/// What `agree` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct AgreeArgs {
    /// A directory of git clones; they are only read
    pub(crate) repositories: PathBuf,
    /// How many commits of each are built
    #[arg(long, value_name = "NUMBER", default_value_t = 8)]
    pub(crate) commits: usize,
    /// Only this repository
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<String>,
    /// The last one of them
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub(crate) from: String,
    /// Only images of this Dockerfile
    #[arg(long, value_name = "PATH")]
    pub(crate) dockerfile: Option<String>,
    /// Keep what the engine did in this file, and do not ask it again about what is in there
    #[arg(long, value_name = "FILE")]
    pub(crate) kept: Option<PathBuf>,
    /// The engine: 20.10, 26.1, 28.5 or 28.5-containerd
    #[arg(long, value_name = "VERSION", default_value = "28.5")]
    pub(crate) engine: Version,
    /// The program to measure; unless given, the release binary, which is built first
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
}

/// Builds, compares and prints.
///
/// # Errors
///
/// When something cannot be set up. A build that fails is counted, and told why.
pub(crate) fn run(args: &AgreeArgs) -> Result<ExitCode> {
    let home = Home::locate()?;
    debian::ensure_packages(&home, &["git"])?;
    let binary = match &args.program {
        Some(program) => program.canonicalize().context("there is no such program")?,
        None => demo::build_release()?,
    };
    let names = repositories(args)?;
    let site = Site::new(home.clone(), args.engine);
    // In the home, which the engine's own client sees under the same path.
    let directory = tempfile::Builder::new()
        .prefix("agree-")
        .tempdir_in(home.path())
        .context("cannot make a directory for checkouts")?;
    ui::result(figures::HEAD)?;
    let mut kept = Kept::open(args.kept.as_deref())?;
    let mut all = Tally::default();
    for name in names {
        let place = directory.path().join(&name);
        fs::create_dir(&place).context("cannot make a directory for a checkout")?;
        let checkout = Checkout::of(&args.repositories.join(&name), &place)?;
        // Later on, HEAD is what is checked out.
        let newest = checkout.commit(&args.from)?;
        let program = Program { binary: &binary, store: &directory.path().join("store") };
        let (site, checkout) = (&site, &checkout);
        let replay =
            Replay { args, name: &name, site, program: &program, checkout, scratch: &place };
        let tally = replay.run(&mut kept)?;
        ui::result(&tally.row(&name.replacen('+', "/", 1), short(&newest)))?;
        all.add(tally);
        fs::remove_dir_all(&place).context("cannot remove a checkout")?;
    }
    ui::result(&format!("\n{}", all.summary()))?;
    for line in &all.wrong {
        ui::result(line)?;
    }
    Ok(if all.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The names of the clones, in their order.
fn repositories(args: &AgreeArgs) -> Result<Vec<String>> {
    let place = &args.repositories;
    let entries =
        fs::read_dir(place).with_context(|| format!("cannot read {}", place.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", place.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_wanted = args.repository.as_ref().is_none_or(|wanted| *wanted == name);
        if is_wanted && entry.path().join(".git").exists() {
            names.push(name);
        }
    }
    names.sort();
    ensure!(!names.is_empty(), "there is no such git clone in {}", place.display());
    Ok(names)
}

/// As much of a commit's id as tells it from others.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clones_are_replayed_in_the_order_of_their_names() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b+c/.git", "a+b/.git", "notes"] {
            fs::create_dir_all(directory.path().join(name)).unwrap();
        }
        let args = |repository: Option<&str>| AgreeArgs {
            repositories: directory.path().to_owned(),
            commits: 1,
            repository: repository.map(str::to_owned),
            from: "HEAD".to_owned(),
            dockerfile: None,
            kept: None,
            engine: Version::V28_5,
            program: None,
        };
        assert_eq!(repositories(&args(None)).unwrap(), ["a+b", "b+c"]);
        assert_eq!(repositories(&args(Some("b+c"))).unwrap(), ["b+c"]);
        assert!(repositories(&args(Some("notes"))).is_err());
    }
}
