//! `cargo xtask agree`: whether `smartbuild impact` is right about the commits of real repositories.
//!
//! In: a directory of clones, which are only read. For each pair of commits that follow one another
//! on the first parent's line, and for each image, the older one is built by docker's own client on
//! an engine that has never seen it, then the newer one; which steps the engine ran then is compared
//! with what `impact` said of the two commits. Out: a table, a row a repository, the figures of all,
//! and each disagreement with what is needed to see it again.
//!
//! The base images are hollow: their shell accepts every command and does nothing, so that builds
//! need no registry and next to no time. Which steps run does not depend on what commands do, but
//! for what is copied from a stage: there a RUN that runs again leaves what it left before.

mod checkout;
mod docker;
mod dockerfile;
mod figures;
mod forecast;
mod hollow;
mod missing;
mod nothing;
mod reason;
mod trial;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{
    debian, demo,
    engine::{Engine, Version},
    home::Home,
    ui,
};
use checkout::{Checkout, Pair};
use figures::Tally;
use forecast::{Image, Program, Said};
use trial::{Outcome, Trial};

/// What `agree` takes.
#[derive(Debug, Args, PartialEq)]
pub(crate) struct AgreeArgs {
    /// A directory of git clones; they are only read
    pub(crate) repositories: PathBuf,
    /// How many commits of each are built, the newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 8)]
    pub(crate) commits: usize,
    /// Only this repository
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<String>,
    /// Begin with this commit
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub(crate) from: String,
    /// Only images of this Dockerfile
    #[arg(long, value_name = "PATH")]
    pub(crate) dockerfile: Option<String>,
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
    let engine = Engine::offline(home.clone(), args.engine);
    engine.up()?;
    // In the home, which the engine's own client sees under the same path.
    let directory = tempfile::Builder::new()
        .prefix("agree-")
        .tempdir_in(home.path())
        .context("cannot make a directory for checkouts")?;
    ui::result(figures::HEAD)?;
    let (mut all, mut wrong) = (Tally::default(), Vec::new());
    for name in names {
        let place = directory.path().join(&name);
        fs::create_dir(&place).context("cannot make a directory for a checkout")?;
        let checkout = Checkout::of(&args.repositories.join(&name), &place)?;
        let program = Program { binary: &binary, store: &directory.path().join("store") };
        let replay = Replay { args, engine: &engine, program: &program, checkout: &checkout };
        let tally = replay.run(&place, &name, &mut wrong)?;
        let newest = checkout.pairs(&args.from, 1)?.pop();
        let newest = newest.map_or_else(String::new, |pair| short(&pair.after).to_owned());
        ui::result(&tally.row(&name.replacen('+', "/", 1), &newest))?;
        all.add(tally);
        fs::remove_dir_all(&place).context("cannot remove a checkout")?;
    }
    ui::result(&format!("\n{}", all.summary()))?;
    for line in &wrong {
        ui::result(line)?;
    }
    Ok(if all.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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

/// One repository's commits.
struct Replay<'a> {
    args: &'a AgreeArgs,
    engine: &'a Engine,
    program: &'a Program<'a>,
    checkout: &'a Checkout,
}

impl Replay<'_> {
    /// Builds and compares all of them; what is wrong is added to the list.
    fn run(&self, scratch: &Path, name: &str, wrong: &mut Vec<String>) -> Result<Tally> {
        let pairs = self.checkout.pairs(&self.args.from, self.args.commits)?;
        let mut tally = Tally::default();
        let mut built = std::collections::BTreeSet::new();
        let mut forecasts = Vec::new();
        for pair in &pairs {
            match self.program.impact(self.checkout.repository(), pair) {
                Ok(forecast) => forecasts.push((pair, forecast)),
                Err(error) => {
                    tally.leave_out(&format!("impact fails: {}", last_line(&error)));
                }
            }
        }
        for image in self.images(&pairs)? {
            if self.args.dockerfile.as_ref().is_some_and(|wanted| *wanted != image.dockerfile) {
                continue;
            }
            let mut trial = Trial::new(self.engine, self.checkout, scratch);
            for (pair, forecast) in &forecasts {
                let steps = match forecast.of(&image) {
                    None => None,
                    Some(Said::Steps(steps)) => Some(steps),
                    Some(Said::OneSided) => {
                        tally.leave_out("only one of the commits has the image");
                        continue;
                    }
                    Some(Said::Problem(message)) => {
                        tally.leave_out(&format!("impact says: {message}"));
                        continue;
                    }
                };
                let done = match trial.build(pair, &image)? {
                    Outcome::Built(done) => done,
                    Outcome::NotBuilt(message) => {
                        tally.leave_out(&reason::of(&message));
                        ui::note(ui::dim(format_args!(
                            "{name} {} {}: {message}",
                            short(&pair.after),
                            image.name
                        )));
                        continue;
                    }
                };
                let (compared, faults) = figures::compare(steps.as_deref(), &done);
                tally.builds += 1;
                tally.unchanged += usize::from(steps.is_none());
                tally.steps += compared;
                built.insert((image.clone(), pair.after.clone()));
                let again = format!(
                    "{name}, {}: --repository {name} --from {} --commits 1 --dockerfile {}",
                    image.name, pair.after, image.dockerfile
                );
                wrong.extend(faults.into_iter().map(|fault| format!("{fault}\n    {again}")));
            }
        }
        tally.repositories = usize::from(tally.builds > 0);
        let distinct = |of: fn(&(Image, String)) -> &str| {
            built.iter().map(of).collect::<std::collections::BTreeSet<_>>().len()
        };
        tally.images = distinct(|it| &it.0.name);
        tally.commits = distinct(|it| &it.1);
        Ok(tally)
    }

    /// The images that the newest commit has: all are new beside a commit of no files.
    fn images(&self, pairs: &[Pair]) -> Result<Vec<Image>> {
        let Some(newest) = pairs.first() else { return Ok(Vec::new()) };
        let whole = Pair { before: self.checkout.empty_commit()?, after: newest.after.clone() };
        let forecast = self.program.impact(self.checkout.repository(), &whole)?;
        Ok(forecast.images.into_keys().collect())
    }
}

/// As much of a commit's id as tells it from others.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

fn last_line(error: &anyhow::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim().to_owned()
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
            engine: Version::V28_5,
            program: None,
        };
        assert_eq!(repositories(&args(None)).unwrap(), ["a+b", "b+c"]);
        assert_eq!(repositories(&args(Some("b+c"))).unwrap(), ["b+c"]);
        assert!(repositories(&args(Some("notes"))).is_err());
    }
}
