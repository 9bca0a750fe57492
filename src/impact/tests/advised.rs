//! What would have cost less.

use super::*;

const BAD: &str = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n";

fn bad() -> Project {
    project()
        .file("Dockerfile", BAD)
        .file("requirements.txt", "flask==3.0.0\n")
        .file("app.py", "print(1)\n")
        .file("README.md", "# app\n")
        .file("pyproject.toml", "[project]\nname = \"app\"\n")
        .committed()
}

fn excluded(impact: &Impact) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for advice in &impact.advice {
        if let Advice::Exclude { file, line, .. } = advice {
            found.push((&**file, &**line));
        }
    }
    found
}

#[test]
fn a_file_for_people_is_to_be_left_out() {
    let project = bad();
    project.write("README.md", "# the app\n");
    assert_eq!(excluded(&project.impact()), [("README.md", "README.md")]);
    insta::assert_snapshot!(project.text());
}

#[test]
fn what_a_pattern_or_a_script_may_read_is_to_stay() {
    let cases = [
        ("Dockerfile", format!("{BAD}RUN cat *.md\n")),
        ("Dockerfile", format!("{BAD}FROM x\nCOPY --from=0 /app/*.md /docs/\n")),
        ("run.sh", "cat README.md\n".to_owned()),
        ("tools/build.mk", "docs:\n\tcp ../*.md /out\n".to_owned()),
        ("Makefile", "docs:\n\tcat README.md\n".to_owned()),
    ];
    for (file, text) in cases {
        let project = bad().file(file, &text).committed();
        project.write("README.md", "# the app\n");
        assert!(excluded(&project.impact()).is_empty(), "{file}: {text}");
    }
    let project = bad().file("run.sh", "rm -rf /var/lib/apt/lists/*\n").committed();
    project.write("README.md", "# the app\n");
    assert_eq!(excluded(&project.impact()), [("README.md", "README.md")]);
}

#[test]
fn what_the_change_leaves_out_itself_or_takes_away_needs_no_advice() {
    let project = bad();
    project.write(".dockerignore", "README.md\n");
    let impact = project.impact();
    assert_eq!(impact.images[0].steps_lost(), 2);
    assert!(excluded(&impact).is_empty(), "{:?}", impact.advice);
    // The same by a pattern, with the ignore file left out too.
    project.write(".dockerignore", "*.md\n.dockerignore\n");
    assert!(excluded(&project.impact()).is_empty());
    let project = bad();
    project.remove("README.md");
    assert!(excluded(&project.impact()).is_empty());
}

#[test]
fn what_a_package_or_an_instruction_names_stays() {
    for (name, text) in [
        ("pyproject.toml", "readme = \"README.md\"\n"),
        ("Dockerfile", &*format!("{BAD}RUN test -f README.md\n")),
    ] {
        let project = bad().file(name, text).committed();
        project.write("README.md", "# the app\n");
        assert!(excluded(&project.impact()).is_empty(), "{name}");
    }
}

#[test]
fn where_a_source_changes_too_nothing_is_won_by_leaving_files_out() {
    let project = bad();
    project.write("README.md", "# the app\n");
    project.write("app.py", "print(2)\n");
    assert!(excluded(&project.impact()).is_empty());
}

#[test]
fn the_rewrite_that_keeps_an_install_is_shown() {
    let project = bad();
    project.write("app.py", "print(2)\n");
    let impact = project.impact();
    let [Advice::Rewrite { id, seconds, images, .. }] = &*impact.advice else {
        panic!("{:?}", impact.advice)
    };
    assert_eq!((*id, &**images), ("hoist-manifests", &["Dockerfile".to_owned()][..]));
    assert!((seconds.get() - 30.0).abs() < 1.0, "{seconds:?}");
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_change_of_the_packages_themselves_has_no_rewrite() {
    let project = bad();
    project.write("requirements.txt", "flask==3.1.0\n");
    assert!(project.impact().advice.is_empty());
}

/// A compose file with the Dockerfile in it, in a block or in quotes.
fn inline(written: &str) -> Project {
    let compose = format!(
        "services:\n  a:\n    image: app\n    build:\n      context: .\n      \
         dockerfile_inline: {written}\n    ports: []\n"
    );
    let project = bad().configured("").file("compose.yaml", compose);
    project.remove("Dockerfile");
    project.committed()
}

fn rewrites(project: &Project) -> Vec<Advice> {
    let advice = project.impact().advice.into_iter();
    advice.filter(|it| matches!(it, Advice::Rewrite { .. })).collect()
}

#[test]
fn a_rewrite_of_an_inline_dockerfile_is_a_patch_of_its_file() {
    let block = BAD.trim_end().replace('\n', "\n        ");
    let project = inline(&format!("|\n        {block}"));
    project.write("app.py", "print(2)\n");
    let [Advice::Rewrite { patch: Patch::OfFile(patch), line, .. }] = &*rewrites(&project) else {
        panic!("{:?}", project.impact().advice)
    };
    assert_eq!(*line, 9);
    insta::assert_snapshot!(patch);
    project.write("../patch", patch);
    project.git(&["apply", "../patch"]);
    assert_eq!(rewrites(&project), []);
}

#[test]
fn a_rewrite_of_an_inline_dockerfile_in_quotes_is_for_people() {
    let project = inline(&format!("{BAD:?}"));
    project.write("app.py", "print(2)\n");
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_rewrite_of_one_dockerfile_is_told_once() {
    let service = |name: &str, tag: &str| {
        format!("  {name}:\n    build:\n      context: .\n      args: {{ A: {tag} }}\n")
    };
    let compose = format!("services:\n{}{}", service("a", "x"), service("b", "y"));
    let project = bad().configured("").file("compose.yaml", compose).committed();
    project.write("app.py", "print(2)\n");
    let [Advice::Rewrite { images, seconds, .. }] = &*rewrites(&project) else {
        panic!("{:?}", project.impact().advice)
    };
    assert_eq!(**images, ["compose.yaml:a", "compose.yaml:b"]);
    assert!((seconds.get() - 60.0).abs() < 2.0, "{seconds:?}");
}
