//! The store as the commands use it: plain records to what `predict` knows, and back.

mod arguments;
mod copies;
#[cfg(test)]
mod damage_tests;
mod recent;
#[cfg(test)]
mod unrecorded_tests;
mod up_to_date;

use std::cell::RefCell;
use std::collections::HashMap;

use super::environment::Environment;
use super::file_records::file;
use super::process;
use super::ui::Ui;
use crate::optimize::PastBuild;
use crate::plan::{KeyInput, Plan, Step, StepKey, StepKind};
use crate::predict::eviction::{Evictions, Layers, Remembered, Survey, evictions};
use crate::predict::{
    self, Fate, FileTable, Knowledge, PastDuration, PastRun, PastTimes, PreviousBuild,
    PreviousStep, Route, longest_path,
};
use crate::store::{
    BuildRecord, Holding, Holdings, Manifest, Outcome, Sight, StepRecord, StepRun, Store,
    StoreError, Unrecorded,
};
use crate::{BaseImage, Digest, Seconds};

/// How many past builds tell how long the next one takes: older ones weigh nothing any more.
const TIMED_BUILDS: usize = 10;

/// Which builds are compared: one Dockerfile and target of one project on one engine.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) engine: String,
    pub(super) project: String,
    pub(super) dockerfile: String,
    pub(super) target: Option<String>,
}

/// The store, or nothing where it cannot be used: then everything works, and nothing is known.
#[derive(Debug)]
pub(super) struct Memory {
    store: Option<Store>,
    /// Whether there are records, and they cannot be read.
    is_unreadable: bool,
    /// Whether a record could not be written: then none is any more, and what is there is read on.
    is_closed: bool,
    /// What is told beside the store, where there is a place for it.
    unrecorded: Option<Unrecorded>,
    last_files: LastFiles,
    first_failure: FirstFailure,
}

/// What was wrong when the store could first not be read. What is read after it counts for nothing:
/// a key that cannot be found is not one that the engine does not have.
type FirstFailure = RefCell<Option<StoreError>>;

/// The files that were asked for last: those of the last build and those of the engine's copy of
/// the context are mostly one manifest, which is read and held once.
type LastFiles = RefCell<Option<(Manifest, FileTable)>>;

impl Memory {
    /// Opens the store; where that fails, says so once.
    pub(super) fn open(environment: &Environment, ui: &mut Ui) -> std::io::Result<Self> {
        let Some(directory) = &environment.cache_directory else {
            ui.warning("going on without records: set SMARTBUILD_CACHE_DIR or HOME")?;
            return Ok(Self::of(None, None));
        };
        let unrecorded = Some(Unrecorded::of(directory));
        match Store::open(directory) {
            Ok(store) => Ok(Self::of(Some(store), unrecorded)),
            Err(error) => {
                ui.warning(&format!("going on without records: {error}"))?;
                // Where there is no directory, there are no records either.
                let is_unreadable = !matches!(error, StoreError::Directory { .. });
                Ok(Self { is_unreadable, ..Self::of(None, unrecorded) })
            }
        }
    }

    fn of(store: Option<Store>, unrecorded: Option<Unrecorded>) -> Self {
        Self {
            store,
            is_unreadable: false,
            is_closed: false,
            unrecorded,
            last_files: LastFiles::default(),
            first_failure: FirstFailure::default(),
        }
    }

    /// Whether records are written, as far as is known.
    pub(super) fn is_written(&self) -> bool {
        self.store.is_some() && !self.is_closed
    }

    /// Reads the store; a failure is kept for [`Self::give_up_if_damaged`].
    pub(super) fn read<T>(&self, work: impl FnOnce(&Store) -> Result<T, StoreError>) -> Option<T> {
        match work(self.store.as_ref()?) {
            Ok(found) => Some(found),
            Err(error) => {
                self.first_failure.borrow_mut().get_or_insert(error);
                None
            }
        }
    }

    /// Goes on without the store, and says so, where anything of it could not be read. Whoever asked
    /// before has to ask again.
    pub(super) fn give_up_if_damaged(&mut self, ui: &mut Ui) -> std::io::Result<bool> {
        let Some(error) = self.first_failure.take() else { return Ok(false) };
        ui.warning(&format!("going on without records: {error}"))?;
        self.store = None;
        self.is_unreadable = true;
        Ok(true)
    }

