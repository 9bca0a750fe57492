//! What each instruction that is a step says and reads, before it has a key.

use serde_json::json;

use super::chmod::Chmod;
use super::convert::{Builder, StageState};
use super::error::{Error, Problem};
use super::key::FieldHasher;
use super::mount::ExpandedMount;
use super::name::{shown_text, told_text};
use super::owner::one_spelling;
use super::selection::{Missing, Selection, Selector, select};
use super::stage_files::{Copied, FilesOf, Operation, Owner, Source, Tree};
use super::stages::Origin;
use super::transfer::ExpandedTransfer;
use super::{ImageReference, KeyInput, PLATFORM, StepIndex, StepKind, fact, mount, run, transfer};
use crate::context::{ContextPath, Snapshot, named_root};
use crate::dockerfile::{CommandForm, Instruction, InstructionKind, Mount, MountKind, Transfer};

/// What a step is made of before it has a key.
pub(super) struct Draft {
    pub(super) name: String,
    /// The name without secrets' values, where these are in it.
    pub(super) told: Option<String>,
    pub(super) kind: StepKind,
    pub(super) inputs: Vec<KeyInput>,
    /// What it fetches from elsewhere, if it does.
    pub(super) fetches: Option<Fetches>,
    pub(super) uncertain: bool,
    pub(super) written_contexts: Vec<ContextPath>,
    pub(super) no_cache: bool,
    /// What it does to the stage's files; `None` where nobody knows.
    pub(super) operation: Option<Operation>,
}

/// What a step fetches from a URL.
pub(super) struct Fetches {
    /// What the instruction says of itself but for what it fetches.
    pub(super) value: String,
    /// Whether nobody but the engine can tell the content.
    pub(super) is_open: bool,
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
        let mounts = mount::mounts(mounts, state, self.words)
            .map_err(|problem| self.at(problem, instruction))?;
        let mut value = json!({ "arguments": run::arguments(instruction, command, &state.shell) });
        let (values, namespace) = mount::values(&mounts, &self.request);
        if !values.is_empty() {
            value["mounts"] = json!(values);
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
        // One that asks for the default has the build's (`run-network-default-under-another`).
        let own_network = flags.network.as_ref().filter(|mode| *mode != "default");
        let network = own_network.or(options.network.as_ref());
        let hosts: Vec<String> =
            options.add_hosts.iter().flat_map(|host| run::host_names(host)).collect();
        let limits: Vec<String> = options.ulimits.iter().map(|limit| run::limit(limit)).collect();
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
        option(PLATFORM, scope.platform.clone());
        if self.request.dialect.run_limits_count {
            let shm_size = options.shm_size.filter(|&size| size > 0);
            option("shm-size", shm_size.map(|size| size.to_string()).unwrap_or_default());
            option("ulimit", limits.join(","));
            option("cgroup-parent", options.cgroup_parent.clone().unwrap_or_default());
            let hostname = options.build_args.get("BUILDKIT_SANDBOX_HOSTNAME");
            option("hostname", hostname.cloned().unwrap_or_default());
        }
        let mut origins = Vec::with_capacity(mounts.len());
        for mount in &mounts {
            let origin = self.stages.mount_origin(&mount.mount, scope.index, instruction)?;
            origins.push(origin.map(|origin| self.as_context(origin)));
        }
        if mounts.iter().any(ExpandedMount::asks_for_all) {
            self.asked.add_all();
        }
        inputs.extend(self.parent_of_run(state, &origins, &mounts));
        let written_contexts = written_contexts(&mounts, &origins);
        let hidden = self.hidden_by_a_part(&mounts, &origins);
        for ((mount, origin), is_hidden) in mounts.iter().zip(origins).zip(hidden) {
            let counted = inputs.len();
            let source =
                Selector { path: mount.source.clone(), required: true, ..Selector::default() };
            match origin {
                None => {
                    let files = self.context_files(None, &[source], &mount.source, instruction)?;
                    inputs.push(files);
                }
                Some(Origin::Context(name)) => {
                    let of = Some(&*name);
                    inputs.push(self.context_files(of, &[source], &mount.source, instruction)?);
                }
                // A writable mount may count by more than its content, as one of the context.
                Some(origin) if mount.mount.read_only == Some(false) => {
                    inputs.extend(self.output_input(&origin, &mount.source));
                }
                Some(origin) => inputs.extend(self.origin_input(&origin, &[source])),
            }
            if is_hidden {
                inputs.truncate(counted);
            }
        }
        inputs.extend(fact::documents(instruction));
        inputs.extend(namespace);
        inputs.extend(fact::shell(instruction, command, &state.shell));
        let taken_from = mounts.iter().filter_map(|mount| mount.mount.from.as_ref());
        inputs.extend(taken_from.filter_map(|from| self.stages.given(from)));
        Ok(Draft {
            name: shown_text(instruction, &state.environment, self.words),
            told: told_text(instruction, &state.environment, self.words),
            kind: StepKind::Run,
            uncertain: state.uncertain || self.reads_uncertain(&inputs),
            written_contexts,
            inputs,
            fetches: None,
            no_cache: scope.no_cache,
            operation: None,
        })
    }

