//! Projects on disk, engines from the environment, and builds of the one on the other.
#![allow(clippy::unwrap_used, missing_docs, dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::future::{Future, pending};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use smartbuild::context::{self, IgnoreRules};
use smartbuild::engine::{
    BuildError, BuildOutcome, BuildRequest, Docker, DockerConfig, Endpoint, Event, SourceFile,
};
use tokio::sync::mpsc;

const VARIABLE: &str = "SMARTBUILD_TEST_ENGINES";

/// One engine that tests run on.
pub struct Engine {
    pub version: String,
    pub docker: Docker,
    pub api: bollard::Docker,
    tags: std::sync::Mutex<Vec<String>>,
}

/// Every engine to test on.
pub async fn engines() -> Vec<Engine> {
    let list = std::env::var(VARIABLE)
        .unwrap_or_else(|_| panic!("{VARIABLE} is not set: run `cargo xtask test`"));
    let mut engines = Vec::new();
    for pair in list.split_whitespace() {
        let (version, host) = pair.split_once('=').expect("pairs are version=unix:///path");
        let endpoint = Endpoint::parse(host).unwrap();
        let docker = Docker::connect(&endpoint, DockerConfig::default()).await.unwrap();
        let socket = host.strip_prefix("unix://").unwrap();
        let api = bollard::Docker::connect_with_unix(socket, 60, bollard::API_DEFAULT_VERSION);
        let api = api.unwrap().negotiate_version().await.unwrap();
        engines.push(Engine { version: version.into(), docker, api, tags: Vec::new().into() });
    }
    assert!(!engines.is_empty(), "{VARIABLE} names no engine");
    engines
}

impl Engine {
    /// The number in a version's name: `28.5` of `28.5-containerd`.
    pub fn number(version: &str) -> &str {
        version.split('-').next().unwrap()
    }

    /// A name for an image that no other test has; the image is removed at the end.
    pub fn tag(&self) -> String {
        let tag = format!("smartbuild-test-{}:latest", nonce());
        self.tags.lock().unwrap().push(tag.clone());
        tag
    }

    /// What `command` prints in a container of `image`.
    pub async fn run(&self, image: &str, command: &str) -> String {
        use bollard::models::ContainerCreateBody;
        use bollard::query_parameters::{
            LogsOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
            WaitContainerOptions,
        };
        use futures_util::StreamExt;
        let body = ContainerCreateBody {
            image: Some(image.into()),
            cmd: Some(vec!["sh".into(), "-c".into(), command.into()]),
            network_disabled: Some(true),
            ..ContainerCreateBody::default()
        };
        let options = None::<bollard::query_parameters::CreateContainerOptions>;
        let id = self.api.create_container(options, body).await.unwrap().id;
        self.api.start_container(&id, None::<StartContainerOptions>).await.unwrap();
        let _ = self.api.wait_container(&id, None::<WaitContainerOptions>).next().await;
        let mut text = String::new();
        // A busy engine writes the log some time after the container has ended.
        for _ in 0..20 {
            let options = LogsOptionsBuilder::new().stdout(true).stderr(true).build();
            let mut logs = self.api.logs(&id, Some(options));
            while let Some(line) = logs.next().await {
                text += &line.unwrap().to_string();
            }
            if !text.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let force = RemoveContainerOptionsBuilder::new().force(true).build();
        self.api.remove_container(&id, Some(force)).await.unwrap();
        text
    }

    /// Removes the images of this test.
    pub async fn clean(&self) {
        use bollard::query_parameters::RemoveImageOptionsBuilder;
        let tags = std::mem::take(&mut *self.tags.lock().unwrap());
        for tag in tags {
            let options = RemoveImageOptionsBuilder::new().force(true).build();
            // A build that failed made none.
            let _ = self.api.remove_image(&tag, Some(options), None).await;
        }
    }
}

/// A context on disk.
pub struct Project {
    dir: tempfile::TempDir,
    dockerfile: String,
    ignore: Option<String>,
    pub secrets: BTreeMap<String, Vec<u8>>,
}

/// What a build gave.
#[derive(Debug)]
pub struct Built {
    pub outcome: BuildOutcome,
    pub events: Vec<Event>,
}

impl Built {
    /// The last word on every step of the Dockerfile but FROM: its name and whether it was
    /// reused.
    pub fn steps(&self) -> BTreeMap<String, bool> {
        let steps = self.events.iter().filter_map(|event| match event {
            Event::Step(step) if step.completed.is_some() => Some((step.name.clone(), step.cached)),
            _ => None,
        });
        let of_dockerfile = |name: &String| {
            name.starts_with('[') && !name.starts_with("[internal]") && !name.contains("] FROM ")
        };
        steps.filter(|(name, _)| of_dockerfile(name)).collect()
    }
}

/// Everything that was logged.
pub fn log(events: &[Event]) -> String {
    let logs = events.iter().filter_map(|event| match event {
        Event::Log { bytes, .. } => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    });
    logs.collect()
}

/// Twelve characters that no build has seen before, so that no result of an earlier run is
/// reused.
pub fn nonce() -> String {
    hex::encode(rand::random::<[u8; 6]>())
}

pub fn project(dockerfile: &str) -> Project {
    Project {
        dir: tempfile::tempdir().unwrap(),
        dockerfile: dockerfile.into(),
        ignore: None,
        secrets: BTreeMap::new(),
    }
}

impl Project {
    pub fn file(self, path: &str, content: &str) -> Self {
        self.edit(path, content);
        self
    }

