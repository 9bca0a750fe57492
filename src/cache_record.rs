//! What the rest of the program needs to know of a record of the engine's build cache.

use std::time::SystemTime;

/// What a record of the engine's build cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// A layer: the result of a step, or a base image.
    Layer,
    /// The engine's copy of a directory of a client.
    LocalSource,
    /// Cache mounts, frontends, git checkouts.
    Other,
}

/// One record of the engine's build cache, as the engine lists it.
///
/// The engine keeps some results under two identifiers, of which it lists one: which one can
/// change without anything being lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheRecord {
    /// Its identifier.
    pub id: String,
    /// What it holds.
    pub kind: RecordKind,
    /// The records that it stands on: the layer below, or those that were merged.
    pub parents: Vec<String>,
    /// What the engine noted when it made it: `mount / from exec …` for a RUN; for other steps
    /// their name, on old engines only `fileop target`.
    pub description: String,
    /// When it was made, by the engine's clock.
    pub created: SystemTime,
    /// When it was last let go of, by the engine's clock; `None` where never.
    pub used: Option<SystemTime>,
    /// Whether a build holds it at this moment.
    pub is_in_use: bool,
    /// Whether it can still be written to.
    pub is_mutable: bool,
}
