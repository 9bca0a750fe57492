//! What a base image's name stands for, asked of the engine itself.
//!
//! An image that was only ever used as a base is in `BuildKit`'s store and not among the engine's
//! images. The engine resolves it for every build, at the registry where it has to; this asks the
//! same way, with the same credentials and mirrors, as a client's own frontend does: a solve
//! without a frontend opens the gateway (`moby.buildkit.v1.frontend.LLBBridge`), and
//! `ResolveImageConfig` on it answers.

use bollard_buildkit_proto::moby::buildkit::v1::SolveRequest;
use bollard_buildkit_proto::pb;
use http::uri::PathAndQuery;
use serde::Deserialize;
use tonic::client::Grpc;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use super::control::{broke, channel};
use super::docker::Docker;
use super::error::Error;
use super::session::{Session, new_id};
use crate::{BaseImage, Digest};

/// The metadata that says which build a call to the gateway belongs to.
const BUILD_ID: &str = "buildkit-controlapi-buildid";

/// `ResolveImageConfigRequest` of the gateway, as far as it is used.
#[derive(Clone, PartialEq, prost::Message)]
struct ResolveRequest {
    #[prost(string, tag = "1")]
    reference: String,
    #[prost(message, optional, tag = "2")]
    platform: Option<pb::Platform>,
    #[prost(string, tag = "3")]
    resolve_mode: String,
    #[prost(string, tag = "4")]
    log_name: String,
}

/// `ResolveImageConfigResponse`.
#[derive(Clone, PartialEq, prost::Message)]
struct ResolveResponse {
    #[prost(string, tag = "1")]
    digest: String,
    #[prost(bytes = "vec", tag = "2")]
    config: Vec<u8>,
}

/// `ReturnRequest` with an empty result: the solve ends well and makes nothing.
#[derive(Clone, PartialEq, prost::Message)]
struct ReturnRequest {
    #[prost(message, optional, tag = "1")]
    result: Option<EmptyResult>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct EmptyResult {}

#[derive(Clone, PartialEq, prost::Message)]
struct ReturnResponse {}

/// An image's configuration as registries have it, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ImageConfig {
    os: String,
    architecture: String,
    variant: String,
    config: Option<RunConfig>,
    rootfs: RootFs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RunConfig {
    env: Option<Vec<String>>,
    working_dir: Option<String>,
    user: Option<String>,
    shell: Option<Vec<String>>,
    on_build: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RootFs {
    diff_ids: Vec<String>,
}

impl Docker {
    /// The image that a build would take for `reference` and `platform`
    /// (`os/architecture[/variant]`); with `pull` as the registry has it now.
    ///
    /// # Errors
    ///
    /// What the engine says where it cannot resolve it: no such image, no registry, no
    /// credentials.
    pub async fn resolve_image(
        &self,
        reference: &str,
        platform: &str,
        pull: bool,
    ) -> Result<BaseImage, Error> {
        let session = Session::for_questions(self).await?;
        let channel = channel(self).await?;
        let build = new_id();
        let mut control = super::control::client(channel.clone());
        let solve = SolveRequest {
            r#ref: build.clone(),
            session: session.id.clone(),
            internal: true,
            ..SolveRequest::default()
        };
        let question = async {
            let mut gateway = Gateway { calls: Grpc::new(channel), build };
            let answer = gateway.resolve(reference, platform, pull).await;
            let ended: Result<ReturnResponse, Status> =
                gateway.call("Return", ReturnRequest { result: Some(EmptyResult {}) }).await;
            if let Err(status) = ended {
                tracing::debug!(%status, "the question's build did not end well");
            }
            answer
        };
        // The solve lasts as long as the question; it ends with it, or says why there is none.
        let (solved, answer) = tokio::join!(control.solve(solve), question);
        if let Err(status) = solved {
            tracing::debug!(%status, "the question's solve failed");
        }
        let answer = answer.map_err(|status| {
            if super::control::is_broken(&status) {
                return broke(self, &status);
            }
            let message = status.message().to_owned();
            Error::Refused { doing: "resolving a base image", message }
        })?;
        let config: ImageConfig = serde_json::from_slice(&answer.config).map_err(|error| {
            let message = format!("the configuration of {reference}: {error}");
            Error::Refused { doing: "resolving a base image", message }
        })?;
        Ok(base_image(answer.digest, config))
    }
}

/// The gateway of one build.
struct Gateway {
    calls: Grpc<Channel>,
    build: String,
}

impl Gateway {
    async fn resolve(
        &mut self,
        reference: &str,
        platform: &str,
        pull: bool,
    ) -> Result<ResolveResponse, Status> {
        let mut parts = platform.split('/').map(str::to_owned);
        let platform = pb::Platform {
            os: parts.next().unwrap_or_default(),
            architecture: parts.next().unwrap_or_default(),
            variant: parts.next().unwrap_or_default(),
            ..pb::Platform::default()
        };
        let request = ResolveRequest {
            reference: reference.to_owned(),
            platform: Some(platform),
            resolve_mode: if pull { "pull" } else { "local" }.to_owned(),
            log_name: format!("[internal] load metadata for {reference}"),
        };
        self.call("ResolveImageConfig", request).await
    }

    async fn call<Q, A>(&mut self, method: &str, message: Q) -> Result<A, Status>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let path = format!("/moby.buildkit.v1.frontend.LLBBridge/{method}");
        let path = PathAndQuery::try_from(path).map_err(|_| Status::internal("no such method"))?;
        let mut request = Request::new(message);
        let build = MetadataValue::try_from(&self.build)
            .map_err(|_| Status::internal("a build's name is hexadecimal"))?;
        request.metadata_mut().insert(BUILD_ID, build);
        self.calls.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        let codec = ProstCodec::<Q, A>::default();
        let answer = self.calls.unary(request, path, codec).await?;
        Ok(answer.into_inner())
    }
}

fn base_image(digest: String, image: ImageConfig) -> BaseImage {
    let config = image.config.unwrap_or_default();
    let layers = image.rootfs.diff_ids.iter().filter_map(|layer| layer.parse::<Digest>().ok());
    BaseImage {
        id: digest,
        layers: layers.collect(),
        env: config.env.unwrap_or_default(),
        working_dir: config.working_dir.unwrap_or_default(),
        user: config.user.unwrap_or_default(),
        shell: config.shell.unwrap_or_default(),
        on_build: config.on_build.unwrap_or_default(),
        os: image.os,
        architecture: image.architecture,
        variant: image.variant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_in_a_registry_is_a_base_image() {
        let layer = Digest::of(b"layer");
        let json = format!(
            r#"{{"os":"linux","architecture":"arm64","variant":"v8","config":{{"Env":["A=1"],
            "WorkingDir":"/app","OnBuild":null,"Shell":["/bin/bash","-c"]}},
            "rootfs":{{"type":"layers","diff_ids":["{layer}"]}},"history":[]}}"#
        );
        let image = base_image("sha256:0".into(), serde_json::from_str(&json).unwrap());
        assert_eq!(image.layers, [layer]);
        assert_eq!(image.working_dir, "/app");
        assert_eq!(image.shell, ["/bin/bash", "-c"]);
        assert!(image.on_build.is_empty() && image.user.is_empty());
    }
}
