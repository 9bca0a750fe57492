//! Images that one of the trees does not tell, as a file that describes them is broken.

use super::*;

const COMPOSE: &str = "services:\n  web:\n    build: web\n";
const BROKEN: &str = "services:\n\tweb:\n";
const BAKE: &str = "target \"web\" {\n  context = \"web\"\n}\n";

/// A service and a Dockerfile on its own.
fn described(file: &str, text: &str) -> Project {
    project()
        .configured("")
        .file(file, text)
        .file("web/Dockerfile", "FROM a\nCOPY x .\n")
        .file("web/x", "1")
        .file("api/Dockerfile", "FROM a\nCOPY x .\n")
        .file("api/x", "1")
        .committed()
}

#[test]
fn what_a_broken_compose_file_describes_is_neither_gone_nor_new() {
    let project = described("compose.yaml", COMPOSE);
    project.write("compose.yaml", BROKEN);
    project.write("web/x", "2");
    project.write("api/x", "2");
    assert_eq!(outcomes(&project.impact()), [("api/Dockerfile", ImageChange::Changed)]);
    let refused = project.refused();
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused.iter().any(|it| it.starts_with("compose.yaml:web: it could not be compared")));
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_compose_file_that_compose_refuses_hides_no_image() {
    let refused = [
        "services:\n  - web\n",
        "# nothing\n",
        "- web\n",
        "services:\n",
        "services: web\n",
        "services:\nweb:\n  build: web\n",
        "things:\n  web:\n    build: web\n",
        "services:\n  web:\n",
        "services:\n  web: web\n",
        "services:\n  web:\n    made: web\n",
    ];
    let project = described("compose.yaml", COMPOSE);
    for text in refused {
        project.write("compose.yaml", text);
        assert_eq!(outcomes(&project.impact()), [], "{text}");
        let refused = project.refused();
        assert!(
            refused.iter().any(|it| it.starts_with("compose.yaml:web: ")),
            "{text}: {refused:?}"
        );
    }
    // Compose takes these, and so the Dockerfile is an image on its own.
    for text in ["services: {}\n", "volumes: {}\n", "services:\n  web: {image: x}\n"] {
        project.write("compose.yaml", text);
        assert_eq!(project.refused(), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_compose_file_that_is_mended_is_not_compared_either() {
    let project = described("compose.yaml", BROKEN);
    project.write("compose.yaml", COMPOSE);
    project.write("web/Dockerfile", "FROM a\nRUN make\nCOPY x .\n");
    assert_eq!(outcomes(&project.impact()), []);
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn one_target_that_is_broken_leaves_the_others() {
    let two = format!("{BAKE}target \"api\" {{\n  context = \"api\"\n}}\n");
    let project = described("docker-bake.hcl", &two);
    project.write("docker-bake.hcl", two.replace("\"web\"\n", "missing()\n"));
    project.write("api/x", "2");
    assert_eq!(outcomes(&project.impact()), [("docker-bake.hcl:api", ImageChange::Changed)]);
    let refused = project.refused();
    assert!(refused.iter().any(|it| it.starts_with("docker-bake.hcl:web: ")), "{refused:?}");
}

#[test]
fn what_bake_lays_over_a_broken_compose_file_is_not_compared() {
    let project = described("compose.yaml", COMPOSE)
        .file("docker-bake.hcl", "target \"web\" {\n  target = \"a\"\n}\n")
        .file("web/Dockerfile", "FROM a AS a\nCOPY x .\n")
        .committed();
    for broken in [BROKEN, "services:\n  web:\n    build:\n      args: 3\n"] {
        project.write("compose.yaml", broken);
        assert_eq!(outcomes(&project.impact()), [], "{broken}");
        let refused = project.refused();
        let is_told = |name: &str| refused.iter().any(|it| it.starts_with(name));
        assert!(is_told("compose.yaml:web: ") && is_told("docker-bake.hcl:web: "), "{refused:?}");
    }
}

#[test]
fn what_an_env_file_chooses_is_not_compared_where_that_breaks() {
    let project = described("web/own.yaml", &COMPOSE.replace(": web", ": ."))
        .file("all/.env", "COMPOSE_FILE=../web/own.yaml\n")
        .committed();
    let chosen = "web/own.yaml:web: it could not be compared";
    for broken in ["COMPOSE_FILE=../web/gone.yaml\n", "COMPOSE_FILE=../web/own.yaml\nno value\n"] {
        project.write("all/.env", broken);
        assert_eq!(outcomes(&project.impact()), [], "{broken}");
        let refused = project.refused();
        assert!(refused.iter().any(|it| it.starts_with(chosen)), "{refused:?}");
    }
}

#[test]
fn an_image_that_smartbuild_toml_parametrises_is_not_compared_either() {
    let named = "[[image]]\nname = \"compose.yaml:web\"\nargs = { A = \"1\" }\n";
    for toml in [named.to_owned(), format!("{named}dockerfile = \"web/Dockerfile\"\n")] {
        let project = described("compose.yaml", COMPOSE).configured(&toml);
        project.write("compose.yaml", BROKEN);
        assert_eq!(outcomes(&project.impact()), [], "{toml}");
        assert!(project.refused()[0].starts_with("compose.yaml:web: "));
    }
}

#[test]
fn what_a_file_includes_or_extends_counts_as_the_file() {
    let extending =
        "services:\n  web:\n    extends:\n      file: more/base.yaml\n      service: b\n";
    let base = "services:\n  b:\n    build: ../web\n";
    let including = "include:\n  - more/compose.yaml\n";
    let cases = [
        (extending, "more/base.yaml", base, "compose.yaml:web"),
        (including, "more/compose.yaml", base, "compose.yaml:b"),
    ];
    for (main, other, text, image) in cases {
        let project = described("compose.yaml", main).file(other, text).committed();
        assert_eq!(project.impact().unchanged, 2);
        project.write(other, BROKEN);
        assert_eq!(outcomes(&project.impact()), [], "{other}");
        let refused = project.refused();
        assert!(refused[0].starts_with(&format!("{image}: ")), "{refused:?}");
        project.write(other, text);
        project.write("compose.yaml", BROKEN);
        assert_eq!(outcomes(&project.impact()), [], "{other}, from compose.yaml");
        assert!(project.refused()[0].starts_with(&format!("{image}: ")));
    }
}

#[test]
fn a_file_that_is_renamed_and_broken_hides_nothing() {
    let project = described("compose.yaml", COMPOSE);
    project.remove("compose.yaml");
    project.write("stack/docker-bake.hcl", "target {");
    assert_eq!(project.refused().len(), 1, "{:?}", project.impact());
}

#[test]
fn a_service_that_is_really_gone_is_removed() {
    let two = format!("{COMPOSE}  api:\n    build: api\n");
    let project = described("compose.yaml", &two).file("other/compose.yaml", BROKEN).committed();
    project.write("compose.yaml", COMPOSE);
    project.remove("api/Dockerfile");
    assert_eq!(outcomes(&project.impact()), [("compose.yaml:api", ImageChange::Removed)]);
    assert_eq!(project.refused(), Vec::<String>::new());
}

#[test]
fn a_dockerfile_that_breaks_is_not_accepted() {
    let project = described("compose.yaml", COMPOSE);
    project.write("api/Dockerfile", "FRM a\n");
    assert_eq!(project.refused().len(), 1);
    assert!(Gates::default().judge(&project.impact()).is_passed());
    insta::assert_snapshot!(project.refused().join("\n"));
    project.git(&["mv", "-k", "api/Dockerfile", "api/Containerfile"]);
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn a_binary_dockerfile_that_is_replaced_had_nothing_to_lose() {
    let project = described("compose.yaml", COMPOSE).file("bin/Dockerfile", b"\x7fELF\0\xff\n");
    let project = project.committed();
    project.write("bin/Dockerfile", "FROM a\nRUN one\n");
    assert_eq!(outcomes(&project.impact()), [("bin/Dockerfile", ImageChange::New)]);
    assert_eq!(project.refused(), Vec::<String>::new());
    // What an engine reads all the same is not known.
    let project = project.file("bin/Dockerfile", b"# \xe9\nFROM a\nRUN one\n").committed();
    project.write("bin/Dockerfile", "FROM a\nRUN two\n");
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn what_no_engine_builds_in_either_tree_costs_nothing_beside_a_new_file() {
    let project = project()
        .configured("")
        .file("Dockerfile", "FROM a\nARG X\nCOPY --from=${X} /a /b\nCOPY . /c\n")
        .committed();
    project.write("new", "1");
    assert_eq!(project.refused(), Vec::<String>::new());
}

#[test]
fn a_file_that_the_change_mends_is_not_to_be_corrected() {
    let project = described("compose.yaml", BROKEN);
    project.write("compose.yaml", COMPOSE);
    insta::assert_snapshot!(project.refused().join("\n"));
}

#[test]
fn a_dockerfile_that_is_broken_from_the_start_had_nothing_to_lose() {
    let project = described("compose.yaml", COMPOSE);
    project.write("new/Dockerfile", "FRM a\n");
    assert_eq!(project.refused(), Vec::<String>::new());
}

#[test]
fn a_dockerfile_that_no_engine_builds_in_either_tree_has_nothing_to_lose() {
    let project = project()
        .configured("")
        .file("T.Dockerfile", "FROM {{ base }} x\nCOPY x .\n")
        .file("Dockerfile", "FROM a\nCOPY x .\n")
        .file("x", "1")
        .committed();
    project.write("x", "2");
    let impact = project.impact();
    assert_eq!(outcomes(&impact), [("Dockerfile", ImageChange::Changed)]);
    assert_eq!((impact.not_compared.len(), impact.problems.len()), (0, 1));
}

#[test]
fn a_compose_file_that_is_broken_in_both_trees_breaks_no_limit() {
    let project = described("compose.yaml", BROKEN);
    project.write("api/x", "2");
    let impact = project.impact();
    assert_eq!(outcomes(&impact), [("api/Dockerfile", ImageChange::Changed)]);
    assert_eq!((impact.not_compared.len(), impact.problems.len()), (0, 1));
}

/// Two commits with the same file, of which the clone does not have the object.
fn without_object(file: &str) -> Project {
    let project = project()
        .configured("")
        .file("Dockerfile", "FROM a\nCOPY x /\n")
        .file("compose.yaml", "services:\n  a:\n    build:\n      context: .\n      target: ''\n")
        .file(".dockerignore", "y\n")
        .file("x", "1")
        .committed()
        .file("x", "2")
        .committed();
    let output = Command::new("git")
        .args(["rev-parse", &format!("HEAD:{file}")])
        .current_dir(&project.root)
        .output()
        .unwrap();
    let id = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    fs::remove_file(project.root.join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    project
}

#[test]
fn what_the_clone_does_not_have_keeps_no_limit() {
    for file in ["Dockerfile", "compose.yaml", ".dockerignore"] {
        let project = without_object(file);
        let options = GitOptions { user_configuration: false, index_file: None };
        let repository = Repository::open(&project.root, &options).unwrap();
        let trees = [repository.tree("HEAD~1").unwrap(), repository.tree("HEAD").unwrap()];
        let [base, head] = repository.comparable(trees).map(|tree| Side {
            label: "a".to_owned(),
            images: project.images(&tree),
            tree,
        });
        let impact = compare(&base, &head, &project.measured).unwrap();
        let command_line = Limits { max_steps: Some(0), ..Limits::default() };
        let gates = Gates { command_line, ..Gates::default() };
        let reasons = gates.judge(&impact).reasons;
        let told: Vec<String> = reasons.iter().map(report::reason).collect();
        let is_it = |it: &String| it.contains("it could not be compared");
        assert!(told.iter().any(is_it), "{file}: {told:?}");
        let is_told = |it: &Problem| it.message.contains(file) && it.message.contains("git fetch");
        assert!(impact.problems.iter().any(is_told), "{:?}", impact.problems);
        // Where nothing changed there is nothing to lose.
        let same = compare(&head, &head, &project.measured).unwrap();
        assert_eq!(gates.judge(&same).reasons, [], "{file}");
    }
}

const ASKING: &str =
    "services:\n  web:\n    build:\n      context: web\n      target: ${T:?name a stage}\n";

#[test]
fn a_value_that_is_not_at_hand_keeps_no_limit() {
    let project = described("compose.yaml", ASKING);
    assert_eq!(project.refused(), Vec::<String>::new(), "nothing changed");
    project.write("README.md", "2");
    let impact = project.impact();
    assert_eq!((impact.not_compared.len(), impact.problems.len()), (1, 1));
    insta::assert_snapshot!(project.refused().join("\n"));
    // What is new had nothing to lose.
    project.write("compose.yaml", format!("{ASKING}  other:\n    build: ${{U:?}}\n"));
    assert_eq!(project.refused().len(), 1);
    let project = project.configured("exclude = [\"compose.yaml:web\"]\n");
    assert_eq!(project.refused(), Vec::<String>::new());
    assert_eq!(project.impact().problems.len(), 1, "{:?}", project.impact().problems);
}

#[test]
fn a_name_that_lacks_a_value_hides_no_build() {
    let compose = "services:\n  web:\n    image: web:${TAG:?}\n    build:\n      context: web\n      \
                   tags: [\"${TAG:?}\"]\n";
    let project = described("compose.yaml", compose);
    project.write("web/x", "2");
    assert_eq!(outcomes(&project.impact()), [("compose.yaml:web", ImageChange::Changed)]);
    assert_eq!(project.impact().problems, []);
}

#[test]
fn a_value_that_a_bake_file_refuses_keeps_no_limit() {
    let asking =
        format!("variable \"V\" {{\n  validation {{\n    condition = V != \"\"\n  }}\n}}\n{BAKE}");
    let project = described("docker-bake.hcl", &asking);
    project.write("README.md", "2");
    let refused = project.refused();
    assert!(refused.len() == 1 && refused[0].contains("docker-bake.hcl:3 says"), "{refused:?}");
    let project = project.configured("exclude = [\"docker-bake.hcl\"]\n");
    assert_eq!(project.refused(), Vec::<String>::new());
}
