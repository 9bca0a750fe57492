//! Builds that run beside each other share their steps, and not always with the cache's keys: what
//! is forecast meanwhile is not called cached.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

use crate::report::assert_all_reused;
use crate::workshop::{TestEngine, Workshop, engine};
use serde_json::Value;

/// A build of another client that has come to its last step, and stays there.
struct Beside {
    child: Child,
    /// Held open: without a reader it would end.
    _messages: BufReader<ChildStderr>,
    _shop: Workshop,
}

impl Beside {
    fn begin(engine: &TestEngine, dockerfile: &str, arguments: &[&str]) -> Self {
        let shop = Workshop::new(engine);
        shop.file("Dockerfile", &format!("{dockerfile}RUN echo has-$((1+1))-begun; sleep 120\n"));
        let mut child = shop
            .command()
            .args(["--progress", "plain"])
            .args(arguments)
            .arg(".")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut messages = BufReader::new(child.stderr.take().expect("standard error"));
        let mut lines = messages.by_ref().lines().map_while(Result::ok);
        let begun = lines.any(|line| line.contains("has-2-begun"));
        assert!(begun, "the build ended before its last step");
        Self { child, _messages: messages, _shop: shop }
    }

    fn end(mut self) {
        self.child.kill().expect("it ends");
        self.child.wait().expect("it ended");
    }
}

/// A project on an image that no build has used before.
fn project(engine: &TestEngine) -> (Workshop, String) {
    let shop = Workshop::new(engine);
    shop.file("base/Dockerfile", "FROM busybox:local\nCOPY salt /salt\n");
    shop.file("base/salt", &shop.salt());
    let base = shop.image_name("base");
    let made = shop.run(&["-q", "-t", &base, "base"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    shop.file("Dockerfile", &format!("FROM {base}\nRUN echo one\nRUN echo two\n"));
    (shop, base)
}

/// The verdicts and fates of the steps on the image.
fn told(report: &Value) -> Vec<String> {
    let steps = report["steps"].as_array().expect("steps").iter().skip(1);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    steps.map(|step| format!("{} {}", word(&step["verdict"]), word(&step["actual"]))).collect()
}

/// The engine lets go of what an ended build held a moment later.
fn assert_reused_soon(shop: &Workshop) {
    let begun = Instant::now();
    let is_known = |told: Value| {
        told["steps"].as_array().expect("steps").iter().all(|it| it["verdict"] == "cached")
    };
    while !is_known(shop.predict()) && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_all_reused(&shop.build(&["--no-shortcut"]));
}

fn an_image_is_new_as_long_as_its_first_build_runs(engine: &TestEngine) {
    let (shop, base) = project(engine);
    let first = Beside::begin(engine, &format!("FROM {base}\n"), &[]);
    assert_eq!(told(&shop.build(&[])), ["rebuild ran"; 2]);
    let again = shop.build(&[]);
    assert_eq!(told(&again), ["unknown ran"; 2], "{again:#}");
    assert_eq!(again["steps"][0]["cause"]["kind"], "no_record", "{again:#}");
    first.end();
    assert_reused_soon(&shop);
    // From then on it is known beside any build.
    let other = Beside::begin(engine, &format!("FROM {base}\n"), &[]);
    assert_all_reused(&shop.build(&["--no-shortcut"]));
    other.end();
}

fn what_another_build_makes_again_runs_for_both(engine: &TestEngine) {
    let (shop, base) = project(engine);
    shop.build(&[]);
    assert_reused_soon(&shop);
    let anew = format!("FROM {base}\nRUN echo one\n");
    let anew = Beside::begin(engine, &anew, &["--no-cache"]);
    let beside = shop.build(&[]);
    assert_eq!(told(&beside), ["unknown ran"; 2], "{beside:#}");
    anew.end();
    assert_reused_soon(&shop);
}

macro_rules! on_every_engine {
    ($($module:ident $version:literal),*) => { $(mod $module {
        #[test]
        fn an_image_is_new_as_long_as_its_first_build_runs() {
            super::an_image_is_new_as_long_as_its_first_build_runs(&super::engine($version));
        }

        #[test]
        fn what_another_build_makes_again_runs_for_both() {
            super::what_another_build_makes_again_runs_for_both(&super::engine($version));
        }
    })* };
}

on_every_engine!(
    on_20_10 "20.10",
    on_26_1 "26.1",
    on_28_5 "28.5",
    on_28_5_with_containerd "28.5-containerd"
);
