//! The place that is told for a value that comes from a compose file, a bake file or beside them.

use super::*;

/// The first place told for the change of a file from the one text to the other.
fn blamed(file: &str, others: &[(&str, &str)], older: &str, newer: &str) -> String {
    let mut project = project()
        .configured("")
        .base("alpine", base("alpine"))
        .file("Dockerfile", "FROM alpine\nARG MODE\nARG OTHER\nRUN make $MODE\n")
        .file(file, older);
    for (name, text) in others {
        project = project.file(name, text);
    }
    let project = project.committed();
    project.write(file, newer);
    let impact = project.impact();
    assert!(impact.problems.is_empty(), "{:?}", impact.problems);
    let place = &impact.images[0].causes[0].places[0];
    let (first, last) = place.lines.unwrap();
    if first == last {
        format!("{}:{first}", place.file)
    } else {
        format!("{}:{first}-{last}", place.file)
    }
}

/// The same where what differs is one word.
fn word(file: &str, others: &[(&str, &str)], text: &str) -> String {
    blamed(file, others, &text.replace('@', "debug"), &text.replace('@', "release"))
}

const SERVICE: &str = "services:\n  a:\n    build:\n      context: .\n";

#[test]
fn an_argument_of_a_compose_file_is_at_its_own_line() {
    let mapping = format!("{SERVICE}      args:\n        OTHER: x\n        MODE: @\n");
    assert_eq!(word("compose.yaml", &[], &mapping), "compose.yaml:7");
    let list = format!("{SERVICE}      args:\n        - OTHER=x\n        - MODE=@\n");
    assert_eq!(word("compose.yaml", &[], &list), "compose.yaml:7");
}

#[test]
fn of_two_arguments_that_change_the_second_is_counted() {
    let with =
        |word: &str| format!("{SERVICE}      args:\n        OTHER: {word}\n        MODE: {word}\n");
    let project = project()
        .configured("")
        .file("Dockerfile", "FROM alpine\nARG MODE\nARG OTHER\nRUN make\n")
        .file("compose.yaml", with("1"))
        .committed();
    project.write("compose.yaml", with("2"));
    let text = project.text();
    assert!(text.contains("argument MODE 1 → 2 +1"), "{text}");
}

#[test]
fn an_argument_that_comes_in_is_at_its_own_line() {
    let newer = format!("{SERVICE}      args:\n        MODE: x\n");
    assert_eq!(blamed("compose.yaml", &[], SERVICE, &newer), "compose.yaml:6");
    // One that goes has no line any more.
    assert_eq!(blamed("compose.yaml", &[], &newer, SERVICE), "compose.yaml:2");
}

#[test]
fn a_value_of_an_env_file_is_at_its_line_there() {
    let compose = format!("{SERVICE}      args:\n        OTHER: x\n        MODE: $KIND-$NONE\n");
    let beside = [("compose.yaml", &*compose)];
    assert_eq!(word(".env", &beside, "# which\nOTHER=x\nKIND=@\n"), ".env:3");
    let through = "HOW=@\n\nKIND=\"${HOW}-x\"\n";
    assert_eq!(word(".env", &beside, through), ".env:1");
    let taken = format!("{SERVICE}      args:\n        - MODE\n");
    assert_eq!(word(".env", &[("compose.yaml", &*taken)], "MODE=@\n"), ".env:1");
}

#[test]
fn a_value_of_an_includes_env_file_is_at_its_line_there() {
    let outer = "include:\n  - path: inner/part.yaml\n    project_directory: .\n    env_file: inner/values\n";
    let inner = format!("{SERVICE}      args:\n        MODE: $KIND\n");
    let beside = [("compose.yaml", outer), ("inner/part.yaml", &*inner)];
    assert_eq!(word("inner/values", &beside, "A=1\nKIND=@\n"), "inner/values:2");
}

#[test]
fn a_value_of_a_bake_file_is_at_the_line_that_gives_it() {
    let literal = "target \"a\" {\n  args = {\n    OTHER = \"x\"\n    MODE = \"@\"\n  }\n}\n";
    assert_eq!(word("docker-bake.hcl", &[], literal), "docker-bake.hcl:4");
    let variable = "target \"a\" {\n  args = {\n    MODE = \"${KIND}-x\"\n  }\n}\n\
                    variable \"KIND\" {\n  default = \"@\"\n}\n";
    assert_eq!(word("docker-bake.hcl", &[], variable), "docker-bake.hcl:7");
    let through = "target \"a\" {\n  args = { MODE = KIND }\n}\n\
                   variable \"KIND\" {\n  default = HOW\n}\nHOW = \"@\"\n";
    assert_eq!(word("docker-bake.hcl", &[], through), "docker-bake.hcl:7");
    let inherited = "target \"b\" {\n  args = {\n    MODE = \"@\"\n  }\n}\n\
                     target \"a\" {\n  inherits = [\"b\"]\n}\n\
                     group \"default\" {\n  targets = [\"a\"]\n}\n";
    assert_eq!(word("docker-bake.hcl", &[], inherited), "docker-bake.hcl:3");
}

