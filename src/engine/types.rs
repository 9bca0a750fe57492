//! What goes into an engine and what comes out.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::Digest;
use crate::context::{ContextPath, ModifiedTime, Snapshot};

/// Which engine answers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EngineInfo {
    /// `docker`, `podman` or `buildkit`.
    pub name: String,
    /// The engine's version, such as `28.5.2`.
    pub version: String,
    /// What builds: `buildkit` or `classic`.
    pub builder: String,
    /// The engine's own identity (`ID` of `GET /info`): records are kept for it.
    pub id: String,
    /// Where images and cache results are stored.
    pub store: ImageStore,
    /// `linux/amd64`, … : what the engine runs without emulation.
    pub platform: String,
}

/// The engine's image store, which decides what is reported of `COPY --link` and what a prune
/// takes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageStore {
    /// The engine's own graph drivers (`overlay2`, `vfs`, …).
    GraphDriver,
    /// containerd's snapshotters; can merge.
    Containerd,
}

/// A text file for the frontend, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name as the user gave it, relative to the context where it lies in it.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What stands for a name of `--build-context`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedContext {
    /// The image of this name.
    Image(String),
    /// A directory on this machine, whose files are in the snapshot
    /// ([`context::join`](crate::context::join)).
    Directory {
        /// Where it is.
        root: PathBuf,
        /// Its `.dockerignore`.
        ignore_file: Option<SourceFile>,
    },
}

/// One build, ready to be sent.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The context's directory on this machine; file contents are read from here.
    pub root: PathBuf,
    /// What of it is served.
    pub snapshot: Arc<Snapshot>,
    /// Files of it whose bytes are served from here, and not from the disk.
    pub held: BTreeMap<ContextPath, Bytes>,
    /// Files that the engine is told another modification time of than they have, so that it
    /// asks for them although nothing else that it compares differs from its copy.
    pub announced: BTreeMap<ContextPath, ModifiedTime>,
    /// The Dockerfile.
    pub dockerfile: SourceFile,
    /// `<Dockerfile>.dockerignore` or `.dockerignore`, whichever rules; served beside the
    /// Dockerfile, under the same name, so that the frontend reads the same rules.
    pub ignore_file: Option<SourceFile>,
    /// `--build-arg`: `None` takes no value from anywhere and is not sent.
    pub build_args: BTreeMap<String, String>,
    /// `--build-context`, by name.
    pub contexts: BTreeMap<String, RequestedContext>,
    /// `--cache-from`: images, with the registry's where the engine has none of the name.
    pub cache_from: Vec<String>,
    /// `--label`.
    pub labels: BTreeMap<String, String>,
    /// `-t`, in order, as given.
    pub tags: Vec<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--platform`, as given.
    pub platform: Option<String>,
    /// `--no-cache`.
    pub no_cache: bool,
    /// `--no-cache-filter` stages.
    pub no_cache_filter: Vec<String>,
    /// `--pull`.
    pub pull: bool,
    /// `--network`.
    pub network: Option<String>,
    /// `--add-host`, `NAME:ADDRESS`.
    pub add_hosts: Vec<String>,
    /// `--shm-size` in bytes.
    pub shm_size: Option<u64>,
    /// `--ulimit`, as given.
    pub ulimits: Vec<String>,
    /// `--cgroup-parent`.
    pub cgroup_parent: Option<String>,
    /// `--secret`: id to file or value.
    pub secrets: BTreeMap<String, Vec<u8>>,
    /// Finds the engine's copy of this context again: stable for a context directory, different
    /// for every other one.
    pub shared_key: String,
}

/// A step while the engine runs, named by the engine's digest of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub String);

/// What the engine says of one step. The same step may come several times, each time with
/// more; later messages replace earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub struct StepUpdate {
    /// The step.
    pub id: StepId,
    /// Its name, such as `[build 2/5] RUN make`.
    pub name: String,
    /// The steps it needs.
    pub inputs: Vec<StepId>,
    /// When it started, if it has.
    pub started: Option<SystemTime>,
    /// When it ended, if it has.
    pub completed: Option<SystemTime>,
    /// Whether its result was reused.
    pub cached: bool,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// The name of the group that it is shown in, where it belongs to one (`COPY --link`).
    pub group: Option<String>,
}

impl StepUpdate {
    /// Whether it was stopped, because another step failed or the user wished it: the engine
    /// reports that as an error, and nothing is wrong with the step.
    pub fn is_canceled(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.ends_with("context canceled"))
    }
}

/// Where a line of output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What happens while the engine builds.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A step came into being, started, ended or failed.
    Step(StepUpdate),
    /// A part of a step made progress: a layer is fetched, a file is sent.
    Transfer {
        /// The step.
        step: StepId,
        /// What is transferred, such as a layer's digest.
        id: String,
        /// What is done to it, such as `extracting`.
        name: String,
        /// Bytes so far.
        current: u64,
        /// Bytes in all; 0 where unknown.
        total: u64,
        /// When it began, where the engine says so.
        started: Option<SystemTime>,
        /// When it was done, if it is.
        completed: Option<SystemTime>,
        /// When this was so.
        at: Option<SystemTime>,
    },
    /// A step wrote output; not cut at line ends.
    Log {
        /// The step.
        step: StepId,
        /// Where from.
        stream: LogStream,
        /// What, as it came: hostile until escaped.
        bytes: Vec<u8>,
        /// When.
        at: SystemTime,
    },
    /// The frontend warns of something in the Dockerfile.
    Warning {
        /// The step; empty where it belongs to none.
        step: StepId,
        /// How grave: 1 is the gravest.
        level: i64,
        /// In a sentence.
        text: String,
        /// In more sentences.
        detail: Vec<String>,
        /// Where to read more; empty where there is nothing.
        url: String,
        /// The line, counted from 1, where it is known.
        line: Option<u32>,
    },
}

/// What the engine pulled of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Sent {
    /// Files whose bytes were asked for.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Whether the engine asked for files of the contexts of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// At all, so that it may have been told of some.
    pub any: bool,
    /// Once or more where there was none to tell of.
    pub in_vain: bool,
}

/// How a build ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOutcome {
    /// The image's id as `docker build -q` prints it; `None` where nothing was exported.
    pub image: Option<Digest>,
    /// What the engine pulled of the context.
    pub sent: Sent,
    /// The files whose bytes were asked for: of these it is certain that the engine has them as
    /// they are.
    pub sent_files: HashSet<ContextPath>,
    /// What the engine asked for.
    pub asked: Asked,
}
