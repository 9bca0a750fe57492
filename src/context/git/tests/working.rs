//! The working tree as it would be recorded, beside what git then records; and where trees differ.

use std::os::unix::net::UnixListener;

use super::*;

/// The working tree, and then the index after `git add --all`: the same.
fn assert_as_recorded(project: &Project) -> Snapshot {
    let seen = project.open().working_tree().unwrap().snapshot(&IgnoreRules::none()).unwrap();
    project.git(&["add", "--all"]);
    let recorded = project.staged();
    assert_eq!(seen.snapshot.entries(), recorded.snapshot.entries());
    seen.snapshot
}

fn changed(project: &Project, older: &str, newer: &str) -> Vec<String> {
    let repository = project.open();
    let (older, newer) = (repository.tree(older).unwrap(), repository.tree(newer).unwrap());
    let changes = newer.differences_from(&older).unwrap();
    changes.paths.iter().map(ToString::to_string).collect()
}

/// Long ago, so that git is sure of what it recorded.
fn settle(project: &Project) {
    for path in project.git(&["ls-files"]).lines() {
        let file = fs::File::options().read(true).open(project.path(path)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000))
            .unwrap();
    }
    project.git(&["add", "--all"]);
}

#[test]
fn what_was_edited_added_and_deleted_is_as_git_would_record_it() {
    let project = Project::new()
        .file(".gitignore", "ignored\n*.log\n")
        .file("edited", "1")
        .file("same size", "1")
        .file("deep/er/edited", "1")
        .file("deep/er/kept", "1")
        .file("deep/deleted", "1")
        .file("gone/all", "1")
        .file("script", "1")
        .file("a file", "1")
        .file("a directory/x", "1")
        .file("staged", "1")
        .link("link", "edited")
        .committed();
    settle(&project);
    project.write("staged", "2");
    project.git(&["add", "staged"]);
    project.write("staged", "3");
    project.write("edited", "longer");
    project.write("same size", "2");
    project.write("deep/er/edited", "2");
    project.write("deep/new/file", "new");
    project.write("ignored/x", "1");
    project.write("deep/x.log", "1");
    fs::remove_file(project.path("deep/deleted")).unwrap();
    fs::remove_dir_all(project.path("gone")).unwrap();
    fs::remove_file(project.path("a file")).unwrap();
    project.write("a file/is a directory", "1");
    fs::remove_dir_all(project.path("a directory")).unwrap();
    project.write("a directory", "is a file");
    fs::remove_file(project.path("link")).unwrap();
    let project = project.link("link", "deep").link("new link", "nowhere").executable("script");
    let _socket = UnixListener::bind(project.path("socket")).unwrap();
    let seen = assert_as_recorded(&project);
    assert_eq!(seen.get(&path("staged")).unwrap().digest, Some(crate::Digest::of(b"3")));
    assert_eq!(seen.get(&path("deep/new/file")).unwrap().digest, Some(crate::Digest::of(b"new")));
    assert!(seen.get(&path("ignored/x")).is_none());
}

#[test]
fn a_touched_file_is_not_edited_and_an_edit_within_a_tick_is_seen() {
    let project = Project::new().file("touched", "1").file("edited", "1").committed();
    settle(&project);
    let now = fs::File::options().read(true).open(project.path("touched")).unwrap();
    now.set_modified(std::time::SystemTime::now()).unwrap();
    // Size and time stay what the index knows.
    project.write("edited", "2");
    let old = fs::File::options().read(true).open(project.path("edited")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000)).unwrap();
    let repository = project.open();
    let head = repository.tree("HEAD").unwrap();
    let changes = repository.working_tree().unwrap().differences_from(&head).unwrap();
    assert_eq!(changes.paths, [path("edited")]);
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_there_only_where_the_disk_has_it() {
    let project = Project::new().file("gone/x", "1").file("there", "1").file("same", "1");
    let project = project.committed();
    settle(&project);
    project.git(&["update-index", "--skip-worktree", "gone/x", "there", "same"]);
    fs::remove_dir_all(project.path("gone")).unwrap();
    project.write("there", "22");
    let repository = project.open();
    let head = repository.tree("HEAD").unwrap();
    let working = repository.working_tree().unwrap();
    assert_eq!(working.differences_from(&head).unwrap().paths, [path("there")]);
    assert_eq!(working.read(&path("there")).unwrap().as_deref(), Some(&b"22"[..]));
}

#[test]
fn what_a_sparse_index_has_as_one_directory_counts_with_what_the_disk_has_of_it() {
    let project = Project::new().file("in/a", "1").file("out/b", "1").file("out/deep/c", "1");
    let project = project.file("out/far/d", "1").file("other/e", "1").committed();
    project.git(&["sparse-checkout", "init", "--cone", "--sparse-index"]);
    project.git(&["sparse-checkout", "set", "in"]);
    assert_as_recorded(&project);
    fs::create_dir_all(project.path("out/deep")).unwrap();
    assert_as_recorded(&project);
    project.write("out/b", "2");
    project.write("out/deep/new", "1");
    let repository = project.open();
    let head = repository.tree("HEAD").unwrap();
    let changes = repository.working_tree().unwrap().differences_from(&head).unwrap();
    assert_eq!(changes.paths, [path("out/b"), path("out/deep/new")]);
}

