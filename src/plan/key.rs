//! Step keys from their inputs.

use sha2::{Digest as _, Sha256};

use super::{KeyInput, StepKey};
use crate::Digest;

/// Changes whenever the meaning of a key changes, so that records of an older smartbuild are
/// never taken for ones of this.
const VERSION: &str = "smartbuild step key 1";

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
        }
    }
    StepKey(hasher.finish())
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
