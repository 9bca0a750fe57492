//! The stages of a Dockerfile: which base each has, which the target needs, and how they are
//! shown.

use std::collections::{BTreeMap, BTreeSet};

use super::environment::{Environment, Value};
use super::error::{Error, Problem};
use super::expansion::Words;
use super::fact;
use super::reference::{context_name, reference_problem};
use super::request::{BuildOptions, BuilderKind, Dialect, NamedContext, Platform};
use super::{ImageReference, KeyInput};
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, Mount, MountKind, Stage};

/// The name of the empty base.
const SCRATCH: &str = "scratch";

/// What a stage is built on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image, its name expanded.
    Image(String),
    /// A directory of `--build-context`, by its name.
    Context(String),
}

/// Where `COPY --from` and mounts take their files from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nothing: an empty directory.
    Scratch,
    /// Another stage.
    Stage(usize),
    /// An image that is no stage.
    Image(String),
    /// A directory of `--build-context`, by its name.
    Context(String),
}

/// One stage with what decides its place in the graph.
#[derive(Debug)]
pub(super) struct StagePlan<'a> {
    pub(super) source: Stage<'a>,
    pub(super) base: Base,
    /// The name of `--build-context` that the base was found by, where it was.
    pub(super) context: Option<String>,
    /// The stage's instructions where a context is in its place: they do not count.
    pub(super) replaced: Option<&'a [Instruction]>,
    pub(super) platform: Platform,
    /// The name shown before a step's number; empty for a single unnamed stage.
    pub(super) label: String,
}

impl StagePlan<'_> {
    /// The image that it is built on, if it is built on one.
    pub(super) fn image(&self) -> Option<ImageReference> {
        let Base::Image(name) = &self.base else { return None };
        Some(ImageReference { name: name.clone(), platform: self.platform.clone() })
    }
}

/// All stages of a Dockerfile.
#[derive(Debug)]
pub(super) struct Stages<'a> {
    pub(super) all: Vec<StagePlan<'a>>,
    /// The variables that FROM sees and that a stage's ARG may take its value from.
    pub(super) globals: Environment,
    by_name: BTreeMap<String, usize>,
    contexts: &'a BTreeMap<String, NamedContext>,
    file: String,
}

impl<'a> Stages<'a> {
    pub(super) fn new(
        dockerfile: &'a Dockerfile,
        options: &'a BuildOptions,
        dialect: Dialect,
    ) -> Result<Self, Error> {
        let file = dockerfile.name().to_owned();
        let words = Words::new(dockerfile.escape());
        let sources: Vec<Stage<'a>> = dockerfile.stages().collect();
        let Some(last) = sources.last() else {
            return Err(Problem::NoStage.in_file(&file));
        };
        let target = options.target.clone().or_else(|| stage_name(last.from)).unwrap_or_default();
        // The classic builder sets none (`arg-automatic`).
        let mut globals = Environment::default();
        if dialect.builder == BuilderKind::BuildKit {
            for (name, value) in automatic_arguments(options, &target) {
                globals.set(&name, Value::plain(&value), true);
            }
        }
        for instruction in dockerfile.global_args() {
            let InstructionKind::Arg(arguments) = &instruction.kind else { continue };
            for (name, default) in arguments {
                let value = match (options.build_args.get(name), default) {
                    (Some(given), _) => Value::plain(given),
                    (None, Some(default)) => words
                        .value(default, &globals)
                        .map_err(|problem| problem.at(&file, instruction))?,
                    (None, None) => continue,
                };
                globals.set(name, value, true);
            }
        }
        let contexts = &options.contexts;
        let mut stages =
            Self { all: Vec::new(), globals, by_name: BTreeMap::new(), contexts, file };
        for source in sources {
            stages.add(source, words, options)?;
        }
        stages.label(dialect);
        Ok(stages)
    }

