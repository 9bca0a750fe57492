//! Stories about compose files; `tests/images.rs` compares more of them with compose itself.

use std::fmt::Write as _;
use std::path::Path;

use crate::context::{ContextPath, Disk};
use crate::images::{Configuration, Image, ImageDockerfile, Images, NamedContext, Variables, find};

/// A tree with an empty Dockerfile in each of its directories.
pub(super) struct Project {
    directory: tempfile::TempDir,
    /// The directory in it that is looked at.
    root: &'static str,
    variables: Variables,
}

pub(super) fn project() -> Project {
    let directory = tempfile::tempdir().unwrap();
    let project = Project { directory, root: "", variables: Variables::new() };
    project.file("Dockerfile", "FROM scratch\n")
}

impl Project {
    fn file(self, path: &str, text: &str) -> Self {
        let path = self.directory.path().join(path);
        let parent = path.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(parent).unwrap();
        std::fs::write(&path, text).unwrap();
        self
    }

    fn compose(self, text: &str) -> Self {
        self.file("compose.yaml", text)
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn images(&self) -> Images {
        let source = Disk::new(self.directory.path().join(self.root));
        find(&source, &self.variables, &Configuration::default()).unwrap()
    }

    fn problems(&self) -> String {
        let problems = self.images().problems;
        let lines = problems.into_iter().map(|it| {
            let line = it.line.map_or(String::new(), |line| format!(":{line}"));
            format!("{}{line}: {}\n", it.file.as_str().unwrap(), it.message)
        });
        lines.collect()
    }

    fn image(&self, name: &str) -> Image {
        let images = self.images();
        let found = images.images.iter().find(|it| it.name == format!("compose.yaml:{name}"));
        found.unwrap_or_else(|| panic!("{images:#?}")).clone()
    }
}

fn file(path: &str) -> ImageDockerfile {
    ImageDockerfile::File(ContextPath::new(path))
}

#[test]
fn a_short_build_is_a_context() {
    let p = project()
        .file("api/Dockerfile", "FROM scratch\n")
        .compose("services:\n  api:\n    build: ./api\n  db:\n    image: postgres\n");
    let image = p.image("api");
    assert_eq!(
        (image.context, image.dockerfile),
        (ContextPath::new("api"), file("api/Dockerfile"))
    );
    assert_eq!(image.origin.line, 2);
    let names: Vec<String> = p.images().images.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["Dockerfile", "compose.yaml:api"], "no Dockerfile is told twice");
}

#[test]
fn arguments_come_from_the_file_the_env_file_and_the_environment() {
    let p = project()
        .file(".env", "TAG=from-file\nNAME=file\n")
        .variable("NAME", "environment")
        .compose(
            "services:\n  a:\n    build:\n      args:\n        NAME:\n        NONE:\n        \
             TAG: ${TAG}-x\n        PORT: 0x10\n        YES: yes\n        ON: true\n  b:\n    \
             build:\n      args: [NAME, 'A=1=2', NONE]\n",
        );
    let pairs = |name| -> Vec<String> {
        p.image(name).args.iter().map(|(key, value)| format!("{key}={value}")).collect()
    };
    assert_eq!(
        pairs("a"),
        ["NAME=environment", "ON=true", "PORT=16", "TAG=from-file-x", "YES=yes"]
    );
    assert_eq!(pairs("b"), ["A=1=2", "NAME=environment"]);
}

#[test]
fn anchors_and_merge_keys_are_carried_out() {
    let p = project().compose(
        "x-build: &build\n  target: dev\n  args: {A: '1'}\nservices:\n  a:\n    build:\n      \
         <<: *build\n      target: prod\n  b:\n    build:\n      <<: [{target: x}, *build]\n",
    );
    assert_eq!(p.image("a").target.as_deref(), Some("prod"));
    assert_eq!(p.image("a").args["A"], "1");
    assert_eq!(p.image("b").target.as_deref(), Some("x"));
}

#[test]
fn later_files_lie_over_earlier_ones_and_reset_them() {
    let p = project()
        .compose(
            "services:\n  a:\n    image: one\n    build:\n      target: dev\n      args: {A: '1', \
             B: '2'}\n      cache_from: [x]\n  b: {build: .}\n  c:\n    build: {target: t}\n",
        )
        .file(
            "compose.override.yaml",
            "services:\n  a:\n    build:\n      target: !reset null\n      args: !override {C: \
             '3'}\n      cache_from: [y]\n  b: !reset null\n  c:\n    build: {dockerfile: !reset \
             x}\n",
        );
    let image = p.image("a");
    assert_eq!((image.target, image.tags), (None, vec!["one".to_owned()]));
    assert_eq!(image.args.into_keys().collect::<Vec<_>>(), ["C"]);
    assert_eq!(image.cache_from, ["x", "y"]);
    assert_eq!(p.image("c").target.as_deref(), Some("t"));
    assert_eq!(p.images().images.len(), 2);
}

