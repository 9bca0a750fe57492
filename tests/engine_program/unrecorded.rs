//! Builds of which no record is left: what they wrote to the engine's copy of the context, nobody
//! knows, and yet an edit that keeps a file's size and time is built.

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::report::{assert_agreed, steps, told};
use crate::workshop::{TestEngine, Workshop, engine};

on_engines!(
    after_the_records_are_lost_the_files_that_are_there_are_built,
    after_a_build_with_other_records_the_files_that_are_there_are_built,
    what_another_client_built_meanwhile_is_not_said_to_run,
    what_others_built_of_other_projects_makes_nothing_unsure,
    after_a_build_that_was_killed_the_files_that_are_there_are_built,
    what_a_build_ran_that_was_told_to_end_is_known,
    an_unseen_edit_of_a_file_that_was_sent_and_not_read_is_built,
    an_unseen_edit_of_a_file_with_another_name_is_built,
);

const DOCKERFILE: &str = "FROM busybox:local\nCOPY app.py /\nRUN cat /app.py\n";

/// A project that was built once.
fn built(engine: &TestEngine) -> Workshop {
    let shop = Workshop::new(engine);
    shop.file("app.py", &format!("{} 1", shop.salt()));
    shop.file("Dockerfile", DOCKERFILE);
    shop.build(&[]);
    shop
}

/// A RUN with a temporary file system has the engine ask for all of the context.
fn an_unseen_edit_of_a_file_that_was_sent_and_not_read_is_built(engine: &TestEngine) {
    let shop = built(engine);
    let run = format!("RUN --mount=type=tmpfs,target=/t echo {}\n", shop.salt());
    let whole = format!("FROM busybox:local\nCOPY Dockerfile /\n{run}");
    shop.file("Whole", &whole);
    shop.build(&["-f", "Whole"]);
    edit_unseen(&shop, '2');
    assert_eq!(ran(&shop.build(&[])), [true, true]);
}

/// The engine takes the content of both from the name that comes first, which nothing reads.
fn an_unseen_edit_of_a_file_with_another_name_is_built(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("aaa.py", &format!("{} 1", shop.salt()));
    std::fs::hard_link(shop.context().join("aaa.py"), shop.context().join("app.py"))
        .expect("a link");
    let text = "FROM busybox:local\nRUN --mount=type=tmpfs,target=/t true\nCOPY app.py /\n";
    shop.file("Dockerfile", text);
    shop.build(&[]);
    for digit in ['2', '3'] {
        edit_unseen(&shop, digit);
        assert_eq!(ran(&shop.build(&[])), [false, true]);
    }
}

/// Changes the digit at the end of `app.py` and keeps its size and time.
fn edit_unseen(shop: &Workshop, digit: char) {
    let path = shop.context().join("app.py");
    let before = path.metadata().and_then(|it| it.modified()).expect("a time");
    let mut text = shop.read("app.py");
    text.pop();
    text.push(digit);
    std::fs::write(&path, text).expect("a file");
    let file = File::options().write(true).open(path).expect("a file");
    file.set_modified(before).expect("a time");
}

/// Whether the steps on the base image ran.
fn ran(report: &Value) -> Vec<bool> {
    steps(report).iter().map(|step| step["actual"] == "ran").collect()
}

fn after_the_records_are_lost_the_files_that_are_there_are_built(engine: &TestEngine) {
    let shop = built(engine);
    std::fs::remove_dir_all(shop.beside("cache")).expect("records");
    edit_unseen(&shop, '2');
    assert_eq!(ran(&shop.build(&[])), [true, true]);
    assert_eq!(ran(&shop.build(&["--no-shortcut"])), [false, false]);
}

fn after_a_build_with_other_records_the_files_that_are_there_are_built(engine: &TestEngine) {
    let shop = built(engine);
    edit_unseen(&shop, '2');
    build_as_another(&shop);
    edit_unseen(&shop, '3');
    let report = shop.build(&[]);
    assert_eq!(ran(&report), [true, true]);
    assert_eq!(report["agreement"]["false_cached"], 0, "{report:#}");
}

/// Builds as a client does whose builds are nowhere recorded.
fn build_as_another(shop: &Workshop) {
    let mut other = shop.command();
    other.env("SMARTBUILD_CACHE_DIR", shop.beside("other")).args(["build", "-q", "."]);
    assert!(other.output().expect("the program runs").status.success());
}

fn what_another_client_built_meanwhile_is_not_said_to_run(engine: &TestEngine) {
    let shop = built(engine);
    shop.append("app.py", "more");
    build_as_another(&shop);
    let report = shop.build(&[]);
    assert_eq!(told(&report), ["unknown cached", "unknown cached"], "{report:#}");
    // Once it has been looked at, it makes nothing uncertain any more.
    shop.append("app.py", "and more");
    assert_eq!(told(&shop.build(&[])), ["rebuild ran", "rebuild ran"]);
}

fn what_others_built_of_other_projects_makes_nothing_unsure(engine: &TestEngine) {
    let shop = built(engine);
    let other = Workshop::new(engine);
    other.file("app.py", &other.salt());
    // The same instruction on another image, and another one on the same image.
    other.file("Dockerfile", DOCKERFILE);
    build_as_another(&other);
    other.file("Dockerfile", &shop.read("Dockerfile").replace("cat /app.py", "test -e /app.py"));
    other.append("Dockerfile", "RUN true\n");
    build_as_another(&other);
    shop.append("app.py", "more");
    assert_eq!(told(&shop.build(&[])), ["rebuild ran", "rebuild ran"]);
}

fn after_a_build_that_was_killed_the_files_that_are_there_are_built(engine: &TestEngine) {
    let shop = built(engine);
    // Seen by the engine, with another time.
    shop.file("app.py", &format!("{} 2", shop.salt()));
    end(&shop, Signal::KILL);
    edit_unseen(&shop, '3');
    let report = shop.build(&[]);
    assert_eq!(ran(&report), [true, true]);
    // What the other build ran, the engine may have.
    assert!(steps(&report).iter().all(|step| step["verdict"] == "unknown"), "{report:#}");
}

fn what_a_build_ran_that_was_told_to_end_is_known(engine: &TestEngine) {
    for signal in [Signal::TERM, Signal::HUP] {
        let shop = built(engine);
        shop.file("app.py", &format!("{} 2", shop.salt()));
        end(&shop, signal);
        let report = shop.build(&[]);
        assert_eq!(ran(&report), [false, false]);
        assert_agreed(&report);
    }
}

/// Builds with a step more that takes long, and ends the program while that runs.
fn end(shop: &Workshop, signal: Signal) {
    let log = shop.beside("log");
    shop.file("Dockerfile", &(DOCKERFILE.to_owned() + "RUN echo begun; sleep 60\n"));
    let mut command = shop.command();
    let output = File::create(&log).expect("a file");
    command.args(["build", "--progress", "plain", "."]).stdin(Stdio::null()).stderr(output);
    let mut building = command.spawn().expect("the program runs");
    wait_for(&mut building, || {
        let said = std::fs::read_to_string(&log).expect("a file");
        said.lines().any(|line| line.ends_with(" begun"))
    });
    let number = i32::try_from(building.id()).ok().and_then(Pid::from_raw).expect("a number");
    kill_process(number, signal).expect("it is there");
    building.wait().expect("it ends");
    shop.file("Dockerfile", DOCKERFILE);
}

fn wait_for(building: &mut Child, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(120), "the step has not begun");
        assert!(building.try_wait().expect("a child").is_none(), "the build has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
}
