//! What goes wrong on real engines: it is said in full, and nothing wrong is remembered.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::report::{assert_agreed, step, told};
use crate::workshop::{TestEngine, Workshop, engine};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

on_engines!(
    a_failing_run_is_shown_whole_and_not_remembered,
    a_file_that_changes_before_it_is_sent_is_never_sent_wrong,
    a_file_that_never_stops_changing_is_never_sent_wrong,
    ctrl_c_ends_the_engines_command_too,
    a_build_that_could_not_begin_leaves_what_is_known_of_the_context,
    a_base_image_that_is_nowhere_is_named_with_its_line,
    an_impossible_name_is_refused_before_the_build,
    an_old_image_id_does_not_outlive_a_failed_build,
    a_log_of_ours_in_the_context_is_built_as_it_was,
    what_is_cancelled_because_another_step_failed_did_not_fail,
);

fn a_failing_run_is_shown_whole_and_not_remembered(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let dockerfile = "FROM busybox:local\nCOPY app /app\nRUN cat /app\n\
                      RUN seq 1000 1999 && echo to-stderr >&2 && \\\n    grep -q mended /app\nRUN true\n";
    shop.file("Dockerfile", dockerfile);
    shop.file("app", &shop.salt());
    let report_file = shop.beside("failed.json");
    let report_path = report_file.to_str().expect("a path in UTF-8");
    for progress in ["plain", "quiet", "tty"] {
        let output = shop.run(&["--progress", progress, "--report", report_path, "."]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        for number in 1000..2000 {
            assert!(stderr.contains(&format!(" {number}")), "{progress}: no {number}: {stderr}");
        }
        assert!(stderr.contains(" to-stderr"), "{stderr}");
        assert!(stderr.contains("Dockerfile:4 | RUN seq 1000 1999"), "{stderr}");
        assert!(stderr.contains("Dockerfile:5 |     grep -q mended /app"), "{stderr}");
        assert!(stderr.contains("error: step 4/5 failed: exit code: 1\nDockerfile:4"), "{stderr}");
        // Behind its output the command is told once.
        let told = stderr.rsplit_once(" 1998").map_or("", |(_, after)| after);
        assert_eq!(told.matches("grep -q mended").count(), 1, "{progress}: {stderr}");
    }
    let report = crate::workshop::json(&report_file);
    // The second time the finished steps were known, and the failed one was not.
    let told = told(&report);
    assert_eq!(told, ["cached cached", "cached cached", "rebuild failed", "rebuild not_reached"]);
    assert_eq!(report["image"], serde_json::Value::Null);

    let forecast = shop.predict();
    assert_eq!(step(&forecast, "RUN cat")["verdict"], "cached");
    assert_eq!(step(&forecast, "RUN seq")["verdict"], "rebuild");
    shop.append("app", " mended");
    assert_agreed(&shop.build(&[]));
}

/// Starts a build and waits until the context is read and the forecast said, so that the engine
/// is asked next.
pub(crate) fn start(
    shop: &Workshop,
    arguments: &[&str],
) -> (Child, BufReader<impl Read + use<>>, String) {
    let mut child = shop
        .command()
        .args(["build", "--progress", "plain"])
        .args(arguments)
        .arg(".")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut said = String::new();
    while !said.contains("\nforecast ") {
        assert_ne!(stderr.read_line(&mut said).expect("a line"), 0, "no forecast: {said}");
    }
    (child, stderr, said)
}

/// The exit status, and everything that was said.
pub(crate) fn end(
    (mut child, mut stderr, mut said): (Child, BufReader<impl Read>, String),
) -> (i32, String) {
    stderr.read_to_string(&mut said).expect("the messages");
    let status = child.wait().expect("the program ends");
    (status.code().expect("an exit status"), said)
}

/// Whatever came of a build while `moving` changed: what is built now is right, and so is what
/// was said before.
fn assert_nothing_wrong_is_remembered(shop: &Workshop, name: &str, content: &str) {
    shop.file("moving", content);
    let report = shop.build(&["-t", name]);
    assert_eq!(report["agreement"]["false_cached"], 0, "{report:#}");
    assert_eq!(crate::container::output(&shop.engine, name, "md5sum < /moving"), md5sum(shop));
}

/// As the container prints it.
fn md5sum(shop: &Workshop) -> String {
    let mut command = std::process::Command::new("md5sum");
    let file = std::fs::File::open(shop.context().join("moving")).expect("the file");
    let output = command.stdin(file).output().expect("md5sum runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A failure names the file; a success has what the file held at one moment.
fn assert_failed_or_right(shop: &Workshop, name: &str, ended: &(i32, String), words: [&str; 2]) {
    let (status, said) = ended;
    match status {
        0 => {
            let lines = crate::container::output(&shop.engine, name, "uniq /moving");
            assert!(words.contains(&lines.trim_end()), "{lines}");
        }
        // 125 where it changed already while it was read.
        1 | 125 => assert!(said.contains("moving"), "{said}"),
        other => panic!("exit status {other}: {said}"),
    }
}

/// Lines of one word, four megabytes in all.
fn lines_of(word: &str) -> String {
    format!("{word}\n").repeat(4_000_000 / (word.len() + 1))
}

const MOVING: &str = "FROM busybox:local\nCOPY moving /moving\nRUN cat /moving > /dev/null\n";

fn a_file_that_changes_before_it_is_sent_is_never_sent_wrong(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let (old, new) = (shop.salt(), shop.salt());
    shop.file("Dockerfile", MOVING);
    shop.file("moving", &lines_of(&old));
    let name = shop.image_name("moving");
    let building = start(&shop, &["-t", &name]);
    shop.file("moving", &lines_of(&new));
    assert_failed_or_right(&shop, &name, &end(building), [&old, &new]);
    // Had the one been sent and taken for the other, either would be wrong now.
    assert_nothing_wrong_is_remembered(&shop, &name, &lines_of(&old));
    assert_nothing_wrong_is_remembered(&shop, &name, &lines_of(&new));
}

fn a_file_that_never_stops_changing_is_never_sent_wrong(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let (one, other) = (shop.salt(), shop.salt());
    shop.file("Dockerfile", MOVING);
    shop.file("moving", &lines_of(&one));
    let name = shop.image_name("moving");
    let done = AtomicBool::new(false);
    let (path, next) = (shop.context().join("moving"), shop.beside("next"));
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            for word in [&other, &one].into_iter().cycle() {
                std::fs::write(&next, lines_of(word)).expect("a file");
                // At every moment the file is whole.
                std::fs::rename(&next, &path).expect("a file in its place");
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let output = shop.command().args(["--progress", "plain", "-t", &name, "."]).output();
        done.store(true, Ordering::Relaxed);
        output.expect("the program runs")
    });
    let status = output.status.code().expect("an exit status");
    let ended = (status, String::from_utf8_lossy(&output.stderr).into_owned());
    assert_failed_or_right(&shop, &name, &ended, [&one, &other]);
    assert_nothing_wrong_is_remembered(&shop, &name, &lines_of(&one));
    assert_nothing_wrong_is_remembered(&shop, &name, &lines_of(&other));
}

fn ctrl_c_ends_the_engines_command_too(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    // Found again among the processes of this machine, where the engine runs.
    let seconds = 100_000 + rand::random::<u32>() % 100_000;
    // A secret decides nothing about reuse, so the same step can end at once the next time.
    let run = format!("--mount=type=secret,id=fast test -e /run/secrets/fast || sleep {seconds}");
    shop.file("Dockerfile", &format!("FROM busybox:local\nCOPY app /app\nRUN {run}\n"));
    shop.file("app", &shop.salt());
    let building = start(&shop, &[]);
    wait_until("the command runs", || is_running(seconds));
    let pid = rustix::process::Pid::from_child(&building.0);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("the signal is sent");
    let (status, said) = end(building);
    assert_eq!(status, 130, "{said}");
    assert!(said.contains("the build was cancelled"), "{said}");
    wait_until("the command has ended", || !is_running(seconds));
    // As long as the engine holds what the cancelled build made, nobody can tell whether it is found.
    wait_until("the engine lets go", || shop.predict()["steps"][1]["verdict"] == "cached");

    let secret = shop.beside("secret");
    std::fs::write(&secret, "yes").expect("a secret");
    let again = shop.build(&["--secret", &format!("id=fast,src={}", secret.display())]);
    assert_agreed(&again);
    assert_eq!(told(&again), ["cached cached", "rebuild ran"], "{again:#}");
}

/// Whether a shell or a sleep with this number runs anywhere on this machine.
pub(crate) fn is_running(seconds: u32) -> bool {
    let wanted = format!("sleep\0{seconds}\0");
    let processes = std::fs::read_dir("/proc").expect("the processes").flatten();
    let mut commands =
        processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    commands.any(|command| command == wanted.as_bytes())
}

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_base_image_that_is_nowhere_is_named_with_its_line(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    // A registry on this machine that nobody runs: no test waits for the world.
    shop.file("Dockerfile", "# A comment.\nFROM 127.0.0.1:9/nobody/nothing:none\nRUN true\n");
    let output = shop.run(&["predict", "."]);
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let warning = format!(
        "warning: the engine at {} cannot resolve the base image 127.0.0.1:9/nobody/nothing:none, \
         so what stands on it is unknown: ",
        engine.host
    );
    assert!(output.status.success() && stderr.starts_with(&warning), "{stderr}");
    assert!(
        stdout.contains("the engine cannot resolve it") && stdout.contains("after 1/2"),
        "{stdout}"
    );
    assert!(!stdout.contains("recorded"), "{stdout}");
    let output = shop.run(&["--progress", "plain", "."]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("Dockerfile:2 | FROM 127.0.0.1:9/nobody/nothing:none"), "{stderr}");
}

/// A base image that is in no registry: with `--pull` the engine cannot resolve it, nor can it an
/// image of `--build-context`. It has asked for no file then.
fn a_build_that_could_not_begin_leaves_what_is_known_of_the_context(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("app", &shop.salt());
    shop.file("other", &shop.salt());
    shop.file("Dockerfile", "FROM busybox:local\nCOPY . /\nRUN cat /app\n");
    shop.build(&[]);
    let nowhere = format!("lib=docker-image://{}", shop.image_name("nowhere"));
    let mut attempts = vec![vec!["--pull", "."]];
    // Engines before 23.0 have no named contexts.
    if !engine.version.starts_with("20.10") {
        attempts.push(vec!["--build-context", &nowhere, "."]);
        shop.append("Dockerfile", "COPY --from=lib /a /\n");
    }
    for attempt in attempts {
        let output = shop.run(&attempt);
        assert!(!output.status.success(), "{attempt:?}");
    }
    let text = shop.read("Dockerfile");
    let kept: Vec<&str> = text.lines().take(3).collect();
    shop.file("Dockerfile", &(kept.join("\n") + "\n"));
    shop.append("app", "more");
    let report = shop.build(&[]);
    assert_eq!(told(&report), ["rebuild ran", "rebuild ran"], "{report:#}");
    // The engine has its copy: of three files it asks for those alone that were written.
    assert!(report["sent"]["files"].as_u64().expect("a number") < 3, "{report:#}");
}

fn an_impossible_name_is_refused_before_the_build(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("Dockerfile", "FROM busybox:local\n");
    for name in ["UPPER:case", "two words", "", "a:b:c", "http://host/image"] {
        let output = shop.run(&["-t", name, "."]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(125), "{stderr}");
        assert!(stderr.contains(&format!("invalid value '{name}' for '--tag <NAME>'")), "{stderr}");
    }
}

fn an_old_image_id_does_not_outlive_a_failed_build(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("Dockerfile", "FROM busybox:local\nRUN false\n");
    let id_file = shop.beside("id");
    let path = id_file.to_str().expect("a path in UTF-8");
    std::fs::write(&id_file, "sha256:old").expect("a file");
    assert_eq!(shop.run(&["-q", "--iidfile", path, "."]).status.code(), Some(1));
    assert!(!id_file.exists());

    // Where the id cannot be written, nothing is built for it.
    let output = shop.run(&["--iidfile", "nowhere/id", "."]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(stderr.contains("nowhere/id") && !stderr.contains("RUN false"), "{stderr}");
}

fn a_log_of_ours_in_the_context_is_built_as_it_was(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let name = shop.image_name("log");
    shop.file("Dockerfile", &format!("FROM busybox:local\nLABEL a={}\nCOPY . /all\n", shop.salt()));
    for round in 0..3 {
        let before = if round == 0 { String::new() } else { shop.read("build.log") };
        let log = || {
            let mut options = std::fs::OpenOptions::new();
            options.create(true).append(true).open(shop.context().join("build.log"))
        };
        let mut command = shop.command();
        command.args(["build", "--progress", "plain", "-t", &name, "."]);
        command.stdout(log().expect("a log")).stderr(log().expect("a log"));
        let status = command.status().expect("the program runs");
        assert!(status.success(), "{}", shop.read("build.log"));
        assert!(shop.read("build.log").starts_with(&before), "round {round}");
        assert_eq!(crate::container::output(&shop.engine, &name, "cat /all/build.log"), before);
    }
}

fn what_is_cancelled_because_another_step_failed_did_not_fail(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let salt = shop.salt();
    shop.file(
        "Dockerfile",
        &format!(
            "FROM busybox:local AS slow\nRUN sleep 60; echo {salt}\n\
             FROM busybox:local AS fails\nRUN sleep 1; echo {salt}; false\n\
             FROM busybox:local\nCOPY --from=slow /bin/sh /slow\nCOPY --from=fails /bin/sh /fails\n"
        ),
    );
    let path = shop.beside("failed.json");
    let report = path.to_str().expect("a path in UTF-8");
    let output = shop.run(&["--progress", "plain", "--report", report, "."]);
    assert_eq!(output.status.code(), Some(1));
    let report = crate::workshop::json(&path);
    assert_eq!(step(&report, "RUN sleep 60")["actual"], "not_reached");
    assert_eq!(step(&report, "RUN sleep 1")["actual"], "failed");
}