#[test]
fn a_service_extends_others_here_and_elsewhere() {
    let p = project()
        .file("base/Dockerfile", "FROM scratch\n")
        .file(
            "base/common.yaml",
            "services:\n  root:\n    build:\n      context: .\n      args: {A: '1', B: '1'}\n  \
             mid:\n    extends: root\n    build: {args: {B: '2'}, additional_contexts: {x: ../y}}\n",
        )
        .compose(
            "services:\n  a:\n    extends: {file: base/common.yaml, service: mid}\n    build: \
             {args: {C: '3'}}\n  b:\n    extends: a\n    build: {target: t}\n",
        );
    let image = p.image("b");
    assert_eq!(image.context, ContextPath::new("base"));
    assert_eq!(image.contexts["x"], NamedContext::Directory(ContextPath::new("y")));
    assert_eq!(image.args.into_values().collect::<Vec<_>>(), ["1", "2", "3"]);
}

#[test]
fn what_is_missing_of_an_include_is_told_where_it_is_included() {
    let problems = |include: &str| {
        let text = format!("# parts\ninclude:\n{include}services: {{}}\n");
        project().compose(&text).file("a.yaml", "include:\n\n- b/none.yaml\n").problems()
    };
    let missing = "no such file: add it or correct its name\n";
    assert_eq!(problems("- b/none.yaml\n"), format!("compose.yaml:3: b/none.yaml: {missing}"));
    let several = "- path:\n  - a.yaml\n  - b/none.yaml\n";
    assert_eq!(problems(several), format!("a.yaml:3: b/none.yaml: {missing}"));
    let second = "- path:\n  - c.yaml\n  - a.yaml\n";
    assert_eq!(problems(second), format!("compose.yaml:4: c.yaml: {missing}"));
    let env = "- path: a.yaml\n  env_file:\n  - none.env\n";
    assert_eq!(problems(env), format!("compose.yaml:5: none.env: {missing}"));
}

#[test]
fn included_files_keep_their_own_directory_and_env_file() {
    let p = project()
        .file("sub/Dockerfile", "FROM scratch\n")
        .file("sub/.env", "T=sub\n")
        .file("sub/compose.yaml", "services:\n  s:\n    build: {context: ., target: $T}\n")
        .file("other/x.yaml", "services:\n  o:\n    build: {context: ../sub, target: '${E}'}\n")
        .file("e.env", "E=given\n")
        .file(".env", "T2=main\n")
        .compose("include:\n  - sub/compose.yaml\n  - path: other/x.yaml\n    env_file: e.env\n");
    assert_eq!(p.image("s").target.as_deref(), Some("sub"));
    assert_eq!(p.image("s").context, ContextPath::new("sub"));
    assert_eq!(p.image("o").target.as_deref(), Some("given"));
    let names: Vec<String> = p.images().images.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["Dockerfile", "compose.yaml:o", "compose.yaml:s"]);
}

#[test]
fn a_context_may_be_what_another_service_builds() {
    let p = project().compose(
        "services:\n  base: {build: .}\n  a:\n    build:\n      additional_contexts:\n        - \
         b=service:base\n        - alpine=docker-image://alpine\n",
    );
    let image = p.image("a");
    assert_eq!(image.contexts["b"], NamedContext::Image("compose.yaml:base".to_owned()));
    let outside = "docker-image://alpine".to_owned();
    assert_eq!(image.contexts["alpine"], NamedContext::Outside(outside));
}

#[test]
fn what_is_built_elsewhere_is_a_notice() {
    let images =
        project().compose("services:\n  a: {build: 'https://example.com/x.git#main'}\n").images();
    assert_eq!((images.images.len(), images.problems.len(), images.notices.len()), (1, 0, 1));
}

#[test]
fn every_mistake_is_named_where_it_is() {
    let compose = "services:\n  a:\n    build: {surroundings: .}\n  b:\n    build: {target: '${X:?set \
                   X}'}\n  c:\n    extends: d\n  d:\n    extends: c\n  e:\n    build: ../..\n  f:\n    \
                   build: {dockerfile: none}\n  g:\n    build: {args: {D: 2024-01-31}}\n  h:\n    \
                   build: {additional_contexts: {x: 'service:none'}}\n  i:\n    extends: {file: \
                   none.yaml, service: x}\n  j:\n    build: {dockerfile: a, dockerfile_inline: \
                   b}\n  ok: {build: .}\nthings: {}\n";
    let p = project().compose(compose);
    insta::assert_snapshot!(p.problems());
    assert_eq!(p.image("ok").context, ContextPath::root());
}

