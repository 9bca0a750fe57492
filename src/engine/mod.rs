//! The engine: what runs the build.
//!
//! In: a [`BuildRequest`] with the context's snapshot. Out: [`Event`]s while it runs and a
//! [`BuildOutcome`]. This room connects, speaks `BuildKit`'s control API, serves the session and
//! reads the status stream; it knows the context (to serve it) and plain data, nothing of plans
//! or verdicts.
//!
//! An [`Endpoint`] says where the engine listens and [`Docker::connect`] goes there. What is
//! asked about images goes over the REST API. [`Docker::build`] hijacks two connections, as
//! docker's own client does: one on which we call `BuildKit`'s control service, and one on which
//! the engine calls us, to pull the files it lacks and to ask for credentials and secrets. A
//! file that is not what the snapshot says ends the build: the engine never builds from a
//! context that nobody predicted.
//!
//! A [`Trial`] builds images for a short time, reads what is in them and runs commands in them,
//! and removes all that it made.

mod build;
mod config;
mod connection;
mod control;
mod disk_usage;
mod docker;
mod endpoint;
mod error;
mod export;
mod failure;
mod resolve;
mod session;
mod solve;
mod status;
mod trial;
mod types;

pub use config::{ConfigError, DockerConfig};
pub use docker::Docker;
pub use endpoint::{DEFAULT_SOCKET, Endpoint, EndpointChoice, EndpointError};
pub use error::{BuildError, Change, Error, SourceLocation};
pub use export::ArchiveError;
pub use trial::{Trial, TrialError, TrialImage};
pub use types::{
    Asked, BuildOutcome, BuildRequest, EngineInfo, Event, ImageStore, LogStream, RequestedContext,
    Sent, SourceFile, StepId, StepUpdate,
};
