//! The docker CLI's configuration directory: contexts and registry credentials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use serde::Deserialize;

use crate::Digest;

/// What the docker CLI keeps in its configuration directory (often `~/.docker`), as far as
/// builds need it. Shown without any secret.
#[derive(Clone, Default)]
pub struct DockerConfig {
    dir: Option<PathBuf>,
    file: ConfigFile,
}

/// The configuration directory holds something that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not the JSON it should be.
    #[error("{path} is not a docker configuration: {source}; correct or remove it")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and how.
        source: serde_json::Error,
    },
    /// No context of that name.
    #[error("there is no docker context `{0}`: see `docker context ls`, or set DOCKER_HOST")]
    NoContext(String),
    /// A context without a docker endpoint.
    #[error("the docker context `{0}` names no engine: see `docker context inspect {0}`")]
    NoHost(String),
}

/// Where a context leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedContext {
    /// Such as `unix:///run/user/1000/docker.sock`.
    pub(super) host: String,
    /// Whether it has certificates.
    pub(super) tls: bool,
}

/// `config.json`, as far as it is read.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ConfigFile {
    current_context: String,
    auths: BTreeMap<String, AuthEntry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
    /// By the engine's host, or `default`: `httpProxy`, … to their values.
    proxies: BTreeMap<String, BTreeMap<String, String>>,
}

/// One entry of `auths`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "lowercase")]
pub(super) struct AuthEntry {
    /// Base64 of `user:password`.
    pub(super) auth: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) identitytoken: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextMeta {
    #[serde(default)]
    endpoints: BTreeMap<String, ContextEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextEndpoint {
    #[serde(default)]
    host: String,
}

impl DockerConfig {
    /// The configuration in `dir`; an empty one where there is no `config.json`.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        let file = read_json(&dir.join("config.json"))?.unwrap_or_default();
        Ok(Self { dir: Some(dir.to_owned()), file })
    }

    /// The build arguments that the docker CLI sets by itself for an engine at `host`, as
    /// `DOCKER_HOST` names it: the proxies of the configuration, in both spellings.
    pub fn proxy_arguments(&self, host: &str) -> BTreeMap<String, String> {
        let proxies = &self.file.proxies;
        let Some(proxy) = proxies.get(host).or_else(|| proxies.get("default")) else {
            return BTreeMap::new();
        };
        let named = [
            ("HTTP_PROXY", "httpProxy"),
            ("HTTPS_PROXY", "httpsProxy"),
            ("FTP_PROXY", "ftpProxy"),
            ("NO_PROXY", "noProxy"),
            ("ALL_PROXY", "allProxy"),
        ];
        named
            .into_iter()
            .filter_map(|(name, key)| Some((name, proxy.get(key)?)))
            .filter(|(_, value)| !value.is_empty())
            .flat_map(|(name, value)| {
                [(name.to_owned(), value.clone()), (name.to_lowercase(), value.clone())]
            })
            .collect()
    }

    /// The context that `docker context use` chose.
    pub(super) fn current_context(&self) -> Option<&str> {
        Some(self.file.current_context.as_str()).filter(|name| !name.is_empty())
    }

    /// Where the context `name` leads.
    pub(super) fn context(&self, name: &str) -> Result<NamedContext, ConfigError> {
        // Contexts are stored below the digest of their name.
        let id = Digest::of(name.as_bytes()).to_hex();
        let contexts = self.dir.as_ref().map(|dir| dir.join("contexts"));
        let meta = match &contexts {
            Some(contexts) => {
                read_json::<ContextMeta>(&contexts.join("meta").join(&id).join("meta.json"))?
            }
            None => None,
        };
        let mut endpoints = meta.ok_or_else(|| ConfigError::NoContext(name.to_owned()))?.endpoints;
        let host = endpoints
            .remove("docker")
            .map(|endpoint| endpoint.host)
            .filter(|host| !host.is_empty())
            .ok_or_else(|| ConfigError::NoHost(name.to_owned()))?;
        let tls = contexts.is_some_and(|dir| dir.join("tls").join(&id).join("docker").is_dir());
        Ok(NamedContext { host, tls })
    }

    /// The program that keeps the credentials of the registry `host`: the end of
    /// `docker-credential-<name>`.
    pub(super) fn credential_helper(&self, host: &str) -> Option<&str> {
        let helper = self.file.cred_helpers.get(host).unwrap_or(&self.file.creds_store);
        Some(helper.as_str()).filter(|helper| !helper.is_empty())
    }

    /// The credentials for the registry `host` that the file itself holds: the entry of that
    /// name, else the first one whose URL has that host.
    pub(super) fn auth(&self, host: &str) -> Option<&AuthEntry> {
        self.file.auths.get(host).or_else(|| {
            let wanted = registry_host(host);
            self.file.auths.iter().find(|(name, _)| registry_host(name) == wanted).map(|(_, e)| e)
        })
    }
}

/// The host of a registry's name or URL: `https://host/v1/` is `host`.
fn registry_host(name: &str) -> &str {
    let bare = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://"));
    bare.unwrap_or(name).split('/').next().unwrap_or_default()
}

impl fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerConfig").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// The content of a JSON file; `None` where there is no file.
fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, ConfigError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(None);
        }
        Err(source) => return Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|source| ConfigError::Malformed { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_arguments_in_both_spellings() {
        let json = r#"{"proxies": {"default": {"httpProxy": "http://p:1", "noProxy": "local"},
                       "tcp://h:2375": {"httpsProxy": "http://q:2"}}}"#;
        let config = DockerConfig { dir: None, file: serde_json::from_str(json).unwrap() };
        let names = |host| config.proxy_arguments(host).into_keys().collect::<Vec<_>>();
        assert_eq!(names("unix:///s"), ["HTTP_PROXY", "NO_PROXY", "http_proxy", "no_proxy"]);
        assert_eq!(names("tcp://h:2375"), ["HTTPS_PROXY", "https_proxy"]);
        assert!(DockerConfig::default().proxy_arguments("unix:///s").is_empty());
    }
}
