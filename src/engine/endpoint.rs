//! Where the engine listens, found the way the docker CLI finds it.

use std::fmt;
use std::path::PathBuf;

use super::config::{ConfigError, DockerConfig};

/// The socket that engines listen on unless told otherwise.
pub const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The port of `tcp://` where none is given.
const DEFAULT_PORT: u16 = 2375;

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A unix socket.
    Unix(PathBuf),
    /// Plain HTTP over TCP: host and port.
    Tcp(String, u16),
}

/// What names an engine, strongest first; empty texts count as not given.
#[derive(Debug, Clone, Copy, Default)]
pub struct EndpointChoice<'a> {
    /// `--host`.
    pub host: Option<&'a str>,
    /// `--context`.
    pub context: Option<&'a str>,
    /// The value of `DOCKER_HOST`.
    pub docker_host: Option<&'a str>,
    /// The value of `DOCKER_CONTEXT`.
    pub docker_context: Option<&'a str>,
    /// Whether `DOCKER_TLS_VERIFY` or `DOCKER_TLS` asks for TLS on `DOCKER_HOST`.
    pub tls: bool,
}

/// A name that leads to no engine.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// A scheme that is not spoken.
    #[error("{setting} is `{host}`, but engines are not reached over {scheme}://: {advice}")]
    Scheme {
        /// What named it, such as `DOCKER_HOST`.
        setting: String,
        /// Such as `ssh`.
        scheme: String,
        /// The whole name.
        host: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// Not the name of a host.
    #[error(
        "{setting} is `{host}`, which names no engine: write unix:///path/to/socket or tcp://HOST:PORT"
    )]
    Malformed {
        /// What named it, such as `DOCKER_HOST`.
        setting: String,
        /// As it was given.
        host: String,
    },
    /// The engine wants TLS.
    #[error(
        "the engine at {0} is to be reached with TLS, which smartbuild does not speak: forward its socket instead, for example with `ssh -L /tmp/docker.sock:/var/run/docker.sock HOST`, and set DOCKER_HOST=unix:///tmp/docker.sock"
    )]
    Tls(String),
    /// The docker CLI's configuration has no such context or cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Endpoint {
    /// The engine that the docker CLI would use: `--context`, else `--host`, else `DOCKER_HOST`,
    /// else `DOCKER_CONTEXT`, else the configuration's current context, else
    /// [`DEFAULT_SOCKET`]. A context named `default` stands for `DOCKER_HOST` or the default
    /// socket.
    pub fn resolve(
        choice: &EndpointChoice<'_>,
        config: &DockerConfig,
    ) -> Result<Self, EndpointError> {
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let docker_host = given(choice.docker_host);
        let context = match (given(choice.context), given(choice.host), &docker_host) {
            (Some(context), _, _) => Some(context),
            (None, Some(host), _) => return Self::named("--host", &host),
            (None, None, Some(_)) => None,
            (None, None, None) => {
                given(choice.docker_context).or_else(|| config.current_context().map(str::to_owned))
            }
        };
        match context.filter(|name| name != "default") {
            Some(name) => {
                let named = config.context(&name)?;
                if named.tls {
                    return Err(EndpointError::Tls(named.host));
                }
                Self::named(&format!("the engine of docker's context `{name}`"), &named.host)
            }
            None => match docker_host {
                Some(host) if choice.tls && host.starts_with("tcp://") => {
                    Err(EndpointError::Tls(host))
                }
                Some(host) => Self::named("DOCKER_HOST", &host),
                None => Ok(Self::Unix(DEFAULT_SOCKET.into())),
            },
        }
    }

    /// The endpoint that a text such as `unix:///var/run/docker.sock` or `tcp://host:2375` names.
    ///
    /// As with docker `unix://` alone is the default socket and `tcp://` this machine. Without a
    /// scheme docker takes every text for a host; here only an address or a host with its port is
    /// one, as anything else is a slip: a path without `unix://`, a context's name.
    pub fn parse(host: &str) -> Result<Self, EndpointError> {
        Self::named("the engine's address", host)
    }

    fn named(setting: &str, host: &str) -> Result<Self, EndpointError> {
        let malformed =
            || EndpointError::Malformed { setting: setting.to_owned(), host: host.to_owned() };
        let refused = |scheme: &str, advice| EndpointError::Scheme {
            setting: setting.to_owned(),
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            advice,
        };
        match host.split_once("://") {
            Some(("unix", "")) => Ok(Self::Unix(DEFAULT_SOCKET.into())),
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("tcp" | "http", rest)) => {
                let authority = rest.split('/').next().unwrap_or_default();
                authority_of(authority).ok_or_else(malformed)
            }
            Some(("ssh", _)) => Err(refused(
                "ssh",
                "forward the socket with `ssh -L /tmp/docker.sock:/var/run/docker.sock HOST` and set DOCKER_HOST=unix:///tmp/docker.sock",
            )),
            Some(("https", _)) => Err(EndpointError::Tls(host.to_owned())),
            Some((scheme @ ("npipe" | "fd"), _)) => {
                Err(refused(scheme, "use unix:///path/to/socket or tcp://HOST:PORT"))
            }
            None if is_plainly_a_host(host) => authority_of(host).ok_or_else(malformed),
            Some(_) | None => Err(malformed()),
        }
    }
}

