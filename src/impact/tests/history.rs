//! The repository's own `.git` in a context.

use super::*;

/// What is said of it where the image is untouched, and where it is not.
fn told(dockerfile: &str, ignored: &str) -> Option<String> {
    let project = project()
        .configured("")
        .file("Dockerfile", dockerfile)
        .file(".dockerignore", ignored)
        .file("other/x", "1")
        .committed();
    let of = |project: &Project| {
        let notices = project.impact().notices;
        notices.into_iter().find(|it| it.contains("`.git`"))
    };
    let untouched = of(&project);
    project.write("other/x", "2");
    assert_eq!(untouched, of(&project), "{dockerfile}");
    untouched
}

#[test]
fn an_instruction_that_takes_the_repository_itself_is_told_whatever_changed() {
    insta::assert_snapshot!(told("FROM a\nRUN one\nCOPY . .\nRUN two\n", "README\n").unwrap());
    for taken in [
        "COPY .git /g/",
        "COPY --chmod=644 ./ /",
        "ADD .git/refs /r/",
        "COPY .g* /g/",
        "COPY * /",
        "ARG D=.git\nCOPY $D /g",
        "RUN --mount=type=bind,target=/src make",
    ] {
        assert!(told(&format!("FROM a\n{taken}\n"), "").is_some(), "{taken}");
    }
    for other in [
        "COPY other /",
        "COPY .git/HEAD /",
        "COPY --exclude=.git . /",
        "COPY *.txt other /",
        "RUN one\nFROM a\nCOPY other /",
        "COPY . /\nFROM b\nRUN one",
    ] {
        assert_eq!(told(&format!("FROM a\n{other}\n"), ""), None, "{other}");
    }
}

#[test]
fn a_rule_that_leaves_the_repository_itself_out_is_enough() {
    for rules in [".git\n", "**/.git\n", "*\n!other\n", ".git/*\n", ".g*\n"] {
        assert_eq!(told("FROM a\nCOPY . .\n", rules), None, "{rules}");
    }
    for rules in [".git/objects\n", ".git\n!.git/refs\n", "git\n"] {
        assert!(told("FROM a\nCOPY . .\n", rules).is_some(), "{rules}");
    }
}

#[test]
fn several_images_that_take_the_repository_itself_are_told_at_once() {
    let mut project = project().configured("").file("b/Dockerfile", "FROM a\nCOPY . /\n");
    for name in ["a", "c", "d", "e"] {
        project = project.file(&format!("{name}.Dockerfile"), "FROM a\nCOPY . /\n");
    }
    let project = project.committed();
    insta::assert_snapshot!(project.impact().notices.join("\n"));
    // A linked working tree has a file there, which stays as it is.
    project.git(&["worktree", "add", "-q", "../linked"]);
    let linked = Project { root: project.root.parent().unwrap().join("linked"), ..project };
    assert!(!linked.impact().notices.iter().any(|it| it.contains("`.git`")));
}

#[test]
fn the_root_as_a_named_context_has_it_too() {
    let compose = "services:\n  a:\n    build:\n      context: app\n      additional_contexts:\n        all: .\n";
    let project = project()
        .configured("")
        .file("compose.yaml", compose)
        .file("app/Dockerfile", "FROM a\nCOPY --from=all / /all/\n")
        .file(".dockerignore", "app\n")
        .committed();
    let notice = project.impact().notices.join("\n");
    assert!(notice.contains("(app/Dockerfile:2)"), "{notice}");
    project.write(".dockerignore", ".git\n");
    assert!(!project.impact().notices.join("\n").contains("app/Dockerfile:2"));
}
