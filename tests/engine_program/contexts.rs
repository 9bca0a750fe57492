//! Named contexts on real engines: what is forecast of them happens, and nothing stale is built.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::report::{assert_agreed, assert_all_reused, changed_files, step, told};
use crate::workshop::{Workshop, engine, json};
use serde_json::Value;

/// A project that copies from a directory beside it, and that directory.
fn with_library(version: &str) -> (Workshop, PathBuf) {
    let shop = Workshop::new(&engine(version));
    let library = shop.beside("library");
    std::fs::create_dir(&library).expect("a directory");
    let salt = shop.salt();
    shop.file(
        "Dockerfile",
        &format!("FROM busybox:local\nCOPY --from=lib . /lib/\nRUN echo {salt}; ls /lib\n"),
    );
    write(&library, "a.txt", &format!("{salt} 1"));
    write(&library, "b.txt", "b");
    (shop, library)
}

fn write(library: &Path, name: &str, text: &str) {
    std::fs::write(library.join(name), text).expect("a file");
}

/// Changes a file and keeps its size and time.
fn edit_unseen(path: &Path) {
    let before = path.metadata().and_then(|it| it.modified()).expect("a time");
    let text = std::fs::read_to_string(path).expect("a file");
    std::fs::write(path, text.replace(" 1", " 2")).expect("a file");
    let file = File::options().write(true).open(path).expect("a file");
    file.set_modified(before).expect("a time");
}

/// Builds with the directory as `lib`.
fn build(shop: &Workshop, library: &Path) -> Value {
    shop.build(&["--build-context", &format!("lib={}", library.display())])
}

#[test]
fn only_what_changed_of_a_named_context_is_sent() {
    let (shop, library) = with_library("28.5");
    build(&shop, &library);
    assert_all_reused(&build(&shop, &library));
    write(&library, "b.txt", "other");
    let edited = build(&shop, &library);
    assert_agreed(&edited);
    assert_eq!(changed_files(step(&edited, "COPY")), ["lib:b.txt"]);
    assert_eq!((&edited["sent"]["files"], &edited["context"]["files"]), (&1.into(), &3.into()));
}

/// The engine compares size and time alone, and keeps its copy also over builds that have nothing
/// of it.
#[test]
fn an_edit_that_keeps_size_and_time_of_a_named_context_is_built() {
    for version in ["26.1", "28.5", "28.5-containerd"] {
        let (shop, library) = with_library(version);
        build(&shop, &library);
        shop.file("Other.Dockerfile", &format!("FROM busybox:local\nRUN echo {}\n", shop.salt()));
        shop.build(&["-f", "Other.Dockerfile"]);

        edit_unseen(&library.join("a.txt"));
        let edited = build(&shop, &library);
        assert_agreed(&edited);
        assert_eq!(told(&edited), ["rebuild ran", "rebuild ran"], "{version}: {edited:#}");
        // An engine that has not let go of its copy yet begins another, and is sent both files.
        let sent = edited["sent"]["files"].as_u64().expect("a number");
        assert!((1..=2).contains(&sent), "{version}: {sent}");
    }
}

/// A build that reads nothing of its own context leaves the engine's copy of that as it was.
#[test]
fn an_edit_of_the_own_context_is_built_after_a_build_of_a_named_one_alone() {
    let (shop, library) = with_library("28.5");
    shop.file("own.txt", &format!("{} 1", shop.salt()));
    shop.file("Own.Dockerfile", "FROM busybox:local\nCOPY own.txt /\n");
    shop.build(&["-f", "Own.Dockerfile"]);
    build(&shop, &library);
    shop.build(&["-f", "Own.Dockerfile", "--no-shortcut"]);
    build(&shop, &library);
    edit_unseen(&shop.context().join("own.txt"));
    let edited = shop.build(&["-f", "Own.Dockerfile"]);
    assert_eq!(told(&edited), ["rebuild ran"], "{edited:#}");
    assert_eq!(edited["sent"]["files"], 1);
}

/// The engine keeps the mode that a directory has in its copy of a context, so that it is given a new
/// one; a step that ran meanwhile, for whatever reason, took nothing over either.
#[test]
fn a_mode_of_a_directory_of_a_named_context_is_built() {
    use std::os::unix::fs::PermissionsExt as _;
    let (shop, library) = with_library("28.5");
    std::fs::create_dir(library.join("sub")).expect("a directory");
    write(&library, "sub/c.txt", "c");
    build(&shop, &library);
    let set_mode = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(library.join("sub"), mode).expect("a mode");
    };
    set_mode(0o700);
    let changed = build(&shop, &library);
    assert_eq!(told(&changed), ["rebuild ran", "rebuild ran"], "{changed:#}");
    write(&library, "b.txt", "other");
    set_mode(0o711);
    let both = build(&shop, &library);
    assert_eq!(told(&both), ["rebuild ran", "rebuild ran"], "{both:#}");
    assert_all_reused(&build(&shop, &library));
    set_mode(0o700);
    write(&library, "b.txt", "b");
    assert_all_reused(&build(&shop, &library));
}

