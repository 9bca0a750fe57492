//! The engine that the demo builds on: the machine's own where one answers, else one of ours.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;

use super::story::say;
use crate::{
    base_image::{self, Kind},
    curl, debian,
    engine::{Engine, Version},
    home::Home,
};

/// Where the docker command looks when nobody tells it.
const USUAL_SOCKET: &str = "/var/run/docker.sock";

/// The engine that is started where the machine has none.
const OWN: Version = Version::V28_5;

/// An engine that answers.
#[derive(Debug)]
pub(super) struct DemoEngine {
    socket: PathBuf,
    /// How a person calls docker for it.
    docker: String,
}

/// The machine's engine if one answers and none was named, else our own, started.
///
/// # Errors
///
/// When our own cannot be started.
pub(super) fn find_or_start(home: &Home, version: Option<Version>) -> Result<DemoEngine> {
    if version.is_none()
        && let Some((socket, release)) = machines_engine(home)?
    {
        say(&format!("engine    docker {release}, this machine's own"))?;
        return Ok(DemoEngine { socket, docker: "docker".to_owned() });
    }
    let engine = Engine::new(home.clone(), version.unwrap_or(OWN));
    engine.up()?;
    say(&format!(
        "engine    docker {}, started for this at {}",
        engine.version(),
        engine.docker_host()
    ))?;
    let docker = format!("cargo xtask engine cli {}", engine.version());
    Ok(DemoEngine { socket: engine.socket(), docker })
}

impl DemoEngine {
    /// What `DOCKER_HOST` must be to talk to it.
    pub(super) fn docker_host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// The command that runs a container of this image, for a person to type.
    pub(super) fn run_command(&self, image: &str) -> String {
        format!("{} run --rm -p 127.0.0.1:8000:8000 {image}", self.docker)
    }

    /// Makes sure that it has the example's base image: there already, pulled, or made.
    ///
    /// # Errors
    ///
    /// When it can be had in no way.
    pub(super) fn ensure_base_image(&self, home: &Home) -> Result<()> {
        let tag = Kind::Python.usual_tag();
        let how = if base_image::is_local(&self.socket, tag) {
            "is there"
        } else if curl::pull(&self.socket, "python", "3.12-slim").is_ok() {
            "pulled"
        } else {
            base_image::give(home, &self.socket, Kind::Python, tag)?;
            "made of Debian's packages, as no registry answers (its Python is 3.11)"
        };
        say(&format!("base      {tag}, {how}"))
    }
}

/// The socket and release of the engine that docker itself would use here, if it answers.
fn machines_engine(home: &Home) -> Result<Option<(PathBuf, String)>> {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    let Some(socket) = socket_of(&host).filter(|socket| socket.exists()) else {
        return Ok(None);
    };
    debian::ensure_packages(home, &["curl"])?;
    Ok(release(&socket).map(|release| (socket, release)))
}

/// The socket that this `DOCKER_HOST` names; none where it is another machine's engine, which could
/// not be given a base image from here.
fn socket_of(docker_host: &str) -> Option<PathBuf> {
    if docker_host.is_empty() {
        return Some(PathBuf::from(USUAL_SOCKET));
    }
    docker_host.strip_prefix("unix://").map(PathBuf::from)
}

fn release(socket: &Path) -> Option<String> {
    let answer = curl::get(socket, "/version", Duration::from_secs(5)).ok()?;
    let answer: serde_json::Value = serde_json::from_str(&answer).ok()?;
    Some(answer["Version"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_engine_is_looked_for_where_docker_looks() {
        assert_eq!(socket_of(""), Some(PathBuf::from(USUAL_SOCKET)));
        assert_eq!(socket_of("unix:///run/my.sock"), Some(PathBuf::from("/run/my.sock")));
        assert_eq!(socket_of("tcp://127.0.0.1:2375"), None);
    }
}
