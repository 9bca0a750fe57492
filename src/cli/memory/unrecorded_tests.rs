//! Builds of which the store has no record are told of beside it.

use std::path::Path;

use rusqlite::Connection;

use super::damage_tests::line;
use super::*;
use crate::cli::ui::Surroundings;
use crate::store::{Begun, FILE_NAME};

fn silent() -> Ui {
    Ui::new(&Surroundings::default(), Box::new(std::io::sink()), Box::new(std::io::sink()))
}

fn open(directory: &Path) -> Memory {
    let cache_directory = Some(directory.to_owned());
    let environment = Environment { cache_directory, ..Environment::default() };
    Memory::open(&environment, &mut silent()).expect("it is said")
}

/// A build begins and ends, and is recorded where that is possible.
fn build(directory: &Path) -> Begun {
    let mut memory = open(directory);
    let begun = memory.begin_context(&line(), &mut silent()).expect("it is said");
    let record = BuildRecord {
        engine: line().engine,
        project: line().project,
        dockerfile: line().dockerfile,
        target: None,
        started: std::time::UNIX_EPOCH,
        seconds: Seconds::ZERO,
        succeeded: true,
        image: None,
        image_inputs: None,
        steps: Vec::new(),
        files: Vec::new(),
        context_lost: false,
        context_copy: Some(begun.copy.clone()),
        commit: None,
    };
    memory.record(&record, &mut silent()).expect("it is said");
    begun
}

fn has_unrecorded(directory: &Path) -> bool {
    open(directory).has_unrecorded(&line())
}

/// How many builds began and are not known to have ended.
fn open_builds(directory: &Path) -> i64 {
    let store = Connection::open(directory.join(FILE_NAME)).expect("a store");
    let count = "SELECT count(*) FROM context_build";
    store.query_row(count, [], |row| row.get(0)).expect("a number")
}

/// What makes writes fail at once, as another process' lock does in time.
fn refuse(directory: &Path, is_refused: bool) {
    let store = Connection::open(directory.join(FILE_NAME)).expect("a store");
    let trigger = if is_refused {
        "CREATE TRIGGER refuse BEFORE INSERT ON context_build
         BEGIN SELECT RAISE(FAIL, 'not now'); END"
    } else {
        "DROP TRIGGER refuse"
    };
    store.execute_batch(trigger).expect("a trigger");
}

#[test]
fn a_build_that_a_store_took_no_record_of_is_told_beside_it() {
    let place = tempfile::tempdir().expect("a directory");
    let first = build(place.path());
    assert!(!has_unrecorded(place.path()));
    refuse(place.path(), true);
    let begun = build(place.path());
    assert!(begun.gave_up && begun.copy != first.copy, "it writes to a copy of its own");
    refuse(place.path(), false);
    assert!(has_unrecorded(place.path()));
    let other = Line { project: "/other".to_owned(), ..line() };
    assert!(!open(place.path()).has_unrecorded(&other));
    // The next build is recorded, and its forecast has said it.
    let next = build(place.path());
    assert!(next.gave_up && next.copy == first.copy);
    assert!(!has_unrecorded(place.path()));
}

#[test]
fn a_build_beside_a_store_that_cannot_be_opened_is_told_beside_it() {
    let place = tempfile::tempdir().expect("a directory");
    build(place.path());
    let file = place.path().join(FILE_NAME);
    let store = Connection::open(&file).expect("a store");
    let version: i64 =
        store.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
    store.pragma_update(None, "user_version", 999).expect("a newer version");
    build(place.path());
    store.pragma_update(None, "user_version", version).expect("its own version");
    assert!(has_unrecorded(place.path()));
}

#[test]
fn what_cannot_be_written_can_still_be_read() {
    let place = tempfile::tempdir().expect("a directory");
    build(place.path());
    refuse(place.path(), true);
    let mut memory = open(place.path());
    memory.begin_context(&line(), &mut silent()).expect("it is said");
    assert!(!memory.is_written());
    assert_eq!(memory.builds(&line(), 9).len(), 1);
}

#[test]
fn a_build_that_the_engine_was_told_nothing_of_leaves_everything_as_it_was() {
    let place = tempfile::tempdir().expect("a directory");
    let first = build(place.path());
    let leave = || {
        let mut memory = open(place.path());
        let begun = memory.begin_context(&line(), &mut silent()).expect("it is said");
        memory.leave_context(&line(), &begun, &mut silent()).expect("it is said");
        begun
    };
    assert_eq!(leave().copy, first.copy);
    assert_eq!(open_builds(place.path()), 0);
    // What was not known before it still is not.
    refuse(place.path(), true);
    build(place.path());
    refuse(place.path(), false);
    leave();
    assert_eq!(open_builds(place.path()), 1);
}

#[test]
fn a_build_that_had_nothing_to_run_takes_the_copy_with_it_and_leaves_nothing_open() {
    let place = tempfile::tempdir().expect("a directory");
    let first = build(place.path());
    let give_up = || {
        let mut memory = open(place.path());
        let begun = memory.begin_context(&line(), &mut silent()).expect("it is said");
        memory.give_up_context(&line(), Some(&begun), &mut silent()).expect("it is said");
        begun
    };
    assert_eq!(give_up().copy, first.copy);
    assert_eq!(open_builds(place.path()), 0);
    let next = give_up();
    assert!(next.copy != first.copy && !next.gave_up, "{next:?}");
    // What was not known before it still is not.
    refuse(place.path(), true);
    build(place.path());
    refuse(place.path(), false);
    assert!(give_up().gave_up);
    assert_eq!(open_builds(place.path()), 1);
}
