//! Submodules that are not checked out.

use super::*;

/// A project whose submodule `library` is recorded at one commit, and then at another.
fn project_with_submodule(dockerfile: &str) -> Project {
    let project = project()
        .base("alpine", base("alpine"))
        .file("Dockerfile", format!("FROM alpine\n{dockerfile}"))
        .file("own", "1")
        .file(".gitmodules", "[submodule \"library\"]\n\tpath = library\n\turl = ../library\n");
    let record = |digit: &str| {
        let entry = format!("160000,{},library", digit.repeat(40));
        project.git(&["update-index", "--add", "--cacheinfo", &entry]);
    };
    project.git(&["add", "--all"]);
    record("1");
    project.git(&["commit", "-q", "-m", "x"]);
    record("2");
    project.git(&["commit", "-q", "-m", "y"]);
    project
}

fn impact(project: &Project) -> Impact {
    let options = GitOptions { user_configuration: false, index_file: None };
    let repository = Repository::open(&project.root, &options).unwrap();
    let trees = ["HEAD~1", "HEAD"].map(|revision| repository.tree(revision).unwrap());
    let [base, head] = repository.comparable(trees);
    let side = |label: &str, tree: Tree| Side {
        label: label.to_owned(),
        images: project.images(&tree),
        tree,
    };
    compare(&side("HEAD~1", base), &side("HEAD", head), &project.measured).unwrap()
}

#[test]
fn one_that_moves_and_is_not_at_hand_is_not_called_unchanged() {
    let project = project_with_submodule("COPY . /src\nRUN make\n");
    insta::assert_snapshot!(report::impact(&impact(&project), &Capabilities::PLAIN));
}

#[test]
fn a_file_of_one_that_is_not_at_hand_is_said_to_be_there() {
    let project = project_with_submodule("COPY library/x /src\nRUN make\n");
    insta::assert_snapshot!(report::impact(&impact(&project), &Capabilities::PLAIN));
}
