//! What can go wrong between here and the engine.

use std::io;

use super::endpoint::Endpoint;
use super::types::Asked;
use crate::context::{ContextPath, shown_path};

/// Talking to the engine failed outside of a build.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing listens where the engine was expected.
    #[error(
        "no engine answers at {endpoint}: {source}; start it, or name another one with DOCKER_HOST or DOCKER_CONTEXT"
    )]
    Unreachable {
        /// Where it was looked for.
        endpoint: Endpoint,
        /// What the system said.
        source: io::Error,
    },
    /// The socket is there and may not be used.
    #[error(
        "no permission to use the engine's socket {endpoint}; add yourself to the group that owns it (often `docker`), or name another engine with DOCKER_HOST"
    )]
    Forbidden {
        /// The socket.
        endpoint: Endpoint,
    },
    /// The connection was made and then broke, or the answer was no HTTP.
    #[error("the connection to the engine at {endpoint} broke while {doing}: {message}")]
    Connection {
        /// Which engine.
        endpoint: Endpoint,
        /// What was asked of it, in words.
        doing: &'static str,
        /// What happened.
        message: String,
    },
    /// What listens there, such as a proxy, is no engine.
    #[error(
        "what answers at {endpoint} is no Docker engine (HTTP {status}, and no version of an API); name another one with DOCKER_HOST or DOCKER_CONTEXT, or see whether a proxy stands between"
    )]
    NoEngine {
        /// Where.
        endpoint: Endpoint,
        /// The HTTP status.
        status: u16,
    },
    /// The engine does not speak what a build needs.
    #[error(
        "the engine at {endpoint} has no {path} (it answered {status}): its builder is not BuildKit; smartbuild needs Docker 20.10 or newer"
    )]
    NoBuildKit {
        /// Which engine.
        endpoint: Endpoint,
        /// What was asked for.
        path: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The engine answered with an error.
    #[error("the engine refused while {doing}: {message}")]
    Refused {
        /// What was asked of it, in words.
        doing: &'static str,
        /// The engine's words.
        message: String,
    },
}

/// Why a file cannot be served as the snapshot has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Change {
    /// It is gone, or the way to it now leads through a symbolic link.
    #[error("it is no longer there")]
    Missing,
    /// Something other than a regular file is in its place.
    #[error("it is no longer a regular file")]
    Replaced,
    /// Size, time or mode differ.
    #[error("its {0} changed")]
    Stat(&'static str),
    /// Size and time are the same and the bytes are not.
    #[error("its content changed")]
    Content,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// A place in the Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLocation {
    /// The file's name as the engine has it.
    pub file: String,
    /// First line, counted from 1.
    pub line: u32,
    /// Last line, counted from 1.
    pub last_line: u32,
}

/// A build did not give an image.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The engine could not be talked to.
    #[error(transparent)]
    Engine(#[from] Error),
    /// The request asks for what no engine can do.
    #[error("{option} `{value}` is not understood: {reason}")]
    Request {
        /// The option, such as `--add-host`.
        option: &'static str,
        /// Its value.
        value: String,
        /// What is wrong and what would be right.
        reason: &'static str,
    },
    /// A step failed, or the Dockerfile is wrong.
    #[error("{}{message}", .step.as_deref().map(|step| format!("{step}: ")).unwrap_or_default())]
    Failed {
        /// The step's name, such as `[2/2] RUN false`, where one failed.
        step: Option<String>,
        /// What its command returned, where it did.
        exit_code: Option<i32>,
        /// The engine's words.
        message: String,
        /// Where in the Dockerfile, where the engine says so.
        location: Option<SourceLocation>,
        /// What the engine asked for before.
        asked: Asked,
    },
    /// A file is not what it was when the context was read; nothing was built from it.
    #[error(
        "{} changed while the build read it ({change}); build again, or add it to \
         .dockerignore where it is a log that is written meanwhile",
        shown_path(path)
    )]
    ContextChanged {
        /// The file.
        path: ContextPath,
        /// How it differs.
        change: Change,
    },
    /// The engine takes only names in UTF-8.
    #[error(
        "the engine cannot take {}, whose name is not UTF-8; rename it or add it to .dockerignore",
        shown_path(path)
    )]
    Name {
        /// The file.
        path: ContextPath,
    },
    /// The caller cancelled and the engine's build has ended.
    #[error("the build was cancelled")]
    Cancelled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_happened_and_what_to_do() {
        let endpoint = Endpoint::Unix("/var/run/docker.sock".into());
        let source = io::Error::from(io::ErrorKind::NotFound);
        insta::assert_snapshot!(
            Error::Unreachable { endpoint: endpoint.clone(), source },
            @"no engine answers at unix:///var/run/docker.sock: entity not found; start it, or name another one with DOCKER_HOST or DOCKER_CONTEXT"
        );
        insta::assert_snapshot!(
            Error::Forbidden { endpoint: endpoint.clone() },
            @"no permission to use the engine's socket unix:///var/run/docker.sock; add yourself to the group that owns it (often `docker`), or name another engine with DOCKER_HOST"
        );
        insta::assert_snapshot!(
            Error::NoEngine { endpoint: endpoint.clone(), status: 502 },
            @"what answers at unix:///var/run/docker.sock is no Docker engine (HTTP 502, and no version of an API); name another one with DOCKER_HOST or DOCKER_CONTEXT, or see whether a proxy stands between"
        );
        insta::assert_snapshot!(
            Error::NoBuildKit { endpoint, path: "/grpc", status: 404 },
            @"the engine at unix:///var/run/docker.sock has no /grpc (it answered 404): its builder is not BuildKit; smartbuild needs Docker 20.10 or newer"
        );
        insta::assert_snapshot!(
            BuildError::ContextChanged {
                path: ContextPath::new("src/app.py"),
                change: Change::Stat("size"),
            },
            @"src/app.py changed while the build read it (its size changed); build again, or add it to .dockerignore where it is a log that is written meanwhile"
        );
    }
}
