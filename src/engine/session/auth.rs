//! `moby.filesync.v1.Auth`: the engine asks for registry credentials when it needs them.
//!
//! Only credentials are given; tokens are left to the engine, which then asks the registry for
//! one itself. No secret is logged or shown, errors included.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard_buildkit_proto::moby::filesync::v1::auth_server::{self, AuthServer};
use bollard_buildkit_proto::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse,
    GetTokenAuthorityRequest, GetTokenAuthorityResponse, VerifyTokenAuthorityRequest,
    VerifyTokenAuthorityResponse,
};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;
use tonic::{Request, Response, Status};

use crate::engine::config::DockerConfig;

/// The one method that is offered.
pub(super) const CREDENTIALS: &str = "/moby.filesync.v1.Auth/Credentials";

/// How the engine names Docker Hub, and how the configuration does.
const HUB: (&str, &str) = ("registry-1.docker.io", "https://index.docker.io/v1/");

/// The user name that says that the secret is a token.
const TOKEN_USER: &str = "<token>";

/// How long a credential helper may take; some ask their user.
const HELPER_TIME: Duration = Duration::from_secs(60);

/// Gives what the docker CLI's configuration has.
#[derive(Debug, Clone)]
pub(super) struct Auth {
    config: DockerConfig,
}

/// What a helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

impl Auth {
    /// The service for the credentials of `config`.
    pub(super) fn serve(config: DockerConfig) -> AuthServer<Self> {
        AuthServer::new(Self { config })
    }

    async fn credentials(&self, host: &str) -> Result<CredentialsResponse, Status> {
        let host = if host == HUB.0 { HUB.1 } else { host };
        if let Some(helper) = self.config.credential_helper(host) {
            return ask_helper(helper, host).await;
        }
        let Some(entry) = self.config.auth(host) else {
            return Ok(CredentialsResponse::default());
        };
        if !entry.identitytoken.is_empty() {
            return Ok(CredentialsResponse {
                username: String::new(),
                secret: entry.identitytoken.clone(),
            });
        }
        if entry.auth.is_empty() {
            return Ok(CredentialsResponse {
                username: entry.username.clone(),
                secret: entry.password.clone(),
            });
        }
        decode_auth(&entry.auth).ok_or_else(|| {
            Status::failed_precondition(format!(
                "the entry of {host} in docker's config.json cannot be read: run `docker login {host}`"
            ))
        })
    }
}

/// `user:password` from its base64. Docker ends the password with NUL bytes in places.
fn decode_auth(auth: &str) -> Option<CredentialsResponse> {
    let plain = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
    let (username, secret) = plain.split_once(':')?;
    Some(CredentialsResponse {
        username: username.to_owned(),
        secret: secret.trim_end_matches('\0').to_owned(),
    })
}

/// Runs `docker-credential-<helper> get`, which reads a registry's name and prints JSON.
async fn ask_helper(helper: &str, host: &str) -> Result<CredentialsResponse, Status> {
    let program = format!("docker-credential-{helper}");
    let failed = |what: &str| {
        Status::failed_precondition(format!("{program} gave no credentials for {host}: {what}"))
    };
    // A name with a slash would run any program that a configuration file names.
    if helper.contains('/') {
        return Err(failed("its name has a slash"));
    }
    let asked = async {
        let mut child = Command::new(&program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(host.as_bytes()).await?;
            // Dropped here, which ends the helper's input.
        }
        child.wait_with_output().await
    };
    let output = timeout(HELPER_TIME, asked)
        .await
        .map_err(|_| failed("it did not answer in time"))?
        .map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        // What the docker CLI's helpers say of a registry they know nothing of.
        if output.stdout.starts_with(b"credentials not found") {
            return Ok(CredentialsResponse::default());
        }
        return Err(failed(&output.status.to_string()));
    }
    let answer: HelperAnswer =
        serde_json::from_slice(&output.stdout).map_err(|_| failed("its answer is not JSON"))?;
    let username = if answer.username == TOKEN_USER { String::new() } else { answer.username };
    Ok(CredentialsResponse { username, secret: answer.secret })
}

#[tonic::async_trait]
impl auth_server::Auth for Auth {
    async fn credentials(
        &self,
        request: Request<CredentialsRequest>,
    ) -> Result<Response<CredentialsResponse>, Status> {
        Self::credentials(self, &request.get_ref().host).await.map(Response::new)
    }

    async fn fetch_token(
        &self,
        _: Request<FetchTokenRequest>,
    ) -> Result<Response<FetchTokenResponse>, Status> {
        Err(Status::unimplemented("only Credentials is offered"))
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Result<Response<GetTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("only Credentials is offered"))
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Result<Response<VerifyTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("only Credentials is offered"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(config: &str) -> Auth {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.json"), config).unwrap();
        Auth { config: DockerConfig::load(dir.path()).unwrap() }
    }

    async fn ask(auth: &Auth, host: &str) -> (String, String) {
        let answer = auth.credentials(host).await.unwrap();
        (answer.username, answer.secret)
    }

    fn pair(username: &str, secret: &str) -> (String, String) {
        (username.to_owned(), secret.to_owned())
    }

    #[tokio::test]
    async fn credentials_come_from_the_entry_of_the_registry() {
        let auth = auth(
            r#"{"auths": {
                "https://index.docker.io/v1/": {"auth": "bWU6cGE6c3M="},
                "https://registry.example/v2/": {"username": "you", "password": "word"},
                "token.example": {"auth": "bWU6", "identitytoken": "refresh"}
            }}"#,
        );
        assert_eq!(ask(&auth, "registry-1.docker.io").await, pair("me", "pa:ss"));
        assert_eq!(ask(&auth, "registry.example").await, pair("you", "word"));
        assert_eq!(ask(&auth, "token.example").await, pair("", "refresh"));
        assert_eq!(ask(&auth, "other.example").await, pair("", ""));
    }

    #[tokio::test]
    async fn no_secret_is_shown() {
        let auth = auth(r#"{"auths": {"a": {"username": "you", "password": "hunter2"}}}"#);
        assert!(!format!("{auth:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_helper_that_is_not_there_is_named() {
        let auth = auth(r#"{"credsStore": "nowhere"}"#);
        let error = auth.credentials("registry.example").await.unwrap_err();
        assert!(
            error.message().starts_with(
                "docker-credential-nowhere gave no credentials for registry.example: "
            )
        );
    }
}
