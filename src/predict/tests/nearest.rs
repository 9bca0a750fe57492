//! What a step is compared with that is not the one of the last build, and how likely it is to run.

use std::time::SystemTime;

use super::*;

fn argument(name: &str, before: Option<&str>, after: Option<&str>) -> CauseKind {
    let [before, after] = [before, after].map(|value| value.map(str::to_owned));
    CauseKind::Argument { name: name.to_owned(), before, after, more: 0 }
}

const TWO_ARGUMENTS: &str = "FROM base\nARG G=1\nRUN a\nARG U=u\nRUN b\n";

fn without_arguments(mut story: Story) -> Story {
    story.options.build_args.clear();
    story
}

#[test]
fn a_step_is_compared_with_what_stood_on_the_step_that_it_stands_on() {
    let story = Story::new(TWO_ARGUMENTS, &[]).built().argument("G", "2").built();
    let story = without_arguments(story).argument("U", "u2");
    assert_eq!(story.verdict("RUN a"), Verdict::Cached);
    assert_eq!(story.cause("RUN b"), argument("U", Some("u"), Some("u2")));
    // The last build is as near as any other where it stood there too.
    let story = story.built();
    let story = story.argument("U", "u3");
    assert_eq!(story.cause("RUN b"), argument("U", Some("u2"), Some("u3")));
}

#[test]
fn of_several_values_only_those_are_told_that_no_record_has() {
    let text = "FROM base\nARG G=1\nARG U=u\nRUN a\n";
    let story = Story::new(text, &[]).built().argument("G", "2").built();
    let story = without_arguments(story).argument("U", "u2");
    assert_eq!(story.cause("RUN a"), argument("U", Some("u"), Some("u2")));
}

#[test]
fn only_files_are_told_that_differ_from_the_nearest_build() {
    let mut story = Story::new("FROM base\nCOPY . .\n", &[("a", "1"), ("b", "1")]).built();
    story.files.insert("a", "2");
    let mut story = story.built();
    story.files.insert("a", "1");
    story.files.insert("b", "2");
    let changed = |path: &str| FileChange { path: path.into(), change: ChangeKind::Modified };
    let told = CauseKind::Files { files: vec![changed("b")], more: 0 };
    assert_eq!(story.cause("COPY"), told);
    // Where the files of that build are not kept, those of the last one tell.
    story.recorded.iter_mut().for_each(|it| it.files = None);
    let told = CauseKind::Files { files: vec![changed("a"), changed("b")], more: 0 };
    assert_eq!(story.cause("COPY"), told);
}

#[test]
fn the_files_of_few_builds_are_read() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let files: Vec<_> = names.iter().map(|name| (*name, "1")).collect();
    let mut story = Story::new("FROM base\nCOPY . .\n", &files).built();
    for name in names {
        story.files.insert(name, "2");
        story = story.built();
    }
    for name in names {
        story.files.insert(name, "3");
    }
    let (plan, snapshot) = (story.plan(), story.snapshot());
    let wanted = steps_to_compare(&plan, &snapshot, &story.knowledge);
    let mut reads = 0;
    let read = |build: usize| {
        reads += 1;
        story.tables.get(build).cloned()
    };
    crate::predict::nearest(&plan, &snapshot, &wanted, &story.recorded, read);
    let wanted: Vec<StepIndex> = wanted.iter().map(|it| it.step).collect();
    assert_eq!((wanted, reads), (vec![StepIndex(1)], 3));
}

#[test]
fn nothing_is_asked_of_a_step_that_differs_in_one_thing_from_the_last_build() {
    let mut story = Story::new(TWO_ARGUMENTS, &[]).built();
    let wanted =
        |story: &Story| steps_to_compare(&story.plan(), &story.snapshot(), &story.knowledge);
    assert_eq!(wanted(&story), []);
    story = story.argument("U", "2");
    assert_eq!(wanted(&story), []);
    // What stands on a step that runs was never built.
    story = story.argument("G", "2");
    assert_eq!(wanted(&story), []);
}

#[test]
fn a_step_that_failed_is_no_record_of_what_was_built() {
    let text = "FROM base\nARG G=1\nRUN a\n";
    let story = Story::new(text, &[]).argument("G", "2").built().argument("G", "3").failed("RUN a");
    assert_eq!(without_arguments(story).cause("RUN a"), argument("G", Some("2"), Some("1")));

    let story = Story::new(text, &[]).argument("G", "3").failed("RUN a");
    assert_eq!(without_arguments(story).cause("RUN a"), CauseKind::NoRecord);

    let mut story = Story::new(text, &[]).argument("G", "3").failed("RUN a");
    story.dockerfile = "FROM base\nARG G=1\nRUN aa\n";
    let edited = CauseKind::Instruction { before: Some("RUN a".into()), after: "RUN aa".into() };
    assert_eq!(story.cause("RUN aa"), edited);

    let mut story = Story::new("FROM base\nCOPY a /\n", &[("a", "1")]).failed("COPY");
    story.files.insert("a", "2");
    assert_eq!(story.cause("COPY"), CauseKind::NoRecord);
}

