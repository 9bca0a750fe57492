//! The working tree where repositories are in it: edits in a submodule, and what nobody added.

use super::*;

/// A project with the submodule `lib` at `vendor/lib`, and the repository that it comes from.
fn project_with_submodule() -> (Project, Project) {
    let inner = Project::new().file("in.txt", "1\n").file("d/e", "2").file(".gitignore", "*.log\n");
    inner.commit();
    let outer = Project::new().file("main", "3");
    let url = inner.root.to_str().unwrap();
    outer.git(&["submodule", "--quiet", "add", "--name", "lib", url, "vendor/lib"]);
    outer.commit();
    (outer, inner)
}

/// The working tree's files, which are those on disk as git would record them.
fn assert_as_on_disk(project: &Project) -> Vec<String> {
    let working = project.open().working_tree().unwrap();
    let taken = working.snapshot(&IgnoreRules::none()).unwrap();
    let disk = snapshot(&project.root, &IgnoreRules::none()).unwrap();
    let disk = as_git_records(&disk, |_| false);
    assert_eq!(taken.snapshot.entries(), disk.entries());
    assert!(taken.notices.is_empty(), "{:?}", taken.notices);
    paths(&taken)
}

fn changed(project: &Project) -> Vec<String> {
    let repository = project.open();
    let head = repository.tree("HEAD").unwrap();
    let changes = repository.working_tree().unwrap().differences_from(&head).unwrap();
    changes.paths.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_edited_added_and_deleted_in_a_submodule_is_seen() {
    let (outer, _inner) = project_with_submodule();
    assert_as_on_disk(&outer);
    assert!(changed(&outer).is_empty());
    outer.write("vendor/lib/in.txt", "edited\n");
    outer.write("vendor/lib/new/file", "1");
    fs::remove_dir_all(outer.path("vendor/lib/d")).unwrap();
    let files = assert_as_on_disk(&outer);
    assert!(files.contains(&"vendor/lib/new/file".to_owned()), "{files:?}");
    assert_eq!(changed(&outer), ["vendor/lib"]);
    outer.write("vendor/lib/x.log", "1");
    let working = outer.open().working_tree().unwrap();
    assert_eq!(working.read(&path("vendor/lib/in.txt")).unwrap().unwrap(), b"edited\n");
    assert_eq!(working.read(&path("vendor/lib/x.log")).unwrap(), None, "what git ignores");
    // What is in the index of either repository is as it was.
    assert_eq!(outer.taken("HEAD", "").snapshot, outer.staged().snapshot);
}

#[test]
fn a_submodule_with_another_commit_and_edits_has_both() {
    let (outer, _inner) = project_with_submodule();
    let inside = outer.path("vendor/lib");
    outer.write("vendor/lib/later", "x");
    git(&inside, &["add", "later"]);
    git(&inside, &["commit", "-q", "-m", "x"]);
    assert_as_on_disk(&outer);
    outer.write("vendor/lib/later", "y");
    assert_as_on_disk(&outer);
    assert_eq!(changed(&outer), ["vendor/lib"]);
}

#[test]
fn a_repository_that_nobody_added_has_its_files() {
    let project = Project::new().file("main", "3").file(".gitignore", "away\n").committed();
    for place in ["tools/own", "away/own", "tools/empty"] {
        fs::create_dir_all(project.path(place)).unwrap();
        git(&project.path(place), &["init", "-q"]);
        project.write(format!("{place}/file"), "1");
    }
    git(&project.path("tools/own"), &["add", "file"]);
    git(&project.path("tools/own"), &["commit", "-q", "-m", "x"]);
    fs::remove_dir_all(project.path("away")).unwrap();
    let files = assert_as_on_disk(&project);
    let own = [".gitignore", "main", "tools", "tools/empty", "tools/empty/file", "tools/own"];
    assert_eq!(files[..6], own);
    assert_eq!(changed(&project), ["tools/empty", "tools/own"]);
    project.write("away/own/file", "1");
    git(&project.path("away/own"), &["init", "-q"]);
    assert_eq!(changed(&project), ["tools/empty", "tools/own"]);
}

#[test]
fn repositories_in_one_another_are_followed_so_far() {
    let project = Project::new().file("main", "3").committed();
    let mut place = String::new();
    for _ in 0..3 {
        place.push_str("in/");
        fs::create_dir_all(project.path(&place)).unwrap();
        git(&project.path(&place), &["init", "-q"]);
        project.write(format!("{place}file"), "1");
    }
    assert!(assert_as_on_disk(&project).contains(&"in/in/in/file".to_owned()));
    for _ in 0..30 {
        place.push_str("in/");
        fs::create_dir_all(project.path(&place)).unwrap();
        git(&project.path(&place), &["init", "-q"]);
    }
    let error = message(project.open().working_tree());
    assert!(error.contains("repositories in one another"), "{error}");
}

#[test]
fn a_repository_whose_working_tree_is_elsewhere_is_not_looked_into() {
    let project = Project::new().file("main", "3").committed();
    fs::create_dir(project.path("own")).unwrap();
    git(&project.path("own"), &["init", "-q"]);
    let elsewhere = project.directory.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("secret"), "1").unwrap();
    git(&project.path("own"), &["config", "core.worktree", elsewhere.to_str().unwrap()]);
    let taken = project.open().working_tree().unwrap().snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(paths(&taken), ["main", "own"]);
    assert_eq!(taken.notices.len(), 1);
}

#[test]
fn conflicts_in_a_submodule_are_named_from_the_outer_root() {
    let (outer, _inner) = project_with_submodule();
    let inside = outer.path("vendor/lib");
    git(&inside, &["checkout", "-q", "-b", "other"]);
    for (branch, text) in [("other", "2"), ("main", "3")] {
        git(&inside, &["checkout", "-q", branch]);
        outer.write("vendor/lib/in.txt", text);
        git(&inside, &["commit", "-q", "-a", "-m", "x"]);
    }
    let _ = Command::new("git").current_dir(&inside).args(["merge", "-q", "other"]).output();
    let error = message(outer.open().working_tree());
    assert!(error.contains("\"vendor/lib/in.txt\""), "{error}");
}
