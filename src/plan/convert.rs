//! Instructions to steps, stage by stage.

use std::collections::BTreeMap;

use serde_json::json;

use super::environment::Environment;
use super::error::{Error, Problem};
use super::expansion::Words;
use super::key::{FieldHasher, step_key};
use super::name::{Namer, counts_as_step, shown_text};
use super::reference::full_reference;
use super::request::PlanRequest;
use super::selection::{Missing, Selector, select};
use super::stages::{Base, Origin, Stages};
use super::{KeyInput, Plan, Step, StepIndex, StepKind, run, transfer};
use crate::dockerfile::{
    CommandForm, Instruction, InstructionKind, Mount, Transfer, parse_trigger,
};
use crate::{BaseImage, Digest};

/// What a stage hands on from instruction to instruction.
#[derive(Debug, Clone, Default)]
pub(super) struct StageState {
    pub(super) environment: Environment,
    /// The working directory as written; `/` where nobody set one.
    pub(super) directory: String,
    user: String,
    shell: Vec<String>,
    /// The last step; `None` on `scratch`.
    parent: Option<StepIndex>,
    /// Whether a step below is one that only the engine can tell.
    uncertain: bool,
}

/// The plan of a target.
pub(super) struct Builder<'a> {
    request: PlanRequest<'a>,
    stages: Stages<'a>,
    words: Words,
    plan: Plan,
    finished: BTreeMap<usize, StageState>,
    images: BTreeMap<String, StepIndex>,
}

/// What a step is made of before it has a key.
struct Draft {
    name: String,
    kind: StepKind,
    inputs: Vec<KeyInput>,
    uncertain: bool,
    no_cache: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(request: PlanRequest<'a>) -> Result<Self, Error> {
        let stages = Stages::new(request.dockerfile, request.options, request.dialect)?;
        Ok(Self {
            request,
            stages,
            words: Words::new(request.dockerfile.escape()),
            plan: Plan::default(),
            finished: BTreeMap::new(),
            images: BTreeMap::new(),
        })
    }

    pub(super) fn build(mut self) -> Result<Plan, Error> {
        let target = self.stages.target(self.request.options.target.as_deref())?;
        let triggers = self.triggers()?;
        for stage in self.stages.reachable(target, &triggers)? {
            let triggered = triggers.get(&stage).map_or(&[][..], Vec::as_slice);
            self.stage(stage, triggered)?;
        }
        Ok(self.plan)
    }

    /// The ONBUILD triggers that each stage runs first: its base image's, or those that the
    /// stage below sets. They stand where the FROM stands.
    fn triggers(&self) -> Result<BTreeMap<usize, Vec<Instruction>>, Error> {
        let mut triggers = BTreeMap::new();
        for (index, stage) in self.stages.all.iter().enumerate() {
            let texts: Vec<String> = match &stage.base {
                Base::Scratch => Vec::new(),
                Base::Image(name) => self
                    .request
                    .images
                    .get(name)
                    .map(|image| image.on_build.clone())
                    .unwrap_or_default(),
                Base::Stage(base) => on_build_texts(self.stages.all[*base].source.instructions),
            };
            let from = stage.source.from;
            let parsed = texts.iter().map(|text| {
                parse_trigger(text)
                    .map(|mut instruction| {
                        (instruction.line, instruction.last_line) = (from.line, from.last_line);
                        instruction.span = from.span;
                        instruction
                    })
                    .map_err(|error| {
                        let reason = error.to_string();
                        self.at(Problem::Trigger { trigger: text.clone(), reason }, from)
                    })
            });
            let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
            if !parsed.is_empty() {
                triggers.insert(index, parsed);
            }
        }
        Ok(triggers)
    }

    fn at(&self, problem: Problem, instruction: &Instruction) -> Error {
        problem.at(self.request.dockerfile.name(), instruction)
    }

