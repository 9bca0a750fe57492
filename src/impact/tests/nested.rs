//! Edits in a submodule, and in a repository that nobody added.

use super::*;

/// A project with a repository of its own in `library`, which is recorded as a submodule.
fn project_with_library(dockerfile: &str, ignored: &str) -> Project {
    let project = project()
        .file("Dockerfile", format!("FROM a\n{dockerfile}"))
        .file(".dockerignore", ignored)
        .file("library/x", "1")
        .file("library/keep", "1");
    let library = project.root.join("library");
    Project::git_in(&library, &["init", "-q"]);
    Project::git_in(&library, &["add", "--all"]);
    Project::git_in(&library, &["commit", "-q", "-m", "x"]);
    project.committed()
}

fn lost(project: &Project) -> Vec<String> {
    let impact = project.impact();
    assert_eq!(impact.not_compared, []);
    let lost = impact.images.iter().flat_map(verdicts).filter(|it| it.starts_with("rebuild"));
    lost.collect()
}

#[test]
fn an_edit_in_a_submodule_costs_what_copies_it() {
    let project = project_with_library("COPY library/keep /\nCOPY library/x /\n", "");
    assert_eq!(lost(&project), Vec::<String>::new());
    project.write("library/x", "2");
    assert_eq!(lost(&project), ["rebuild COPY library/x /"]);
    let place = &project.impact().images[0].causes[0].places[0];
    assert_eq!((&*place.file, place.lines), ("library/x", Some((1, 1))));
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn a_new_file_in_a_submodule_costs_what_copies_all() {
    for sources in ["library", ".", "lib*", "library/n*w library/x"] {
        let project = project_with_library(&format!("COPY {sources} /all/\n"), "");
        project.write("library/new", "1");
        assert_eq!(lost(&project).len(), 1, "{sources}");
    }
}

#[test]
fn what_the_rules_let_out_of_a_submodule_alone_counts() {
    let project = project_with_library("COPY . /all/\n", "library\n!library/keep\n");
    project.write("library/x", "2");
    assert_eq!(lost(&project), Vec::<String>::new());
    project.write("library/keep", "2");
    assert_eq!(lost(&project).len(), 1);
}

#[test]
fn a_dockerfile_in_a_submodule_is_read_as_it_is_edited() {
    let project = project_with_library("COPY library/x /\n", "");
    project.write("library/Dockerfile", "FROM a\nCOPY x /\n");
    let images = outcomes(&project.impact()).len();
    assert_eq!(images, 1, "the new one");
    Project::git_in(&project.root.join("library"), &["add", "--all"]);
    Project::git_in(&project.root.join("library"), &["commit", "-q", "-m", "x"]);
    let project = project.committed();
    project.write("library/Dockerfile", "FROM a\nCOPY keep /\n");
    assert_eq!(lost(&project), ["rebuild COPY keep /"]);
}

#[test]
fn a_repository_that_nobody_added_costs_what_copies_all() {
    let project = project().file("Dockerfile", "FROM a\nCOPY . /all/\n").committed();
    project.write("tool/x", "1");
    Project::git_in(&project.root.join("tool"), &["init", "-q"]);
    assert_eq!(lost(&project), ["rebuild COPY . /all/"]);
}