    /// Which mounts count for nothing to an engine that looks at the named parts of an origin alone,
    /// where there are any, and not at a mount of all of it.
    fn hidden_by_a_part(&self, mounts: &[ExpandedMount], origins: &[Option<Origin>]) -> Vec<bool> {
        let counts_all = self.request.dialect.whole_mounts_count_beside_parts;
        let is_read = |mount: &ExpandedMount| mount.mount.read_only != Some(false);
        let is_part = |mount: &ExpandedMount| !mount.source.is_empty() && is_read(mount);
        let is_hidden = |(mount, origin): (&ExpandedMount, &Option<Origin>)| {
            let mut others = mounts.iter().zip(origins);
            let mut has_part = || others.any(|(other, of)| of == origin && is_part(other));
            !counts_all && mount.source.is_empty() && is_read(mount) && has_part()
        };
        mounts.iter().zip(origins).map(is_hidden).collect()
    }

    /// What a RUN stands on. Where it also mounts the very stage that it stands on, the mount
    /// decides how the engine looks at both: by all that is in them
    /// (`stage-below-mounted`). To some engines a secret is such a mount (`stage-below-a-secret`).
    fn parent_of_run(
        &mut self,
        state: &StageState,
        origins: &[Option<Origin>],
        mounts: &[ExpandedMount],
    ) -> Vec<KeyInput> {
        let Some(parent) = state.parent else { return Vec::new() };
        let is_secret =
            |mount: &ExpandedMount| matches!(mount.mount.kind, MountKind::Secret | MountKind::Ssh);
        if self.request.dialect.secrets_mount_the_stage_below && mounts.iter().any(is_secret) {
            return vec![KeyInput::StageOutput { step: parent, path: String::new() }];
        }
        let is_below = |origin: &&Origin| match origin {
            Origin::Stage(below) => {
                self.finished.get(below).is_some_and(|state| state.parent == Some(parent))
            }
            _ => false,
        };
        let mounted = origins.iter().flatten().find(is_below).cloned();
        match mounted.filter(|_| self.request.dialect.mounts_decide_for_the_stage_below) {
            Some(origin) => self.origin_input(&origin, &[Selector::default()]),
            None => vec![KeyInput::Parent { step: parent }],
        }
    }

