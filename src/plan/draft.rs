//! What each instruction that is a step says and reads, before it has a key.

use serde_json::json;

use super::convert::{Builder, StageState};
use super::error::{Error, Problem};
use super::name::shown_text;
use super::selection::{Missing, Selector, select};
use super::stages::Origin;
use super::{KeyInput, StepKind, run, transfer};
use crate::dockerfile::{CommandForm, Instruction, InstructionKind, Mount, MountKind, Transfer};

/// What a step is made of before it has a key.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) kind: StepKind,
    pub(super) inputs: Vec<KeyInput>,
    pub(super) uncertain: bool,
    pub(super) no_cache: bool,
}

/// Where an instruction stands.
pub(super) struct Scope {
    pub(super) index: usize,
    pub(super) label: String,
    pub(super) platform: String,
    pub(super) no_cache: bool,
    pub(super) onbuild: bool,
}

/// The flags of a RUN besides its mounts.
#[derive(Clone, Copy)]
pub(super) struct RunFlags<'a> {
    pub(super) network: &'a Option<String>,
    pub(super) security: &'a Option<String>,
    pub(super) devices: &'a [String],
}

impl Builder<'_> {
    pub(super) fn run(
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
        // A writable mount of the context may count by more than its content: after a change of
        // a directory's mode engines were seen to run it again, and to reuse it.
        let writes_context = mounts.iter().any(|mount| {
            let mount = &mount.mount;
            mount.kind == MountKind::Bind && mount.from.is_none() && mount.read_only == Some(false)
        });
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
            value: variable.counted_value(),
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
            uncertain: state.uncertain || writes_context || self.reads_uncertain(&inputs),
            inputs,
            no_cache: scope.no_cache,
        })
    }

    pub(super) fn transfer(
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
        inputs.extend(self.source_date_epoch());
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

    pub(super) fn workdir(
        &self,
        instruction: &Instruction,
        state: &StageState,
        scope: &Scope,
    ) -> Draft {
        // Here the path counts cleaned, for the RUNs after it as written (`workdir-respelt`).
        let directory = format!("/{}", transfer::clean(&state.directory));
        let value = json!({ "directory": directory, "owner": state.user }).to_string();
        let mut inputs = vec![KeyInput::Instruction { value }];
        inputs.extend(self.source_date_epoch());
        inputs.extend(state.parent.map(|step| KeyInput::Parent { step }));
        Draft {
            name: shown_text(instruction, &state.environment, self.words),
            kind: StepKind::Workdir,
            inputs,
            uncertain: state.uncertain,
            no_cache: scope.no_cache,
        }
    }

    /// The time that the build asks for in what it makes, where the engine heeds it.
    fn source_date_epoch(&self) -> Option<KeyInput> {
        const NAME: &str = "SOURCE_DATE_EPOCH";
        let given = self.request.options.build_args.get(NAME);
        let value = given.or_else(|| self.stages.globals.get(NAME))?.clone();
        let counts = self.request.dialect.source_date_epoch_counts && !value.is_empty();
        counts.then(|| KeyInput::Option { name: "source-date-epoch".to_owned(), value })
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
}
