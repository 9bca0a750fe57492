//! The engine's REST API: who it is and which images it has.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::ImageInspect;
use bollard::query_parameters::{RemoveImageOptionsBuilder, TagImageOptionsBuilder};
use tokio::time::timeout;

use super::config::DockerConfig;
use super::connection::greet;
use super::endpoint::Endpoint;
use super::error::Error;
use super::types::{EngineInfo, ImageStore};
use crate::{BaseImage, Digest};

/// Seconds that one answer of the REST API may take; nothing asked here takes the engine long.
const ANSWER_SECONDS: u64 = 60;

/// How long the first answer may take before the engine counts as not answering.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// An engine that answers.
#[derive(Debug, Clone)]
pub struct Docker {
    pub(super) endpoint: Endpoint,
    pub(super) config: DockerConfig,
    pub(super) api: bollard::Docker,
    /// Its version, where it says so unasked.
    version: Option<String>,
}

impl Docker {
    /// The engine at `endpoint`, with the registry credentials of `config`. It has answered
    /// once when this returns.
    pub async fn connect(endpoint: &Endpoint, config: DockerConfig) -> Result<Self, Error> {
        let broke = |message: String| Error::Connection {
            endpoint: endpoint.clone(),
            doing: "asking for its version",
            message,
        };
        let greeting = timeout(FIRST_ANSWER, greet(endpoint))
            .await
            .map_err(|_| broke(format!("no answer within {} s", FIRST_ANSWER.as_secs())))??;
        let version = api_version(greeting.api.as_deref());
        let api = match endpoint {
            Endpoint::Unix(path) => bollard::Docker::connect_with_unix(
                &path.to_string_lossy(),
                ANSWER_SECONDS,
                &version,
            ),
            Endpoint::Tcp(..) => {
                bollard::Docker::connect_with_http(&endpoint.to_string(), ANSWER_SECONDS, &version)
            }
        };
        let api = api.map_err(|error| broke(error.to_string()))?;
        Ok(Self { endpoint: endpoint.clone(), config, api, version: greeting.version })
    }

    /// Where it listens.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The build arguments that the docker CLI's configuration sets for every build on it.
    pub fn proxy_arguments(&self) -> BTreeMap<String, String> {
        self.config.proxy_arguments(&self.endpoint.to_string())
    }

    /// Whether it is still the engine that described itself so: by its version and by the id of
    /// its builder, which engines from 23.0 on give their own. Others have to be asked again; so
    /// have those with containerd's store.
    pub async fn is_still(&self, described: &EngineInfo) -> bool {
        described.store == ImageStore::GraphDriver
            && !described.id.is_empty()
            && self.version.as_ref() == Some(&described.version)
            && self
                .worker()
                .await
                .is_some_and(|(id, store)| id == described.id && store == ImageStore::GraphDriver)
    }

    /// Who it is.
    pub async fn info(&self) -> Result<EngineInfo, Error> {
        const DOING: &str = "telling about itself";
        let (version, info) = tokio::try_join!(self.api.version(), self.api.info())
            .map_err(|error| self.error(DOING, error))?;
        let podman = version
            .components
            .iter()
            .flatten()
            .any(|component| component.name.to_lowercase().contains("podman"));
        let status = info.driver_status.unwrap_or_default();
        let containerd = status.iter().any(|pair| {
            matches!(pair.as_slice(), [name, value]
                if name == "driver-type" && value.starts_with("io.containerd.snapshotter"))
        });
        let os = version.os.unwrap_or_else(|| "linux".to_owned());
        let architecture = version.arch.unwrap_or_default();
        Ok(EngineInfo {
            name: if podman { "podman" } else { "docker" }.to_owned(),
            version: version.version.unwrap_or_default(),
            builder: if podman { "classic" } else { "buildkit" }.to_owned(),
            id: info.id.unwrap_or_default(),
            store: if containerd { ImageStore::Containerd } else { ImageStore::GraphDriver },
            platform: format!("{os}/{architecture}"),
        })
    }

    /// The image `reference` as a base for `platform` (`os/architecture[/variant]`), if the
    /// engine has it for that platform; without one, as the engine has it.
    pub async fn base_image(
        &self,
        reference: &str,
        platform: Option<&str>,
    ) -> Result<Option<BaseImage>, Error> {
        let Some(image) = self.inspect(reference).await? else { return Ok(None) };
        let image = base_image(image);
        Ok(platform.is_none_or(|platform| is_for(&image, platform)).then_some(image))
    }

    /// Whether the engine has the image with this id.
    pub async fn image_exists(&self, id: &Digest) -> Result<bool, Error> {
        Ok(self.inspect(&id.to_string()).await?.is_some())
    }

