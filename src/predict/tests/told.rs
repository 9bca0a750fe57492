//! Causes that lie in another instruction, or in an option, than the step whose text is as it was.

use super::*;
use crate::context::named_root;
use crate::plan::NamedContext;

fn argument(name: &str, before: Option<&str>, after: Option<&str>) -> CauseKind {
    let [before, after] = [before, after].map(|value| value.map(str::to_owned));
    CauseKind::Argument { name: name.to_owned(), before, after, more: 0 }
}

fn option(name: &str, before: Option<&str>, after: Option<&str>) -> CauseKind {
    let [before, after] = [before, after].map(|value| value.map(str::to_owned));
    CauseKind::Option { name: name.to_owned(), before, after }
}

const FILES: [(&str, &str); 8] = [
    ("d1/", ""),
    ("d2/", ""),
    ("app-1", "1"),
    ("app-2", "2"),
    ("d1/f", "1"),
    ("d2/f", "2"),
    ("k", "k"),
    ("a", "1"),
];

#[test]
fn an_argument_in_the_text_of_a_step_is_told_with_its_values() {
    for step in [
        "COPY app-$V /x",
        "COPY d$V/f /x",
        "COPY k /opt/app-$V/",
        "WORKDIR /o$V",
        "USER u$V\nWORKDIR /o",
        "COPY --chown=$V k /k",
        "COPY <<EOF /k\nsays $V\nEOF",
        "ENV P=/opt/$V\nCOPY k $P/",
        "ENV P=/opt/$V\nENV Q=$P/q\nWORKDIR $Q",
    ] {
        let text = format!("FROM base\nARG V=1\n{step}\n");
        let mut story = Story::new(Box::leak(text.into_boxed_str()), &FILES).built();
        story = story.argument("V", "2");
        let part = if step.contains("WORKDIR") { "WORKDIR" } else { "COPY" };
        assert_eq!(story.cause(part), argument("V", Some("1"), Some("2")), "{step}");
    }
}

#[test]
fn a_variable_in_the_text_of_a_step_is_told_and_a_secret_is_not() {
    let mut story = Story::new("FROM base\nENV D=/a\nCOPY k $D/\n", &FILES).built();
    story.dockerfile = "FROM base\nENV D=/b\nCOPY k $D/\n";
    let told = CauseKind::Environment {
        name: "D".into(),
        before: Some("/a".into()),
        after: Some("/b".into()),
        more: 0,
    };
    assert_eq!(story.cause("COPY"), told);

    let text = "FROM base\nARG TOKEN\nENV WHERE=/s/$TOKEN\nCOPY k /opt/$WHERE/\n";
    let story = Story::new(text, &FILES).argument("TOKEN", "hunter1").built();
    let story = story.argument("TOKEN", "hunter2");
    assert_eq!(story.cause("COPY"), argument("TOKEN", None, None));
    assert!(!format!("{:?}", story.cause("COPY")).contains("hunter"));
}

#[test]
fn a_variable_that_changed_nothing_of_the_text_is_not_told() {
    let text = "FROM base\nARG V=1\nCOPY k /x${V:+y}/\n";
    let mut story = Story::new(text, &FILES).built().argument("V", "2");
    assert_eq!(story.verdict("COPY"), Verdict::Cached);
    story.files.insert("k", "other");
    assert!(matches!(story.cause("COPY"), CauseKind::Files { .. }));
}

