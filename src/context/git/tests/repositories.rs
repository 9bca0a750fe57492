//! Kinds of repositories, and revisions that are there or not.

use super::*;

#[test]
fn a_commit_is_what_its_checkout_is() {
    let project = Project::new()
        .file("src/main.rs", "fn main() {}\n")
        .file("run.sh", "echo\n")
        .executable("run.sh")
        .link("link", "../out")
        .file(b"names/a\nb", "1")
        .file(b"names/\xff\xfe", "2")
        .file("names/back\\slash", "3")
        .file("a-b/x", "")
        .file("a.b", "")
        .file("a/x", "")
        .committed();
    project.assert_as_checked_out("HEAD", "");
    project.assert_as_checked_out("HEAD", "src\nnames/*\n!names/back*\n");
    let taken = project.taken("HEAD", "");
    assert!(taken.notices.is_empty());
    let script = taken.snapshot.get(&path("run.sh")).unwrap();
    assert_eq!((script.mode, script.size), (0o755, 5));
    assert_eq!(script.digest, Some(crate::Digest::of(b"echo\n")));
    let link = taken.snapshot.get(&path("link")).unwrap();
    assert_eq!(link.target.as_deref(), Some(b"../out".as_slice()));
    assert_eq!(taken.snapshot.get(&path("src")).unwrap().mode, 0o755);
}

#[test]
fn older_commits_tags_and_a_detached_head_are_revisions() {
    let project = Project::new().file("a", "1").committed();
    project.git(&["tag", "-a", "-m", "x", "v1"]);
    project.write("b", "2");
    project.commit();
    assert_eq!(paths(&project.taken("v1", "")), ["a"]);
    assert_eq!(paths(&project.taken("HEAD~1", "")), ["a"]);
    project.git(&["checkout", "-q", "--detach", "HEAD~1"]);
    assert_eq!(paths(&project.taken("HEAD", "")), ["a"]);
    assert_eq!(paths(&project.taken("main^{tree}", "")), ["a", "b"]);
}

#[test]
fn a_context_below_the_root_is_its_own_root() {
    let project = Project::new().file("app/src/x", "1").file("app/y", "2").file("z", "3");
    let project = project.committed();
    let tree = project.open().tree("HEAD").unwrap();
    let taken = tree.at(&path("app")).unwrap().snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(paths(&taken), ["src", "src/x", "y"]);
    let twice = tree.at(&path("app")).unwrap().at(&path("src")).unwrap();
    assert_eq!(paths(&twice.snapshot(&IgnoreRules::none()).unwrap()), ["x"]);
}

#[test]
fn what_is_not_there_is_said_with_its_name() {
    let project = Project::new().file("dir/file", "1").committed();
    let repository = project.open();
    let error = message(repository.tree("no-such-branch"));
    assert!(error.contains("has no revision \"no-such-branch\""), "{error}");
    let error = message(repository.tree("HEAD:dir/file"));
    assert!(error.contains("\"HEAD:dir/file\" is a blob and no tree"), "{error}");
    let tree = repository.tree("HEAD").unwrap();
    let error = message(tree.at(&path("none")));
    assert_eq!(error, "there is no \"none\" in HEAD; name a directory that is committed there");
    let error = message(tree.at(&path("dir/file")));
    assert_eq!(error, "\"dir/file\" in HEAD is no directory; name the directory that holds it");
    let empty = tempfile::tempdir().unwrap();
    let error = message(Repository::open(empty.path(), &options()));
    assert!(error.starts_with("no git repository can be opened at"), "{error}");
}

#[test]
fn a_branch_without_a_commit_is_an_error_of_its_own() {
    let project = Project::new().file("a", "1");
    let error = project.open().tree("HEAD").unwrap_err();
    assert!(matches!(&error, GitError::Unborn { branch, .. } if branch == "main"), "{error}");
    assert!(paths(&project.staged()).is_empty());
    let nothing = project.open().nothing().unwrap();
    assert!(nothing.snapshot(&IgnoreRules::none()).unwrap().snapshot.entries().is_empty());
}

#[test]
fn an_empty_tree_is_an_empty_snapshot() {
    let project = Project::new().committed();
    assert_eq!(project.taken("HEAD", "").snapshot, Snapshot::default());
    let empty = project.git(&["hash-object", "-t", "tree", "/dev/null"]);
    assert_eq!(project.taken(&empty, "").snapshot, Snapshot::default());
}

