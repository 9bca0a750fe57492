//! The plan of the classic builder against what real engines did with it: every case of
//! `tests/cache-cases/classic-cases.toml` that needs no engine in between.

use crate::support::{Arguments, Case, Project, classic_cases, expectations};
use smartbuild::BaseImage;
use smartbuild::plan::{Problem, StepKind};
use smartbuild::predict::{Forecast, Verdict};

/// Cases with steps that only the output of another stage decides, and the first of these steps: it
/// takes what a RUN or a directory's COPY makes anew, or stands on an image beside what changed.
const LEFT_OPEN: [(&str, usize); 4] = [
    ("copy-from-same-output", 2),
    ("copy-from-other-output", 2),
    ("copy-from-known-file", 2),
    ("copy-from-directory", 2),
];

/// Cases that a plan alone cannot tell.
fn is_beyond_the_plan(case: &Case) -> bool {
    // Which of two images of one step the engine takes, only it can say: a key is not an image.
    case.needs_an_engine() || case.name == "newest-image-hides-older"
}

fn disagreements(case: &Case, forecast: &Forecast, expected: &[(String, bool)]) -> Vec<String> {
    // What ONBUILD made of a stage runs under its FROM, which the engine does not report.
    let is_counted = |name: &str| name.starts_with("Step ");
    let steps: Vec<_> = forecast
        .steps
        .iter()
        .filter(|step| step.step.kind != StepKind::From && is_counted(&step.step.name))
        .collect();
    let said: Vec<_> = steps.iter().map(|step| &*step.step.name).collect();
    let listed: Vec<_> = expected.iter().map(|(name, _)| name.as_str()).collect();
    if said != listed {
        return vec![format!("{}: steps {said:?}, not {listed:?}", case.name)];
    }
    let open = LEFT_OPEN.iter().find(|(name, _)| *name == case.name).map_or(usize::MAX, |it| it.1);
    let steps = steps.iter().zip(expected).enumerate();
    let wrong = steps.filter_map(|(place, (step, (name, cached)))| {
        let right = match &step.verdict {
            Verdict::Cached => *cached,
            Verdict::Rebuild(_) => !cached,
            Verdict::Depends { .. } => place >= open,
            Verdict::Unknown(_) => false,
        };
        let verdict = &step.verdict;
        (!right).then(|| format!("{}: `{name}`: cached is {cached}, said {verdict:?}", case.name))
    });
    wrong.collect()
}

fn check(engine: &str, version: &str) {
    let expected = expectations(&format!("classic-{engine}"));
    let (mut checked, mut wrong) = (0, Vec::new());
    for case in classic_cases().iter().filter(|case| !is_beyond_the_plan(case)) {
        let steps = expected.get(&case.name).and_then(|it| it.steps.as_ref());
        let steps = steps.unwrap_or_else(|| panic!("{engine} has not built {}", case.name));
        checked += 1;
        wrong.extend(disagreements(case, &case.forecast(Project::classic(version)), steps));
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked >= 100, "only {checked} cases were checked");
}

#[test]
fn agrees_with_20_10() {
    check("20.10", "20.10.24");
}

#[test]
fn agrees_with_26_1() {
    check("26.1", "26.1.5");
}

#[test]
fn agrees_with_28_5() {
    check("28.5", "28.5.2");
}

#[test]
fn agrees_with_28_5_on_containerd() {
    check("28.5-containerd", "28.5.2-containerd");
}

/// `base-other-label`, `base-onbuild`.
#[test]
fn a_base_image_counts_by_its_identifier_and_its_triggers_are_steps() {
    let mut project = Project::classic("28.5.2");
    let image = |id: &str| BaseImage {
        id: id.to_owned(),
        on_build: vec!["COPY a.txt /a".to_owned(), "ENV A=1".to_owned()],
        ..BaseImage::default()
    };
    project.image("own:local", image("sha256:1"));
    project.file("a.txt", "a\n").dockerfile("FROM own:local\nRUN echo $A\n");
    project.built(&Arguments::default());
    let told = |forecast: &Forecast| -> Vec<String> {
        let told = |verdict: &Verdict| match verdict {
            Verdict::Cached => "cached",
            Verdict::Rebuild(_) => "rebuild",
            _ => "open",
        };
        forecast.steps.iter().map(|it| format!("{}: {}", it.step.name, told(&it.verdict))).collect()
    };
    let cached = [
        "Step 1/2 : FROM own:local: cached",
        "ONBUILD COPY a.txt /a: cached",
        "ONBUILD ENV A=1: cached",
        "Step 2/2 : RUN echo $A: cached",
    ];
    assert_eq!(told(&project.predict(&Arguments::default())), cached);
    project.file("a.txt", "b\n");
    let runs = told(&project.predict(&Arguments::default()));
    assert_eq!(
        runs[1..],
        cached[1..].iter().map(|it| it.replace(": cached", ": rebuild")).collect::<Vec<_>>()
    );
    project.file("a.txt", "a\n");
    project.image("own:local", image("sha256:2"));
    assert!(told(&project.predict(&Arguments::default())).iter().all(|it| it.ends_with("rebuild")));
}

#[test]
fn what_needs_buildkit_is_refused_by_name() {
    let refused = [
        "RUN --mount=type=cache,target=/x true",
        "RUN --network=none true",
        "COPY --link a /a",
        "COPY --parents a /a",
        "COPY --chmod=755 a /a",
        "COPY --exclude=b a /a",
        "ADD --checksum=sha256:0 https://example.com/a /a",
        "ADD git@example.com:a/b.git /a",
        "COPY <<EOF /a\ntext\nEOF",
        "ONBUILD COPY --link a /a",
        "FROM one AS one",
    ];
    let messages: Vec<String> = refused
        .iter()
        .map(|line| {
            let project = Project::classic("28.5.2");
            project.file("a", "").dockerfile(&format!("FROM base:local AS one\n{line}\n"));
            let error = project.refused(&Arguments::default());
            assert!(
                matches!(error.problem, Problem::NeedsBuildKit(_) | Problem::NameTaken(_)),
                "{error}"
            );
            error.to_string()
        })
        .collect();
    insta::assert_snapshot!(messages.join("\n"));
}
