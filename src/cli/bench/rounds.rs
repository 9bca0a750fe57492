//! The builds of a bench, in turn.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::super::args::{Assignment, BenchArgs};
use super::super::failure::Failure;
use super::super::project::Project;
use super::super::stop::Stop;
use super::super::ui::Ui;
use super::copies::{self, Copied};
use super::end::End;
use super::finding::{Wanted, WantedVariant};
use super::images::Images;
use super::program::{Build, NotTimed, shell};
use crate::Digest;
use crate::bench::{Bench, Builder, Change, Measured, Scenario, Series, Timed};
use crate::context::{self, IgnoreRules};
use crate::engine::Docker;
use crate::report::{escape, units};

/// The build argument by which the engine keeps cache mounts apart.
pub(super) const CACHE_MOUNTS: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// All that the builds of a bench need.
pub(super) struct Rounds<'a> {
    id: String,
    wanted: &'a Wanted,
    places: Vec<Place>,
    options: Vec<String>,
    runs: usize,
    warmup: usize,
    images: Images<'a>,
    stop: &'a Stop,
    /// Numbers what is built: the images, and the words in what is changed.
    built: usize,
    /// What was built after a command changed it.
    trees: HashSet<Digest>,
}

/// Where a variant is built.
struct Place {
    copy: Copied,
    store: PathBuf,
    notes: PathBuf,
    /// The context as the user has it.
    pristine: PathBuf,
}

impl<'a> Rounds<'a> {
    /// Copies the contexts into `directory`.
    pub(super) fn new(
        wanted: &'a Wanted,
        args: &BenchArgs,
        docker: &'a Docker,
        directory: &Path,
        stop: &'a Stop,
    ) -> Result<Self, Failure> {
        // The directory's canonical name, as it is asked for again by the builds.
        let directory = directory.canonicalize().context("the temporary directory is gone")?;
        for (number, project) in wanted.projects.iter().enumerate() {
            let pristine = directory.join(format!("original-{number}"));
            copies::copy_context(&project.snapshot, &project.source.root, &pristine)?;
        }
        let mut places = Vec::new();
        for (number, variant) in wanted.variants.iter().enumerate() {
            let directory_of = directory.join(format!("variant-{number}"));
            let pristine = directory.join(format!("original-{}", variant.project));
            let context = directory_of.join("context");
            let copy = fresh(&wanted.projects[variant.project], variant, &pristine, &context)?;
            let notes = directory_of.join("notes");
            fs::create_dir(&notes).context("cannot write the temporary directory")?;
            places.push(Place { copy, store: directory_of.join("store"), notes, pristine });
        }
        let id = hex::encode(rand::random::<[u8; 8]>());
        Ok(Self {
            images: Images::new(docker, &id),
            id,
            wanted,
            places,
            options: options(args),
            runs: args.runs.into(),
            warmup: args.warmup.into(),
            stop,
            built: 0,
            trees: HashSet::new(),
        })
    }

    /// Builds everything once without cache, then takes the runs of one scenario after the other.
    pub(super) async fn run(
        &mut self,
        scenarios: &[Scenario],
        bench: &mut Bench,
        ui: &mut Ui,
    ) -> Result<(), End> {
        for variant in 0..self.places.len() {
            let name = &self.wanted.variants[variant].variant.name;
            ui.status(&format!("bench     {}: first build\n", escape::text(name)))?;
            let first = self.build(variant, Vec::new(), false, true).await;
            first.map_err(|not| first_end(not, &self.wanted.variants[variant]))?;
        }
        for scenario in scenarios {
            let series = vec![Series::default(); self.places.len()];
            bench.measured.push(Measured { scenario: scenario.clone(), series });
            let Some(measured) = bench.measured.last_mut() else { continue };
            self.scenario(measured, ui).await?;
        }
        Ok(())
    }

    async fn scenario(&mut self, measured: &mut Measured, ui: &mut Ui) -> Result<(), End> {
        let name = escape::text(&measured.scenario.name).into_owned();
        for round in 0..self.warmup + self.runs {
            let mut order: Vec<usize> = (0..self.places.len()).collect();
            // Whoever builds last in one round builds first in the next.
            if round % 2 == 1 {
                order.reverse();
            }
            let mut said = Vec::new();
            for variant in order {
                let series = &mut measured.series[variant];
                if series.failure.is_some() {
                    continue;
                }
                match self.one(variant, &measured.scenario).await {
                    Ok(timed) => {
                        said.push(units::seconds(timed.seconds));
                        if round >= self.warmup {
                            series.push(timed);
                        }
                    }
                    Err(not_timed) => {
                        series.failure = Some(not_timed.message()?);
                        said.push("failed".to_owned());
                    }
                }
            }
            if round % 2 == 1 {
                said.reverse();
            }
            if said.is_empty() {
                return Ok(());
            }
            let which = match round.checked_sub(self.warmup) {
                Some(run) => format!("run {} of {}", run + 1, self.runs),
                None => "warm-up".to_owned(),
            };
            ui.status(&format!("bench     {name}, {which}: {}\n", said.join(", ")))?;
        }
        Ok(())
    }

