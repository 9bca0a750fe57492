//! That the quick proof and the plans agree about what a change cannot reach.

use super::*;

/// Whether the change reaches the image, by the quick proof and by its plans. The proof may say that
/// it does where the plans show that it does not, never the other way.
fn reached(project: &Project) -> (bool, bool) {
    let (base, head) = project.sides();
    let changes = head.tree.differences_from(&base.tree).unwrap();
    let facts = &project.measured;
    let (base, head) =
        (Files::new(&base, TreeSide::Base, facts), Files::new(&head, TreeSide::Head, facts));
    let image = &project.images(head.tree).images[0];
    let keys = |files: &Files<'_>| -> Vec<_> {
        files.plan(image, None).ok().unwrap().plan.steps.iter().map(|step| step.key).collect()
    };
    (touched::is_touched(image, &base, &head, &changes), keys(&base) != keys(&head))
}

fn with(dockerfile: &str) -> Project {
    project()
        .file("app/Dockerfile", dockerfile)
        .file("app/.dockerignore", "*.md\n")
        .file("app/src/main.c", "1")
        .file("app/src/deep/x.c", "1")
        .file("app/package.json", "1")
        .file("app/README.md", "1")
        .file("app/docs/only.md", "1")
        .file("app/other", "1")
        .file("elsewhere", "1")
        .committed()
}

#[test]
fn only_what_is_copied_reaches_an_image() {
    let cases = [
        ("FROM a\nCOPY src /x\n", "app/src/deep/x.c", true),
        ("FROM a\nCOPY src /x\n", "app/src/new.c", true),
        ("FROM a\nCOPY src /x\n", "app/other", false),
        ("FROM a\nCOPY src /x\n", "elsewhere", false),
        ("FROM a\nCOPY . /x\n", "app/other", true),
        ("FROM a\nCOPY . /x\n", "app/README.md", false),
        ("FROM a\nCOPY package*.json /x/\n", "app/package-lock.json", true),
        ("FROM a\nCOPY package*.json /x/\n", "app/other", false),
        ("FROM a\nCOPY src/*.c /x/\n", "app/src/new.c", true),
        ("FROM a\nCOPY src/*.c /x/\n", "app/src/deep/x.c", false),
        ("FROM a\nCOPY s*/main.c /x/\n", "app/src/main.c", true),
        ("FROM a\nARG D=src\nCOPY $D /x\n", "app/src/main.c", true),
        ("FROM a\nRUN --mount=type=bind,source=src,target=/s make\n", "app/src/main.c", true),
        ("FROM a\nRUN --mount=type=bind,source=src,target=/s make\n", "app/other", false),
        ("FROM a\nRUN --mount=type=bind,target=/s make\n", "app/other", true),
        ("FROM a AS b\nONBUILD COPY other /x\nFROM b\n", "app/other", true),
        ("FROM a AS b\nCOPY src /s\nFROM a\nCOPY --from=b /s /x\n", "app/src/main.c", true),
    ];
    for (dockerfile, changed, is_reached) in cases {
        let project = with(dockerfile);
        project.write(changed, "2");
        let (proof, plans) = reached(&project);
        assert_eq!(plans, is_reached, "{dockerfile} {changed}");
        assert!(proof || !plans, "{dockerfile} {changed}");
    }
}

#[test]
fn what_cannot_reach_an_image_is_not_planned() {
    for (dockerfile, changed) in [
        ("FROM a\nCOPY src /x\n", "app/other"),
        ("FROM a\nCOPY . /x\n", "app/README.md"),
        ("FROM a\nCOPY . /x\n", "elsewhere"),
        ("FROM a\nCOPY package*.json /x/\n", "app/other"),
    ] {
        let project = with(dockerfile);
        project.write(changed, "2");
        assert_eq!(reached(&project), (false, false), "{dockerfile} {changed}");
    }
}

#[test]
fn the_last_file_of_a_directory_takes_it_along() {
    let project = with("FROM a\nCOPY . /x\n");
    project.remove("app/docs/only.md");
    assert_eq!(reached(&project), (true, true));
}

#[test]
fn rules_and_instructions_reach_an_image_wherever_they_are() {
    for name in ["app/.dockerignore", "app/Dockerfile.dockerignore", "app/Dockerfile"] {
        let project = with("FROM a\nCOPY src /x\n");
        project.write(name, "FROM a\nCOPY src/deep /x\n");
        assert!(reached(&project).0, "{name}");
    }
}

#[test]
fn links_are_followed_by_the_plans() {
    let project = with("FROM a\nCOPY link /x\n");
    std::os::unix::fs::symlink("src", project.root.join("app/link")).unwrap();
    let project = project.committed();
    project.write("app/src/main.c", "2");
    assert_eq!(reached(&project), (true, true));
}

#[test]
fn attributes_reach_all_below_them() {
    let project = with("FROM a\nCOPY src /x\n");
    project.write(".gitattributes", "*.c text eol=crlf\n");
    assert_eq!(reached(&project), (true, true));
}

#[test]
fn triggers_of_a_known_base_image_copy_what_they_like() {
    let triggers = BaseImage { on_build: vec!["COPY other /x".to_owned()], ..base("a") };
    let project = with("FROM a\nCOPY src /x\n").base("a", triggers);
    project.write("app/other", "2");
    assert_eq!(reached(&project), (true, true));
}
