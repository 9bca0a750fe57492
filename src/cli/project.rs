//! One project, read and planned: what every command begins with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::args::{Assignment, BuildFlags, ContextSource};
use super::base_images::Lookup;
use super::builder::{self, records_of};
use super::context_files::{DAMAGED_INDEX, WantedFiles, unreadable};
use super::engines::{self, Answered};
use super::environment::Environment;
use super::failure::Failure;
use super::file_records::is_as_told;
use super::held;
use super::memory::{Line, Memory};
use super::own_output;
use super::source::{self, Source};
use super::ui::Ui;
use crate::context::{self, ContextPath, ModifiedTime, Snapshot};
use crate::dockerfile::{Span, is_dockers_frontend};
use crate::engine::{Docker, EngineInfo, ImageStore};
use crate::plan::{
    self, BaseImages, BuildOptions, BuilderKind, Dialect, NamedContext, Plan, PlanRequest,
    Platform, StepKey,
};
use crate::predict::eviction::{ContextCopy, Survey};
use crate::predict::{
    FileTable, Forecast, Route, announced_times, as_the_engine_has_it,
    directories_with_other_modes, directories_with_renames, files_to_send, predict,
};
use crate::report::ContextLine;
use crate::report::json::{ContextSummary, Subject};

/// Whether a command can do without an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EngineNeed {
    /// It builds.
    Required,
    /// It says more with one.
    Optional,
}

/// Which of its copies of the contexts the engine is to bring up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextCopy {
    /// That of the last build.
    Same,
    /// A new one.
    New,
}

/// A project with its plan and forecast.
pub(super) struct Project {
    pub(super) source: Source,
    /// The context as it is on disk.
    pub(super) snapshot: Arc<Snapshot>,
    /// The context as the engine will have it.
    pub(super) seen: Arc<Snapshot>,
    /// Files that are sent as they were, since our own output changes them.
    pub(super) held: BTreeMap<ContextPath, Bytes>,
    /// Files that are announced with another time than they have.
    pub(super) announced: BTreeMap<ContextPath, ModifiedTime>,
    /// Files whose content the engine does not have, as far as is known.
    pub(super) to_send: Vec<ContextPath>,
    pub(super) plan: Plan,
    pub(super) forecast: Forecast,
    /// The records of the engine's copy of the context, as long as it has that.
    pub(super) context_records: Vec<String>,
    /// Whether the engine said that it still has all that it would reuse, and no other made any of
    /// it again.
    pub(super) is_confirmed: bool,
    /// Whether the engine would be told of the context just what it was told last, and still has.
    pub(super) is_as_told: bool,
    pub(super) next_copy: NextCopy,
    /// By which keys of the images below it the engine has each step.
    pub(super) routes: Vec<Route>,
    pub(super) options: BuildOptions,
    pub(super) dialect: Dialect,
    pub(super) images: BaseImages,
    pub(super) engine: Option<EngineInfo>,
    pub(super) docker: Option<Docker>,
    /// Whether nothing is wrong but that no engine runs, which nobody was told yet.
    pub(super) is_engine_absent: bool,
    pub(super) memory: Memory,
    pub(super) line: Line,
    pub(super) context: ContextLine,
}

impl Project {
    /// Under which keys the engine has a step of the plan, the first of them the one to find it by.
    pub(super) fn kept_under(&self, place: usize) -> Vec<StepKey> {
        let Some(step) = self.plan.steps.get(place) else { return Vec::new() };
        self.routes.get(place).copied().unwrap_or(Route::Manifest).keys(step)
    }

    /// What a report is about.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            dockerfile: &self.source.file.name,
            target: self.options.target.as_deref(),
            engine: self.engine.as_ref(),
            context: ContextSummary {
                files: self.snapshot.files(),
                bytes: self.snapshot.bytes(),
                ignored: self.snapshot.ignored(),
                digest: self.snapshot.digest(),
            },
        }
    }
}