    /// Changes the variant's copy, builds it, and takes the change back.
    async fn one(&mut self, variant: usize, scenario: &Scenario) -> Result<Timed, NotTimed> {
        let salt = format!("smartbuild-bench-{}-{}", self.id, self.built);
        match &scenario.change {
            Change::Nothing => self.build(variant, Vec::new(), false, false).await,
            Change::Cold => self.build(variant, Vec::new(), true, true).await,
            Change::Argument(name) => {
                self.build(variant, vec![format!("{name}={salt}")], false, false).await
            }
            Change::Edit { path, edit } => {
                let place = &self.places[variant];
                let original = path.on_disk(&place.pristine);
                let original = fs::read(&original)
                    .with_context(|| format!("cannot read {}", original.display()))?;
                let Some(edited) = edit.apply(&original, &salt) else {
                    let message = format!("{path} is not the text that its name says");
                    return Err(NotTimed::Failed(message));
                };
                copies::overwrite(&place.copy.context, path, &edited)?;
                let run = self.build(variant, Vec::new(), false, false).await;
                copies::overwrite(&self.places[variant].copy.context, path, &original)?;
                run
            }
            Change::Shell(command) => {
                let run = self.after(command, variant, &salt).await;
                let place = &self.places[variant];
                copies::make_removable(&place.copy.context);
                fs::remove_dir_all(&place.copy.context).context("cannot remove a copy")?;
                let of = &self.wanted.variants[variant];
                let project = &self.wanted.projects[of.project];
                fresh(project, of, &place.pristine, &place.copy.context)?;
                run
            }
        }
    }

    /// Builds after a command, where it has made something that was never built.
    async fn after(
        &mut self,
        command: &str,
        variant: usize,
        salt: &str,
    ) -> Result<Timed, NotTimed> {
        let place = &self.places[variant];
        let mut started =
            shell(command, &place.copy.context, salt, &place.notes, self.stop).await?;
        let run = self.changed(variant).await;
        // What it has left may serve the build, and has nothing to do after it.
        started.end().await;
        run
    }

    /// Builds a copy that a command has changed.
    async fn changed(&mut self, variant: usize) -> Result<Timed, NotTimed> {
        let tree = tree(&self.places[variant].copy)?;
        if !self.trees.insert(tree) {
            let message = "its command left files that were built before, so that one build would \
                           help the other; have it write $SMARTBUILD_BENCH_SALT into a file";
            return Err(NotTimed::Failed(message.to_owned()));
        }
        self.build(variant, Vec::new(), false, false).await
    }

    /// Builds a variant as its copy is now.
    ///
    /// `is_apart` is for builds that are to know nothing of others: with their own records and
    /// cache mounts where they are measured, and with the variant's where they come first.
    async fn build(
        &mut self,
        variant: usize,
        mut arguments: Vec<String>,
        is_apart: bool,
        no_cache: bool,
    ) -> Result<Timed, NotTimed> {
        let number = self.built;
        self.built += 1;
        let place = &self.places[variant];
        let (store, mounts) = if is_apart {
            (place.store.with_extension(number.to_string()), format!("{}-{number}-cold", self.id))
        } else {
            (place.store.clone(), format!("{}-{variant}", self.id))
        };
        arguments.push(format!("{CACHE_MOUNTS}={mounts}"));
        let tag = self.images.begin(variant, number);
        let build = Build {
            builder: self.wanted.variants[variant].variant.builder,
            copy: &place.copy,
            tag: &tag,
            label: &self.images.label(),
            options: &self.options,
            arguments,
            no_cache,
            store: &store,
            notes: &place.notes,
        };
        let timed = build.time(self.stop).await;
        self.images.keep_only(variant, &tag).await?;
        timed.map(|ended| ended.timed)
    }

    /// Removes all images that are left.
    pub(super) async fn clean(&mut self, ui: &mut Ui) -> Result<(), Failure> {
        self.images.clean(ui).await
    }
}

/// The variant's copy of the context, made anew.
fn fresh(
    project: &Project,
    variant: &WantedVariant,
    pristine: &Path,
    context: &Path,
) -> anyhow::Result<Copied> {
    copies::copy_context(&project.snapshot, pristine, context)?;
    let mut copied = copies::put_dockerfile(&project.source, &variant.text, context)?;
    if variant.variant.is_optimized {
        copied.told.name.push_str(", optimized");
    }
    Ok(copied)
}

/// The digest of what would be sent of a copy.
fn tree(copy: &Copied) -> anyhow::Result<Digest> {
    let rules = IgnoreRules::load(&copy.context, &copy.dockerfile)?;
    let snapshot = context::snapshot(&copy.context, &rules)?;
    let dockerfile = fs::read(&copy.dockerfile).context("the command removed the Dockerfile")?;
    let both = format!("{} {}", snapshot.digest(), Digest::of(&dockerfile));
    Ok(Digest::of(both.as_bytes()))
}

/// What the user gave, in words that both builders take.
pub(super) fn options(args: &BenchArgs) -> Vec<String> {
    let mut options = Vec::new();
    for Assignment { name, value } in &args.build_args {
        let given = value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}={value}"));
        options.extend(["--build-arg".to_owned(), given]);
    }
    for (option, value) in [("--target", &args.target), ("--platform", &args.platform)] {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            options.extend([option.to_owned(), value.clone()]);
        }
    }
    options
}

/// How a bench ends whose first builds fail.
fn first_end(not_timed: NotTimed, variant: &WantedVariant) -> End {
    let message = match not_timed.message() {
        Ok(message) => message,
        Err(end) => return end,
    };
    let how = match variant.variant.builder {
        Builder::Smartbuild => "smartbuild build",
        Builder::Docker => "docker build",
    };
    End::Failed(format!(
        "{} does not build, so there is nothing to measure; see `{how}`:\n{message}",
        variant.variant.name
    ))
}
