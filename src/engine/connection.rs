//! Hijacked connections: an HTTP/1.1 request that the engine answers with `101 Switching
//! Protocols`, after which both sides speak HTTP/2 on the same socket.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::endpoint::Endpoint;
use super::error::Error;
use crate::Digest;

/// Bytes of one stream that may be under way to us before we have read them.
pub(super) const STREAM_WINDOW: u32 = 1 << 20;

/// The same for all streams of a connection together.
///
/// Far more than is ever used: the HTTP/2 implementation closes a connection on which small
/// frames wait whose bookkeeping would outgrow half of this window, and the engine sends nothing
/// but small frames: a request of ten bytes for every file, a message for every line of output.
/// With this much of it, the window of a stream is full long before.
pub(super) const CONNECTION_WINDOW: u32 = 256 << 20;

/// A connection that now belongs to HTTP/2.
pub(super) type Hijacked = Upgraded;

/// What an engine says of itself in the headers of every answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Greeting {
    /// The newest version of its API, such as `1.51`.
    pub(super) api: Option<String>,
    /// Its own version, such as `28.5.2`.
    pub(super) version: Option<String>,
}

/// Asks the engine for as little as can be. Unlike `GET /version` and `GET /info` this starts no
/// program on its side, and takes it a millisecond and not some 20.
pub(super) async fn greet(endpoint: &Endpoint) -> Result<Greeting, Error> {
    match endpoint {
        Endpoint::Unix(socket) => {
            let stream =
                UnixStream::connect(socket).await.map_err(|error| unreachable(endpoint, error))?;
            ping(endpoint, stream).await
        }
        Endpoint::Tcp(host, port) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((host, *port))
                .await
                .map_err(|error| unreachable(endpoint, error))?;
            ping(endpoint, stream).await
        }
    }
}

async fn ping<S>(endpoint: &Endpoint, stream: S) -> Result<Greeting, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broke = |error: &dyn std::fmt::Display| Error::Connection {
        endpoint: endpoint.clone(),
        doing: "asking for its version",
        message: error.to_string(),
    };
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broke(&error))?;
    tokio::spawn(connection);
    let request = Request::builder()
        .uri("/_ping")
        .header(header::HOST, "docker")
        .body(Empty::<Bytes>::new())
        .map_err(|error| broke(&error))?;
    let response = sender.send_request(request).await.map_err(|error| broke(&error))?;
    let greeting = greeting(response.headers());
    if greeting.api.is_none() && !response.status().is_success() {
        let status = response.status().as_u16();
        return Err(Error::NoEngine { endpoint: endpoint.clone(), status });
    }
    Ok(greeting)
}

fn greeting(headers: &HeaderMap) -> Greeting {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let version = || {
        let version = text("server")?.strip_prefix("Docker/")?.split_whitespace().next()?;
        Some(version.to_owned())
    };
    Greeting { api: text("api-version").map(str::to_owned), version: version() }
}

/// Asks the engine for `path` and takes the connection over.
pub(super) async fn hijack(
    endpoint: &Endpoint,
    path: &'static str,
    headers: HeaderMap,
) -> Result<Hijacked, Error> {
    match endpoint {
        Endpoint::Unix(socket) => {
            let stream =
                UnixStream::connect(socket).await.map_err(|error| unreachable(endpoint, error))?;
            upgrade(endpoint, stream, path, headers).await
        }
        Endpoint::Tcp(host, port) => {
            // The brackets of an IPv6 address belong to the URL, not to the address.
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((host, *port))
                .await
                .map_err(|error| unreachable(endpoint, error))?;
            // Small messages go both ways all the time; without this each waits for the last
            // one's acknowledgement. A socket that cannot do it is slow, not broken.
            let _ = stream.set_nodelay(true);
            upgrade(endpoint, stream, path, headers).await
        }
    }
}

/// The error for an engine that cannot be connected to.
pub(super) fn unreachable(endpoint: &Endpoint, source: std::io::Error) -> Error {
    if source.kind() == std::io::ErrorKind::PermissionDenied {
        Error::Forbidden { endpoint: endpoint.clone() }
    } else {
        Error::Unreachable { endpoint: endpoint.clone(), source }
    }
}

async fn upgrade<S>(
    endpoint: &Endpoint,
    stream: S,
    path: &'static str,
    headers: HeaderMap,
) -> Result<Hijacked, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broke = |error: &dyn std::fmt::Display| Error::Connection {
        endpoint: endpoint.clone(),
        doing: "opening a build connection",
        message: error.to_string(),
    };
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broke(&error))?;
    // Drives the request and ends by handing the socket over; errors reach the request too.
    tokio::spawn(connection.with_upgrades());
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, "docker")
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "h2c")
        .body(Empty::<Bytes>::new())
        .map_err(|error| broke(&error))?;
    request.headers_mut().extend(headers);
    let response = sender.send_request(request).await.map_err(|error| broke(&error))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let status = response.status().as_u16();
        return Err(Error::NoBuildKit { endpoint: endpoint.clone(), path, status });
    }
    hyper::upgrade::on(response).await.map_err(|error| broke(&error))
}

/// A header's value; a text that no header may hold is replaced by its digest, which is
/// different for every other text too.
pub(super) fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| {
        let hex = Digest::of(text.as_bytes()).to_hex();
        // Hex digits are visible ASCII, which every header may hold.
        HeaderValue::from_str(&hex).unwrap_or(HeaderValue::from_static(""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_greets_with_its_versions() {
        let mut headers = HeaderMap::new();
        assert_eq!(greeting(&headers), Greeting::default());
        headers.insert("server", HeaderValue::from_static("Docker/28.5.2+dfsg1 (linux)"));
        headers.insert("api-version", HeaderValue::from_static("1.51"));
        let told = Greeting { api: Some("1.51".into()), version: Some("28.5.2+dfsg1".into()) };
        assert_eq!(greeting(&headers), told);
        headers.insert("server", HeaderValue::from_static("Libpod/4.3.1 (linux)"));
        assert_eq!(greeting(&headers).version, None);
    }
}
