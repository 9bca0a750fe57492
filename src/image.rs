//! What the rest of the program needs to know of a base image.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// A base image as the engine has it: its layers and the configuration that stages inherit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct BaseImage {
    /// The image's id: the digest of its configuration, or of its manifest with the containerd
    /// image store, where it decides what is reused together with the layers; else it is only shown.
    pub id: String,
    /// The layers' diff ids from the lowest up: what decides reuse of `FROM`.
    pub layers: Vec<Digest>,
    /// `NAME=VALUE` in the configuration's order.
    pub env: Vec<String>,
    /// `WorkingDir`, empty where there is none.
    pub working_dir: String,
    /// `User`, empty where there is none.
    pub user: String,
    /// `Shell`, empty where there is none.
    pub shell: Vec<String>,
    /// `OnBuild` triggers.
    pub on_build: Vec<String>,
    /// `linux`, …
    pub os: String,
    /// `amd64`, …
    pub architecture: String,
    /// `v8`, …; empty where there is none.
    pub variant: String,
}
