//! Records that cannot be used: the build goes on, with one warning, and loses nothing.

use std::path::PathBuf;

use crate::report::{assert_all_reused, told};
use crate::workshop::{TestEngine, Workshop, engine};
use rusqlite::Connection;

on_engines!(
    a_locked_store_is_one_warning_and_keeps_what_it_has,
    what_was_built_beside_a_locked_store_is_not_said_to_run,
    a_store_of_a_newer_version_is_one_warning_and_stays_as_it_is,
    a_store_that_is_no_store_is_one_warning_and_stays_as_it_is,
    a_store_that_is_damaged_in_the_middle_is_one_warning,
    a_store_where_none_can_be_is_one_warning,
    what_builds_have_cost_is_told,
);

/// A project that was built once, and where its records are.
fn built(engine: &TestEngine) -> (Workshop, PathBuf) {
    let shop = Workshop::new(engine);
    let salt = shop.salt();
    shop.file("Dockerfile", &format!("FROM busybox:local\nRUN echo {salt}\n"));
    shop.build(&[]);
    let store = shop.beside("cache").join("smartbuild.sqlite3");
    // Out of its log and into the file.
    Connection::open(&store)
        .and_then(|store| store.pragma_update(None, "wal_checkpoint", "TRUNCATE"))
        .expect("a store");
    (shop, store)
}

