//! Steps, their keys, and what the keys are made of.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use crate::context::ContextPath;
use crate::{BaseImage, Digest};

/// Our digest of everything that decides whether the engine may reuse a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepKey(pub Digest);

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of a step in [`Plan::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepIndex(pub usize);

/// Which instruction a step comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StepKind {
    /// A base image.
    From,
    /// A command.
    Run,
    /// Files of the context, a stage or an image.
    Copy,
    /// Files, archives, URLs or git.
    Add,
    /// A directory.
    Workdir,
    /// What only changes the image's configuration (ENV, LABEL, CMD, …): a step to the classic
    /// builder alone.
    Setting,
}

/// One thing that a step's key is made of, named so that two keys can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum KeyInput {
    /// The command, the destination, the flags: what the instruction itself says.
    Instruction {
        /// As text, canonical.
        value: String,
    },
    /// A variable of the environment, in the environment's order.
    Environment {
        /// Its name.
        name: String,
        /// Its value; of one that looks like a secret, the digest of it.
        value: String,
        /// Whether an ARG set it.
        argument: bool,
    },
    /// An option of the build or the stage's state: working directory, user, network, hosts.
    Option {
        /// Its name, such as `network` or `user`.
        name: String,
        /// Its value.
        value: String,
    },
    /// Files of the context.
    Files {
        /// What was selected: a path or a pattern, as the instruction has it after expansion.
        source: String,
        /// The digest of what it selects.
        digest: Digest,
        /// The paths of the selected subtrees, to find what changed.
        roots: Vec<String>,
    },
    /// The base image.
    BaseImage {
        /// The reference as written.
        reference: String,
        /// The digest of its layer chain.
        digest: Digest,
        /// Its id, where the engine knows images by their manifests first
        /// ([`Dialect::knows_manifests`](super::Dialect::knows_manifests)).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        manifest: Option<String>,
        /// What it gives to the stages on it beside its layers; no part of the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        configuration: Option<ImageConfiguration>,
    },
    /// The step below.
    Parent {
        /// Which.
        step: StepIndex,
    },
    /// Files of another stage.
    StageOutput {
        /// The last step of that stage.
        step: StepIndex,
        /// The path in it.
        path: String,
    },
    /// Files of another stage that are known, as COPY, ADD and WORKDIR made them.
    StageFiles {
        /// The last step of that stage.
        step: StepIndex,
        /// What was selected.
        path: String,
        /// Equal where the content is, on the same `base`.
        digest: Digest,
        /// Of that part of them only which is certain whatever lies below the stage's own files.
        part: Digest,
        /// The step of that stage whose files decide too, and nobody knows; `None` where all is
        /// known.
        base: Option<StepIndex>,
        /// The paths of the context that they come from.
        roots: Vec<String>,
    },
    /// What went into the instruction from elsewhere; no part of the key.
    Told {
        /// What.
        fact: Fact,
    },
}

/// What an image gives to the steps on it beside its layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfiguration {
    /// The image's id.
    pub id: String,
    /// The digest of its variables, directory, user and shell.
    pub digest: Digest,
}

impl ImageConfiguration {
    /// What this image gives.
    pub(super) fn of(image: &BaseImage) -> Self {
        let fields = [&image.env, &image.shell].map(|list| list.join("\0"));
        let fields = [&*fields[0], &*fields[1], &image.working_dir, &image.user];
        Self { id: image.id.clone(), digest: Digest::of(fields.join("\0\0").as_bytes()) }
    }
}

/// The option that names the directory which a stage is built on.
const BUILD_CONTEXT: &str = "build-context";

impl KeyInput {
    /// Whether it is part of the key.
    pub const fn counts(&self) -> bool {
        !matches!(self, Self::Told { .. })
    }

    /// Whether it is an instruction that makes a layer of its own, by `--link`.
    pub(super) fn is_linked(&self) -> bool {
        match self {
            Self::Instruction { value } => {
                let value: Option<serde_json::Value> = serde_json::from_str(value).ok();
                value.is_some_and(|value| value["link"] == true)
            }
            _ => false,
        }
    }

    /// That a stage is built on this directory of `--build-context`.
    pub(super) fn on_context(name: &str) -> Self {
        Self::Option { name: BUILD_CONTEXT.to_owned(), value: name.to_owned() }
    }
}

/// Keys of what is certain of the files that a step takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContentKeys {
    /// What becomes known with the step.
    pub leaves: Vec<StepKey>,
    /// As long as the engine has none of these, it never had a step that takes such files, and
    /// the step runs. Empty where it takes none.
    pub asks: Vec<StepKey>,
    /// What becomes known with it of such files on whatever the step stands on.
    pub leaves_alone: Vec<StepKey>,
    /// As long as the engine has none of these, it never had a step that takes such files, on
    /// whatever that stood. Empty where it takes none.
    pub asks_alone: Vec<StepKey>,
    /// The step's key with everything left out that it and the steps below take of what other
    /// stages leave and nobody knows; `None` where they take nothing of that.
    pub loose: Option<StepKey>,
    /// What becomes known and is asked of a step that fetches from a URL.
    pub fetched: Option<FetchedKeys>,
    /// Whether the engine finds the result that an earlier step of the same build leaves
    /// ([`Dialect::finds_copies_of_one_build`](super::Dialect::finds_copies_of_one_build)).
    pub of_this_build: Option<OfThisBuild>,
}

/// What an earlier step of the same build leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfThisBuild {
    /// Just this result.
    Certain,
    /// This result, if files of which nobody knows are equal.
    Open,
}

/// Keys of a step that fetches a file, with its address and content left out: whatever of it has
/// the same content the engine finds by that, once it has fetched it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedKeys {
    /// What becomes known with the step.
    pub leaves: Vec<StepKey>,
    /// As long as the engine does not have this one, it has no such step with the same content.
    pub ask: StepKey,
}

/// One step of the build.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about a step")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The name exactly as the engine shows it: `[build 2/5] RUN pip install -r r.txt`.
    pub name: String,
    /// The name with `****` for the values of what looks like a secret, where these are in it: for
    /// what others read.
    pub told: Option<String>,
    /// The stage's name, or `stage-K`; empty where there is one unnamed stage.
    pub stage: String,
    /// The instruction's first line, counted from 1. For an ONBUILD trigger that of its FROM.
    pub line: u32,
    /// The instruction's last line.
    pub last_line: u32,
    /// The instruction's text, continuation lines joined, variables as written.
    pub instruction: String,
    /// Which instruction.
    pub kind: StepKind,
    /// What decides its reuse.
    pub key: StepKey,
    /// The key of the instruction alone, whatever it stands on and whatever files it takes: as
    /// long as the engine never had it, the step runs.
    pub bare_key: StepKey,
    /// Its key with the images below it by their layers alone. The engine knows it so as well,
    /// as long as it does not know the manifests of these images
    /// ([`Dialect::knows_manifests`](super::Dialect::knows_manifests)).
    pub layers_key: StepKey,
    /// Keys of the part of its files that is certain.
    pub content_keys: ContentKeys,
    /// What the key is made of.
    pub inputs: Vec<KeyInput>,
    /// Whether only the engine can tell: ADD of a URL or of git, a base image that could not be
    /// resolved, or one of these below it.
    pub uncertain: bool,
    /// The roots of the contexts into whose files it may write, as a RUN with a writable mount of
    /// them. When it runs, the engine makes a layer on its copy of the context, and can bring that
    /// copy up to date no more: the next build begins a new one (`run-bind-rw-dir-mode`).
    pub written_contexts: Vec<ContextPath>,
    /// Whether `--no-cache` or `--no-cache-filter` makes it run.
    pub no_cache: bool,
    /// Whether it reads a directory of which nobody knows how the engine has it
    /// ([`Plan::doubt`]): under which key the engine may have the step, it alone can tell.
    pub is_doubted: bool,
}

impl Step {
    /// The step below, if there is one.
    pub fn parent(&self) -> Option<StepIndex> {
        self.inputs.iter().find_map(|input| match input {
            KeyInput::Parent { step } => Some(*step),
            _ => None,
        })
    }

    /// The directory of `--build-context` that it stands on: the engine takes it for another one at
    /// each build, so that the step always runs (`context-as-base`).
    pub fn on_context(&self) -> Option<&str> {
        self.inputs.iter().find_map(|input| match input {
            KeyInput::Option { name, value } if name == BUILD_CONTEXT => Some(&**value),
            _ => None,
        })
    }

    /// Whether it is a layer of its own, by `--link`, that the engine merges with what it stands on.
    pub fn is_merged(&self) -> bool {
        self.parent().is_some() && self.inputs.iter().any(KeyInput::is_linked)
    }

    /// Whether it may write into the files of the build's own context.
    pub fn writes_context(&self) -> bool {
        self.written_contexts.iter().any(|root| root.as_bytes().is_empty())
    }

    /// Whether it copies or mounts all of a context.
    pub fn reads_whole(&self, context: &ContextPath) -> bool {
        self.inputs.iter().any(|input| match input {
            KeyInput::Files { roots, .. } => {
                roots.iter().any(|root| ContextPath::new(root) == *context)
            }
            _ => false,
        })
    }

    /// Whether this file of the context is among what it copies or mounts.
    pub fn reads(&self, path: &ContextPath) -> bool {
        self.inputs.iter().any(|input| match input {
            KeyInput::Files { roots, .. } => {
                roots.iter().any(|root| path.starts_with(&ContextPath::new(root)))
            }
            _ => false,
        })
    }

    /// Whether it copies or mounts this directory of the context, or something in it.
    pub fn touches(&self, directory: &ContextPath) -> bool {
        self.inputs.iter().any(|input| match input {
            KeyInput::Files { roots, .. } => roots
                .iter()
                .map(ContextPath::new)
                .any(|root| directory.starts_with(&root) || root.starts_with(directory)),
            _ => false,
        })
    }

    /// The steps whose output it copies or mounts.
    pub fn stage_outputs(&self) -> impl Iterator<Item = StepIndex> {
        self.inputs.iter().filter_map(|input| match input {
            KeyInput::StageOutput { step, .. } | KeyInput::StageFiles { step, .. } => Some(*step),
            _ => None,
        })
    }

    /// The steps before it that the engine waits for: what it stands on, and what it takes files
    /// from; each once.
    pub fn needs(&self) -> impl Iterator<Item = StepIndex> {
        let needed = self.parent().into_iter().chain(self.stage_outputs());
        needed.collect::<BTreeSet<_>>().into_iter()
    }

    /// Every key that becomes known when the engine has the step, beside its own.
    pub fn other_keys(&self) -> impl Iterator<Item = StepKey> {
        let loose = self.content_keys.loose;
        let fetched = self.content_keys.fetched.iter().flat_map(|keys| &keys.leaves).copied();
        let ContentKeys { leaves, leaves_alone, .. } = &self.content_keys;
        let leaves = leaves.iter().chain(leaves_alone).copied();
        leaves.chain([self.bare_key]).chain(loose).chain(fetched)
    }

    /// Keys of the step on whatever it stands on: where the engine has had none of them, the step
    /// runs. Of a directory of which nobody knows how the engine has it the instruction alone tells.
    pub fn keys_alone(&self) -> &[StepKey] {
        match &*self.content_keys.asks_alone {
            asks if !self.is_doubted && !asks.is_empty() => asks,
            _ => std::slice::from_ref(&self.bare_key),
        }
    }

    /// The key that becomes known when the engine reused the step for what it took from another
    /// stage, whatever made that: it has one result under several keys then, and what was built on
    /// it is found by each of them (`stage-back-to-what-stood-on-equal-files`). `None` for a step
    /// that takes nothing unknown.
    pub fn equality_key(&self) -> Option<StepKey> {
        self.unknown_outputs().next()?;
        let StepKey(loose) = self.content_keys.loose?;
        Some(StepKey(Digest::of(&[b"equal".as_slice(), loose.as_bytes()].concat())))
    }

    /// Every key that its verdict may rest on.
    pub fn asked_keys(&self) -> impl Iterator<Item = StepKey> {
        let own = [self.key, self.bare_key, self.layers_key, self.joint_key()];
        let fetched = self.content_keys.fetched.iter().map(|keys| keys.ask);
        let others = self.content_keys.loose.into_iter().chain(self.equality_key()).chain(fetched);
        let ContentKeys { asks, asks_alone, .. } = &self.content_keys;
        asks.iter().chain(asks_alone).copied().chain(own).chain(others)
    }

    /// The key that is known where the engine has one result under [`Step::key`] and
    /// [`Step::layers_key`]: what stands on that result is found by either
    /// (`base-new-label-then-step-above-on-old-again`), and not where each has a result of its own
    /// (`base-two-labels-with-own-results-then-old-again`).
    pub fn joint_key(&self) -> StepKey {
        let StepKey(key) = &self.key;
        let StepKey(layers_key) = &self.layers_key;
        StepKey(Digest::of(&[key.as_bytes().as_slice(), layers_key.as_bytes().as_slice()].concat()))
    }

    /// The last steps of other stages of whose files it copies or mounts some that are not known. What
    /// it takes may be the same where its key is another: that counts all of the stage's known files
    /// which a pattern may match.
    pub fn open_outputs(&self) -> impl Iterator<Item = StepIndex> {
        self.inputs.iter().filter_map(|input| match input {
            KeyInput::StageOutput { step, .. }
            | KeyInput::StageFiles { step, base: Some(_), .. } => Some(*step),
            _ => None,
        })
    }

    /// The steps of other stages whose unknown files it copies or mounts: where one of them
    /// runs, its output decides.
    pub fn unknown_outputs(&self) -> impl Iterator<Item = StepIndex> {
        self.inputs.iter().filter_map(|input| match input {
            KeyInput::StageOutput { step, .. } => Some(*step),
            KeyInput::StageFiles { base, .. } => *base,
            _ => None,
        })
    }
}

/// The graph of steps for one target: every step after the steps it needs, stages in the order
/// of the Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// Whether the engine asks for all of the build's own context, whatever the steps read of it: it
    /// does for a RUN with a mount of type tmpfs, on all engines.
    pub asks_for_all: bool,
}

impl Plan {
    /// Leaves to the engine what it makes of these directories of the context: steps that read
    /// one of them, or something in it, are uncertain, and so is what stands on them.
    pub fn doubt(&mut self, directories: &[ContextPath]) {
        for index in 0..self.steps.len() {
            let (before, from_here) = self.steps.split_at_mut(index);
            let Some(step) = from_here.first_mut() else { break };
            let stands_on_doubt = |input: StepIndex| before[input.0].uncertain;
            step.is_doubted = directories.iter().any(|directory| step.touches(directory));
            step.uncertain |= step.is_doubted
                || step.parent().into_iter().chain(step.stage_outputs()).any(stands_on_doubt);
        }
    }
}