    pub(super) fn transfer(
        &mut self,
        instruction: &Instruction,
        transfer: &Transfer,
        state: &StageState,
        scope: &Scope,
    ) -> Result<Draft, Error> {
        let is_add = matches!(instruction.kind, InstructionKind::Add(_));
        let expanded = transfer::expand(
            instruction,
            transfer,
            is_add,
            state,
            self.words,
            self.request.dialect,
        )
        .map_err(|problem| self.at(problem, instruction))?;
        let mut inputs = vec![KeyInput::Instruction { value: expanded.value.clone() }];
        inputs.extend(state.parent.map(|step| KeyInput::Parent { step }));
        match &transfer.from {
            None if expanded.selectors.is_empty() => {}
            None => {
                let source = transfer.sources.join(" ");
                inputs.push(self.context_files(None, &expanded.selectors, &source, instruction)?);
            }
            Some(from) => match self.copy_origin(from, scope.index, instruction)? {
                Origin::Context(name) => {
                    let (of, source) = (Some(&*name), transfer.sources.join(" "));
                    inputs.push(self.context_files(
                        of,
                        &expanded.selectors,
                        &source,
                        instruction,
                    )?);
                }
                origin => inputs.extend(self.origin_input(&origin, &expanded.selectors)),
            },
        }
        inputs.extend(fact::variables(instruction, &state.environment, self.words));
        inputs.extend(fact::documents(instruction));
        inputs.extend(self.directory_of(transfer, state));
        inputs.extend(transfer.from.as_ref().and_then(|from| self.stages.given(from)));
        let operation = self.copied(instruction, transfer, &expanded, scope)?;
        Ok(Draft {
            name: shown_text(instruction, &state.environment, self.words),
            told: told_text(instruction, &state.environment, self.words),
            kind: if is_add { StepKind::Add } else { StepKind::Copy },
            uncertain: expanded.is_open || state.uncertain || self.reads_uncertain(&inputs),
            inputs,
            fetches: expanded.fetches(),
            written_contexts: Vec::new(),
            no_cache: scope.no_cache,
            operation,
        })
    }

    /// The directory that a relative destination is in.
    fn directory_of(&self, transfer: &Transfer, state: &StageState) -> Option<KeyInput> {
        let destination = self.words.expand(&transfer.destination, &state.environment).ok()?;
        let is_relative = !destination.starts_with('/');
        fact::setting("WORKDIR", state.directory.clone()).filter(|_| is_relative)
    }

    pub(super) fn workdir(&self, instruction: &Instruction, state: &StageState) -> Draft {
        // Here the path counts cleaned, for the RUNs after it as written (`workdir-respelt`).
        let directory = format!("/{}", transfer::clean(&state.directory));
        let value =
            json!({ "directory": directory, "owner": one_spelling(&state.user) }).to_string();
        let mut inputs = vec![KeyInput::Instruction { value }];
        inputs.extend(self.source_date_epoch());
        inputs.extend(state.parent.map(|step| KeyInput::Parent { step }));
        inputs.extend(fact::variables(instruction, &state.environment, self.words));
        inputs.extend(fact::setting("USER", state.user.clone()));
        inputs.extend(state.user_made_of.iter().cloned().map(fact::variable));
        let operation =
            self.owner(&state.user).map(|owner| Operation::Directory { path: directory, owner });
        Draft {
            name: shown_text(instruction, &state.environment, self.words),
            told: told_text(instruction, &state.environment, self.words),
            kind: StepKind::Workdir,
            operation,
            inputs,
            fetches: None,
            uncertain: state.uncertain,
            written_contexts: Vec::new(),
            // It is reused all the same where it stands on what is (`no-cache-workdir`).
            no_cache: false,
        }
    }

    /// The time that the build asks for in the directory, where the engine heeds it. A COPY does
    /// not look at it (`source-date-epoch-copy`), and an ARG's default is none
    /// (`source-date-epoch-default`).
    fn source_date_epoch(&self) -> Option<KeyInput> {
        let written = self.request.options.build_args.get("SOURCE_DATE_EPOCH")?;
        let counts = self.request.dialect.source_date_epoch_counts && !written.is_empty();
        // It counts as a number (`source-date-epoch-respelt`).
        let seconds = written.parse::<i64>().map(|seconds| seconds.to_string());
        let value = seconds.unwrap_or_else(|_| written.clone());
        counts.then(|| KeyInput::Option { name: "source-date-epoch".to_owned(), value })
    }

    fn copy_origin(
        &self,
        from: &str,
        at: usize,
        instruction: &Instruction,
    ) -> Result<Origin, Error> {
        Ok(self.as_context(self.stages.copy_origin(from, at, instruction)?))
    }

    /// A stage that leaves a directory of `--build-context` as it is is that directory.
    fn as_context(&self, origin: Origin) -> Origin {
        let Origin::Stage(stage) = origin else { return origin };
        let finished = self.finished.get(&stage).filter(|state| state.parent.is_none());
        match finished.and_then(|state| state.context.clone()) {
            Some(name) => Origin::Context(name),
            None => origin,
        }
    }

