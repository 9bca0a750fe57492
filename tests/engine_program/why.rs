//! What is told of a step after real builds, and what is forecast where no engine answers.

use std::process::Command;

use serde_json::Value;

use crate::report::{assert_agreed, told};
use crate::workshop::{TestEngine, Workshop, engine};

on_engines!(
    why_counts_what_struck_and_knows_the_commit,
    without_an_engine_the_records_say_the_same,
    against_a_commit_is_what_the_engine_then_does,
    a_build_of_another_target_with_all_steps_tells_the_cause,
    the_nearest_record_tells_the_cause,
    how_likely_a_copy_is_to_run_is_learnt,
);

const NO_ENGINE: &str = "unix:///nowhere/docker.sock";

fn shop(engine: &TestEngine) -> Workshop {
    let shop = Workshop::new(engine);
    shop.file(
        "Dockerfile",
        "FROM busybox:local\nCOPY salt /salt\nRUN cat /salt\nCOPY src /src\nRUN cat /src/app.py\n",
    );
    shop.file("salt", &shop.salt());
    shop.file("src/app.py", "1\n");
    shop
}

fn git(shop: &Workshop, arguments: &[&str]) {
    let done = Command::new("git")
        .current_dir(shop.context())
        .args(["-c", "user.name=a", "-c", "user.email=a@a"])
        .args(arguments)
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .status();
    assert!(done.expect("git runs").success(), "git {arguments:?}");
}

fn commit(shop: &Workshop, subject: &str) {
    git(shop, &["init", "-q"]);
    git(shop, &["add", "-A"]);
    git(shop, &["commit", "-q", "-m", subject]);
}

fn json(shop: &Workshop, host: &str, arguments: &[&str]) -> Value {
    let mut command = shop.command();
    command.env("DOCKER_HOST", host).args(arguments).args(["--format", "json"]);
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON and nothing else")
}

fn verdicts(report: &Value) -> Vec<&str> {
    let steps = report["steps"].as_array().expect("steps");
    steps.iter().map(|step| step["verdict"].as_str().expect("a verdict")).collect()
}

fn why_counts_what_struck_and_knows_the_commit(engine: &TestEngine) {
    let shop = shop(engine);
    let host = &*engine.host;
    shop.build(&[]);
    for edit in ["2\n", "3\n"] {
        shop.append("src/app.py", edit);
        shop.build(&[]);
    }
    // A build that is left out counts as none.
    shop.build(&["--no-shortcut"]);
    commit(&shop, "Count to three");
    shop.append("src/app.py", "4\n");
    let why = json(&shop, host, &["why", "cat /src"]);
    let strikes = &why["strikes"];
    assert_eq!((&strikes["name"], &strikes["kind"]), (&"src/app.py".into(), &"files".into()));
    // Of the first build nobody knew beforehand why a step would run.
    assert_eq!((&strikes["builds"], &strikes["of"]), (&2.into(), &4.into()), "{why:#}");
    let file = &why["files"][0];
    assert_eq!((&file["path"], &file["committed"]), (&"src/app.py".into(), &false.into()));
    assert_eq!(file["commit"]["subject"], "Count to three", "{why:#}");
    assert!(why["last_ran"]["seconds"].as_f64().is_some(), "{why:#}");
    let (ran, reused) = (&why["last_ran"]["at"], &why["last_reused"]["at"]);
    assert!(ran.as_str() <= reused.as_str(), "{why:#}");
    let last = why["chain"].as_array().and_then(|chain| chain.last()).expect("a chain");
    assert_eq!(last["excerpt"][0]["text"], "COPY src /src");

    let reused = json(&shop, host, &["why", ":3"]);
    assert_eq!(reused["chain"][0]["verdict"], "cached");
    assert_eq!(reused["strikes"], Value::Null);
}

fn without_an_engine_the_records_say_the_same(engine: &TestEngine) {
    let shop = shop(engine);
    shop.build(&[]);
    shop.append("src/app.py", "2\n");
    let with = json(&shop, &engine.host, &["predict"]);
    let without = json(&shop, NO_ENGINE, &["predict"]);
    assert_eq!(with["rests_on"], "engine");
    assert_eq!(without["rests_on"], "records");
    assert_eq!(with["steps"], without["steps"]);
    assert_eq!(with["summary"], without["summary"]);
    assert_eq!(verdicts(&without), ["cached", "cached", "cached", "rebuild", "rebuild"]);
    let shown = shop.command().env("DOCKER_HOST", NO_ENGINE).arg("predict").output();
    let said = String::from_utf8_lossy(&shown.expect("the program runs").stderr).into_owned();
    assert!(said.contains("rests on what was recorded"), "{said}");
}