/// Builds what no record knows; the build goes well and warns once.
fn builds_with_one_warning(shop: &Workshop, about: &str) {
    let salt = shop.salt();
    shop.file("Dockerfile", &(shop.read("Dockerfile") + &format!("RUN echo {salt}\n")));
    let output = shop.run(&["--progress", "plain", "."]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let warnings: Vec<&str> = stderr.lines().filter(|line| line.starts_with("warning:")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains(about), "{about}: {stderr}");
    let text = shop.read("Dockerfile");
    let kept: Vec<&str> = text.lines().take(2).collect();
    shop.file("Dockerfile", &(kept.join("\n") + "\n"));
}

fn what_builds_have_cost_is_told(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let salt = shop.salt();
    shop.file("app.py", &salt);
    shop.file("Dockerfile", "FROM busybox:local\nCOPY app.py /\nRUN cat /app.py\n");
    shop.build(&[]);
    shop.append("app.py", "more");
    shop.build(&[]);
    let history = || -> serde_json::Value {
        let output = shop.run(&["history", "--format", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let told = history();
    assert_eq!((&told["summary"]["builds"], &told["summary"]["failed"]), (&2.into(), &0.into()));
    assert_eq!(told["summary"]["steps"]["ran"], 4, "{told:#}");
    let newest = &told["builds"][0]["lost_to"];
    assert_eq!((&newest["kind"], &newest["names"][0]), (&"files".into(), &"app.py".into()));
    assert_eq!(
        (&told["files"][0]["path"], &told["files"][0]["builds"]),
        (&"app.py".into(), &1.into())
    );
    // Whether or not there is something to build, it was a build.
    let report = shop.build(&[]);
    let told = history();
    assert_eq!(told["summary"]["builds"], 3, "{told:#}");
    assert_eq!(told["summary"]["steps"]["reused"], 2, "{told:#}");
    assert_eq!(told["builds"][0]["shortcut"], report["shortcut"], "{told:#}");
    assert_eq!(told["builds"][1]["shortcut"], false, "{told:#}");
}

fn a_locked_store_is_one_warning_and_keeps_what_it_has(engine: &TestEngine) {
    let (shop, path) = built(engine);
    let holder = Connection::open(path).expect("a store");
    holder.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    builds_with_one_warning(&shop, "in use by another process");
    holder.execute_batch("ROLLBACK").expect("the lock goes");
    assert_all_reused(&shop.build(&["--no-shortcut"]));
}

fn what_was_built_beside_a_locked_store_is_not_said_to_run(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("app.py", &shop.salt());
    shop.file("Dockerfile", "FROM busybox:local\nCOPY app.py /\nRUN cat /app.py\n");
    shop.build(&[]);
    let holder = Connection::open(shop.beside("cache").join("smartbuild.sqlite3"));
    let holder = holder.expect("a store");
    holder.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    shop.append("app.py", "more");
    shop.build(&[]);
    holder.execute_batch("ROLLBACK").expect("the lock goes");
    // Whoever asks without an engine is told by what is kept beside the store.
    let output = shop
        .command()
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .args(["predict", "--format", "json", "."])
        .output()
        .expect("the program runs");
    let forecast: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let summary = &forecast["summary"];
    assert_eq!((&summary["unknown"], &summary["rebuild"]), (&2.into(), &0.into()), "{forecast:#}");
    assert_eq!(told(&shop.build(&[])), ["unknown cached", "unknown cached"]);
    shop.append("app.py", "and more");
    assert_eq!(told(&shop.build(&[])), ["rebuild ran", "rebuild ran"]);
}

fn a_store_of_a_newer_version_is_one_warning_and_stays_as_it_is(engine: &TestEngine) {
    let (shop, path) = built(engine);
    let store = Connection::open(&path).expect("a store");
    let version: i64 =
        store.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
    store.pragma_update(None, "user_version", 999).expect("a newer version");
    builds_with_one_warning(&shop, "written by a newer smartbuild");
    store.pragma_update(None, "user_version", version).expect("its own version");
    assert_all_reused(&shop.build(&["--no-shortcut"]));
}

fn a_store_that_is_no_store_is_one_warning_and_stays_as_it_is(engine: &TestEngine) {
    let (shop, path) = built(engine);
    let whole = std::fs::read(&path).expect("a store");
    let noise = vec![b'?'; whole.len()];
    std::fs::write(&path, &noise).expect("a damaged store");
    builds_with_one_warning(&shop, "are damaged");
    assert!(std::fs::read(&path).expect("a file") == noise, "the file was written to");
    std::fs::write(&path, whole).expect("a store");
    assert_all_reused(&shop.build(&["--no-shortcut"]));
}

fn a_store_that_is_damaged_in_the_middle_is_one_warning(engine: &TestEngine) {
    let (shop, path) = built(engine);
    let mut bytes = std::fs::read(&path).expect("a store");
    // The first page, with the list of tables, stays.
    bytes[4096..].fill(b'?');
    std::fs::write(&path, bytes).expect("a damaged store");
    builds_with_one_warning(&shop, "are damaged");
    // The engine has it all: what cannot be looked for is not said to run.
    let output = shop.run(&["predict", "--format", "json", "."]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr.matches("warning:").count(), 1, "{stderr}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["steps"][1]["verdict"], "unknown", "{told:#}");
}

fn a_store_where_none_can_be_is_one_warning(engine: &TestEngine) {
    let (shop, _) = built(engine);
    let nowhere = shop.beside("file");
    std::fs::write(&nowhere, "").expect("a file");
    let output = shop
        .command()
        .env("SMARTBUILD_CACHE_DIR", nowhere.join("cache"))
        .args(["--progress", "plain", "."])
        .output()
        .expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr.matches("warning:").count(), 1, "{stderr}");
    assert!(stderr.contains("cannot keep records in"), "{stderr}");
}

#[test]
fn records_of_one_engine_do_not_speak_for_another() {
    let shop = Workshop::new(&engine("28.5"));
    let salt = shop.salt();
    // An image that both engines have.
    shop.file("Dockerfile", &format!("FROM docker.io/library/busybox:local\nRUN echo {salt}\n"));
    shop.build(&[]);
    let other = engine("20.10");
    let output = shop
        .command()
        .env("DOCKER_HOST", &other.host)
        .args(["predict", "--format", "json", "."])
        .output()
        .expect("the program runs");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(told["engine"]["version"].as_str().expect("a version").starts_with("20.10"));
    assert_eq!(told["steps"][1]["verdict"], "unknown", "{told:#}");
    assert_eq!(told["steps"][1]["cause"]["kind"], "no_record", "{told:#}");
    // And the engine's own are still there.
    assert_all_reused(&shop.build(&["--no-shortcut"]));
}