    /// The files that `selectors` select of the build's own context, or of the named one.
    fn context_files(
        &mut self,
        context: Option<&str>,
        selectors: &[Selector],
        source: &str,
        instruction: &Instruction,
    ) -> Result<KeyInput, Error> {
        let named = context.map(|name| self.contexts.named(name));
        let snapshot = named.as_deref().unwrap_or(&self.contexts.own);
        let missing = |source_path: String, link: Option<ContextPath>| {
            let context = context.map(ToOwned::to_owned);
            let link = link.map(|link| link.to_string());
            self.at(Problem::MissingSource { source_path, link, context }, instruction)
        };
        let missing_one = || {
            let is_missing =
                |one: &&Selector| select(snapshot, std::slice::from_ref(*one)).is_err();
            let one = selectors.iter().find(is_missing)?;
            Some([&*one.path, &one.include.join(" ")].concat())
        };
        let selected = match select(snapshot, selectors) {
            Ok(selected) => Ok(selected),
            Err(_) if context.is_none() && self.is_sent => Ok(not_sent(selectors)),
            Err(Missing { link }) => {
                Err(missing(missing_one().unwrap_or_else(|| source.to_owned()), link))
            }
        };
        let Selection { digest, mut roots, mut unmatched } = selected?;
        unmatched.retain(|folder| !folder.is_root());
        if !unmatched.is_empty() {
            let pattern = missing_pattern(snapshot, selectors);
            let error = missing(pattern.unwrap_or_else(|| source.to_owned()), None);
            if context.is_some() {
                return Err(error);
            }
            self.unmatched.extend(unmatched.into_iter().map(|folder| (folder, error.clone())));
        }
        if context.is_none() {
            self.asked.add(selectors, &roots, &self.contexts.own);
        }
        let mut source = source.to_owned();
        if let Some(name) = context {
            let root = named_root(name);
            roots = roots.iter().map(|path| root.join(path).to_string()).collect();
            source = format!("{name}:{source}");
        }
        Ok(KeyInput::Files { source, digest, roots })
    }

    /// The owner as far as it counts; `None` for names that only the base knows.
    fn owner(&self, text: &str) -> Option<Owner> {
        if self.request.dialect.owners_count { Owner::parse(text) } else { Some(Owner::default()) }
    }

    /// What a COPY or ADD does to the files of its stage; `None` where that is not known: an
    /// archive that may be unpacked, what comes from elsewhere, owners by name, and modes that are
    /// not understood.
    pub(super) fn copied(
        &self,
        instruction: &Instruction,
        transfer: &Transfer,
        expanded: &ExpandedTransfer,
        scope: &Scope,
    ) -> Result<Option<Operation>, Error> {
        if expanded.remote {
            return Ok(None);
        }
        let origin = match &transfer.from {
            None => FilesOf::Context,
            Some(from) => match self.copy_origin(from, scope.index, instruction)? {
                Origin::Stage(stage) => match self.finished.get(&stage) {
                    Some(finished) => FilesOf::Stage(finished.files.clone()),
                    None => return Ok(None),
                },
                Origin::Context(name) => FilesOf::NamedContext(name),
                Origin::Scratch | Origin::Image(_) => return Ok(None),
            },
        };
        let owner = expanded.chown.as_deref().map(|owner| self.owner(owner));
        let mode = expanded.chmod.as_deref().map(Chmod::parse);
        if owner == Some(None) || mode == Some(None) {
            return Ok(None);
        }
        let names = instruction.heredocs.iter().map(|heredoc| heredoc.name.clone());
        Ok(Some(Operation::Copy(Copied {
            origin,
            sources: expanded.selectors.iter().map(source).collect(),
            documents: names.zip(expanded.bodies.iter().cloned()).collect(),
            destination: expanded.destination.clone(),
            owner: owner.flatten(),
            mode: mode.flatten(),
            link: expanded.merges,
            unpacks: transfer.unpack.unwrap_or(matches!(instruction.kind, InstructionKind::Add(_))),
        })))
    }