/// `HOST`, `HOST:PORT` or `:PORT`; what is left out is docker's default.
fn authority_of(authority: &str) -> Option<Endpoint> {
    let (name, port) = match authority.rsplit_once(':') {
        // A colon inside of brackets belongs to an IPv6 address.
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()?),
        _ => (authority, DEFAULT_PORT),
    };
    let name = if name.is_empty() { "localhost" } else { name };
    Some(Endpoint::Tcp(name.to_owned(), port))
}

/// Whether a text without a scheme can be nothing but a host: it has a port or is an address.
fn is_plainly_a_host(text: &str) -> bool {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let has_port = text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let is_address = text == "localhost" || bare.parse::<std::net::IpAddr>().is_ok();
    !text.contains('/') && (has_port || is_address)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(host, port) => write!(f, "tcp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(path: &str) -> Endpoint {
        Endpoint::Unix(path.into())
    }

    fn config_with_context(name: &str, host: &str) -> (tempfile::TempDir, DockerConfig) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("config.json"),
            format!(r#"{{"currentContext": "{name}"}}"#),
        )
        .unwrap();
        let id = crate::Digest::of(name.as_bytes()).to_hex();
        let meta = dir.path().join("contexts/meta").join(id);
        std::fs::create_dir_all(&meta).unwrap();
        std::fs::write(
            meta.join("meta.json"),
            format!(r#"{{"Name":"{name}","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#),
        )
        .unwrap();
        let config = DockerConfig::load(dir.path()).unwrap();
        (dir, config)
    }

    #[test]
    fn the_default_socket_is_used_where_nothing_is_named() {
        let found = Endpoint::resolve(&EndpointChoice::default(), &DockerConfig::default());
        assert_eq!(found.unwrap(), unix(DEFAULT_SOCKET));
    }

    #[test]
    fn the_current_context_of_the_configuration_counts() {
        let (_dir, config) = config_with_context("rootless", "unix:///run/user/1000/docker.sock");
        let found = Endpoint::resolve(&EndpointChoice::default(), &config).unwrap();
        assert_eq!(found, unix("/run/user/1000/docker.sock"));
    }

    #[test]
    fn docker_host_is_stronger_than_docker_context_and_weaker_than_the_flags() {
        let (_dir, config) = config_with_context("rootless", "unix:///rootless.sock");
        let mut choice = EndpointChoice {
            docker_host: Some("unix:///env.sock"),
            docker_context: Some("rootless"),
            ..EndpointChoice::default()
        };
        assert_eq!(Endpoint::resolve(&choice, &config).unwrap(), unix("/env.sock"));
        choice.host = Some("unix:///flag.sock");
        assert_eq!(Endpoint::resolve(&choice, &config).unwrap(), unix("/flag.sock"));
        choice.host = None;
        choice.context = Some("rootless");
        assert_eq!(Endpoint::resolve(&choice, &config).unwrap(), unix("/rootless.sock"));
        choice.context = Some("default");
        assert_eq!(Endpoint::resolve(&choice, &config).unwrap(), unix("/env.sock"));
    }

    #[test]
    fn an_unknown_context_is_named_in_the_error() {
        let choice = EndpointChoice { context: Some("gone"), ..EndpointChoice::default() };
        let error = Endpoint::resolve(&choice, &DockerConfig::default()).unwrap_err();
        insta::assert_snapshot!(error, @"there is no docker context `gone`: see `docker context ls`, or set DOCKER_HOST");
    }

    #[test]
    fn hosts_are_read_as_docker_reads_them() {
        assert_eq!(Endpoint::parse("tcp://build:99").unwrap(), Endpoint::Tcp("build".into(), 99));
        assert_eq!(Endpoint::parse("tcp://build").unwrap(), Endpoint::Tcp("build".into(), 2375));
        assert_eq!(Endpoint::parse("127.0.0.1:1").unwrap(), Endpoint::Tcp("127.0.0.1".into(), 1));
        assert_eq!(Endpoint::parse("tcp://[::1]:7").unwrap(), Endpoint::Tcp("[::1]".into(), 7));
        assert_eq!(Endpoint::parse("tcp://[::1]").unwrap(), Endpoint::Tcp("[::1]".into(), 2375));
        assert_eq!(Endpoint::parse("127.0.0.1").unwrap(), Endpoint::Tcp("127.0.0.1".into(), 2375));
        assert_eq!(Endpoint::parse("build:7").unwrap(), Endpoint::Tcp("build".into(), 7));
        assert_eq!(Endpoint::parse("tcp://").unwrap(), Endpoint::Tcp("localhost".into(), 2375));
        assert_eq!(Endpoint::parse("tcp://:7").unwrap(), Endpoint::Tcp("localhost".into(), 7));
        assert_eq!(Endpoint::parse("unix://").unwrap(), unix(DEFAULT_SOCKET));
        let bad =
            ["unix://relative", "tcp://host:port", "tcp://host:99999", "gopher://x", "garbage"];
        for bad in bad.into_iter().chain(["/docker.sock", "a/b:1", "://", ""]) {
            assert!(matches!(Endpoint::parse(bad), Err(EndpointError::Malformed { .. })), "{bad}");
        }
        for bad in ["npipe:////./pipe/docker_engine", "npipe://", "fd://", "ssh://"] {
            assert!(matches!(Endpoint::parse(bad), Err(EndpointError::Scheme { .. })), "{bad}");
        }
    }

    #[test]
    fn what_names_no_engine_is_said_with_where_it_was_set() {
        let error = |choice: EndpointChoice<'_>, config: &DockerConfig| {
            Endpoint::resolve(&choice, config).unwrap_err().to_string()
        };
        let host = |host| EndpointChoice { docker_host: Some(host), ..EndpointChoice::default() };
        let none = DockerConfig::default();
        insta::assert_snapshot!(error(host("garbage"), &none), @"DOCKER_HOST is `garbage`, which names no engine: write unix:///path/to/socket or tcp://HOST:PORT");
        insta::assert_snapshot!(error(host("npipe:////./pipe/docker_engine"), &none), @"DOCKER_HOST is `npipe:////./pipe/docker_engine`, but engines are not reached over npipe://: use unix:///path/to/socket or tcp://HOST:PORT");
        let (_dir, config) = config_with_context("build", "gopher://x");
        insta::assert_snapshot!(error(EndpointChoice::default(), &config), @"the engine of docker's context `build` is `gopher://x`, which names no engine: write unix:///path/to/socket or tcp://HOST:PORT");
        let nothing = Endpoint::resolve(&host(""), &none);
        assert_eq!(nothing.unwrap(), unix(DEFAULT_SOCKET));
    }

    #[test]
    fn ssh_and_tls_are_refused_with_a_way_out() {
        insta::assert_snapshot!(Endpoint::parse("ssh://me@build").unwrap_err(), @"the engine's address is `ssh://me@build`, but engines are not reached over ssh://: forward the socket with `ssh -L /tmp/docker.sock:/var/run/docker.sock HOST` and set DOCKER_HOST=unix:///tmp/docker.sock");
        let choice = EndpointChoice {
            docker_host: Some("tcp://build:2376"),
            tls: true,
            ..EndpointChoice::default()
        };
        let error = Endpoint::resolve(&choice, &DockerConfig::default()).unwrap_err();
        insta::assert_snapshot!(error, @"the engine at tcp://build:2376 is to be reached with TLS, which smartbuild does not speak: forward its socket instead, for example with `ssh -L /tmp/docker.sock:/var/run/docker.sock HOST`, and set DOCKER_HOST=unix:///tmp/docker.sock");
    }
}
