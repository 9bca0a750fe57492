//! Every cache case on every real engine, built by the program itself: what the engine does is
//! what the case says, and the program said so before.

use std::sync::Mutex;

use crate::support::{Case, cases, expectations};
use crate::workshop::{TestEngine, Workshop, engine, prune_command, spare};
use serde_json::Value;

/// How many cases build at once on one engine.
const AT_ONCE: usize = 4;

/// What a case says to prune: it would hit every other build on the engine.
const PRUNE: &str = "DOCKER builder prune";

fn is_alone(case: &Case) -> bool {
    case.alone || case.change.contains(PRUNE)
}

/// What was told of a case otherwise than the engine did.
#[derive(Default)]
struct Found {
    wrong: Vec<String>,
    /// Nothing is wrong, but steps are `unknown`.
    open: Option<String>,
}

/// Runs a case on its own fresh base image; gives what was wrong.
fn run(case: &Case, engine: &TestEngine, expected: &[(String, bool)]) -> Found {
    let shop = Workshop::new(engine);
    let base = shop.base();

    // Named by cases too, with `-new` behind it, and to be removed.
    shop.image_name("own-new");
    let on_base = |text: &str| {
        text.replace("busybox:local", &base).replace("base:local", &shop.image_name("own"))
    };
    // What stands on nothing may have been built by an earlier run: it needs files of its own.
    let salt = if case.dockerfile.contains("FROM scratch") { base.as_str() } else { "" };
    for (path, content) in &case.files {
        shop.file(path, &format!("{content}{salt}"));
    }
    shop.file("Dockerfile", &on_base(case.dockerfile.trim_start()));
    let shell = |script: &str| {
        let script = with_prune(&with_program(&on_base(script)), engine);
        let mut command = shop.command();
        let shell = std::mem::replace(&mut command, std::process::Command::new("bash"));
        command.args(["-ec", &script]).current_dir(shop.context());
        command.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.output().expect("bash runs");
        assert!(output.status.success(), "{}: `{script}`: {output:?}", case.name);
    };
    if let Some(script) = &case.prepare {
        shell(script);
    }
    let words = |words: &[String]| words.iter().map(|word| on_base(word)).collect::<Vec<_>>();
    // A case is about builds, also about one that changes nothing between two others.
    let build = |list: &[String]| {
        let list = words(list);
        let list = list.iter().map(String::as_str).chain(["--no-shortcut"]);
        shop.build(&list.collect::<Vec<_>>())
    };
    build(&case.args1);
    shell(&case.change);
    let mut report = build(&case.args2);
    if let Some(again) = &case.again {
        shell(again);
        report = build(&[]);
    }
    let expected: Vec<_> = expected.iter().map(|(name, cached)| (on_base(name), *cached)).collect();
    disagreements(case, &report, &expected)
}

/// `BUILD` in a script is a quiet build; `ONBUILD` is not.
fn with_program(script: &str) -> String {
    let program = env!("CARGO_BIN_EXE_smartbuild");
    let build = format!(" {program} build -q ");
    format!(" {script}").replace(" BUILD ", &build).trim_start().to_owned()
}

/// The last command of a script may be a prune.
fn with_prune(script: &str, engine: &TestEngine) -> String {
    let Some((before, arguments)) = script.split_once(PRUNE) else { return script.to_owned() };
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    format!("{before}{}", prune_command(engine, &arguments))
}

