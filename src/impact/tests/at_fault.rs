//! The place that is told first: the line of a Dockerfile or an ignore file that does it.

use super::*;

/// A Dockerfile that is used alone, a compose file whose argument it may take, and files.
fn shop(dockerfile: &str) -> Project {
    project()
        .configured("")
        .file("Dockerfile", dockerfile)
        .file("compose.yaml", compose("1"))
        .file("x", "1")
        .file("docs/a.md", "1")
        .file("docs/b.md", "1")
}

fn compose(value: &str) -> String {
    format!(
        "services:\n  a:\n    build:\n      context: .\n      args:\n        MODE: \"{value}\"\n"
    )
}

fn first_places(project: &Project) -> Vec<String> {
    let impact = project.impact();
    assert!(impact.problems.is_empty(), "{:?}", impact.problems);
    let first = |cause: &RootCause| {
        let place = &cause.places[0];
        match place.lines {
            Some((first, last)) if first == last => format!("{}:{first}", place.file),
            Some((first, last)) => format!("{}:{first}-{last}", place.file),
            None => place.file.clone(),
        }
    };
    impact.images[0].causes.iter().map(first).collect()
}

/// The first places told where the Dockerfile goes from one text to the other.
fn blamed(older: &str, newer: &str) -> Vec<String> {
    let project = shop(older).committed();
    project.write("Dockerfile", newer);
    first_places(&project)
}

#[test]
fn a_variable_that_is_removed_is_where_it_stood() {
    let set = "FROM a\nENV A=1\nENV B=2\nRUN make\nCOPY x /\n";
    assert_eq!(blamed(set, "FROM a\nENV A=1\nRUN make\nCOPY x /\n"), ["Dockerfile:3"]);
    let alone = "FROM a\nENV B=2\nRUN make\n";
    assert_eq!(blamed(alone, "FROM a\nRUN make\n"), ["Dockerfile:2"]);
    assert_eq!(
        blamed("FROM a\nARG B=2\nRUN make\n", "FROM a\n# none\nRUN make\n"),
        ["Dockerfile:3"]
    );
}

#[test]
fn a_variable_that_is_edited_is_at_its_own_line() {
    let set =
        |value: &str| format!("FROM a\nENV A=1 \\\n  B={value}\n\nRUN one\nENV B=3\nRUN make\n");
    assert_eq!(blamed(&set("2"), &set("4")), ["Dockerfile:2-3"]);
    let through = |value: &str| format!("ARG V={value}\nFROM a\nARG V\nENV W=x-${{V}}\nRUN make\n");
    assert_eq!(blamed(&through("2"), &through("3")), ["Dockerfile:1"]);
    // An edit of something else is not to blame for what the compose file says.
    let taken = |word: &str| format!("FROM a\nARG MODE=0\nENV W=$MODE\nRUN make\nRUN {word}\n");
    let project = shop(&taken("one")).committed();
    project.write("Dockerfile", taken("two"));
    project.write("compose.yaml", compose("2"));
    assert_eq!(first_places(&project)[0], "compose.yaml:6");
}

#[test]
fn an_argument_before_the_first_from_is_at_its_own_line() {
    let versions = |version: &str| {
        format!("ARG OTHER=1\nARG V={version}\nARG IMAGE=a:$V\nFROM $IMAGE\nRUN make\n")
    };
    assert_eq!(blamed(&versions("1"), &versions("2")), ["Dockerfile:2"]);
    let copied = |version: &str| format!("FROM a\nARG V={version}\nRUN one\nWORKDIR /$V\n");
    assert!(blamed(&copied("1"), &copied("2")).contains(&"Dockerfile:2".to_owned()));
    let edited = "ARG V=1\nFROM a:$V\nRUN make\n";
    assert_eq!(blamed(edited, "ARG V=1\nFROM b:$V\nRUN make\n"), ["Dockerfile:2"]);
}

#[test]
fn an_image_that_files_are_taken_of_is_where_they_are_taken() {
    let copied = |version: &str| format!("FROM a\nRUN one\nCOPY --from=b:{version} /x /y\n");
    assert_eq!(blamed(&copied("1"), &copied("2")), ["Dockerfile:3"]);
    let mounted = |version: &str| {
        format!(
            "FROM a\nRUN --mount=from=b:{version},target=/m one\nCOPY --from=b:{version} /x /y\n"
        )
    };
    assert_eq!(blamed(&mounted("1"), &mounted("2"))[0], "Dockerfile:2");
}

