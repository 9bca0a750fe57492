//! The session: the engine's way back to this machine while it builds.
//!
//! In: the build's request and the docker CLI's configuration. Out: a hijacked connection on
//! which *we* are the gRPC server. The engine pulls the Dockerfile and the files of the context
//! ([`file_sync`], fed by [`locals`] and [`sender`]), asks for registry credentials ([`auth`])
//! and secrets ([`secrets`]), and looks whether we are alive ([`health`]). What is not offered
//! is not announced, and then not asked.

mod auth;
mod file_sync;
mod health;
mod locals;
mod packet;
mod root;
mod secrets;
mod sender;
mod tree;

use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tower::ServiceExt;

use super::connection::{CONNECTION_WINDOW, STREAM_WINDOW, header_value, hijack};
use super::docker::Docker;
use super::error::{BuildError, Change, Error};
use super::types::BuildRequest;
use crate::context::ContextPath;

pub(super) use locals::{dockerfile_name, local_name};
pub(super) use sender::Report;

/// A running session; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Session {
    /// What the build names it by.
    pub(super) id: String,
    /// What was sent, and what was found changed.
    pub(super) report: Arc<Report>,
    serving: JoinHandle<()>,
}

impl Session {
    /// Opens a session for `request`.
    pub(super) async fn open(docker: &Docker, request: &BuildRequest) -> Result<Self, BuildError> {
        let report = Arc::new(Report::default());
        let locals = locals::Locals::new(request).map_err(|error| BuildError::ContextChanged {
            path: ContextPath::root(),
            change: Change::Unreadable(error.to_string()),
        })?;
        let mut methods = vec![health::CHECK, file_sync::DIFF_COPY, auth::CREDENTIALS];
        let mut routes = Routes::builder();
        routes
            .add_service(health::Health::serve())
            .add_service(file_sync::FileSync::new(locals, Arc::clone(&report)))
            .add_service(auth::Auth::serve(docker.config.clone()));
        if !request.secrets.is_empty() {
            methods.push(secrets::GET_SECRET);
            routes.add_service(secrets::Secrets::serve(request.secrets.clone()));
        }
        let id = new_id();
        let headers = headers(&id, &request.shared_key, &methods);
        let serving = serve(docker, headers, routes.routes().prepare()).await?;
        Ok(Self { id, report, serving })
    }

    /// Opens a session that only gives registry credentials, for questions without a build.
    pub(super) async fn for_questions(docker: &Docker) -> Result<Self, Error> {
        let mut routes = Routes::builder();
        routes
            .add_service(health::Health::serve())
            .add_service(auth::Auth::serve(docker.config.clone()));
        let id = new_id();
        let headers = headers(&id, "", &[health::CHECK, auth::CREDENTIALS]);
        let serving = serve(docker, headers, routes.routes().prepare()).await?;
        Ok(Self { id, report: Arc::default(), serving })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A name that no other build or session has.
pub(super) fn new_id() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

async fn serve(
    docker: &Docker,
    headers: HeaderMap,
    routes: Routes,
) -> Result<JoinHandle<()>, Error> {
    let connection = hijack(&docker.endpoint, "/session", headers).await?;
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        routes.clone().oneshot(request)
    });
    let serving = http2::Builder::new(TokioExecutor::new())
        // Every pull of a directory and every question is a stream of its own.
        .max_concurrent_streams(1000)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .serve_connection(connection, service);
    Ok(tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::debug!(%error, "the session's connection ended");
        }
    }))
}

/// The headers that tell the engine what is offered.
fn headers(id: &str, shared_key: &str, methods: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &'static str, value: &str| {
        headers.append(HeaderName::from_static(name), header_value(value));
    };
    add("x-docker-expose-session-uuid", id);
    add("x-docker-expose-session-name", "");
    add("x-docker-expose-session-sharedkey", shared_key);
    for method in methods {
        add("x-docker-expose-session-grpc-method", method);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_announced_and_no_key_breaks_the_headers() {
        let headers = headers("id", "smile:\u{1F600}\n", &[health::CHECK, file_sync::DIFF_COPY]);
        let methods: Vec<_> =
            headers.get_all("x-docker-expose-session-grpc-method").iter().collect();
        assert_eq!(
            methods,
            ["/grpc.health.v1.Health/Check", "/moby.filesync.v1.FileSync/DiffCopy"]
        );
        assert_eq!(headers["x-docker-expose-session-sharedkey"].len(), 64);
    }

    #[test]
    fn ids_differ() {
        assert_ne!(new_id(), new_id());
    }
}
