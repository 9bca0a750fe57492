//! A repository that builds an image of three stages, and what its builds have cost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use smartbuild::engine::{EngineInfo, ImageStore};
use smartbuild::store::{BuildRecord, Outcome, StepRecord, Store};
use smartbuild::{Digest, Seconds, Span};

const DOCKERFILE: &str = "\
FROM golang:1.22 AS build
WORKDIR /src
COPY go.mod ./
COPY . .
RUN go build -o /out/shop ./cmd/shop
FROM node:20 AS web
COPY web/package.json ./
RUN npm ci
COPY web .
RUN npm run build
FROM debian:bookworm-slim
COPY --from=build /out/shop /usr/bin/shop
COPY --from=web /dist /srv/www
";

/// A step that would run in the page, were it ever taken for markup.
pub(crate) const HOSTILE_STEP: &str = "RUN echo \"</title><script>window.owned = 1</script>\"";

/// A file that would, and that turns the direction of writing around.
pub(crate) const HOSTILE_FILE: &str = "<img src=x onerror=\"window.owned = 2\">\u{202e}gpj.py";

/// The first of the recorded builds of which is kept when steps began.
const TIMED_FROM: u32 = 4;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The repository, a store beside it, and a place for pages.
pub(crate) struct Shop {
    directory: tempfile::TempDir,
}

impl Shop {
    /// With everything in one commit.
    pub(crate) fn new() -> Self {
        let shop = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        for directory in ["shop/web", "shop/cmd/shop", "home"] {
            fs::create_dir_all(shop.path(directory)).expect("a directory");
        }
        shop.file("Dockerfile", DOCKERFILE);
        for name in ["go.mod", "web/package.json", "web/app.js", "cmd/shop/main.go"] {
            shop.file(name, name);
        }
        for arguments in [
            &["init", "-q", "--template=", "--initial-branch=main"][..],
            &["add", "-A"],
            &["commit", "-q", "-m", "Open the <b>shop</b>"],
        ] {
            let status = shop.command("git").args(arguments).status().expect("git runs");
            assert!(status.success(), "{arguments:?}");
        }
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        fs::write(self.path("shop").join(name), text).expect("a file");
    }

    /// What the program prints, in a file of this name.
    pub(crate) fn page(&self, name: &str, arguments: &[&str]) -> PathBuf {
        let output = self.command(env!("CARGO_BIN_EXE_smartbuild")).args(arguments).output();
        let output = output.expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        self.write(name, &String::from_utf8(output.stdout).expect("a page in UTF-8"))
    }

    /// A page, in a file of this name.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let page = self.path(&format!("{name}.html"));
        fs::write(&page, text).expect("a page");
        page
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path("shop"))
            .env("HOME", self.path("home"))
            .env("SMARTBUILD_CACHE_DIR", self.path("home/smartbuild"))
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .env_remove("XDG_CONFIG_HOME")
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@a")])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@a")]);
        command
    }

    /// Keeps how long the steps of the Dockerfile took in one build.
    pub(crate) fn record_times(&self) {
        let project = self.path("shop").canonicalize().expect("a path");
        let mut store = Store::open(&self.path("home/smartbuild")).expect("a store");
        let steps = vec![
            ran("COPY . .", 0.5),
            ran("RUN go build -o /out/shop ./cmd/shop", 30.0),
            ran("RUN npm ci", 20.0),
            ran("COPY web .", 0.5),
            ran("RUN npm run build", 8.0),
        ];
        let record = BuildRecord { steps, ..build(&project, 0) };
        store.record(&record).expect("a record");
        let engine = EngineInfo {
            name: "docker".to_owned(),
            version: "28.5.2".to_owned(),
            builder: "buildkit".to_owned(),
            id: record.engine.clone(),
            store: ImageStore::GraphDriver,
            platform: "linux/amd64".to_owned(),
        };
        let described = serde_json::to_string(&engine).expect("JSON");
        store.describe_engine(&record.engine, &described).expect("a record");
    }

    /// Keeps twelve builds of four weeks: of every three one reused all, one ran for a file, and
    /// one for an argument; the last failed. Of the first four nobody kept when steps began.
    pub(crate) fn record(&self) {
        let project = self.path("shop").canonicalize().expect("a path");
        let cache = self.path("home/smartbuild");
        let mut store = Store::open(&cache).expect("a store");
        for at in 0..12_u32 {
            store.record(&build(&project, at)).expect("a record");
        }
    }
}

