//! Real engines for tests, and the program run against them.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// An engine that the test run has started.
#[derive(Debug, Clone)]
pub(crate) struct TestEngine {
    /// `28.5`, `28.5-containerd`, …
    pub(crate) version: String,
    /// `unix:///…`
    pub(crate) host: String,
}

/// The engines of `SMARTBUILD_TEST_ENGINES`: `VERSION=HOST` pairs separated by blanks.
///
/// # Panics
///
/// Without engines: a test that needs one must not pass for want of it.
pub(crate) fn engines() -> Vec<TestEngine> {
    let pairs = std::env::var("SMARTBUILD_TEST_ENGINES").unwrap_or_default();
    let engines: Vec<_> = pairs
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(version, host)| TestEngine { version: version.to_owned(), host: host.to_owned() })
        .collect();
    assert!(!engines.is_empty(), "no engine to test with: run `cargo xtask test`");
    engines
}

/// The engine of this version.
///
/// # Panics
///
/// Where the test run has not started it.
pub(crate) fn engine(version: &str) -> TestEngine {
    engines()
        .into_iter()
        .find(|engine| engine.version == version)
        .unwrap_or_else(|| panic!("engine {version} is not up: run `cargo xtask test`"))
}

/// An engine whose cache this test may empty: while it is held, no other test builds on it.
pub(crate) struct SpareEngine {
    pub(crate) engine: TestEngine,
    _held: File,
}

/// The spare engine of this version, from `SMARTBUILD_TEST_SPARE_ENGINES`.
///
/// # Panics
///
/// Where the test run has not started it.
pub(crate) fn spare(version: &str) -> SpareEngine {
    let pairs = std::env::var("SMARTBUILD_TEST_SPARE_ENGINES").unwrap_or_default();
    let host = pairs
        .split_whitespace()
        .find_map(|pair| pair.strip_prefix(version)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("no spare engine {version} is up: run `cargo xtask test`"));
    let socket = Path::new(host.trim_start_matches("unix://"));
    let held = File::create(socket.with_extension("lock")).expect("a lock");
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).expect("a lock");
    let engine = TestEngine { version: version.to_owned(), host: host.to_owned() };
    SpareEngine { engine, _held: held }
}

/// `docker builder prune` with these arguments, as a shell command.
pub(crate) fn prune_command(engine: &TestEngine, arguments: &[&str]) -> String {
    let socket = engine.host.trim_start_matches("unix://");
    let mut query = Vec::new();
    let mut filters = serde_json::Map::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "-f" => {}
            "-af" => query.push("all=1".to_owned()),
            "--filter" => {
                let (name, value) = words.next().and_then(|it| it.split_once('=')).expect("K=V");
                filters.insert(name.to_owned(), serde_json::json!({ value: true }));
            }
            "--keep-storage" => {
                query.push(format!("keep-storage={}", words.next().expect("bytes")));
            }
            other => panic!("no test has used `{other}` yet"),
        }
    }
    let filters = hex::encode(Value::Object(filters).to_string());
    let escaped: Vec<u8> = filters.bytes().enumerate().fold(Vec::new(), |mut all, (at, byte)| {
        if at % 2 == 0 {
            all.push(b'%');
        }
        all.push(byte);
        all
    });
    query.push(format!("filters={}", String::from_utf8_lossy(&escaped)));
    let query = query.join("&");
    format!(
        "curl -sSf -o /dev/null -X POST --unix-socket {socket} 'http://engine/build/prune?{query}'"
    )
}

/// A context built by the program on a real engine, with a store and image names of its own.
pub(crate) struct Workshop {
    pub(crate) engine: TestEngine,
    directory: tempfile::TempDir,
    tag: String,
    images: std::cell::RefCell<Vec<String>>,
    base: std::cell::OnceCell<String>,
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

impl Workshop {
    /// Waits until no other test, each a process of its own, builds on this engine: what others hold
    /// at the moment nobody can tell of.
    pub(crate) fn new(engine: &TestEngine) -> Self {
        hold(engine);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(directory.path().join("context")).expect("a context");
        Self {
            engine: engine.clone(),
            tag: format!("smartbuild-test-{}-{number}", std::process::id()),
            directory,
            images: std::cell::RefCell::default(),
            base: std::cell::OnceCell::new(),
        }
    }

    pub(crate) fn context(&self) -> PathBuf {
        self.directory.path().join("context")
    }

    /// A name for an image that no other test has; removed at the end.
    pub(crate) fn image_name(&self, name: &str) -> String {
        let image = format!("{}:{name}", self.tag);
        self.images.borrow_mut().push(image.clone());
        image
    }

    /// Has an image removed with the others, by name or id.
    pub(crate) fn remove_at_the_end(&self, image: &str) {
        self.images.borrow_mut().push(image.to_owned());
    }

    /// A base image of the test's own, as no engine has seen it: busybox and a file of salt.
    ///
    /// # Panics
    ///
    /// Where the engine does not take it, or the test run has not said of what to make it.
    pub(crate) fn base(&self) -> String {
        self.base.get_or_init(|| self.import_base()).clone()
    }