    /// Writes to the store; where that fails, says so and writes no more. What can be read still is.
    pub(super) fn write(
        &mut self,
        ui: &mut Ui,
        work: impl FnOnce(&mut Store) -> Result<(), StoreError>,
    ) -> std::io::Result<()> {
        if let Some(store) = self.store.as_mut().filter(|_| !self.is_closed)
            && let Err(error) = work(store)
        {
            ui.warning(&format!("going on without new records: {error}"))?;
            self.is_closed = true;
            if matches!(error, StoreError::Damaged { .. }) {
                self.store = None;
                self.is_unreadable = true;
                // Said once is enough.
                self.first_failure.take();
            }
        }
        Ok(())
    }

    /// The build that a plan is compared with: the last one of this line, or a later one of another
    /// target that had all of the plan's steps.
    pub(super) fn previous(&self, line: &Line, plan: &Plan) -> Option<PreviousBuild> {
        let (engine, project, dockerfile) = (&line.engine, &line.project, &line.dockerfile);
        let newest = self.read(|store| store.latest_target(engine, project, dockerfile))??;
        let of = |target: Option<&str>| {
            self.read(|store| store.latest_build(engine, project, dockerfile, target))?
        };
        let own = of(line.target.as_deref());
        let other = if newest == line.target { None } else { of(newest.as_deref()) };
        let has_all = |(build, _): &(BuildRecord, _)| has_steps_of(build, plan);
        let (build, manifest) = other.filter(|it| own.is_none() || has_all(it)).or(own)?;
        let files = match manifest {
            Some(manifest) => self.files(manifest)?,
            None => FileTable::new(),
        };
        Some(PreviousBuild { files, steps: build.steps.into_iter().filter_map(step).collect() })
    }

    /// How long this step, or the last one with the same text, took when it ran.
    pub(super) fn measured(&self, line: &Line, step: &Step) -> Option<Seconds> {
        let known = self.read(|store| store.known(&line.engine, &[step.key.0]))?;
        let of_key = known.get(&step.key.0).filter(|timing| timing.runs > 0);
        if let Some(timing) = of_key {
            return Some(timing.seconds);
        }
        let (name, instruction) = (&step.name, &step.instruction);
        self.read(|store| store.nearest_run(&line.engine, &line.project, name, instruction))??
            .seconds
    }

    /// What the last builds of this line changed, each against the one before it.
    pub(super) fn changes(&self, line: &Line, limit: usize) -> Vec<PastBuild> {
        let target = line.target.as_deref();
        let manifests = self.read(|store| {
            store.latest_files(&line.engine, &line.project, &line.dockerfile, target, limit)
        });
        let tables = manifests.unwrap_or_default().into_iter().map(|it| self.files(it));
        let tables: Vec<FileTable> = tables.collect::<Option<_>>().unwrap_or_default();
        tables.windows(2).map(|pair| PastBuild::between(&pair[1], &pair[0])).collect()
    }

    /// [`Sight::number`] of every engine.
    pub(super) fn sight_numbers(&self) -> HashMap<String, i64> {
        self.read(Store::sight_numbers).unwrap_or_default()
    }

    /// The image that a build with these inputs gave, as long as the engine would give it again.
    pub(super) fn image_of(&self, line: &Line, inputs: &Digest) -> Option<Digest> {
        let target = line.target.as_deref();
        self.read(|store| {
            store.image_of(&line.engine, &line.project, &line.dockerfile, target, inputs)
        })?
    }

    /// What this engine's cache held after the last build.
    pub(super) fn sight(&self, engine: &str) -> Option<Sight> {
        self.read(|store| store.sight(engine))?
    }

    /// Where the results of these keys are.
    pub(super) fn holdings(&self, engine: &str, keys: &[Digest]) -> Holdings {
        self.read(|store| store.holdings(engine, keys)).unwrap_or_default()
    }

    fn files(&self, manifest: Manifest) -> Option<FileTable> {
        if let Some((last, files)) = &*self.last_files.borrow()
            && *last == manifest
        {
            return Some(files.clone());
        }
        let files: FileTable = self.read(|store| store.files(manifest, |record| file(&record)))?;
        self.last_files.replace(Some((manifest, files.clone())));
        Some(files)
    }

    /// Whether others have built on this engine, by what it lists now or else did at the last look.
    fn is_shared(&self, engine: &str, survey: Option<&Survey>) -> bool {
        let own = self.read(|store| store.own_records(engine)).unwrap_or_default();
        match survey {
            Some(survey) => survey.others_have_built(&own),
            None => self.sight(engine).is_some_and(|sight| {
                predict::eviction::others_have_built(sight.records.iter(), |id| own.contains(id))
            }),
        }
    }

