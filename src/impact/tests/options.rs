//! Options of a build that a file of images sets.

use super::*;

/// What a change of `compose.yaml` from the one text to the other costs.
fn changed(file: &str, older: &str, newer: &str) -> Vec<String> {
    let project = project()
        .configured("")
        .base("alpine", base("alpine"))
        .file("Dockerfile", "FROM alpine\nRUN one\nCOPY f /\nRUN two\n")
        .file("f", "1")
        .file(file, older)
        .committed();
    project.write(file, newer);
    let impact = project.impact();
    assert!(impact.problems.is_empty(), "{:?}", impact.problems);
    let verdicts = impact.images.first().map(verdicts).unwrap_or_default();
    verdicts.into_iter().filter(|it| !it.starts_with("cached")).collect()
}

const LOST: [&str; 3] = ["rebuild RUN one", "rebuild COPY f /", "rebuild RUN two"];

fn compose(line: &str) -> String {
    format!("services:\n  a:\n    build:\n      context: .\n      {line}\n")
}

#[test]
fn another_network_of_compose_or_bake_runs_every_run() {
    let of_compose = changed("compose.yaml", &compose("network: host"), &compose("network: none"));
    assert_eq!(of_compose, LOST);
    let bake = |network: &str| format!("target \"a\" {{\n  network = \"{network}\"\n}}\n");
    assert_eq!(changed("docker-bake.hcl", &bake("host"), &bake("none")), LOST);
    // The default is what it is without.
    let same = changed("compose.yaml", &compose("network: default"), &compose("target: ''"));
    assert_eq!(same, Vec::<String>::new());
}

#[test]
fn no_cache_switched_on_runs_all() {
    let lost = changed("compose.yaml", &compose("no_cache: false"), &compose("no_cache: true"));
    assert_eq!(lost, LOST);
    // What ran each time before has nothing to lose.
    let off = changed("compose.yaml", &compose("no_cache: true"), &compose("no_cache: false"));
    assert_eq!(off, Vec::<String>::new());
    let filter = "target \"a\" {\n  no-cache = true\n}\n";
    let lost = changed("docker-bake.hcl", "target \"a\" {\n}\n", filter);
    assert_eq!(lost, LOST);
}

#[test]
fn what_a_run_may_use_counts_as_engines_count_it() {
    let of_compose =
        |older: &str, newer: &str| changed("compose.yaml", &compose(older), &compose(newer));
    let of_bake = |older: &str, newer: &str| {
        let bake = |line: &str| format!("target \"a\" {{\n  {line}\n}}\n");
        changed("docker-bake.hcl", &bake(older), &bake(newer))
    };
    for (older, newer) in [
        ("shm_size: 64m", "shm_size: 128m"),
        ("ulimits: { nofile: 1024 }", "ulimits: { nofile: { soft: 1024, hard: 2048 } }"),
        ("extra_hosts: [ 'db=10.0.0.5' ]", "extra_hosts: [ 'cache=10.0.0.5' ]"),
    ] {
        assert_eq!(of_compose(older, newer).len(), 3, "{older} to {newer}");
    }
    let lost = of_compose(
        "platforms: [ linux/amd64, linux/arm64 ]",
        "platforms: [ linux/amd64, linux/arm/v7 ]",
    );
    assert_eq!(lost[1..], LOST, "the base image is another one as well");
    for (older, newer) in [
        ("shm-size = \"64m\"", "shm-size = \"1g\""),
        ("ulimits = [\"nofile=1024:1024\"]", "ulimits = [\"nofile=1024:2048\"]"),
        ("extra-hosts = { db = \"10.0.0.5\" }", "extra-hosts = { cache = \"10.0.0.5\" }"),
    ] {
        assert_eq!(of_bake(older, newer).len(), 3, "{older} to {newer}");
    }
    // No engine looks at a host's address, and the same size is the same however it is written.
    for (older, newer) in [
        ("shm_size: 64m", "shm_size: 67108864"),
        ("ulimits: { nofile: 1024 }", "ulimits: { nofile: { soft: 1024, hard: 1024 } }"),
        ("extra_hosts: [ 'db:10.0.0.5' ]", "extra_hosts: { db: 10.0.0.6 }"),
        ("platforms: [ linux/amd64 ]", "platforms: [ linux/amd64, linux/arm64 ]"),
    ] {
        assert_eq!(of_compose(older, newer), Vec::<String>::new(), "{older} to {newer}");
    }
}

