//! Instructions to steps, stage by stage.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, RunFlags, Scope};
use super::environment::{Environment, Value};
use super::error::{Error, Problem};
use super::expansion::Words;
use super::fact::NamedValue;
use super::image::{image_state, shown_context};
use super::joint_inputs::joint_inputs;
use super::key::{bare_key, content_keys, fetched_keys, keyword, loose_key, step_key};
use super::name::{Namer, counts_as_step};
use super::reference::full_reference;
use super::request::PlanRequest;
use super::sent::Asked;
use super::stage_files::{Operation, StageFiles, Tree};
use super::stages::{Base, StagePlan, Stages};
use super::{ImageReference, KeyInput, Plan, Step, StepIndex, StepKind, transfer};
use crate::context::{ContextPath, Contexts};
use crate::dockerfile::{Instruction, InstructionKind, parse_trigger};

/// What a stage hands on from instruction to instruction.
#[derive(Debug, Clone, Default)]
pub(super) struct StageState {
    pub(super) environment: Environment,
    /// The image's variables and those of ENV, in the order in which they first came: a stage that
    /// is built on this one begins with them set again, over whatever ARG set
    /// (`env-over-arg-of-the-stage-below`).
    pub(super) configured: Vec<(String, Value)>,
    /// The working directory as written; `/` where nobody set one.
    pub(super) directory: String,
    pub(super) user: String,
    /// The variables that the user's name was made of.
    pub(super) user_made_of: Vec<NamedValue>,
    pub(super) shell: Vec<String>,
    /// The last step; `None` on `scratch`.
    pub(super) parent: Option<StepIndex>,
    /// What its files come from.
    pub(super) files: StageFiles,
    /// Whether a step below is one that only the engine can tell.
    pub(super) uncertain: bool,
    /// The directory of `--build-context` that it is built on.
    pub(super) context: Option<String>,
}

impl StageState {
    /// A stage on nothing.
    pub(super) fn empty() -> Self {
        let environment = Environment::of_image(&[]);
        Self {
            configured: environment.configured(),
            environment,
            directory: "/".to_owned(),
            ..Self::default()
        }
    }

    /// As ENV does.
    fn set_variable(&mut self, name: &str, value: Value, made_of: Vec<NamedValue>) {
        self.environment.set_made_of(name, value.clone(), false, made_of);
        match self.configured.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.configured.push((name.to_owned(), value)),
        }
    }
}