    /// What is known of the steps of a plan.
    pub(super) fn knowledge(
        &self,
        line: &Line,
        plan: &Plan,
        previous: Option<PreviousBuild>,
        survey: Option<&Survey>,
    ) -> Knowledge {
        let unreadable = self.is_unreadable;
        let mut knowledge = Knowledge { unreadable, previous, ..Knowledge::default() };
        if self.store.is_none() {
            return knowledge;
        }
        knowledge.recorded = self.read(|store| store.has_records(&line.engine)).unwrap_or(false);
        let keys: Vec<Digest> =
            plan.steps.iter().flat_map(Step::asked_keys).map(|key| key.0).collect();
        let known = self.read(|store| store.known(&line.engine, &keys)).unwrap_or_default();
        knowledge.known = known
            .into_iter()
            .map(|(key, timing)| (StepKey(key), (timing.runs > 0).then_some(timing.seconds)))
            .collect();
        let open = self.read(|store| store.left_open(&line.engine, &keys)).unwrap_or_default();
        knowledge.left_open = open.into_iter().map(StepKey).collect();
        let mut holdings = Holdings::new();
        if survey.is_some() {
            holdings = self.holdings(&line.engine, &keys);
        }
        // Without a listing a forecast rests on records.
        let memory_of = |StepKey(key): &StepKey| {
            survey.map_or(Remembered::Yes, |survey| survey.remembers(holdings.get(key)))
        };
        knowledge.is_shared = is_known_by_manifest(plan) && self.is_shared(&line.engine, survey);
        knowledge.know_by_layers(plan, memory_of);
        if let Some(survey) = survey {
            let images = self.image_layers(line, plan, &knowledge, survey);
            knowledge.evictions = evictions_of(plan, &knowledge, &holdings, &images, survey);
        }
        let typical = self.read(|store| store.typical_seconds(&line.engine)).unwrap_or_default();
        knowledge.typical = typical
            .into_iter()
            .filter_map(|(kind, seconds)| Some((kind_of(&kind)?, seconds)))
            .collect::<HashMap<_, _>>();
        knowledge.times = self.times(line);
        knowledge
    }

    /// What the engine lacks of a plan by another look at its cache.
    pub(super) fn evictions(
        &self,
        line: &Line,
        plan: &Plan,
        knowledge: &Knowledge,
        survey: &Survey,
    ) -> Evictions {
        let keys: Vec<Digest> =
            plan.steps.iter().flat_map(Step::asked_keys).map(|key| key.0).collect();
        let images = self.image_layers(line, plan, knowledge, survey);
        evictions_of(plan, knowledge, &self.holdings(&line.engine, &keys), &images, survey)
    }

    /// The records on which the steps of the last build stand, those of its base images among them;
    /// none where these are not the plan's.
    fn image_layers(
        &self,
        line: &Line,
        plan: &Plan,
        knowledge: &Knowledge,
        survey: &Survey,
    ) -> Layers {
        let Some(previous) = &knowledge.previous else { return Layers::new() };
        let had = |step: &Step| previous.steps.iter().any(|old| old.key == step.key);
        let mut images = plan.steps.iter().filter(|step| step.kind == StepKind::From);
        if !images.all(had) {
            return Layers::new();
        }
        let keys: Vec<Digest> = previous.steps.iter().map(|step| step.key.0).collect();
        let holdings = self.holdings(&line.engine, &keys);
        let records = holdings.values().flat_map(|held| &held.records);
        survey.stood_on(records)
    }

    /// How long the steps of this project took, and the builds of this line.
    pub(super) fn times(&self, line: &Line) -> PastTimes {
        let runs = self.read(|store| store.runs(&line.engine, &line.project, TIMED_BUILDS));
        let runs = runs.unwrap_or_default();
        let run = |run: StepRun| PastRun {
            name: run.name,
            instruction: run.instruction,
            seconds: run.seconds,
        };
        let runs: Vec<PastRun> = runs.into_iter().map(run).collect();
        let builds = self.builds(line, TIMED_BUILDS);
        let builds = builds.iter().filter(|build| build.succeeded).map(duration);
        PastTimes::new(&runs, builds.collect())
    }

    /// What the newest builds of this line did with their steps, newest first.
    pub(super) fn past_steps(&self, line: &Line, limit: usize) -> Vec<predict::PastBuild> {
        self.builds(line, limit).into_iter().map(past_build).collect()
    }