    fn stage(&mut self, index: usize, triggers: &[Instruction]) -> Result<(), Error> {
        let planned = &self.stages.all[index];
        let (source, base, label) = (planned.source, planned.base.clone(), planned.label.clone());
        let platform = planned.platform.to_string();
        let marks_onbuild = self.request.dialect.marks_onbuild;
        let own = source.instructions.iter().filter(|one| counts_as_step(one)).count();
        let triggered = if marks_onbuild { triggers.len() } else { 0 };
        let from_image = matches!(base, Base::Image(_));
        let mut namer = Namer::new(&label, usize::from(from_image) + own + triggered);

        let mut state = match &base {
            Base::Scratch => StageState {
                environment: Environment::of_image(&[]),
                directory: "/".to_owned(),
                ..StageState::default()
            },
            Base::Stage(below) => self.finished.get(below).cloned().unwrap_or_default(),
            Base::Image(name) => {
                let shown = namer.name(&format!("FROM {}", full_reference(name)), false);
                let step = self.image_step(name, Some((shown, &label, source.from)));
                image_state(self.request.images.get(name), step)
            }
        };
        let no_cache = self.request.options.no_cache
            || super::stages::stage_name(source.from).is_some_and(|name| {
                self.request.options.no_cache_filter.iter().any(|one| one.to_lowercase() == name)
            });
        let mut scope = Scope { index, label, platform, no_cache, onbuild: true };
        for instruction in triggers {
            self.instruction(instruction, &mut state, &mut namer, &scope)?;
        }
        scope.onbuild = false;
        for instruction in source.instructions {
            self.instruction(instruction, &mut state, &mut namer, &scope)?;
        }
        self.finished.insert(index, state);
        Ok(())
    }

    /// The step of an image: made once, however often it is used.
    fn image_step(&mut self, name: &str, shown: Option<(String, &str, &Instruction)>) -> StepIndex {
        if let Some(&step) = self.images.get(name) {
            return step;
        }
        let image = self.request.images.get(name);
        let digest = image.map_or_else(|| Digest::of(full_reference(name).as_bytes()), layer_chain);
        let full = full_reference(name);
        let (name_shown, label, instruction) = match shown {
            Some((shown, label, from)) => (shown, label.to_owned(), Some(from)),
            None => (format!("FROM {full}"), String::new(), None),
        };
        let inputs = vec![KeyInput::BaseImage { reference: name.to_owned(), digest }];
        let key = self.key("FROM", &inputs);
        self.plan.steps.push(Step {
            name: name_shown,
            stage: label,
            line: instruction.map_or(0, |from| from.line),
            last_line: instruction.map_or(0, |from| from.last_line),
            instruction: instruction
                .map_or_else(|| format!("FROM {name}"), |from| from.text.clone()),
            kind: StepKind::From,
            key,
            inputs,
            uncertain: image.is_none(),
            no_cache: false,
        });
        let step = StepIndex(self.plan.steps.len() - 1);
        self.images.insert(name.to_owned(), step);
        step
    }

    fn key(&self, kind: &str, inputs: &[KeyInput]) -> super::StepKey {
        step_key(kind, inputs, |step| self.plan.steps[step].key)
    }

    fn instruction(
        &mut self,
        instruction: &Instruction,
        state: &mut StageState,
        namer: &mut Namer,
        scope: &Scope,
    ) -> Result<(), Error> {
        match &instruction.kind {
            InstructionKind::Run { command, mounts, network, security, devices } => {
                let flags = RunFlags { network, security, devices };
                let draft = self.run(instruction, command, mounts, flags, state, scope)?;
                self.step(instruction, draft, state, namer, scope);
            }
            InstructionKind::Copy(transfer) | InstructionKind::Add(transfer) => {
                let draft = self.transfer(instruction, transfer, state, scope)?;
                self.step(instruction, draft, state, namer, scope);
            }
            InstructionKind::Workdir(path) => {
                let path = self.expand(path, state, instruction)?;
                state.directory = if path.starts_with('/') {
                    path
                } else {
                    format!("/{}", transfer::clean(&format!("{}/{path}", state.directory)))
                };
                if transfer::clean(&state.directory).is_empty() {
                    return Ok(());
                }
                let draft = self.workdir(instruction, state);
                self.step(instruction, draft, state, namer, scope);
            }
            InstructionKind::Env(pairs) => {
                let before = state.environment.clone();
                for (name, value) in pairs {
                    let expand = |text: &str| {
                        self.words
                            .expand(text, &before)
                            .map_err(|problem| self.at(problem, instruction))
                    };
                    state.environment.set(&expand(name)?, &expand(value)?, false);
                }
            }
            InstructionKind::Arg(arguments) => self.arguments(arguments, state, instruction)?,
            InstructionKind::User(user) => state.user = self.expand(user, state, instruction)?,
            InstructionKind::Shell(shell) => state.shell.clone_from(shell),
            _ => {}
        }
        Ok(())
    }

    fn expand(&self, text: &str, state: &StageState, at: &Instruction) -> Result<String, Error> {
        self.words.expand(text, &state.environment).map_err(|problem| self.at(problem, at))
    }

