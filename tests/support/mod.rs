//! What the integration tests share: a project in a directory of its own, built and changed.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use smartbuild::context::{IgnoreRules, Snapshot, join, snapshot};
use smartbuild::dockerfile::Dockerfile;
use smartbuild::plan::{
    BuildOptions, BuilderKind, Dialect, Error, ImageReference, NamedContext, Plan, PlanRequest,
    Platform, Step, base_images, plan,
};
use smartbuild::predict::{
    FileTable, Forecast, Knowledge, PreviousBuild, PreviousStep, as_the_engine_has_it,
    directories_with_renames, file_table, predict,
};
use smartbuild::{BaseImage, Digest};

/// A context with a Dockerfile, and what an engine would remember of its builds.
pub(crate) struct Project {
    directory: tempfile::TempDir,
    images: BTreeMap<String, BaseImage>,
    knowledge: Knowledge,
    /// What the engine has of the context.
    engine_copy: FileTable,
    dialect: Dialect,
}

/// The options of one build, as `docker build` has them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub(crate) dockerfile: Option<String>,
    pub(crate) options: BuildOptions,
    /// The directories of `--build-context`, relative to the context.
    pub(crate) directories: BTreeMap<String, PathBuf>,
}

impl Project {
    /// An empty project on an engine of this version that has `busybox:local`; with `-containerd`
    /// at its end, one with containerd's store.
    pub(crate) fn new(version: &str) -> Self {
        let merges = version.ends_with("-containerd");
        let base = BaseImage { layers: vec![Digest::of(b"busybox")], ..BaseImage::default() };
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
            images: [("busybox:local".to_owned(), base)].into(),
            knowledge: Knowledge { recorded: true, ..Knowledge::default() },
            engine_copy: FileTable::new(),
            dialect: Dialect::of_version(version).with_merging(merges),
        }
    }

    /// The same with the classic builder, on an engine that has `base:local`.
    pub(crate) fn classic(version: &str) -> Self {
        let base = BaseImage { id: "sha256:base".to_owned(), ..BaseImage::default() };
        let project = Self::new(version);
        let dialect = project.dialect.with_builder(BuilderKind::Classic);
        Self { images: [("base:local".to_owned(), base)].into(), dialect, ..project }
    }

    /// Has another image under this name.
    pub(crate) fn image(&mut self, name: &str, image: BaseImage) {
        self.images.insert(name.to_owned(), image);
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file; a path that ends in a slash is a directory.
    pub(crate) fn file(&self, path: &str, content: &str) -> &Self {
        let full = self.path().join(path);
        if path.ends_with('/') {
            std::fs::create_dir_all(&full).expect("a directory");
            return self;
        }
        std::fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
        std::fs::write(full, content).expect("a file");
        self
    }

    pub(crate) fn dockerfile(&self, text: &str) -> &Self {
        self.file("Dockerfile", text)
    }

    /// Runs a shell script in the context.
    pub(crate) fn shell(&self, script: &str) {
        let output = Command::new("bash")
            .args(["-ec", script])
            .current_dir(self.path())
            .output()
            .expect("bash runs");
        assert!(output.status.success(), "`{script}` failed: {output:?}");
    }

    pub(crate) fn plan(&self, arguments: &Arguments) -> (Plan, Arc<Snapshot>) {
        self.try_plan(arguments).expect("a plan")
    }

    /// Why there is no plan.
    pub(crate) fn refused(&self, arguments: &Arguments) -> Error {
        self.try_plan(arguments).expect_err("a refusal")
    }

    fn try_plan(&self, arguments: &Arguments) -> Result<(Plan, Arc<Snapshot>), Error> {
        let name = arguments.dockerfile.as_deref().unwrap_or("Dockerfile");
        let path = self.path().join(name);
        let text = std::fs::read_to_string(&path).expect("the Dockerfile");
        let dockerfile = Dockerfile::parse(name, &text).expect("a Dockerfile that parses");
        let rules = IgnoreRules::load(self.path(), &path).expect("ignore rules");
        let now = Arc::new(snapshot(self.path(), &rules).expect("a snapshot"));
        let named = arguments.directories.iter().map(|(name, directory)| {
            let root = self.path().join(directory);
            let rules = IgnoreRules::load_common(&root).expect("ignore rules");
            (name.clone(), snapshot(&root, &rules).expect("a snapshot"))
        });
        let now = join(now, named.collect());
        let now = match self.dialect.builder {
            BuilderKind::BuildKit => as_the_engine_has_it(&now, &self.engine_copy),
            // It is sent the whole context each time.
            BuilderKind::Classic => now,
        };
        let wanted = base_images(&dockerfile, &arguments.options, self.dialect);
        let known = |wanted: ImageReference| {
            let image = self.images.get(&wanted.name)?.clone();
            Some((wanted, image))
        };
        let request = PlanRequest {
            dockerfile: &dockerfile,
            snapshot: &now,
            images: &wanted.unwrap_or_default().into_iter().filter_map(known).collect(),
            options: &arguments.options,
            dialect: self.dialect,
        };
        let mut plan = plan(request)?;
        if self.dialect.mistakes_renamed_directories {
            plan.doubt(&directories_with_renames(&now, &self.engine_copy));
        }
        Ok((plan, now))
    }

    pub(crate) fn predict(&self, arguments: &Arguments) -> Forecast {
        let (plan, now) = self.plan(arguments);
        predict(&plan, &now, &self.knowledge)
    }

    /// What a build that succeeds leaves behind.
    pub(crate) fn built(&mut self, arguments: &Arguments) {
        let (plan, now) = self.plan(arguments);
        let files = file_table(&now);
        let is_run = |step: &Step| !self.knowledge.known.contains_key(&step.key);
        let is_lost = plan.steps.iter().any(|step| step.writes_context() && is_run(step));
        self.engine_copy = if is_lost { FileTable::new() } else { files.clone() };
        let keys = plan.steps.iter().flat_map(|step| step.other_keys().chain([step.key]));
        self.knowledge.known.extend(keys.map(|key| (key, None)));
        let steps = plan.steps.into_iter().map(PreviousStep::of);
        let previous = PreviousBuild { steps: steps.collect(), files };
        self.knowledge.previous = Some(previous);
    }
}

