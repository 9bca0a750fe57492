//! Which steps are reused, run, depend or are unknown.

use super::*;

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
fn what_others_may_have_built_meanwhile_is_not_known_to_run() {
    let mut story = Story::new("FROM base\nCOPY a /\nRUN a\nRUN b\n", &[("a", "1")]).built();
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("COPY a"), Verdict::Rebuild(_)));
    let plan = story.plan();
    let key = |part: &str| plan.steps.iter().find(|step| step.name.ends_with(part)).unwrap().key;
    story.knowledge.evictions.made_by_others.insert(key("COPY a /"));
    assert!(matches!(
        story.verdict("COPY a"),
        Verdict::Unknown(Cause { kind: CauseKind::Files { .. }, .. })
    ));
    assert!(matches!(
        story.verdict("RUN a"),
        Verdict::Unknown(Cause { step: StepIndex(1), kind: CauseKind::Parent })
    ));
    assert!(matches!(story.verdict("RUN b"), Verdict::Unknown(_)));
}

#[test]
fn where_the_records_cannot_be_read_that_is_the_reason() {
    let mut story = Story::new("FROM base\nRUN a\n", &[]);
    story.knowledge.recorded = false;
    let reason = |story: &Story| match story.verdict("RUN a") {
        Verdict::Unknown(cause) => Some(cause.kind),
        _ => None,
    };
    assert_eq!(reason(&story), Some(CauseKind::NoRecord));
    story.knowledge.unreadable = true;
    assert_eq!(reason(&story), Some(CauseKind::Unreadable));
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
    assert!(matches!(story.verdict("RUN c"), Verdict::Unknown(_)));
    // Whatever stood on a result that is lost is lost with it.
    story.knowledge.evictions.evicted.insert(key("RUN b"));
    assert!(matches!(story.verdict("COPY --from"), Verdict::Rebuild(_)));
}

