//! What is wrong with one image is named, and the others are compared.

use super::*;

#[test]
fn a_binary_dockerfile_is_named_and_the_rest_reported() {
    let project = project()
        .file("a/Dockerfile", b"FROM a\n\xff\xfe\n")
        .file("a/x", "1")
        .file("b/Dockerfile", "FROM a\nCOPY x .\n")
        .file("b/x", "1")
        .file("c/Dockerfile", "FROM a\nCOPYY x .\n")
        .committed();
    project.write("a/x", "2");
    project.write("b/x", "2");
    project.write("c/Dockerfile", "FROM a\nCOPY missing .\n");
    let impact = project.impact();
    assert_eq!(impact.images.len(), 1);
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_broken_ignore_file_is_named_with_its_line() {
    let project = project().file("a/Dockerfile", "FROM a\nCOPY x /\n").file("a/x", "1").committed();
    for name in ["a/Dockerfile.dockerignore", "a/.dockerignore"] {
        project.write(name, "y\n[\n");
        let problem = project.impact().problems.remove(0);
        assert_eq!((&*problem.file, problem.line), (name, Some(2)), "{}", problem.message);
        assert!(problem.message.starts_with("the pattern `[`"), "{}", problem.message);
        project.write(name, format!("{}\n", "y".repeat(70_000)));
        let problem = project.impact().problems.remove(0);
        assert_eq!((&*problem.file, problem.line), (name, Some(1)), "{}", problem.message);
        project.remove(name);
    }
}

#[test]
fn a_dockerfile_that_was_broken_is_new_when_it_is_not() {
    let project = project().file("Dockerfile", "FRM a\n").committed();
    project.write("Dockerfile", "FROM a\nRUN make\n");
    let impact = project.impact();
    assert_eq!(impact.images[0].change, ImageChange::New);
    assert_eq!(impact.problems[0].side, TreeSide::Base);
    assert_eq!(impact.problems[0].line, Some(1));
}

#[test]
fn on_a_branch_without_a_commit_all_is_new() {
    let project = project().file("Dockerfile", "FROM a\nRUN make\n");
    let impact = project.impact();
    assert_eq!(impact.images[0].change, ImageChange::New);
    assert_eq!(impact.unchanged, 0);
}

#[test]
fn hostile_names_are_escaped() {
    let project =
        project().file("Dockerfile", "FROM a\nCOPY . .\n").file("\u{1b}[2Jx\n", "1").committed();
    project.write("\u{1b}[2Jx\n", "2");
    let text = project.text();
    assert!(text.chars().all(|it| it == '\n' || !it.is_control()), "{text:?}");
}
