//! Stories of builds that were not needed.

use std::fs;
use std::time::SystemTime;

use super::*;

/// The build that made the image, and one at another time that found it there.
fn made_and_found(made: u64, found: u64) -> (BuildRecord, UpToDate) {
    let inputs = Digest::of(b"inputs");
    let made = BuildRecord {
        image_inputs: Some(inputs),
        commit: Some("f00".to_owned()),
        ..build(made, vec![ended("FROM base", Outcome::Cached, true), ran("RUN make", 9.0)])
    };
    let found = UpToDate {
        engine: made.engine.clone(),
        project: made.project.clone(),
        dockerfile: made.dockerfile.clone(),
        target: None,
        image_inputs: inputs,
        started: at(found),
        seconds: Seconds::new(0.1),
        commit: Some("f01".to_owned()),
    };
    (made, found)
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

#[test]
fn a_build_that_was_not_needed_is_told_as_one_that_reused_all() {
    let mut store = Store::in_memory().unwrap();
    let (made, found) = made_and_found(5, 7);
    store.record(&made).unwrap();
    store.record(&build(6, vec![])).unwrap();
    store.record_up_to_date(&found).unwrap();
    let told = store.history(Some("/home/ann/shop"), at(5)).unwrap();
    let order: Vec<_> = told.iter().map(|build| (build.started, build.up_to_date)).collect();
    assert_eq!(order, [(at(7), true), (at(6), false), (at(5), false)]);
    let kept = &told[0];
    assert_eq!(
        (kept.seconds.get(), kept.commit.as_deref(), kept.succeeded),
        (0.1, Some("f01"), true)
    );
    let steps: Vec<_> = kept.steps.iter().map(|it| (&*it.kind, it.outcome, it.seconds)).collect();
    assert_eq!(steps, [("FROM", Outcome::Cached, None), ("RUN", Outcome::Cached, None)]);
    assert_eq!(store.history(Some("/elsewhere"), at(0)).unwrap(), []);
    assert_eq!(store.history(None, at(7)).unwrap().len(), 1);
}

#[test]
fn what_is_known_stays_as_it_is_where_nothing_was_built() {
    let mut store = Store::in_memory().unwrap();
    let (made, found) = made_and_found(5, 7);
    store.record(&made).unwrap();
    let known = |store: &Store| {
        let builds = store.latest_builds(ENGINE, "/home/ann/shop", "Dockerfile", None, 10).unwrap();
        let runs = store.runs(ENGINE, "/home/ann/shop", 10).unwrap();
        let sight = store.sight_numbers().unwrap();
        (builds, runs, expected(store, "RUN make"), sight)
    };
    let before = known(&store);
    store.record_up_to_date(&found).unwrap();
    assert_eq!(known(&store), before);
    // Nothing is made up for inputs that no build had.
    store.record_up_to_date(&UpToDate { image_inputs: Digest::of(b"other"), ..found }).unwrap();
    assert_eq!(store.history(None, at(0)).unwrap().len(), 2);
}

#[test]
fn only_the_latest_are_kept_and_none_longer_than_the_build_that_made_the_image() {
    let mut store = Store::in_memory().unwrap();
    let (made, found) = made_and_found(5, 7);
    store.record(&made).unwrap();
    for second in 0..1005 {
        store.record_up_to_date(&UpToDate { started: at(10 + second), ..found.clone() }).unwrap();
    }
    let told = store.history(None, at(10)).unwrap();
    assert_eq!((told.len(), told.last().unwrap().started), (1000, at(15)));
    for second in 0..200 {
        store.record(&build(2000 + second, vec![])).unwrap();
    }
    assert_eq!(store.history(None, at(0)).unwrap().len(), 200);
}

#[test]
fn it_waits_for_no_disk_and_for_no_other_process() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let (made, found) = made_and_found(5, 7);
    Store::open(dir.path()).unwrap().record(&made).unwrap();
    let file = fs::read(&path).unwrap();
    Store::open(dir.path()).unwrap().record_up_to_date(&found).unwrap();
    assert!(fs::read(&path).unwrap() == file, "it is in the log, which nobody waits for");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = std::time::Instant::now();
    let refused = Store::open(dir.path()).unwrap().record_up_to_date(&found);
    assert!(matches!(refused, Err(StoreError::Locked { .. })), "{refused:?}");
    assert!(begun.elapsed() < BUSY_TIMEOUT / 2);
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    assert_eq!(Store::open(dir.path()).unwrap().history(None, at(0)).unwrap().len(), 2);
}