#[test]
fn a_user_a_shell_and_a_directory_are_at_their_own_lines() {
    let user = |name: &str| format!("FROM a\nRUN one\n{name}\nENV A=1\nRUN make\nCOPY x /\n");
    assert_eq!(blamed(&user("USER me"), &user("USER you")), ["Dockerfile:3"]);
    assert_eq!(blamed(&user("USER me"), &user("")), ["Dockerfile:4"]);
    assert_eq!(blamed(&user(""), &user("USER me")), ["Dockerfile:3"]);
    let bash = user("SHELL [\"/bin/bash\", \"-c\"]");
    assert_eq!(blamed(&user("SHELL [\"/bin/sh\", \"-c\"]"), &bash), ["Dockerfile:3"]);
    let named = |name: &str| format!("ARG WHO={name}\nFROM a\nARG WHO\nUSER $WHO\nRUN make\n");
    assert!(blamed(&named("me"), &named("you")).iter().all(|it| it == "Dockerfile:1"));
}

#[test]
fn only_the_stages_that_a_step_stands_on_are_to_blame() {
    let stages = |other: &str, below: &str| {
        format!(
            "FROM a AS below\n{below}\nRUN one\nFROM a AS other\n{other}\nRUN two\n\
             FROM below\nUSER last\nRUN make\nCOPY --from=other /x /\n"
        )
    };
    let older = stages("ENV A=1", "ENV A=1");
    assert_eq!(blamed(&older, &stages("ENV A=1", "ENV A=2")), ["Dockerfile:2"]);
    assert_eq!(
        blamed(&older, &stages("ENV A=2", "ENV A=2"))[..2],
        ["Dockerfile:2", "Dockerfile:5"]
    );
}

#[test]
fn an_option_of_a_compose_file_is_at_its_line() {
    let with = |size: &str| format!("{}      shm_size: {size}\n", compose("1"));
    let project = shop("FROM a\nRUN make\n").file("compose.yaml", with("64m")).committed();
    project.write("compose.yaml", with("128m"));
    assert_eq!(first_places(&project), ["compose.yaml:7"]);
}

#[test]
fn every_key_of_a_compose_file_that_runs_steps_is_at_its_own_line() {
    let with = |line: &str| format!("services:\n  a:\n    build:\n      context: .\n{line}");
    for (text, expected) in [
        ("      network: @\n", 5),
        ("      extra_hosts:\n        - one=10.0.0.1\n        - @=10.0.0.1\n", 7),
        ("      extra_hosts:\n        one: 10.0.0.1\n        @: 10.0.0.1\n", 7),
        ("      platforms:\n        - linux/@\n", 6),
        ("    platform: linux/@\n", 5),
        ("      ulimits:\n        nofile:\n          soft: 1\n          hard: 1@\n", 8),
        ("      additional_contexts:\n        more: docker-image://b:@\n", 6),
        ("      additional_contexts:\n        a: docker-image://b:@\n", 6),
    ] {
        let dockerfile = if text.contains("more") {
            "FROM a\nCOPY --from=more x /\nRUN make\n"
        } else {
            "FROM a\nRUN make\n"
        };
        let word = |number: usize| {
            let words = match text {
                _ if text.contains("network") => ["host", "none"],
                _ if text.contains("linux") => ["amd64", "arm64"],
                _ if text.contains("extra_hosts") => ["first", "second"],
                _ => ["1", "2"],
            };
            with(&text.replace('@', words[number]))
        };
        let project = shop(dockerfile).file("compose.yaml", word(0)).committed();
        project.write("compose.yaml", word(1));
        assert_eq!(first_places(&project)[0], format!("compose.yaml:{expected}"), "{text}");
    }
}

