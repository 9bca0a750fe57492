//! Which ignore file counts.

use super::*;

/// What becomes of the images when this file changes.
fn after(project: &Project, changed: &str) -> Vec<String> {
    let before = fs::read_to_string(project.root.join(changed)).unwrap();
    project.write(changed, format!("{before}+"));
    let names = project.impact().images.into_iter().map(|image| image.name).collect();
    project.write(changed, before);
    names
}

#[test]
fn the_ignore_file_of_a_link_is_beside_the_link() {
    let project = project()
        .configured("")
        .file("shared/common", "FROM a\nCOPY . /src\n")
        .file("shared/common.dockerignore", "kept\n")
        .file("api/Dockerfile.dockerignore", "Dockerfile*\nlog\n")
        .file("api/log", "1")
        .file("api/kept", "1");
    std::os::unix::fs::symlink("../shared/common", project.root.join("api/Dockerfile")).unwrap();
    let project = project.committed();
    assert_eq!(after(&project, "api/log"), Vec::<String>::new());
    assert_eq!(after(&project, "api/kept"), ["api/Dockerfile"]);
    project.write("api/Dockerfile.dockerignore", "Dockerfile*\nlog\nkept\n");
    assert_eq!(project.impact().images.len(), 1);
}

#[test]
fn an_inline_dockerfile_has_no_ignore_file_of_its_own() {
    let compose = "services:\n  web:\n    build:\n      context: web\n      \
                   dockerfile_inline: |\n        FROM a\n        COPY . /src\n";
    let project = project()
        .configured("")
        .file("compose.yaml", compose)
        .file("web/Dockerfile.dockerignore", "log\n")
        .file("web/.dockerignore", "Dockerfile*\ntemporary\n")
        .file("web/log", "1")
        .file("web/temporary", "1")
        .committed();
    assert_eq!(after(&project, "web/log"), ["compose.yaml:web"]);
    assert_eq!(after(&project, "web/temporary"), Vec::<String>::new());
}
