//! Verdicts and their causes, as stories of a project without a disk.

use std::collections::BTreeMap;

use super::{
    Agreement, Cause, CauseKind, ChangeKind, FileChange, FileState, Forecast, Knowledge,
    PastDuration, PastRun, PastTimes, PreviousBuild, PreviousStep, Verdict, announced_times,
    compare, file_table, predict,
};
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::dockerfile::Dockerfile;
use crate::plan::{BuildOptions, Dialect, Plan, PlanRequest, Step, plan};
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
        let entry = |(path, content): (&&str, &&str)| Entry {
            path: ContextPath::new(path),
            kind: EntryKind::File,
            mode: 0o644,
            size: content.len() as u64,
            modified: ModifiedTime::default(),
            digest: Some(Digest::of(content.as_bytes())),
            target: None,
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
        self.knowledge.know_by_layers(&plan);
        self.knowledge.known.extend(plan.steps.iter().map(|step| (step.key, second)));
        let others = plan.steps.iter().flat_map(Step::other_keys);
        let on_new = plan.steps.iter().zip(&self.knowledge.on_new_images);
        let by_layers = on_new.filter(|(_, is_new)| **is_new).map(|(step, _)| step.layers_key);
        let others: Vec<_> = others.chain(by_layers).map(|key| (key, None)).collect();
        for (key, seconds) in others {
            self.knowledge.known.entry(key).or_insert(seconds);
        }
        let steps = plan.steps.iter().map(|step| PreviousStep {
            name: step.name.clone(),
            instruction: step.instruction.clone(),
            kind: step.kind,
            key: step.key,
            inputs: step.inputs.clone(),
            seconds: second,
        });
        self.knowledge.previous =
            Some(PreviousBuild { steps: steps.collect(), files: file_table(&self.snapshot()) });
        self
    }

    fn forecast(&self) -> Forecast {
        let plan = self.plan();
        let mut knowledge = self.knowledge.clone();
        knowledge.know_by_layers(&plan);
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
fn without_cache_every_step_runs_whatever_is_known() {
    let mut story = Story::new("FROM base\nRUN make\n", &[]).built();
    story.options.no_cache = true;
    assert_eq!(story.cause("RUN"), CauseKind::NoCache);
    assert_eq!(story.verdict("FROM"), Verdict::Cached);
}

#[test]
fn what_stands_on_a_stage_without_cache_runs_too() {
    let text = "FROM base AS one\nRUN one\nFROM one\nRUN two\n\
                FROM base\nCOPY --from=one /x /x\nCOPY --from=1 /y /y\n";
    let mut story = Story::new(text, &[]).built();
    story.options.no_cache_filter = vec!["one".into()];
    assert_eq!(story.cause("RUN one"), CauseKind::NoCache);
    assert_eq!(story.cause("RUN two"), CauseKind::Parent);
    assert!(matches!(story.verdict("COPY --from=one"), Verdict::Depends { .. }));
    assert!(matches!(story.verdict("COPY --from=1"), Verdict::Depends { .. }));
}

const STAGES: &str = "FROM base AS build\nCOPY a /a\nRUN make /a\n\
                      FROM base\nCOPY --from=build /out /out\nRUN use /out\n";

#[test]
fn what_a_stage_writes_is_open_until_it_ran() {
    let mut story = Story::new(STAGES, &[("a", "1")]).built();
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("RUN make"), Verdict::Rebuild(_)));
    assert_eq!(story.cause("COPY --from"), CauseKind::StageOutput);
    assert!(matches!(story.verdict("COPY --from"), Verdict::Depends { .. }));
    assert!(matches!(story.verdict("RUN use"), Verdict::Depends { .. }));
}

#[test]
fn an_edited_copy_of_a_stage_runs_whatever_the_stage_writes() {
    let mut story = Story::new(STAGES, &[("a", "1")]).built();
    story.files.insert("a", "2");
    story.dockerfile = "FROM base AS build\nCOPY a /a\nRUN make /a\n\
                        FROM base\nCOPY --from=build /out /elsewhere\nRUN use /out\n";
    assert!(matches!(story.verdict("COPY --from"), Verdict::Rebuild(_)));
}

