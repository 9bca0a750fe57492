//! Step keys from their inputs.

use sha2::{Digest as _, Sha256};

use super::draft::Fetches;
use super::{ContentKeys, FetchedKeys, KeyInput, StepKey, StepKind};
use crate::Digest;

/// Changes whenever the meaning of a key changes, so that records of an older smartbuild are
/// never taken for ones of this.
const VERSION: &str = "smartbuild step key 3";

/// The key of a step with these inputs, given the keys of the steps they name.
///
/// Every field is hashed with its length before it, so that no two lists of inputs have the same
/// bytes. What only helps to explain (the source's path, whether a variable is an argument) is
/// left out: the engine does not look at it either (`arg-in-copy-path`).
pub(super) fn step_key(
    kind: &str,
    inputs: &[KeyInput],
    key_of: impl Fn(usize) -> StepKey,
) -> StepKey {
    let mut hasher = FieldHasher::new();
    hasher.field(VERSION.as_bytes());
    hasher.field(kind.as_bytes());
    for input in inputs {
        match input {
            KeyInput::Instruction { value } => hasher.fields(&["instruction", value]),
            KeyInput::Environment { name, value, .. } => hasher.fields(&["env", name, value]),
            KeyInput::Option { name, value } => hasher.fields(&["option", name, value]),
            KeyInput::Files { digest, .. } => {
                hasher.field(b"files");
                hasher.field(digest.as_bytes());
            }
            KeyInput::BaseImage { digest, manifest, .. } => {
                hasher.field(b"base");
                hasher.field(digest.as_bytes());
                if let Some(manifest) = manifest {
                    hasher.fields(&["manifest", manifest]);
                }
            }
            KeyInput::Told { .. } => {}
            KeyInput::Parent { step } => {
                hasher.field(b"parent");
                hasher.field(key_of(step.0).0.as_bytes());
            }
            KeyInput::StageOutput { step, path } => {
                hasher.field(b"output");
                hasher.field(key_of(step.0).0.as_bytes());
                hasher.field(path.as_bytes());
            }
            // Files that are known count as those of the context, wherever they are
            // (`stage-as-from-the-context`). Only the root of a context has no mode.
            KeyInput::StageFiles { digest, path, base, .. } => {
                let has_root = path.split(' ').any(str::is_empty);
                let tag: &[u8] = if base.is_some() || has_root { b"stage files" } else { b"files" };
                hasher.field(tag);
                hasher.field(digest.as_bytes());
                if let Some(base) = base {
                    hasher.field(key_of(base.0).0.as_bytes());
                }
            }
        }
    }
    StepKey(hasher.finish())
}

/// How many sources of files are told apart in [`content_keys`]; of further ones nothing counts.
const SOURCES: usize = 3;

/// One place from which a step takes files.
#[derive(Clone, Copy)]
struct Source {
    /// The digest of what is certain of their content; `None` where nothing is.
    content: Option<Digest>,
    /// Whether that is all of it.
    is_whole: bool,
}

/// The keys that [`Step::content_keys`](super::Step::content_keys) has.
///
/// The engine compares the content of all sources, and the plan knows that of some. A build in
/// which the sources `r` were known leaves a key for each part of `r` with the content of just
/// that part; one in which `m` are known asks, for every `r`, for the key with the content of
/// those in both. So two builds of which nothing is known to differ find each other.
pub(super) fn content_keys(
    kind: StepKind,
    inputs: &[KeyInput],
    key_of: impl Fn(usize) -> StepKey,
) -> ContentKeys {
    let sources = sources(kind, inputs);
    if sources.is_empty() {
        return ContentKeys::default();
    }
    let others: Vec<KeyInput> = inputs.iter().filter(|input| !is_content(input)).cloned().collect();
    let is_below = |input: &&KeyInput| !matches!(input, KeyInput::Parent { .. });
    let alone: Vec<KeyInput> = others.iter().filter(is_below).cloned().collect();
    // What of several files is certain depends on what lies below them: on something else it may be
    // others of the same.
    let whole: Vec<Source> = sources
        .iter()
        .map(|it| Source { content: it.content.filter(|_| it.is_whole), ..*it })
        .collect();
    let (leaves, asks) = keys_of(kind, &others, &sources, &key_of);
    let (leaves_alone, asks_alone) = keys_of(kind, &alone, &whole, &key_of);
    ContentKeys { leaves, asks, leaves_alone, asks_alone, ..ContentKeys::default() }
}