    /// The newest builds of this line, newest first, without their files.
    pub(super) fn builds(&self, line: &Line, limit: usize) -> Vec<BuildRecord> {
        let target = line.target.as_deref();
        let builds = self.read(|store| {
            store.latest_builds(&line.engine, &line.project, &line.dockerfile, target, limit)
        });
        builds.unwrap_or_default()
    }

    /// What an engine said of a base image when it last answered.
    pub(super) fn image(&self, engine: &str, name: &str, platform: &str) -> Option<BaseImage> {
        let json = self.read(|store| store.image(engine, name, platform))??;
        serde_json::from_str(&json).ok()
    }

    /// Keeps what an engine says of a base image. What is kept already is not written again: most
    /// commands change nothing, and the store may be one that only others write.
    pub(super) fn remember_image(
        &mut self,
        engine: &str,
        name: &str,
        platform: &str,
        image: &BaseImage,
        ui: &mut Ui,
    ) -> std::io::Result<()> {
        if self.image(engine, name, platform).as_ref() == Some(image) {
            return Ok(());
        }
        let json = serde_json::to_string(image)?;
        self.write(ui, |store| store.remember_image(engine, name, platform, &json))
    }

    /// Keeps what a build taught.
    pub(super) fn record(&mut self, build: &BuildRecord, ui: &mut Ui) -> std::io::Result<()> {
        self.write(ui, |store| {
            store.record(build)?;
            let Some(copy) = &build.context_copy else { return Ok(()) };
            let (builder, fresh) = (process::name(), process::fresh_word());
            store.end_context(&build.engine, &build.project, &builder, copy, &fresh)
        })?;
        // A build beside this one may have forgotten what was noted when it began.
        if !self.is_written() {
            self.note_unrecorded(&build.engine, &build.project);
        }
        Ok(())
    }
}

/// What a build did with its steps.
fn past_build(build: BuildRecord) -> predict::PastBuild {
    let step = |step: StepRecord| predict::PastStep {
        name: step.name,
        instruction: step.instruction,
        fate: match step.outcome {
            Outcome::Cached => Fate::Reused,
            Outcome::Ran => Fate::Ran(step.seconds),
            Outcome::Failed | Outcome::NotReached => Fate::Neither,
        },
        cause: step.cause.and_then(|cause| serde_json::from_str(&cause).ok()),
    };
    predict::PastBuild {
        started: build.started,
        steps: build.steps.into_iter().map(step).collect(),
    }
}

/// What a build took, with the steps that it ran.
pub(super) fn duration(build: &BuildRecord) -> PastDuration {
    let ran = |step: &&StepRecord| step.outcome == Outcome::Ran && step.kind != "FROM";
    let names = build.steps.iter().filter(ran).map(|step| &*step.name);
    let path = longest_path(build.steps.iter().map(|step| {
        let inputs: Vec<KeyInput> = serde_json::from_str(&step.inputs).unwrap_or_default();
        let needed = inputs.into_iter().filter_map(|input| match input {
            KeyInput::Parent { step }
            | KeyInput::StageOutput { step, .. }
            | KeyInput::StageFiles { step, .. } => Some(step),
            _ => None,
        });
        (needed.collect::<Vec<_>>(), step.seconds.unwrap_or_default())
    }));
    PastDuration::new(names, build.seconds, path)
}

/// Whether a build had every step of the plan, with whatever files.
fn has_steps_of(build: &BuildRecord, plan: &Plan) -> bool {
    let is_in = |step: &Step| {
        let mut steps = build.steps.iter();
        steps.any(|old| old.kind == kind_name(step.kind) && old.name == step.name)
    };
    plan.steps.iter().all(is_in)
}

fn step(record: StepRecord) -> Option<PreviousStep> {
    Some(PreviousStep {
        kind: kind_of(&record.kind)?,
        key: StepKey(record.key),
        inputs: serde_json::from_str(&record.inputs).ok()?,
        name: record.name,
        instruction: record.instruction,
        seconds: record.seconds,
        is_built: matches!(record.outcome, Outcome::Cached | Outcome::Ran),
    })
}

/// A step's keyword as it is kept.
pub(super) fn kind_name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::From => "FROM",
        StepKind::Run => "RUN",
        StepKind::Copy => "COPY",
        StepKind::Add => "ADD",
        StepKind::Workdir => "WORKDIR",
        StepKind::Setting => "SETTING",
    }
}

