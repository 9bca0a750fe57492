//! One project, read and planned: what every command begins with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::args::BuildFlags;
use super::engines;
use super::environment::Environment;
use super::failure::Failure;
use super::memory::{Line, Memory};
use super::source::{self, Source};
use super::ui::Ui;
use crate::context::{self, ContextPath, IgnoreRules, Index, ModifiedTime, Snapshot};
use crate::engine::{Docker, EngineInfo};
use crate::plan::{self, BuildOptions, Dialect, Plan, PlanRequest, Platform};
use crate::predict::{Forecast, announced_times, as_the_engine_has_it, predict};
use crate::report::ContextLine;
use crate::report::json::{ContextSummary, Subject};
use crate::{BaseImage, Digest};

/// Whether a command can do without an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EngineNeed {
    /// It builds.
    Required,
    /// It says more with one.
    Optional,
}

/// A project with its plan and forecast.
pub(super) struct Project {
    pub(super) source: Source,
    /// The context as it is on disk.
    pub(super) snapshot: Arc<Snapshot>,
    /// The context as the engine will have it.
    pub(super) seen: Snapshot,
    /// Files that are announced with another time than they have.
    pub(super) announced: BTreeMap<ContextPath, ModifiedTime>,
    pub(super) plan: Plan,
    pub(super) forecast: Forecast,
    pub(super) options: BuildOptions,
    pub(super) dialect: Dialect,
    pub(super) images: BTreeMap<String, BaseImage>,
    pub(super) engine: Option<EngineInfo>,
    pub(super) docker: Option<Docker>,
    pub(super) memory: Memory,
    pub(super) line: Line,
    pub(super) context: ContextLine,
}

impl Project {
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
    let begun = Instant::now();
    let source = source::read(path, flags.file.as_deref())?;
    let (root, rules) = (source.root.clone(), source.rules.clone());
    let index = environment.cache_directory.as_deref().map(|cache| index_path(cache, &root));
    let walk = tokio::task::spawn_blocking(move || read_context(&root, &rules, index.as_deref()));
    let connected = engines::connect(environment).await;
    let snapshot = Arc::new(walk.await.context("reading the context ended early")??);
    let context = ContextLine {
        files: snapshot.files(),
        bytes: snapshot.bytes(),
        ignored: snapshot.ignored(),
        seconds: begun.elapsed().into(),
    };
    let mut memory = Memory::open(environment, ui)?;
    let project = source.root.to_string_lossy().into_owned();
    let (docker, engine) = match connected {
        Ok((docker, info)) => (Some(docker), Some(info)),
        Err(failure) if need == EngineNeed::Required => return Err(failure),
        Err(_) => (None, remembered_engine(&memory, &project)),
    };
    let mut options = build_options(flags, engine.as_ref())?;
    let proxies = docker.as_ref().map(Docker::proxy_arguments).unwrap_or_default();
    for (name, value) in proxies {
        options.build_args.entry(name).or_insert(value);
    }
    let version = engine.as_ref().map_or("", |engine| &*engine.version);
    let dialect = Dialect::of_version(version);
    let line = Line {
        engine: engine.as_ref().map(|engine| engine.id.clone()).unwrap_or_default(),
        project,
        dockerfile: source.file.name.clone(),
        target: flags.target.clone(),
    };
    let images =
        images(&source, &options, dialect, flags.pull, docker.as_ref(), &mut memory, &line, ui)
            .await?;
    let previous = memory.previous(&line);
    let copy = memory.engine_copy(&line);
    let seen = as_the_engine_has_it((*snapshot).clone(), &copy);
    let announced = announced_times(&snapshot, &copy);
    let request = PlanRequest {
        dockerfile: &source.dockerfile,
        snapshot: &seen,
        images: &images,
        options: &options,
        dialect,
    };
    let plan = plan::plan(request).map_err(|error| plan_failure(error, &source))?;
    let knowledge = memory.knowledge(&line, &plan, previous);
    let forecast = predict(&plan, &seen, &knowledge);
    Ok(Project {
        source,
        snapshot,
        seen,
        announced,
        plan,
        forecast,
        options,
        dialect,
        images,
        engine,
        docker,
        memory,
        line,
        context,
    })
}

/// Where the digests of a context's files are kept.
fn index_path(cache: &Path, root: &Path) -> PathBuf {
    let name = Digest::of(root.as_os_str().as_encoded_bytes()).to_hex();
    cache.join("contexts").join(name)
}