    /// An ARG that has a value is a variable from here on; a global one only where it is
    /// declared again (`arg-global-not-redeclared`).
    fn arguments(
        &self,
        arguments: &[(String, Option<String>)],
        state: &mut StageState,
        instruction: &Instruction,
    ) -> Result<(), Error> {
        for (name, default) in arguments {
            let value = match (self.request.options.build_args.get(name), default) {
                (Some(given), _) => Some(given.clone()),
                (None, Some(default)) => Some(self.expand(default, state, instruction)?),
                (None, None) => self.stages.globals.get(name).cloned(),
            };
            let hidden =
                matches!(&**name, "BUILDKIT_SBOM_SCAN_CONTEXT" | "BUILDKIT_SBOM_SCAN_STAGE");
            if let Some(value) = value.filter(|_| !hidden) {
                state.environment.set(name, &value, true);
            }
        }
        Ok(())
    }

    fn run(
        &mut self,
        instruction: &Instruction,
        command: &CommandForm,
        mounts: &[Mount],
        flags: RunFlags<'_>,
        state: &StageState,
        scope: &Scope,
    ) -> Result<Draft, Error> {
        let mounts = run::mounts(mounts, state, self.words)
            .map_err(|problem| self.at(problem, instruction))?;
        let mut value = json!({ "arguments": run::arguments(instruction, command, &state.shell) });
        if !mounts.is_empty() {
            let mounts: Vec<_> =
                mounts.iter().map(|mount| mount.value(self.request.dialect)).collect();
            value["mounts"] = json!(mounts);
        }
        if !flags.devices.is_empty() {
            value["devices"] = json!(flags.devices);
        }
        let mut inputs = vec![KeyInput::Instruction { value: value.to_string() }];
        inputs.extend(state.environment.iter().map(|variable| KeyInput::Environment {
            name: variable.name.clone(),
            value: variable.value.clone(),
            argument: variable.argument,
        }));
        let options = self.request.options;
        let network = flags.network.as_ref().or(options.network.as_ref());
        let hosts: Vec<&str> = options
            .add_hosts
            .iter()
            .map(|host| host.split([':', '=']).next().unwrap_or_default())
            .collect();
        let mut option = |name: &str, value: String| {
            if !value.is_empty() {
                inputs.push(KeyInput::Option { name: name.to_owned(), value });
            }
        };
        option("workdir", state.directory.clone());
        option("user", state.user.clone());
        option("network", network.filter(|mode| *mode != "default").cloned().unwrap_or_default());
        option(
            "security",
            flags.security.clone().filter(|mode| mode != "sandbox").unwrap_or_default(),
        );
        option("add-host", hosts.join(","));
        option(
            "shm-size",
            options
                .shm_size
                .filter(|&size| size > 0)
                .map(|size| size.to_string())
                .unwrap_or_default(),
        );
        option("ulimit", options.ulimits.join(","));
        option("cgroup-parent", options.cgroup_parent.clone().unwrap_or_default());
        option("platform", scope.platform.clone());
        if let Some(name) = options.build_args.get("BUILDKIT_SANDBOX_HOSTNAME") {
            option("hostname", name.clone());
        }
        inputs.extend(state.parent.map(|step| KeyInput::Parent { step }));
        for mount in &mounts {
            let origin = self.stages.mount_origin(&mount.mount, scope.index, instruction)?;
            let input = match origin {
                None => Some(self.context_files(
                    &[Selector {
                        path: mount.source.clone(),
                        required: true,
                        ..Selector::default()
                    }],
                    &mount.source,
                    instruction,
                )?),
                Some(origin) => self.origin_input(&origin, &mount.source),
            };
            inputs.extend(input);
        }
        Ok(Draft {
            name: shown_text(instruction, &state.environment, self.words),
            kind: StepKind::Run,
            uncertain: state.uncertain || self.reads_uncertain(&inputs),
            inputs,
            no_cache: scope.no_cache,
        })
    }

    fn transfer(
        &mut self,
        instruction: &Instruction,
        transfer: &Transfer,
        state: &StageState,
        scope: &Scope,
    ) -> Result<Draft, Error> {
        let is_add = matches!(instruction.kind, InstructionKind::Add(_));
        let expanded = transfer::expand(instruction, transfer, is_add, state, self.words)
            .map_err(|problem| self.at(problem, instruction))?;
        let mut inputs = vec![KeyInput::Instruction { value: expanded.value }];
        inputs.extend(state.parent.map(|step| KeyInput::Parent { step }));
        match &transfer.from {
            None if expanded.selectors.is_empty() => {}
            None => {
                let source = transfer.sources.join(" ");
                inputs.push(self.context_files(&expanded.selectors, &source, instruction)?);
            }
            Some(from) => {
                let origin = self.stages.copy_origin(from, scope.index, instruction)?;
                for selector in &expanded.selectors {
                    inputs.extend(self.origin_input(&origin, &selector.path));
                }
            }
        }
        Ok(Draft {
            name: shown_text(instruction, &state.environment, self.words),
            kind: if is_add { StepKind::Add } else { StepKind::Copy },
            uncertain: expanded.remote || state.uncertain || self.reads_uncertain(&inputs),
            inputs,
            no_cache: scope.no_cache,
        })
    }

