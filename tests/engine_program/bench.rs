//! `smartbuild bench`, on real engines. Each story has an engine of its own, on which no other
//! bench builds meanwhile.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::workshop::{TestEngine, Workshop, engine};
use serde_json::Value;

const DOCKERFILE: &str =
    "FROM busybox:local\nCOPY app.py README.md /app/\nRUN cat /app/app.py > /out\n";

fn shop(engine: &TestEngine) -> Workshop {
    let shop = Workshop::new(engine);
    shop.file("Dockerfile", DOCKERFILE);
    shop.file("app.py", &format!("# {}\n", shop.salt()));
    shop.file("README.md", "words\n");
    shop
}

/// The names of images that benches have left.
fn left(engine: &TestEngine) -> Vec<Value> {
    let socket = engine.host.trim_start_matches("unix://");
    let output = Command::new("curl")
        .args(["-sSf", "-G", "--unix-socket", socket, "--data-urlencode"])
        .arg(r#"filters={"label":["smartbuild.bench"]}"#)
        .arg("http://engine/images/json?all=1")
        .output()
        .expect("curl runs");
    serde_json::from_slice(&output.stdout).expect("a list")
}

/// The scenario of a variant.
fn scenario<'a>(found: &'a Value, variant: usize, name: &str) -> &'a Value {
    let scenarios = found["variants"][variant]["scenarios"].as_array().expect("scenarios");
    scenarios.iter().find(|it| it["name"] == name).expect("a scenario of this name")
}

#[test]
fn benches_and_replays_measure_and_leave_nothing() {
    // One after the other, as they share an engine.
    let engine = engine("28.5");
    equal_variants_are_measured_alike(&engine);
    commits_are_replayed_each_on_what_the_one_before_it_left(&engine);
    a_replay_builds_the_rewrite_of_each_commit(&engine);
}

fn equal_variants_are_measured_alike(engine: &TestEngine) {
    let shop = shop(engine);
    let before = shop.read("app.py");
    let output = shop
        .command()
        .args(["bench", "-f", "Dockerfile", "-f", "Dockerfile", "--format", "json"])
        .args(["--runs", "2", "--warmup", "0", "--scenario", "no change"])
        .args(["--scenario", "edit source", "--scenario", "edit manifest", "."])
        .output()
        .expect("the program runs");
    // It was asked for what does not apply.
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("not measured: `edit manifest`; the result says why"), "{said}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(
        (&found["schema"], &found["partial"]),
        (&"smartbuild/bench/v1".into(), &false.into())
    );
    for variant in 0..2 {
        let edit = scenario(&found, variant, "edit source");
        assert_eq!(edit["path"], "app.py");
        assert_eq!(edit["runs"].as_array().map(Vec::len), Some(2));
        // The second variant is not helped by what the first has built.
        assert_eq!((&edit["cached_steps"], &edit["run_steps"]), (&0.into(), &2.into()), "{edit}");
        let none = scenario(&found, variant, "no change");
        assert_eq!((&none["cached_steps"], &none["run_steps"]), (&2.into(), &0.into()), "{none}");
    }
    assert_eq!(found["variants"][1]["name"], "Dockerfile (2)");
    let left_out = &found["left_out"][0];
    assert_eq!(left_out["name"], "edit manifest", "{found:#}");
    assert!(left_out["reason"].as_str().is_some_and(|it| it.contains("no step reads")));
    assert_eq!(shop.read("app.py"), before);
    assert_eq!(left(&shop.engine), Vec::<Value>::new());
}

#[test]
fn a_command_that_fails_or_changes_nothing_is_told_and_the_others_are_measured() {
    let shop = shop(&engine("26.1"));
    let text = "[[scenario]]\nname = 'words'\nrun = 'echo $SMARTBUILD_BENCH_SALT >> README.md'\n\
                [[scenario]]\nname = 'same'\nrun = 'echo same >> README.md'\n\
                [[scenario]]\nname = 'wrong'\nrun = 'echo no such tool >&2; exit 3'\n";
    // No step reads it, so that it disturbs nothing.
    shop.file("bench.toml", text);
    let unread = shop.run(&["bench", "--scenario", "words", "."]);
    let said = String::from_utf8_lossy(&unread.stderr);
    assert!(said.contains("bench.toml is not read without --scenarios"), "{said}");
    assert!(!unread.status.success(), "{said}");
    let output = shop
        .command()
        .args(["bench", "--runs", "2", "--warmup", "0", "--scenarios", "bench.toml"])
        .args(["--scenario", "words"])
        .args(["--scenario", "same", "--scenario", "wrong", "."])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("not measured: `same`, `wrong`; the result says why"), "{why}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("words: echo $SMARTBUILD_BENCH_SALT >> README.md\n"), "{said}");
    assert!(said.contains("0/2 reused"), "{said}");
    assert!(said.contains("have it write $SMARTBUILD_BENCH_SALT into a file"), "{said}");
    assert!(said.contains("    it ended with 3\n    no such tool\n"), "{said}");
    assert_eq!(shop.read("README.md"), "words\n");
    assert_eq!(left(&shop.engine), Vec::<Value>::new());
}

