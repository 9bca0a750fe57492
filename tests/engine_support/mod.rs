//! Projects on disk, engines from the environment, and builds of the one on the other.
#![allow(clippy::unwrap_used, missing_docs, dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::fs;
use std::future::{Future, pending};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use smartbuild::Digest;
use smartbuild::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
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
    /// A name for an image that no other test has; the image is removed at the end.
    pub fn tag(&self) -> String {
        let tag = format!("smartbuild-test-{}:latest", hex::encode(rand::random::<[u8; 6]>()));
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
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).build();
        let mut logs = self.api.logs(&id, Some(options));
        let mut text = String::new();
        while let Some(line) = logs.next().await {
            text += &line.unwrap().to_string();
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
    ignore: Option<(String, Vec<String>)>,
    pub secrets: BTreeMap<String, Vec<u8>>,
}

/// What a build gave.
#[derive(Debug)]
pub struct Built {
    pub outcome: BuildOutcome,
    pub events: Vec<Event>,
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

    pub fn secret(mut self, id: &str, value: &str) -> Self {
        self.secrets.insert(id.into(), value.into());
        self
    }

    pub fn edit(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// What a build of the context as it is now asks for.
    pub fn request(&self, tag: &str) -> BuildRequest {
        BuildRequest {
            root: self.dir.path().into(),
            snapshot: Arc::new(snapshot(self.dir.path())),
            dockerfile: SourceFile {
                name: "Dockerfile".into(),
                content: self.dockerfile.clone().into(),
            },
            ignore_file: None,
            build_args: BTreeMap::new(),
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

/// The snapshot of everything in a directory.
pub fn snapshot(root: &Path) -> Snapshot {
    let mut entries = Vec::new();
    read(root, Path::new(""), &mut entries);
    Snapshot::new(entries, 0)
}

fn read(root: &Path, below: &Path, entries: &mut Vec<Entry>) {
    for found in fs::read_dir(root.join(below)).unwrap() {
        let path = below.join(found.unwrap().file_name());
        let full = root.join(&path);
        let stat = fs::symlink_metadata(&full).unwrap();
        let kind = match stat.file_type() {
            kind if kind.is_dir() => EntryKind::Directory,
            kind if kind.is_symlink() => EntryKind::Symlink,
            _ => EntryKind::File,
        };
        let is_file = kind == EntryKind::File;
        entries.push(Entry {
            path: ContextPath::new(path.as_os_str().as_encoded_bytes()),
            kind,
            mode: stat.mode() & 0o7777,
            size: if is_file { stat.size() } else { 0 },
            modified: ModifiedTime {
                seconds: stat.mtime(),
                nanoseconds: u32::try_from(stat.mtime_nsec()).unwrap(),
            },
            digest: is_file.then(|| Digest::of(&fs::read(&full).unwrap())),
            target: (kind == EntryKind::Symlink)
                .then(|| fs::read_link(&full).unwrap().as_os_str().as_encoded_bytes().into()),
        });
        if kind == EntryKind::Directory {
            read(root, &path, entries);
        }
    }
}
