//! The plan against what real engines did: every case of `tests/cache-cases` that needs no engine
//! in between, for all four engines.

use crate::support::{Case, Expected, Project, cases, expectations};
use smartbuild::plan::StepKind;
use smartbuild::predict::{Forecast, Verdict};

/// An engine's mistake, of which nobody knows when it strikes; and what it may have done in a build
/// before the last.
const LEFT_OPEN: [&str; 2] = ["dir-renamed-back", "copy-link-last-then-more"];

/// What is wrong with a forecast, one line a step.
fn disagreements(case: &Case, forecast: &Forecast, expected: &[(String, bool)]) -> Vec<String> {
    let steps: Vec<_> =
        forecast.steps.iter().filter(|step| step.step.kind != StepKind::From).collect();
    let mut wrong = Vec::new();
    for (name, cached) in expected {
        // Here docker builds with the old content; smartbuild makes the engine ask again.
        let cached = *cached && case.name != "same-size-same-mtime";
        let Some(step) = steps.iter().find(|step| step.step.name == *name) else {
            let names: Vec<_> = steps.iter().map(|step| &step.step.name).collect();
            wrong.push(format!("{}: no step `{name}` among {names:?}", case.name));
            continue;
        };
        let right = match &step.verdict {
            Verdict::Cached => cached,
            Verdict::Rebuild(_) => !cached,
            // Only a stage that runs again may have this, and its output decides either way;
            // not one whose files are known.
            Verdict::Depends { .. } => {
                case.name.starts_with("stage") && !case.name.starts_with("stage-files")
            }
            Verdict::Unknown(_) => LEFT_OPEN.contains(&&*case.name) && !cached,
        };
        if !right {
            let verdict = &step.verdict;
            wrong.push(format!("{}: `{name}`: cached is {cached}, said {verdict:?}", case.name));
        }
    }
    if steps.len() != expected.len() {
        wrong.push(format!("{}: {} steps, not {}", case.name, steps.len(), expected.len()));
    }
    wrong
}

fn check(engine: &str, version: &str) {
    let expected = expectations(engine);
    let (mut checked, mut wrong) = (0, Vec::new());
    for case in cases() {
        let Some(Expected { steps: Some(steps) }) = expected.get(&case.name) else { continue };
        if case.needs_an_engine() {
            continue;
        }
        checked += 1;
        wrong.extend(disagreements(&case, &case.forecast(Project::new(version)), steps));
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked >= 90, "only {checked} cases were checked");
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