/// What is recorded of a step that ran and that tells nothing but how long.
fn ran(instruction: &str, seconds: f64) -> StepRecord {
    StepRecord {
        key: Digest::of(instruction.as_bytes()),
        other_keys: Vec::new(),
        name: instruction.to_owned(),
        line: 1,
        instruction: instruction.to_owned(),
        kind: instruction.split(' ').next().unwrap_or_default().to_owned(),
        inputs: "[]".to_owned(),
        outcome: Outcome::Ran,
        seconds: Some(Seconds::new(seconds)),
        span: None,
        needs: Vec::new(),
        reusable: false,
        left_open: false,
        cause: None,
    }
}

/// When a step of the recorded builds went on.
fn span(kind: &str, outcome: Outcome, seconds: f64) -> Span {
    let start = if kind == "RUN" && outcome != Outcome::Cached { 0.9 } else { 0.5 };
    let seconds = if outcome == Outcome::Cached { 0.0 } else { seconds };
    Span::new(Seconds::new(start), Seconds::new(start + seconds))
}

fn build(project: &Path, at: u32) -> BuildRecord {
    let (cause, names): (&str, &[&str]) = match at % 3 {
        0 => ("", &[]),
        1 => ("files", &["src/app.py", HOSTILE_FILE]),
        _ => ("argument", &["VERSION"]),
    };
    let is_last = at == 11;
    let root = serde_json::json!({"kind": cause, "step": 0, "names": names}).to_string();
    let parent = serde_json::json!({"kind": "parent", "step": 0}).to_string();
    // Both RUNs stand on the COPY, side by side.
    let step = |instruction: &str, kind: &str, seconds: f64, cause_of: &str| {
        let outcome = match (cause, kind) {
            ("", _) => Outcome::Cached,
            (_, "RUN") if is_last => Outcome::Failed,
            _ => Outcome::Ran,
        };
        StepRecord {
            key: Digest::of(format!("{instruction}{at}").as_bytes()),
            other_keys: Vec::new(),
            name: format!("[1/3] {instruction}"),
            line: 1,
            instruction: instruction.to_owned(),
            kind: kind.to_owned(),
            inputs: String::new(),
            outcome,
            seconds: (outcome == Outcome::Ran).then(|| Seconds::new(seconds)),
            span: (at >= TIMED_FROM).then(|| span(kind, outcome, seconds)),
            needs: if kind == "RUN" { vec![0] } else { Vec::new() },
            reusable: true,
            left_open: false,
            cause: (!cause.is_empty()).then(|| cause_of.to_owned()),
        }
    };
    BuildRecord {
        engine: "an engine".to_owned(),
        project: project.to_str().expect("a path in UTF-8").to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        started: SystemTime::now() - DAY * (12 - at) * 2,
        seconds: Seconds::new(if cause.is_empty() { 0.6 } else { 42.0 - f64::from(at) }),
        succeeded: !is_last,
        image: None,
        image_inputs: None,
        steps: vec![
            step("COPY . .", "COPY", 0.4, &root),
            step(HOSTILE_STEP, "RUN", 12.0, &parent),
            step("RUN pip install -r requirements.txt", "RUN", 27.0 - f64::from(at), &parent),
        ],
        files: Vec::new(),
        context_lost: false,
        context_copy: None,
        commit: Some(format!("{at:x}950c9e0123456789")),
    }
}
