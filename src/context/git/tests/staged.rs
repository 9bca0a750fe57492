//! The index.

use super::*;

#[test]
fn the_index_is_what_the_next_commit_holds() {
    let project = Project::new().file("a/x", "1").file("a-b", "2").file("gone", "3").committed();
    project.write("a/x", "staged");
    project.write("a/new", "new");
    fs::remove_file(project.path("gone")).unwrap();
    project.git(&["add", "-A"]);
    project.write("a/x", "edited after");
    let staged = project.staged();
    assert_eq!(paths(&staged), ["a", "a/new", "a/x", "a-b"]);
    let x = staged.snapshot.get(&path("a/x")).unwrap();
    assert_eq!(x.digest, Some(crate::Digest::of(b"staged")));
    project.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(project.taken("HEAD", "").snapshot, staged.snapshot);
}

#[test]
fn an_intent_to_add_is_not_there_yet() {
    let project = Project::new().file("a", "1").committed();
    project.write("later", "2");
    project.git(&["add", "-N", "later"]);
    assert_eq!(project.git(&["diff", "--staged", "--name-only"]), "");
    assert_eq!(paths(&project.staged()), ["a"]);
}

#[test]
fn what_the_working_tree_has_does_not_matter() {
    let project = Project::new().file("a", "1").file("b", "2").committed();
    project.git(&["update-index", "--assume-unchanged", "a"]);
    project.git(&["update-index", "--skip-worktree", "b"]);
    fs::remove_file(project.path("b")).unwrap();
    assert_eq!(project.staged().snapshot, project.taken("HEAD", "").snapshot);
}

#[test]
fn a_sparse_index_is_opened() {
    let project = Project::new().file("in/a", "1").file("out/deep/b", "2").file("out/c", "3");
    let project = project.committed();
    project.git(&["sparse-checkout", "init", "--cone", "--sparse-index"]);
    project.git(&["sparse-checkout", "set", "in"]);
    assert!(
        project.git(&["ls-files", "--sparse"]).contains("out/\n")
            || project.git(&["ls-files", "--sparse"]).ends_with("out/")
    );
    assert_eq!(project.staged().snapshot, project.taken("HEAD", "").snapshot);
    assert_eq!(project.staged().snapshot.files(), 3);
}

#[test]
fn a_split_index_is_joined() {
    let project = Project::new().file("a", "1").committed();
    project.git(&["update-index", "--split-index"]);
    project.write("b", "2");
    project.git(&["add", "b"]);
    assert_eq!(paths(&project.staged()), ["a", "b"]);
}

#[test]
fn conflicts_are_named_where_they_matter() {
    let project = Project::new().file("app/x", "1").file("other/y", "1").committed();
    project.git(&["checkout", "-q", "-b", "side"]);
    project.write("app/x", "2");
    project.commit();
    project.git(&["checkout", "-q", "main"]);
    project.write("app/x", "3");
    project.commit();
    let merge = std::process::Command::new("git")
        .current_dir(&project.root)
        .args(["-c", "user.name=a", "-c", "user.email=a@a", "merge", "-q", "side"])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(!merge.status.success());
    let index = project.open().index().unwrap();
    let error = message(index.snapshot(&IgnoreRules::none()));
    assert_eq!(
        error,
        "the index has conflicts:\n  \"app/x\"\nresolve them and `git add` the files"
    );
    assert!(
        index.at(&path("app")).is_err()
            || message(index.at(&path("app")).unwrap().snapshot(&IgnoreRules::none()))
                .contains("app/x")
    );
    assert!(message(index.read(&path("app/x"))).contains("app/x"));
    let other = index.at(&path("other")).unwrap();
    assert_eq!(paths(&other.snapshot(&IgnoreRules::none()).unwrap()), ["y"]);
}

#[test]
fn a_hook_can_name_another_index() {
    let project = Project::new().file("a", "1").committed();
    let other = project.path(".git/next-index");
    fs::copy(project.path(".git/index"), &other).unwrap();
    project.write("b", "2");
    project.git(&["add", "b"]);
    let options = GitOptions { index_file: Some(other), ..options() };
    let repository = Repository::open(&project.root, &options).unwrap();
    let staged = repository.index().unwrap().snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(paths(&staged), ["a"]);
}

#[test]
fn attributes_are_those_of_the_index() {
    let project = Project::new().file("a.txt", "1\n").committed();
    project.write(".gitattributes", "*.txt eol=crlf\n");
    assert_eq!(project.staged().snapshot, project.taken("HEAD", "").snapshot);
    project.git(&["add", ".gitattributes"]);
    let staged = project.staged().snapshot;
    assert_eq!(staged.get(&path("a.txt")).unwrap().size, 3);
}

#[test]
fn a_damaged_index_is_said_to_be() {
    let project = Project::new().file("a", "1").committed();
    let index = project.path(".git/index");
    let whole = fs::read(&index).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"DIRC", b"", b"nonsense nonsense nonsense"] {
        fs::write(&index, damaged).unwrap();
        let error = message(project.open().index());
        assert!(error.starts_with("cannot read the index"), "{error}");
    }
}
