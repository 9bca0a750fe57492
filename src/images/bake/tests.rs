//! Stories about bake files; `tests/images.rs` compares more of them with bake itself.

use std::path::Path;

use crate::context::{ContextPath, Disk};
use crate::images::{
    Configuration, Image, ImageDockerfile, Images, Missing, NamedContext, Variables, find,
};

/// A tree with a Dockerfile at its root.
struct Project {
    directory: tempfile::TempDir,
    variables: Variables,
}

fn project() -> Project {
    let directory = tempfile::tempdir().unwrap();
    Project { directory, variables: Variables::new() }.file("Dockerfile", "FROM scratch\n")
}

impl Project {
    fn file(self, path: &str, text: &str) -> Self {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(&path, text).unwrap();
        self
    }

    fn bake(self, text: &str) -> Self {
        self.file("docker-bake.hcl", text)
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn images(&self) -> Images {
        let source = Disk::new(self.directory.path());
        find(&source, &self.variables, &Configuration::default()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        self.images().images.into_iter().map(|it| it.name).collect()
    }

    fn problems(&self) -> String {
        let lines = self.images().problems.into_iter().map(|it| {
            let line = it.line.map_or(String::new(), |line| format!(":{line}"));
            format!("{}{line}: {}\n", it.file.as_str().unwrap(), it.message)
        });
        lines.collect()
    }

    fn image(&self, target: &str) -> Image {
        let images = self.images();
        let is_it = |it: &&Image| it.name.ends_with(&format!(":{target}"));
        images.images.iter().find(is_it).unwrap_or_else(|| panic!("{images:#?}")).clone()
    }
}

#[test]
fn a_target_is_an_image_and_takes_over_what_it_inherits() {
    let p = project().file("api/D", "FROM scratch\n").bake(
        r#"
        group "default" { targets = ["api"] }
        target "_common" {
          args = { A = "1", B = 2, C = null }
          platforms = ["linux/amd64"]
          cache-from = ["x"]
        }
        target "api" {
          inherits = ["_common"]
          context = "api"
          dockerfile = "D"
          args = { B = true }
          contexts = { base = "target:base", other = "./x", alpine = "docker-image://alpine" }
        }
        target "base" { dockerfile-inline = "FROM scratch" }
        "#,
    );
    assert_eq!(p.names(), ["Dockerfile", "docker-bake.hcl:api", "docker-bake.hcl:base"]);
    let image = p.image("api");
    assert_eq!(image.dockerfile, ImageDockerfile::File(ContextPath::new("api/D")));
    assert_eq!(image.args.into_values().collect::<Vec<_>>(), ["1", "true"]);
    assert_eq!(image.contexts["base"], NamedContext::Image("docker-bake.hcl:base".to_owned()));
    assert_eq!(image.contexts["other"], NamedContext::Directory(ContextPath::new("x")));
    assert_eq!((image.platforms.len(), image.cache_from.len()), (1, 1));
    assert_eq!(image.origin.line, 8);
}

#[test]
fn variables_take_the_environments_values_by_their_types() {
    let p = project()
        .variable("TEXT", "given")
        .variable("FLAG", "true")
        .variable("LIST", "a,b")
        .variable("MAP_JSON", r#"{"k": "v"}"#)
        .variable("plain", "not taken")
        .bake(
            r#"
            variable "TEXT" { default = "default" }
            variable "FLAG" { default = false }
            variable "LIST" {
              type = list(string)
              default = []
            }
            variable "MAP" {
              type = map(string)
              default = {}
            }
            variable "NONE" {}
            plain = "own"
            target "a" {
              args = {
                T = "${TEXT}-x"
                F = FLAG ? "on" : "off"
                L = join("+", LIST)
                M = MAP["k"]
                N = NONE
                P = plain
              }
            }
            "#,
        );
    let args: Vec<String> = p.image("a").args.into_iter().map(|it| it.1).collect();
    assert_eq!(args, ["on", "a+b", "v", "", "own", "given-x"]);
}

#[test]
fn a_matrix_gives_an_image_for_each_combination() {
    let p = project().bake(
        r#"
        group "default" { targets = ["app"] }
        target "app" {
          matrix = {
            version = ["3.11", "3.12"]
            item = [{ name = "a", extra = true }, { name = "b", extra = false }]
          }
          name = "app-${item.name}-${replace(version, ".", "-")}"
          target = item.name
          args = { VERSION = version, EXTRA = item.extra }
        }
        target "child" {
          inherits = ["app-a-3-11"]
          tags = [target.app-a-3-11.args.VERSION, upper("x")]
        }
        "#,
    );
    assert_eq!(
        p.names(),
        [
            "docker-bake.hcl:app-a-3-11",
            "docker-bake.hcl:app-a-3-12",
            "docker-bake.hcl:app-b-3-11",
            "docker-bake.hcl:app-b-3-12",
            "docker-bake.hcl:child",
        ]
    );
    assert_eq!(p.image("app-b-3-12").args["EXTRA"], "false");
    assert_eq!(
        (p.image("child").target.as_deref(), p.image("child").tags),
        (Some("a"), vec!["3.11".to_owned(), "X".to_owned()])
    );
}

#[test]
fn functions_of_the_file_and_json_are_read_alike() {
    let p = project()
        .bake(
            r#"
            function "tag" {
              params = [name, version]
              variadic_params = rest
              result = "${name}:${version}${length(rest)}"
            }
            target "a" { tags = [tag("x", 1, 2, 3)] }
            "#,
        )
        .file(
            "docker-bake.override.json",
            r#"{"variable": {"V": {"default": "1"}},
                "target": {"a": {"args": {"V": "v${V}", "W": "$${x}"}}, "b": {"target": "t"}}}"#,
        );
    assert_eq!(p.image("a").tags, ["x:12"]);
    assert_eq!(p.image("a").args.into_values().collect::<Vec<_>>(), ["v1", "${x}"]);
    assert_eq!(p.image("b").origin.line, 2);
}

#[test]
fn every_mistake_is_named_where_it_is_and_the_others_are_built() {
    let p = project().bake(
        r#"
target "circle" { tags = [a] }
a = b
b = a
target "unknown" { args = { X = nothing } }
target "function" { args = { X = cidrhost("a", 1) } }
target "attribute" { tags = "no list" }
target "when" { args = { T = timestamp() } }
target "matrix" {
  name = "m-${x}"
  matrix = { x = range(1001) }
}
target "same" {
  name = "same"
  matrix = { x = [1, 2] }
}
target "lost" { inherits = ["none"] }
target "child" { inherits = ["unknown"] }
target "self" {
  inherits = ["self"]
  target = "t"
}
target "out" { context = "../.." }
target "far" { context = "https://example.com/x.git" }
target "own" { args = { X = target.own.args.X } }
group "g" { targets = nothing }
target "ok" { target = "t" }
"#,
    );
    insta::assert_snapshot!(p.problems());
    assert_eq!(p.image("ok").target.as_deref(), Some("t"));
    assert_eq!(p.names(), ["docker-bake.hcl:ok", "docker-bake.hcl:self"]);
    assert_eq!(p.images().notices.len(), 1);
}

#[test]
fn a_broken_file_is_named() {
    let broken = [
        ("a/docker-bake.hcl", "target \"a\" {\n  args = {\n}\n".to_owned()),
        ("b/docker-bake.json", "{\n\"target\": {]\n}".to_owned()),
        ("c/docker-bake.hcl", "resource \"a\" {}\n".to_owned()),
        ("d/docker-bake.hcl", "target {}\n".to_owned()),
        ("e/docker-bake.hcl", format!("x = {}1{}", "(".repeat(90_000), ")".repeat(90_000))),
        ("f/docker-bake.json", "[".repeat(90_000)),
    ];
    let p = broken.into_iter().fold(project(), |p, (file, text)| p.file(file, &text));
    insta::assert_snapshot!(p.problems());
}

#[test]
fn what_grows_without_end_comes_to_one() {
    let lines = |count: usize, line: &dyn Fn(usize) -> String| {
        (1..count).map(line).collect::<Vec<_>>().join("\n")
    };
    let doubling = lines(60, &|it| format!("v{it} = [v{0}, v{0}, v{0}, v{0}]", it - 1));
    let chain = lines(5000, &|it| format!("v{it} = v{}", it - 1));
    let p = project()
        .file(
            "a/docker-bake.hcl",
            &format!("v0 = [1]\n{doubling}\ntarget \"a\" {{ tags = v59 }}\n"),
        )
        .file("b/docker-bake.hcl", &format!("v0 = 1\n{chain}\ntarget \"a\" {{ tags = [v4999] }}\n"))
        .file(
            "c/docker-bake.hcl",
            "function \"f\" {\n params = [x]\n result = f(x)\n}\ntarget \"a\" { tags = [f(1)] }\n",
        );
    insta::assert_snapshot!(p.problems());
}

#[test]
fn a_service_of_a_compose_file_is_a_target_by_its_name_in_bake() {
    let compose = "services:\n  my.app:\n    build:\n      context: .\n      args:\n        A: a\n";
    let project = project().file("compose.yaml", compose);
    let project = project.bake("target \"my_app\" {\n  target = \"t\"\n}\n");
    let image = project.image("my_app");
    assert_eq!((&*image.args["A"], image.target.as_deref()), ("a", Some("t")));
    assert_eq!(image.written.args["A"][0].line, 6);
    let project =
        project.file("compose.yaml", &format!("{compose}      x-bake:\n        pull: true\n"));
    let problems = project.problems();
    assert!(problems.contains("`x-bake`, which is not understood here"), "{problems}");
}

#[test]
fn a_target_that_is_inherited_is_an_image_where_it_says_what_to_build() {
    let p = project().file("api/Dockerfile", "FROM scratch\n").bake(
        r#"
        group "default" { targets = ["release"] }
        target "labels" { labels = { a = "b" } }
        target "_hidden" { context = "api" }
        target "image" {
          inherits = ["labels", "_hidden"]
          context = "api"
        }
        target "same" { context = "." }
        target "elsewhere" { context = "none" }
        target "release" {
          inherits = ["image", "same", "elsewhere"]
          context = "."
          args = { A = "1" }
        }
        target "local" { inherits = ["release"] }
        target "twin" { inherits = ["same"] }
        "#,
    );
    assert_eq!(
        p.names(),
        [
            "docker-bake.hcl:image",
            "docker-bake.hcl:local",
            "docker-bake.hcl:release",
            "docker-bake.hcl:twin"
        ]
    );
    assert_eq!(p.problems(), "");
}

#[test]
fn a_validation_that_refuses_a_value_leaves_all_of_the_directory_out() {
    let refusing = r#"
        variable "V" {
          default = "1"
          validation {
            condition = V == "2"
            error_message = "bad ${V}"
          }
        }
        target "a" {}
        "#;
    let p = project().bake(refusing);
    assert_eq!(p.names(), ["Dockerfile"]);
    insta::assert_snapshot!(p.problems());
    assert_eq!(p.images().left_out[0].what, Missing::Project(ContextPath::root()));
    let p = project().variable("V", "2").bake(refusing);
    assert_eq!(p.names(), ["docker-bake.hcl:a"]);
    assert_eq!(p.problems(), "");
    let json = r#"{"variable": {"V": {"default": "1", "validation": [
        {"condition": "${V==\"1\"}"},
        {"condition": "${nothere}", "error_message": "bad"}]}}, "target": {"a": {}}}"#;
    let p = project().file("docker-bake.json", json);
    assert_eq!(p.names(), ["Dockerfile"]);
    insta::assert_snapshot!(p.problems());
}

