//! `smartbuild optimize --verify`, on a real engine.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::workshop::{TestEngine, Workshop, engine};
use serde_json::Value;

const DOCKERFILE: &str = "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n";

/// A project whose base image has a `pip` of its own, as a shell script.
struct Project {
    shop: Workshop,
    base: Workshop,
    original: String,
    /// A label that every image and container of this test has.
    label: String,
}

fn project(engine: &TestEngine, pip: &str) -> Project {
    let base = Workshop::new(engine);
    base.file("pip", &format!("#!/bin/sh\n{pip}\n"));
    base.file("Dockerfile", "FROM busybox:local\nCOPY --chmod=755 pip /bin/pip\n");
    let name = base.image_name("base");
    base.build(&["-t", &name]);
    let shop = Workshop::new(engine);
    let original = format!("FROM {name}\n{DOCKERFILE}");
    shop.file("Dockerfile", &original);
    shop.file("requirements.txt", "flask\n");
    shop.file("app.py", &shop.salt());
    let label = format!("test={}", shop.salt());
    Project { shop, base, original, label }
}

impl Project {
    fn optimize(&self, arguments: &[&str]) -> Command {
        let mut command = self.shop.command();
        command.args(["optimize", "--verify", "--label", &self.label]).args(arguments).arg(".");
        command
    }

    /// What a list of the engine has of this test.
    fn left(&self, list: &str) -> Vec<Value> {
        let filters = serde_json::json!({ "label": [self.label] }).to_string();
        let socket = self.base.engine.host.trim_start_matches("unix://");
        let output = Command::new("curl")
            .args(["-sSf", "-G", "--unix-socket", socket, "--data-urlencode"])
            .arg(format!("filters={filters}"))
            .arg(format!("http://engine/{list}/json?all=1"))
            .output()
            .expect("curl runs");
        serde_json::from_slice(&output.stdout).expect("a list")
    }

    fn assert_nothing_is_left(&self) {
        for list in ["images", "containers"] {
            assert_eq!(self.left(list), Vec::<Value>::new(), "{list}");
        }
    }
}

#[test]
fn a_rewrite_that_builds_the_same_is_verified_and_written() {
    let project = project(&engine("28.5"), "cp requirements.txt /installed && date >> /log");
    let output = project
        .optimize(&["--apply", "--format", "json", "--check-cmd", "test -f /installed"])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(
        (&found["rewrites"][0]["proof"], &found["rewrites"][0]["risk"]),
        (&"verified".into(), &"none".into())
    );
    let verification = &found["verification"];
    assert_eq!(verification["passed"], true, "{verification:#}");
    // The log; and the time of what pip installed.
    let noise = &verification["noise"];
    assert_eq!((&noise["contents"], &noise["times"]), (&1.into(), &1.into()), "{noise}");
    assert_eq!(verification["check"]["rewritten"]["status"], 0);
    let written = project.shop.read("Dockerfile");
    let install = written.find("RUN pip").expect("the install is there");
    assert!(install < written.find("COPY . .").expect("the copy is there"), "{written}");
    project.assert_nothing_is_left();
}

#[test]
fn a_cache_mount_leaves_nothing_in_the_image() {
    // As the real one: its cache is in the home directory unless it is told to keep none.
    let pip = "case \"$*\" in *--no-cache-dir*) ;; *) mkdir -p ~/.cache/pip && \
               date >> ~/.cache/pip/x;; esac\ncp requirements.txt /installed";
    let project = project(&engine("28.5"), pip);
    let base = project.original.lines().next().expect("its FROM");
    let lines = "WORKDIR /app\nCOPY requirements.txt .\n\
                 RUN pip install --no-cache-dir -r requirements.txt\nCOPY . .\n";
    project
        .shop
        .file("Dockerfile", &format!("{base}\nRUN --mount=type=cache,target=/c true\n{lines}"));
    let output = project.optimize(&["--apply", "--format", "json"]).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(found["rewrites"][0]["id"], "cache-mount", "{found:#}");
    assert_eq!(found["verification"]["passed"], true, "{found:#}");
    let written = project.shop.read("Dockerfile");
    let line = "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n";
    assert!(written.contains(line), "{written}");
    project.assert_nothing_is_left();
}

#[test]
fn a_rewrite_that_builds_something_else_is_shown_and_not_written() {
    // It sees which files are there, as no rule could know.
    let project = project(&engine("28.5"), "ls > /installed");
    let output = project
        .optimize(&["--apply", "--check-cmd", "echo checked; grep app.py /installed"])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("          /installed  content "), "{said}");
    assert!(said.contains("ended with 0 in the original, 1"), "{said}");
    assert!(said.contains("          checked\n"), "{said}");
    assert!(!said.contains("verified"), "{said}");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("nothing is written"), "{why}");
    assert_eq!(project.shop.read("Dockerfile"), project.original);

    // A patch that is known to be wrong is not handed on.
    let output = project.optimize(&["--diff"]).output().expect("the program runs");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/installed  content "));
    project.assert_nothing_is_left();
}

#[test]
fn a_rewrite_that_does_not_build_is_told_with_its_step() {
    let project = project(&engine("28.5"), "test -f app.py");
    let output = project.optimize(&["--apply"]).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("differs   the rewritten Dockerfile does not build\n"), "{said}");
    assert!(said.contains("RUN pip install -r requirements.txt"), "{said}");
    assert_eq!(project.shop.read("Dockerfile"), project.original);
    project.assert_nothing_is_left();
}

#[test]
fn whoever_interrupts_it_finds_nothing_left() {
    let project = project(&engine("28.5"), "date > /installed");
    // While the command runs: there are images then, and a container.
    let mut running = project
        .optimize(&["--check-cmd", "sleep 1000"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let messages = BufReader::new(running.stderr.take().expect("its messages"));
    let is_last = |line: &String| line.contains("building the rewrite");
    let last = messages.lines().map_while(Result::ok).find(is_last);
    assert!(last.is_some(), "it never came to the rewrite");
    for _ in 0..600 {
        if !project.left("containers").is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let process = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("a signal");
    let ended = running.wait().expect("it ends");
    assert_eq!(ended.code(), Some(130));
    project.assert_nothing_is_left();
}