#[test]
fn line_ends_that_a_checkout_writes_are_no_edit() {
    let project = Project::new().file(".gitattributes", "*.txt text eol=crlf\n");
    project.write("a.txt", "1\r\n2\r\n");
    project.commit();
    project.git(&["rm", "-q", "--cached", "a.txt"]);
    project.git(&["add", "a.txt"]);
    // Not known to the index by its state any more.
    fs::write(project.path("a.txt"), "1\r\n2\r\n").unwrap();
    let repository = project.open();
    let head = repository.tree("HEAD").unwrap();
    let working = repository.working_tree().unwrap();
    assert!(working.differences_from(&head).unwrap().is_empty());
    project.write("a.txt", "1\r\n3\r\n");
    let working = project.open().working_tree().unwrap();
    let changes = working.differences_from(&head).unwrap();
    assert_eq!(changes.paths, [path("a.txt")]);
    assert_eq!(working.read(&path("a.txt")).unwrap().unwrap(), b"1\r\n3\r\n");
}

#[test]
fn a_file_behind_a_link_is_gone() {
    let project = Project::new().file("d/x", "1").file("e/x", "1").committed();
    settle(&project);
    fs::remove_dir_all(project.path("d")).unwrap();
    let project = project.link("d", "e");
    assert_as_recorded(&project);
}

#[test]
fn a_merge_with_conflicts_has_no_working_tree() {
    let project = Project::new().file("a", "1").committed();
    project.git(&["checkout", "-q", "-b", "other"]);
    project.write("a", "2");
    project.commit();
    project.git(&["checkout", "-q", "main"]);
    project.write("a", "3");
    project.commit();
    let _ = Command::new("git").current_dir(&project.root).args(["merge", "-q", "other"]).output();
    let error = message(project.open().working_tree());
    assert!(error.starts_with("the index has conflicts:\n  \"a\""), "{error}");
}

#[test]
fn what_two_commits_have_otherwise_is_found_at_any_depth() {
    let project = Project::new()
        .file("same/x", "1")
        .file("a/b/c", "1")
        .file("a/b/d", "1")
        .file("a.b", "1")
        .file("gone/x/y", "1")
        .file("kind", "1")
        .committed();
    project.write("a/b/c", "2");
    project.write("new/x", "1");
    fs::remove_dir_all(project.path("gone")).unwrap();
    fs::remove_file(project.path("kind")).unwrap();
    project.write("kind/x", "1");
    project.commit();
    let expected = ["a/b/c", "gone/x/y", "kind", "kind/x", "new/x"];
    assert_eq!(changed(&project, "HEAD~1", "HEAD"), expected);
    assert_eq!(changed(&project, "HEAD", "HEAD~1"), expected);
    assert!(changed(&project, "HEAD", "HEAD").is_empty());
    let git = project.git(&["diff", "--no-renames", "--name-only", "HEAD~1", "HEAD"]);
    assert_eq!(git.lines().count(), expected.len());
}

#[test]
fn the_index_is_compared_with_head_by_what_it_notes_of_directories() {
    let project = Project::new().file("a/b/c", "1").file("d/e", "1").file("f", "1").committed();
    project.git(&["read-tree", "HEAD"]);
    project.write("a/b/c", "2");
    project.git(&["add", "a/b/c"]);
    let repository = project.open();
    let index = repository.index().unwrap();
    let head = repository.tree("HEAD").unwrap();
    assert_eq!(index.differences_from(&head).unwrap().paths, [path("a/b/c")]);
    // What was intended to be added is in no tree, whatever the index noted.
    project.write("d/new", "1");
    project.git(&["add", "--intent-to-add", "d/new"]);
    let index = project.open().index().unwrap();
    assert_eq!(index.differences_from(&head).unwrap().paths, [path("a/b/c")]);
}

#[test]
fn comparable_trees_name_what_they_do_not_read() {
    let project = Project::new().file("a", "1").file("b", "22").link("l", "a").committed();
    let repository = project.open();
    let trees = [repository.tree("HEAD").unwrap(), repository.index().unwrap()];
    let [head, index] = repository.comparable(trees);
    let snapshots = [head, index].map(|it| it.snapshot(&IgnoreRules::none()).unwrap().snapshot);
    assert_eq!(snapshots[0], snapshots[1]);
    let [a, b] = ["a", "b"].map(|name| snapshots[0].get(&path(name)).unwrap());
    assert_eq!((a.size, b.size), (1, 2));
    assert_ne!(a.digest, b.digest);
    assert_eq!(snapshots[0].get(&path("l")).unwrap().target.as_deref(), Some(&b"a"[..]));
    assert_eq!(repository.digests().blobs_read(), 0);
}