#[test]
fn a_broken_file_is_named_and_the_others_are_found() {
    let p = project()
        .compose("services:\n  a: {build: .\n")
        .file("x/Dockerfile", "FROM scratch\n")
        .file("x/compose.yaml", "services: {a: {build: .}}\n")
        .file("y/compose.yaml", "include: [../z/compose.yaml]\n")
        .file("z/compose.yaml", "include: [../y/compose.yaml]\n")
        .file("t/compose.yaml", "services:\n  a: {build: .}\n  a: {build: .}\n")
        .file("l/compose.yaml", "[]\n")
        .file("m/compose.yaml", "services: {}\n")
        .file("m/.env", "A=1\nB C\n");
    insta::assert_snapshot!(p.problems());
    let names: Vec<String> = p.images().images.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["Dockerfile", "x/compose.yaml:a"]);
}

#[test]
fn a_few_lines_that_stand_for_very_much_are_refused() {
    let mut bomb = "x-a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let alias = format!("*a{}", level - 1);
        let aliases = vec![alias; 10].join(", ");
        writeln!(bomb, "x-{level}: &a{level} [{aliases}]").unwrap();
    }
    let deep = format!("a: {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let itself = "a: &a [*a]\n";
    let p = project().compose(&bomb).file("d/compose.yml", &deep).file("i/compose.yml", itself);
    insta::assert_snapshot!(p.problems());
}

#[test]
fn an_env_file_that_chooses_what_is_not_there_is_told_at_its_line() {
    let project = project().file(".env", "# files\nCOMPOSE_FILE=compose.yaml:dev.yaml\n");
    let project = project.compose("services:\n  app:\n    build: .\n");
    let problems = project.problems();
    assert!(problems.starts_with(".env:2: COMPOSE_FILE names `dev.yaml`"), "{problems}");
    let outside = project.file(".env", "COMPOSE_FILE=../x.yaml\n").problems();
    assert!(outside.starts_with(".env:1: `../x.yaml` is outside"), "{outside}");
}

#[test]
fn an_env_file_without_a_compose_file_is_no_concern_of_ours() {
    let project = project().file("app/.env", "not an env file at all\n");
    assert_eq!(project.problems(), "");
    let choosing = project.file("app/.env", "COMPOSE_FILE=a.yaml\nnot an env file at all\n");
    let problems = choosing.problems();
    assert!(problems.starts_with("app/.env:2: "), "{problems}");
}

#[test]
fn a_project_that_an_env_file_chooses_is_there_once() {
    let text = "services:\n  app:\n    build: .\n";
    let project = project().file(".env", "COMPOSE_FILE=deploy/compose.yaml\n");
    let project =
        project.file("deploy/Dockerfile", "FROM scratch\n").file("deploy/compose.yaml", text);
    assert_eq!(project.problems(), "");
    let names: Vec<String> = project.images().images.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["Dockerfile", "deploy/compose.yaml:app"]);
}

