//! Small histories and what they let expect.

use super::*;
use crate::Digest;
use crate::context::git::PastCommit;
use crate::context::{Changes, ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::optimize::PastBuild;

fn file(path: &str, text: &str, day: i64) -> Entry {
    Entry {
        path: ContextPath::new(path),
        kind: EntryKind::File,
        mode: 0o644,
        size: 0,
        modified: ModifiedTime { seconds: day * 86_400, nanoseconds: 0 },
        digest: Some(Digest::of(text.as_bytes())),
        target: None,
    }
}

fn snapshot(files: &[(&str, &str)]) -> Snapshot {
    Snapshot::new(files.iter().map(|(path, text)| file(path, text, 0)).collect(), 0)
}

/// A commit between two states, which moved files.
fn commit(before: &[(&str, &str)], after: &[(&str, &str)], moved: &[(&str, &str)]) -> PastCommit {
    let changes = Changes::between(&snapshot(before), &snapshot(after));
    let path = |it: &str| ContextPath::new(it);
    let renames = moved.iter().map(|(from, to)| (path(from), path(to))).collect();
    PastCommit { changes, renames, ..PastCommit::default() }
}

fn observed(changed: &[&str]) -> Observed {
    Observed { changed: changed.iter().map(ContextPath::new).collect() }
}

fn assert_near(frequencies: &Frequencies, path: &str, expected: f64) {
    let found = frequencies.of(&ContextPath::new(path));
    assert!((found - expected).abs() < 1e-9, "{path}: {found} and not {expected}");
}

#[test]
fn recent_builds_weigh_more_and_a_directory_is_what_is_in_it() {
    let mut builds = vec![observed(&[]); 21];
    builds[0] = observed(&["src/new.rs", "src/deep/a.rs"]);
    builds[10] = observed(&["src/old.rs", "README.md"]);
    let frequencies = Frequencies::observed(&[&builds]);
    let whole: f64 = (0..21).map(|age| (-f64::from(age) / 10.0).exp2()).sum();
    assert_near(&frequencies, "src/new.rs", 1.0 / whole);
    assert_near(&frequencies, "src/old.rs", 0.5 / whole);
    assert_near(&frequencies, "src/deep", 1.0 / whole);
    assert_near(&frequencies, "src", 1.5 / whole);
    assert_near(&frequencies, "", 1.5 / whole);
    assert_near(&frequencies, "never", 0.0);
}

#[test]
fn what_changes_every_time_is_one_and_no_history_is_nothing() {
    let builds = vec![observed(&["a", "b/c"]); 5];
    assert_near(&Frequencies::observed(&[&builds]), "b/c", 1.0);
    assert_near(&Frequencies::observed(&[&[], &[]]), "a", 0.0);
}

#[test]
fn commits_and_builds_are_evidence_alike() {
    let commits = [observed(&["a"])];
    let builds = Observed::of_builds(&[PastBuild { changed: vec![ContextPath::new("b")] }]);
    let frequencies = Frequencies::observed(&[&commits, &builds]);
    assert_near(&frequencies, "a", 0.5);
    assert_near(&frequencies, "b", 0.5);
}

#[test]
fn a_file_that_moved_keeps_its_changes() {
    let commits = [
        commit(&[("lib/a", "1")], &[("lib/a", "2")], &[]),
        commit(&[("lib/a", "2")], &[("src/a", "2")], &[("lib/a", "src/a")]),
        commit(&[("src/a", "2")], &[("src/a", "3")], &[]),
        commit(&[("src/a", "3")], &[("app/b", "4")], &[("src/a", "app/b")]),
    ];
    let seen = Observed::of_commits(&commits);
    assert_eq!(seen, vec![observed(&["app/b"]); 4]);
    assert_near(&Frequencies::observed(&[&seen]), "app", 1.0);
    assert_near(&Frequencies::observed(&[&seen]), "lib", 0.0);
}

#[test]
fn a_new_file_at_an_old_place_is_another_one() {
    let commits = [
        commit(&[("a", "1")], &[("a", "2")], &[]),
        commit(&[("a", "2")], &[("b", "2")], &[("a", "b")]),
        commit(&[("b", "2")], &[("a", "new"), ("b", "2")], &[]),
    ];
    let seen = Observed::of_commits(&commits);
    assert_eq!(seen, [observed(&["a"]), observed(&["b"]), observed(&["b"])]);
}

#[test]
fn two_files_can_change_places() {
    let commits = [
        commit(&[("a", "1")], &[("a", "2")], &[]),
        commit(&[("a", "2"), ("b", "x")], &[("a", "x"), ("b", "2")], &[("a", "b"), ("b", "a")]),
    ];
    let seen = Observed::of_commits(&commits);
    assert_eq!(seen, [observed(&["a", "b"]), observed(&["b"])]);
}

#[test]
fn without_a_history_the_times_of_files_tell() {
    let files = vec![file("src/a", "", 100), file("src/b", "", 99), file("docs/c", "", 91)];
    let frequencies = Frequencies::of_times(&Snapshot::new(files, 0));
    assert_near(&frequencies, "src/a", 1.0);
    assert_near(&frequencies, "src/b", 0.5);
    assert_near(&frequencies, "docs", 0.1);
    assert_near(&frequencies, "", 1.0);
    assert_near(&Frequencies::of_times(&Snapshot::default()), "", 0.0);
}
