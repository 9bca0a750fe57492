//! What is kept of an engine's cache, and of the images that need no build.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::{CacheRecord, Digest, RecordKind, Seconds};

const ENGINE: &str = "engine-a";
const PROJECT: &str = "/home/ann/shop";

fn record(id: &str, second: u64) -> CacheRecord {
    CacheRecord {
        id: id.to_owned(),
        kind: RecordKind::Layer,
        parents: vec!["below".to_owned()],
        description: "mount / from exec /bin/sh -c true".to_owned(),
        created: UNIX_EPOCH + Duration::from_secs(second),
        used: None,
        is_in_use: false,
        is_mutable: true,
    }
}

fn key(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn step(text: &str, outcome: Outcome) -> StepRecord {
    StepRecord {
        key: key(text),
        other_keys: Vec::new(),
        name: text.to_owned(),
        line: 2,
        instruction: text.to_owned(),
        kind: "RUN".to_owned(),
        inputs: "[]".to_owned(),
        outcome,
        seconds: None,
        span: None,
        needs: Vec::new(),
        reusable: true,
        left_open: false,
        cause: None,
    }
}

/// A build that began in this second.
fn build(second: u64, outcome: Outcome) -> BuildRecord {
    BuildRecord {
        engine: ENGINE.to_owned(),
        project: PROJECT.to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        started: UNIX_EPOCH + Duration::from_secs(second),
        seconds: Seconds::new(1.0),
        succeeded: true,
        image: Some(key(&format!("image {second}"))),
        image_inputs: Some(key("inputs")),
        steps: vec![step("RUN a", outcome)],
        files: vec![FileRecord {
            path: format!("of {second}"),
            kind: "file".into(),
            mode: 0o644,
            size: 1,
            modified: (1, 2),
            digest: Some(key("file")),
            target: None,
        }],
        context_lost: false,
        context_copy: None,
        commit: None,
    }
}

fn seen(after: i64, records: &[CacheRecord]) -> Seen {
    Seen { after, listing: Some(records.to_vec()), ..Seen::default() }
}

#[test]
fn an_image_is_doubted_where_others_made_its_steps_again_before_a_later_build() {
    let of_run = "mount / from exec /bin/sh -c ";
    for (others, is_kept) in [
        (vec![], true),
        (vec![format!("{of_run}b")], true),
        (vec![format!("{of_run}a")], false),
        (vec!["[2/3] COPY x y".to_owned(), format!("{of_run}a")], false),
    ] {
        let mut store = Store::in_memory().unwrap();
        let image = |store: &Store| {
            store.image_of(ENGINE, PROJECT, "Dockerfile", None, &key("inputs")).unwrap()
        };
        let mut first = build(1, Outcome::Ran);
        first.steps[0].name = "[2/2] RUN a".to_owned();
        store.record(&first).unwrap();
        let seen = Seen { others, ..seen(0, &[]) };
        // Its own build came after what others made.
        store.saw(ENGINE, PROJECT, &seen).unwrap();
        assert!(image(&store).is_some());
        store
            .record(&BuildRecord { project: "/other".into(), ..build(2, Outcome::Cached) })
            .unwrap();
        store.saw(ENGINE, "/other", &seen).unwrap();
        assert_eq!(image(&store).is_some(), is_kept, "{:?}", seen.others);
    }
}

#[test]
fn a_look_at_the_cache_comes_back_as_it_was_kept() {
    let mut store = Store::in_memory().unwrap();
    assert_eq!(store.sight(ENGINE).unwrap(), None);
    let records = [record("a", 3), CacheRecord { kind: RecordKind::LocalSource, ..record("b", 7) }];
    store.saw(ENGINE, PROJECT, &seen(0, &records)).unwrap();
    let sight = store.sight(ENGINE).unwrap().unwrap();
    assert_eq!(sight.records, records);
    assert_eq!((sight.losses, sight.number, sight.newest), (0, 1, 7_000_000_000));
    assert_eq!(store.sight_numbers().unwrap()[ENGINE], 1);
    assert_eq!(store.sight("engine-b").unwrap(), None);
}

#[test]
fn what_another_process_saw_in_between_has_not_gone() {
    let mut store = Store::in_memory().unwrap();
    store.saw(ENGINE, PROJECT, &seen(0, &[record("a", 1)])).unwrap();
    store.saw(ENGINE, PROJECT, &seen(1, &[record("a", 1), record("b", 2)])).unwrap();
    // Compared with the first look, and told only now.
    store.saw(ENGINE, PROJECT, &Seen { is_lost: true, ..seen(1, &[]) }).unwrap();
    let sight = store.sight(ENGINE).unwrap().unwrap();
    assert_eq!((sight.records.len(), sight.losses), (2, 0));
    store.saw(ENGINE, PROJECT, &Seen { is_lost: true, ..seen(3, &[]) }).unwrap();
    let sight = store.sight(ENGINE).unwrap().unwrap();
    assert_eq!((sight.records.len(), sight.losses), (0, 1));
}

#[test]
fn a_key_is_certain_only_once_it_was_said_to_be() {
    let mut store = Store::in_memory().unwrap();
    store.record(&build(1, Outcome::Cached)).unwrap();
    let holding =
        |store: &Store| store.holdings(ENGINE, &[key("RUN a")]).unwrap()[&key("RUN a")].clone();
    assert_eq!(holding(&store).losses, -1);
    let told = Seen {
        certain: vec![key("RUN a")],
        holdings: vec![(key("RUN a"), vec!["a".to_owned()])],
        context: vec!["s".to_owned()],
        ..seen(0, &[])
    };
    store.saw(ENGINE, PROJECT, &told).unwrap();
    assert_eq!(
        holding(&store),
        Holding { records: vec!["a".to_owned()], losses: 0, is_settled: false }
    );
    assert_eq!(store.context_records(ENGINE, PROJECT).unwrap(), ["s"]);
    let renamed = Seen { renamed: vec![("a".to_owned(), "b".to_owned())], ..seen(1, &[]) };
    store.saw(ENGINE, PROJECT, &renamed).unwrap();
    assert_eq!(holding(&store).records, ["b"]);
    assert!(store.holdings("engine-b", &[key("RUN a")]).unwrap().is_empty());
}

#[test]
fn a_key_is_settled_until_it_runs_again_or_something_is_lost() {
    let mut store = Store::in_memory().unwrap();
    let is_settled =
        |store: &Store| store.holdings(ENGINE, &[key("RUN a")]).unwrap()[&key("RUN a")].is_settled;
    let settled = |after| Seen { settled: vec![key("RUN a")], ..seen(after, &[]) };
    store.record(&build(1, Outcome::Ran)).unwrap();
    assert!(!is_settled(&store));
    store.saw(ENGINE, PROJECT, &settled(0)).unwrap();
    store.record(&build(2, Outcome::Cached)).unwrap();
    assert!(is_settled(&store));
    store.record(&build(3, Outcome::Ran)).unwrap();
    assert!(!is_settled(&store));
    store.saw(ENGINE, PROJECT, &Seen { is_lost: true, ..settled(1) }).unwrap();
    assert!(is_settled(&store));
    store.saw(ENGINE, PROJECT, &Seen { is_lost: true, ..seen(2, &[]) }).unwrap();
    assert!(!is_settled(&store));
}

#[test]
fn an_image_is_given_again_until_one_of_its_steps_ran_again() {
    let mut store = Store::in_memory().unwrap();
    let image = |store: &Store| {
        store.image_of(ENGINE, PROJECT, "Dockerfile", None, &key("inputs")).unwrap()
    };
    assert_eq!(image(&store), None);
    store.record(&build(1, Outcome::Ran)).unwrap();
    assert_eq!(image(&store), Some(key("image 1")));
    let elsewhere = |outcome| BuildRecord {
        project: "/home/ann/copy".to_owned(),
        image_inputs: None,
        ..build(2, outcome)
    };
    store.record(&elsewhere(Outcome::Cached)).unwrap();
    assert_eq!(image(&store), Some(key("image 1")));
    store
        .record(&BuildRecord { engine: "engine-b".to_owned(), ..elsewhere(Outcome::Ran) })
        .unwrap();
    assert_eq!(image(&store), Some(key("image 1")));
    store.record(&elsewhere(Outcome::Ran)).unwrap();
    assert_eq!(image(&store), None);
}

#[test]
fn the_last_build_is_the_last_whatever_the_clock_said() {
    let mut store = Store::in_memory().unwrap();
    store.record(&build(9, Outcome::Ran)).unwrap();
    store.record(&build(5, Outcome::Cached)).unwrap();
    let latest = store.latest_build(ENGINE, PROJECT, "Dockerfile", None).unwrap().unwrap();
    assert_eq!(latest.0.image, Some(key("image 5")));
    let (manifest, _) = store.told_context(ENGINE, PROJECT).unwrap().unwrap();
    let files: Vec<String> = store.files(manifest, |record| Some(record.path)).unwrap();
    assert_eq!(files, ["of 5"]);
}

#[test]
fn records_that_hold_results_are_known_for_each_engine() {
    let mut store = Store::in_memory().unwrap();
    assert!(store.own_records(ENGINE).unwrap().is_empty(), "an engine that nobody knows");
    store.record(&build(1, Outcome::Ran)).unwrap();
    let holdings = vec![(key("RUN a"), vec!["a".to_owned()])];
    let told = Seen { holdings, ..seen(0, &[record("a", 1), record("b", 1)]) };
    store.saw(ENGINE, PROJECT, &told).unwrap();
    assert_eq!(store.own_records(ENGINE).unwrap(), ["a".to_owned()].into());
    assert!(store.own_records("another").unwrap().is_empty());
}