    fn import_base(&self) -> String {
        let image = self.image_name("busybox");
        let tar = self.beside("base.tar");
        std::fs::write(&tar, salted_busybox(&self.salt())).expect("a tar file");
        let socket = self.engine.host.trim_start_matches("unix://");
        let (repository, tag) = image.split_once(':').expect("a tag");
        let import = || {
            let imported = Command::new("curl")
                .args(["-sSf", "-X", "POST", "--unix-socket", socket, "-T"])
                .arg(&tar)
                .arg(format!("http://engine/images/create?fromSrc=-&repo={repository}&tag={tag}"))
                .output()
                .expect("curl runs");
            assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
            // What goes wrong is only told in the answer.
            let said = String::from_utf8_lossy(&imported.stdout).into_owned();
            if said.contains("errorDetail") { Err(said) } else { Ok(()) }
        };
        // With containerd's store what a prune left may be collected while an image is put together,
        // which then fails.
        if import().is_err()
            && let Err(said) = import()
        {
            panic!("{image}: {said}");
        }
        image
    }

    /// Writes a file of the context. A Dockerfile stands on an image of its own in the place of
    /// `busybox:local`: what builds of other tests hold at the moment, nobody can tell of.
    pub(crate) fn file(&self, path: &str, content: &str) {
        let full = self.context().join(path);
        let own = if path.ends_with("Dockerfile") && content.contains("FROM busybox:local") {
            content.replace("FROM busybox:local", &format!("FROM {}", self.base()))
        } else {
            content.to_owned()
        };
        let content = own.as_str();
        if path.ends_with('/') {
            std::fs::create_dir_all(full).expect("a directory");
            return;
        }
        std::fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
        std::fs::write(full, content).expect("a file");
    }

    /// Copies a directory of the repository into the context.
    pub(crate) fn copy_of(&self, directory: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        for entry in std::fs::read_dir(&from).expect("a directory of the repository") {
            let path = entry.expect("an entry").path();
            let to = self.context().join(path.file_name().expect("a name"));
            std::fs::copy(&path, to).expect("a copy");
        }
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.context().join(path)).expect("a file")
    }

    /// Appends to a file.
    pub(crate) fn append(&self, path: &str, more: &str) {
        self.file(path, &(self.read(path) + more));
    }

    /// Text that no other build has seen, so that no engine has its steps already.
    pub(crate) fn salt(&self) -> String {
        format!("{}-{}", self.tag, hex::encode(rand::random::<[u8; 6]>()))
    }

    /// A path beside the context, where a test may write what is no part of it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs the program in the context.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("the program runs")
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smartbuild"));
        command
            .current_dir(self.context())
            .env("DOCKER_HOST", &self.engine.host)
            .env("SMARTBUILD_CACHE_DIR", self.directory.path().join("cache"))
            .env("NO_COLOR", "1")
            .env_remove("DOCKER_CONTEXT")
            .env_remove("BUILDKIT_PROGRESS")
            .env_remove("DOCKER_BUILDKIT");
        command
    }

    /// What `predict --format json` says.
    pub(crate) fn predict(&self) -> Value {
        let output = self.run(&["predict", "--format", "json", "."]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON and nothing else")
    }

    /// Builds and gives the report.
    ///
    /// # Panics
    ///
    /// Where the build fails.
    pub(crate) fn build(&self, arguments: &[&str]) -> Value {
        let report = self.directory.path().join("report.json");
        let mut all = vec!["build", "--progress", "plain", "--report"];
        all.push(report.to_str().expect("a path in UTF-8"));
        all.extend(arguments);
        all.push(".");
        let output = self.run(&all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report = json(&report);
        // Hundreds of images would slow every later build down.
        if let Some(image) = report["image"].as_str() {
            self.remove_at_the_end(image);
        }
        report
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let mut images = std::mem::take(&mut *self.images.borrow_mut());
        images.sort_unstable();
        images.dedup();
        for image in &images {
            remove_image(&self.engine, image);
        }
    }
}

pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a report");
    serde_json::from_str(&text).expect("a report in JSON")
}

/// Keeps an engine to this process until it ends.
fn hold(engine: &TestEngine) {
    static HELD: Mutex<Vec<(String, File)>> = Mutex::new(Vec::new());
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if held.iter().any(|(host, _)| *host == engine.host) {
        return;
    }
    let socket = Path::new(engine.host.trim_start_matches("unix://"));
    let file = File::create(socket.with_extension("held")).expect("a lock");
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).expect("a lock");
    held.push((engine.host.clone(), file));
}

/// The file system of `SMARTBUILD_TEST_BUSYBOX` with one file more, as a tar file.
fn salted_busybox(salt: &str) -> Vec<u8> {
    let path = std::env::var_os("SMARTBUILD_TEST_BUSYBOX")
        .expect("no base image to test with: run `cargo xtask test`");
    let mut busybox = tar::Archive::new(File::open(path).expect("a base image"));
    let mut salted = tar::Builder::new(Vec::new());
    for entry in busybox.entries().expect("a tar file") {
        let entry = entry.expect("an entry");
        // Names here are short enough for a header.
        salted.append(&entry.header().clone(), entry).expect("memory");
    }
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(salt.len() as u64);
    salted.append_data(&mut header, "salt", salt.as_bytes()).expect("memory");
    salted.into_inner().expect("memory")
}

/// Removes an image, as far as it is there.
fn remove_image(engine: &TestEngine, image: &str) {
    let socket = engine.host.trim_start_matches("unix://");
    let removed = Command::new("curl")
        .args(["-sS", "-o", "/dev/null", "-X", "DELETE", "--unix-socket", socket])
        .arg(format!("http://engine/images/{image}?force=1"))
        .status();
    drop(removed);
}