#[test]
fn a_dockerfile_that_does_not_build_is_told() {
    let shop = shop(&engine("28.5-containerd"));
    shop.file("Dockerfile", "FROM busybox:local\nRUN echo the reason >&2; false\n");
    let output = shop.run(&["bench", "."]);
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]), "{output:?}");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("Dockerfile does not build, so there is nothing to measure"), "{why}");
    // One outside of the context is told by its own path, and not by that of its copy.
    shop.file("elsewhere/Other", "FROM busybox:local\nRUN echo the reason >&2; false\n");
    shop.file("web/app.py", "1");
    let output = shop.run(&["bench", "-f", "elsewhere/Other", "web"]);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("Other:2 | RUN echo the reason"), "{why}");
    assert!(!why.contains("smartbuild-bench-"), "{why}");
    // Where nothing applies that was asked for, nothing is built.
    let output = shop.run(&["bench", "--scenario", "edit manifest", "web", "-f", "Dockerfile"]);
    assert_eq!((output.status.code(), &*output.stdout), (Some(125), &b""[..]), "{output:?}");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("there is nothing to measure: `edit manifest`: "), "{why}");
    assert_eq!(left(&shop.engine), Vec::<Value>::new());
}

#[test]
fn whoever_interrupts_it_has_what_was_measured() {
    let shop = shop(&engine("20.10"));
    let mut running = shop
        .command()
        .args(["bench", "--runs", "50", "--scenario", "edit source", "--format", "json", "."])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let messages = BufReader::new(running.stderr.take().expect("its messages"));
    let mut lines = messages.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("run 2 of 50")), "it never came to the second run");
    let process = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("a signal");
    // Whoever stops reading would end it by its messages.
    lines.for_each(drop);
    let output = running.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(found["partial"], true);
    let runs = scenario(&found, 0, "edit source")["runs"].as_array().map(Vec::len);
    assert!(runs.is_some_and(|runs| (2..50).contains(&runs)), "{found:#}");
    assert_eq!(left(&shop.engine), Vec::<Value>::new());
}