#[test]
fn what_the_engine_lost_may_be_found_by_files_that_a_pattern_finds_in_an_image() {
    let text = "FROM base AS made\nCOPY a /new/\nFROM base\nRUN b\nCOPY --from=made out/f* /d/\n";
    let mut story = Story::new(text, &[("a", "1")]).built();
    let plan = story.plan();
    let key = |part: &str| plan.steps.iter().find(|step| step.name.contains(part)).unwrap().key;
    let lost = [key("COPY a"), key("COPY --from")];
    story.knowledge.evictions.evicted.extend(lost);
    story.knowledge.evictions.replaceable.extend(lost);
    assert!(matches!(story.verdict("COPY a"), Verdict::Rebuild(_)));
    assert!(matches!(story.verdict("COPY --from"), Verdict::Depends { .. }));
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
    const RESPELT: &str =
        "FROM base\nADD --unpack=false --checksum=sha256:1 http://h/%66 /f\nRUN cat /f\n";
    const LEAVING_OUT: &str =
        "FROM base\nADD --exclude=x --checksum=sha256:1 http://h/f /f\nRUN cat /f\n";
    const CLONED: &str = "FROM base\nADD --checksum=1 https://h/f.git#main:d /f\nRUN cat /f\n";
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
    assert_eq!(after(&[SUMMED], RESPELT), ["cached"; 2]);
    assert_eq!(after(&[SUMMED], LEAVING_OUT), ["rebuild"; 2]);
    // A repository is cloned, whatever its checksum: its fragment names a directory.
    assert_eq!(after(&[CLONED], CLONED), ["unknown"; 2]);
    // What was run on what an address held.
    assert_eq!(after(&[OPEN], ELSEWHERE), ["unknown"; 2]);
    assert_eq!(after(&[OPEN, COUNTED], ELSEWHERE), ["unknown"; 2]);
    assert_eq!(after(&[OPEN], COUNTED), ["unknown", "rebuild"]);
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
fn what_a_failed_build_left_open_is_unknown_with_what_stands_on_it() {
    let mut story = Story::new("FROM base\nRUN a\nRUN b\nRUN c\n", &[]);
    let key = story.plan().steps.iter().find(|step| step.name.ends_with("RUN b")).unwrap().key;
    story.knowledge.left_open.insert(key);
    assert!(matches!(story.verdict("RUN b"), Verdict::Rebuild(_)), "it stands on what runs");
    story.dockerfile = "FROM base\nRUN a\n";
    story = story.built();
    story.dockerfile = "FROM base\nRUN a\nRUN b\nRUN c\n";
    assert!(matches!(story.verdict("RUN b"), Verdict::Unknown(_)));
    assert!(matches!(
        story.verdict("RUN c"),
        Verdict::Unknown(Cause { kind: CauseKind::Parent, .. })
    ));
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

/// With everything asked for, nothing lies behind a link that others went through.
#[test]
fn a_temporary_file_system_in_a_run_brings_the_whole_context() {
    let files = [("d/", ""), ("d/f", "f"), ("d/g", "g"), ("e", "-> d"), ("l", "-> e/f")];
    let hidden = "FROM base\nCOPY e/g /y\nCOPY l /x\n";
    let whole = "FROM base\nRUN --mount=type=tmpfs,target=/t true\nCOPY e/g /y\nCOPY l /x\n";
    let cache = "FROM base\nRUN --mount=type=cache,target=/t true\nCOPY e/g /y\nCOPY l /x\n";
    let reads_the_file = |text| {
        let mut story = Story::new(text, &files).built();
        story.files.insert("d/f", "other");
        matches!(story.verdict("COPY l"), Verdict::Rebuild(_))
    };
    assert_eq!([hidden, whole, cache].map(reads_the_file), [false, true, false]);
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

/// Nothing of it is unrecorded: the engine asks the server, and nobody else can.
#[test]
fn what_is_fetched_is_unknown_for_the_reason_that_only_its_server_can_tell() {
    let text = "FROM base AS got\nADD http://localhost/f /f\nRUN use /f\n\
                FROM base\nCOPY --from=got /f /f\nRUN more\n";
    let story = Story::new(text, &[]).built();
    let steps = story.forecast().steps;
    let causes: Vec<_> = steps
        .iter()
        .filter_map(|step| match &step.verdict {
            Verdict::Unknown(cause) => Some((cause.step.0, cause.kind.clone())),
            _ => None,
        })
        .collect();
    let expected = [
        (1, CauseKind::Fetched),
        (1, CauseKind::Parent),
        (2, CauseKind::StageOutput),
        (3, CauseKind::Parent),
    ];
    assert_eq!(causes, expected);
    assert_eq!(CauseKind::Fetched.word(), "no_record");
}

#[test]
fn a_frontend_that_is_named_counts_what_the_newest_does() {
    const PLAIN: &str = "FROM base\nWORKDIR /w\n";
    const NAMED: &str = "# syntax=docker/dockerfile:1\nFROM base\nWORKDIR /w\n";
    let after_a_time = |text: &'static str, arguments: &[(&str, &str)]| {
        let mut story = Story::new(text, &[]);
        story.dialect = Dialect::of_version("26.1.5");
        for (name, value) in arguments {
            story = story.argument(name, value);
        }
        story.built().argument("SOURCE_DATE_EPOCH", "1").verdict("WORKDIR")
    };
    assert_eq!(after_a_time(PLAIN, &[]), Verdict::Cached);
    assert!(matches!(after_a_time(NAMED, &[]), Verdict::Rebuild(_)));
    let argument = [("BUILDKIT_SYNTAX", "docker/dockerfile:1")];
    assert!(matches!(after_a_time(PLAIN, &argument), Verdict::Rebuild(_)));
}

#[test]
fn what_was_never_merged_may_be_merged_when_something_is_built_on_it() {
    let mut story = Story::new("FROM base\nRUN a\nCOPY --link x /x\n", &[("x", "1"), ("y", "1")]);
    story.dialect = Dialect::default().with_merging(true);
    let mut story = story.built();
    assert_eq!(story.verdict("COPY --link"), Verdict::Cached);
    story.dockerfile = "FROM base\nRUN a\nCOPY --link x /x\nCOPY y /y\n";
    assert!(matches!(story.verdict("COPY --link"), Verdict::Unknown(_)));
    assert!(matches!(story.verdict("COPY y"), Verdict::Rebuild(_)));
    let mut story = story.built();
    assert_eq!(story.verdict("COPY --link"), Verdict::Cached);
    story.files.insert("y", "2");
    assert_eq!(story.verdict("COPY --link"), Verdict::Cached);
    // Other engines copy it where it stands.
    let story = Story::new("FROM base\nRUN a\nCOPY --link x /x\n", &[("x", "1"), ("y", "1")]);
    let mut story = story.built();
    story.dockerfile = "FROM base\nRUN a\nCOPY --link x /x\nCOPY y /y\n";
    assert_eq!(story.verdict("COPY --link"), Verdict::Cached);
}

#[test]
fn what_may_be_digested_beside_a_run_that_writes_into_the_context_is_unknown() {
    let stages = "FROM base AS a\nRUN --mount=type=bind,source=d,target=/m,rw make\n\
                  FROM base AS b\nCOPY . /all/\nRUN ls\nCOPY d /d\n\
                  FROM base\nCOPY --from=a /x /x\nCOPY --from=b /all /all\n";
    let files = [("d/", ""), ("d/x", "1"), ("y", "1")];
    let mut story = Story::new(stages, &files).built();
    for step in ["rw make", "COPY . /all/", "RUN ls", "COPY d"] {
        assert_eq!(story.verdict(step), Verdict::Cached, "{step}");
    }
    let name = "RUN --mount=type=bind,source=d,target=/m,rw make";
    let plan = story.plan();
    let key = plan.steps.iter().find(|step| step.name.ends_with(name)).unwrap().key;
    story.knowledge.evictions.evicted.insert(key);
    assert!(matches!(story.verdict("rw make"), Verdict::Rebuild(_)));
    assert!(matches!(story.verdict("COPY . /all/"), Verdict::Unknown(_)));
    assert!(matches!(
        story.verdict("RUN ls"),
        Verdict::Unknown(Cause { kind: CauseKind::Parent, .. })
    ));
}

#[test]
fn what_a_run_needs_is_digested_before_it_writes() {
    let dockerfile = "FROM base\nCOPY . /all/\nRUN --mount=type=bind,target=/m,rw make\n";
    let mut story = Story::new(dockerfile, &[("y", "1")]).built();
    let plan = story.plan();
    let key = plan.steps.iter().find(|step| step.name.ends_with("rw make")).unwrap().key;
    story.knowledge.evictions.evicted.insert(key);
    assert!(matches!(story.verdict("rw make"), Verdict::Rebuild(_)));
    assert_eq!(story.verdict("COPY . /all/"), Verdict::Cached);
}
