//! Surveys of real directories.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use super::*;
use crate::context::{IgnoreRules, snapshot};

/// A directory with files of so many bytes, surveyed with the rules.
fn surveyed(files: &[(&str, usize)], rules: &str) -> (Survey, IgnoreRules) {
    let root = tempfile::tempdir().unwrap();
    for (name, size) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![b'x'; *size]).unwrap();
    }
    let rules = IgnoreRules::parse(rules.as_bytes()).unwrap();
    let survey = survey(root.path(), &rules).unwrap();
    let read = snapshot(root.path(), &rules).unwrap();
    let sent: Vec<_> = survey.items().iter().map(|item| &item.path).collect();
    let built: Vec<_> = read.entries().iter().map(|entry| &entry.path).collect();
    assert_eq!(sent, built, "a survey lists what a build sends");
    (survey, rules)
}

fn path(path: &str) -> ContextPath {
    ContextPath::new(path)
}

#[test]
fn every_file_counts_once_at_the_line_that_decides() {
    let files = [("a.log", 1), ("keep.log", 2), ("node_modules/x/b.log", 4), ("src/m", 8)];
    let (survey, _) =
        surveyed(&files, "node_modules\n*.log\n!keep.log\n**/tpm\n**/b.log\n*.log\n!src\n");
    let decides: Vec<_> = survey.rules().iter().map(|it| it.decides.bytes).collect();
    assert_eq!(decides, [4, 0, 0, 0, 0, 3, 0]);
    let matches: Vec<_> = survey.rules().iter().map(|it| it.matches).collect();
    assert_eq!(matches, [true, true, true, false, true, true, true]);
    assert_eq!((survey.ignored().files, survey.ignored().bytes), (3, 7));
    assert_eq!((survey.sent().files, survey.sent().bytes), (1, 8));
}

#[test]
fn what_is_taken_back_counts_for_the_exception() {
    let (survey, _) = surveyed(&[("docs/a", 1), ("docs/keep/b", 2)], "docs\n!docs/keep\n");
    assert_eq!(survey.rules()[0].decides.bytes, 1);
    assert_eq!((survey.rules()[1].decides.files, survey.rules()[1].decides.bytes), (1, 2));
    assert!(survey.get(&path("docs")).is_some(), "it leads to what is taken back");
}

#[test]
fn directories_are_shown_where_their_bytes_are() {
    let files = [("a/b/c/large", 1000), ("a/b/small", 10), ("d/x", 50), ("d/e/y", 40), ("z", 5)];
    let (survey, _) = surveyed(&files, "");
    let shown: Vec<_> = survey
        .largest_directories(9)
        .into_iter()
        .map(|it| (it.path.to_string(), it.tally.bytes))
        .collect();
    assert_eq!(shown, [("a/b/c".to_owned(), 1000), ("d".to_owned(), 90)]);
    let files: Vec<_> = survey.largest_files(2).iter().map(|it| it.path.to_string()).collect();
    assert_eq!(files, ["a/b/c/large", "d/x"]);
    assert!(survey.largest_files(0).is_empty());
}

#[test]
fn an_explanation_names_the_line_and_the_others() {
    let rules = IgnoreRules::parse(b"docs\n*.md\n!docs/a.md\nx/**\n").unwrap();
    let told = |name: &str| explain(&rules, &path(name), false);
    let kept = told("docs/a.md");
    assert_eq!((kept.fate, kept.decides), (Fate::Sent, Some(2)));
    let lost = told("docs/b.md");
    assert_eq!((lost.fate, lost.decides), (Fate::Ignored, Some(0)));
    assert_eq!(lost.touches, [Touch { rule: 0, path: path("docs") }]);
    assert_eq!(told("src/a.md").decides, None);
    assert_eq!(explain(&rules, &path("docs"), true).fate, Fate::OnlyForItsContents);
    assert_eq!(told("").fate, Fate::Sent);
}

#[test]
fn a_rule_about_what_is_never_read_does_not_decide() {
    let rules = IgnoreRules::parse(b"a\n!a/*/**\n").unwrap();
    let told = explain(&rules, &path("a/b/c"), false);
    assert_eq!((told.fate, told.decides), (Fate::Ignored, Some(0)));
    assert_eq!(told.unread, Some(path("a/b")));
}