    pub fn mode(self, path: &str, mode: u32) -> Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.path(path)).unwrap();
        self
    }

    pub fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    pub fn ignoring(mut self, rules: &str) -> Self {
        self.ignore = Some(rules.into());
        self
    }

    pub fn secret(mut self, id: &str, value: &str) -> Self {
        self.secrets.insert(id.into(), value.into());
        self
    }

    pub fn edit(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn edit_os(&self, name: &OsStr, content: &str) {
        fs::write(self.dir.path().join(name), content).unwrap();
    }

    /// Writes other bytes and puts the old time back.
    pub fn edit_secretly(&self, path: &str, content: &str) {
        let before = fs::metadata(self.path(path)).unwrap().modified().unwrap();
        self.edit(path, content);
        fs::File::options()
            .write(true)
            .open(self.path(path))
            .unwrap()
            .set_modified(before)
            .unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// What a build of the context as it is now asks for.
    pub fn request(&self, tag: &str) -> BuildRequest {
        let rules = match &self.ignore {
            Some(text) => IgnoreRules::parse(text.as_bytes()).unwrap(),
            None => IgnoreRules::none(),
        };
        BuildRequest {
            held: BTreeMap::new(),
            announced: BTreeMap::new(),
            root: self.dir.path().into(),
            snapshot: Arc::new(context::snapshot(self.dir.path(), &rules).unwrap()),
            dockerfile: SourceFile {
                name: "Dockerfile".into(),
                content: self.dockerfile.clone().into(),
            },
            ignore_file: self.ignore.as_ref().map(|text| SourceFile {
                name: ".dockerignore".into(),
                content: text.clone().into(),
            }),
            build_args: BTreeMap::new(),
            contexts: BTreeMap::new(),
            cache_from: Vec::new(),
            labels: BTreeMap::new(),
            tags: vec![tag.into()],
            target: None,
            platform: None,
            no_cache: false,
            no_cache_filter: Vec::new(),
            pull: false,
            network: None,
            add_hosts: Vec::new(),
            shm_size: None,
            ulimits: Vec::new(),
            cgroup_parent: None,
            secrets: self.secrets.clone(),
            shared_key: self.dir.path().display().to_string(),
        }
    }

    pub async fn build_as(&self, engine: &Engine, tag: &str) -> Result<Built, BuildError> {
        build(engine, &self.request(tag), pending()).await.0
    }
}

/// Builds and gathers what happened, also when the build failed.
pub async fn build(
    engine: &Engine,
    request: &BuildRequest,
    cancel: impl Future<Output = ()> + Send,
) -> (Result<Built, BuildError>, Vec<Event>) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let ended = engine.docker.build(request, sender, cancel).await;
    let mut events = Vec::new();
    while let Some(event) = receiver.recv().await {
        events.push(event);
    }
    (ended.map(|outcome| Built { outcome, events: events.clone() }), events)
}
