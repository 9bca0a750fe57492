//! Finding the engine that the docker CLI would use.

use super::environment::Environment;
use crate::engine::{
    self, ConfigError, Docker, DockerConfig, Endpoint, EndpointChoice, EndpointError, EngineInfo,
};

/// Why there is no engine to talk to.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoEngine {
    /// Docker's configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What names the engine does not.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// It does not answer, or not as it should.
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

impl NoEngine {
    /// Whether nothing is wrong but that no engine runs.
    pub(super) const fn is_absence(&self) -> bool {
        matches!(self, Self::Engine(engine::Error::Unreachable { .. }))
    }
}

/// The engine, with what it says of itself.
pub(super) async fn connect(environment: &Environment) -> Result<(Docker, EngineInfo), NoEngine> {
    let config = match &environment.docker_config {
        Some(directory) => DockerConfig::load(directory)?,
        None => DockerConfig::default(),
    };
    let choice = EndpointChoice {
        host: None,
        context: None,
        docker_host: environment.docker_host.as_deref(),
        docker_context: environment.docker_context.as_deref(),
        tls: environment.tls,
    };
    let endpoint = Endpoint::resolve(&choice, &config)?;
    let docker = Docker::connect(&endpoint, config).await?;
    let info = docker.info().await?;
    Ok((docker, info))
}