    fn add(
        &mut self,
        source: Stage<'a>,
        words: Words,
        options: &BuildOptions,
    ) -> Result<(), Error> {
        let InstructionKind::From { image, platform, .. } = &source.from.kind else {
            return Ok(());
        };
        let at = |problem: Problem| problem.at(&self.file, source.from);
        let image_name = words.expand(image, &self.globals).map_err(at)?;
        if image_name.is_empty() {
            return Err(at(Problem::EmptyBase(image.clone())));
        }
        let platform = match platform {
            None => None,
            Some(platform) => {
                let text = words.expand(platform, &self.globals).map_err(at)?;
                Some(
                    Platform::parse_on(&options.build_platform, &text)
                        .ok_or_else(|| at(Problem::Platform(text)))?,
                )
            }
        };
        if let Some(name) = self.context_in_place_of(source.from) {
            self.replace(source, name, platform.unwrap_or_else(|| options.platform.clone()));
            return Ok(());
        }
        let mut context = None;
        let base = if let Some(&stage) = self.by_name.get(&image_name) {
            Base::Stage(stage)
        } else if image_name == SCRATCH {
            Base::Scratch
        } else if let Some(name) = self.context(&image_name) {
            let base = self.context_base(&name);
            context = Some(name);
            base
        } else {
            Base::Image(self.image(image_name).map_err(at)?)
        };
        let platform = match (&base, platform) {
            (Base::Stage(stage), _) => self.all[*stage].platform.clone(),
            (_, Some(platform)) => platform,
            (_, None) => options.platform.clone(),
        };
        let index = self.all.len();
        if let Some(name) = stage_name(source.from) {
            self.by_name.insert(name, index);
        }
        let label = String::new();
        self.all.push(StagePlan { source, base, context, replaced: None, platform, label });
        Ok(())
    }

    /// Puts a context in the place of the stage that is called so: none of its instructions count
    /// (`context-for-a-stage`).
    fn replace(&mut self, stage: Stage<'a>, name: String, platform: Platform) {
        self.by_name.insert(name.clone(), self.all.len());
        self.all.push(StagePlan {
            replaced: Some(stage.instructions),
            source: Stage { instructions: &[], ..stage },
            base: self.context_base(&name),
            context: Some(name),
            platform,
            label: String::new(),
        });
    }

    /// The name of `--build-context` that an image's name stands for.
    fn context(&self, image: &str) -> Option<String> {
        let name = context_name(image);
        self.contexts.contains_key(&name).then_some(name)
    }

    /// The context that would take a stage's place. The engine never gives one to stages that are
    /// called so.
    fn context_in_place_of(&self, from: &Instruction) -> Option<String> {
        let name = stage_name(from).filter(|name| name != "context" && name != SCRATCH)?;
        self.context(&name)
    }

    fn context_base(&self, name: &str) -> Base {
        match self.contexts.get(name) {
            Some(NamedContext::Image(image)) if image == SCRATCH => Base::Scratch,
            Some(NamedContext::Image(image)) => Base::Image(image.clone()),
            Some(NamedContext::Directory) | None => Base::Context(name.to_owned()),
        }
    }

    /// The directory of `--build-context` that is taken from by this name, where it is one.
    pub(super) fn directory(&self, from: &str) -> Option<String> {
        if from.parse::<usize>().is_ok() || self.is_stage(from) {
            return None;
        }
        match self.context_base(&self.context(from)?) {
            Base::Context(name) => Some(name),
            _ => None,
        }
    }

    /// The name of `--build-context` that stands for this image, if one does.
    pub(super) fn context_with_image(&self, image: &str) -> Option<&str> {
        let stands_for_it =
            |context: &NamedContext| matches!(context, NamedContext::Image(it) if it == image);
        self.contexts.iter().find(|(_, it)| stands_for_it(it)).map(|(name, _)| &**name)
    }