/// The plan of a target.
pub(super) struct Builder<'a> {
    pub(super) request: PlanRequest<'a>,
    pub(super) stages: Stages<'a>,
    pub(super) contexts: Contexts<'a>,
    pub(super) words: Words,
    pub(super) plan: Plan,
    pub(super) finished: BTreeMap<usize, StageState>,
    /// The steps of images.
    pub(super) images: BTreeMap<ImageReference, StepIndex>,
    /// The lines of the instruction that is converted.
    pub(super) lines: (u32, u32),
    /// What is asked of the build's own context.
    pub(super) asked: Asked,
    /// Folders of patterns that match nothing, each with what is wrong where the engine has no
    /// such folder.
    pub(super) unmatched: Vec<(ContextPath, Error)>,
    /// Whether that context is only what of it the engine has.
    pub(super) is_sent: bool,
    /// The files of the stages that others take from, by the stage.
    pub(super) trees: BTreeMap<usize, Tree>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(request: PlanRequest<'a>) -> Result<Self, Error> {
        let stages = Stages::new(request.dockerfile, request.options, request.dialect)?;
        Ok(Self {
            request,
            stages,
            contexts: Contexts::of(request.snapshot),
            words: Words::new(request.dockerfile.escape()),
            plan: Plan::default(),
            finished: BTreeMap::new(),
            images: BTreeMap::new(),
            lines: (0, 0),
            asked: Asked::default(),
            unmatched: Vec::new(),
            is_sent: false,
            trees: BTreeMap::new(),
        })
    }

    pub(super) fn build(mut self) -> Result<Plan, Error> {
        self.all_stages()?;
        self.refuse_unmatched()?;
        if let Some(sent) = self.asked.sent(&self.contexts.own) {
            let request = self.request;
            self = Self { is_sent: true, ..Self::new(request)? };
            self.contexts.own = Cow::Owned(sent);
            self.all_stages()?;
        }
        self.share_no_cache();
        self.plan.asks_for_all = self.asked.is_all();
        Ok(self.plan)
    }

    /// A pattern may match nothing as long as its folder is there, which the engine has only where
    /// something of it was asked for.
    fn refuse_unmatched(&mut self) -> Result<(), Error> {
        for (folder, error) in std::mem::take(&mut self.unmatched) {
            if !self.asked.sends(&folder, &self.contexts.own) {
                return Err(error);
            }
        }
        Ok(())
    }

    pub(super) fn all_stages(&mut self) -> Result<(), Error> {
        let target = self.stages.target(self.request.options.target.as_deref())?;
        let triggers = self.triggers()?;
        for stage in self.stages.reachable(target, &triggers)? {
            let triggered = triggers.get(&stage).map_or(&[][..], Vec::as_slice);
            self.stage(stage, triggered)?;
        }
        Ok(())
    }

    /// The same step in several stages is one to the engine, and runs for all of them where one
    /// is built without cache (`no_cache_filter_runs_the_stages_that_it_names`).
    fn share_no_cache(&mut self) {
        let without = self.plan.steps.iter().filter(|step| step.no_cache);
        let without: BTreeSet<_> = without.map(|step| step.key.0).collect();
        for step in &mut self.plan.steps {
            step.no_cache |= without.contains(&step.key.0);
        }
    }

    /// The ONBUILD triggers that each stage runs first: its base image's, or those that the
    /// stage below sets. They stand where the FROM stands.
    fn triggers(&self) -> Result<BTreeMap<usize, Vec<Instruction>>, Error> {
        let mut triggers = BTreeMap::new();
        for (index, stage) in self.stages.all.iter().enumerate() {
            let texts = match &stage.base {
                _ if stage.replaced.is_some() => Vec::new(),
                Base::Stage(base) => self.stage_triggers(&self.stages.all[*base]),
                _ => self.image_triggers(stage),
            };
            let parsed = texts.iter().map(|text| self.trigger(text, stage.source.from));
            let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
            if !parsed.is_empty() {
                triggers.insert(index, parsed);
            }
        }
        Ok(triggers)
    }

    /// The triggers that a stage leaves to those that are built on it.
    fn stage_triggers(&self, stage: &StagePlan<'_>) -> Vec<String> {
        let Some(replaced) = stage.replaced else {
            return on_build_texts(stage.source.instructions);
        };
        let dialect = self.request.dialect;
        let of_image = dialect.replaced_stages_have_triggers.then(|| self.image_triggers(stage));
        let own = dialect.replaced_stages_set_triggers.then(|| on_build_texts(replaced));
        of_image.into_iter().chain(own).flatten().collect()
    }

    /// The triggers of the image that a stage is built on, if it is built on one.
    fn image_triggers(&self, stage: &StagePlan<'_>) -> Vec<String> {
        let image = stage.image().and_then(|image| self.request.images.get(&image));
        image.map(|image| image.on_build.clone()).unwrap_or_default()
    }

    /// A trigger of ONBUILD as it stands where its FROM does.
    pub(super) fn trigger(&self, text: &str, from: &Instruction) -> Result<Instruction, Error> {
        let mut trigger = parse_trigger(text).map_err(|error| {
            let reason = error.to_string();
            self.at(Problem::Trigger { trigger: text.to_owned(), reason }, from)
        })?;
        (trigger.line, trigger.last_line) = (from.line, from.last_line);
        trigger.span = from.span;
        Ok(trigger)
    }

    pub(super) fn at(&self, problem: Problem, instruction: &Instruction) -> Error {
        problem.at(self.request.dockerfile.name(), instruction)
    }

    fn stage(&mut self, index: usize, triggers: &[Instruction]) -> Result<(), Error> {
        let planned = &self.stages.all[index];
        let (source, base, label) = (planned.source, planned.base.clone(), planned.label.clone());
        let (image, platform) = (planned.image(), planned.platform.to_string());
        let marks_onbuild = self.request.dialect.marks_onbuild;
        let own = source.instructions.iter().filter(|one| counts_as_step(one)).count();
        let triggered = if marks_onbuild { triggers.len() } else { 0 };
        let context = planned.context.clone();
        let is_counted = matches!(base, Base::Image(_) | Base::Context(_)) || context.is_some();
        let mut namer = Namer::new(&label, usize::from(is_counted) + own + triggered);

        let mut state = match (&base, &image) {
            (Base::Stage(below), _) => {
                let mut state = self.finished.get(below).cloned().unwrap_or_default();
                for (name, value) in &state.configured {
                    state.environment.set(name, value.clone(), false);
                }
                state
            }
            (Base::Context(name), _) => {
                StageState { context: Some(name.clone()), ..StageState::empty() }
            }
            (_, Some(image)) => {
                let name = &image.name;
                let shown = match &context {
                    Some(context) => shown_context(context, name),
                    None => namer.name(&format!("FROM {}", full_reference(name)), false),
                };
                let step = self.image_step(image, Some((shown, &label, source.from)));
                let given = context.as_ref().and_then(|context| self.stages.told(context));
                let inputs = &mut self.plan.steps[step.0].inputs;
                inputs.extend(given.filter(|given| !inputs.contains(given)));
                image_state(self.request.images.get(image), step)
            }
            _ => StageState::empty(),
        };
        let name = super::stages::stage_name(source.from);
        let no_cache = self.request.options.is_without_cache(name.as_deref());
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

    pub(super) fn key(&self, kind: StepKind, inputs: &[KeyInput]) -> super::StepKey {
        step_key(keyword(kind), inputs, |step| self.plan.steps[step].key)
    }

    fn instruction(
        &mut self,
        instruction: &Instruction,
        state: &mut StageState,
        namer: &mut Namer,
        scope: &Scope,
    ) -> Result<(), Error> {
        self.lines = (instruction.line, instruction.last_line);
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
                            .value(text, &before)
                            .map_err(|problem| self.at(problem, instruction))
                    };
                    let made_of = before.origins(&before.names_in(self.words, value));
                    state.set_variable(&expand(name)?.text, expand(value)?, made_of);
                }
            }
            InstructionKind::Arg(arguments) => self.arguments(arguments, state, instruction)?,
            InstructionKind::User(user) => {
                let asked = state.environment.names_in(self.words, user);
                state.user_made_of = state.environment.origins(&asked);
                state.user = self.expand(user, state, instruction)?;
            }
            InstructionKind::Shell(shell) => state.shell.clone_from(shell),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn expand(
        &self,
        text: &str,
        state: &StageState,
        at: &Instruction,
    ) -> Result<String, Error> {
        self.value(text, state, at).map(|value| value.text)
    }

    /// As [`Self::expand`], for what becomes a variable's value or is kept.
    pub(super) fn value(
        &self,
        text: &str,
        state: &StageState,
        at: &Instruction,
    ) -> Result<Value, Error> {
        self.words.value(text, &state.environment).map_err(|problem| self.at(problem, at))
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
            let mut made_of = Vec::new();
            let value = match (self.request.options.build_args.get(name), default) {
                (Some(given), _) => Some(Value::plain(given)),
                (None, Some(default)) => {
                    let environment = &state.environment;
                    made_of = environment.origins(&environment.names_in(self.words, default));
                    Some(self.value(default, state, instruction)?)
                }
                (None, None) => self.stages.globals.variable(name).map(|it| it.value.clone()),
            };
            let hidden = self.request.dialect.knows_sbom_arguments
                && matches!(&**name, "BUILDKIT_SBOM_SCAN_CONTEXT" | "BUILDKIT_SBOM_SCAN_STAGE");
            if let Some(value) = value.filter(|_| !hidden) {
                state.environment.set_made_of(name, value, true, made_of);
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        instruction: &Instruction,
        mut draft: Draft,
        state: &mut StageState,
        namer: &mut Namer,
        scope: &Scope,
    ) {
        let context = state.context.as_ref().filter(|_| state.parent.is_none());
        if let Some(context) = context {
            draft.inputs.push(KeyInput::on_context(context));
        }
        let is_two = |step: &Step| {
            let mut taken = step.inputs.iter().filter_map(|input| match input {
                KeyInput::BaseImage { reference, .. } => Some(reference),
                _ => None,
            });
            taken.any(|name| self.stages.context_with_image(name).is_some())
        };
        draft.inputs.extend(joint_inputs(&draft.inputs, &self.plan.steps, is_two));
        let mark = scope.onbuild && self.request.dialect.marks_onbuild;
        let name = namer.name(&draft.name, mark);
        self.push_step(instruction, name, draft, state, scope);
    }

    /// Adds a step under its name.
    pub(super) fn push_step(
        &mut self,
        instruction: &Instruction,
        name: String,
        draft: Draft,
        state: &mut StageState,
        scope: &Scope,
    ) {
        let context = state.context.as_ref().filter(|_| state.parent.is_none());
        let below = context.map(|context| Operation::whole(context.clone()));
        let key = self.key(draft.kind, &draft.inputs);
        let layers_key =
            step_key(keyword(draft.kind), &draft.inputs, |step| self.plan.steps[step].layers_key);
        let key_of = |step: usize| self.plan.steps[step].key;
        // Under the manifest of an image or its layers alone: whatever is found by files may be either.
        let layers_of = |step: usize| self.plan.steps[step].layers_key;
        let mut content_keys = content_keys(draft.kind, &draft.inputs, layers_of);
        content_keys.loose = loose_key(draft.kind, &draft.inputs, |step| {
            let below = &self.plan.steps[step];
            let loose = below.content_keys.loose;
            (loose.unwrap_or(below.layers_key), loose.is_some())
        });
        content_keys.fetched =
            draft.fetches.map(|fetches| fetched_keys(draft.kind, &draft.inputs, &fetches, key_of));
        self.plan.steps.push(Step {
            told: draft.told.map(|told| name.replacen(&draft.name, &told, 1)),
            name,
            stage: scope.label.clone(),
            line: instruction.line,
            last_line: instruction.last_line,
            instruction: instruction.text.clone(),
            kind: draft.kind,
            key,
            bare_key: bare_key(draft.kind, &draft.inputs),
            layers_key,
            content_keys,
            inputs: draft.inputs,
            uncertain: draft.uncertain,
            written_contexts: draft.written_contexts,
            no_cache: draft.no_cache,
            is_doubted: false,
        });
        let index = StepIndex(self.plan.steps.len() - 1);
        if let Some(below) = below {
            state.files.push(index, Some(below));
        }
        if draft.kind != StepKind::Setting {
            state.files.push(index, draft.operation);
        }
        state.parent = Some(index);
        state.uncertain = draft.uncertain;
    }
}

pub(super) fn on_build_texts(instructions: &[Instruction]) -> Vec<String> {
    instructions
        .iter()
        .filter_map(|instruction| match &instruction.kind {
            InstructionKind::Onbuild { text, .. } => Some(text.clone()),
            _ => None,
        })
        .collect()
}