/// Reads the project, finds the engine meanwhile, plans and predicts.
pub(super) async fn prepare(
    path: &Path,
    flags: &BuildFlags,
    need: EngineNeed,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Project, Failure> {
    let source = source::read(path, flags.file.as_deref(), &flags.contexts)?;
    prepare_source(source, flags, need, environment, ui).await
}

/// As [`prepare`], with a Dockerfile that was read already.
pub(super) async fn prepare_source(
    mut source: Source,
    flags: &BuildFlags,
    need: EngineNeed,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Project, Failure> {
    let begun = Instant::now();
    let builder = builder::wanted(environment)?;
    builder::check(builder, flags)?;
    if builder == BuilderKind::Classic {
        source.rules = source.rules.for_classic_builder();
    }
    let wanted = WantedFiles::of(&source, environment.cache_directory.as_deref());
    let walk = tokio::task::spawn_blocking(move || (wanted.read(), begun.elapsed()));
    let mut memory = Memory::open(environment, ui)?;
    // Beside the walk, which may take longer than all that is asked.
    let asked = ask(&source, flags, builder, need, environment, &mut memory, ui).await;
    let (read, took) = walk.await.context("reading the context ended early")?;
    let (snapshot, is_index_damaged) = read.map_err(|error| unreadable(error, &source, ui))?;
    let (snapshot, held) = own_output::hold(snapshot, &source.root, &environment.outputs);
    if is_index_damaged {
        ui.warning(DAMAGED_INDEX)?;
    }
    let context = ContextLine {
        files: snapshot.files(),
        bytes: snapshot.bytes(),
        ignored: snapshot.ignored(),
        seconds: took.into(),
    };
    let Asked { docker, engine, is_engine_absent, options, dialect, line, images, survey } = asked?;
    let mut context_records = memory.context_records(&line);
    let place = survey.as_ref().map(|survey| survey.context_copy(&context_records));
    let is_gone = place == Some(ContextCopy::Gone);
    let (copy, told, next_copy) = copies(&memory, &line, &snapshot, &options, is_gone);
    if copy.is_empty() {
        context_records.clear();
    }
    let seen = as_the_engine_has_it(&snapshot, &copy);
    // Where the engine should have let go of its copy and has not, it must not be told of a file
    // that changed as it was told before.
    let announced = announced_times(&snapshot, &told);
    let to_send = files_to_send(&snapshot, &copy);
    let mut doubted = directories_with_other_modes(&snapshot, &copy);
    doubted.retain(|path| context::in_named(path).is_none());
    let is_sure = match (place, &docker, &engine) {
        (Some(place), Some(docker), Some(engine)) if !doubted.is_empty() => {
            held::becomes_free(place, docker, engine, &memory, &context_records).await
        }
        // Without a listing a forecast rests on records.
        _ => true,
    };
    if is_sure {
        doubted.clear();
    }
    if dialect.mistakes_renamed_directories {
        // A copy that seems to be gone may be there, where others build.
        doubted.extend(directories_with_renames(&snapshot, &told));
    }
    let request = PlanRequest {
        dockerfile: &source.dockerfile,
        snapshot: &seen,
        images: &images,
        options: &options,
        dialect,
    };
    let mut plan = plan::plan(request).map_err(|error| plan_failure(error, &source))?;
    plan.doubt(&doubted);
    let previous = memory.previous(&line, &plan);
    let mut knowledge = memory.knowledge(&line, &plan, previous, survey.as_ref());
    if let (Some(docker), Some(engine)) = (&docker, &engine) {
        let free = held::unshare(&mut knowledge, docker, engine, &memory, &line, &plan);
        Box::pin(free).await;
    }
    memory.learn_from_recent(&mut knowledge, &line, &plan, &seen);
    if memory.give_up_if_damaged(ui)? {
        knowledge = memory.knowledge(&line, &plan, None, None);
    }
    knowledge.asked = docker.is_some();
    // What is sure to run, as nothing of it is known, may be known to the engine all the same.
    knowledge.imports = !flags.cache_from.is_empty() || memory.has_unrecorded(&line);
    let is_confirmed = knowledge.evictions.is_all_there && !knowledge.evictions.is_remade;
    let is_as_told = is_as_told(&plan, &snapshot, &announced, &copy);
    drop(copy);
    let forecast = predict(&plan, &seen, &knowledge);
    Ok(Project {
        source,
        snapshot,
        seen,
        held,
        announced,
        to_send,
        plan,
        forecast,
        context_records,
        is_confirmed,
        is_as_told,
        next_copy,
        routes: knowledge.routes,
        options,
        dialect,
        images,
        engine,
        docker,
        is_engine_absent,
        memory,
        line,
        context,
    })
}

/// What is known of a project besides its files.
struct Asked {
    docker: Option<Docker>,
    engine: Option<EngineInfo>,
    is_engine_absent: bool,
    options: BuildOptions,
    dialect: Dialect,
    line: Line,
    images: BaseImages,
    survey: Option<Survey>,
}

/// Asks the engine all that a plan and its forecast rest on.
async fn ask(
    source: &Source,
    flags: &BuildFlags,
    builder: BuilderKind,
    need: EngineNeed,
    environment: &Environment,
    memory: &mut Memory,
    ui: &mut Ui,
) -> Result<Asked, Failure> {
    let project = source.root.to_string_lossy().into_owned();
    let numbers = memory.sight_numbers();
    let mut is_engine_absent = false;
    let remembered = remembered_engine(memory, &project);
    let (answered, engine) = match engines::connect(environment, remembered.clone()).await {
        Ok(Answered { docker, info, listing }) => (Some((docker, listing)), Some(info)),
        Err(error) if need == EngineNeed::Required => return Err(error.into()),
        Err(error) => {
            is_engine_absent = error.is_absence();
            if !is_engine_absent {
                ui.warning(&format!("going on with what was recorded: {error}"))?;
            }
            (None, remembered)
        }
    };
    let (docker, survey) = match (answered, &engine) {
        // What BuildKit's cache holds says nothing of the other builder.
        (Some((docker, _)), Some(_)) if builder == BuilderKind::Classic => (Some(docker), None),
        (Some((docker, listing)), Some(engine)) => {
            let survey = held::survey(&docker, engine, listing, memory, &numbers, ui).await?;
            (Some(docker), survey)
        }
        _ => (None, None),
    };
    let options = build_options(flags, docker.as_ref(), engine.as_ref())?;
    let frontend = options.frontend(&source.dockerfile).filter(|it| !is_dockers_frontend(it));
    if let (BuilderKind::BuildKit, Some(frontend)) = (builder, frontend) {
        ui.warning(&format!(
            "`{frontend}` reads this Dockerfile, and only that knows what it makes of it: the \
             forecast is what docker's own frontend would do"
        ))?;
    }
    let engine = engine.map(|engine| described(engine, builder));
    let dialect = dialect(engine.as_ref()).with_builder(builder);
    if let (Some(engine), false, false) =
        (&engine, options.contexts.is_empty(), dialect.has_named_contexts)
    {
        let version = &engine.version;
        return Err(anyhow::anyhow!(
            "the engine is {version}, which has no --build-context: it needs Docker 23.0 or newer"
        )
        .into());
    }
    let line = Line {
        engine: records_of(engine.as_ref().map_or("", |engine| &engine.id), builder),
        project,
        dockerfile: source.file.name.clone(),
        target: flags.target.clone(),
    };
    let wanted = plan::base_images(&source.dockerfile, &options, dialect)
        .map_err(|error| plan_failure(error, source))?;
    let mut lookup = Lookup {
        docker: docker.as_ref(),
        engine: &line.engine,
        build_platform: &options.build_platform,
        pull: flags.pull,
        memory,
    };
    let found = lookup.all(wanted, ui).await?;
    if need == EngineNeed::Optional {
        for unresolved in &found.unresolved {
            ui.warning(&unresolved.to_string())?;
        }
    }
    let images = found.images;
    // It is kept, so that nobody waits for it after the walk.
    memory.told_files(&line);
    Ok(Asked { docker, engine, is_engine_absent, options, dialect, line, images, survey })
}

/// What the engine has of the contexts, what it was told of them last, and what it is to go on with.
///
/// Whether it takes over another mode of a directory of a named context, as it does with another copy
/// of its own, nobody can tell: it is given a new copy then, of which it was told nothing. So it is
/// where nothing is left of a context, which it digests otherwise in a copy that had files.
fn copies(
    memory: &Memory,
    line: &Line,
    snapshot: &Snapshot,
    options: &BuildOptions,
    is_gone: bool,
) -> (FileTable, FileTable, NextCopy) {
    let told = memory.told_files(line);
    let is_named = |path: &ContextPath| context::in_named(path).is_some();
    let has_other_modes = directories_with_other_modes(snapshot, &told).iter().any(is_named);
    if has_other_modes || is_any_emptied(snapshot, &told, options) {
        return (FileTable::new(), FileTable::new(), NextCopy::New);
    }
    let copy = if is_gone { FileTable::new() } else { memory.engine_copy(line) };
    (copy, told, NextCopy::Same)
}

/// Whether nothing is there of a context of this build of whose files the engine was told.
fn is_any_emptied(snapshot: &Snapshot, told: &FileTable, options: &BuildOptions) -> bool {
    let directories = options.contexts.iter().filter(|(_, it)| **it == NamedContext::Directory);
    let names = directories.map(|(name, _)| Some(&**name)).chain([None]);
    let is_of = |path: &ContextPath, name: Option<&str>| {
        context::in_named(path).map(|(name, _)| name).as_deref() == name
    };
    names.into_iter().any(|name| {
        told.keys().any(|path| is_of(path, name))
            && !snapshot.entries().iter().any(|entry| is_of(&entry.path, name))
    })
}

/// The engine that built this project last, as it described itself.
pub(super) fn remembered_engine(memory: &Memory, project: &str) -> Option<EngineInfo> {
    let (_, description) = memory.read(|store| store.last_engine(project))??;
    serde_json::from_str(&description?).ok()
}

/// The engine as the builder that is wanted of it.
fn described(engine: EngineInfo, builder: BuilderKind) -> EngineInfo {
    match builder {
        BuilderKind::BuildKit => engine,
        BuilderKind::Classic => EngineInfo { builder: "classic".to_owned(), ..engine },
    }
}

/// How this engine reads Dockerfiles.
pub(super) fn dialect(engine: Option<&EngineInfo>) -> Dialect {
    let version = engine.map_or("", |engine| &*engine.version);
    let merges = engine.is_some_and(|engine| engine.store == ImageStore::Containerd);
    Dialect::of_version(version).with_merging(merges)
}

/// The options of a build that its plan depends on.
pub(super) fn build_options(
    flags: &BuildFlags,
    docker: Option<&Docker>,
    engine: Option<&EngineInfo>,
) -> Result<BuildOptions, Failure> {
    let build_platform =
        engine.and_then(|engine| Platform::parse(&engine.platform)).unwrap_or_default();
    let platform = match &flags.platform {
        None => build_platform.clone(),
        Some(text) => Platform::parse_on(&build_platform, text).with_context(|| {
            format!("`{text}` is not a platform; write one such as linux/arm64")
        })?,
    };
    let mut build_args = build_args(flags);
    for (name, value) in docker.map(Docker::proxy_arguments).unwrap_or_default() {
        build_args.entry(name).or_insert(value);
    }
    Ok(BuildOptions {
        build_args,
        target: flags.target.clone(),
        platform,
        build_platform,
        no_cache: flags.no_cache,
        no_cache_filter: flags.no_cache_filter.clone(),
        network: flags.network.clone(),
        add_hosts: flags.add_hosts.clone(),
        shm_size: flags.shm_size,
        ulimits: flags.ulimits.clone(),
        cgroup_parent: flags.cgroup_parent.clone(),
        contexts: contexts(flags),
        labels: labels(flags),
    })
}

/// `--label`; of equal names the last one counts.
fn labels(flags: &BuildFlags) -> BTreeMap<String, String> {
    let label = |label: &Assignment| (label.name.clone(), label.value.clone().unwrap_or_default());
    flags.labels.iter().map(label).collect()
}

/// `--build-context`; of equal names the last one counts.
fn contexts(flags: &BuildFlags) -> BTreeMap<String, NamedContext> {
    let context = |source: &ContextSource| match source {
        ContextSource::Image(image) => NamedContext::Image(image.clone()),
        ContextSource::Directory(_) => NamedContext::Directory,
    };
    flags.contexts.iter().map(|it| (it.name.clone(), context(&it.source))).collect()
}

/// The argument that docker's client gives each build from its own environment.
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// `--build-arg`; a name alone takes the environment's value, and is nothing without one.
fn build_args(flags: &BuildFlags) -> BTreeMap<String, String> {
    let given = flags.build_args.iter().filter_map(|given| {
        let value = given.value.clone().or_else(|| Environment::variable(&given.name))?;
        Some((given.name.clone(), value))
    });
    let mut arguments: BTreeMap<_, _> = given.collect();
    let epoch = Environment::variable(SOURCE_DATE_EPOCH).filter(|value| !value.is_empty());
    if let Some(epoch) = epoch {
        arguments.entry(SOURCE_DATE_EPOCH.to_owned()).or_insert(epoch);
    }
    arguments
}

/// A Dockerfile that cannot be planned, shown with its line.
pub(super) fn plan_failure(error: plan::Error, source: &Source) -> Failure {
    let help = match &error.problem {
        plan::Problem::MissingSource { link: Some(_), .. } => {
            Some("mend the link, or leave it out in the ignore file".into())
        }
        plan::Problem::MissingSource { source_path, context: None, .. } => {
            missing_source_help(source_path, source)
        }
        problem => problem.help(),
    };
    let span = source.dockerfile.place_of(error.problem.words(), error.span);
    let code = NamedSource::new(&error.dockerfile, source.dockerfile.shown_source().to_string());
    Failure::Dockerfile(Box::new(PlanFailure { error, span, help, code }))
}

/// Whether the file is there and an ignore rule leaves it out.
fn missing_source_help(path: &str, source: &Source) -> Option<String> {
    let clean = context::ContextPath::new(path);
    let on_disk = source.root.join(clean.to_string());
    if !on_disk.exists() {
        return Some("the path is relative to the context's directory; is the file there?".into());
    }
    let (rule, _) = source.rules.deciding(&clean)?;
    let file = source.rules.source()?.file_name()?.to_string_lossy().into_owned();
    Some(format!("{file}:{} leaves it out with `{}`", rule.line, rule.pattern))
}

/// A plan's error with the source it is shown in.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct PlanFailure {
    error: plan::Error,
    /// The words that are wrong.
    span: Span,
    help: Option<String>,
    code: NamedSource<String>,
}

impl Diagnostic for PlanFailure {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (self.error.line > 0).then_some(&self.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span;
        let label = LabeledSpan::new(None, span.start, span.end - span.start);
        (self.error.line > 0).then(|| Box::new([label].into_iter()) as Box<_>)
    }
}