    /// That files are taken of what `--build-context` gives in the place of this stage or image.
    pub(super) fn given(&self, from: &str) -> Option<KeyInput> {
        let number = from.parse::<usize>().ok();
        let stage = number.or_else(|| self.by_name.get(&from.to_lowercase()).copied());
        match stage {
            Some(stage) => {
                let stage = self.all.get(stage).filter(|stage| stage.replaced.is_some())?;
                self.told(stage.context.as_deref()?)
            }
            None => self.told(&context_name(from)),
        }
    }

    /// What `--build-context` gives by this name.
    pub(super) fn told(&self, name: &str) -> Option<KeyInput> {
        let given = match self.contexts.get(name)? {
            NamedContext::Image(image) => format!("docker-image://{image}"),
            NamedContext::Directory => "a directory".to_owned(),
        };
        fact::setting(&format!("build-context {name}"), given)
    }

    /// A single stage without a name shows none, unless something that is no stage is used
    /// beside it: then the engine counts several (`copy-from-image`, `run-cache-mount-id`).
    fn label(&mut self, dialect: Dialect) {
        let alone = self.all.len() == 1 && !self.uses_other_sources(dialect);
        for (index, stage) in self.all.iter_mut().enumerate() {
            if !alone {
                stage.label =
                    stage_name(stage.source.from).unwrap_or_else(|| format!("stage-{index}"));
            }
        }
    }

    fn uses_other_sources(&self, dialect: Dialect) -> bool {
        let instructions = self.all.iter().flat_map(|stage| stage.source.instructions);
        instructions.into_iter().any(|instruction| match &instruction.kind {
            InstructionKind::Copy(transfer) => transfer
                .from
                .as_ref()
                .is_some_and(|from| from.parse::<usize>().is_err() && !self.is_stage(from)),
            InstructionKind::Run { mounts, .. } => mounts.iter().any(|mount| match &mount.from {
                Some(from) => !self.is_stage(from),
                None => dialect.every_mount_is_a_source || mount.kind == MountKind::Cache,
            }),
            _ => false,
        })
    }

    fn is_stage(&self, name: &str) -> bool {
        self.by_name.contains_key(&name.to_lowercase())
    }

    /// The stage that `--target` names, or the last.
    pub(super) fn target(&self, target: Option<&str>) -> Result<usize, Error> {
        let Some(target) = target else { return Ok(self.all.len() - 1) };
        self.by_name.get(&target.to_lowercase()).copied().ok_or_else(|| {
            Problem::NoTarget {
                target: target.to_owned(),
                stages: self.by_name.keys().cloned().collect(),
            }
            .in_file(&self.file)
        })
    }

    /// Where a `COPY --from` of `instruction`, in stage `at`, takes its files from.
    pub(super) fn copy_origin(
        &self,
        from: &str,
        at: usize,
        instruction: &Instruction,
    ) -> Result<Origin, Error> {
        if let Ok(number) = from.parse::<usize>() {
            return match number {
                _ if number >= self.all.len() => Err(Problem::NoStageNumber(number)),
                _ if number >= at => Err(Problem::StageNotYetDefined(from.to_owned())),
                _ => Ok(Origin::Stage(number)),
            }
            .map_err(|problem| problem.at(&self.file, instruction));
        }
        self.named_origin(from, at, instruction)
    }

    /// Where a mount of `instruction`, in stage `at`, takes its files from; `None` for the
    /// context.
    pub(super) fn mount_origin(
        &self,
        mount: &Mount,
        at: usize,
        instruction: &Instruction,
    ) -> Result<Option<Origin>, Error> {
        match (mount.kind, &mount.from) {
            (MountKind::Bind | MountKind::Cache, Some(from)) => {
                self.named_origin(from, at, instruction).map(Some)
            }
            (MountKind::Bind, None) => Ok(None),
            _ => Ok(Some(Origin::Scratch)),
        }
    }