#[test]
fn every_attribute_of_a_bake_file_that_runs_steps_is_at_its_own_line() {
    for text in ["network = \"@\"", "shm-size = SIZE", "extra-hosts = {\n    @ = \"10.0.0.1\"\n  }"]
    {
        let is_of_variable = text.contains("SIZE");
        let bake = |word: &str| {
            let size = format!("variable \"SIZE\" {{\n  default = \"{word}\"\n}}\n");
            let before = if is_of_variable { &*size } else { "" };
            format!("{before}target \"a\" {{\n  {}\n}}\n", text.replace('@', word))
        };
        let words = if is_of_variable { ["1m", "2m"] } else { ["none", "host"] };
        let project = project()
            .configured("")
            .file("Dockerfile", "FROM a\nRUN make\n")
            .file("docker-bake.hcl", bake(words[0]));
        let project = project.committed();
        project.write("docker-bake.hcl", bake(words[1]));
        let expected = if text.contains('{') { 3 } else { 2 };
        assert_eq!(first_places(&project)[0], format!("docker-bake.hcl:{expected}"), "{text}");
    }
}

#[test]
fn a_stage_that_is_not_there_is_told_where_it_is_asked_for() {
    let with = |stage: &str| {
        format!("services:\n  a:\n    build:\n      context: .\n      target: {stage}\n")
    };
    let project = shop("FROM a AS one\nRUN make\n").file("compose.yaml", with("one")).committed();
    project.write("compose.yaml", with("nope"));
    let problem = project.impact().problems.remove(0);
    assert_eq!((&*problem.file, problem.line), ("compose.yaml", Some(5)), "{problem:?}");
}

#[test]
fn an_ignore_file_that_is_copied_itself_is_named_once() {
    let project = shop("FROM a\nCOPY . /all/\n").file(".dockerignore", "one\n").committed();
    project.write(".dockerignore", "# more\none\ndocs\n");
    let places = crate::report::impact(&project.impact(), &Capabilities::PLAIN);
    assert_eq!(places.matches(".dockerignore:").count(), 1, "{places}");
}

/// The same where the ignore file goes from one text to the other.
fn ignored(file: &str, older: &str, newer: &str) -> Vec<String> {
    let project = shop("FROM a\nCOPY docs* x /all/\n").file(file, older).committed();
    project.write(file, newer);
    first_places(&project)
}

#[test]
fn a_rule_that_comes_is_at_its_own_line() {
    let rules = ".git\n# what is for people\n";
    let newer = format!("{rules}docs\n");
    assert_eq!(ignored(".dockerignore", rules, &newer), [".dockerignore:3"]);
    assert_eq!(
        ignored(".dockerignore", &newer, &format!("{newer}!docs/a.md\n")),
        [".dockerignore:4"]
    );
    let own = "Dockerfile.dockerignore";
    assert_eq!(ignored(own, "", "*.txt\n**/*.md\n"), [format!("{own}:2")]);
}

#[test]
fn a_rule_that_goes_is_where_it_stood() {
    let rules = "one\ndocs\ntwo\n";
    assert_eq!(ignored(".dockerignore", rules, "one\ntwo\n"), [".dockerignore:2"]);
    assert_eq!(ignored(".dockerignore", rules, "one\n"), [".dockerignore:1"]);
    let back = "docs\n!docs/a.md\n";
    assert_eq!(ignored(".dockerignore", back, "docs\n"), [".dockerignore:1"]);
    assert_eq!(ignored(".dockerignore", back, "!docs/a.md\ndocs\n"), [".dockerignore:2"]);
    assert_eq!(ignored(".dockerignore", rules, ""), [".dockerignore"]);
    let project = shop("FROM a\nCOPY docs /all/\n").file(".dockerignore", "**/b.md\n");
    let project = project.committed();
    project.remove(".dockerignore");
    assert_eq!(first_places(&project), [".dockerignore"]);
}

#[test]
fn a_rule_of_a_named_context_is_at_its_own_line() {
    let compose = "services:\n  a:\n    build:\n      context: app\n      additional_contexts:\n        more: docs\n";
    let project = shop("FROM a\n")
        .file("compose.yaml", compose)
        .file("app/Dockerfile", "FROM a\nCOPY --from=more *.md /all/\n")
        .committed();
    project.write("docs/.dockerignore", "\nb.md\n");
    let places = first_places(&project);
    assert!(places.contains(&"docs/.dockerignore:2".to_owned()), "{places:?}");
}

#[test]
fn a_file_that_comes_is_at_fault_itself() {
    let project = shop("FROM a\nCOPY . /all/\n").file(".dockerignore", "docs\n").committed();
    project.write("y", "1");
    project.write(".dockerignore", "docs\nz\n");
    let place = &project.impact().images[0].causes[0].places;
    assert!(place.iter().any(|it| it.file == "y"), "{place:?}");
}