#[test]
fn bare_linked_and_shallow_repositories_are_read() {
    let project = Project::new().file("sub/a", "1").committed();
    project.write("sub/a", "2");
    project.commit();
    let whole = project.taken("HEAD", "").snapshot;
    let around = project.directory.path();
    let text = project.root.to_str().unwrap();
    git(around, &["clone", "-q", "--bare", text, "bare"]);
    git(around, &["clone", "-q", "--depth=1", &format!("file://{text}"), "shallow"]);
    project.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    for name in ["bare", "shallow", "linked", "linked/sub"] {
        let repository = Repository::open(&around.join(name), &options()).unwrap();
        let taken = repository.tree("HEAD").unwrap().snapshot(&IgnoreRules::none()).unwrap();
        assert_eq!(taken.snapshot, whole, "{name}");
        assert_eq!(repository.work_tree().is_none(), name == "bare");
    }
    let shallow = Repository::open(&around.join("shallow"), &options()).unwrap();
    let error = message(shallow.tree("HEAD~1"));
    assert!(error.contains("shallow"), "{error}");
}

#[test]
fn branches_that_are_no_files_are_told() {
    let project = Project::new().file("a", "1").committed();
    project.git(&["config", "core.repositoryFormatVersion", "1"]);
    fs::write(project.path(".git/HEAD"), "ref: refs/heads/.invalid\n").unwrap();
    let config = fs::read_to_string(project.path(".git/config")).unwrap();
    let extended = format!("{config}[extensions]\n\trefStorage = reftable\n");
    fs::write(project.path(".git/config"), extended).unwrap();
    let error = message(Repository::open(&project.root, &options()));
    assert!(error.contains("as reftable, which is not read here"), "{error}");
}

#[test]
fn a_linked_working_tree_has_its_own_index() {
    let project = Project::new().file("a", "1").committed();
    project.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = project.directory.path().join("linked");
    fs::write(linked.join("b"), "2").unwrap();
    git(&linked, &["add", "b"]);
    let repository = Repository::open(&linked, &options()).unwrap();
    let staged = repository.index().unwrap().snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(paths(&staged), ["a", "b"]);
    assert_eq!(paths(&project.staged()), ["a"]);
}

#[test]
fn a_repository_with_sha256_names_is_read_as_any_other() {
    let project = Project::with(&["--object-format=sha256"]).file("a/b", "1").committed();
    project.assert_as_checked_out("HEAD", "");
    assert_eq!(project.staged().snapshot, project.taken("HEAD", "").snapshot);
}

#[test]
fn packed_objects_are_read_like_loose_ones() {
    let project = Project::new();
    for number in 0..40 {
        project.write(format!("d{}/f{number}", number % 5), format!("{number}\n").repeat(50));
    }
    project.commit();
    let loose = project.taken("HEAD", "").snapshot;
    project.git(&["gc", "-q", "--aggressive", "--prune=now"]);
    assert_eq!(project.taken("HEAD", "").snapshot, loose);
}

#[test]
fn the_place_where_two_branches_went_apart_is_found() {
    let project = Project::new().file("a", "1").committed();
    let base = project.git(&["rev-parse", "HEAD"]);
    project.git(&["checkout", "-q", "-b", "side"]);
    project.commit();
    project.git(&["checkout", "-q", "main"]);
    project.write("b", "2");
    project.commit();
    assert_eq!(project.open().merge_base("main", "side").unwrap(), Some(base));
    project.git(&["checkout", "-q", "--orphan", "other"]);
    project.commit();
    assert_eq!(project.open().merge_base("main", "other").unwrap(), None);
}

#[test]
fn the_user_s_configuration_can_count() {
    let project = Project::new().file("a", "1").committed();
    let repository = Repository::open(&project.root, &GitOptions::default()).unwrap();
    let taken = repository.tree("HEAD").unwrap().snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(taken.snapshot, project.taken("HEAD", "").snapshot);
}

#[test]
fn a_commit_in_a_partial_clone_names_what_is_not_there() {
    let project = Project::new().file("a", "1").committed();
    project.git(&["config", "uploadpack.allowFilter", "true"]);
    let around = project.directory.path();
    let url = format!("file://{}", project.root.display());
    git(around, &["clone", "-q", "--bare", "--filter=blob:none", &url, "partial"]);
    let partial = Repository::open(&around.join("partial"), &options()).unwrap();
    let error = message(partial.tree("HEAD").unwrap().snapshot(&IgnoreRules::none()));
    assert!(error.contains("(HEAD:a) is not in the repository; fetch it"), "{error}");
}
