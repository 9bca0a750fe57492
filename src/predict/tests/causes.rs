//! What is told of a step that runs: files, arguments, variables, base images; and what never is.

use super::*;

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
        more: 0,
    };
    assert_eq!(story.cause("RUN"), told);
}

#[test]
fn the_value_of_what_looks_like_a_secret_is_never_told() {
    let text = "FROM base\nARG API_TOKEN\nRUN make\n";
    let story = Story::new(text, &[]).argument("API_TOKEN", "a").built().argument("API_TOKEN", "b");
    let told = CauseKind::Argument { name: "API_TOKEN".into(), before: None, after: None, more: 0 };
    assert_eq!(story.cause("RUN"), told);
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
        more: 0,
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

/// The same options may come from the command line, which no edit of the text tells of.
#[test]
fn flags_of_a_run_are_its_text() {
    for edited in ["RUN --network=none make", "RUN --security=insecure make"] {
        let mut story = Story::new("FROM base\nRUN make\n", &[]).built();
        story.dockerfile = Box::leak(format!("FROM base\n{edited}\n").into_boxed_str());
        let told = CauseKind::Instruction { before: Some("RUN make".into()), after: edited.into() };
        assert_eq!(story.cause("RUN"), told);
        let mut story = story.built();
        story.dockerfile = "FROM base\nRUN make\n";
        let told = CauseKind::Instruction { before: Some(edited.into()), after: "RUN make".into() };
        // What was built first is known.
        story.knowledge.known.clear();
        assert_eq!(story.cause("RUN"), told);
    }
    for edited in ["--mount=type=cache,target=/c", "--mount=source=a,target=/a"] {
        let mut story = Story::new("FROM base\nRUN make\n", &[("a", "1")]).built();
        story.dockerfile = Box::leak(format!("FROM base\nRUN {edited} make\n").into_boxed_str());
        let cause = story.cause("RUN");
        assert!(matches!(cause, CauseKind::Instruction { before: Some(_), .. }), "{cause:?}");
    }
}
