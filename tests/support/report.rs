//! Reading reports: what was forecast against what happened.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use serde_json::Value;

/// The steps of a report but FROM, of which engines speak unevenly.
pub(crate) fn steps(report: &Value) -> Vec<&Value> {
    let steps = report["steps"].as_array().expect("steps");
    steps.iter().filter(|step| !word(step, "instruction").starts_with("FROM ")).collect()
}

/// The step whose instruction begins so.
pub(crate) fn step<'a>(report: &'a Value, instruction: &str) -> &'a Value {
    let found =
        steps(report).into_iter().find(|step| word(step, "instruction").starts_with(instruction));
    found.unwrap_or_else(|| panic!("no step `{instruction}` in {report:#}"))
}

/// `verdict actual` of every step but FROM.
pub(crate) fn told(report: &Value) -> Vec<String> {
    let of_step = |step: &&Value| format!("{} {}", word(step, "verdict"), word(step, "actual"));
    steps(report).iter().map(of_step).collect()
}

fn word<'a>(step: &'a Value, field: &str) -> &'a str {
    step[field].as_str().unwrap_or_default()
}

/// Nothing was forecast otherwise than it happened.
pub(crate) fn assert_agreed(report: &Value) {
    let agreement = &report["agreement"];
    assert_eq!(agreement["steps"], steps(report).len(), "{report:#}");
    assert_eq!(agreement["right"], agreement["steps"], "{report:#}");
    assert_eq!((&agreement["false_cached"], &agreement["false_rebuild"]), (&0.into(), &0.into()));
}

/// Every step was forecast reused and was.
pub(crate) fn assert_all_reused(report: &Value) {
    assert_agreed(report);
    assert!(told(report).iter().all(|told| told == "cached cached"), "{report:#}");
}

/// The paths that a step's cause names.
pub(crate) fn changed_files(step: &Value) -> Vec<String> {
    assert_eq!(step["cause"]["kind"], "files", "{step:#}");
    let files = step["cause"]["files"].as_array().expect("files");
    files.iter().map(|file| word(file, "path").to_owned()).collect()
}
