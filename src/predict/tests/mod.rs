//! Stories of a project without a disk: the words that they are told in, and a file for each subject.

mod causes;
mod nearest;
mod routes;
mod stages;
mod times;
mod told;
mod verdicts;

use std::collections::BTreeMap;

use super::eviction::Remembered;
use super::{
    Agreement, Cause, CauseKind, ChangeKind, Fate, FileChange, FileState, FileTable, Forecast,
    Knowledge, PastBuild, PastCause, PastDuration, PastRun, PastStep, PastTimes, PreviousBuild,
    PreviousStep, Recorded, Verdict, announced_times, compare, file_table, predict,
    steps_to_compare,
};
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::dockerfile::Dockerfile;
use crate::plan::{
    BuildOptions, BuilderKind, Dialect, ImageReference, NamedContext, Plan, PlanRequest, StepIndex,
    base_images, plan,
};
use crate::store::Outcome;
use crate::{BaseImage, Digest, Seconds};

/// A Dockerfile and files in memory, with what an engine would remember of their builds.
struct Story {
    dockerfile: &'static str,
    files: BTreeMap<&'static str, &'static str>,
    options: BuildOptions,
    images: BTreeMap<String, BaseImage>,
    dialect: Dialect,
    knowledge: Knowledge,
    /// The steps of all builds with the files that these had, the newest first.
    recorded: Vec<Recorded<usize>>,
    /// The files of each build, by its number.
    tables: Vec<FileTable>,
}

impl Story {
    fn new(dockerfile: &'static str, files: &[(&'static str, &'static str)]) -> Self {
        let base = BaseImage { layers: vec![Digest::of(b"base")], ..BaseImage::default() };
        Self {
            dockerfile,
            files: files.iter().copied().collect(),
            options: BuildOptions::default(),
            images: [("base".to_owned(), base)].into(),
            dialect: Dialect::default(),
            knowledge: Knowledge { recorded: true, ..Knowledge::default() },
            recorded: Vec::new(),
            tables: Vec::new(),
        }
    }

    fn argument(mut self, name: &str, value: &str) -> Self {
        self.options.build_args.insert(name.to_owned(), value.to_owned());
        self
    }

    fn snapshot(&self) -> Snapshot {
        // A path may end as a directory's, a content may be a link's.
        let entry = |(path, content): (&&str, &&str)| {
            let target = content.strip_prefix("-> ");
            let kind = match target {
                Some(_) => EntryKind::Symlink,
                None if path.ends_with('/') => EntryKind::Directory,
                None => EntryKind::File,
            };
            let is_file = kind == EntryKind::File;
            Entry {
                path: ContextPath::new(path),
                kind,
                mode: 0o644,
                size: if is_file { content.len() as u64 } else { 0 },
                modified: ModifiedTime::default(),
                digest: is_file.then(|| Digest::of(content.as_bytes())),
                target: target.map(|target| target.as_bytes().into()),
            }
        };
        Snapshot::new(self.files.iter().map(entry).collect(), 0)
    }

    fn plan(&self) -> Plan {
        let dockerfile = Dockerfile::parse("Dockerfile", self.dockerfile).unwrap();
        let wanted = base_images(&dockerfile, &self.options, self.dialect).unwrap();
        let known = |wanted: ImageReference| {
            let image = self.images.get(&wanted.name)?.clone();
            Some((wanted, image))
        };
        plan(PlanRequest {
            dockerfile: &dockerfile,
            snapshot: &self.snapshot(),
            images: &wanted.into_iter().filter_map(known).collect(),
            options: &self.options,
            dialect: self.dialect,
        })
        .unwrap()
    }

    /// What runs of these names took, the newest first.
    fn timed(mut self, runs: &[(&str, f64)]) -> Self {
        let run = |(name, seconds): &(&str, f64)| PastRun {
            name: (*name).to_owned(),
            instruction: name.split_once("] ").map_or(*name, |(_, text)| text).to_owned(),
            seconds: Seconds::new(*seconds),
        };
        let runs: Vec<PastRun> = runs.iter().map(run).collect();
        self.knowledge.times = PastTimes::new(&runs, Vec::new());
        self
    }

    /// A build that succeeds, each step in one second.
    fn built(self) -> Self {
        let plan = self.plan();
        let reached = plan.steps.len();
        self.built_until(plan, reached)
    }

    /// A build in which the first step fails whose name has this in it.
    fn failed(self, part: &str) -> Self {
        let plan = self.plan();
        let at = plan.steps.iter().position(|step| step.name.contains(part)).unwrap();
        self.built_until(plan, at)
    }

    /// A build of so many steps of a plan.
    fn built_until(mut self, plan: Plan, reached: usize) -> Self {
        let second = Some(Seconds::new(1.0));
        let known = self.knowledge.known.clone();
        self.knowledge.know_by_layers(&plan, |_| Remembered::Yes);
        // What it took for known is not all kept.
        self.knowledge.known = known;
        let routes = std::mem::take(&mut self.knowledge.routes);
        for (step, route) in plan.steps.iter().zip(routes).take(reached) {
            let keys = route.keys(step);
            self.knowledge.known.insert(keys[0], second);
            for key in step.other_keys().chain(keys) {
                self.knowledge.known.entry(key).or_insert(None);
            }
        }
        let steps: Vec<PreviousStep> = plan
            .steps
            .into_iter()
            .enumerate()
            .map(|(at, step)| {
                let is_built = at < reached;
                PreviousStep {
                    seconds: second.filter(|_| is_built),
                    is_built,
                    ..PreviousStep::of(step)
                }
            })
            .collect();
        let files = Some(self.tables.len());
        self.tables.push(file_table(&self.snapshot()));
        let parent = |step: &PreviousStep| step.parent().map(|parent| steps[parent.0].key);
        let built = steps.iter().take(reached);
        let recorded =
            built.map(|step| Recorded { step: step.clone(), parent: parent(step), files });
        self.recorded.splice(0..0, recorded.collect::<Vec<_>>());
        self.knowledge.previous =
            Some(PreviousBuild { steps, files: file_table(&self.snapshot()) });
        self
    }

    fn forecast(&self) -> Forecast {
        let plan = self.plan();
        let mut knowledge = self.knowledge.clone();
        knowledge.know_by_layers(&plan, |_| Remembered::Yes);
        let snapshot = self.snapshot();
        let wanted = steps_to_compare(&plan, &snapshot, &knowledge);
        let read = |build: usize| self.tables.get(build).cloned();
        knowledge.nearest = super::nearest(&plan, &snapshot, &wanted, &self.recorded, read);
        predict(&plan, &self.snapshot(), &knowledge)
    }

    /// The base image with another label: the same layers under another id.
    fn relabelled(mut self, id: &str) -> Self {
        self.images.values_mut().for_each(|image| image.id = id.to_owned());
        self
    }

    /// The verdict of the first step whose name has this in it.
    fn verdict(&self, part: &str) -> Verdict {
        let forecast = self.forecast();
        let step = forecast.steps.iter().find(|step| step.step.name.contains(part));
        step.unwrap_or_else(|| panic!("no step has `{part}`")).verdict.clone()
    }

    fn cause(&self, part: &str) -> CauseKind {
        match self.verdict(part) {
            Verdict::Rebuild(cause) | Verdict::Depends { cause, .. } | Verdict::Unknown(cause) => {
                cause.kind
            }
            Verdict::Cached => panic!("`{part}` is cached"),
        }
    }
}

const INSTALL: &str = "FROM base\nCOPY r.txt .\nRUN install -r r.txt\nCOPY . .\n";
