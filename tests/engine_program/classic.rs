//! Forecasts of the classic builder against what real engines do with builds of docker's own
//! client: the cases of `tests/cache-cases/classic-cases.toml` that git can tell, each committed,
//! built, changed, forecast and built again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::support::{Case, classic_cases};
use crate::workshop::{TestEngine, Workshop, engine};
use serde_json::Value;

/// How many cases build at once on one engine.
const AT_ONCE: usize = 3;

/// What git does not record: modes other than the executable bit, empty directories, pipes, which names
/// are of one file.
const UNKNOWN_TO_GIT: [&str; 6] = [
    "dir-mode",
    "selected-dir-mode",
    "add-empty-dir",
    "copy-from-known-mode",
    "hard-links",
    "fifo",
];

/// `--against` has no records, and takes the options that are given for both sides.
fn is_told_by_git(case: &Case) -> bool {
    !case.needs_an_engine()
        && case.again.is_none()
        && case.args1 == case.args2
        && !UNKNOWN_TO_GIT.contains(&&*case.name)
}

/// The engine's own client, with the classic builder; gives what it printed.
fn docker(engine: &TestEngine, directory: &Path, words: &[String]) -> String {
    let xtask = Path::new(env!("CARGO_BIN_EXE_smartbuild")).with_file_name("xtask");
    let mut command = Command::new(&xtask);
    command.args(["engine", "cli", &engine.version, "build"]).args(words).arg(directory);
    command.env("DOCKER_BUILDKIT", "0").stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", xtask.display()));
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Every step with whether the engine said that it used its cache.
fn steps(log: &str) -> Vec<(String, bool)> {
    let mut steps: Vec<(String, bool)> = Vec::new();
    for line in log.lines() {
        if line.starts_with("Step ") {
            steps.push((line.to_owned(), false));
        } else if let Some((_, cached)) = steps.last_mut() {
            *cached |= line == " ---> Using cache";
        }
    }
    steps
}

fn run(case: &Case, engine: &TestEngine) -> Vec<String> {
    let shop = Workshop::new(engine);
    let context = &*shop.context();
    let base = shop.base();
    for (path, content) in &case.files {
        if path.ends_with('/') {
            std::fs::create_dir_all(context.join(path)).expect("a directory");
        } else {
            // What stands on nothing may have been built by an earlier run.
            shop.file(path, &format!("{content}{base}\n"));
        }
    }
    shop.file("Dockerfile", &case.dockerfile.trim_start().replace("base:local", &base));
    let shell = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-ec", script]).current_dir(context);
        command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")]);
        let output = command.output().expect("bash runs");
        assert!(output.status.success(), "{}: `{script}`: {output:?}", case.name);
    };
    shell(case.prepare.as_deref().unwrap_or(":"));
    shell(
        "git init -q --template= . && git add -A \
         && git -c user.name=a -c user.email=a@a commit -q --allow-empty -m begin",
    );
    let words = |more: &[&str]| -> Vec<String> {
        let more = more.iter().map(|word| (*word).to_owned());
        case.args1.iter().cloned().chain(more).collect()
    };
    let image = shop.image_name("image");
    docker(engine, context, &words(&["-t", &image]));
    shell(&case.change);
    let mut predict = shop.command();
    predict.arg("predict").args(&case.args1).args(["--against", "HEAD", "--format", "json", "."]);
    let output = predict.env("DOCKER_BUILDKIT", "0").output().expect("the program runs");
    assert!(output.status.success(), "{}: {output:?}", case.name);
    let forecast: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let did = steps(&docker(engine, context, &words(&["-t", &image])));
    let wrong = |it: &Value| {
        let name = it["name"].as_str().unwrap_or_default();
        let Some((_, cached)) = did.iter().find(|(step, _)| step == name) else {
            // Triggers have no name of their own.
            let is_fine = name.starts_with("ONBUILD ");
            return (!is_fine).then(|| format!("{}: no step `{name}` in {did:?}", case.name));
        };
        let is_right = match it["verdict"].as_str() {
            Some("cached") => *cached || it["instruction"].to_string().contains("FROM"),
            Some("rebuild") => !cached,
            Some("depends") => case.name.starts_with("copy-from-"),
            _ => false,
        };
        (!is_right).then(|| format!("{}: cached is {cached}, said {it}", case.name))
    };
    let said = forecast["steps"].as_array().expect("steps");
    assert_eq!(forecast["engine"]["builder"], "classic");
    said.iter().filter_map(wrong).collect()
}

/// All cases take minutes on each engine: a run of all tests tries each case on one of them. The
/// variable `SMARTBUILD_CLASSIC_CASES=all` has every case tried on every engine.
fn shares() -> usize {
    let wants_all = std::env::var("SMARTBUILD_CLASSIC_CASES").is_ok_and(|it| it == "all");
    if wants_all { 1 } else { 4 }
}

fn check(version: &str, share: usize) {
    let share = share % shares();
    let engine = engine(version);
    let cases = classic_cases();
    let open: Vec<&Case> = cases.iter().filter(|case| is_told_by_git(case)).collect();
    assert!(open.len() >= 70, "only {} cases", open.len());
    let open = open.into_iter().skip(share).step_by(shares()).collect();
    let open: Mutex<Vec<&Case>> = Mutex::new(open);
    let wrong = Mutex::new(Vec::new());
    let next = || open.lock().expect("no one has panicked").pop();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let found = run(case, &engine);
                    wrong.lock().expect("no one has panicked").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no one has panicked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn agrees_with_20_10() {
    check("20.10", 0);
}

#[test]
fn agrees_with_26_1() {
    check("26.1", 1);
}

#[test]
fn agrees_with_28_5() {
    check("28.5", 2);
}

#[test]
fn agrees_with_28_5_on_containerd() {
    check("28.5-containerd", 3);
}
