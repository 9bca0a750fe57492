//! `BuildKit`'s control service, called over a hijacked connection.

use std::io;

use bollard_buildkit_proto::moby::buildkit::v1::ListWorkersRequest;
use bollard_buildkit_proto::moby::buildkit::v1::control_client::ControlClient;
use http::{HeaderMap, Uri};
use tonic::Status;
use tonic::transport::{Channel, Endpoint as Transport};
use tower::service_fn;

use super::connection::{CONNECTION_WINDOW, STREAM_WINDOW, hijack};
use super::docker::Docker;
use super::error::Error;
use super::solve::EngineFacts;
use super::types::ImageStore;

/// Bytes of one message; the logs of many steps may come in one.
const MAX_MESSAGE: usize = 64 << 20;

/// The label of a worker that says what it stores with; only containerd's image store has it.
const SNAPSHOTTER_LABEL: &str = "org.mobyproject.buildkit.worker.snapshotter";

/// The label of a worker that says what `host-gateway` stands for.
const GATEWAY_LABEL: &str = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";

/// The client of a control service.
pub(super) type Control = ControlClient<Channel>;

/// The control service of `docker`, on a connection of its own that ends with the last clone.
pub(super) async fn control(docker: &Docker) -> Result<Control, Error> {
    Ok(client(channel(docker).await?))
}

/// The control service on a connection that is there.
pub(super) fn client(channel: Channel) -> Control {
    ControlClient::new(channel).max_decoding_message_size(MAX_MESSAGE)
}

/// A connection to the engine's `BuildKit`; it ends with the last clone.
pub(super) async fn channel(docker: &Docker) -> Result<Channel, Error> {
    // There is one connection and no other can be made: it is taken by the first call.
    let mut connection = Some(hijack(&docker.endpoint, "/grpc", HeaderMap::new()).await?);
    let connector = service_fn(move |_: Uri| {
        let taken = connection.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected));
        std::future::ready(taken)
    });
    // The name is not looked up: the connection is there already.
    Transport::from_static("http://engine")
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .connect_with_connector(connector)
        .await
        .map_err(|error| broke(docker, &error))
}

impl Docker {
    /// The id of the engine's builder, and what it stores with; `None` where it does not say.
    pub(super) async fn worker(&self) -> Option<(String, ImageStore)> {
        let mut control = control(self).await.ok()?;
        let workers = control.list_workers(ListWorkersRequest::default()).await.ok()?.into_inner();
        let worker = workers.record.into_iter().next()?;
        let store = if worker.labels.contains_key(SNAPSHOTTER_LABEL) {
            ImageStore::Containerd
        } else {
            ImageStore::GraphDriver
        };
        Some((worker.id, store))
    }
}

/// What the engine says of itself that a request depends on.
pub(super) async fn facts(docker: &Docker, control: &mut Control) -> Result<EngineFacts, Error> {
    let workers = control
        .list_workers(ListWorkersRequest::default())
        .await
        .map_err(|status| {
            if is_broken(&status) {
                return broke(docker, &status);
            }
            let message = status.message().to_owned();
            Error::Refused { doing: "listing its workers", message }
        })?
        .into_inner()
        .record;
    let label = |name: &str| workers.iter().find_map(|worker| worker.labels.get(name));
    Ok(EngineFacts {
        store: match label(SNAPSHOTTER_LABEL) {
            Some(_) => ImageStore::Containerd,
            None => ImageStore::GraphDriver,
        },
        host_gateway: label(GATEWAY_LABEL).and_then(|address| address.parse().ok()),
    })
}

/// Whether the call ended because the connection did; what the engine itself says has no
/// source.
pub(super) fn is_broken(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

/// The error of a connection that ended in the middle of a build.
pub(super) fn broke(docker: &Docker, error: &dyn std::error::Error) -> Error {
    let mut message = error.to_string();
    if let Some(source) = error.source() {
        message = format!("{message}: {source}");
    }
    Error::Connection { endpoint: docker.endpoint.clone(), doing: "building", message }
}