    fn workdir(&self, instruction: &Instruction, state: &StageState) -> Draft {
        let value = json!({ "directory": state.directory, "owner": state.user }).to_string();
        let mut inputs = vec![KeyInput::Instruction { value }];
        inputs.extend(state.parent.map(|step| KeyInput::Parent { step }));
        Draft {
            name: shown_text(instruction, &state.environment, self.words),
            kind: StepKind::Workdir,
            inputs,
            uncertain: state.uncertain,
            no_cache: self.request.options.no_cache,
        }
    }

    fn context_files(
        &self,
        selectors: &[Selector],
        source: &str,
        instruction: &Instruction,
    ) -> Result<KeyInput, Error> {
        for selector in selectors {
            if let Err(Missing) = select(self.request.snapshot, std::slice::from_ref(selector)) {
                let source_path = [&*selector.path, &selector.include.join(" ")].concat();
                return Err(self.at(Problem::MissingSource { source_path }, instruction));
            }
        }
        let selection = select(self.request.snapshot, selectors).map_err(|Missing| {
            self.at(Problem::MissingSource { source_path: source.to_owned() }, instruction)
        })?;
        Ok(KeyInput::Files {
            source: source.to_owned(),
            digest: selection.digest,
            roots: selection.roots,
        })
    }

    fn origin_input(&mut self, origin: &Origin, path: &str) -> Option<KeyInput> {
        let step = match origin {
            Origin::Scratch => return None,
            Origin::Image(name) => Some(self.image_step(name, None)),
            Origin::Stage(stage) => self.finished.get(stage).and_then(|state| state.parent),
        };
        step.map(|step| KeyInput::StageOutput { step, path: path.to_owned() })
    }

    fn reads_uncertain(&self, inputs: &[KeyInput]) -> bool {
        inputs.iter().any(|input| match input {
            KeyInput::StageOutput { step, .. } => self.plan.steps[step.0].uncertain,
            _ => false,
        })
    }

    fn step(
        &mut self,
        instruction: &Instruction,
        draft: Draft,
        state: &mut StageState,
        namer: &mut Namer,
        scope: &Scope,
    ) {
        let keyword = instruction.kind.keyword();
        let key = self.key(keyword_of_key(keyword), &draft.inputs);
        let mark = scope.onbuild && self.request.dialect.marks_onbuild;
        self.plan.steps.push(Step {
            name: namer.name(&draft.name, mark),
            stage: scope.label.clone(),
            line: instruction.line,
            last_line: instruction.last_line,
            instruction: instruction.text.clone(),
            kind: draft.kind,
            key,
            inputs: draft.inputs,
            uncertain: draft.uncertain,
            no_cache: draft.no_cache,
        });
        state.parent = Some(StepIndex(self.plan.steps.len() - 1));
        state.uncertain = draft.uncertain;
    }
}

/// Where an instruction stands.
struct Scope {
    index: usize,
    label: String,
    platform: String,
    no_cache: bool,
    onbuild: bool,
}

/// The flags of a RUN besides its mounts.
#[derive(Clone, Copy)]
struct RunFlags<'a> {
    network: &'a Option<String>,
    security: &'a Option<String>,
    devices: &'a [String],
}

/// COPY and ADD are the same operation to the engine; what they do differently is in their
/// value.
fn keyword_of_key(keyword: &str) -> &str {
    if keyword == "ADD" { "COPY" } else { keyword }
}

fn on_build_texts(instructions: &[Instruction]) -> Vec<String> {
    instructions
        .iter()
        .filter_map(|instruction| match &instruction.kind {
            InstructionKind::Onbuild { text, .. } => Some(text.clone()),
            _ => None,
        })
        .collect()
}

fn image_state(image: Option<&BaseImage>, step: StepIndex) -> StageState {
    let unknown = BaseImage::default();
    let known = image.unwrap_or(&unknown);
    StageState {
        environment: Environment::of_image(&known.env),
        directory: if known.working_dir.is_empty() {
            "/".to_owned()
        } else {
            known.working_dir.clone()
        },
        user: known.user.clone(),
        shell: known.shell.clone(),
        parent: Some(step),
        uncertain: image.is_none(),
    }
}

/// The digest of an image's layers in their order: same layers under another name or label are
/// the same base (`base-same-layers-new-label`).
fn layer_chain(image: &BaseImage) -> Digest {
    let mut hasher = FieldHasher::new();
    for layer in &image.layers {
        hasher.field(layer.as_bytes());
    }
    hasher.finish()
}