fn disagreements(case: &Case, report: &Value, expected: &[(String, bool)]) -> Found {
    let mut found = Found::default();
    let wrong = &mut found.wrong;
    let steps = report["steps"].as_array().expect("steps");
    for (name, cached) in expected {
        // Here docker builds with the old content; smartbuild makes the engine ask again.
        let cached = *cached && case.name != "same-size-same-mtime";
        let Some(step) = steps.iter().find(|step| step["name"] == name.as_str()) else {
            wrong.push(format!("{}: no step `{name}` in {steps:?}", case.name));
            continue;
        };
        let actual = if cached { "cached" } else { "ran" };
        if step["actual"] != actual {
            wrong.push(format!("{}: `{name}`: {actual}, not {}", case.name, step["actual"]));
        }
    }
    let agreement = &report["agreement"];
    // An engine's mistake, of which nobody knows when it strikes; and what it may have done in a
    // build before the last.
    let is_left_open = ["dir-renamed-back", "copy-link-last-then-more"].contains(&&*case.name)
        && steps.iter().any(|step| step["verdict"] == "unknown" && step["actual"] == "ran");
    if agreement["right"] != agreement["steps"] && !is_left_open {
        let told = format!("{}: forecast {agreement}: {steps:?}", case.name);
        let counted = steps.iter().filter(|step| is_counted(step));
        let unknown = counted.filter(|step| step["verdict"] == "unknown").count() as u64;
        let right = agreement["right"].as_u64().expect("a number");
        if agreement["steps"] == right + unknown {
            found.open = Some(told);
        } else {
            wrong.push(told);
        }
    }
    found
}

/// FROM is not, as engines speak of it unevenly.
fn is_counted(step: &Value) -> bool {
    !step["instruction"].as_str().expect("an instruction").starts_with("FROM ")
}

fn check(version: &str) {
    let engine = engine(version);
    let expected = expectations(version);
    let cases = cases();
    let open = Mutex::new(
        cases
            .iter()
            .filter(|case| !is_alone(case))
            .filter_map(|case| Some((case, expected.get(&case.name)?.steps.as_ref()?)))
            .collect::<Vec<_>>(),
    );
    let (wrong, again) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let total = open.lock().expect("no one has panicked").len();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((case, steps)) = next(&open) {
                    let found = run(case, &engine, steps);
                    wrong.lock().expect("no one has panicked").extend(found.wrong);
                    if found.open.is_some() {
                        again.lock().expect("no one has panicked").push(&case.name);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("no one has panicked");
    // Beside others that have equal commands nobody can tell whose a step is; alone everybody can.
    let again = again.into_inner().expect("no one has panicked");
    let spare = spare(version);
    for case in cases.iter().filter(|case| is_alone(case) || again.contains(&&case.name)) {
        if let Some(steps) = expected.get(&case.name).and_then(|it| it.steps.as_ref()) {
            // By what it knows an image nobody can tell where others have built. Layers of builds
            // before these may be in use, and stay whatever is pruned.
            let may_be_open = version.ends_with("containerd")
                && case.name.starts_with("base-")
                && !is_forgotten(&spare.engine);
            let found = run(case, &spare.engine, steps);
            let open = found.open.filter(|_| !may_be_open);
            wrong.extend(found.wrong.into_iter().chain(open));
        }
    }
    assert!(wrong.is_empty(), "{} of {total}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Makes an engine forget all that was built on it; gives whether it lists no layer any more.
fn is_forgotten(engine: &TestEngine) -> bool {
    let socket = engine.host.trim_start_matches("unix://");
    let prune = prune_command(engine, &["-af"]);
    let list =
        format!("curl -sSf --unix-socket {socket} 'http://engine/system/df?type=build-cache'");
    let script = format!("{prune} >&2; {list}");
    let output = std::process::Command::new("bash").args(["-ec", &script]).output();
    let output = output.expect("bash runs");
    assert!(output.status.success(), "`{script}`: {output:?}");
    let listing: Value = serde_json::from_slice(&output.stdout).expect("a listing");
    let records = listing["BuildCache"].as_array();
    !records.into_iter().flatten().any(|record| record["Type"] == "regular")
}

fn next<T>(open: &Mutex<Vec<T>>) -> Option<T> {
    open.lock().expect("no one has panicked").pop()
}

#[test]
fn agrees_with_20_10() {
    check("20.10");
}

#[test]
fn agrees_with_26_1() {
    check("26.1");
}

#[test]
fn agrees_with_28_5() {
    check("28.5");
}

#[test]
fn agrees_with_28_5_on_containerd() {
    check("28.5-containerd");
}