/// The texts before and after of an edited instruction.
fn edited(story: &Story, part: &str) -> (String, String) {
    match story.cause(part) {
        CauseKind::Instruction { before: Some(before), after } => (before, after),
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_a_heredoc_the_lines_that_differ_are_told() {
    let mut story = Story::new("FROM base\nRUN <<EOF\nset -e\nmake a\nEOF\n", &[]).built();
    story.dockerfile = "FROM base\nRUN <<EOF\nset -e\nmake b\nEOF\n";
    let told = edited(&story, "RUN");
    assert_eq!(told, ("RUN <<EOF\nset -e\nmake a".into(), "RUN <<EOF\nset -e\nmake b".into()));

    let mut story = Story::new("FROM base\nCOPY <<EOF /a\none\nEOF\n", &[]).built();
    story.dockerfile = "FROM base\nCOPY <<EOF /a\none\ntwo\nEOF\n";
    let told = edited(&story, "COPY");
    assert_eq!(told, ("COPY <<EOF /a\none".into(), "COPY <<EOF /a\none\ntwo".into()));
}

#[test]
fn of_a_long_heredoc_only_what_differs_is_told() {
    let lines = |last: &str| {
        let many = (0..5000).map(|line| format!("echo {line}")).collect::<Vec<_>>().join("\n");
        Box::leak(format!("FROM base\nRUN <<EOF\n{many}\n{last}\nEOF\n").into_boxed_str())
    };
    let mut story = Story::new(lines("one"), &[]).built();
    story.dockerfile = lines("two");
    let told = edited(&story, "RUN");
    assert_eq!(told, ("RUN <<EOF\n…\none".into(), "RUN <<EOF\n…\ntwo".into()));
    // The value of an argument in it stays what it is.
    let text = "FROM base\nARG TOKEN=hunter\nCOPY <<EOF /a\none $TOKEN\nEOF\n";
    let mut story = Story::new(text, &[]).built();
    story.dockerfile = "FROM base\nARG TOKEN=hunter\nCOPY <<EOF /a\ntwo $TOKEN\nEOF\n";
    let told = edited(&story, "COPY");
    assert_eq!(told.1, "COPY <<EOF /a\ntwo $TOKEN");
}

#[test]
fn what_shell_user_and_workdir_set_above_is_told_by_their_names() {
    let mut story = Story::new("FROM base\nRUN make\n", &[]).built();
    story.dockerfile = "FROM base\nSHELL [\"/bin/ash\", \"-c\"]\nRUN make\n";
    let ash = r#"["/bin/ash","-c"]"#;
    assert_eq!(story.cause("RUN"), option("SHELL", None, Some(ash)));
    let mut story = story.built();
    story.dockerfile = "FROM base\nSHELL [\"/bin/bash\", \"-c\"]\nRUN make\n";
    assert_eq!(story.cause("RUN"), option("SHELL", Some(ash), Some(r#"["/bin/bash","-c"]"#)));

    let mut story = Story::new("FROM base\nUSER 1\nWORKDIR /a\n", &[]).built();
    story.dockerfile = "FROM base\nUSER 2\nWORKDIR /a\n";
    assert_eq!(story.cause("WORKDIR"), option("USER", Some("1"), Some("2")));

    let mut story = Story::new("FROM base\nUSER 1\nRUN make\n", &[]).built();
    story.dockerfile = "FROM base\nUSER 2\nRUN make\n";
    assert_eq!(story.cause("RUN"), option("USER", Some("1"), Some("2")));

    let mut story = Story::new("FROM base\nWORKDIR /a\nWORKDIR /\nCOPY k k\n", &FILES).built();
    story.dockerfile = "FROM base\nWORKDIR /a\nCOPY k k\n";
    assert_eq!(story.cause("COPY"), option("WORKDIR", Some("/"), Some("/a")));
}

fn with_context(mut story: Story, name: &str, context: NamedContext) -> Story {
    story.options.contexts.insert(name.to_owned(), context);
    story
}

/// The path of a file in a directory of `--build-context`.
fn in_context(name: &str, path: &str) -> &'static str {
    Box::leak(format!("{}/{path}", named_root(name)).into_boxed_str())
}

#[test]
fn a_context_in_the_place_of_a_stage_is_told_as_the_option_that_it_is() {
    let text = "FROM base AS st\nRUN make\nFROM base\nCOPY --from=st /f /f\n";
    let mut story = with_context(Story::new(text, &[]).built(), "st", NamedContext::Directory);
    story.files.insert(in_context("st", "f"), "1");
    let told = option("build-context st", None, Some("a directory"));
    assert_eq!(story.cause("COPY"), told);
    let mut story = story.built();
    story.options.contexts.clear();
    let story = Story { knowledge: Knowledge { known: [].into(), ..story.knowledge }, ..story };
    assert_eq!(story.cause("COPY --from"), option("build-context st", Some("a directory"), None));
}

#[test]
fn a_context_in_the_place_of_a_base_image_is_told_as_the_option_that_it_is() {
    let text = "FROM base\nRUN make\n";
    for layers in ["base", "other"] {
        let mut story = Story::new(text, &[]);
        let base = story.images.get_mut("base").unwrap();
        base.env = vec!["P=1".to_owned()];
        let layers = vec![Digest::of(layers.as_bytes())];
        story.images.insert("other".into(), BaseImage { layers, ..BaseImage::default() });
        // The engine has both.
        let mut story = with_context(story, "base", NamedContext::Image("other".into()));
        story.dockerfile = "FROM base\n";
        let mut story = story.built();
        story.options.contexts.clear();
        story.dockerfile = text;
        let story = story.built();
        let story = with_context(story, "base", NamedContext::Image("other".into()));
        let told = option("build-context base", None, Some("docker-image://other"));
        let Verdict::Rebuild(cause) = story.verdict("RUN") else { panic!("it runs") };
        assert_eq!(cause, Cause { step: StepIndex(0), kind: told });
    }
}

#[test]
fn files_of_a_context_that_is_not_given_are_no_cause() {
    let mut story = Story::new("FROM base\nCOPY . /w/\n", &[("a", "1")]).built();
    let previous = story.knowledge.previous.as_mut().unwrap();
    let one = previous.files.iter().map(|(_, state)| state.clone()).next().unwrap();
    let own = previous.files.iter().map(|(path, state)| (path.clone(), state.clone()));
    let kept = (ContextPath::new(in_context("ext", "f")), one);
    previous.files = own.chain([kept]).collect();
    story.files.insert("a", "2");
    let changed = FileChange { path: "a".into(), change: ChangeKind::Modified };
    assert_eq!(story.cause("COPY"), CauseKind::Files { files: vec![changed], more: 0 });
}

#[test]
fn what_stood_below_is_told_where_it_is_gone_or_moved() {
    let stood_on = |before: &str, is_gone, after: &str| {
        let (before, after) = (before.to_owned(), after.to_owned());
        CauseKind::StoodOn { before, is_gone, after }
    };
    let mut story = Story::new("FROM base\nRUN a\nRUN b\nRUN c\nRUN d\n", &[]).built();
    story.dockerfile = "FROM base\nRUN a\nRUN c\nRUN d\n";
    assert_eq!(story.cause("RUN c"), stood_on("RUN b", true, "RUN a"));
    assert_eq!(story.cause("RUN d"), CauseKind::Parent);
    story.dockerfile = "FROM base\nRUN b\nRUN a\nRUN c\nRUN d\n";
    assert_eq!(story.cause("RUN b"), stood_on("RUN a", false, "FROM base"));
    assert_eq!(story.cause("RUN a"), CauseKind::Parent);
}

#[test]
fn an_edit_below_is_told_of_what_was_not_built_on_it_though_it_is_known_itself() {
    let mut story = Story::new("FROM base\nRUN a\n", &[]).built();
    story.dockerfile = "FROM base\nRUN b\nRUN c\n";
    let mut story = story.built();
    story.dockerfile = "FROM base\nRUN a\nRUN c\n";
    let edited = CauseKind::Instruction { before: Some("RUN b".into()), after: "RUN a".into() };
    let told = Verdict::Rebuild(Cause { step: StepIndex(1), kind: edited });
    assert_eq!(story.verdict("RUN a"), Verdict::Cached);
    assert_eq!(story.verdict("RUN c"), told);
}

#[test]
fn another_instruction_at_the_same_place_is_told_with_what_stood_there() {
    let mut story = Story::new("FROM base\nADD k /k\nRUN make\n", &FILES).built();
    story.dockerfile = "FROM base\nCOPY k /k2\nRUN make\n";
    assert_eq!(edited(&story, "COPY"), ("ADD k /k".into(), "COPY k /k2".into()));
    // What is put between is new.
    story.dockerfile = "FROM base\nRUN new\nADD k /k\nRUN make\n";
    let new = CauseKind::Instruction { before: None, after: "RUN new".into() };
    assert_eq!(story.cause("RUN new"), new);
}

#[test]
fn the_namespace_of_caches_is_told_where_it_counts() {
    const NAMESPACE: &str = "BUILDKIT_CACHE_MOUNT_NS";
    let text = "FROM base\nRUN --mount=type=cache,target=/c x\n";
    let story = Story::new(text, &FILES).built().argument(NAMESPACE, "a");
    assert_eq!(story.cause("RUN"), option(NAMESPACE, None, Some("a")));
    let story = story.built().argument(NAMESPACE, "b");
    assert_eq!(story.cause("RUN"), option(NAMESPACE, Some("a"), Some("b")));
}
