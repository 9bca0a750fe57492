//! One Dockerfile that is asked for by its name.

use super::*;

const DOCKERFILE: &str = "FROM a\nRUN setup one\nRUN setup two\nCOPY x .\nRUN make\n";

fn shop() -> Project {
    project().file("Dockerfile", DOCKERFILE).file("x", "1").committed()
}

fn asked(dockerfile: &str, target: Option<&str>) -> Asked {
    Asked {
        dockerfile: ContextPath::new(dockerfile),
        context: ContextPath::new(dockerfile).parent().unwrap(),
        target: target.map(str::to_owned),
        args: BTreeMap::new(),
    }
}

fn compared(project: &Project, asked: &Asked) -> Impact {
    let (mut base, mut head) = project.sides();
    (base.images, head.images) = asked.images(&base.tree, &head.tree).unwrap();
    compare(&base, &head, &project.measured).unwrap()
}

/// What becomes of it, and how many steps it loses.
fn told(project: &Project, asked: &Asked) -> (ImageChange, usize) {
    let impact = compared(project, asked);
    let [image] = &*impact.images else { panic!("{impact:?}") };
    (image.change, image.steps_lost())
}

/// Why it is not compared, which no limit lets pass.
fn untold(project: &Project, asked: &Asked) -> String {
    let impact = compared(project, asked);
    let command_line = Limits { max_steps: Some(100), ..Limits::default() };
    let reasons = Gates { command_line, ..Gates::default() }.judge(&impact).reasons;
    assert!(impact.images.is_empty(), "{impact:?}");
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    report::impact(&impact, &Capabilities::PLAIN)
}

#[test]
fn a_dockerfile_that_is_renamed_loses_what_is_edited_with_it() {
    let project = shop();
    project.git(&["mv", "Dockerfile", "New"]);
    for name in ["New", "Dockerfile"] {
        assert_eq!(compared(&project, &asked(name, None)).unchanged, 1, "{name}");
    }
    project.write("New", DOCKERFILE.replace("two", "three"));
    for name in ["New", "Dockerfile"] {
        assert_eq!(told(&project, &asked(name, None)), (ImageChange::Changed, 3), "{name}");
    }
}

#[test]
fn a_directory_that_is_renamed_takes_its_context_along() {
    let project = project().file("web/Dockerfile", DOCKERFILE).file("web/x", "1").committed();
    project.git(&["mv", "web", "shop"]);
    assert_eq!(compared(&project, &asked("shop/Dockerfile", None)).unchanged, 1);
    project.write("shop/x", "2");
    assert_eq!(told(&project, &asked("shop/Dockerfile", None)), (ImageChange::Changed, 2));
}

#[test]
fn a_dockerfile_that_may_be_another_is_not_compared() {
    let project = shop();
    project.remove("Dockerfile");
    project.write("New", "FROM b\nRUN other\nRUN another\nCOPY x /\n");
    let reasons =
        [untold(&project, &asked("New", None)), untold(&project, &asked("Dockerfile", None))];
    insta::assert_snapshot!(reasons.join("\n"));
}

#[test]
fn a_dockerfile_beside_the_others_is_new_and_one_that_is_gone_is_removed() {
    let project = shop();
    project.write("New", DOCKERFILE.replace("two", "three"));
    project.remove("x");
    assert_eq!(told(&project.file("x", "1"), &asked("New", None)), (ImageChange::New, 0));
    let project = shop();
    project.remove("Dockerfile");
    project.write("README.md", "FROM now on there is none.\n");
    project.write("notes", "a\n");
    assert_eq!(told(&project, &asked("Dockerfile", None)).0, ImageChange::Removed);
}

#[test]
fn a_stage_that_gets_a_name_loses_what_is_edited_with_it() {
    let project = shop();
    project.write("Dockerfile", DOCKERFILE.replace("FROM a", "FROM a AS s"));
    assert_eq!(compared(&project, &asked("Dockerfile", Some("s"))).unchanged, 1);
    project.write("Dockerfile", DOCKERFILE.replace("FROM a", "FROM a AS s").replace("two", "3"));
    assert_eq!(told(&project, &asked("Dockerfile", Some("s"))), (ImageChange::Changed, 3));
    project.git(&["mv", "Dockerfile", "New"]);
    assert_eq!(told(&project, &asked("New", Some("s"))), (ImageChange::Changed, 3));
}

#[test]
fn a_stage_that_loses_its_name_goes_on_as_well() {
    let project = shop().file("Dockerfile", DOCKERFILE.replace("FROM a", "FROM a AS s"));
    let project = project.committed();
    project.write("Dockerfile", DOCKERFILE.replace("one", "1"));
    assert_eq!(told(&project, &asked("Dockerfile", Some("s"))), (ImageChange::Changed, 4));
}

#[test]
fn a_stage_that_no_build_could_ask_for_is_not_compared() {
    let two = format!("{DOCKERFILE}FROM b\nCOPY --from=0 /made /\n");
    let project = project().file("Dockerfile", &two).file("x", "1").committed();
    project.write("Dockerfile", two.replace("FROM a", "FROM a AS s").replace("two", "3"));
    insta::assert_snapshot!(untold(&project, &asked("Dockerfile", Some("s"))));
    // A new one has nothing to lose.
    project.write("Dockerfile", format!("{two}FROM c AS test\nRUN test\n"));
    assert_eq!(told(&project, &asked("Dockerfile", Some("test"))), (ImageChange::New, 0));
}

#[test]
fn what_is_in_neither_tree_is_refused() {
    let project = shop();
    let (base, head) = project.sides();
    let refused = |asked: &Asked| asked.images(&base.tree, &head.tree).unwrap_err().to_string();
    assert!(refused(&asked("nope", None)).contains("neither of the two trees has nope"));
    assert!(refused(&asked("Dockerfile", Some("s"))).contains("name one of the stages"));
    project.write("New", "FROM a AS t\n");
    let (base, head) = project.sides();
    let refused = |asked: &Asked| asked.images(&base.tree, &head.tree).unwrap_err().to_string();
    assert!(refused(&asked("New", Some("s"))).contains("the target stage `s` does not exist"));
}