    /// Gives the image `id` the name `reference` (`repository[:tag]`).
    pub async fn tag(&self, id: &Digest, reference: &str) -> Result<(), Error> {
        // A colon before the last slash belongs to a registry's port.
        let (repository, tag) = match reference.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (reference, "latest"),
        };
        let options = TagImageOptionsBuilder::new().repo(repository).tag(tag).build();
        self.api
            .tag_image(&id.to_string(), Some(options))
            .await
            .map_err(|error| self.error("tagging an image", error))
    }

    /// Takes a name away, and the image with it where it has no other. Gives whether there was one.
    pub async fn remove_image(&self, reference: &str) -> Result<bool, Error> {
        let keep_others = RemoveImageOptionsBuilder::new().noprune(true).build();
        match self.api.remove_image(reference, Some(keep_others), None).await {
            Ok(_) => Ok(true),
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
                Ok(false)
            }
            Err(error) => Err(self.error("removing an image", error)),
        }
    }

    pub(super) async fn inspect(&self, reference: &str) -> Result<Option<ImageInspect>, Error> {
        match self.api.inspect_image(reference).await {
            Ok(image) => Ok(Some(image)),
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
                Ok(None)
            }
            Err(error) => Err(self.error("describing an image", error)),
        }
    }

    pub(super) fn error(&self, doing: &'static str, error: bollard::errors::Error) -> Error {
        match error {
            bollard::errors::Error::DockerResponseServerError { message, .. } => {
                Error::Refused { doing, message }
            }
            other => Error::Connection {
                endpoint: self.endpoint.clone(),
                doing,
                message: other.to_string(),
            },
        }
    }
}

/// The version of the API to speak: the newest that both know.
fn api_version(engine: Option<&str>) -> bollard::ClientVersion {
    let ours = bollard::API_DEFAULT_VERSION;
    let parse = |text: &str| {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let newest = (ours.major_version, ours.minor_version);
    let (major_version, minor_version) = engine.and_then(parse).map_or(newest, |it| it.min(newest));
    bollard::ClientVersion { major_version, minor_version }
}

fn base_image(image: ImageInspect) -> BaseImage {
    let config = image.config.unwrap_or_default();
    let layers = image.root_fs.and_then(|root| root.layers).unwrap_or_default();
    BaseImage {
        id: image.id.unwrap_or_default(),
        layers: layers.iter().filter_map(|layer| layer.parse().ok()).collect(),
        env: config.env.unwrap_or_default(),
        working_dir: config.working_dir.unwrap_or_default(),
        user: config.user.unwrap_or_default(),
        shell: config.shell.unwrap_or_default(),
        on_build: config.on_build.unwrap_or_default(),
        os: image.os.unwrap_or_default(),
        architecture: image.architecture.unwrap_or_default(),
        variant: image.variant.unwrap_or_default(),
    }
}

/// Whether an image is for `os/architecture[/variant]`; a platform without a variant takes any.
fn is_for(image: &BaseImage, platform: &str) -> bool {
    let mut parts = platform.split('/');
    let (os, architecture) = (parts.next(), parts.next());
    let variant = parts.next();
    os.is_none_or(|os| os == image.os)
        && architecture.is_none_or(|wanted| go_architecture(wanted) == image.architecture)
        && variant.is_none_or(|variant| image.variant.is_empty() || variant == image.variant)
}

/// The engine's name of an architecture that people also call otherwise.
fn go_architecture(name: &str) -> &str {
    match name {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_engine_is_told_with_where_it_was_looked_for() {
        let endpoint = Endpoint::Unix("/nowhere/docker.sock".into());
        let error = Docker::connect(&endpoint, DockerConfig::default()).await.unwrap_err();
        insta::assert_snapshot!(error, @"no engine answers at unix:///nowhere/docker.sock: No such file or directory (os error 2); start it, or name another one with DOCKER_HOST or DOCKER_CONTEXT");
        let denied = super::super::connection::unreachable(
            &endpoint,
            std::io::ErrorKind::PermissionDenied.into(),
        );
        assert!(matches!(denied, Error::Forbidden { .. }));
    }

    #[tokio::test]
    async fn a_proxy_in_the_engines_place_is_told_with_its_address() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let _ = stream.read(&mut [0; 1024]).await;
            let answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        });
        let endpoint = Endpoint::Tcp("127.0.0.1".to_owned(), port);
        let error = Docker::connect(&endpoint, DockerConfig::default()).await.unwrap_err();
        assert!(matches!(error, Error::NoEngine { status: 502, .. }), "{error}");
        assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    }

    #[test]
    fn the_newest_version_that_both_know_is_spoken() {
        let spoken = |text: Option<&str>| {
            let version = api_version(text);
            format!("{}.{}", version.major_version, version.minor_version)
        };
        assert_eq!(spoken(Some("1.41")), "1.41");
        assert_eq!(spoken(Some("9.9")), spoken(None));
        assert_eq!(spoken(Some("strange")), spoken(None));
    }

    #[test]
    fn an_image_serves_only_its_own_platform() {
        let image = BaseImage {
            os: "linux".into(),
            architecture: "arm64".into(),
            variant: "v8".into(),
            ..BaseImage::default()
        };
        assert!(is_for(&image, "linux/arm64"));
        assert!(is_for(&image, "linux/aarch64/v8"));
        assert!(!is_for(&image, "linux/arm64/v9"));
        assert!(!is_for(&image, "linux/amd64"));
    }
}
