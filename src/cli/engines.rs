//! Finding the engine that the docker CLI would use.

use super::environment::Environment;
use super::failure::Failure;
use crate::engine::{Docker, DockerConfig, Endpoint, EndpointChoice, EngineInfo};

/// The engine, with what it says of itself.
pub(super) async fn connect(environment: &Environment) -> Result<(Docker, EngineInfo), Failure> {
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
