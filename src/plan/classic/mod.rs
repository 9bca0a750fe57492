//! The steps of the classic builder, the one before `BuildKit`.
//!
//! Every instruction is a step and makes an image: the steps of a stage are one chain, all stages
//! up to the target are built in their order, needed or not. A step is reused where an image
//! exists whose parent is the image of the last step and whose recorded command and configuration
//! are the same. So the key of a step is made of the step below and of what the instruction
//! records: the command of a RUN, with the arguments that have a value; the destination and the
//! digest of the files of a COPY; the values of all others. What of the build does not come into
//! that record (`--network`, hosts, limits, the values of arguments that nothing uses) does not
//! count.
//!
//! In and out as for [`plan`](super::plan). Rules name the case in
//! `tests/cache-cases/classic-cases.toml` that proves them.

mod files;
mod number;
mod refuse;
mod setting;
mod transfer;
mod variables;

use std::collections::BTreeSet;

use super::convert::{Builder, StageState};
use super::draft::{Draft, Scope};
use super::error::{Error, Problem};
use super::image::image_state;
use super::stage_files::{Operation, Owner};
use super::stages::{Base, stage_name};
use super::{ImageReference, KeyInput, Plan, StepIndex, StepKind, fact, run};
use crate::Digest;
use crate::dockerfile::{CommandForm, Instruction, InstructionKind};
use number::Numbers;
use serde_json::json;
use variables::Variables;

/// A stage as it is built.
#[derive(Debug, Clone, Default)]
pub(super) struct ClassicStage {
    state: StageState,
    variables: Variables,
    /// What ONBUILD set in it, for stages that are built on it.
    triggers: Vec<Instruction>,
}

impl ClassicStage {
    /// A stage on another has its image's configuration, and none of its arguments
    /// (`stage-on-stage`).
    fn on(below: Option<&Self>) -> Self {
        let mut stage = below.cloned().unwrap_or_default();
        stage.variables.forget_arguments();
        stage
    }
}

