//! When steps begin and end, as engines tell it, and what becomes of that.

use crate::report::{step, steps};
use crate::workshop::{TestEngine, Workshop, engine};
use serde_json::Value;

on_engines!(when_steps_went_on_is_told_kept_and_drawn, a_build_that_fails_has_its_timeline);

/// From when to when a step went on.
fn ends(step: &Value) -> (f64, f64) {
    let span = &step["actual_span"];
    let end = |name: &str| span[name].as_f64().unwrap_or_else(|| panic!("no times in {step:#}"));
    (end("start"), end("end"))
}

/// The page of the history.
fn page(shop: &Workshop) -> String {
    let output = shop.run(&["history", "--format", "html"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a page in UTF-8")
}

/// The part of the page that is the timeline of a build, the newest being 0.
fn timeline(page: &str, build: usize) -> &str {
    let (_, rest) = page.split_once(&format!("id=\"build-{build}\"")).expect("a timeline");
    rest.split_once("</figure>").map_or(rest, |(timeline, _)| timeline)
}

fn when_steps_went_on_is_told_kept_and_drawn(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let salt = shop.salt();
    let dockerfile = format!(
        "FROM busybox:local AS one\nRUN sleep 1; echo {salt} > /one\n\
         FROM busybox:local\nRUN sleep 2; echo {salt} > /two\nCOPY --from=one /one /\n"
    );
    shop.file("Dockerfile", &dockerfile);
    let report = shop.build(&[]);
    let [one, two, taken] = steps(&report)[..] else { panic!("three steps: {report:#}") };
    let [of_one, of_two, of_taken] = [one, two, taken].map(ends);
    assert!(of_one.1 - of_one.0 >= 0.9 && of_two.1 - of_two.0 >= 1.9, "{report:#}");
    assert!(of_one.0 < of_two.1 && of_two.0 < of_one.1, "side by side: {report:#}");
    assert!(of_taken.0 >= of_one.1 - 0.05 && of_taken.0 >= of_two.1 - 0.05, "{report:#}");
    // What each needs, by its place among all steps.
    let all = report["steps"].as_array().expect("steps");
    let needs = |of: &Value| -> Vec<&Value> {
        let places = of["needs"].as_array().expect("places").iter();
        let place = |at: &Value| serde_json::from_value::<usize>(at.clone()).expect("a place");
        places.map(|at| &all[place(at)]["name"]).collect()
    };
    assert!(one["needs"].as_array().is_some_and(|it| it.len() == 1), "{one:#}");
    assert!([&one["name"], &two["name"]].iter().all(|it| needs(taken).contains(it)), "{report:#}");

    shop.build(&["--no-shortcut"]);
    let page = page(&shop);
    let ran = timeline(&page, 1);
    assert_eq!(ran.matches(" data-mark").count(), all.len(), "{ran}");
    let critical = ran.split("<li ").filter(|row| row.contains(" critical"));
    let critical: Vec<&str> = critical.filter_map(|row| row.split('"').nth(5)).collect();
    assert!(critical.iter().any(|words| words.contains("RUN sleep 2")), "{critical:?}");
    assert!(!critical.iter().any(|words| words.contains("RUN sleep 1")), "{critical:?}");
    let reused = timeline(&page, 0);
    // Of FROM some engines say that it ran.
    assert_eq!(reused.matches("<li class=\"mark row reused\"").count(), 3, "{reused}");
}

fn a_build_that_fails_has_its_timeline(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let salt = shop.salt();
    shop.file(
        "Dockerfile",
        &format!("FROM busybox:local\nRUN sleep 1; echo {salt}; false\nRUN echo never\n"),
    );
    let beside = shop.beside("failed.json");
    let output = shop.run(&["build", "--report", beside.to_str().expect("a path in UTF-8"), "."]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value =
        serde_json::from_slice(&std::fs::read(&beside).expect("a report")).expect("JSON");
    let failed = step(&report, "RUN sleep");
    assert_eq!(failed["actual"], "failed", "{failed:#}");
    let (start, end) = ends(failed);
    assert!(end - start >= 0.9, "{failed:#}");
    assert_eq!(step(&report, "RUN echo never")["actual_span"], Value::Null);
    let page = page(&shop);
    let drawn = timeline(&page, 0);
    assert!(
        drawn.contains("mark row failed critical") && !drawn.contains("RUN echo never"),
        "{drawn}"
    );
    assert!(drawn.contains("1 step was not needed or not reached"), "{drawn}");
}
