//! The last commits of a context: each snapshot is that of its commit.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn rules(text: &str) -> IgnoreRules {
    IgnoreRules::parse(text.as_bytes()).unwrap()
}

impl Project {
    fn past(&self, context: &str, rules_text: &str, limit: usize) -> PastCommits {
        let past = self.open().past_commits(&path(context), &rules(rules_text), limit).unwrap();
        self.assert_every_snapshot(context, rules_text, &past);
        past
    }

    /// Going from change to change gives what the commits themselves have.
    fn assert_every_snapshot(&self, context: &str, rules_text: &str, past: &PastCommits) {
        let mut snapshot = past.first.clone();
        for commit in &past.commits {
            snapshot = commit.changes.apply(snapshot);
            let tree = self.open().tree(&commit.id).unwrap().at(&path(context)).unwrap();
            let whole = tree.snapshot(&rules(rules_text)).unwrap().snapshot;
            assert_eq!(snapshot.entries(), whole.entries(), "at {}", commit.id);
        }
        for commit in past.commits.iter().rev() {
            snapshot = commit.changes.revert(snapshot);
        }
        assert_eq!(snapshot.entries(), past.first.entries());
    }

    fn step(&self, changes: &[(&str, Option<&str>)]) {
        for (name, text) in changes {
            match text {
                Some(text) => self.write(name, text),
                None => fs::remove_file(self.path(name)).unwrap(),
            }
        }
        self.commit();
    }
}

