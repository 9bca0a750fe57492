//! Submodules.

use super::*;

/// A project with the submodule `lib`, checked out at `vendor/lib`.
fn with_submodule() -> (Project, Project) {
    let inner = Project::new().file("in.txt", "1\n").file("d/e", "2").committed();
    let outer = Project::new().file("main", "3").file(".gitattributes", "*.txt eol=crlf\n");
    let url = inner.root.to_str().unwrap();
    outer.git(&["submodule", "--quiet", "add", "--name", "lib", url, "vendor/lib"]);
    outer.commit();
    (outer, inner)
}

const WITH: [&str; 8] = [
    ".gitattributes",
    ".gitmodules",
    "main",
    "vendor",
    "vendor/lib",
    "vendor/lib/d",
    "vendor/lib/d/e",
    "vendor/lib/in.txt",
];

#[test]
fn a_submodule_that_is_checked_out_has_its_files() {
    let (outer, _inner) = with_submodule();
    let taken = outer.taken("HEAD", "");
    assert_eq!(paths(&taken), WITH);
    assert!(taken.notices.is_empty());
    // The outer repository's attributes end at the submodule.
    let file = taken.snapshot.get(&path("vendor/lib/in.txt")).unwrap();
    assert_eq!(file.digest, Some(crate::Digest::of(b"1\n")));
    assert_eq!(outer.staged().snapshot, taken.snapshot);
    let disk = snapshot(&outer.root, &IgnoreRules::none()).unwrap();
    let disk = as_git_records(&disk, |_| false);
    let names: Vec<_> = disk.entries().iter().map(|it| it.path.to_string()).collect();
    assert_eq!(names, WITH);
}

#[test]
fn the_recorded_commit_counts_and_not_what_is_checked_out() {
    let (outer, _inner) = with_submodule();
    let checked_out = outer.path("vendor/lib");
    fs::write(checked_out.join("later"), "x").unwrap();
    git(&checked_out, &["add", "later"]);
    git(&checked_out, &["commit", "-q", "-m", "x"]);
    assert_eq!(paths(&outer.taken("HEAD", "")), WITH);
    outer.git(&["add", "vendor/lib"]);
    assert!(paths(&outer.staged()).contains(&"vendor/lib/later".to_owned()));
}

#[test]
fn a_submodule_with_its_repository_in_its_own_directory_is_found() {
    let (outer, _inner) = with_submodule();
    let own = outer.path("vendor/lib/.git");
    fs::remove_file(&own).unwrap();
    fs::rename(outer.path(".git/modules/lib"), &own).unwrap();
    git(&own, &["config", "--unset", "core.worktree"]);
    assert_eq!(paths(&outer.taken("HEAD", "")), WITH);
}

#[test]
fn a_submodule_that_moved_is_found_by_its_name() {
    let (outer, _inner) = with_submodule();
    outer.git(&["mv", "vendor/lib", "moved"]);
    outer.commit();
    assert_eq!(paths(&outer.taken("HEAD~1", "")), WITH);
    assert!(paths(&outer.taken("HEAD", "")).contains(&"moved/in.txt".to_owned()));
}

#[test]
fn without_its_objects_a_submodule_is_an_empty_directory_and_noted() {
    let (outer, _inner) = with_submodule();
    let around = outer.directory.path();
    git(around, &["clone", "-q", outer.root.to_str().unwrap(), "clone"]);
    let clone = Repository::open(&around.join("clone"), &options()).unwrap();
    let tree = clone.tree("HEAD").unwrap();
    let taken = tree.snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(paths(&taken), WITH[..5]);
    assert_eq!(taken.notices.len(), 1);
    let noted = taken.notices[0].to_string();
    assert!(noted.starts_with("\"vendor/lib\": the submodule's commit "), "{noted}");
    let vendor = IgnoreRules::parse(b"vendor").unwrap();
    assert!(tree.snapshot(&vendor).unwrap().notices.is_empty());
    outer.git(&["submodule", "--quiet", "deinit", "-f", "vendor/lib"]);
    assert_eq!(paths(&outer.taken("HEAD", "")), WITH[..5]);
}

#[test]
fn a_context_can_lie_in_a_submodule() {
    let (outer, _inner) = with_submodule();
    let tree = outer.open().tree("HEAD").unwrap();
    let context = tree.at(&path("vendor/lib/d")).unwrap();
    assert_eq!(paths(&context.snapshot(&IgnoreRules::none()).unwrap()), ["e"]);
    assert_eq!(tree.read(&path("vendor/lib/in.txt")).unwrap().as_deref(), Some(&b"1\n"[..]));
}

#[test]
fn a_name_that_leads_out_of_the_repository_is_not_followed() {
    let (outer, inner) = with_submodule();
    let around = outer.directory.path();
    git(around, &["clone", "-q", "--bare", inner.root.to_str().unwrap(), "outside"]);
    outer.git(&["submodule", "--quiet", "deinit", "-f", "vendor/lib"]);
    fs::remove_dir(outer.path("vendor/lib")).unwrap();
    for name in ["../../../outside", around.join("outside").to_str().unwrap()] {
        let modules = format!("[submodule \"{name}\"]\n\tpath = vendor/lib\n\turl = x\n");
        fs::write(outer.path(".gitmodules"), modules).unwrap();
        outer.git(&["add", ".gitmodules"]);
        let taken = outer.staged();
        assert_eq!((paths(&taken).len(), taken.notices.len()), (5, 1), "{name}");
    }
}
