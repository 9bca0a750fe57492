//! The builds of a replay, in turn.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::super::super::args::BenchArgs;
use super::super::super::failure::Failure;
use super::super::super::stop::Stop;
use super::super::super::ui::Ui;
use super::super::copies::Copied;
use super::super::end::End;
use super::super::images::Images;
use super::super::program::{Build, Ended, NotTimed};
use super::super::rounds::{CACHE_MOUNTS, options};
use super::begun;
use super::checkout::{Checkout, SALT};
use super::commit_files::CommitFiles;
use super::place::Place;
use super::planner::Planner;
use crate::Seconds;
use crate::bench::statistics::median;
use crate::bench::{Outcome, Replay, Timed, Variant};
use crate::context::git::{Commit, Repository};
use crate::engine::Docker;
use crate::report::{escape, units};

/// All that the builds of a replay need.
pub(super) struct Builds<'a> {
    id: String,
    repository: &'a Repository,
    lines: Vec<Line>,
    options: Vec<String>,
    images: Images<'a>,
    /// Where a variant is a rewrite.
    planner: Option<Planner<'a>>,
    stop: &'a Stop,
    /// Numbers what is built.
    built: usize,
}

/// Where a variant is built.
struct Line {
    variant: Variant,
    place: Place,
    directory: PathBuf,
    checkout: Checkout,
    /// At how many commits its Dockerfile was rewritten.
    rewritten: usize,
    /// What the program took beside its builds so far: its start, and what it does after them.
    around: Vec<Seconds>,
}

impl<'a> Builds<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        variants: Vec<(Variant, Place)>,
        args: &BenchArgs,
        docker: &'a Docker,
        planner: Option<Planner<'a>>,
        directory: &Path,
        stop: &'a Stop,
    ) -> Result<Self, Failure> {
        let directory = directory.canonicalize().context("the temporary directory is gone")?;
        let id = hex::encode(rand::random::<[u8; 8]>());
        let mut lines = Vec::new();
        for (number, (variant, place)) in variants.into_iter().enumerate() {
            let directory = directory.join(format!("variant-{number}"));
            fs::create_dir_all(directory.join("notes"))
                .context("cannot write the temporary directory")?;
            let checkout = Checkout::new(directory.join("now"), format!("{id}-{number}\n"));
            let (rewritten, around) = (0, Vec::new());
            lines.push(Line { variant, place, directory, checkout, rewritten, around });
        }
        Ok(Self {
            images: Images::new(docker, &id),
            id,
            repository,
            lines,
            options: options(args),
            planner,
            stop,
            built: 0,
        })
    }

    /// Builds one commit after the other, each with all variants.
    pub(super) async fn run(
        &mut self,
        commits: &[Commit],
        replay: &mut Replay,
        ui: &mut Ui,
    ) -> Result<(), End> {
        if let Some(first) = commits.first() {
            self.warm_up(first, ui).await?;
        }
        for (at, commit) in commits.iter().enumerate() {
            let mut order: Vec<usize> = (0..self.lines.len()).collect();
            // Whoever builds last in one round builds first in the next.
            if at % 2 == 1 {
                order.reverse();
            }
            let builds = begun(replay, commit, self.lines.len());
            for variant in order {
                builds[variant] = Some(ended(self.commit(variant, commit, ui).await)?);
            }
            let said: Vec<String> = builds.iter().flatten().map(said).collect();
            let (id, count) = (escape::text(&commit.short_id), commits.len());
            let said = said.join(", ");
            ui.status(&format!("replay    {id}, {} of {count}: {said}\n", at + 1))?;
        }
        for line in self.lines.iter().filter(|line| line.variant.is_optimized) {
            let (name, count) = (escape::text(&line.variant.name), commits.len());
            let rewritten = line.rewritten;
            ui.status(&format!("replay    {name}: bettered at {rewritten} of {count} commits\n"))?;
        }
        Ok(())
    }

    /// Builds the first commit once without counting it, so that whoever builds first does not
    /// fetch the base images for all.
    async fn warm_up(&mut self, first: &Commit, ui: &mut Ui) -> Result<(), End> {
        ui.status("replay    warm-up\n")?;
        for variant in 0..self.lines.len() {
            let directory = self.lines[variant].directory.join("warm-up");
            let salt = format!("{}-{variant}-warm-up\n", self.id);
            let mut checkout = Checkout::new(directory.clone(), salt);
            let files = CommitFiles::read(self.repository, first, &self.lines[variant].place);
            let put = files.and_then(|files| checkout.put(&files, &files.text));
            let timed = match put {
                Ok(copy) => {
                    let mounts = format!("{}-{variant}-warm-up", self.id);
                    self.build(variant, &copy, &directory.join("store"), &mounts).await
                }
                Err(not) => Err(not),
            };
            ended(timed)?;
        }
        Ok(())
    }

    async fn commit(
        &mut self,
        variant: usize,
        commit: &Commit,
        ui: &mut Ui,
    ) -> Result<Timed, NotTimed> {
        let line = &mut self.lines[variant];
        let files = CommitFiles::read(self.repository, commit, &line.place)?;
        let rewritten = match &mut self.planner {
            Some(planner) if line.variant.is_optimized => planner.optimized(&files, ui).await?,
            _ => None,
        };
        line.rewritten += usize::from(rewritten.is_some());
        let copy = line.checkout.put(&files, rewritten.as_ref().unwrap_or(&files.text))?;
        let store = line.directory.join("store");
        let mounts = format!("{}-{variant}", self.id);
        self.build(variant, &copy, &store, &mounts).await
    }

    async fn build(
        &mut self,
        variant: usize,
        copy: &Copied,
        store: &Path,
        mounts: &str,
    ) -> Result<Timed, NotTimed> {
        let tag = self.images.begin(variant, self.built);
        self.built += 1;
        let line = &self.lines[variant];
        let build = Build {
            builder: line.variant.builder,
            copy,
            tag: &tag,
            label: &self.images.label(),
            options: &self.options,
            arguments: vec![format!("{CACHE_MOUNTS}={mounts}")],
            no_cache: false,
            store,
            notes: &line.directory.join("notes"),
        };
        // A commit that does not build leaves the image before it.
        let Ended { mut timed, inside } = build.time(self.stop).await?;
        self.images.keep_only(variant, &tag).await?;
        // The step that makes the others the variant's own is ours.
        timed.leave_out_added(|step| step.name.contains(&format!("COPY {SALT} /")));
        if let (Some(expected), Some(inside)) = (&mut timed.expected, inside) {
            // Expected is what the program counts; timed is all of its process.
            let around = &mut self.lines[variant].around;
            expected.seconds = expected.seconds + median(around).unwrap_or_default();
            around.push(timed.seconds.saturating_sub(inside));
        }
        Ok(timed)
    }

    /// Removes all images that are left.
    pub(super) async fn clean(&mut self, ui: &mut Ui) -> Result<(), Failure> {
        self.images.clean(ui).await
    }
}

/// What became of a commit; an error where all ends with it.
pub(super) fn ended(timed: Result<Timed, NotTimed>) -> Result<Outcome, End> {
    match timed {
        Ok(timed) => Ok(Outcome::Built(timed)),
        Err(not_timed) => Ok(Outcome::Failed(not_timed.message()?)),
    }
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Built(timed) => units::seconds(timed.seconds),
        Outcome::Failed(_) => "does not build".to_owned(),
    }
}