impl Builder<'_> {
    /// The steps up to the target.
    pub(super) fn build_classic(mut self) -> Result<Plan, Error> {
        let target = self.stages.target(self.request.options.target.as_deref())?;
        let mut numbers = Numbers::new(
            self.request.dockerfile.global_args().len(),
            self.stages.all[..=target].iter().map(|stage| stage.source),
            self.request.options.labels.len(),
        );
        let mut names = BTreeSet::new();
        let mut built: Vec<ClassicStage> = Vec::new();
        for index in 0..=target {
            let from = self.stages.all[index].source.from;
            if let Some(name) = stage_name(from)
                && !names.insert(name.clone())
            {
                return Err(self.at(Problem::NameTaken(name), from));
            }
            let stage = self.classic_stage(index, &built, &mut numbers)?;
            self.finished.insert(index, stage.state.clone());
            built.push(stage);
        }
        if let Some(last) = built.last_mut() {
            self.label_options(target, last, &mut numbers);
        }
        Ok(self.plan)
    }

    fn classic_stage(
        &mut self,
        index: usize,
        built: &[ClassicStage],
        numbers: &mut Numbers,
    ) -> Result<ClassicStage, Error> {
        let planned = &self.stages.all[index];
        let (source, base, image) = (planned.source, planned.base.clone(), planned.image());
        let scope = Scope {
            index,
            label: planned.label.clone(),
            platform: planned.platform.to_string(),
            no_cache: self.request.options.no_cache,
            onbuild: false,
        };
        let name = numbers.name(&source.from.text);
        let mut stage = match (&base, &image) {
            (Base::Stage(below), _) => ClassicStage::on(built.get(*below)),
            (Base::Context(name), _) => {
                let option = format!("`--build-context {name}`");
                return Err(self.at(Problem::NeedsBuildKit(option), source.from));
            }
            (_, Some(image)) => self.on_image(image, name, source.from, &scope.label)?,
            _ => ClassicStage {
                state: StageState::empty(),
                variables: Variables::of_image(&[]),
                triggers: Vec::new(),
            },
        };
        for mut trigger in std::mem::take(&mut stage.triggers) {
            (trigger.line, trigger.last_line) = (source.from.line, source.from.last_line);
            trigger.span = source.from.span;
            // The engine runs it under its FROM, and gives it no number.
            let name = format!("ONBUILD {}", trigger.text);
            self.classic_instruction(&trigger, name, &mut stage, &scope)?;
        }
        for instruction in source.instructions {
            let name = numbers.name(&instruction.text);
            self.classic_instruction(instruction, name, &mut stage, &scope)?;
        }
        Ok(stage)
    }

    fn on_image(
        &mut self,
        image: &ImageReference,
        name: String,
        from: &Instruction,
        label: &str,
    ) -> Result<ClassicStage, Error> {
        let known = self.request.images.get(image);
        let step = self.classic_image_step(image, name, from, label);
        let mut triggers = Vec::new();
        for text in known.map(|known| &*known.on_build).unwrap_or_default() {
            triggers.push(self.trigger(text, from)?);
        }
        let environment = known.map(|known| &*known.env).unwrap_or_default();
        Ok(ClassicStage {
            state: image_state(known, step),
            variables: Variables::of_image(environment),
            triggers,
        })
    }

    /// The step of a FROM. The image's identifier counts, and not only its layers
    /// (`base-other-label`).
    fn classic_image_step(
        &mut self,
        image: &ImageReference,
        name: String,
        from: &Instruction,
        label: &str,
    ) -> StepIndex {
        let known = self.request.images.get(image);
        let id = known.map(|known| known.id.clone());
        let digest = Digest::of(id.as_deref().unwrap_or(&image.name).as_bytes());
        let inputs = vec![KeyInput::BaseImage {
            reference: image.name.clone(),
            digest,
            manifest: id,
            // Its id decides all that stands on it.
            configuration: None,
        }];
        self.push_image_step(name, label.to_owned(), Some(from), inputs, known.is_none())
    }

    fn classic_instruction(
        &mut self,
        instruction: &Instruction,
        name: String,
        stage: &mut ClassicStage,
        scope: &Scope,
    ) -> Result<(), Error> {
        refuse::check(instruction).map_err(|problem| self.at(problem, instruction))?;
        let given = &self.request.options.build_args;
        stage.state.environment = stage.variables.environment(given, &self.stages.globals);
        let draft = match &instruction.kind {
            InstructionKind::Run { command, .. } => {
                self.classic_run(instruction, command, stage, scope)
            }
            InstructionKind::Copy(transfer) | InstructionKind::Add(transfer) => {
                self.classic_transfer(instruction, transfer, &stage.state, scope)?
            }
            InstructionKind::Workdir(path) => {
                self.classic_workdir(instruction, path, &mut stage.state, scope)?
            }
            _ => self.setting(instruction, stage, scope)?,
        };
        self.push_step(instruction, name, draft, &mut stage.state, scope);
        Ok(())
    }

    /// The command with its arguments: those that were declared before it and have a value, the
    /// environment's own left out (`arg-hidden-by-env`).
    fn classic_run(
        &self,
        instruction: &Instruction,
        command: &CommandForm,
        stage: &ClassicStage,
        scope: &Scope,
    ) -> Draft {
        let arguments = run::arguments(instruction, command, &stage.state.shell);
        let mut inputs =
            vec![KeyInput::Instruction { value: json!({ "arguments": arguments }).to_string() }];
        inputs.extend(fact::shell(instruction, command, &stage.state.shell));
        let given = &self.request.options.build_args;
        inputs.extend(stage.variables.counted(given, &self.stages.globals));
        self.classic_draft(StepKind::Run, inputs, &stage.state, scope)
    }

    /// The path as it is kept: made absolute, and by older engines not cleaned where it is so
    /// already (`workdir-respelt`). WORKDIR of `/` is a step as well (`workdir-root`).
    fn classic_workdir(
        &self,
        instruction: &Instruction,
        path: &str,
        state: &mut StageState,
        scope: &Scope,
    ) -> Result<Draft, Error> {
        let path = self.expand(path, state, instruction)?;
        let clean = |path: &str| format!("/{}", super::transfer::clean(path));
        state.directory = if !path.starts_with('/') {
            clean(&format!("{}/{path}", state.directory))
        } else if self.request.dialect.cleans_directories {
            clean(&path)
        } else {
            path
        };
        let value = json!({ "directory": state.directory }).to_string();
        let mut inputs = vec![KeyInput::Instruction { value }];
        inputs.extend(fact::variables(instruction, &state.environment, self.words));
        let mut draft = self.classic_draft(StepKind::Workdir, inputs, state, scope);
        draft.operation = Some(Operation::Directory {
            path: clean(&state.directory),
            // Made by the engine and not in a container.
            owner: Owner::default(),
        });
        Ok(draft)
    }

    /// A step that reads nothing but what stands below it.
    fn classic_draft(
        &self,
        kind: StepKind,
        mut inputs: Vec<KeyInput>,
        state: &StageState,
        scope: &Scope,
    ) -> Draft {
        inputs.extend(state.parent.map(|step| KeyInput::Parent { step }));
        Draft {
            name: String::new(),
            told: None,
            kind,
            uncertain: state.uncertain || self.reads_uncertain(&inputs),
            inputs,
            fetches: None,
            written_contexts: Vec::new(),
            no_cache: scope.no_cache,
            operation: None,
        }
    }

    /// `--label` is a LABEL for each, sorted, at the end of the last stage
    /// (`label-option-changed`).
    fn label_options(&mut self, index: usize, stage: &mut ClassicStage, numbers: &mut Numbers) {
        let from = self.stages.all[index].source.from;
        let scope = Scope {
            index,
            label: self.stages.all[index].label.clone(),
            platform: String::new(),
            no_cache: self.request.options.no_cache,
            onbuild: false,
        };
        let options = self.request.options;
        for (name, value) in &options.labels {
            let text = format!("LABEL {name}={value}");
            let inputs = vec![setting::labels(&[(name.clone(), value.clone())])];
            let draft = self.classic_draft(StepKind::Setting, inputs, &stage.state, &scope);
            let shown = numbers.name(&text);
            let instruction = Instruction { text, ..from.clone() };
            self.push_step(&instruction, shown, draft, &mut stage.state, &scope);
        }
    }
}
