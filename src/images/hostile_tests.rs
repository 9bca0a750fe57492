//! No file makes the room panic, hang or leave the tree, whatever is in it.

use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::*;
use crate::context::Disk;

/// What a tree with this one file gives.
fn images(file: &str, text: &str) -> Images {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    std::fs::write(root.path().join(file), text).unwrap();
    find(&Disk::new(root.path()), &Variables::new(), &Configuration::default()).unwrap()
}

/// Pieces of compose files in any order.
fn compose() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "services:\n",
        "  a:\n",
        "  b: ",
        "    build:\n",
        "      args:\n",
        "      context: ",
        ".\n",
        "../x\n",
        "&a ",
        "*a\n",
        "<<: ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ": ",
        "\n",
        "!reset ",
        "null\n",
        "!override ",
        "extends: ",
        "include:\n",
        "compose.yaml\n",
        "${A:-",
        "}",
        "$$",
        "'",
        "\"",
        "|\n",
        "    ",
        "---\n",
        "\t",
        "é",
        "\u{0}",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|it| it.concat())
}

/// Pieces of bake files in any order.
fn bake() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "target \"a\" {\n",
        "group \"g\" {\n",
        "variable \"V\" {\n",
        "function \"f\" {\n",
        "}\n",
        "args = ",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "matrix = { x = [1, 2] }\n",
        "name = \"n-${x}\"\n",
        "inherits = [\"a\"]\n",
        "tags = ",
        "V",
        "f(",
        "1",
        "-",
        "\"${",
        "}\"",
        "target.a.tags",
        "[0]",
        ".x",
        "*",
        " ? ",
        " : ",
        "for x in ",
        "%{ if ",
        "%{ endif }",
        "<<-E\n",
        "E\n",
        "\n",
        "default = ",
        "params = [x]\n",
        "result = ",
        ",",
        " + ",
        " / ",
        "0",
        "é",
        "range(",
        "null",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_compose_file_is_read_to_its_end(text in compose()) {
        let found = images("compose.yaml", &text);
        prop_assert!(found.problems.iter().all(|it| !it.message.is_empty()));
    }

    #[test]
    fn any_bake_file_is_read_to_its_end(text in bake()) {
        let found = images("docker-bake.hcl", &text);
        prop_assert!(found.problems.iter().all(|it| !it.message.is_empty()));
    }
}

#[test]
fn a_link_out_of_the_tree_is_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    symlink(outside.path(), root.path().join("out")).unwrap();
    symlink(outside.path().join("Dockerfile"), root.path().join("x.Dockerfile")).unwrap();
    let text = "services:\n  a: {build: out}\n  b: {build: {dockerfile: x.Dockerfile}}\n";
    std::fs::write(root.path().join("compose.yaml"), text).unwrap();
    let found =
        find(&Disk::new(root.path()), &Variables::new(), &Configuration::default()).unwrap();
    assert_eq!((found.images.len(), found.problems.len()), (0, 3));
    let is_told = |message: &str| {
        message.contains("outside of the repository") || message.contains("out of the repository")
    };
    assert!(found.problems.iter().all(|it| is_told(&it.message)));
}

#[test]
fn a_dockerfile_that_is_a_link_is_built_with_the_context_of_the_link() {
    let root = tempfile::tempdir().unwrap();
    for directory in ["common", "api", "web", "loop"] {
        std::fs::create_dir(root.path().join(directory)).unwrap();
    }
    std::fs::write(root.path().join("common/Dockerfile"), "FROM scratch\n").unwrap();
    symlink("Dockerfile", root.path().join("common/Containerfile")).unwrap();
    symlink("../common/Dockerfile", root.path().join("api/Dockerfile")).unwrap();
    symlink("../common/Containerfile", root.path().join("web/Dockerfile")).unwrap();
    symlink("Dockerfile", root.path().join("loop/Dockerfile")).unwrap();
    symlink("nothing", root.path().join("x.Dockerfile")).unwrap();
    symlink("common", root.path().join("y.Dockerfile")).unwrap();
    let text = "services:\n  web: {build: {context: ., dockerfile: web/Dockerfile}}\n";
    std::fs::write(root.path().join("compose.yaml"), text).unwrap();
    let found =
        find(&Disk::new(root.path()), &Variables::new(), &Configuration::default()).unwrap();
    let told: Vec<String> = found
        .images
        .iter()
        .map(|it| format!("{} in {}: {:?}", it.name, it.context, it.dockerfile))
        .chain(found.problems.iter().map(|it| format!("{}: {}", it.file, it.message)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_binary_called_dockerfile_is_a_problem() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("Dockerfile"), b"\x7fELF\x00\xff").unwrap();
    std::fs::write(root.path().join("a.Dockerfile"), b"\x00").unwrap();
    let found =
        find(&Disk::new(root.path()), &Variables::new(), &Configuration::default()).unwrap();
    assert_eq!((found.images.len(), found.problems.len()), (0, 2));
}

#[test]
fn the_configuration_names_changes_and_excludes() {
    let root = tempfile::tempdir().unwrap();
    for file in ["Dockerfile", "docs/Dockerfile", "docker/api.Dockerfile", "x/Dockerfile"] {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "FROM scratch\n").unwrap();
    }
    std::fs::write(root.path().join("compose.yaml"), "services: {web: {build: x}}\n").unwrap();
    let configuration = Configuration::parse(
        b"exclude = ['docs/**']\n[[image]]\nname = 'api'\ndockerfile = 'docker/api.Dockerfile'\n\
          args = {A = '1'}\n[[image]]\nname = 'compose.yaml:web'\ntarget = 't'\n[[image]]\nname = \
          'Dockerfile'\ncontext = 'x'\n[[image]]\nname = 'none'\n[[image]]\nname = 'far'\n\
          dockerfile = 'Dockerfile'\ncontext = '..'\n",
    )
    .unwrap();
    let found = find(&Disk::new(root.path()), &Variables::new(), &configuration).unwrap();
    let told: Vec<String> = found
        .images
        .iter()
        .map(|it| format!("{} in {:?}, {:?}, {:?}", it.name, it.context, it.target, it.args))
        .chain(found.problems.iter().map(|it| format!("{:?}: {}", it.line, it.message)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