fn kind_of(name: &str) -> Option<StepKind> {
    let kinds = [
        StepKind::From,
        StepKind::Run,
        StepKind::Copy,
        StepKind::Add,
        StepKind::Workdir,
        StepKind::Setting,
    ];
    kinds.into_iter().find(|kind| kind_name(*kind) == name)
}

/// Whether the engine knows the images of a plan by their manifests.
fn is_known_by_manifest(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.kind == StepKind::From && step.key != step.layers_key)
}

fn evictions_of(
    plan: &Plan,
    knowledge: &Knowledge,
    holdings: &Holdings,
    images: &Layers,
    survey: &Survey,
) -> Evictions {
    let holdings = by_routes(plan, &knowledge.routes, holdings);
    evictions(plan, |key| knowledge.known.contains_key(key), &holdings, images, survey)
}

/// Where each step's result is, among the keys of which the engine may have it, told of its own; and
/// what is known of such steps with whatever files.
fn by_routes(plan: &Plan, routes: &[Route], holdings: &Holdings) -> Holdings {
    let newest = |(step, route): (&Step, &Route)| {
        let places = route.places(step).into_iter().filter_map(|place| holdings.get(&place.0));
        let is_settled = places.clone().any(|holding| holding.is_settled);
        let held = places.max_by_key(|holding| holding.losses)?;
        Some((step.key.0, Holding { is_settled, ..held.clone() }))
    };
    let of_loose = |step: &Step| {
        let StepKey(loose) = step.content_keys.loose?;
        Some((loose, holdings.get(&loose)?.clone()))
    };
    let loose = plan.steps.iter().filter_map(of_loose);
    plan.steps.iter().zip(routes).filter_map(newest).chain(loose).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ui::Surroundings;

    #[test]
    fn an_image_that_is_known_is_not_written_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let environment = Environment {
            cache_directory: Some(directory.path().to_owned()),
            ..Environment::default()
        };
        let mut ui =
            Ui::new(&Surroundings::default(), Box::new(std::io::sink()), Box::new(std::io::sink()));
        let log = directory.path().join(format!("{}-wal", crate::store::FILE_NAME));
        let mut was_written = |image: &BaseImage| {
            let mut memory = Memory::open(&environment, &mut ui).expect("a store");
            // What is written goes into the log first, which begins empty.
            let log = || std::fs::metadata(&log).map_or(0, |log| log.len());
            let before = log();
            memory.remember_image("engine", "busybox", "", image, &mut ui).expect("it is kept");
            assert_eq!(memory.image("engine", "busybox", "").as_ref(), Some(image));
            log() > before
        };
        let old = BaseImage { id: "sha256:1".into(), ..BaseImage::default() };
        let new = BaseImage { id: "sha256:2".into(), ..BaseImage::default() };
        assert!(was_written(&old));
        assert!(!was_written(&old));
        assert!(was_written(&new));
    }

    /// With containerd's store, an image with another label: its layers are what the engine finds.
    #[test]
    fn a_step_that_is_found_by_layers_is_where_these_say() {
        let dockerfile = crate::dockerfile::Dockerfile::parse("Dockerfile", "FROM base\nRUN one\n");
        let image = BaseImage { id: "sha256:2".into(), ..BaseImage::default() };
        let plan = crate::plan::plan(crate::plan::PlanRequest {
            dockerfile: &dockerfile.expect("a Dockerfile"),
            snapshot: &crate::context::Snapshot::new(Vec::new(), 0),
            images: &[("base".into(), image)].into(),
            options: &crate::plan::BuildOptions::default(),
            dialect: crate::plan::Dialect::default().with_merging(true),
        })
        .expect("a plan");
        let step = &plan.steps[1];
        let held = |losses| Holding { losses, ..Holding::default() };
        let holdings: Holdings = [(step.key.0, held(0)), (step.layers_key.0, held(1))].into();
        let losses = |route| {
            let found = by_routes(&plan, &[route; 2], &holdings);
            found.get(&step.key.0).map(|holding| holding.losses)
        };
        assert_eq!(losses(Route::Manifest), Some(0));
        assert_eq!(losses(Route::Layers), Some(1));
        assert_eq!(losses(Route::Both), Some(1));
    }

    #[test]
    fn kinds_come_back_as_they_were() {
        for kind in [StepKind::From, StepKind::Run, StepKind::Copy, StepKind::Setting] {
            assert_eq!(kind_of(kind_name(kind)), Some(kind));
        }
    }
}
