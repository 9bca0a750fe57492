//! What is forecast after the engine's cache was pruned, and what the engine then does. On engines
//! that nothing else builds on.

use std::process::Command;

use crate::bad_input::{end, is_running, start, wait_until};
use crate::report::{assert_agreed, assert_all_reused, step, steps, told};
use crate::workshop::{TestEngine, Workshop, prune_command, spare};
use serde_json::Value;

/// A stage that another copies from, and what stands on that.
const TWO_STAGES: &str = "\
FROM busybox:local AS build
WORKDIR /work
COPY source.txt .
RUN cat source.txt > made.txt
RUN echo SALT > other.txt
FROM busybox:local
COPY --from=build /work/made.txt /made.txt
RUN cat /made.txt
COPY last.txt /last.txt
";

/// A project of its own, built once.
fn built(engine: &TestEngine) -> (Workshop, String) {
    let shop = Workshop::new(engine);
    let salt = shop.salt();
    shop.file("source.txt", &salt);
    shop.file("last.txt", &salt);
    shop.file("Dockerfile", &TWO_STAGES.replace("SALT", &salt));
    let image = shop.image_name("built");
    shop.build(&["-t", &image]);
    (shop, image)
}

fn prune(shop: &Workshop, arguments: &[&str]) {
    let command = prune_command(&shop.engine, arguments);
    let done = Command::new("sh").args(["-c", &command]).output().expect("a shell");
    assert!(done.status.success(), "{command}: {done:?}");
}

fn verdicts(report: &Value) -> Vec<String> {
    let word = |step: &Value, field: &str| step[field].as_str().unwrap_or_default().to_owned();
    let of_step = |step: &&Value| match &step["cause"] {
        Value::Null => word(step, "verdict"),
        cause => format!("{} {}", word(step, "verdict"), word(cause, "kind")),
    };
    steps(report).iter().map(of_step).collect()
}