#[test]
fn a_copy_of_a_stage_that_no_build_ever_made_runs() {
    let mut story = Story::new(STAGES, &[("a", "1")]).built();
    story.dockerfile = "FROM base AS build\nCOPY a /a\nRUN make /a\n\
                        FROM base\nCOPY --from=build /out /out\nRUN use /out\n\
                        COPY --from=build /more /more\n";
    assert_eq!(story.verdict("RUN use"), Verdict::Cached);
    assert!(matches!(story.verdict("/more"), Verdict::Rebuild(_)));
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("RUN use"), Verdict::Depends { .. }));
    assert!(matches!(story.verdict("/more"), Verdict::Rebuild(_)));
}

#[test]
fn what_an_older_build_had_on_a_step_that_depends_is_open() {
    let mut story = Story::new(STAGES, &[("a", "1")]).built();
    story.dockerfile = "FROM base AS build\nCOPY a /a\nRUN make /a\n\
                        FROM base\nCOPY --from=build /out /out\n";
    let mut story = story.built();
    story.files.insert("a", "2");
    story.dockerfile = STAGES;
    assert!(matches!(story.verdict("RUN use"), Verdict::Depends { .. }));
    story.dockerfile = "FROM base AS build\nCOPY a /a\nRUN make /a\n\
                        FROM base\nCOPY --from=build /out /out\nRUN something else\n";
    assert!(matches!(story.verdict("RUN something"), Verdict::Rebuild(_)));
}

#[test]
fn files_of_another_stage_may_be_those_that_were_copied_before() {
    let two = "FROM base AS one\nRUN one\nFROM base AS two\nRUN two\n\
               FROM base\nCOPY --from=one /x /x\nCOPY --from=two /x /y\n";
    let mut story = Story::new(two, &[]).built();
    story.dockerfile = "FROM base AS two\nRUN two\nFROM base\nCOPY --from=two /x /x\n";
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
    assert!(matches!(story.verdict("COPY"), Verdict::Depends { .. }));
    story.dockerfile = "FROM base AS two\nRUN two\nFROM base\nCOPY --from=two /x /new\n";
    assert!(matches!(story.verdict("COPY"), Verdict::Rebuild(_)));
}

#[test]
fn files_of_an_image_are_known_though_the_engine_never_spoke_of_it() {
    let text = "FROM base\nRUN --mount=from=tool,target=/t use\n";
    let mut story = Story::new(text, &[]);
    let tool = BaseImage { layers: vec![Digest::of(b"tool")], ..BaseImage::default() };
    story.images.insert("tool".to_owned(), tool);
    let mut story = story.built();
    let image = story.plan().steps.iter().find(|step| step.name.contains("tool")).unwrap().key;
    assert!(story.knowledge.known.remove(&image).is_some());
    assert_eq!(story.verdict("RUN"), Verdict::Cached);
}

#[test]
fn of_several_mounts_the_one_that_is_known_tells() {
    let text = "FROM base AS one\nRUN one $A\nFROM base\n\
                RUN --mount=from=one,target=/o --mount=source=a,target=/a use\n";
    let mut story = Story::new(text, &[("a", "1")]).built();
    story.dockerfile = "FROM base AS one\nRUN another\nFROM base\n\
                        RUN --mount=from=one,target=/o --mount=source=a,target=/a use\n";
    assert!(matches!(story.verdict("use"), Verdict::Depends { .. }));
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("use"), Verdict::Rebuild(_)));
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
fn branches_run_side_by_side() {
    let text = "FROM base AS one\nRUN one\nFROM base AS two\nRUN two\nRUN two more\n\
                FROM base\nCOPY --from=one /x /x\nCOPY --from=two /y /y\n";
    let mut story = Story::new(text, &[]).built();
    story.options.no_cache = true;
    let summary = story.forecast().summary;
    assert_eq!((summary.rebuild, summary.cached), (5, 0));
    // FROM is reused; then two steps of the longer branch and the copy from it.
    assert_eq!(summary.seconds, Seconds::new(3.0));
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

const COPIED: &str = "FROM base AS files\nRUN setup\nCOPY a b /in/\n\
                      FROM base\nCOPY --from=files /in/a /a\nRUN use /a\n";

#[test]
fn the_files_of_a_stage_that_only_copies_are_known_before_it_is_built() {
    let mut story = Story::new(COPIED, &[("a", "1"), ("b", "1")]).built();
    story.files.insert("b", "2");
    assert!(matches!(story.verdict("COPY a b"), Verdict::Rebuild(_)));
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
    assert_eq!(story.verdict("RUN use"), Verdict::Cached);

    story.files.insert("a", "2");
    let changed = FileChange { path: "a".into(), change: ChangeKind::Modified };
    assert_eq!(story.cause("COPY --from"), CauseKind::Files { files: vec![changed], more: 0 });
    assert_eq!(story.cause("RUN use"), CauseKind::Parent);

    let mut story = story.built();
    story.files.insert("a", "1");
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
}

#[test]
fn a_file_copied_into_a_directory_is_the_same_on_every_base() {
    let mut story = Story::new(COPIED, &[("a", "1"), ("b", "1")]).built();
    story.dockerfile = "FROM base AS files\nRUN setup again\nCOPY a b /in/\n\
                        FROM base\nCOPY --from=files /in/a /a\nRUN use /a\n";
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("COPY --from"), Verdict::Rebuild(_)));
}

