//! Verdicts and their causes, as stories of a project without a disk.

mod routes;
mod stages;
mod times;
mod told;

use std::collections::BTreeMap;

use super::eviction::Remembered;
use super::{
    Agreement, Cause, CauseKind, ChangeKind, FileChange, FileState, Forecast, Knowledge,
    PastDuration, PastRun, PastTimes, PreviousBuild, PreviousStep, Verdict, announced_times,
    compare, file_table, predict,
};
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::dockerfile::Dockerfile;
use crate::plan::{BuildOptions, BuilderKind, Dialect, Plan, PlanRequest, StepIndex, plan};
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
        plan(PlanRequest {
            dockerfile: &dockerfile,
            snapshot: &self.snapshot(),
            images: &self.images,
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
    fn built(mut self) -> Self {
        let plan = self.plan();
        let second = Some(Seconds::new(1.0));
        let known = self.knowledge.known.clone();
        self.knowledge.know_by_layers(&plan, |_| Remembered::Yes);
        // What it took for known is not all kept.
        self.knowledge.known = known;
        let routes = std::mem::take(&mut self.knowledge.routes);
        for (step, route) in plan.steps.iter().zip(routes) {
            let keys = route.keys(step);
            self.knowledge.known.insert(keys[0], second);
            for key in step.other_keys().chain(keys) {
                self.knowledge.known.entry(key).or_insert(None);
            }
        }
        let steps = plan.steps.into_iter();
        let steps = steps.map(|step| PreviousStep { seconds: second, ..PreviousStep::of(step) });
        self.knowledge.previous =
            Some(PreviousBuild { steps: steps.collect(), files: file_table(&self.snapshot()) });
        self
    }

    fn forecast(&self) -> Forecast {
        let plan = self.plan();
        let mut knowledge = self.knowledge.clone();
        knowledge.know_by_layers(&plan, |_| Remembered::Yes);
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

#[test]
fn editing_source_keeps_the_dependency_layer() {
    let mut story = Story::new(INSTALL, &[("r.txt", "flask"), ("app.py", "1")]).built();
    story.files.insert("app.py", "2");
    assert_eq!(story.verdict("COPY r.txt"), Verdict::Cached);
    assert_eq!(story.verdict("RUN install"), Verdict::Cached);
    let changed = FileChange { path: "app.py".into(), change: ChangeKind::Modified };
    assert_eq!(story.cause("COPY . ."), CauseKind::Files { files: vec![changed], more: 0 });
}

#[test]
fn what_the_engine_lost_runs_and_what_was_copied_from_it_is_found() {
    let text = "FROM base AS made\nRUN a\nRUN b\nFROM base\nCOPY --from=made /a /a\nRUN c\n";
    let mut story = Story::new(text, &[]).built();
    let plan = story.plan();
    let key = |part: &str| plan.steps.iter().find(|step| step.name.ends_with(part)).unwrap().key;
    story.knowledge.evictions.evicted.extend([key("RUN a"), key("RUN b")]);
    assert_eq!(
        (story.cause("RUN a"), story.cause("RUN b")),
        (CauseKind::Evicted, CauseKind::Evicted)
    );
    assert!(matches!(story.verdict("RUN b"), Verdict::Rebuild(_)));
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
    assert_eq!(story.verdict("RUN c"), Verdict::Cached);
    story.knowledge.evictions.doubted.insert(key("RUN c"));
    assert!(matches!(
        story.verdict("RUN c"),
        Verdict::Unknown(Cause { kind: CauseKind::Evicted, .. })
    ));
}

#[test]
fn what_stands_on_a_step_that_another_build_runs_is_not_known() {
    let text = "FROM base AS made\nRUN a\nRUN b\nFROM base\nCOPY --from=made /a /a\nRUN c\n";
    let mut story = Story::new(text, &[]).built();
    let plan = story.plan();
    let key = |part: &str| plan.steps.iter().find(|step| step.name.ends_with(part)).unwrap().key;
    story.knowledge.evictions.shared.insert(key("RUN a"));
    let unknown = |story: &Story, part: &str, kind: CauseKind| {
        matches!(story.verdict(part), Verdict::Unknown(Cause { step, kind: found })
            if found == kind && plan.steps[step.0].name.ends_with("RUN a"))
    };
    assert_eq!(story.verdict("FROM"), Verdict::Cached);
    assert!(unknown(&story, "RUN a", CauseKind::Shared));
    assert!(unknown(&story, "RUN b", CauseKind::Parent));
    assert!(unknown(&story, "COPY --from", CauseKind::StageOutput));
    assert!(
        unknown(&story, "RUN c", CauseKind::StageOutput)
            || unknown(&story, "RUN c", CauseKind::Parent)
    );
    // What no build ever had runs, whatever it stands on.
    story.dockerfile = "FROM base AS made\nRUN a\nRUN new\n";
    assert!(unknown(&story, "RUN a", CauseKind::Shared));
    assert!(matches!(story.verdict("RUN new"), Verdict::Rebuild(_)));
}

#[test]
fn what_the_engine_lost_may_be_found_by_what_a_stage_that_runs_leaves() {
    let text = "FROM base AS made\nRUN a\nFROM base\nRUN b\nCOPY --from=made /a /a\nRUN c\n";
    let mut story = Story::new(text, &[]).built();
    let plan = story.plan();
    let key = |part: &str| plan.steps.iter().find(|step| step.name.contains(part)).unwrap().key;
    let lost = [key("RUN a"), key("COPY --from"), key("RUN c")];
    story.knowledge.evictions.evicted.extend(lost);
    assert!(matches!(story.verdict("COPY --from"), Verdict::Rebuild(_)));
    story.knowledge.evictions.replaceable.extend(lost);
    let of = |cause: CauseKind| {
        move |verdict: Verdict| match verdict {
            Verdict::Depends { cause: found, .. } => found.kind == cause,
            _ => false,
        }
    };
    // What takes from no other stage has nothing else to be found by.
    assert_eq!(story.cause("RUN a"), CauseKind::Evicted);
    assert!(of(CauseKind::StageOutput)(story.verdict("COPY --from")));
    assert!(of(CauseKind::Parent)(story.verdict("RUN c")));
    // Where the stage does not run, what it left may be what it left before.
    story.knowledge.evictions.evicted.remove(&key("RUN a"));
    assert!(matches!(story.verdict("COPY --from"), Verdict::Unknown(_)));
    // Whatever stood on a result that is lost is lost with it.
    story.knowledge.evictions.evicted.insert(key("RUN b"));
    assert!(matches!(story.verdict("COPY --from"), Verdict::Rebuild(_)));
}

#[test]
fn a_step_below_that_runs_is_the_cause_of_all_above() {
    let mut story = Story::new(INSTALL, &[("r.txt", "flask")]).built();
    story.files.insert("r.txt", "django");
    assert_eq!(story.cause("RUN install"), CauseKind::Parent);
    assert_eq!(story.cause("COPY . ."), CauseKind::Parent);
}

#[test]
fn files_are_told_as_added_removed_or_of_another_kind() {
    let mut story = Story::new("FROM base\nCOPY . .\n", &[("a", "1"), ("b", "1")]).built();
    story.files.remove("a");
    story.files.insert("c", "1");
    let CauseKind::Files { files, more: 0 } = story.cause("COPY") else { panic!("no files") };
    let told: Vec<_> = files.iter().map(|file| (&*file.path, file.change)).collect();
    assert_eq!(told, [("a", ChangeKind::Removed), ("c", ChangeKind::Added)]);
}

#[test]
fn many_files_are_named_in_part_and_counted() {
    let names: Vec<String> = (0..30).map(|number| format!("f{number:02}")).collect();
    let mut story = Story::new("FROM base\nCOPY . .\n", &[("z", "1")]).built();
    for name in &names {
        story.files.insert(Box::leak(name.clone().into_boxed_str()), "1");
    }
    let CauseKind::Files { files, more } = story.cause("COPY") else { panic!("no files") };
    assert_eq!((files.len(), more), (20, 10));
}

#[test]
fn an_argument_is_told_with_its_values() {
    let text = "FROM base\nARG VERSION\nRUN make\n";
    let story = Story::new(text, &[]).argument("VERSION", "1").built().argument("VERSION", "2");
    let told = CauseKind::Argument {
        name: "VERSION".into(),
        before: Some("1".into()),
        after: Some("2".into()),
    };
    assert_eq!(story.cause("RUN"), told);
}

#[test]
fn the_value_of_what_looks_like_a_secret_is_never_told() {
    let text = "FROM base\nARG API_TOKEN\nRUN make\n";
    let story = Story::new(text, &[]).argument("API_TOKEN", "a").built().argument("API_TOKEN", "b");
    let told = CauseKind::Argument { name: "API_TOKEN".into(), before: None, after: None };
    assert_eq!(story.cause("RUN"), told);
}

#[test]
fn what_a_url_holds_is_known_by_its_checksum_alone() {
    const ELSEWHERE: &str = "FROM base\nADD http://i/f /f\nRUN cat /f\n";
    const COUNTED: &str = "FROM base\nADD http://h/f /f\nRUN wc /f\n";
    const OPEN: &str = "FROM base\nADD http://h/f /f\nRUN cat /f\n";
    const SUMMED: &str = "FROM base\nADD --checksum=sha256:1 http://h/f /f\nRUN cat /f\n";
    const MOVED: &str = "FROM base\nADD --checksum=sha256:1 http://i/g/f /f\nRUN cat /f\n";
    const OTHER: &str = "FROM base\nADD --checksum=sha256:2 http://h/f /f\nRUN cat /f\n";
    const NAMED: &str = "FROM base\nADD --checksum=sha256:1 http://h/g /f\nRUN cat /f\n";
    let after = |builds: &[&'static str], now: &'static str| {
        let mut story = Story::new(builds[0], &[]);
        for build in builds {
            story.dockerfile = build;
            story = story.built();
        }
        story.dockerfile = now;
        [story.verdict("ADD"), story.verdict("RUN")].map(|verdict| match verdict {
            Verdict::Cached => "cached",
            Verdict::Rebuild(_) => "rebuild",
            Verdict::Depends { .. } => "depends",
            Verdict::Unknown(_) => "unknown",
        })
    };
    assert_eq!(after(&[OPEN], OPEN), ["unknown"; 2]);
    assert_eq!(after(&[SUMMED], SUMMED), ["cached"; 2]);
    assert_eq!(after(&[OPEN], SUMMED), ["unknown"; 2]);
    assert_eq!(after(&[SUMMED], OPEN), ["unknown"; 2]);
    assert_eq!(after(&[SUMMED], MOVED), ["cached"; 2]);
    assert_eq!(after(&[SUMMED], OTHER), ["rebuild"; 2]);
    assert_eq!(after(&[SUMMED, OTHER], SUMMED), ["cached"; 2]);
    // It may have been that one.
    assert_eq!(after(&[OPEN, SUMMED], OTHER), ["unknown"; 2]);
    assert_eq!(after(&[SUMMED], NAMED), ["rebuild"; 2]);
    // What was run on what an address held.
    assert_eq!(after(&[OPEN], ELSEWHERE), ["unknown"; 2]);
    assert_eq!(after(&[OPEN, COUNTED], ELSEWHERE), ["unknown"; 2]);
    assert_eq!(after(&[OPEN], COUNTED), ["unknown", "rebuild"]);
}

#[test]
fn what_a_secret_was_put_into_is_neither_told_nor_kept() {
    let texts = [
        "FROM base\nARG TOKEN\nENV CONN=pg:$TOKEN\nENV TOKEN=x\nRUN make\n",
        "FROM base\nARG TOKEN\nARG CONN=pg:${TOKEN}\nRUN make\n",
        "ARG TOKEN\nARG CONN=pg:$TOKEN\nFROM base\nARG CONN\nRUN make\n",
        "FROM base\nARG TOKEN\nENV HALF=$TOKEN\nENV CONN=pg:$HALF\nENV HALF= TOKEN=\nRUN make\n",
        "FROM base AS below\nARG TOKEN\nENV CONN=pg:$TOKEN\nFROM below\nRUN make\n",
        "FROM base\nARG TOKEN\nCOPY <<END /f\n$TOKEN\nEND\n",
    ];
    for text in texts {
        for builder in [BuilderKind::BuildKit, BuilderKind::Classic] {
            if builder == BuilderKind::Classic && text.contains("<<") {
                continue;
            }
            let mut story = Story::new(text, &[]).argument("TOKEN", "tok1111");
            story.dialect = story.dialect.with_builder(builder);
            let story = story.built().argument("TOKEN", "tok2222");
            let kept = |plan: Plan| {
                let inputs = plan.steps.into_iter().map(|step| step.inputs);
                serde_json::to_string(&inputs.collect::<Vec<_>>()).unwrap()
            };
            assert!(!kept(story.plan()).contains("tok"), "{builder:?} {text}");
            let steps = story.forecast().steps;
            let verdicts: Vec<Verdict> = steps.into_iter().map(|step| step.verdict).collect();
            assert!(!format!("{verdicts:?}").contains("tok"), "{verdicts:?}");
            let is_rebuilt = |verdict: &Verdict| matches!(verdict, Verdict::Rebuild(_));
            assert!(verdicts.iter().any(is_rebuilt), "{builder:?} {text}");
        }
    }
}

#[test]
fn a_variable_an_option_and_the_text_are_causes() {
    let mut story = Story::new("FROM base\nENV MODE=a\nRUN make\n", &[]).built();
    story.dockerfile = "FROM base\nENV MODE=b\nRUN make\n";
    let told = CauseKind::Environment {
        name: "MODE".into(),
        before: Some("a".into()),
        after: Some("b".into()),
    };
    assert_eq!(story.cause("RUN"), told);

    story.dockerfile = "FROM base\nENV MODE=a\nRUN make\n";
    story.options.network = Some("none".into());
    let told =
        CauseKind::Option { name: "network".into(), before: None, after: Some("none".into()) };
    assert_eq!(story.cause("RUN"), told);

    story.options.network = None;
    story.dockerfile = "FROM base\nENV MODE=a\nRUN make all\n";
    let told =
        CauseKind::Instruction { before: Some("RUN make".into()), after: "RUN make all".into() };
    assert_eq!(story.cause("RUN"), told);
}

#[test]
fn another_base_image_is_told_with_both_digests() {
    let mut story = Story::new("FROM base\nRUN make\n", &[]).built();
    let moved = BaseImage { layers: vec![Digest::of(b"moved")], ..BaseImage::default() };
    story.images.insert("base".into(), moved);
    let CauseKind::BaseImage { before: Some(before), after: Some(after), .. } = story.cause("FROM")
    else {
        panic!("another cause")
    };
    assert_ne!(before, after);
    assert_eq!(story.cause("RUN"), CauseKind::Parent);
}

/// What the steps on it have from the image is no cause of its own.
#[test]
fn another_base_image_is_the_cause_of_what_it_brings() {
    for other in [
        BaseImage { env: vec!["A=2".to_owned()], ..BaseImage::default() },
        BaseImage { working_dir: "/w".to_owned(), ..BaseImage::default() },
        BaseImage { user: "5".to_owned(), ..BaseImage::default() },
        BaseImage { shell: vec!["/bin/ash".to_owned()], ..BaseImage::default() },
    ] {
        let mut story = Story::new("FROM base\nRUN one\nRUN two\n", &[]).built();
        let other = BaseImage { layers: vec![Digest::of(b"moved")], ..other };
        story.images.insert("base".to_owned(), other);
        for step in ["RUN one", "RUN two"] {
            assert_eq!(story.cause(step), CauseKind::Parent, "{:?}", story.images);
        }
        assert!(matches!(story.cause("FROM"), CauseKind::BaseImage { .. }));
    }
}

/// Its layers are the same, so that FROM and what reads only files are reused.
#[test]
fn an_image_of_the_same_layers_is_the_cause_of_what_it_gives_otherwise() {
    let text = "FROM base\nCOPY a /a\nRUN one\nRUN two\n";
    for other in [
        BaseImage { env: vec!["A=2".to_owned()], ..BaseImage::default() },
        BaseImage { working_dir: "/w".to_owned(), ..BaseImage::default() },
        BaseImage { user: "5".to_owned(), ..BaseImage::default() },
        BaseImage { shell: vec!["/bin/ash".to_owned()], ..BaseImage::default() },
    ] {
        let mut story = Story::new(text, &[("a", "1")]).relabelled("sha256:1").built();
        let layers = vec![Digest::of(b"base")];
        let other = BaseImage { layers, id: "sha256:2".to_owned(), ..other };
        story.images.insert("base".to_owned(), other);
        assert_eq!(story.verdict("FROM"), Verdict::Cached);
        let kind = CauseKind::BaseImage {
            reference: "base".into(),
            before: Some("sha256:1".into()),
            after: Some("sha256:2".into()),
        };
        let told = Verdict::Rebuild(Cause { step: StepIndex(0), kind });
        assert_eq!(story.verdict("RUN one"), told, "{:?}", story.images);
        assert_eq!(story.cause("RUN two"), CauseKind::Parent);
    }
    // Another label is no reason.
    let mut story = Story::new(text, &[("a", "1")]).relabelled("sha256:1").built();
    story = story.relabelled("sha256:2");
    story.dockerfile = "FROM base\nCOPY a /a\nENV A=1\nRUN one\nRUN two\n";
    assert!(matches!(story.cause("RUN one"), CauseKind::Environment { .. }));
}

#[test]
fn a_base_image_that_nobody_can_resolve_makes_all_above_it_unknown() {
    let mut story = Story::new("FROM base\nRUN make\n", &[]).built();
    story.images.clear();
    assert!(matches!(story.verdict("FROM"), Verdict::Unknown(_)));
    assert!(matches!(story.verdict("RUN"), Verdict::Unknown(_)));
}

#[test]
fn an_engine_that_was_never_recorded_is_unknown() {
    let mut story = Story::new("FROM base\nRUN make\n", &[]);
    story.knowledge.recorded = false;
    assert!(matches!(story.verdict("RUN"), Verdict::Unknown(_)));
}

#[test]
fn what_an_imported_cache_may_have_is_unknown() {
    let mut story = Story::new("FROM base\nCOPY a /a\nRUN make\n", &[("a", "1")]).built();
    story.knowledge.imports = true;
    assert_eq!(story.verdict("RUN"), Verdict::Cached);
    story.files.insert("a", "2");
    assert!(matches!(
        story.verdict("COPY"),
        Verdict::Unknown(Cause { kind: CauseKind::Files { .. }, .. })
    ));
    assert!(matches!(
        story.verdict("RUN"),
        Verdict::Unknown(Cause { kind: CauseKind::Parent, .. })
    ));
    // Nothing is imported of what runs in any case.
    story.options.no_cache = true;
    assert_eq!(story.cause("COPY"), CauseKind::NoCache);
    assert_eq!(story.cause("RUN"), CauseKind::NoCache);
}

#[test]
fn without_cache_every_step_runs_whatever_is_known() {
    let mut story = Story::new("FROM base\nRUN make\n", &[]).built();
    story.options.no_cache = true;
    assert_eq!(story.cause("RUN"), CauseKind::NoCache);
    assert_eq!(story.verdict("FROM"), Verdict::Cached);
}

#[test]
fn a_directory_on_the_base_alone_is_reused_without_cache() {
    let text = "FROM base\nWORKDIR /a\nRUN make\nWORKDIR /b\n";
    let mut story = Story::new(text, &[]).built();
    story.options.no_cache = true;
    assert_eq!(story.verdict("WORKDIR /a"), Verdict::Cached);
    assert_eq!(story.cause("RUN make"), CauseKind::NoCache);
    assert_eq!(story.cause("WORKDIR /b"), CauseKind::Parent);
}

#[test]
fn going_back_to_what_was_built_before_is_cached() {
    let mut story = Story::new("FROM base\nCOPY a /a\nRUN make\n", &[("a", "1")]).built();
    story.files.insert("a", "2");
    let mut story = story.built();
    story.files.insert("a", "1");
    assert_eq!(story.verdict("COPY"), Verdict::Cached);
    assert_eq!(story.verdict("RUN"), Verdict::Cached);
}

#[test]
fn agreement_counts_what_was_reached_and_is_no_base() {
    let mut story = Story::new(INSTALL, &[("r.txt", "flask"), ("app.py", "1")]).built();
    story.files.insert("app.py", "2");
    let forecast = story.forecast();
    let right = [Outcome::Ran, Outcome::Cached, Outcome::Cached, Outcome::Ran];
    let all_right = Agreement { steps: 3, right: 3, ..Agreement::default() };
    assert_eq!(compare(&forecast, &right), all_right);
    let wrong = [Outcome::Cached, Outcome::Ran, Outcome::NotReached, Outcome::Cached];
    let found = Agreement { steps: 2, false_cached: 1, false_rebuild: 1, ..Agreement::default() };
    assert_eq!(compare(&forecast, &wrong), found);
}

#[test]
fn an_edit_that_keeps_size_and_time_is_announced_later_and_stays_so() {
    let mut story = Story::new(INSTALL, &[("r.txt", "one")]).built();
    let mut had = file_table(&story.snapshot());
    assert!(announced_times(&story.snapshot(), &had).is_empty());
    story.files.insert("r.txt", "two");
    let path = ContextPath::new("r.txt");
    let later = ModifiedTime::default().later();
    assert_eq!(announced_times(&story.snapshot(), &had).get(&path), Some(&later));

    let announced = |state: &FileState| FileState { modified: later, ..state.clone() };
    let now = file_table(&story.snapshot());
    had = now.iter().map(|(path, state)| (path.clone(), announced(state))).collect();
    assert_eq!(announced_times(&story.snapshot(), &had).get(&path), Some(&later));
    story.files.insert("r.txt", "six");
    assert_eq!(announced_times(&story.snapshot(), &had).get(&path), Some(&later.later()));
}

#[test]
fn what_stands_on_an_image_that_the_engine_cannot_resolve_is_unknown_for_that_reason() {
    let mut story =
        Story::new("FROM nowhere\nRUN true\nFROM base\nRUN true\nCOPY --from=0 /a /b\n", &[]);
    story.knowledge.asked = true;
    for recorded in [true, false] {
        story.knowledge.recorded = recorded;
        let forecast = story.forecast();
        let cause = |index: usize| match &forecast.steps[index].verdict {
            Verdict::Unknown(cause) => Some((cause.step.0, cause.kind.clone())),
            _ => None,
        };
        let unresolved =
            CauseKind::BaseImage { reference: "nowhere".into(), before: None, after: None };
        assert_eq!(cause(0), Some((0, unresolved)));
        assert_eq!(cause(1), Some((0, CauseKind::Parent)));
        // Where the engine was recorded, what stands on an image that it has is certain to run.
        assert_eq!(cause(3), (!recorded).then_some((3, CauseKind::NoRecord)));
        assert_eq!(cause(4), (!recorded).then_some((1, CauseKind::Parent)));
    }
}

#[test]
fn another_text_at_the_same_place_is_an_edit_though_steps_were_added() {
    let mut story = Story::new("FROM base\nRUN a\n", &[]).built();
    story.dockerfile = "FROM base\nRUN aa\nRUN b\n";
    let edited = CauseKind::Instruction { before: Some("RUN a".into()), after: "RUN aa".into() };
    assert_eq!(story.cause("RUN aa"), edited);
}

#[test]
fn what_a_link_hides_from_the_engine_is_never_said_to_be_reused() {
    let text = "FROM base\nCOPY e/g /y\nCOPY l /x\nRUN use /x\n";
    let files = [("d/", ""), ("d/f", "f"), ("d/g", "g"), ("e", "-> d"), ("l", "f")];
    let mut story = Story::new(text, &files).built();
    assert_eq!(story.verdict("COPY l"), Verdict::Cached);
    // `e` was gone through for `e/g`: nobody asks for `d/f`, and the build fails.
    story.files.insert("l", "-> e/f");
    assert_eq!(story.verdict("COPY e/g"), Verdict::Cached);
    assert!(matches!(story.verdict("COPY l"), Verdict::Rebuild(_)));
    assert!(matches!(story.verdict("RUN use"), Verdict::Rebuild(_)));
    // Asked for by itself it is there.
    story.dockerfile = "FROM base\nCOPY e/g /y\nCOPY l /x\nRUN use /x\nCOPY d/f /z\n";
    assert_eq!(story.verdict("RUN use"), Verdict::Cached);
}
