//! Step keys from their inputs.

use sha2::{Digest as _, Sha256};

use super::{KeyInput, StepKey};
use crate::Digest;

/// Changes whenever the meaning of a key changes, so that records of an older smartbuild are
/// never taken for ones of this.
const VERSION: &str = "smartbuild step key 2";

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
            KeyInput::BaseImage { digest, .. } => {
                hasher.field(b"base");
                hasher.field(digest.as_bytes());
            }
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
            }
        }
    }
    StepKey(hasher.finish())
}

/// The key that [`Step::part_key`](super::Step::part_key) is; `None` where the step takes no
/// known files.
///
/// It leaves out what only the engine knows, so that where it was never recorded the content is
/// new, whatever else there is.
pub(super) fn part_key(
    kind: &str,
    inputs: &[KeyInput],
    key_of: impl Fn(usize) -> StepKey,
) -> Option<StepKey> {
    let mut parts = FieldHasher::new();
    let mut others = Vec::new();
    for input in inputs {
        match input {
            KeyInput::StageFiles { part, .. } => parts.field(part.as_bytes()),
            // A stage may come to hold what the context held.
            KeyInput::Files { digest, .. } => {
                let mut part = FieldHasher::new();
                part.field(digest.as_bytes());
                parts.field(part.finish().as_bytes());
            }
            KeyInput::StageOutput { .. } => {}
            other => others.push(other.clone()),
        }
    }
    let is_of_files =
        |input: &KeyInput| matches!(input, KeyInput::StageFiles { .. } | KeyInput::Files { .. });
    if !inputs.iter().any(is_of_files) {
        return None;
    }
    let digest = parts.finish();
    others.push(KeyInput::Option { name: "part".to_owned(), value: digest.to_string() });
    Some(step_key(kind, &others, key_of))
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