/// The context, and what was kept of its files: unchanged ones are not read again.
///
/// An index that cannot be read or written only costs time, so nothing is said of it.
fn read_context(
    root: &Path,
    rules: &IgnoreRules,
    index: Option<&Path>,
) -> Result<Snapshot, context::Error> {
    let Some(path) = index else { return context::snapshot(root, rules) };
    let (old, _) = Index::load(path);
    let (snapshot, new) = context::snapshot_with_index(root, rules, Some(&old))?;
    if new != old {
        drop(new.save(path));
    }
    Ok(snapshot)
}

/// The engine that built this project last, as it described itself.
fn remembered_engine(memory: &Memory, project: &str) -> Option<EngineInfo> {
    let (_, description) = memory.store()?.last_engine(project).ok()??;
    serde_json::from_str(&description?).ok()
}

fn build_options(flags: &BuildFlags, engine: Option<&EngineInfo>) -> Result<BuildOptions, Failure> {
    let build_platform =
        engine.and_then(|engine| Platform::parse(&engine.platform)).unwrap_or_default();
    let platform = match &flags.platform {
        None => build_platform.clone(),
        Some(text) => Platform::parse(text).with_context(|| {
            format!("`{text}` is not a platform; write one such as linux/arm64")
        })?,
    };
    Ok(BuildOptions {
        build_args: build_args(flags),
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
    })
}

/// `--build-arg`; a name alone takes the environment's value, and is nothing without one.
fn build_args(flags: &BuildFlags) -> BTreeMap<String, String> {
    flags
        .build_args
        .iter()
        .filter_map(|given| {
            let value = given.value.clone().or_else(|| Environment::variable(&given.name))?;
            Some((given.name.clone(), value))
        })
        .collect()
}

/// The base images: from the engine, or as it had them when it last answered. With `--pull` only
/// the engine can tell.
#[allow(clippy::too_many_arguments, reason = "everything that decides where an image is looked up")]
async fn images(
    source: &Source,
    options: &BuildOptions,
    dialect: Dialect,
    pull: bool,
    docker: Option<&Docker>,
    memory: &mut Memory,
    line: &Line,
    ui: &mut Ui,
) -> Result<BTreeMap<String, BaseImage>, Failure> {
    let wanted = plan::base_images(&source.dockerfile, options, dialect)
        .map_err(|error| plan_failure(error, source))?;
    let mut images = BTreeMap::new();
    for reference in wanted {
        let foreign = reference.platform != options.build_platform;
        let platform = if foreign { reference.platform.to_string() } else { String::new() };
        let image = match docker {
            None => memory.image(&line.engine, &reference.name, &platform),
            Some(docker) => base_image(docker, &reference, foreign, pull).await?,
        };
        let Some(image) = image else { continue };
        if docker.is_some() {
            let json = serde_json::to_string(&image).context("describing a base image")?;
            memory.write(ui, |store| {
                store.remember_image(&line.engine, &reference.name, &platform, &json)
            })?;
        }
        images.insert(reference.name, image);
    }
    Ok(images)
}

/// The image as the engine would take it: its own, unless a newer one is asked for or it has
/// none; then as it resolves the name. `None` where it cannot: the build will say why.
async fn base_image(
    docker: &Docker,
    reference: &plan::ImageReference,
    foreign: bool,
    pull: bool,
) -> Result<Option<BaseImage>, Failure> {
    let platform = reference.platform.to_string();
    if !pull {
        let own = docker.base_image(&reference.name, foreign.then_some(&*platform)).await?;
        if own.is_some() {
            return Ok(own);
        }
    }
    let full = plan::full_reference(&reference.name);
    match docker.resolve_image(&full, &platform, pull).await {
        Ok(image) => Ok(Some(image)),
        Err(error) => {
            tracing::debug!(%error, image = full, "the engine cannot resolve a base image");
            Ok(None)
        }
    }
}

/// A Dockerfile that cannot be planned, shown with its line.
fn plan_failure(error: plan::Error, source: &Source) -> Failure {
    let help = match &error.problem {
        plan::Problem::MissingSource { source_path } => missing_source_help(source_path, source),
        _ => None,
    };
    let code = NamedSource::new(&error.dockerfile, source.dockerfile.source().to_owned());
    Failure::Dockerfile(Box::new(PlanFailure { error, help, code }))
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
        let span = self.error.span;
        let label = LabeledSpan::new(None, span.start, span.end - span.start);
        (self.error.line > 0).then(|| Box::new([label].into_iter()) as Box<_>)
    }
}
