//! Images that stand on other images of the tree.

use super::*;

/// `app`, which stands on `base`, both as given.
fn standing(base_text: &str, app: &str) -> Project {
    project()
        .context("app/Dockerfile", "mybase", NamedContext::Image("base/Dockerfile".to_owned()))
        .base("alpine", base("alpine"))
        .file("base/Dockerfile", base_text)
        .file("app/Dockerfile", app)
        .file("app/f", "1")
        .committed()
}

/// Which of the steps of `app` are lost when the base becomes this.
fn lost(project: &Project, base_text: &str) -> Vec<String> {
    project.write("base/Dockerfile", base_text);
    let impact = project.impact();
    assert!(impact.problems.is_empty(), "{:?}", impact.problems);
    let app = impact.images.iter().find(|it| it.name == "app/Dockerfile");
    let verdicts = app.map(verdicts).unwrap_or_default();
    verdicts.into_iter().filter(|it| !it.starts_with("cached")).collect()
}

#[test]
fn what_a_base_image_of_the_tree_sets_counts() {
    let app = "FROM mybase\nRUN echo $X\nCOPY f g/\n";
    let cases = [
        ("ENV X=1", "ENV X=2", vec!["rebuild RUN echo $X", "rebuild COPY f g/"]),
        ("USER a", "USER b", vec!["rebuild RUN echo $X", "rebuild COPY f g/"]),
        (r#"SHELL ["a"]"#, r#"SHELL ["b"]"#, vec!["rebuild RUN echo $X", "rebuild COPY f g/"]),
        (
            "ARG A=1\nENV X=$A",
            "ARG A=2\nENV X=$A",
            vec!["rebuild RUN echo $X", "rebuild COPY f g/"],
        ),
        ("# one", "# two", vec![]),
    ];
    for (older, newer, expected) in cases {
        let text = |line: &str| format!("FROM alpine\n{line}\n");
        let project = standing(&text(older), app);
        assert_eq!(lost(&project, &text(newer)), expected, "{older} to {newer}");
    }
}

#[test]
fn a_directory_of_a_base_image_of_the_tree_loses_all() {
    let project = standing("FROM alpine\nWORKDIR /a\n", "FROM mybase\nRUN echo\nCOPY f g/\n");
    assert_eq!(lost(&project, "FROM alpine\nWORKDIR /b\n").len(), 3);
}

#[test]
fn triggers_of_a_base_image_of_the_tree_run() {
    let project = standing("FROM alpine\nONBUILD RUN one\n", "FROM mybase\nRUN make\n");
    let lost = lost(&project, "FROM alpine\nONBUILD RUN two\n");
    assert!(lost.contains(&"rebuild RUN make".to_owned()), "{lost:?}");
    // An edit of what a trigger copies is seen.
    let project = standing("FROM alpine\nONBUILD COPY f /\n", "FROM mybase\nRUN make\n");
    project.write("app/f", "2");
    let impact = project.impact();
    assert_eq!(impact.images[0].summary.rebuild, 2, "{:?}", impact.images);
}
