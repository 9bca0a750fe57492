//! Images that go on under another name.

use super::*;

const DOCKERFILE: &str = "FROM a\nRUN setup one\nRUN setup two\nCOPY x .\nRUN make\n";

fn compose(service: &str) -> String {
    format!("services:\n  {service}:\n    build: web\n")
}

fn shop() -> Project {
    project()
        .configured("")
        .file("compose.yaml", compose("web"))
        .file("web/Dockerfile", DOCKERFILE)
        .file("web/x", "1")
        .committed()
}

/// The only image, with what it was named.
fn only(project: &Project) -> (String, Option<String>, ImageChange, usize) {
    let impact = project.impact();
    let [image] = &*impact.images else { panic!("{:?}", outcomes(&impact)) };
    (image.name.clone(), image.was_named.clone(), image.change, image.steps_lost())
}

fn lost(name: &str, was: &str, steps: usize) -> (String, Option<String>, ImageChange, usize) {
    (name.to_owned(), Some(was.to_owned()), ImageChange::Changed, steps)
}

#[test]
fn a_service_that_is_renamed_loses_what_is_edited_with_it() {
    let project = shop();
    project.write("compose.yaml", compose("shop"));
    project.write("web/Dockerfile", DOCKERFILE.replace("two", "three"));
    assert_eq!(only(&project), lost("compose.yaml:shop", "compose.yaml:web", 3));
    assert_eq!(project.refused().len(), 1);
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_compose_file_that_is_renamed_loses_what_is_edited_with_it() {
    let project = shop();
    project.remove("compose.yaml");
    project.write("docker-compose.yml", compose("web"));
    project.write("web/x", "2");
    assert_eq!(only(&project), lost("docker-compose.yml:web", "compose.yaml:web", 2));
}

#[test]
fn a_directory_that_is_renamed_loses_what_is_edited_with_it() {
    let project = shop();
    project.remove("compose.yaml");
    let project = project.committed();
    project.git(&["mv", "web", "shop"]);
    assert_eq!((project.impact().images.len(), project.impact().unchanged), (0, 1));
    project.write("shop/Dockerfile", DOCKERFILE.replace("one", "three"));
    assert_eq!(only(&project), lost("shop/Dockerfile", "web/Dockerfile", 4));
}

#[test]
fn a_dockerfile_that_becomes_a_service_goes_on_as_it() {
    let project = shop();
    project.remove("compose.yaml");
    let project = project.committed();
    project.write("compose.yaml", compose("web"));
    assert_eq!((project.impact().images.len(), project.impact().unchanged), (0, 1));
    project.write("web/x", "2");
    assert_eq!(only(&project), lost("compose.yaml:web", "web/Dockerfile", 2));
}

#[test]
fn a_second_service_of_the_same_build_costs_nothing() {
    let project = shop();
    project.write("compose.yaml", format!("{}  worker:\n    build: web\n", compose("web")));
    let impact = project.impact();
    let [worker] = &*impact.images else { panic!("{:?}", outcomes(&impact)) };
    assert_eq!((&*worker.name, worker.change), ("compose.yaml:worker", ImageChange::New));
    assert_eq!(worker.built_as.as_deref(), Some("compose.yaml:web"));
    assert!(verdicts(worker).iter().all(|it| it.starts_with("cached")));
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_build_that_goes_on_in_another_service_is_no_new_one() {
    let project = shop().file("api/Dockerfile", "FROM b\n").committed();
    let two = format!("{}  web:\n    build: api\n", compose("shop"));
    project.write("compose.yaml", two);
    project.write("web/x", "2");
    let impact = project.impact();
    let shop = impact.images.iter().find(|it| it.name == "compose.yaml:shop").unwrap();
    assert_eq!((shop.change, shop.steps_lost()), (ImageChange::Changed, 2));
    assert_eq!(shop.was_named.as_deref(), Some("compose.yaml:web"));
}

#[test]
fn the_image_with_the_same_arguments_is_the_one_that_goes_on() {
    let with = |a: (&str, &str), b: (&str, &str)| {
        let service = |(name, value): (&str, &str)| {
            format!("  {name}:\n    build:\n      context: web\n      args: {{ A: \"{value}\" }}\n")
        };
        format!("services:\n{}{}", service(a), service(b))
    };
    let project = shop().file("compose.yaml", with(("a", "1"), ("b", "2")));
    project.write("web/Dockerfile", "FROM a\nARG A\nRUN make $A\n");
    let project = project.committed();
    project.write("compose.yaml", with(("c", "2"), ("d", "3")));
    assert_eq!(only(&project), lost("compose.yaml:d", "compose.yaml:a", 1));
}

#[test]
fn directories_that_are_moved_together_keep_apart() {
    let mut project = project().configured("");
    for name in ["a", "b", "c"] {
        project = project
            .file(&format!("old/{name}/Dockerfile"), DOCKERFILE)
            .file(&format!("old/{name}/x"), name);
    }
    let project = project.committed();
    project.git(&["mv", "old", "new"]);
    assert_eq!((project.impact().images.len(), project.impact().unchanged), (0, 3));
    project.write("new/b/x", "2");
    assert_eq!(only(&project), lost("new/b/Dockerfile", "old/b/Dockerfile", 2));
}

#[test]
fn images_that_have_nothing_in_common_are_new_and_removed() {
    let project =
        shop().file("api/Dockerfile", "FROM b\nRUN one\nRUN two\nRUN three\n").committed();
    project.remove("api/Dockerfile");
    project.write("new/Dockerfile", "FROM c\nRUN four\nRUN five\nRUN six\n");
    assert_eq!(
        outcomes(&project.impact()),
        [("api/Dockerfile", ImageChange::Removed), ("new/Dockerfile", ImageChange::New)]
    );
    assert_eq!(project.refused(), Vec::<String>::new());
}

#[test]
fn a_limit_of_the_old_name_holds_for_the_new_one() {
    let project = shop();
    project.write("compose.yaml", compose("shop"));
    project.write("web/x", "2");
    let toml = b"[[image]]\nname = \"compose.yaml:web\"\n[image.gate]\nmax_steps = 0\n";
    let file = gate::FileLimits::parse(toml).unwrap();
    let gates = Gates { file, ..Gates::default() };
    assert_eq!(gates.judge(&project.impact()).reasons.len(), 1);
}

#[test]
fn a_service_and_its_stage_that_are_renamed_lose_what_is_edited_with_them() {
    let of_stage = |service: &str, stage: &str| {
        format!("services:\n  {service}:\n    build:\n      context: web\n      target: {stage}\n")
    };
    let dockerfile =
        |stage: &str| format!("FROM a AS first\nRUN setup\nFROM first AS {stage}\nCOPY x .\n");
    let project = project()
        .configured("")
        .file("compose.yaml", of_stage("web", "prod"))
        .file("web/Dockerfile", dockerfile("prod"))
        .file("web/x", "1")
        .committed();
    project.write("compose.yaml", of_stage("shop", "final"));
    project.write("web/Dockerfile", dockerfile("final"));
    project.write("web/x", "2");
    assert_eq!(only(&project), lost("compose.yaml:shop", "compose.yaml:web", 1));
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn what_a_compose_file_built_goes_on_as_its_dockerfile_alone() {
    let with_stage = format!("{}\n", DOCKERFILE.replace("FROM a", "FROM a AS prod"));
    let compose = "services:\n  web:\n    build:\n      context: web\n      target: prod\n";
    let project = project()
        .configured("")
        .file("compose.yaml", compose)
        .file("web/Dockerfile", with_stage)
        .file("web/x", "1")
        .committed();
    project.remove("compose.yaml");
    project.write("web/x", "2");
    assert_eq!(only(&project), lost("web/Dockerfile", "compose.yaml:web", 2));
}
