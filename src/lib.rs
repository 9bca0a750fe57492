//! smartbuild stands in for `docker build`: it says which steps will lose the cache and why,
//! then streams the real build and keeps what it learnt.
//!
//! Everything rests on one pure function and one set: [`plan`] turns a Dockerfile, a context
//! snapshot, arguments and base images into steps with a key each; [`store`] holds the keys an
//! engine has run. Data flows one way, from the rooms listed first to those listed last:
//!
//! - [`dockerfile`]: text to instructions with byte spans, and back without a changed byte
//! - [`context`]: ignore rules, the parallel walk, snapshots with the digest of every file
//! - [`images`]: which images a repository builds, by its Dockerfiles, compose and bake files
//! - [`plan`]: instructions and a snapshot to the graph of steps, with names and keys
//! - [`store`]: records of what ran, in one `SQLite` file
//! - [`predict`]: keys against records to verdicts, causes and seconds
//! - [`optimize`]: rewrites that rebuild less and build the same
//! - [`impact`]: two trees of a repository to what the change costs every image
//! - [`hooks`]: git's pre-commit hook, into a repository and out of it
//! - [`mod@bench`]: what is changed before a rebuild is measured, and what the times say
//! - [`engine`]: connection, `BuildKit` control and session services, events
//! - [`report`]: rendering only: terminal, JSON
//! - [`cli`]: arguments to a request, a request to calls, the result to `report`

pub mod bench;
mod built_image;
mod cache_record;
pub mod cli;
pub mod context;
mod digest;
pub mod dockerfile;
pub mod engine;
pub mod history;
pub mod hooks;
mod image;
pub mod images;
pub mod impact;
pub mod optimize;
pub mod plan;
pub mod predict;
pub mod report;
mod seconds;
mod span;
pub mod store;
mod toml_text;

pub use built_image::{
    BuiltImage, CommandRun, ImageConfiguration, ImageFile, ImageFileKind, ImagePath, ImageTree,
};
pub use cache_record::{CacheRecord, RecordKind};
pub use digest::Digest;
pub use image::BaseImage;
pub use seconds::Seconds;
pub use span::Span;