/// Runs git in the shop's directory and gives what it prints.
fn git(shop: &Workshop, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(arguments)
        .current_dir(shop.context())
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")])
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn commits_are_replayed_each_on_what_the_one_before_it_left(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let dockerfile = "FROM busybox:local AS base\nCOPY list /list\nRUN cat /list > /a\n\
                      FROM base\nCOPY app.py /app/\nRUN cat /app/app.py > /b\n";
    let commit = |subject: &str, files: &[(&str, &str)]| {
        for (name, text) in files {
            shop.file(name, text);
        }
        git(&shop, &["add", "--all"]);
        git(&shop, &["commit", "-q", "-m", subject]);
    };
    git(&shop, &["init", "-q", "--template="]);
    let ignored = (".dockerignore", "*\n!list\n!app.py\n");
    commit("one", &[("Dockerfile", dockerfile), ignored, ("list", "1"), ("app.py", "1")]);
    commit("two", &[("app.py", "2")]);
    let broken = format!("{dockerfile}RUN echo the reason >&2; false\n");
    commit("three", &[("Dockerfile", &broken), ("app.py", "3")]);
    commit("four", &[("Dockerfile", dockerfile), ("app.py", "2"), ("README.md", "words")]);
    shop.file("app.py", "not committed");
    let before = git(&shop, &["for-each-ref"]) + &git(&shop, &["status", "--porcelain"]);
    let output = shop
        .command()
        .args(["bench", "-f", "Dockerfile", "-f", "Dockerfile", "--last", "4"])
        .args(["--format", "json", "."])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    let subjects: Vec<&Value> =
        found["commits"].as_array().expect("commits").iter().map(|it| &it["subject"]).collect();
    assert_eq!(subjects, ["one", "two", "three", "four"]);
    for variant in found["variants"].as_array().expect("variants") {
        assert_eq!((&variant["built"], &variant["failed"]), (&3.into(), &1.into()), "{found:#}");
        let steps = |at: usize| {
            let build = &variant["builds"][at];
            let named = |step: &Value| format!("{} {}", step["name"], step["reused"]);
            build["steps"].as_array().expect("steps").iter().map(named).collect::<Vec<_>>()
        };
        // Of the first nothing is reused, though the engine has what the first variant has built.
        let reused = |at: usize| steps(at).iter().filter(|it| it.ends_with("true")).count();
        assert_eq!([0, 1, 3].map(|at| steps(at).len()), [4, 4, 4], "{found:#}");
        assert_eq!([0, 1, 3].map(reused), [0, 2, 4], "{found:#}");
        assert_eq!(variant["builds"][1]["run_steps"], 2);
        // With the step that keeps variants apart; later commits run nothing that none ran before.
        let untimed = [0, 1, 3].map(|at| &variant["builds"][at]["untimed_steps"]);
        assert_eq!(untimed, [5, 0, 0], "{found:#}");
        assert_eq!(
            (&variant["model"]["commits"], &variant["model"]["guessed"]),
            (&2.into(), &1.into())
        );
        assert!(variant["model"]["median_error"].is_f64(), "{found:#}");
        let seconds = variant["builds"][1]["steps"][3]["seconds"].as_f64();
        assert!(seconds.is_some_and(|seconds| seconds > 0.0), "{found:#}");
        let failed = &variant["builds"][2];
        assert_eq!((&failed["built"], &failed["seconds"]), (&false.into(), &Value::Null));
        let why = failed["failure"].as_str().expect("a reason");
        assert!(why.starts_with("it ended with 1\n") && why.contains("the reason"), "{why}");
        assert!(why.ends_with("\nDockerfile:7 | RUN echo the reason >&2; false"), "{why}");
    }
    assert_eq!(found["variants"][1]["name"], "Dockerfile (2)");
    let after = git(&shop, &["for-each-ref"]) + &git(&shop, &["status", "--porcelain"]);
    assert_eq!((shop.read("app.py").as_str(), after), ("not committed", before));
    assert_eq!(left(&shop.engine), Vec::<Value>::new());
    commits_are_expected_to_cost_what_the_records_say(&shop);
}

fn commits_are_expected_to_cost_what_the_records_say(shop: &Workshop) {
    let expected = || {
        let output = shop
            .command()
            .args(["bench", "--last", "4", "--model", "--format", "json", "."])
            .output()
            .expect("the program runs");
        assert!(output.status.success(), "{output:?}");
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
        assert_eq!(found["expected"], true);
        let variant = found["variants"][0].clone();
        let builds = variant["builds"].as_array().expect("builds");
        assert!(builds.iter().all(|it| it["seconds"].is_null() && it["expected_seconds"].is_f64()));
        variant
    };
    let of = |variant: &Value, name: &str| {
        let builds = variant["builds"].as_array().expect("builds");
        builds.iter().map(|it| it[name].clone()).collect::<Vec<_>>()
    };
    // The third takes its failing step along; the last goes back to what the second had.
    let found = expected();
    assert_eq!(of(&found, "run_steps"), [4, 2, 3, 0].map(Value::from));
    assert_eq!(of(&found, "untimed_steps"), [4, 2, 3, 0].map(Value::from));
    assert!(found["model"]["median_error"].is_null(), "{found:#}");
    assert!(shop.run(&["build", "."]).status.success());
    // As the second commit has it, on what the build before has left.
    shop.file("app.py", "2");
    assert!(shop.run(&["build", "."]).status.success());
    let found = expected();
    assert_eq!(of(&found, "run_steps"), [4, 2, 3, 0].map(Value::from));
    assert_eq!(of(&found, "untimed_steps"), [0, 0, 1, 0].map(Value::from));
    let recorded: Vec<bool> = of(&found, "recorded_seconds").iter().map(Value::is_f64).collect();
    assert_eq!(recorded, [false, true, false, false], "{found:#}");
    assert!(found["model"]["median_error"].is_f64(), "{found:#}");
    assert_eq!(found["model"]["commits"], 1);
}

fn a_replay_builds_the_rewrite_of_each_commit(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    // An image whose package manager does nothing: what counts is that it is known by its name.
    let base = shop.image_name("base");
    let tool = "FROM busybox:local\nRUN echo '#!/bin/sh' > /bin/apt-get && chmod +x /bin/apt-get\n";
    shop.file("base/Dockerfile", tool);
    assert!(shop.run(&["build", "-q", "-t", &base, "base"]).status.success());
    let dockerfile = format!(
        "FROM {base}\nWORKDIR /app\nCOPY . .\n\
         RUN apt-get update && apt-get install -y --no-install-recommends gcc\n"
    );
    shop.file("Dockerfile", &dockerfile);
    git(&shop, &["init", "-q", "--template="]);
    for text in ["one", "two"] {
        shop.file("app.py", text);
        git(&shop, &["add", "--all"]);
        git(&shop, &["commit", "-q", "-m", text]);
    }
    let output = shop
        .command()
        .args(["bench", "--optimized", "--last", "2", "--format", "json", "."])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    let bettered = "replay    Dockerfile, optimized: bettered at 2 of 2 commits\n";
    assert!(said.contains(bettered), "{said}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    let runs = |variant: usize| {
        let builds = found["variants"][variant]["builds"].as_array().expect("builds");
        builds.iter().map(|it| it["run_steps"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(runs(0), [3, 2].map(Value::from), "{found:#}");
    assert_eq!(runs(1), [3, 1].map(Value::from), "{found:#}");
    assert_eq!(shop.read("Dockerfile"), dockerfile);
    assert_eq!(left(&shop.engine), Vec::<Value>::new());
}
