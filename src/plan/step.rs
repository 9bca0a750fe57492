//! Steps, their keys, and what the keys are made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

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
}

/// One step of the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The name exactly as the engine shows it: `[build 2/5] RUN pip install -r r.txt`.
    pub name: String,
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
    /// What the key is made of.
    pub inputs: Vec<KeyInput>,
    /// Whether only the engine can tell: ADD of a URL or of git, a writable mount of the context,
    /// a base image that could not be resolved, or one of these below it.
    pub uncertain: bool,
    /// Whether `--no-cache` or `--no-cache-filter` makes it run.
    pub no_cache: bool,
}

impl Step {
    /// The step below, if there is one.
    pub fn parent(&self) -> Option<StepIndex> {
        self.inputs.iter().find_map(|input| match input {
            KeyInput::Parent { step } => Some(*step),
            _ => None,
        })
    }

    /// The steps whose output it copies or mounts.
    pub fn stage_outputs(&self) -> impl Iterator<Item = StepIndex> {
        self.inputs.iter().filter_map(|input| match input {
            KeyInput::StageOutput { step, .. } => Some(*step),
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
}
