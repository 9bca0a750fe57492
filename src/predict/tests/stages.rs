//! Stories of what one stage takes from another.

use super::*;

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

#[test]
fn an_empty_filter_is_every_stage_and_beside_another_those_without_a_name() {
    let text = "FROM base AS one\nRUN one\nFROM base\nRUN two\nCOPY --from=one /x /x\n";
    let mut story = Story::new(text, &[]).built();
    let runs = |story: &mut Story, filters: &[&str]| {
        story.options.no_cache_filter = filters.iter().map(|it| (*it).to_owned()).collect();
        ["RUN one", "RUN two"].map(|step| matches!(story.verdict(step), Verdict::Rebuild(_)))
    };
    assert_eq!(runs(&mut story, &[""]), [true, true]);
    assert_eq!(runs(&mut story, &["", ""]), [false, true]);
    assert_eq!(runs(&mut story, &["ONE,"]), [true, true]);
    assert_eq!(runs(&mut story, &["other,"]), [false, true]);
    assert_eq!(runs(&mut story, &["one"]), [true, false]);
    assert_eq!(runs(&mut story, &["one,other"]), [true, false]);
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
fn files_that_no_build_had_are_copied_whatever_a_stage_below_writes() {
    let text = "FROM base AS build\nCOPY a /a\nRUN make /a\n\
                FROM base\nCOPY --from=build /out /out\nCOPY src /src\n\
                RUN --mount=source=src,target=/s use /s\nRUN more\n";
    let first = [("a", "1"), ("src/", ""), ("src/b", "1")];
    let mut story = Story::new(text, &first).built();
    story.files.insert("a", "2");
    assert!(matches!(story.verdict("COPY src"), Verdict::Depends { .. }));
    assert!(matches!(story.verdict("RUN --mount"), Verdict::Depends { .. }));
    story.files.insert("src/b", "2");
    assert!(matches!(story.verdict("COPY --from"), Verdict::Depends { .. }));
    assert!(matches!(story.verdict("COPY src"), Verdict::Rebuild(_)));
    let CauseKind::Files { files, more: 0 } = story.cause("COPY src") else {
        panic!("{:?}", story.cause("COPY src"));
    };
    assert_eq!(files.iter().map(|file| &*file.path).collect::<Vec<_>>(), ["src/b"]);
    assert_eq!(story.cause("RUN more"), CauseKind::Parent);
    // What a build had on something else may be found on what the stage is to leave.
    let mut story = story.built();
    story.files.insert("a", "3");
    assert!(matches!(story.verdict("COPY src"), Verdict::Depends { .. }));
    story.files.insert("src/b", "1");
    assert!(matches!(story.verdict("COPY src"), Verdict::Depends { .. }));
    assert!(matches!(story.verdict("RUN more"), Verdict::Depends { .. }));
    story.files.insert("src/b", "4");
    story.dockerfile = "FROM base AS build\nCOPY a /a\nRUN make /a\n\
                        FROM base\nCOPY --from=build /out /out\n\
                        RUN --mount=source=src,target=/s use /s\n";
    assert!(matches!(story.verdict("RUN --mount"), Verdict::Rebuild(_)));
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

#[test]
fn what_stood_on_equal_files_is_open_after_a_way_back() {
    let with = |make: &str, used: &str| {
        let text = format!(
            "FROM base AS made\nRUN {make}\nFROM base\nCOPY --from=made /out /out\nRUN {used}\n"
        );
        &*text.leak()
    };
    let mut story = Story::new(with("first", "one"), &[]).built();
    story.dockerfile = with("second", "one");
    let mut ran = story.built();
    ran.dockerfile = with("second", "two");
    let mut ran = ran.built();
    ran.dockerfile = with("first", "two");
    assert!(matches!(ran.verdict("RUN two"), Verdict::Rebuild(_)));

    // The engine reused the copy though the stage ran: what it left was equal.
    let copy = ran.plan().steps.into_iter().find(|step| step.name.contains("COPY")).unwrap();
    ran.knowledge.known.insert(copy.equality_key().unwrap(), None);
    assert_eq!(ran.verdict("COPY"), Verdict::Cached);
    assert!(matches!(ran.verdict("RUN two"), Verdict::Depends { .. }));
    assert_eq!(ran.cause("RUN two"), CauseKind::StageOutput);
    ran.dockerfile = with("first", "three");
    assert!(matches!(ran.verdict("RUN three"), Verdict::Rebuild(_)));
}

const TWO: &str = "FROM base AS made\nRUN a\nFROM base AS kept\nRUN k\n\
                   FROM base\nCOPY --from=made /a /a\nCOPY --from=kept /k /k\n";

/// Its key is known, and so is what was made of it; only whether it runs again is not.
#[test]
fn what_takes_from_a_stage_that_may_be_lost_depends_on_the_other_stage_alone() {
    let mut story = Story::new(TWO, &[]).built();
    let plan = story.plan();
    let kept = plan.steps.iter().find(|step| step.name.ends_with("RUN k")).unwrap().key;
    story.knowledge.evictions.doubted.insert(kept);
    assert_eq!(story.verdict("COPY --from=kept"), Verdict::Cached);
    story.dockerfile = "FROM base AS made\nRUN b\nFROM base AS kept\nRUN k\n\
                        FROM base\nCOPY --from=made /a /a\nCOPY --from=kept /k /k\n";
    assert!(matches!(story.verdict("RUN k"), Verdict::Unknown(_)));
    assert!(matches!(story.verdict("COPY --from=kept"), Verdict::Depends { .. }));
    assert_eq!(story.cause("COPY --from=kept"), CauseKind::Parent);
}

/// Which files of a stage are certain depends on where its COPYs lie between its RUNs.
#[test]
fn what_is_certain_of_a_stage_may_be_more_or_less_of_the_same() {
    let build = "FROM base AS build\nCOPY a /d/\nRUN one\n";
    let last = "FROM base\nCOPY --from=build /x /x\nCOPY --from=build /d /y\n";
    let text: &'static str = format!("{build}COPY a /\n{last}").leak();
    let mut story = Story::new(text, &[("a", "1")]).built();
    story.dockerfile = format!("{build}COPY a /d/\n{last}").leak();
    assert!(matches!(story.verdict("/d /y"), Verdict::Depends { .. }));
}

/// On an image from which it copies, a step has one input; on another one it has two, and the engine
/// does not find the one by the other, though all layers are the same.
#[test]
fn a_copy_out_of_its_own_base_is_another_one_on_another_base() {
    for taken in ["COPY --from=base /f /g", "RUN --mount=from=base,target=/m use /m"] {
        let text: &'static str = format!("ARG IMG=base\nFROM $IMG\n{taken}\nRUN more\n").leak();
        let mut story = Story::new(text, &[]);
        let same = BaseImage { env: vec!["B=1".to_owned()], ..story.images["base"].clone() };
        story.images.insert("configured".to_owned(), same);
        let story = story.built();
        assert_eq!(story.verdict("RUN more"), Verdict::Cached);
        let story = story.argument("IMG", "configured");
        assert!(matches!(story.verdict(taken), Verdict::Rebuild(_)), "{taken}");
        let story = story.built().argument("IMG", "base");
        assert_eq!(story.verdict(taken), Verdict::Cached);
    }
    // By the name of a context the image is another one.
    let text = "ARG IMG=base\nFROM $IMG\nCOPY --from=named /f /g\n";
    let mut story = Story::new(text, &[]);
    let same = BaseImage { env: vec!["B=1".to_owned()], ..story.images["base"].clone() };
    story.images.insert("configured".to_owned(), same);
    story.options.contexts.insert("named".to_owned(), NamedContext::Image("base".to_owned()));
    let story = story.built().argument("IMG", "configured");
    assert_eq!(story.verdict("COPY --from=named"), Verdict::Cached);
    // A linked copy takes nothing of what it stands on.
    let text = "ARG IMG=base\nFROM $IMG\nCOPY --link --from=base /f /g\n";
    let mut story = Story::new(text, &[]);
    story.dialect = Dialect { merges: true, ..Dialect::default() };
    let same = BaseImage { env: vec!["B=1".to_owned()], ..story.images["base"].clone() };
    story.images.insert("configured".to_owned(), same);
    let story = story.built().argument("IMG", "configured");
    assert_eq!(story.verdict("COPY --link"), Verdict::Cached);
    // A stage that stands on what it copies from is no other than one with files from elsewhere.
    let two = "FROM base AS one\nCOPY a /a\nFROM one\nCOPY --from=one /a /b\n";
    let mut story = Story::new(two, &[("a", "1")]).built();
    story.dockerfile = "FROM base\nCOPY a /a\nCOPY a /b\n";
    assert!(matches!(story.verdict("COPY a /b"), Verdict::Rebuild(_)));
}