#[test]
fn what_only_the_second_platform_takes_counts() {
    let bake = "target \"a\" {\n  platforms = [\"linux/amd64\", \"linux/arm64\"]\n}\n";
    let dockerfile = "FROM a AS for-amd64\nRUN one\nFROM a AS for-arm64\nRUN two\n\
                      FROM for-$TARGETARCH\nRUN make\n";
    let project = project()
        .configured("")
        .file("docker-bake.hcl", bake)
        .file("Dockerfile", format!("ARG TARGETARCH\n{dockerfile}"))
        .committed();
    project.write("Dockerfile", format!("ARG TARGETARCH\n{dockerfile}").replace("two", "three"));
    assert_eq!(project.impact().steps_lost(), 2);
}

#[test]
fn the_value_of_a_secret_is_in_no_name() {
    let compose = |value: &str| compose(&format!("args: {{ API_TOKEN: {value} }}"));
    let project = project()
        .configured("")
        .base("alpine", base("alpine"))
        .file("Dockerfile", "FROM alpine\nARG API_TOKEN\nRUN fetch --token $API_TOKEN\n")
        .file("compose.yaml", compose("one"))
        .committed();
    project.write("compose.yaml", compose("other"));
    let impact = project.impact();
    let [image] = &*impact.images else { panic!("{impact:?}") };
    assert_eq!(image.steps[1].forecast.step.name, "[2/2] RUN fetch --token ****");
    let report = serde_json::to_string(&crate::report::json::impact(&impact)).unwrap();
    assert!(!report.contains("other"), "{report}");
}

#[test]
fn nobody_knows_what_another_frontend_makes_of_a_dockerfile() {
    let text = |syntax: &str| format!("# syntax={syntax}\nFROM alpine\nRUN one\n");
    for (older, newer, is_known) in [
        ("docker/dockerfile:1", "docker/dockerfile:1.4", true),
        ("docker/dockerfile:1", "docker.io/docker/dockerfile:1.7-labs", true),
        ("docker/dockerfile:1", "docker/dockerfile-upstream:master", false),
        ("docker/dockerfile:1", "my/frontend:9", false),
        ("my/frontend:9", "docker/dockerfile:1", false),
        ("my/frontend:9", "my/frontend:10", false),
        ("my/docker/dockerfile:1", "my/docker/dockerfile:2", false),
    ] {
        let project = project()
            .configured("")
            .base("alpine", base("alpine"))
            .file("Dockerfile", text(older))
            .committed();
        project.write("Dockerfile", text(newer));
        let impact = project.impact();
        assert_eq!(impact.not_compared.is_empty(), is_known, "{older} to {newer}: {impact:?}");
    }
}

#[test]
fn a_frontend_that_an_argument_names_counts_before_that_of_the_file() {
    let compose = |frontend: &str| compose(&format!("args: {{ BUILDKIT_SYNTAX: {frontend} }}"));
    let project = project()
        .configured("")
        .base("alpine", base("alpine"))
        .file("Dockerfile", "# syntax=docker/dockerfile:1\nFROM alpine\nRUN one\n")
        .file("compose.yaml", compose("docker/dockerfile:1"))
        .committed();
    project.write("compose.yaml", compose("my/frontend:9"));
    let impact = project.impact();
    assert_eq!(impact.not_compared.len(), 1, "{impact:?}");
}