#[test]
fn a_context_that_does_not_do_is_said_before_anything_is_sent() {
    let (shop, library) = with_library("28.5");
    let wrong = |given: &str| {
        let output = shop.run(&["--build-context", given, "."]);
        assert_eq!(output.status.code(), Some(125), "{given}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let error = wrong("lib=/nowhere");
    assert!(error.contains("--build-context lib") && error.contains("/nowhere"), "{error}");
    assert!(wrong("lib").contains("NAME=DIRECTORY"));
    assert!(wrong("Lib=.").contains("upper-case"));
    assert!(wrong("lib=https://example.com/x.git").contains("not supported yet"));
    std::fs::remove_file(library.join("a.txt")).expect("it goes");
    std::fs::remove_file(library.join("b.txt")).expect("it goes");
    let file = shop.read("Dockerfile").replace("COPY --from=lib .", "COPY --from=lib a.txt");
    shop.file("Dockerfile", &file);
    let error = wrong(&format!("lib={}", library.display()));
    assert!(error.contains("`a.txt` is not in the build context `lib`"), "{error}");
    assert!(error.contains("Dockerfile:2"), "{error}");
}

/// An old frontend passes named contexts by, and would build something else.
#[test]
fn an_engine_without_named_contexts_is_not_asked_for_any() {
    let (shop, library) = with_library("20.10");
    let output = shop.run(&["--build-context", &format!("lib={}", library.display()), "."]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{error}");
    assert!(error.contains("20.10") && error.contains("--build-context"), "{error}");
}

#[test]
fn a_build_that_had_nothing_to_run_leaves_nothing_unsure_and_nothing_stale() {
    let (shop, library) = with_library("28.5");
    build(&shop, &library);
    shop.file("Bare", "FROM lib\n");
    shop.build(&["-f", "Bare", "--build-context", &format!("lib={}", library.display())]);
    edit_unseen(&library.join("a.txt"));
    let edited = build(&shop, &library);
    assert_agreed(&edited);
    assert_eq!(told(&edited), ["rebuild ran", "rebuild ran"], "{edited:#}");
}

/// The engine digests a copy of a context that began with no file otherwise than one that began with
/// some, for as long as it has that copy.
#[test]
fn a_context_that_had_no_file_at_first_is_found_from_another_place() {
    let (shop, library) = with_library("28.5");
    let dockerfile = shop.read("Dockerfile");
    shop.file("Dockerfile", "FROM busybox:local\nCOPY --from=lib nothing* /lib/\n");
    let context = format!("lib={}", library.display());
    shop.build(&["--build-context", &context]);
    shop.file("Dockerfile", &dockerfile);
    build(&shop, &library);

    let elsewhere = shop.beside("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a directory");
    std::fs::write(elsewhere.join("Dockerfile"), &dockerfile).expect("a Dockerfile");
    let report = shop.beside("elsewhere.json");
    let mut command = shop.command();
    command.args(["build", "--progress", "plain", "--build-context", &context, "--report"]);
    let built = command.arg(&report).arg(&elsewhere).output().expect("the program runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let found = json(&report);
    assert_eq!(told(&found), ["cached cached"; 2], "{found:#}");
}

#[test]
fn a_context_that_is_emptied_again_is_found() {
    for version in ["20.10", "26.1", "28.5", "28.5-containerd"] {
        let shop = Workshop::new(&engine(version));
        let salt = shop.salt();
        let dockerfile = format!("FROM busybox:local\nRUN echo {salt}\nCOPY . /d/\n");
        let beside = shop.beside("Dockerfile");
        std::fs::write(&beside, dockerfile).expect("a Dockerfile");
        let build = || shop.build(&["-f", &beside.display().to_string()]);
        build();
        shop.file("a.txt", &salt);
        build();
        std::fs::remove_file(shop.context().join("a.txt")).expect("it goes");
        assert_eq!(told(&build()), ["cached cached"; 2], "{version}");
        shop.file("a.txt", &salt);
        assert_eq!(told(&build()), ["cached cached"; 2], "{version}");
    }
}

#[test]
fn a_named_context_that_is_emptied_again_is_found() {
    let (shop, library) = with_library("28.5");
    let file = shop.read("Dockerfile").replace("ls /lib", "ls -R /lib");
    shop.file("Dockerfile", &file);
    let empty = || ["a.txt", "b.txt"].map(|name| drop(std::fs::remove_file(library.join(name))));
    empty();
    build(&shop, &library);
    write(&library, "a.txt", "a");
    build(&shop, &library);
    empty();
    let emptied = build(&shop, &library);
    assert_eq!(told(&emptied), ["cached cached"; 2], "{emptied:#}");
}