#[test]
fn each_validation_of_a_list_is_told_at_its_own_line() {
    let json = r#"{"variable": {
        "V": {"default": "1", "validation": [
            {"condition": "${V==\"2\"}", "error_message": "first"},
            {"condition": "${V==\"3\"}", "error_message": "second"}, {
                "error_message": "third",
                "condition": "${V==\"4\"}"
            }]},
        "W": [
            {"default": "1", "validation": {"condition": "${W==\"1\"}"}},
            {"default": "2",
             "validation": {"condition": "${W==\"1\"}", "error_message": "fourth"}}]
        }, "target": {"a": {}}}"#;
    insta::assert_snapshot!(project().file("docker-bake.json", json).problems());
}

#[test]
fn a_validation_that_is_not_understood_is_told_and_leaves_nothing_out() {
    let p = project().bake(
        "variable \"V\" {\nvalidation {\ncondition = cidrhost(V, 1) == V\n}\n}\ntarget \"a\" {}\n",
    );
    assert_eq!(p.names(), ["docker-bake.hcl:a"]);
    insta::assert_snapshot!(p.problems());
}

#[test]
fn blanks_are_taken_away_as_bake_does() {
    let p = project().bake(
        r#"
        variable "V" { default = "x" }
        target "a" {
          args = {
            A = "a  %{ if true ~}  yes  %{~ else ~} no %{ endif ~}  b"
            B = "%{ for i in [1,2] ~}  ${i} %{~ endfor ~}  z"
            C = "1\n \n${~ V ~} \n \nx"
            D = <<EOT
1

   ${~ V ~}   

  2
EOT
            E = <<EOT
%{ if true ~}
 2
%{ endif ~}
 3
EOT
            F = <<EOT
1
${~ V ~}
2
EOT
            G = [{k = "z"}].*.k[0]
          }
        }
        "#,
    );
    assert_eq!(p.problems(), "");
    let args = p.image("a").args;
    let expected = ["a  yesb", "12z", "1xx", "1\n\nx\n  2\n", " 2\n 3\n", "1x2\n", "z"];
    assert_eq!(args.into_values().collect::<Vec<_>>(), expected);
}
