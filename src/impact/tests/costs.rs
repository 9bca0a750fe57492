//! What a change costs, why, and where that lies.

use super::*;

const PYTHON: &str = "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\n\
                      RUN pip install -r requirements.txt\nCOPY . .\nRUN make\n";

fn python() -> Project {
    project()
        .file("Dockerfile", PYTHON)
        .file("requirements.txt", "flask\njinja2\n")
        .file("app.py", "print(1)\n")
        .committed()
}

#[test]
fn an_edit_of_the_source_loses_what_stands_on_its_copy() {
    let project = python();
    project.write("app.py", "print(2)\n");
    let impact = project.impact();
    let [image] = &*impact.images else { panic!("{impact:?}") };
    assert_eq!(
        verdicts(image),
        [
            "cached FROM python:3.12",
            "cached WORKDIR /app",
            "cached COPY requirements.txt .",
            "cached RUN pip install -r requirements.txt",
            "rebuild COPY . .",
            "rebuild RUN make",
        ]
    );
    let [cause] = &*image.causes else { panic!("{:?}", image.causes) };
    let app = Place { file: "app.py".to_owned(), lines: Some((1, 1)) };
    let copy = Place { file: "Dockerfile".to_owned(), lines: Some((5, 5)) };
    assert_eq!(cause.places, [app, copy]);
    assert_eq!(cause.lost.len(), 2);
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_dependency_costs_its_install_and_its_line_is_named() {
    let project = python().takes("pip install", 41.0).takes("make", 2.0);
    let project = project.takes("COPY", 0.5).takes("WORKDIR", 0.1);
    project.write("requirements.txt", "flask\njinja2==3\n");
    let impact = project.impact();
    let image = &impact.images[0];
    assert_eq!(image.causes[0].places[0].lines, Some((2, 2)));
    let both = image.causes.iter().map(|cause| cause.lost.len()).collect::<Vec<_>>();
    assert_eq!(both, [4], "what stands above runs for what is below");
    assert!(image.summary.is_measured);
    assert!((image.summary.seconds_lost.get() - 44.0).abs() < 1e-9);
    insta::assert_snapshot!(project.text());
}

#[test]
fn an_edited_instruction_is_the_cause_with_its_own_lines() {
    let project = python();
    project.write("Dockerfile", PYTHON.replace("RUN make", "RUN make \\\n    all"));
    let impact = project.impact();
    let image = &impact.images[0];
    let [cause] = &*image.causes else { panic!("{:?}", image.causes) };
    // The Dockerfile lies in its own context, so the copy of all of it is lost too.
    assert_eq!(cause.places[0].file, "Dockerfile");
    assert_eq!(image.summary.rebuild, 2);
    let project = project.file(".dockerignore", "Dockerfile\n").committed();
    project.write("Dockerfile", PYTHON);
    let impact = project.impact();
    let image = &impact.images[0];
    assert_eq!(image.summary.rebuild, 1);
    assert_eq!(image.causes[0].kind.word(), "instruction");
    let line = Place { file: "Dockerfile".to_owned(), lines: Some((6, 6)) };
    assert_eq!(image.causes[0].places, [line]);
}

#[test]
fn another_base_image_loses_all_and_an_unknown_one_is_noticed() {
    let project = python();
    project.write("Dockerfile", PYTHON.replace("3.12", "3.13"));
    let impact = project.impact();
    let image = &impact.images[0];
    assert_eq!(image.summary.cached, 0);
    assert_eq!(image.causes[0].kind.word(), "base_image");
    assert!(!image.causes[0].lost.is_empty());
    assert_eq!(
        impact.notices[0],
        "nothing was ever built here on python:3.12 and 1 more, so each counts as the same in both \
         trees"
    );
    insta::assert_snapshot!(project.text());
}

#[test]
fn what_a_stage_passes_on_may_be_lost() {
    let text = "FROM golang AS build\nCOPY main.go .\nRUN go build -o /app\n\
                FROM scratch\nCOPY --from=build /app /app\n";
    let project = project().file("Dockerfile", text).file("main.go", "package main\n").committed();
    let project = project.base("golang", base("go"));
    project.write("main.go", "package main // 2\n");
    let impact = project.impact();
    let image = &impact.images[0];
    assert_eq!((image.summary.rebuild, image.summary.depends), (2, 1));
    assert!(impact.notices.is_empty());
    insta::assert_snapshot!(project.text());
}

#[test]
fn a_better_order_is_a_gain() {
    let bad = "FROM python\nCOPY . .\nRUN pip install -r requirements.txt\nRUN pytest\n";
    let good = "FROM python\nCOPY . .\nRUN pip install -r requirements.txt\n";
    let project = project()
        .file("Dockerfile", bad)
        .file(".dockerignore", "Dockerfile\n")
        .file("requirements.txt", "flask\n")
        .committed();
    let project = project.takes("pytest", 60.0).takes("pip", 30.0).takes("COPY", 0.1);
    project.write("Dockerfile", good);
    let impact = project.impact();
    let image = &impact.images[0];
    assert_eq!(image.summary.rebuild, 0);
    assert!((image.summary.seconds_gained.get() - 60.0).abs() < 1e-9);
    insta::assert_snapshot!(project.text());
}

#[test]
fn new_and_removed_images_are_told() {
    let project = project().file("old/Dockerfile", "FROM a\nRUN make\n").committed();
    project.remove("old/Dockerfile");
    project.write("new/Dockerfile", "FROM b\nRUN pip install flask\n");
    let impact = project.impact();
    let changes: Vec<_> = impact.images.iter().map(|it| (&*it.name, it.change)).collect();
    assert_eq!(
        changes,
        [("new/Dockerfile", ImageChange::New), ("old/Dockerfile", ImageChange::Removed)]
    );
    assert_eq!(impact.steps_lost(), 0);
    insta::assert_snapshot!(project.text());
}

#[test]
fn bytes_that_a_copy_brings_are_counted_where_the_image_has_them() {
    let text = "FROM a AS tools\nCOPY tools /tools\nFROM a\nCOPY data /data\n";
    let project = project().file("Dockerfile", text);
    let project = project.file("tools/x", "1").file("data/x", "12345").committed();
    project.write("data/y", vec![b'x'; 2_000_000]);
    project.write("tools/y", vec![b'x'; 500]);
    let impact = project.impact();
    assert_eq!(impact.images[0].bytes_added, 2_000_000);
    assert!(project.text().contains("2.0 MB more in the image"), "{}", project.text());
}

#[test]
fn a_directory_of_another_context_counts_like_the_own_one() {
    let text = "FROM a\nCOPY --from=shared lib /lib\n";
    let shared = NamedContext::Directory(ContextPath::new("shared"));
    let project = project()
        .file("app/Dockerfile", text)
        .file("shared/lib/x", "1")
        .file("shared/other", "1")
        .committed()
        .context("app/Dockerfile", "shared", shared);
    project.write("shared/other", "2");
    assert_eq!(project.impact().unchanged, 1);
    project.write("shared/lib/x", "2");
    let impact = project.impact();
    assert_eq!(impact.images[0].causes[0].places[0].file, "shared/lib/x");
}

#[test]
fn a_directory_in_the_place_of_a_base_image_is_lost_with_any_of_its_files() {
    let project = project()
        .file("app/Dockerfile", "FROM shared\nCOPY src /s\nWORKDIR /x\n")
        .file("app/src", "1")
        .file("shared/y", "1")
        .committed()
        .context("app/Dockerfile", "shared", NamedContext::Directory(ContextPath::new("shared")));
    project.write("other", "1");
    let impact = project.impact();
    assert_eq!((impact.unchanged, impact.images.len()), (1, 0));
    let said = impact.notices.join("\n");
    let expected = "shared is the directory shared in the place of a base image, which the engine \
                    takes for another one at each build: the 2 steps that stand on it run";
    assert!(said.contains(expected), "{said}");
    project.write("shared/y", "2");
    let impact = project.impact();
    assert_eq!(impact.images[0].steps_lost(), 2);
    assert!(matches!(impact.images[0].causes[0].kind, CauseKind::Files { .. }));
    assert_eq!(impact.images[0].causes[0].places[0].file, "shared/y");
}

#[test]
fn an_image_made_of_another_is_lost_with_it() {
    let of_base = NamedContext::Image("base/Dockerfile".to_owned());
    let project = project()
        .file("base/Dockerfile", "FROM a\nCOPY x .\n")
        .file("base/x", "1")
        .file("app/Dockerfile", "FROM base\nRUN make\n")
        .committed()
        .context("app/Dockerfile", "base", of_base);
    project.write("base/x", "2");
    let impact = project.impact();
    let names: Vec<_> = impact.images.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["app/Dockerfile", "base/Dockerfile"]);
}

#[test]
fn a_large_file_grows_by_what_its_pointer_states() {
    let pointer = |oid: char, size: u64| {
        let oid = oid.to_string().repeat(64);
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
    };
    let project = project()
        .file(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
        .file("Dockerfile", "FROM a\nCOPY *.bin /\n")
        .file("a.bin", pointer('a', 1_000_000))
        .committed();
    project.write("a.bin", pointer('b', 1_000_002));
    project.write("b.bin", pointer('c', 5_000));
    assert_eq!(project.impact().images[0].bytes_added, 5_002);
}
