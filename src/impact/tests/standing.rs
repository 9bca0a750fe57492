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

/// Targets that stand on each other, the first on `a`; the last takes `x`.
fn chain(length: usize) -> Project {
    let target = |index: usize| {
        let below = match index {
            0 => String::new(),
            _ => format!("  contexts = {{ below = \"target:t{}\" }}\n", index - 1),
        };
        format!("target \"t{index}\" {{\n  dockerfile = \"{index}.Dockerfile\"\n{below}}}\n")
    };
    let bake: String = (0..length).map(target).collect();
    let mut project = project().file("docker-bake.hcl", bake).base("a", base("a"));
    for index in 0..length {
        let from = if index == 0 { "a" } else { "below" };
        let name = format!("{index}.Dockerfile");
        project = project.file(&name, format!("FROM {from}\nRUN step {index}\n"));
    }
    project.committed()
}

#[test]
fn an_image_that_is_left_out_is_still_what_others_stand_on() {
    let project = chain(2).configured("exclude = [\"docker-bake.hcl:t0\"]\n");
    project.write("0.Dockerfile", "FROM a\nRUN other\n");
    let impact = project.impact();
    assert_eq!(outcomes(&impact), [("docker-bake.hcl:t1", ImageChange::Changed)]);
    assert_eq!(impact.steps_lost(), 1);
    assert!(impact.notices.is_empty(), "{:?}", impact.notices);
}

#[test]
fn images_are_followed_however_many_stand_on_each_other() {
    let project = chain(20).configured("exclude = [\"docker-bake.hcl:t?\"]\n");
    project.write("0.Dockerfile", "FROM a\nRUN other\n");
    assert_eq!(project.impact().steps_lost(), 10);
}

#[test]
fn a_base_image_that_nobody_can_follow_is_not_taken_for_equal() {
    let project = chain(80).configured("exclude = [\"docker-bake.hcl:t{?,[0-6]?,7[0-8]}\"]\n");
    project.write("0.Dockerfile", "FROM a\nRUN other\n");
    let impact = project.impact();
    assert!(impact.images.is_empty() && impact.unchanged < 10, "{:?}", outcomes(&impact));
    assert!(project.refused().iter().any(|it| it.contains("could not be compared")));
    insta::assert_snapshot!(impact.problems[0].message);
}

#[test]
fn a_base_image_that_one_tree_does_not_tell_is_not_taken_for_equal() {
    let project = chain(2).configured("");
    let broken = "target \"t0\" {\n  dockerfile = missing()\n}\ntarget \"t1\" {\n  dockerfile = \
                  \"1.Dockerfile\"\n  contexts = { below = \"target:t0\" }\n}\n";
    project.write("docker-bake.hcl", broken);
    assert_eq!(outcomes(&project.impact()), []);
    assert_eq!(project.refused().len(), 2, "{:?}", project.refused());
}

#[test]
fn a_base_image_of_the_tree_that_is_renamed_is_the_same() {
    let project = chain(2).configured("");
    let bake = std::fs::read_to_string(project.root.join("docker-bake.hcl")).unwrap();
    project.write("docker-bake.hcl", bake.replace("t0", "renamed"));
    assert_eq!(project.refused(), Vec::<String>::new());
    project.write("0.Dockerfile", "FROM a\nRUN other\n");
    assert_eq!(project.refused().len(), 2);
}