#[test]
fn what_a_run_below_may_have_left_beside_the_files_is_open_when_it_runs() {
    let text = |setup| {
        format!(
            "FROM base AS files\nRUN {setup}\nCOPY a /in/\nFROM base\nCOPY --from=files /in /in\n"
        )
    };
    let mut story = Story::new(text("setup").leak(), &[("a", "1")]).built();
    story.dockerfile = text("setup again").leak();
    assert!(matches!(story.verdict("COPY --from"), Verdict::Depends { .. }));
    // Another file in it makes it another directory, whatever else is there.
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("COPY --from"), Verdict::Rebuild(_)));
}

#[test]
fn a_copy_elsewhere_on_an_unknown_base_leaves_it_open() {
    let text = "FROM base AS files\nCOPY a /in/\nCOPY b /alias/\n\
                FROM base\nCOPY --from=files /in /in\nRUN --mount=from=files,target=/m use /m\n";
    let mut story = Story::new(text, &[("a", "1"), ("b", "1")]).built();
    story.files.insert("b", "2");
    assert!(matches!(story.verdict("COPY --from"), Verdict::Depends { .. }));
    let mut story = story.built();
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("COPY --from"), Verdict::Rebuild(_)));
    story.files.insert("a", "1");
    story.files.insert("b", "1");
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
    assert_eq!(story.verdict("RUN --mount"), Verdict::Cached);
}

#[test]
fn what_a_run_left_may_be_what_is_copied_now() {
    let run =
        "FROM base AS files\nCOPY a /in/a\nRUN cp /in/a /a\nFROM base\nCOPY --from=files /a /a\n";
    let mut story = Story::new(run, &[("a", "1")]).built();
    story.dockerfile = "FROM base AS files\nCOPY a /a\nFROM base\nCOPY --from=files /a /a\n";
    assert!(matches!(story.verdict("COPY --from"), Verdict::Depends { .. }));
}

#[test]
fn other_instructions_that_leave_the_same_files_change_nothing() {
    let mut story = Story::new(
        "FROM scratch AS files\nCOPY a b /in/\nFROM base\nCOPY --from=files /in /in\n",
        &[("a", "1"), ("b", "2")],
    )
    .built();
    story.dockerfile = "FROM scratch AS files\nCOPY b /in/\nCOPY a /in/\n\
                        FROM base\nCOPY --from=files /in /in\n";
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
    story.dockerfile = "FROM scratch AS files\nCOPY b /in/\nCOPY b /in/a\n\
                        FROM base\nCOPY --from=files /in /in\n";
    assert_eq!(story.cause("COPY --from"), CauseKind::StageOutput);
}