fn changed(past: &PastCommits) -> Vec<Vec<String>> {
    let of = |commit: &PastCommit| {
        commit.changes.paths().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    past.commits.iter().map(of).collect()
}

#[test]
fn each_commit_is_against_the_one_before_it() {
    let project = Project::new().file("a/x", "1").file("a/y", "1").file("b", "1").committed();
    project.step(&[("a/x", Some("2"))]);
    project.step(&[("a/x", None), ("c/d/e", Some(""))]);
    project.step(&[("ignored", Some("1"))]);
    let past = project.past("", "ignored", 50);
    assert_eq!(changed(&past), [vec!["a/x"], vec!["a/x", "c/d/e"], vec![]]);
    assert_eq!(past.end, HistoryEnd::Root);
    let last = project.past("", "", 2);
    assert_eq!(changed(&last), [vec!["a/x", "c/d/e"], vec!["ignored"]]);
    assert_eq!(last.end, HistoryEnd::Limit);
}

#[test]
fn a_merge_is_the_one_change_that_it_makes_to_its_branch() {
    let project = Project::new().file("main", "1").committed();
    project.git(&["checkout", "-q", "-b", "side"]);
    project.step(&[("side1", Some(""))]);
    project.step(&[("side2", Some(""))]);
    project.git(&["checkout", "-q", "main"]);
    project.step(&[("main", Some("2"))]);
    project.git(&["merge", "-q", "--no-ff", "-m", "x", "side"]);
    assert_eq!(changed(&project.past("", "", 50)), [vec!["main"], vec!["side1", "side2"]]);
}

#[test]
fn attributes_above_and_beside_decide_about_files_that_did_not_change() {
    let project = Project::new().file("app/d/a.txt", "1\n").file("app/b.txt", "1\n").committed();
    project.step(&[(".gitattributes", Some("*.txt eol=crlf\n"))]);
    project.step(&[("app/d/.gitattributes", Some("*.txt -text -eol\n"))]);
    let past = project.past("app", "", 50);
    assert_eq!(changed(&past), [vec!["b.txt", "d/a.txt"], vec!["d/.gitattributes", "d/a.txt"]]);
}

#[test]
fn only_what_differs_is_read() {
    let mut project = Project::new();
    for number in 0..40 {
        project = project.file(format!("src/{}/{number}", number % 4), format!("{number}\n"));
    }
    let project = project.committed();
    for number in 0..10 {
        project.step(&[("src/1/1", Some(&format!("edit {number}\n")))]);
    }
    let repository = project.open();
    let past = repository.past_commits(&path(""), &IgnoreRules::none(), 50).unwrap();
    assert_eq!(past.commits.len(), 10);
    assert_eq!(repository.digests().blobs_read(), 40 + 10);
}

#[test]
fn a_directory_that_came_later_is_known_from_then_on() {
    let project = Project::new().file("other", "1").committed();
    project.step(&[("app/x", Some("1"))]);
    project.step(&[("other", Some("2"))]);
    project.step(&[("app/x", Some("2"))]);
    let past = project.past("app", "", 50);
    assert_eq!(changed(&past), [vec![], vec!["x"]]);
    assert_eq!((past.end, past.without_context), (HistoryEnd::Root, 1));
    let missing = project.open().past_commits(&path("nowhere"), &IgnoreRules::none(), 50);
    insta::assert_snapshot!(message(missing), @r#"there is no "nowhere" in HEAD; name a directory that is committed there"#);
}

#[test]
fn a_shallow_clone_and_a_lost_commit_give_what_they_have() {
    let project = Project::new().file("a", "1").committed();
    for number in 0..4 {
        project.step(&[("a", Some(&format!("edit {number}\n")))]);
    }
    let clone = project.directory.path().join("shallow");
    let url = format!("file://{}", project.root.display());
    git(project.directory.path(), &["clone", "-q", "--depth", "3", &url, "shallow"]);
    let shallow = Repository::open(&clone, &options()).unwrap();
    let past = shallow.past_commits(&path(""), &IgnoreRules::none(), 50).unwrap();
    assert_eq!((past.commits.len(), past.end), (2, HistoryEnd::Shallow));

    let lost = project.git(&["rev-parse", "HEAD~2"]);
    fs::remove_file(project.path(format!(".git/objects/{}/{}", &lost[..2], &lost[2..]))).unwrap();
    let past = project.open().past_commits(&path(""), &IgnoreRules::none(), 50).unwrap();
    assert_eq!(past.commits.len(), 1);
    assert!(matches!(past.end, HistoryEnd::Unreadable(why) if why.contains(&lost)));
}

#[test]
fn a_lost_blob_ends_the_history_there() {
    let project = Project::new().file("a", "first").committed();
    project.step(&[("a", Some("second"))]);
    project.step(&[("a", Some("third"))]);
    let lost = project.git(&["rev-parse", "HEAD~2:a"]);
    fs::remove_file(project.path(format!(".git/objects/{}/{}", &lost[..2], &lost[2..]))).unwrap();
    let past = project.past("", "", 50);
    assert_eq!(changed(&past), [["a"]]);
    assert!(matches!(past.end, HistoryEnd::Unreadable(_)));
}

#[test]
fn an_unborn_branch_has_no_commits() {
    let error = Project::new().open().past_commits(&path(""), &IgnoreRules::none(), 50);
    assert!(message(error).contains("has no commit yet"));
}

#[test]
fn a_submodule_that_moves_on_is_a_change_of_its_files() {
    let inner = Project::new().file("same", "1").file("in", "1").committed();
    let outer = Project::new().file("main", "3").committed();
    let url = inner.root.to_str().unwrap();
    outer.git(&["submodule", "--quiet", "add", "--name", "lib", url, "lib"]);
    outer.commit();
    outer.write("lib/in", "2");
    git(&outer.path("lib"), &["commit", "-qam", "x"]);
    outer.commit();
    let past = outer.past("", "", 50);
    let first = [".gitmodules", "lib/in", "lib/same"].map(str::to_owned).to_vec();
    assert_eq!(changed(&past), [first, vec!["lib/in".to_owned()]]);
    assert_eq!(changed(&outer.past("lib", "", 50)), [["in"]]);
}

#[test]
fn moved_files_are_found_also_where_they_were_edited() {
    let mut text = String::new();
    for number in 0..40 {
        writeln!(text, "line {number}").unwrap();
    }
    let project =
        Project::new().file("old/a", &text).file("b", "short\n").file("c", "").committed();
    let edited = text.replace("line 7\n", "another\n");
    project.step(&[
        ("old/a", None),
        ("new/a", Some(&edited)),
        ("b", None),
        ("d/b", Some("short\n")),
    ]);
    project.step(&[("new/a", None), ("else", Some("nothing of it\n")), ("c", None)]);
    let past = project.past("", "", 50);
    let moved = |index: usize| {
        let renames = past.commits[index].renames.iter();
        renames.map(|(from, to)| format!("{from} {to}")).collect::<Vec<_>>()
    };
    assert_eq!(moved(0), ["b d/b", "old/a new/a"]);
    assert!(moved(1).is_empty());
}

#[test]
fn no_program_is_run_to_compare_files() {
    let mut text = String::new();
    for number in 0..40 {
        writeln!(text, "line {number}").unwrap();
    }
    let project = Project::new().file("a.txt", &text).committed();
    let trace = project.directory.path().join("ran");
    let command = format!("touch {}", trace.display());
    for name in ["diff.x.command", "diff.x.textconv", "filter.x.clean", "diff.external"] {
        project.git(&["config", name, &command]);
    }
    fs::remove_file(project.path("a.txt")).unwrap();
    fs::write(project.path(".git/info/attributes"), "*.txt diff=x\n").unwrap();
    project.step(&[("b.txt", Some(&text.replace("line 7\n", "another\n")))]);
    fs::write(project.path(".git/info/attributes"), "*.txt diff=x filter=x\n").unwrap();
    let past = project.open().past_commits(&path(""), &IgnoreRules::none(), 50).unwrap();
    assert_eq!(past.commits[0].renames, [(path("a.txt"), path("b.txt"))]);
    assert!(!trace.exists());
}

fn edits() -> impl Strategy<Value = Vec<Vec<(&'static str, Option<&'static str>)>>> {
    let names = vec![
        "a",
        "a/x",
        "a/y",
        "a/b/x",
        "b",
        "b/x",
        "b/c/x",
        "c/.gitattributes",
        ".gitattributes",
        "c/x.txt",
        "c/d/y.txt",
        "d.txt",
        "a/b/.gitattributes",
    ];
    let texts = vec![
        None,
        Some("one\ntwo\n"),
        Some("three\n"),
        Some("*.txt eol=crlf\n"),
        Some("x text eol=crlf\n"),
    ];
    let edit = (prop::sample::select(names), prop::sample::select(texts));
    prop::collection::vec(prop::collection::vec(edit, 1..5), 2..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn going_from_commit_to_commit_is_reading_each(
        edits in edits(),
        ignored in prop::sample::select(vec!["", "a/*", "a\n!a/x", "**/x", "*\n!b", "c/d"]),
        context in prop::sample::select(vec!["", "a", "c"]),
    ) {
        let project = Project::new().file("a/keep", "1").file("c/keep.txt", "1\n").committed();
        for commit in edits {
            for (name, text) in commit {
                let at = project.path(name);
                match text {
                    Some(_) if at.is_dir() || fs::create_dir_all(at.parent().unwrap()).is_err() => {}
                    Some(text) => fs::write(&at, text).unwrap(),
                    None if at.is_file() => fs::remove_file(&at).unwrap(),
                    None if at.is_dir() && name != "a" => fs::remove_dir_all(&at).unwrap(),
                    _ => {}
                }
            }
            project.commit();
        }
        let past = project.past(context, ignored, 50);
        prop_assert_eq!(past.end, HistoryEnd::Root);
    }
}

#[test]
fn a_line_is_what_git_names() {
    let project = Project::new();
    project.step(&[("a", Some("1"))]);
    project.step(&[("a", Some("2"))]);
    project.git(&["checkout", "-q", "-b", "side"]);
    project.step(&[("b", Some("1"))]);
    project.git(&["checkout", "-q", "-"]);
    project.step(&[("a", Some("3"))]);
    project.git(&["merge", "-q", "--no-ff", "-m", "x", "side"]);
    project.step(&[("a", Some("4"))]);
    let open = project.open();
    for (base, head) in [
        ("HEAD~3", "HEAD"),
        ("side", "HEAD"),
        ("HEAD", "side"),
        ("HEAD~1", "HEAD"),
        ("side", "side"),
    ] {
        let line = open.line(Some(base), head, 100).unwrap();
        let range = format!("{base}..{head}");
        let told = project.git(&["rev-list", "--first-parent", "--reverse", &range]);
        let ids: Vec<&str> = line.commits.iter().map(|commit| &*commit.id).collect();
        assert_eq!(ids, told.lines().collect::<Vec<_>>(), "{range}");
        assert_eq!(line.end, None, "{range}");
    }
    let whole = open.line(None, "HEAD", 100).unwrap();
    assert_eq!((whole.commits.len(), whole.end), (5, Some(HistoryEnd::Root)));
    let newest = open.line(None, "HEAD", 2).unwrap();
    assert_eq!((newest.commits.len(), newest.end), (2, Some(HistoryEnd::Limit)));
    assert_eq!(newest.commits[1].id, project.git(&["rev-parse", "HEAD"]));
    assert!(matches!(open.line(Some("HEAD:a"), "HEAD", 2), Err(GitError::Revision { .. })));
}