/// What predict says as text, without the context's line and times.
fn text(shop: &Workshop) -> String {
    let output = shop.run(&["predict", "."]);
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().filter(|line| !line.starts_with("context"));
    let lines: Vec<&str> =
        lines.map(|line| line.split_once(" 0.").map_or(line, |(kept, _)| kept)).collect();
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// What the engine lacks may be in the cache of an image: nobody knows before the engine asked.
fn a_cache_in_an_image_gives_back_what_was_pruned(engine: &TestEngine) {
    let (shop, image) = built(engine);
    shop.build(&["-t", &image, "--no-shortcut", "--build-arg", "BUILDKIT_INLINE_CACHE=1"]);
    prune(&shop, &["-af"]);
    let output = shop.run(&["predict", "--format", "json", "--cache-from", &image, "."]);
    let predicted: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(verdicts(&predicted), ["unknown evicted"; 7], "{predicted:#}");
    let imported = shop.build(&["--cache-from", &image]);
    assert!(told(&imported).iter().all(|told| told.ends_with(" cached")), "{imported:#}");
    // Then the engine has it itself.
    assert_all_reused(&shop.build(&["--no-shortcut"]));
    shop.file("last.txt", &shop.salt());
    let edited = shop.build(&["--cache-from", &image]);
    assert_eq!(told(&edited)[..6], ["cached cached"; 6], "{edited:#}");
    assert_eq!(told(&edited)[6], "unknown ran", "{edited:#}");
    // One that is nowhere is no reason to fail.
    assert_all_reused(&shop.build(&["--cache-from", "localhost:1/nowhere", "--no-shortcut"]));
}

/// A build that is cancelled looks at the cache like any other, be it for a moment: otherwise what
/// it made would look like what the prune took.
fn what_a_cancelled_build_made_is_there(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let (salt, seconds) = (shop.salt(), 200_000 + rand::random::<u32>() % 100_000);
    let fast = shop.beside("fast");
    std::fs::write(&fast, "yes").expect("a secret");
    let fast = format!("id=fast,src={}", fast.display());
    let write = |word: &str| {
        let wait = format!("test -e /run/secrets/fast || sleep {seconds}");
        let slow = format!("RUN --mount=type=secret,id=fast echo {word} && ({wait})");
        let lines = format!("RUN echo {word} {salt}\n{slow}\nRUN echo {word} end\n");
        shop.file("Dockerfile", &format!("FROM busybox:local\n{lines}"));
    };
    write("one");
    shop.build(&["--secret", &fast]);
    prune(&shop, &["-af"]);
    shop.build(&["--secret", &fast]);
    write("two");
    let building = start(&shop, &[]);
    wait_until("the command runs", || is_running(seconds));
    let pid = rustix::process::Pid::from_child(&building.0);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("the signal is sent");
    let (status, said) = end(building);
    assert_eq!(status, 130, "{said}");
    wait_until("the command has ended", || !is_running(seconds));
    let again = shop.build(&["--secret", &fast]);
    assert_agreed(&again);
    assert_eq!(told(&again), ["cached cached", "rebuild ran", "rebuild ran"], "{again:#}");
}

fn all_is_gone_after_a_prune_of_all(engine: &TestEngine) {
    let (shop, image) = built(engine);
    assert_eq!(verdicts(&shop.predict()), ["cached"; 7]);
    prune(&shop, &["-af"]);
    let predicted = shop.predict();
    assert_eq!(verdicts(&predicted), ["rebuild evicted"; 7], "{predicted:#}");
    assert!(text(&shop).contains("the engine dropped it"), "{}", text(&shop));
    assert_agreed(&shop.build(&["-t", &image]));
    assert_all_reused(&shop.build(&["-t", &image]));
}

/// Without `-a` what an image shares with the cache stays: the last stage of a tagged image. Where
/// that is there, nobody asks for the stage that it copies from.
fn a_stage_that_is_gone_runs_when_it_is_asked_for(engine: &TestEngine) {
    let (shop, image) = built(engine);
    prune(&shop, &["-f"]);
    let report = shop.build(&["-t", &image]);
    assert_agreed(&report);
    let forgets_all = engine.version.ends_with("containerd");
    let expected = if forgets_all { "rebuild ran" } else { "cached cached" };
    assert_eq!(told(&report), [expected; 7]);
    prune(&shop, &["-f"]);
    shop.file(
        "Dockerfile",
        &shop.read("Dockerfile").replace("/made.txt /made.txt", "/other.txt /made.txt"),
    );
    let report = shop.build(&["-t", &image]);
    assert_agreed(&report);
    let stage = step(&report, "RUN cat source.txt");
    assert_eq!((&stage["verdict"], &stage["actual"]), (&"rebuild".into(), &"ran".into()));
    assert_eq!(stage["cause"]["kind"], "evicted", "{stage:#}");
}

/// The engine takes what was used longest ago first, one by one, until little enough is left.
fn what_is_left_of_a_partial_prune_is_reused(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let salt = shop.salt();
    let image = shop.image_name("partial");
    let run =
        |name: &str| format!("RUN head -c 1000000 /dev/zero > /{name}; echo {salt} >> /{name}\n");
    let all: String = ["a", "b", "c", "d"].map(run).concat();
    shop.file("Dockerfile", &format!("FROM busybox:local\n{all}"));
    shop.build(&["-t", &image]);
    // The image goes, so that its layers are the cache's alone.
    shop.file("Dockerfile", &format!("FROM busybox:local\n{}", run("a")));
    shop.build(&["-t", &image]);
    shop.file("Dockerfile", &format!("FROM busybox:local\n{all}"));
    prune(&shop, &["-af", "--keep-storage", "2500000"]);
    let report = shop.build(&["-t", &image]);
    assert_eq!(report["agreement"]["false_cached"], 0, "{report:#}");
    assert_eq!(report["agreement"]["false_rebuild"], 0, "{report:#}");
    assert_agreed(&report);
}

/// Once it has made them of other files of the stage, the engine finds by these what it lost.
fn what_a_pattern_finds_in_an_image_is_found_again(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let lines = "FROM busybox:local AS made\nCOPY a.txt /new/\nFROM busybox:local\n";
    let copy = "COPY --from=made bin/busy* /d/";
    shop.file("Dockerfile", &format!("{lines}RUN echo {}\n{copy}\n", shop.salt()));
    let build = |content: &str| {
        shop.file("a.txt", content);
        shop.build(&["--no-shortcut"])
    };
    build("one");
    build("another");
    prune(&shop, &["-af"]);
    build("one");
    build("one");
    let found = build("another");
    assert_agreed(&found);
    assert_ne!(told(&found)[2], "rebuild cached", "{found:#}");
}

/// A store that never saw these steps run knows where they are when they are reused.
fn what_others_built_is_known_to_be_gone(engine: &TestEngine) {
    let (first, _) = built(engine);
    let second = Workshop::new(engine);
    for file in ["Dockerfile", "source.txt", "last.txt"] {
        second.file(file, &first.read(file));
    }
    let image = second.image_name("again");
    let report = second.build(&["-t", &image]);
    assert!(told(&report).iter().all(|told| told == "unknown cached"), "{report:#}");
    assert_all_reused(&second.build(&["-t", &image]));
    prune(&second, &["-af"]);
    let report = second.build(&["-t", &image]);
    assert_eq!(report["agreement"]["false_cached"], 0, "{report:#}");
    assert_eq!(report["agreement"]["false_rebuild"], 0, "{report:#}");
    assert_all_reused(&second.build(&["-t", &image]));
}

macro_rules! on_all_engines {
    ($($name:ident: $version:literal),*) => {
        $(#[test] fn $name() {
            let spare = spare($version);
            all_is_gone_after_a_prune_of_all(&spare.engine);
            what_a_cancelled_build_made_is_there(&spare.engine);
            a_stage_that_is_gone_runs_when_it_is_asked_for(&spare.engine);
            what_is_left_of_a_partial_prune_is_reused(&spare.engine);
            what_others_built_is_known_to_be_gone(&spare.engine);
            what_a_pattern_finds_in_an_image_is_found_again(&spare.engine);
            // With containerd's store only a registry gives an image's cache.
            if !$version.ends_with("containerd") {
                a_cache_in_an_image_gives_back_what_was_pruned(&spare.engine);
            }
        })*
    };
}

on_all_engines!(on_20_10: "20.10", on_26_1: "26.1", on_28_5: "28.5", on_containerd: "28.5-containerd");
