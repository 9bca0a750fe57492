//! Causes that lie in another instruction, or in an option, than the step whose text is as it was.

use super::*;

fn argument(name: &str, before: Option<&str>, after: Option<&str>) -> CauseKind {
    let [before, after] = [before, after].map(|value| value.map(str::to_owned));
    CauseKind::Argument { name: name.to_owned(), before, after }
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
        let many = (0..5000).map(|line| format!("echo {line}\n")).collect::<String>();
        Box::leak(format!("FROM base\nRUN <<EOF\n{many}{last}\nEOF\n").into_boxed_str())
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
