//! Finding the engine that the docker CLI would use.

use super::environment::Environment;
use super::held::FORECAST;
use crate::CacheRecord;
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

/// An engine that answered.
pub(super) struct Answered {
    pub(super) docker: Docker,
    /// What it says of itself.
    pub(super) info: EngineInfo,
    /// What its build cache holds.
    pub(super) listing: Result<Vec<CacheRecord>, engine::Error>,
}

/// The engine, with what it says of itself and of its build cache. What `remembered` said of
/// itself is not asked again.
pub(super) async fn connect(
    environment: &Environment,
    remembered: Option<EngineInfo>,
) -> Result<Answered, NoEngine> {
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
    let info = async {
        match remembered {
            Some(remembered) if docker.is_still(&remembered).await => Ok(remembered),
            _ => docker.info().await,
        }
    };
    let (info, listing) = tokio::join!(info, docker.cache_records(FORECAST));
    Ok(Answered { info: info?, listing, docker })
}
