//! Images that are built to be looked at, and removed again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::models::{ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveImageOptionsBuilder, StartContainerOptions, WaitContainerOptions,
};
use futures_util::StreamExt;
use tokio::sync::RwLock;
use tokio::sync::mpsc::UnboundedSender;

use super::docker::Docker;
use super::error::{BuildError, Error};
use super::export::{self, ArchiveError};
use super::session::new_id;
use super::types::{BuildRequest, Event};
use crate::{BuiltImage, CommandRun};

/// The label that every image and container of a trial has. Its value is new each time, so that
/// no image of a trial has the id of one that is not.
const LABEL: &str = "smartbuild.trial";

/// How long the engine may take to make or remove a container: some stores copy the image.
const CONTAINER_TIME: Duration = Duration::from_secs(600);

/// How long a build waits for those before it, so that a file which both write has two times, in
/// whole seconds as an archive has them.
const SECOND: Duration = Duration::from_millis(1100);

/// Bytes of a command's output that are kept.
const OUTPUT_BYTES: usize = 16 << 10;

/// Why an image could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// The engine could not be talked to, or refused.
    #[error(transparent)]
    Engine(#[from] Error),
    /// What it sent is no image.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// A place for images and containers that are needed for a short time.
///
/// Everything that is made through it has a name of its own and is removed by [`Trial::clean`],
/// also what was being made when its future was dropped. Nothing else is touched.
#[derive(Debug)]
pub struct Trial<'a> {
    docker: &'a Docker,
    id: String,
    made: Mutex<Made>,
    /// Held for reading by whoever has a container made.
    making: Arc<RwLock<()>>,
}

#[derive(Debug, Default)]
struct Made {
    images: Vec<String>,
    containers: Vec<String>,
    numbers: usize,
}

/// An image of a trial.
#[derive(Debug, Clone)]
pub struct TrialImage {
    name: String,
    platform: Option<String>,
}

impl<'a> Trial<'a> {
    /// A trial on this engine.
    pub fn new(docker: &'a Docker) -> Self {
        Self { docker, id: new_id(), made: Mutex::default(), making: Arc::default() }
    }

    /// The repository of the images of this trial, and what its containers' names begin with.
    pub fn name(&self) -> String {
        format!("smartbuild-trial-{}", self.id)
    }

    /// Builds what `request` asks for without cache, under a name of the trial and under no other.
    ///
    /// The engine's copy of the context is the trial's own, so that it keeps the one that other
    /// builds use as they left it. Builds one after the other begin in different seconds: what a
    /// step writes has another time in each.
    pub async fn build(
        &self,
        request: &BuildRequest,
        events: UnboundedSender<Event>,
        cancel: impl Future<Output = ()> + Send,
    ) -> Result<TrialImage, BuildError> {
        let mut cancel = std::pin::pin!(cancel);
        let (is_first, name) = {
            let mut made = self.made();
            let is_first = made.numbers == 0;
            made.numbers += 1;
            let name = format!("{}:{}", self.name(), made.numbers);
            made.images.push(name.clone());
            (is_first, name)
        };
        if !is_first {
            tokio::select! {
                () = tokio::time::sleep(SECOND) => {}
                () = &mut cancel => return Err(BuildError::Cancelled),
            }
        }
        let mut request = request.clone();
        request.tags = vec![name.clone()];
        request.labels.insert(LABEL.to_owned(), new_id());
        request.no_cache = true;
        request.cache_from.clear();
        request.announced.clear();
        request.shared_key = format!("smartbuild:trial:{}", self.id);
        self.docker.build(&request, events, cancel).await?;
        Ok(TrialImage { name, platform: request.platform })
    }

    /// What is in an image.
    pub async fn read(&self, image: &TrialImage) -> Result<BuiltImage, TrialError> {
        const DOING: &str = "describing an image";
        let inspected = self.docker.inspect(&image.name).await?;
        let inspected = inspected.ok_or_else(|| Error::Refused {
            doing: DOING,
            message: format!("the image {} is gone; run the command again", image.name),
        })?;
        let mut configuration = export::configuration(inspected);
        configuration.remove(&format!("label {LABEL}"));
        let body = ContainerCreateBody {
            // It is never started. An image need not have a command, and the engine would make the
            // image's directory where it has none.
            entrypoint: Some(vec!["-".to_owned()]),
            working_dir: Some("/".to_owned()),
            network_disabled: Some(true),
            ..ContainerCreateBody::default()
        };
        let container = self.create(image, body).await?;
        let tree = export::tree(self.docker.api.export_container(&container)).await?;
        self.remove_container(&container).await?;
        Ok(BuiltImage { tree, configuration })
    }

