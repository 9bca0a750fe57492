//! Files that git ignores and that an instruction takes.

use super::*;

fn shop(dockerfile: &str) -> Project {
    project()
        .configured("")
        .file(".dockerignore", ".git\n")
        .file(".gitignore", "target/\n*.whl\n")
        .file("Dockerfile", dockerfile)
        .file("x", "1")
        .file("target/app.jar", "made")
        .committed()
}

const DOCKERFILE: &str = "FROM a\nCOPY x .\nRUN one\nCOPY target/app.jar .\nRUN two\n";

#[test]
fn the_steps_before_what_git_ignores_are_told_and_the_others_are_said_to_be_open() {
    let project = shop(DOCKERFILE);
    project.write("x", "2");
    let impact = project.impact();
    assert_eq!((impact.problems.len(), impact.not_compared.len()), (0, 0), "{impact:?}");
    assert_eq!(impact.steps_lost(), 4);
    // It runs again whatever the file is.
    let is_told = |it: &&String| it.contains("target/app.jar");
    assert_eq!(impact.notices.iter().find(is_told), None);
    // Below it all is as it was, as far as anybody knows.
    project.write("x", "1");
    project.write("Dockerfile", DOCKERFILE.replace("two", "three"));
    let impact = project.impact();
    assert_eq!(impact.steps_lost(), 1);
    insta::assert_snapshot!(impact.notices.iter().find(is_told).unwrap());
}

#[test]
fn an_instruction_that_is_new_may_take_what_git_ignores() {
    let project = shop("FROM a\nCOPY x .\n");
    for taken in ["target/app.jar", "target/*.jar", "target", "pip.whl"] {
        project.write("Dockerfile", format!("FROM a\nCOPY x .\nADD {taken} /t/\n"));
        let impact = project.impact();
        assert_eq!((impact.problems.len(), impact.steps_lost()), (0, 1), "{taken}: {impact:?}");
    }
}

#[test]
fn what_is_not_there_and_not_ignored_is_still_wrong() {
    let project = shop("FROM a\nCOPY x .\n");
    project.write("Dockerfile", "FROM a\nCOPY nothing .\n");
    assert_eq!(project.refused().len(), 1);
    // An engine does not get what its own rules leave out.
    project.write("Dockerfile", DOCKERFILE);
    project.write(".dockerignore", ".git\ntarget\n");
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn a_rule_that_leaves_an_instruction_without_files_is_at_fault() {
    let project = shop("FROM a\nCOPY x /\nADD docs/*.md /docs/\n").file("docs/a.md", "1");
    let project = project.committed();
    for (rules, line) in [(".git\nx\n", 2), ("*\n", 1), ("docs/a.md\n\n*.md\n", 1)] {
        project.write(".dockerignore", rules);
        let impact = project.impact();
        let [problem] = &*impact.problems else { panic!("{rules}: {impact:?}") };
        assert_eq!((&*problem.file, problem.line), (".dockerignore", Some(line)), "{rules}");
        assert!(problem.message.contains("Dockerfile:"), "{}", problem.message);
    }
}

#[test]
fn a_variable_that_nothing_sets_is_told() {
    let compose = "services:\n  a:\n    build:\n      context: .\n      target: $T\n      args:\n\
                   \x20       - A=${A:-a}\n        - B=$T$B\n      tags: [\"x:$TAG\"]\n";
    let project = project()
        .configured("")
        .file("compose.yaml", compose)
        .file("Dockerfile", "FROM a\nCOPY f /f\n")
        .file("f", "1")
        .committed();
    assert_eq!(project.impact().notices, [""; 0], "where nothing changed there is nothing to lose");
    project.write("f", "2");
    let notices = project.impact().notices;
    let told = notices.iter().find(|it| it.contains("variable")).unwrap();
    let expected = "compose.yaml:5 takes the variable T, which has no value here (and 1 more): ";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn other_rules_for_what_git_does_not_have_are_told() {
    let project = shop("FROM a\nCOPY x .\nCOPY app /app\nRUN one\n").file("app/a.py", "1");
    let project = project.committed();
    let told = || {
        let notices = project.impact().notices;
        notices.into_iter().find(|it| it.starts_with("the ignore file"))
    };
    assert_eq!(told(), None);
    // What is in it for people changes nothing.
    project.write(".dockerignore", "# git's own\n.git\n");
    assert_eq!(told(), None);
    project.write(".dockerignore", ".git\n**/__pycache__\n");
    insta::assert_snapshot!(told().unwrap());
    // What runs again takes what is there then.
    project.write("app/a.py", "2");
    assert_eq!(told(), None);
}