#[test]
fn without_cache_a_stage_that_only_copies_leaves_the_same() {
    let text = "FROM base AS files\nCOPY a /in/\nFROM base\nCOPY --from=files /in /in\n";
    let mut story = Story::new(text, &[("a", "1")]).built();
    story.options.no_cache_filter = vec!["files".into()];
    assert_eq!(story.cause("COPY a"), CauseKind::NoCache);
    assert_eq!(story.verdict("COPY --from"), Verdict::Cached);
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
fn a_step_that_two_stages_share_runs_where_one_is_built_without_cache() {
    let mut story = Story::new(
        "FROM base AS kept\nRUN shared\nRUN own\nFROM base AS named\nRUN shared\nRUN other\n\
         FROM kept\nCOPY --from=named /a /b\n",
        &[],
    )
    .built();
    story.options.no_cache_filter = vec!["named".into()];
    assert!(matches!(story.verdict("[kept 2/3]"), Verdict::Rebuild(_)));
    assert!(matches!(story.verdict("[kept 3/3]"), Verdict::Rebuild(_)));
}

/// The seconds of the first step whose name has this in it.
fn seconds(story: &Story, part: &str) -> f64 {
    let forecast = story.forecast();
    let step = forecast.steps.iter().find(|step| step.step.name.contains(part));
    step.unwrap_or_else(|| panic!("no step has `{part}`")).seconds.get()
}

/// The last build says nothing of a step that it reused, and an edit gives it a key that nobody
/// has timed.
#[test]
fn a_step_with_a_new_key_takes_what_its_text_took() {
    let runs = [("[3/4] RUN install -r r.txt", 40.0), ("[2/2] RUN other", 7.0)];
    let mut story = Story::new(INSTALL, &[("r.txt", "flask")]).built().timed(&runs);
    assert_eq!(seconds(&story, "RUN install").to_string(), "1", "its own key is timed");
    story.files.insert("r.txt", "django");
    assert_eq!(seconds(&story, "RUN install").to_string(), "40");
    story.dockerfile = "FROM base\nCOPY r.txt .\nRUN install -v -r r.txt\nCOPY . .\n";
    assert_eq!(seconds(&story, "RUN install").to_string(), "40", "as its counterpart");
    story.dockerfile = "FROM base\nCOPY r.txt .\nRUN install -v -r r.txt\nCOPY . .\nRUN new\n";
    story.knowledge.typical.insert(crate::plan::StepKind::Run, Seconds::new(5.0));
    assert_eq!(seconds(&story, "RUN new").to_string(), "5", "the median of its kind");
}

#[test]
fn a_builds_time_has_what_is_around_its_steps() {
    let mut story = Story::new(INSTALL, &[("r.txt", "flask")]).built();
    let of = |names: &[&str], total| {
        PastDuration::new(names.iter().copied(), Seconds::new(total), Seconds::new(1.0))
    };
    let all = ["[2/4] COPY r.txt .", "[3/4] RUN install -r r.txt", "[4/4] COPY . ."];
    story.knowledge.times = PastTimes::new(&[], vec![of(&[], 1.25), of(&all, 3.5)]);
    let reused = story.forecast().summary;
    assert_eq!((reused.seconds.get().to_string(), reused.cached), ("0.25".into(), 3));
    // FROM, too, takes a second where there is no cache.
    assert_eq!(reused.seconds_full.get().to_string(), "6.5");
    assert_eq!(reused.seconds_saved.get().to_string(), "6.25");
    story.files.insert("r.txt", "django");
    let edited = story.forecast().summary;
    assert_eq!((edited.seconds.get().to_string(), edited.rebuild), ("5.5".into(), 3));
}

#[test]
fn another_text_at_the_same_place_is_an_edit_though_steps_were_added() {
    let mut story = Story::new("FROM base\nRUN a\n", &[]).built();
    story.dockerfile = "FROM base\nRUN aa\nRUN b\n";
    let edited = CauseKind::Instruction { before: Some("RUN a".into()), after: "RUN aa".into() };
    assert_eq!(story.cause("RUN aa"), edited);
}

#[test]
fn where_manifests_are_known_only_what_ran_on_a_new_image_is_found_by_its_layers() {
    let containerd = Dialect::default().with_merging(true);
    let mut story = Story::new("FROM base\nRUN one\n", &[]).relabelled("sha256:1");
    story.dialect = containerd;
    let story = story.built();
    // New to the engine when the step ran, and new again.
    let story = story.relabelled("sha256:2");
    assert_eq!(story.verdict("RUN one"), Verdict::Cached);
    // Known when the step ran: nothing says that another image finds it.
    let mut story = story.built();
    story.dockerfile = "FROM base\nRUN two\n";
    let story = story.built();
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
    let story = story.relabelled("sha256:3");
    assert!(matches!(story.verdict("RUN two"), Verdict::Rebuild(_)));
    let story = story.relabelled("sha256:2");
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
    // Elsewhere only layers count.
    let mut story = story.relabelled("sha256:3");
    story.dialect = Dialect::default();
    assert_eq!(story.built().relabelled("sha256:4").verdict("RUN two"), Verdict::Cached);
}