fn against_a_commit_is_what_the_engine_then_does(engine: &TestEngine) {
    let shop = shop(engine);
    commit(&shop, "Begin");
    shop.build(&[]);
    shop.append("src/app.py", "2\n");
    shop.file("src/new", "");
    let against = json(&shop, NO_ENGINE, &["predict", "--against", "HEAD"]);
    assert_eq!((&against["rests_on"], &against["revision"]), (&"commit".into(), &"HEAD".into()));
    let built = shop.build(&[]);
    assert_agreed(&built);
    assert_eq!(told(&built), ["cached cached", "cached cached", "rebuild ran", "rebuild ran"]);
    assert_eq!(verdicts(&against)[1..], verdicts(&built)[1..]);
}

fn a_build_of_another_target_with_all_steps_tells_the_cause(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file(
        "Dockerfile",
        "FROM busybox:local AS made\nCOPY src /src\nRUN cat /src/*\n\
         FROM busybox:local AS last\nCOPY --from=made /src /made\n",
    );
    shop.file("src/a", &shop.salt());
    shop.file("src/b", "1\n");
    let cause = || {
        let report = json(&shop, &engine.host, &["predict", "--target", "made"]);
        let copy = report["steps"].as_array().and_then(|steps| steps.get(1)).expect("COPY");
        copy["cause"].clone()
    };
    let changed = |path: &str| serde_json::json!([{ "path": path, "change": "modified" }]);
    shop.build(&[]);
    shop.append("src/a", "2\n");
    // This target was never built.
    assert_eq!(cause()["files"], changed("src/a"));
    shop.build(&["--target", "made"]);
    shop.append("src/b", "3\n");
    shop.build(&[]);
    shop.append("src/a", "4\n");
    // All that differs from what was built last, and not from the last build of this target.
    assert_eq!(cause()["files"], changed("src/a"));
}

/// The cause of the last step where it is built with these arguments.
fn last_cause(shop: &Workshop, engine: &TestEngine, arguments: &[&str]) -> Value {
    let report = json(shop, &engine.host, &[&["predict"], arguments].concat());
    report["steps"].as_array().and_then(|steps| steps.last()).expect("a step")["cause"].clone()
}

fn the_nearest_record_tells_the_cause(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file(
        "Dockerfile",
        "FROM busybox:local\nCOPY salt /salt\nARG G=1\nRUN cat /salt\nARG U=u\nRUN test $U != no\n",
    );
    shop.file("salt", &shop.salt());
    shop.build(&[]);
    shop.build(&["--build-arg", "G=2"]);
    let cause = || {
        let cause = last_cause(&shop, engine, &["--build-arg", "U=other"]);
        ["kind", "name", "before", "after"].map(|field| cause[field].as_str().map(str::to_owned))
    };
    let told = ["argument", "U", "u", "other"].map(|word| Some(word.to_owned()));
    assert_eq!(cause(), told);
    // What failed says nothing of what was built.
    assert!(!shop.run(&["build", "--build-arg", "U=no", "."]).status.success());
    assert_eq!(cause(), told);
}

fn how_likely_a_copy_is_to_run_is_learnt(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file(
        "Dockerfile",
        "FROM busybox:local AS made\nCOPY src /src\nRUN echo const > /o\n\
         FROM busybox:local\nCOPY --from=made /o /o\n",
    );
    shop.file("src/a", &shop.salt());
    shop.build(&[]);
    let likely = || {
        shop.append("src/a", "more\n");
        let why = json(&shop, &engine.host, &["why", "from=made"]);
        assert_eq!(why["chain"][0]["verdict"], "depends", "{why:#}");
        format!("{:.3}", why["chain"][0]["probability"].as_f64().expect("a probability"))
    };
    assert_eq!(likely(), "0.500");
    // Each build that reuses it makes it less likely to run.
    for expected in ["0.333", "0.250", "0.200"] {
        let built = shop.build(&[]);
        assert_eq!(told(&built).last().map(|it| &**it), Some("depends cached"));
        assert_eq!(likely(), expected);
    }
}