/// Of what the image below gave otherwise in the last build nothing is told then.
#[test]
fn the_image_of_the_last_build_is_no_cause_of_what_stands_on_an_earlier_one() {
    let text = "FROM base\nENV A=1\nRUN a\n";
    let with = |mut story: Story, env: &str| {
        let image = story.images.get_mut("base").unwrap();
        image.env = vec![format!("B={env}"), format!("C={env}")];
        image.id = format!("sha256:{env}");
        story
    };
    let story = with(Story::new(text, &[]), "1").built();
    let story = with(story, "2").built();
    let mut story = with(story, "1");
    story.dockerfile = "FROM base\nENV A=2\nRUN a\n";
    let told = CauseKind::Environment {
        name: "A".into(),
        before: Some("1".into()),
        after: Some("2".into()),
        more: 0,
    };
    assert_eq!(story.cause("RUN a"), told);
}

const STAGES: &str = "FROM base AS made\nCOPY a /a\nRUN make\n\
                      FROM base\nCOPY --from=made /o /o\nRUN use\n";

/// A build of these stages in which the copy was forecast to depend on `make`, as it ended.
fn observed(made: Fate, copied: Fate) -> PastBuild {
    let step = |name: &str, fate, cause: Option<(&str, usize, bool)>| PastStep {
        name: name.to_owned(),
        instruction: name.split_once("] ").unwrap().1.to_owned(),
        fate,
        cause: cause.map(|(kind, step, is_open)| PastCause {
            kind: kind.to_owned(),
            step: StepIndex(step),
            names: Vec::new(),
            is_open,
        }),
    };
    let steps = vec![
        step("[made 1/3] FROM docker.io/library/base:latest", Fate::Reused, None),
        step("[made 2/3] COPY a /a", made, Some(("files", 1, false))),
        step("[made 3/3] RUN make", made, Some(("parent", 1, false))),
        step("[stage-1 2/3] COPY --from=made /o /o", copied, Some(("stage_output", 2, true))),
        step("[stage-1 3/3] RUN use", copied, Some(("parent", 3, true))),
    ];
    PastBuild { started: SystemTime::UNIX_EPOCH, steps }
}

/// How likely the copy and what stands on it are to run, in hundredths.
fn likely(past: Vec<PastBuild>) -> [String; 2] {
    let mut story = Story::new(STAGES, &[("a", "1")]).built();
    story.knowledge.past = past;
    story.files.insert("a", "2");
    ["COPY --from", "RUN use"].map(|part| match story.verdict(part) {
        Verdict::Depends { probability, .. } => format!("{:.0}", probability.get() * 100.0),
        other => panic!("{other:?}"),
    })
}

#[test]
fn how_likely_a_step_is_to_run_is_learnt_from_past_builds() {
    let ran = Fate::Ran(None);
    assert_eq!(likely(Vec::new()), ["50", "50"]);
    assert_eq!(likely(vec![observed(ran, Fate::Reused); 5]), ["14", "14"]);
    assert_eq!(likely(vec![observed(ran, ran); 3]), ["80", "80"]);
    assert_eq!(likely(vec![observed(ran, ran), observed(ran, Fate::Reused)]), ["50", "50"]);
    // Only the newest count.
    let mut many = vec![observed(ran, Fate::Reused); 20];
    many.extend(vec![observed(ran, ran); 100]);
    assert_eq!(likely(many), ["5", "5"]);
}

#[test]
fn only_what_was_open_tells_how_likely_a_step_is_to_run() {
    let ran = Fate::Ran(None);
    // The stage was reused, or the build ended before.
    assert_eq!(likely(vec![observed(Fate::Reused, Fate::Reused); 5]), ["50", "50"]);
    assert_eq!(likely(vec![observed(ran, Fate::Neither); 5]), ["50", "50"]);
    // It was sure to run, as after an edit of its own.
    let mut edited = observed(ran, ran);
    edited.steps[3].cause.as_mut().unwrap().is_open = false;
    assert_eq!(likely(vec![edited; 5]), ["50", "50"]);
    // Records may be of anything.
    let mut wrong = observed(ran, ran);
    wrong.steps[4].cause.as_mut().unwrap().step = StepIndex(99);
    wrong.steps[3].cause.as_mut().unwrap().step = StepIndex(3);
    assert_eq!(likely(vec![wrong; 5]), ["50", "50"]);
}