    fn named_origin(
        &self,
        name: &str,
        at: usize,
        instruction: &Instruction,
    ) -> Result<Origin, Error> {
        match self.by_name.get(&name.to_lowercase()) {
            Some(&stage) if stage >= at => {
                Err(Problem::StageNotYetDefined(name.to_owned()).at(&self.file, instruction))
            }
            Some(&stage) => Ok(Origin::Stage(stage)),
            None if name == SCRATCH => Ok(Origin::Scratch),
            None => match self.context(name).map(|name| self.context_base(&name)) {
                Some(Base::Context(name)) => Ok(Origin::Context(name)),
                Some(Base::Image(name)) => Ok(Origin::Image(name)),
                Some(Base::Scratch | Base::Stage(_)) => Ok(Origin::Scratch),
                None if name.contains('$') => {
                    Err(Problem::VariableInFrom(name.to_owned()).at(&self.file, instruction))
                }
                None => self
                    .image(name.to_owned())
                    .map(Origin::Image)
                    .map_err(|problem| problem.at(&self.file, instruction)),
            },
        }
    }

    /// The name of an image, if an image can have it. The engine judges those of all stages,
    /// needed or not.
    fn image(&self, name: String) -> Result<String, Problem> {
        match reference_problem(&name) {
            None => Ok(name),
            Some(reason) => {
                let stage = name.to_lowercase();
                let stage = self.by_name.contains_key(&stage).then_some(stage);
                Err(Problem::Reference { name, reason, stage })
            }
        }
    }

    /// The stages that `target` needs, itself included, given the triggers of base images.
    pub(super) fn reachable(
        &self,
        target: usize,
        triggers: &BTreeMap<usize, Vec<Instruction>>,
    ) -> Result<BTreeSet<usize>, Error> {
        let mut found = BTreeSet::new();
        let mut open = vec![target];
        while let Some(index) = open.pop() {
            if !found.insert(index) {
                continue;
            }
            let stage = &self.all[index];
            if let Base::Stage(base) = stage.base {
                open.push(base);
            }
            let triggered = triggers.get(&index).into_iter().flatten();
            for instruction in triggered.chain(stage.source.instructions) {
                for origin in self.origins(instruction, index)? {
                    if let Origin::Stage(stage) = origin {
                        open.push(stage);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Everything that an instruction takes files from, the context aside.
    pub(super) fn origins(
        &self,
        instruction: &Instruction,
        at: usize,
    ) -> Result<Vec<Origin>, Error> {
        match &instruction.kind {
            InstructionKind::Copy(transfer) => {
                transfer.from.iter().map(|from| self.copy_origin(from, at, instruction)).collect()
            }
            InstructionKind::Run { mounts, .. } => mounts
                .iter()
                .filter_map(|mount| self.mount_origin(mount, at, instruction).transpose())
                .collect(),
            _ => Ok(Vec::new()),
        }
    }
}

/// The stage's name in lower case, as the engine compares it.
pub(super) fn stage_name(from: &Instruction) -> Option<String> {
    match &from.kind {
        InstructionKind::From { name, .. } => name.as_ref().map(|name| name.to_lowercase()),
        _ => None,
    }
}

/// The arguments that the engine sets by itself; `--build-arg` overrides them.
fn automatic_arguments(options: &BuildOptions, target: &str) -> BTreeMap<String, String> {
    let (build, platform) = (&options.build_platform, &options.platform);
    let target = if target.is_empty() { "default" } else { target };
    [
        ("BUILDPLATFORM", build.to_string()),
        ("BUILDOS", build.os.clone()),
        ("BUILDOSVERSION", String::new()),
        ("BUILDARCH", build.architecture.clone()),
        ("BUILDVARIANT", build.variant.clone()),
        ("TARGETPLATFORM", platform.to_string()),
        ("TARGETOS", platform.os.clone()),
        ("TARGETOSVERSION", String::new()),
        ("TARGETARCH", platform.architecture.clone()),
        ("TARGETVARIANT", platform.variant.clone()),
        ("TARGETSTAGE", target.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| {
        let value = options.build_args.get(name).cloned().unwrap_or(value);
        (name.to_owned(), value)
    })
    .collect()
}