/// The keys to leave and to ask for of a step with these sources, and these inputs beside them.
fn keys_of(
    kind: StepKind,
    others: &[KeyInput],
    sources: &[Source],
    key_of: impl Fn(usize) -> StepKey,
) -> (Vec<StepKey>, Vec<StepKey>) {
    let key = |of: usize, counted: usize| {
        let mut hasher = FieldHasher::new();
        hasher.fields(&[&of.to_string(), &counted.to_string()]);
        for (index, source) in sources.iter().enumerate() {
            let content = source.content.filter(|_| counted & (1 << index) != 0);
            hasher.field(content.as_ref().map_or(&[][..], |digest| digest.as_bytes()));
        }
        let value = hasher.finish().to_string();
        let content = KeyInput::Option { name: "content".to_owned(), value };
        let inputs = [others, &[content]].concat();
        step_key(keyword(kind), &inputs, &key_of)
    };
    let all = 0..1_usize << sources.len();
    let is_known =
        |(index, source): (usize, &Source)| usize::from(source.content.is_some()) << index;
    let known: usize = sources.iter().enumerate().map(is_known).sum();
    let left = all.clone().filter(|part| part & !known == 0);
    (left.map(|part| key(known, part)).collect(), all.map(|of| key(of, of & known)).collect())
}

/// The key that [`ContentKeys::loose`] is, given those of the steps below, or else their own.
pub(super) fn loose_key(
    kind: StepKind,
    inputs: &[KeyInput],
    below: impl Fn(usize) -> (StepKey, bool),
) -> Option<StepKey> {
    let is_unknown = |input: &KeyInput| {
        matches!(input, KeyInput::StageOutput { .. } | KeyInput::StageFiles { base: Some(_), .. })
    };
    let stands_on_loose = |input: &KeyInput| match input {
        KeyInput::Parent { step } => below(step.0).1,
        _ => false,
    };
    if !inputs.iter().any(|input| is_unknown(input) || stands_on_loose(input)) {
        return None;
    }
    let mut known: Vec<KeyInput> =
        inputs.iter().filter(|input| !is_unknown(input)).cloned().collect();
    known.push(KeyInput::Option { name: "loose".to_owned(), value: String::new() });
    Some(step_key(keyword(kind), &known, |step| below(step).0))
}

/// The keys that [`ContentKeys::fetched`] has.
///
/// Two checksums that differ are two contents. What was fetched without one may be anything.
pub(super) fn fetched_keys(
    kind: StepKind,
    inputs: &[KeyInput],
    fetches: &Fetches,
    key_of: impl Fn(usize) -> StepKey,
) -> FetchedKeys {
    let key = |of: &str| {
        let mut others: Vec<KeyInput> = inputs.to_vec();
        others.retain(|input| !matches!(input, KeyInput::Instruction { .. }));
        others.push(KeyInput::Instruction { value: fetches.value.clone() });
        others.push(KeyInput::Option { name: "fetched".to_owned(), value: of.to_owned() });
        step_key(keyword(kind), &others, &key_of)
    };
    let (any, open) = (key("any"), key("open"));
    if fetches.is_open {
        FetchedKeys { leaves: vec![any, open], ask: any }
    } else {
        FetchedKeys { leaves: vec![any], ask: open }
    }
}

/// The key that [`Step::bare_key`](super::Step::bare_key) is.
pub(super) fn bare_key(kind: StepKind, inputs: &[KeyInput]) -> StepKey {
    let is_left_out =
        |input: &KeyInput| is_content(input) || matches!(input, KeyInput::Parent { .. });
    let mut own: Vec<KeyInput> =
        inputs.iter().filter(|input| !is_left_out(input)).cloned().collect();
    own.push(KeyInput::Option { name: "content".to_owned(), value: String::new() });
    // Nothing that is left names another step.
    step_key(keyword(kind), &own, |_| StepKey(Digest::of(b"")))
}

fn is_content(input: &KeyInput) -> bool {
    matches!(
        input,
        KeyInput::Files { .. } | KeyInput::StageFiles { .. } | KeyInput::StageOutput { .. }
    )
}

fn sources(kind: StepKind, inputs: &[KeyInput]) -> Vec<Source> {
    let content = inputs.iter().filter_map(|input| match input {
        KeyInput::StageFiles { part, base, .. } => {
            Some(Source { content: Some(*part), is_whole: base.is_none() })
        }
        // A stage may come to hold what the context held.
        KeyInput::Files { digest, .. } => {
            let mut part = FieldHasher::new();
            part.field(digest.as_bytes());
            Some(Source { content: Some(part.finish()), is_whole: true })
        }
        KeyInput::StageOutput { .. } => Some(Source { content: None, is_whole: false }),
        _ => None,
    });
    let mut sources: Vec<Source> = content.collect();
    // A COPY takes all its paths from one place.
    sources.truncate(if kind == StepKind::Run { SOURCES } else { 1 });
    sources
}

/// COPY and ADD are the same operation to the engine; what they do differently is in their
/// value.
pub(super) fn keyword(kind: StepKind) -> &'static str {
    match kind {
        StepKind::From => "FROM",
        StepKind::Run => "RUN",
        StepKind::Copy | StepKind::Add => "COPY",
        StepKind::Workdir => "WORKDIR",
        StepKind::Setting => "SETTING",
    }
}

/// SHA-256 over fields, each with its length before it.
pub(super) struct FieldHasher(Sha256);

impl FieldHasher {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn field(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(super) fn fields(&mut self, texts: &[&str]) {
        for text in texts {
            self.field(text.as_bytes());
        }
    }

    pub(super) fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}