#[test]
fn a_value_of_bakes_json_is_at_the_line_that_gives_it() {
    let text = "{\n  \"variable\": {\n    \"KIND\": {\n      \"default\": \"@\"\n    }\n  },\n  \
                \"target\": {\n    \"a\": {\n      \"args\": {\n        \"MODE\": \"${KIND}\"\n      \
                }\n    }\n  }\n}\n";
    assert_eq!(word("docker-bake.json", &[], text), "docker-bake.json:4");
    let literal = text.replace('@', "x").replace("${KIND}", "@");
    assert_eq!(word("docker-bake.json", &[], &literal), "docker-bake.json:10");
}

#[test]
fn a_line_of_an_inline_dockerfile_is_the_files() {
    let compose = format!(
        "{SERVICE}      dockerfile_inline: |\n        FROM alpine\n\n        RUN one\n        RUN @ \\\n          \
         more\n"
    );
    assert_eq!(word("compose.yaml", &[], &compose), "compose.yaml:9-10");
    let below = compose.replace("|\n", "|-  # as it is\n\n\n");
    assert_eq!(word("compose.yaml", &[], &below), "compose.yaml:11-12");
    // Lines that are folded, or in quotes, are not those of the file.
    let folded = format!("{SERVICE}      dockerfile_inline: \"FROM alpine\\nRUN @\\n\"\n");
    assert_eq!(word("compose.yaml", &[], &folded), "compose.yaml:5");
    let bake = "target \"a\" {\n  dockerfile-inline = <<EOT\nFROM alpine\nRUN one\nRUN @\nEOT\n}\n";
    assert_eq!(word("docker-bake.hcl", &[], bake), "docker-bake.hcl:5");
    let grown = "target \"a\" {\n  dockerfile-inline = <<EOT\nFROM alpine\n\
                 %{ for it in [\"1\", \"2\"] }\nRUN one\n%{ endfor }\nRUN @\nEOT\n}\n";
    assert_eq!(word("docker-bake.hcl", &[], grown), "docker-bake.hcl:2");
}

#[test]
fn an_install_that_is_lost_in_an_inline_dockerfile_is_at_the_files_line() {
    let text = |word: &str| {
        let lines = format!("FROM alpine\n        RUN {word}\n        RUN apk add make\n");
        format!("{SERVICE}      dockerfile_inline: |\n        {lines}")
    };
    let project = project().configured("").file("compose.yaml", text("one")).committed();
    project.write("compose.yaml", text("two"));
    let deny = Some(BTreeSet::from([gate::Denied::DependencyLayer]));
    let command_line = gate::Limits { deny, ..gate::Limits::default() };
    let gates = Gates { command_line, ..Gates::default() };
    let reasons = gates.judge(&project.impact()).reasons;
    let told: Vec<String> = reasons.iter().map(report::reason).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("`RUN apk add make` at compose.yaml:8 installs"), "{told:?}");
}

#[test]
fn what_is_wrong_in_an_inline_dockerfile_is_at_the_files_line() {
    let text = |word: &str| {
        format!("{SERVICE}      dockerfile_inline: |\n        FROM alpine\n        {word} f /\n")
    };
    let project = project().file("f", "").file("compose.yaml", text("COPY")).committed();
    project.write("compose.yaml", text("COPYY"));
    let (base, mut head) = project.sides();
    let found = images::find(&head.tree, &BTreeMap::new(), &images::Configuration::default());
    head.images = found.unwrap();
    let impact = compare(&base, &head, &project.measured).unwrap();
    assert_eq!(impact.problems[0].line, Some(7), "{:?}", impact.problems);
}

#[test]
fn a_base_image_by_an_argument_is_at_the_arguments_line() {
    let compose = format!("{SERVICE}      args:\n        BASE: alpine:@\n");
    let dockerfile = [("Dockerfile", "ARG BASE\nFROM $BASE\nRUN make\n")];
    assert_eq!(word("compose.yaml", &dockerfile, &compose), "compose.yaml:6");
}

#[test]
fn a_variable_of_the_image_by_an_argument_is_at_the_arguments_line() {
    let compose = format!("{SERVICE}      args:\n        OTHER: x\n        MODE: @\n");
    let dockerfile =
        [("Dockerfile", "FROM alpine\nARG MODE\nENV KIND=$MODE\nRUN make\nCOPY f /\n"), ("f", "")];
    assert_eq!(word("compose.yaml", &dockerfile, &compose), "compose.yaml:7");
}