#[test]
fn a_file_that_docker_takes_only_where_it_is_named_is_a_project_of_its_own() {
    let project = project()
        .compose("services:\n  web:\n    build: .\n")
        .file("Dockerfile", "FROM scratch AS prod\n")
        .file(
            "compose.prod.yaml",
            "services:\n  web:\n    build: {context: ., target: prod}\n  db: {image: x}\n",
        )
        .file("docker-compose-ci.yml", "services:\n  web:\n    build: .\n")
        .file("compose.part.yaml", "services:\n  web:\n    build: {target: prod}\n")
        .file("compose.base.yaml", "services:\n  base:\n    build: {context: ., args: {A: '1'}}\n")
        .file("other/compose.yaml", "include: [../compose.in.yaml]\n")
        .file("compose.in.yaml", "services:\n  inner:\n    build: {context: ., args: {B: '1'}}\n")
        .file(
            "third/compose.yaml",
            "services:\n  a:\n    extends: {file: ../compose.base.yaml, service: base}\n",
        )
        .file("alone/docker-compose.test.yml", "services:\n  sut:\n    build: ..\n")
        .file("alone/compose.yaml.bak", "services:\n  no:\n    build: ..\n");
    assert_eq!(project.problems(), "");
    let names: Vec<String> = project.images().images.into_iter().map(|it| it.name).collect();
    // What is built just as another one is told once.
    let expected = [
        "compose.prod.yaml:web",
        "compose.yaml:web",
        "other/compose.yaml:inner",
        "third/compose.yaml:a",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_broken_file_beside_the_usual_one_hides_nothing_of_it() {
    let project = project()
        .compose("services:\n  web:\n    build: .\n")
        .file("Dockerfile", "FROM scratch\n")
        .file("compose.ci.yaml", "services:\n\tweb:\n");
    assert!(project.problems().starts_with("compose.ci.yaml:2: "), "{}", project.problems());
    assert_eq!(project.images().images.len(), 1);
}

#[test]
fn a_default_platform_counts_where_a_service_has_none() {
    let p = project().file(".env", "DOCKER_DEFAULT_PLATFORM=linux/arm64\n").compose(
        "services:\n  a:\n    build: .\n  b:\n    build: .\n    platform: linux/amd64\n  c:\n    \
         build:\n      context: .\n      platforms: [linux/amd64, linux/arm64]\n  d:\n    build:\n      \
         context: .\n      platforms: [linux/amd64]\n",
    );
    assert_eq!(p.image("a").platforms, ["linux/arm64"]);
    assert_eq!(p.image("b").platforms, ["linux/amd64"]);
    assert_eq!(p.image("c").platforms, ["linux/amd64", "linux/arm64"]);
    assert!(p.problems().contains("DOCKER_DEFAULT_PLATFORM"), "{}", p.problems());
    // Where the environment says otherwise, that counts.
    let p = p.variable("DOCKER_DEFAULT_PLATFORM", "linux/amd64");
    assert_eq!(p.image("a").platforms, ["linux/amd64"]);
    assert_eq!(p.image("d").platforms, ["linux/amd64"]);
}

#[test]
fn a_project_has_its_name_in_values() {
    let service = "services:\n  a:\n    build:\n      context: .\n      args:\n        \
                   N: ${COMPOSE_PROJECT_NAME}\n";
    let name = |p: &Project| p.image("a").args["N"].clone();
    let p = project().variable("WHO", "Me").compose(&format!("name: x-$WHO\n{service}"));
    assert_eq!(name(&p), "x-me");
    assert_eq!(name(&p.file(".env", "COMPOSE_PROJECT_NAME=other\n")), "other");
    let p = project()
        .file("_My.Shop/compose.yaml", service)
        .file("_My.Shop/Dockerfile", "FROM scratch\n");
    let images = p.images().images;
    let image = images.iter().find(|it| it.name == "_My.Shop/compose.yaml:a").unwrap();
    assert_eq!(image.args["N"], "myshop");
    let mut p = project().compose(service);
    let parent = p.directory.path().join("Shop 2");
    std::fs::create_dir(&parent).unwrap();
    for name in ["Dockerfile", "compose.yaml"] {
        std::fs::rename(p.directory.path().join(name), parent.join(name)).unwrap();
    }
    p.root = "Shop 2";
    assert_eq!(name(&p), "shop2");
}

#[test]
fn an_absolute_path_in_the_repository_is_in_it() {
    let p = project().file("api/Dockerfile", "FROM scratch\n");
    let root = p.directory.path().to_str().unwrap().to_owned();
    let p = p.variable("PWD", &root).compose(&format!(
        "services:\n  a:\n    build: ${{PWD}}/api\n  b:\n    build:\n      context: .\n      \
         dockerfile: {root}/api/Dockerfile\n      additional_contexts: {{c: {root}/api}}\n  c:\n    \
         build: /elsewhere\n"
    ));
    assert_eq!(p.image("a").context, ContextPath::new("api"));
    assert_eq!(p.image("b").dockerfile, file("api/Dockerfile"));
    assert_eq!(p.image("b").contexts["c"], NamedContext::Directory(ContextPath::new("api")));
    assert!(p.problems().contains("`/elsewhere`, outside of the repository"), "{}", p.problems());
}

#[test]
fn a_directory_whose_name_gives_a_project_none_is_told() {
    let service = "services:\n  a:\n    build: .\n";
    let p = project()
        .file("_-/Dockerfile", "FROM scratch\n")
        .file("_-/compose.yaml", service)
        .file("b/compose.yaml", "name: b\nservices: {}\n");
    insta::assert_snapshot!(p.problems());
    assert!(p.images().images.iter().any(|it| it.name == "_-/compose.yaml:a"));
    assert_eq!(p.file("_-/.env", "COMPOSE_PROJECT_NAME=x\n").problems(), "");
}