    /// What counts of the files taken from elsewhere than the context: their content where it is
    /// known, and else the step that leaves them.
    fn origin_input(&mut self, origin: &Origin, selectors: &[Selector]) -> Vec<KeyInput> {
        if let Origin::Stage(stage) = origin
            && let Some(input) = self.known_files(*stage, selectors)
        {
            return vec![input];
        }
        selectors.iter().filter_map(|selector| self.output_input(origin, &selector.path)).collect()
    }

    pub(super) fn output_input(&mut self, origin: &Origin, path: &str) -> Option<KeyInput> {
        let step = match origin {
            // What is taken of a context is known, and never asked for here.
            Origin::Scratch | Origin::Context(_) => return None,
            Origin::Image(name) => {
                let platform = self.request.options.platform.clone();
                Some(self.image_step(&ImageReference { name: name.clone(), platform }, None))
            }
            Origin::Stage(stage) => {
                let last = self.finished.get(stage).and_then(|state| state.parent);
                last.map(|step| self.writer(step))
            }
        };
        step.map(|step| KeyInput::StageOutput { step, path: path.to_owned() })
    }

    pub(super) fn known_files(&mut self, stage: usize, selectors: &[Selector]) -> Option<KeyInput> {
        let finished = self.finished.get(&stage)?;
        let step = self.writer(finished.parent?);
        self.trees.entry(stage).or_insert_with(|| finished.files.tree(&self.contexts));
        files_of(step, self.trees.get(&stage)?, selectors)
    }

    /// The last step up to this one that may write files.
    fn writer(&self, step: StepIndex) -> StepIndex {
        let mut step = step;
        while self.plan.steps[step.0].kind == StepKind::Setting
            && let Some(parent) = self.plan.steps[step.0].parent()
        {
            step = parent;
        }
        step
    }

    pub(super) fn reads_uncertain(&self, inputs: &[KeyInput]) -> bool {
        inputs.iter().any(|input| match input {
            KeyInput::StageOutput { step, .. } => self.plan.steps[step.0].uncertain,
            KeyInput::StageFiles { base, .. } => {
                base.is_some_and(|step| self.plan.steps[step.0].uncertain)
            }
            _ => false,
        })
    }
}

/// The first pattern that matches nothing in a folder of its own.
fn missing_pattern(snapshot: &Snapshot, selectors: &[Selector]) -> Option<String> {
    let is_unmatched = |one: &&Selector| {
        let selected = select(snapshot, std::slice::from_ref(*one));
        selected.is_ok_and(|it| it.unmatched.iter().any(|folder| !folder.is_root()))
    };
    selectors.iter().find(is_unmatched).map(|one| one.path.clone())
}

/// What the engine will not find, as it is not sent: no build had it.
fn not_sent(selectors: &[Selector]) -> Selection {
    let roots: Vec<String> = selectors.iter().map(|selector| selector.path.clone()).collect();
    let mut hasher = FieldHasher::new();
    hasher.field(b"not sent");
    for path in &roots {
        hasher.field(path.as_bytes());
    }
    Selection { digest: hasher.finish(), roots, unmatched: Vec::new() }
}

fn source(selector: &Selector) -> Source {
    let Selector { path, include, exclude, .. } = selector.clone();
    Source { path, include, exclude }
}

/// The files that `selectors` select of those that `step` leaves.
fn files_of(step: StepIndex, tree: &Tree, selectors: &[Selector]) -> Option<KeyInput> {
    let selected = tree.select(selectors)?;
    // What a step leaves without anything copied onto it counts by that step alone.
    if selected.base == Some(step) {
        return None;
    }
    let paths: Vec<&str> = selectors.iter().map(|selector| &*selector.path).collect();
    Some(KeyInput::StageFiles {
        step,
        path: paths.join(" "),
        digest: selected.digest,
        part: selected.part,
        base: selected.base,
        roots: selected.roots,
    })
}

/// The roots of the contexts whose files these mounts let a RUN write into.
fn written_contexts(mounts: &[ExpandedMount], origins: &[Option<Origin>]) -> Vec<ContextPath> {
    let writable = mounts.iter().zip(origins).filter(|(mount, _)| mount.is_writable_bind());
    writable
        .filter_map(|(_, origin)| match origin {
            None => Some(ContextPath::new("")),
            Some(Origin::Context(name)) => Some(named_root(name)),
            Some(_) => None,
        })
        .collect()
}