/// Reads the arguments of `docker build` that the cases use.
pub(crate) fn arguments(words: &[String]) -> Arguments {
    let mut arguments = Arguments::default();
    let options = &mut arguments.options;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value").clone();
        match word.as_str() {
            "--build-arg" => {
                let pair = value();
                let (name, value) = pair.split_once('=').expect("NAME=VALUE");
                options.build_args.insert(name.to_owned(), value.to_owned());
            }
            "--build-context" => {
                let pair = value();
                let (name, value) = pair.split_once('=').expect("NAME=VALUE");
                let context = if let Some(image) = value.strip_prefix("docker-image://") {
                    NamedContext::Image(image.to_owned())
                } else {
                    arguments.directories.insert(name.to_owned(), value.into());
                    NamedContext::Directory
                };
                options.contexts.insert(name.to_owned(), context);
            }
            "--target" => options.target = Some(value()),
            "--network" => options.network = Some(value()),
            "--add-host" => options.add_hosts.push(value()),
            "--no-cache" => options.no_cache = true,
            "--no-cache-filter" => options.no_cache_filter.push(value()),
            "-f" => arguments.dockerfile = Some(value()),
            "--shm-size" => options.shm_size = value().strip_suffix('m').and_then(megabytes),
            "--ulimit" => options.ulimits.push(value()),
            "--cgroup-parent" => options.cgroup_parent = Some(value()),
            "--label" => {
                let pair = value();
                let (name, value) = pair.split_once('=').expect("NAME=VALUE");
                options.labels.insert(name.to_owned(), value.to_owned());
            }
            "--platform" => {
                options.platform =
                    Platform::parse_on(&options.build_platform, &value()).expect("a platform");
            }
            "--secret" => drop(value()),
            other => panic!("no case has used `{other}` yet"),
        }
    }
    arguments
}

fn megabytes(number: &str) -> Option<u64> {
    number.parse::<u64>().ok().map(|number| number << 20)
}

/// One of `tests/cache-cases/cases.toml`.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) prepare: Option<String>,
    pub(crate) dockerfile: String,
    pub(crate) change: String,
    pub(crate) again: Option<String>,
    #[serde(default)]
    pub(crate) args1: Vec<String>,
    #[serde(default)]
    pub(crate) args2: Vec<String>,
    #[serde(default)]
    pub(crate) alone: bool,
}

impl Case {
    /// Whether its preparation or its change asks an engine to build or prune: the engine tests
    /// have it then.
    pub(crate) fn needs_an_engine(&self) -> bool {
        let scripts = [self.prepare.as_deref(), Some(&*self.change), self.again.as_deref()];
        let asks = |script: &str| script.contains("BUILD ") || script.contains("DOCKER ");
        scripts.into_iter().flatten().any(asks)
    }

    /// The forecast of the build that the case compares, told with this project.
    pub(crate) fn forecast(&self, mut project: Project) -> Forecast {
        for (path, content) in &self.files {
            project.file(path, content);
        }
        project.dockerfile(self.dockerfile.trim_start());
        if let Some(script) = &self.prepare {
            project.shell(script);
        }
        project.built(&arguments(&self.args1));
        project.shell(&self.change);
        let mut last = arguments(&self.args2);
        if let Some(again) = &self.again {
            project.built(&last);
            project.shell(again);
            last = arguments(&[]);
        }
        project.predict(&last)
    }
}

/// What an engine did on the build that a case compares.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Expected {
    #[serde(default)]
    pub(crate) steps: Option<Vec<(String, bool)>>,
}

/// The directory of the cases.
pub(crate) fn cases_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cache-cases")
}

/// All cases.
pub(crate) fn cases() -> Vec<Case> {
    cases_of("cases.toml")
}

/// Those of the classic builder.
pub(crate) fn classic_cases() -> Vec<Case> {
    cases_of("classic-cases.toml")
}

fn cases_of(file: &str) -> Vec<Case> {
    #[derive(serde::Deserialize)]
    struct File {
        case: Vec<Case>,
    }
    let text = std::fs::read_to_string(cases_directory().join(file)).expect("the cases");
    toml::from_str::<File>(&text).expect("cases that parse").case
}

/// What the engine `name` did, by case.
pub(crate) fn expectations(name: &str) -> HashMap<String, Expected> {
    let path = cases_directory().join(format!("expected-{name}.json"));
    let text = std::fs::read_to_string(path).expect("the expectations");
    serde_json::from_str(&text).expect("expectations that parse")
}
