//! An image for another platform is another image.

use super::*;

const SERVICE: &str = "services:\n  a:\n    build:\n      context: .\n";

/// A project that changes from the one text of a file to the other.
fn changing(dockerfile: &str, file: &str, older: &str, newer: &str) -> Project {
    let project = project()
        .configured("")
        .file("Dockerfile", dockerfile)
        .file("x", "1")
        .file(file, older)
        .committed();
    project.write(file, newer);
    project
}

/// The steps that are lost or may be, and the place and the kind of their causes.
fn lost(project: &Project) -> (Vec<String>, Vec<String>) {
    let impact = project.impact();
    assert!(impact.problems.is_empty(), "{:?}", impact.problems);
    let Some(image) = impact.images.first() else { return Default::default() };
    let steps = verdicts(image).into_iter().filter_map(|it| {
        let (verdict, step) = it.split_once(' ').unwrap();
        (verdict != "cached" && !step.starts_with("FROM")).then(|| step.to_owned())
    });
    let told = |cause: &RootCause| {
        let place = &cause.places[0];
        let line = place.lines.map_or(0, |lines| lines.0);
        let kind = match &cause.kind {
            CauseKind::Option { name, before, after } => {
                format!("{name} {} {}", before.as_deref().unwrap(), after.as_deref().unwrap())
            }
            other => other.word().to_owned(),
        };
        format!("{}:{line} {kind}", place.file)
    };
    let mut causes: Vec<String> = image.causes.iter().map(told).collect();
    causes.dedup();
    (steps.collect(), causes)
}

#[test]
fn what_stands_on_an_image_for_another_platform_is_lost() {
    let from = |platform: &str| format!("FROM --platform={platform} a\nCOPY x /\nWORKDIR /w\n");
    let (before, now) = (from("linux/amd64"), from("linux/arm64"));
    let expected = (
        vec!["COPY x /".to_owned(), "WORKDIR /w".to_owned()],
        vec!["Dockerfile:1 platform linux/amd64 linux/arm64".to_owned()],
    );
    let unknown = changing(&before, "Dockerfile", &before, &now);
    assert_eq!(lost(&unknown), expected);
    assert_eq!(lost(&unknown.base("a", base("a"))), expected);
    // The builder's own, in words.
    let same =
        changing("", "Dockerfile", "FROM a\nCOPY x /\n", &before.replace("WORKDIR /w\n", ""));
    assert_eq!(lost(&same).0, Vec::<String>::new());
    let other = changing("", "Dockerfile", &before, &now.replace(" a\n", " b\n"));
    let (_, causes) = lost(&other);
    assert_eq!(causes, ["Dockerfile:1 base_image"]);
    assert!(!other.text().contains("sha256"), "{}", other.text());
}

#[test]
fn of_a_base_for_several_platforms_only_the_one_that_changes_is_lost() {
    let text = |platform: &str| {
        format!(
            "FROM --platform=linux/{platform} a AS made\nRUN one\nFROM a AS kept\nRUN two\n\
             FROM scratch\nCOPY --from=kept /y /y\nCOPY --from=made /x /x\n"
        )
    };
    let project = changing("", "Dockerfile", &text("arm64"), &text("386"));
    let expected = (
        vec!["RUN one".to_owned(), "COPY --from=made /x /x".to_owned()],
        vec!["Dockerfile:1 platform linux/arm64 linux/386".to_owned()],
    );
    assert_eq!(lost(&project), expected);
    assert_eq!(lost(&project.base("a", base("a"))), expected);
    // The other way round than before, which leaves the platforms the same.
    let text = |made: &str, kept: &str| {
        format!(
            "FROM --platform=linux/{made} a AS made\nRUN one\nFROM --platform=linux/{kept} a\n\
             RUN two\nCOPY --from=made /x /x\n"
        )
    };
    let project = changing("", "Dockerfile", &text("arm64", "amd64"), &text("amd64", "arm64"));
    let (steps, causes) = lost(&project);
    assert_eq!(steps, ["RUN one", "RUN two", "COPY --from=made /x /x"]);
    assert_eq!(causes[0], "Dockerfile:1 platform linux/arm64 linux/amd64");
}

#[test]
fn a_platform_of_compose_or_bake_takes_what_is_copied_from_images() {
    let dockerfile = "FROM --platform=$BUILDPLATFORM a AS made\nCOPY x /\nFROM scratch\n\
                      COPY --from=b /x /y\nCOPY --from=made /x /x\n";
    let compose = |name: &str| format!("{SERVICE}    platform: linux/{name}\n");
    let project = changing(dockerfile, "compose.yaml", &compose("amd64"), &compose("arm64"));
    let expected = (
        vec!["COPY --from=b /x /y".to_owned(), "COPY --from=made /x /x".to_owned()],
        vec!["compose.yaml:5 platform linux/amd64 linux/arm64".to_owned()],
    );
    assert_eq!(lost(&project), expected);
    let bake = |name: &str| format!("target \"a\" {{\n  platforms = [\"linux/{name}\"]\n}}\n");
    let project = changing(dockerfile, "docker-bake.hcl", &bake("amd64"), &bake("arm64"));
    assert_eq!(lost(&project).0, expected.0);
}

#[test]
fn a_platform_by_an_argument_is_at_the_arguments_line() {
    let from =
        |name: &str| format!("ARG P=linux/{name}\nFROM --platform=$P a\nCOPY x /\nRUN one\n");
    let project = changing("", "Dockerfile", &from("amd64"), &from("arm64"));
    let told = "Dockerfile:1 platform linux/amd64 linux/arm64";
    assert_eq!(lost(&project).1, [told]);
    let compose = |name: &str| format!("{SERVICE}      args:\n        P: linux/{name}\n");
    let project = changing(&from("amd64"), "compose.yaml", &compose("amd64"), &compose("arm64"));
    assert_eq!(lost(&project).1, [told.replace("Dockerfile:1", "compose.yaml:6")]);
}

#[test]
fn a_default_platform_beside_a_compose_file_is_taken() {
    let project = project()
        .configured("")
        .file("Dockerfile", "FROM a\nCOPY x /\n")
        .file("x", "1")
        .file("compose.yaml", SERVICE)
        .file(".env", "A=1\nDOCKER_DEFAULT_PLATFORM=linux/amd64\n")
        .committed();
    project.write(".env", "A=1\nDOCKER_DEFAULT_PLATFORM=linux/arm64\n");
    let (steps, causes) = lost(&project);
    assert_eq!(steps, ["COPY x /"]);
    assert_eq!(causes, [".env:2 platform linux/amd64 linux/arm64"]);
}