    /// Runs a shell command in a new container of an image, as `docker run` would.
    pub async fn run(&self, image: &TrialImage, command: &str) -> Result<CommandRun, TrialError> {
        const DOING: &str = "running a command in an image";
        let none = "none".to_owned();
        let body = ContainerCreateBody {
            entrypoint: Some(vec!["/bin/sh".to_owned(), "-c".to_owned()]),
            cmd: Some(vec![command.to_owned()]),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            healthcheck: Some(HealthConfig {
                test: Some(vec!["NONE".to_owned()]),
                ..HealthConfig::default()
            }),
            host_config: Some(HostConfig {
                // A command that never stops to write would fill the engine's disk.
                log_config: Some(HostConfigLogConfig { typ: Some(none), config: None }),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let container = self.create(image, body).await?;
        let api = &self.docker.api;
        let refused = |error| self.docker.error(DOING, error);
        let attach = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true);
        let mut attached =
            api.attach_container(&container, Some(attach.build())).await.map_err(refused)?;
        api.start_container(&container, None::<StartContainerOptions>).await.map_err(refused)?;
        let mut tail = Tail::default();
        while let Some(piece) = attached.output.next().await {
            tail.push(&piece.map(LogOutput::into_bytes).map_err(refused)?);
        }
        let mut waiting =
            std::pin::pin!(api.wait_container(&container, None::<WaitContainerOptions>));
        let status = match waiting.next().await {
            Some(Ok(ended)) => ended.status_code,
            Some(Err(bollard::errors::Error::DockerContainerWaitError { code, .. })) => code,
            Some(Err(error)) => return Err(refused(error).into()),
            None => {
                let message = "it does not say how the command ended".to_owned();
                return Err(Error::Refused { doing: DOING, message }.into());
            }
        };
        self.remove_container(&container).await?;
        Ok(CommandRun { status, output: tail.bytes, is_cut: tail.is_cut })
    }

    /// Removes all that the trial made. Gives the names of what could not be removed.
    pub async fn clean(&self) -> Vec<String> {
        // Whoever gave up waiting for a container has not kept the engine from making it.
        let _made = self.making.write().await;
        let Made { images, containers, .. } = std::mem::take(&mut *self.made());
        let mut left = Vec::new();
        for container in containers {
            if let Err(error) = self.force_remove(&container).await {
                tracing::debug!(%error, container, "not removed");
                left.push(container);
            }
        }
        for image in images {
            let keep_others = RemoveImageOptionsBuilder::new().noprune(true).build();
            let removed = self.docker.api.remove_image(&image, Some(keep_others), None).await;
            if let Err(error) = removed
                && !is_gone(&error)
            {
                tracing::debug!(%error, image, "not removed");
                left.push(image);
            }
        }
        left
    }

    async fn create(&self, image: &TrialImage, body: ContainerCreateBody) -> Result<String, Error> {
        const DOING: &str = "making a container";
        let name = {
            let mut made = self.made();
            made.numbers += 1;
            let name = format!("{}-{}", self.name(), made.numbers);
            made.containers.push(name.clone());
            name
        };
        let body = ContainerCreateBody {
            image: Some(image.name.clone()),
            labels: Some([(LABEL.to_owned(), self.id.clone())].into()),
            ..body
        };
        let mut options = CreateContainerOptionsBuilder::new().name(&name);
        if let Some(platform) = &image.platform {
            options = options.platform(platform);
        }
        let options = options.build();
        let api = self.docker.api.clone().with_timeout(CONTAINER_TIME);
        let making = Arc::clone(&self.making).read_owned().await;
        // On its own, so that it ends also when nobody waits for it any more.
        let created = tokio::spawn(async move {
            let created = api.create_container(Some(options), body).await;
            drop(making);
            created
        });
        match created.await {
            Ok(created) => created.map_err(|error| self.docker.error(DOING, error))?,
            Err(error) => {
                return Err(Error::Refused { doing: DOING, message: error.to_string() });
            }
        };
        Ok(name)
    }

    async fn remove_container(&self, name: &str) -> Result<(), Error> {
        const DOING: &str = "removing a container";
        self.force_remove(name).await.map_err(|error| self.docker.error(DOING, error))?;
        self.made().containers.retain(|container| container != name);
        Ok(())
    }

    /// Removes a container with the volumes that it alone has.
    async fn force_remove(&self, name: &str) -> Result<(), bollard::errors::Error> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let api = self.docker.api.clone().with_timeout(CONTAINER_TIME);
        match api.remove_container(name, Some(options)).await {
            Err(error) if !is_gone(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        // Names are only ever added: after a panic elsewhere they are still right.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_gone(error: &bollard::errors::Error) -> bool {
    use bollard::errors::Error::DockerResponseServerError;
    matches!(error, DockerResponseServerError { status_code: 404, .. })
}

/// The last bytes of an output.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Tail {
    fn push(&mut self, piece: &[u8]) {
        let piece = if piece.len() > OUTPUT_BYTES {
            self.is_cut = true;
            &piece[piece.len() - OUTPUT_BYTES..]
        } else {
            piece
        };
        let surplus = (self.bytes.len() + piece.len()).saturating_sub(OUTPUT_BYTES);
        self.is_cut |= surplus > 0;
        self.bytes.drain(..surplus);
        self.bytes.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_an_output_is_kept() {
        let mut tail = Tail::default();
        tail.push(b"beginning");
        assert!(!tail.is_cut);
        tail.push(&vec![b'-'; OUTPUT_BYTES - 3]);
        tail.push(b"end");
        assert_eq!((tail.bytes.len(), tail.is_cut), (OUTPUT_BYTES, true));
        assert!(tail.bytes.starts_with(b"---") && tail.bytes.ends_with(b"-end"));
        tail.push(&vec![b'+'; 3 * OUTPUT_BYTES]);
        assert_eq!(tail.bytes, vec![b'+'; OUTPUT_BYTES]);
    }
}
