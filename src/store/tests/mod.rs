//! Stories of what is remembered and forgotten.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod file;
mod up_to_date;

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::{Digest, Seconds, Span};

const ENGINE: &str = "engine-a";

fn step(text: &str) -> StepRecord {
    StepRecord {
        key: Digest::of(text.as_bytes()),
        other_keys: Vec::new(),
        name: format!("[2/3] {text}"),
        line: 2,
        instruction: text.to_owned(),
        kind: text.split(' ').next().unwrap_or_default().to_owned(),
        inputs: "[]".to_owned(),
        outcome: Outcome::Ran,
        seconds: Some(Seconds::new(1.0)),
        span: None,
        needs: Vec::new(),
        reusable: true,
        left_open: false,
        cause: None,
    }
}

fn ran(text: &str, seconds: f64) -> StepRecord {
    StepRecord { seconds: Some(Seconds::new(seconds)), ..step(text) }
}

fn ended(text: &str, outcome: Outcome, reusable: bool) -> StepRecord {
    StepRecord { outcome, reusable, seconds: None, ..step(text) }
}

fn build(at: u64, steps: Vec<StepRecord>) -> BuildRecord {
    BuildRecord {
        engine: ENGINE.to_owned(),
        project: "/home/ann/shop".to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        started: UNIX_EPOCH + Duration::from_secs(at),
        seconds: Seconds::new(4.5),
        succeeded: true,
        image: Some(Digest::of(b"image")),
        image_inputs: None,
        steps,
        files: vec![file("app.py", at)],
        context_lost: false,
        context_copy: None,
        commit: None,
    }
}

fn file(path: &str, content: u64) -> FileRecord {
    FileRecord {
        path: path.to_owned(),
        kind: "file".into(),
        mode: 0o644,
        size: 12,
        modified: (1_700_000_000, 5),
        digest: Some(Digest::of(&content.to_le_bytes())),
        target: None,
    }
}

fn latest(store: &Store) -> Option<BuildRecord> {
    whole(store, store.latest_build(ENGINE, "/home/ann/shop", "Dockerfile", None))
}

/// The build with its files.
fn whole(
    store: &Store,
    found: Result<Option<(BuildRecord, Option<Manifest>)>, StoreError>,
) -> Option<BuildRecord> {
    let (build, manifest) = found.unwrap()?;
    Some(BuildRecord { files: files(store, manifest), ..build })
}

fn files(store: &Store, manifest: Option<Manifest>) -> Vec<FileRecord> {
    manifest.map(|manifest| store.files(manifest, Some).unwrap()).unwrap_or_default()
}

fn is_known(store: &Store, engine: &str, text: &str) -> bool {
    !store.known(engine, &[Digest::of(text.as_bytes())]).unwrap().is_empty()
}

fn expected(store: &Store, text: &str) -> Timing {
    let key = Digest::of(text.as_bytes());
    store.known(ENGINE, &[key]).unwrap()[&key]
}

#[test]
fn a_build_comes_back_as_it_was_recorded() {
    let mut store = Store::in_memory().unwrap();
    let failed = BuildRecord {
        succeeded: false,
        image: None,
        steps: vec![
            step("COPY . ."),
            ended("RUN make", Outcome::Failed, false),
            ended("RUN make install", Outcome::NotReached, false),
        ],
        ..build(7, vec![])
    };
    store.record(&failed).unwrap();
    assert_eq!(latest(&store), Some(failed));
}

#[test]
fn nothing_is_known_before_the_first_build() {
    let store = Store::in_memory().unwrap();
    assert!(!store.has_records(ENGINE).unwrap());
    assert!(!is_known(&store, ENGINE, "RUN make"));
    assert_eq!(latest(&store), None);
    assert!(store.typical_seconds(ENGINE).unwrap().is_empty());
}

#[test]
fn one_engine_does_not_speak_for_another() {
    let mut store = Store::in_memory().unwrap();
    store.record(&build(1, vec![step("RUN make")])).unwrap();
    assert!(store.has_records(ENGINE).unwrap() && is_known(&store, ENGINE, "RUN make"));
    assert!(!store.has_records("engine-b").unwrap() && !is_known(&store, "engine-b", "RUN make"));
    assert!(store.typical_seconds("engine-b").unwrap().is_empty());
}

#[test]
fn keys_of_old_builds_stay_known() {
    let mut store = Store::in_memory().unwrap();
    store.record(&build(1, vec![step("RUN on-old-branch")])).unwrap();
    for at in 2..210 {
        store.record(&build(at, vec![step("RUN on-main")])).unwrap();
    }
    assert!(is_known(&store, ENGINE, "RUN on-old-branch"));
    let kept = store.latest_builds(ENGINE, "/home/ann/shop", "Dockerfile", None, 1000).unwrap();
    assert_eq!(kept.len(), 200);
    assert!(kept.iter().all(|build| build.files.is_empty() && build.steps.len() == 1));
}

#[test]
fn what_a_build_left_open_is_so_until_more_is_known() {
    let mut store = Store::in_memory().unwrap();
    let key = Digest::of(b"RUN make");
    let open = |store: &Store| store.left_open(ENGINE, &[key]).unwrap().contains(&key);
    let left_open = StepRecord { left_open: true, ..ended("RUN make", Outcome::NotReached, false) };
    store.record(&build(1, vec![left_open])).unwrap();
    assert!(open(&store) && !is_known(&store, ENGINE, "RUN make"));
    store.record(&build(2, vec![ended("RUN make", Outcome::NotReached, false)])).unwrap();
    assert!(open(&store));
    assert!(store.left_open("another", &[key]).unwrap().is_empty());
    store.record(&build(3, vec![ended("RUN make", Outcome::Failed, false)])).unwrap();
    assert!(!open(&store));
    // What ran, and is kept under another key.
    let other_keys = vec![Digest::of(b"with whatever files")];
    let ran = ended("RUN make", Outcome::Ran, false);
    store.record(&build(4, vec![StepRecord { left_open: true, other_keys, ..ran }])).unwrap();
    assert!(open(&store) && !is_known(&store, ENGINE, "RUN make"));
    assert!(is_known(&store, ENGINE, "with whatever files"));
}

#[test]
fn what_is_uncertain_or_unfinished_is_not_known() {
    let mut store = Store::in_memory().unwrap();
    let file_changed_meanwhile = StepRecord { reusable: false, ..step("COPY . .") };
    store
        .record(&build(
            1,
            vec![
                file_changed_meanwhile,
                ended("RUN make", Outcome::Failed, false),
                ended("RUN late", Outcome::NotReached, false),
            ],
        ))
        .unwrap();
    for text in ["COPY . .", "RUN make", "RUN late"] {
        assert!(!is_known(&store, ENGINE, text), "{text}");
    }
}

#[test]
fn a_step_that_fails_was_not_in_the_cache_after_all() {
    let mut store = Store::in_memory().unwrap();
    store.record(&build(1, vec![step("RUN make")])).unwrap();
    store.record(&build(2, vec![ended("RUN make", Outcome::Failed, true)])).unwrap();
    assert!(!is_known(&store, ENGINE, "RUN make"));
    store.record(&build(3, vec![step("RUN make")])).unwrap();
    assert!(is_known(&store, ENGINE, "RUN make"));
}

#[test]
fn an_evicted_key_is_forgotten_until_it_runs_again_and_keeps_its_time() {
    let mut store = Store::in_memory().unwrap();
    store.record(&build(1, vec![ran("RUN make", 30.0), step("RUN other")])).unwrap();
    store.forget(ENGINE, &[Digest::of(b"RUN make")]).unwrap();
    assert!(!is_known(&store, ENGINE, "RUN make") && is_known(&store, ENGINE, "RUN other"));
    store.record(&build(2, vec![ended("RUN make", Outcome::Cached, true)])).unwrap();
    assert_eq!(expected(&store, "RUN make"), Timing { seconds: Seconds::new(30.0), runs: 1 });
}

#[test]
fn recent_runs_weigh_more() {
    let mut store = Store::in_memory().unwrap();
    let mut run = |at, seconds| {
        store.record(&build(at, vec![ran("RUN make", seconds)])).unwrap();
        expected(&store, "RUN make")
    };
    assert_eq!(run(1, 10.0), Timing { seconds: Seconds::new(10.0), runs: 1 });
    assert_eq!(run(2, 20.0), Timing { seconds: Seconds::new(15.0), runs: 2 });
    assert_eq!(run(3, 30.0), Timing { seconds: Seconds::new(20.0), runs: 3 });
    // The fourth weighs 0.3, not a quarter.
    assert_eq!(run(4, 30.0), Timing { seconds: Seconds::new(23.0), runs: 4 });
}

#[test]
fn a_reused_step_says_nothing_of_its_time() {
    let mut store = Store::in_memory().unwrap();
    let reused =
        StepRecord { outcome: Outcome::Cached, seconds: Some(Seconds::ZERO), ..step("RUN make") };
    store.record(&build(1, vec![reused.clone()])).unwrap();
    assert_eq!(expected(&store, "RUN make"), Timing { seconds: Seconds::ZERO, runs: 0 });
    store.record(&build(2, vec![ran("RUN make", 8.0)])).unwrap();
    store.record(&build(3, vec![reused])).unwrap();
    assert_eq!(expected(&store, "RUN make"), Timing { seconds: Seconds::new(8.0), runs: 1 });
}

#[test]
fn typical_times_are_medians_of_what_ran_by_instruction() {
    let mut store = Store::in_memory().unwrap();
    let steps = vec![
        ran("RUN a", 1.0),
        ran("RUN b", 100.0),
        ran("RUN c", 3.0),
        ran("COPY x", 0.2),
        ran("COPY y", 0.4),
        ended("WORKDIR /w", Outcome::Cached, true),
    ];
    store.record(&build(1, steps)).unwrap();
    let typical = store.typical_seconds(ENGINE).unwrap();
    assert_eq!(typical.len(), 2);
    assert_eq!(typical["RUN"], Seconds::new(3.0));
    assert!((typical["COPY"].get() - 0.3).abs() < 1e-9);
}

#[test]
fn runs_are_those_of_the_newest_builds_newest_first() {
    let mut store = Store::in_memory().unwrap();
    for at in 1..4 {
        let reused = ended("RUN reused", Outcome::Cached, true);
        let steps = vec![ran("RUN make", at as f64), reused, ran("COPY a", 0.5)];
        let dockerfile = format!("Dockerfile.{at}");
        store.record(&BuildRecord { dockerfile, ..build(at, steps) }).unwrap();
    }
    let elsewhere = "/home/ann/other".to_owned();
    let other = build(9, vec![ran("RUN make", 99.0)]);
    store.record(&BuildRecord { project: elsewhere, ..other }).unwrap();
    let runs = store.runs(ENGINE, "/home/ann/shop", 2).unwrap();
    let told: Vec<(&str, f64)> =
        runs.iter().map(|run| (&*run.instruction, run.seconds.get())).collect();
    assert_eq!(told, [("RUN make", 3.0), ("COPY a", 0.5), ("RUN make", 2.0), ("COPY a", 0.5)]);
    assert!(store.runs("engine-b", "/home/ann/shop", 2).unwrap().is_empty());
}

#[test]
fn a_cause_comes_back_as_it_was_kept() {
    let mut store = Store::in_memory().unwrap();
    let cause = Some(r#"{"kind":"files"}"#.to_owned());
    let with_cause = StepRecord { cause: cause.clone(), ..step("COPY . .") };
    store.record(&build(1, vec![with_cause, step("RUN make")])).unwrap();
    let kept = store.latest_builds(ENGINE, "/home/ann/shop", "Dockerfile", None, 1).unwrap();
    let causes: Vec<_> = kept[0].steps.iter().map(|step| step.cause.clone()).collect();
    assert_eq!(causes, [cause, None]);
}

#[test]
fn when_a_step_went_on_and_what_it_needs_comes_back_as_it_was_kept() {
    let mut store = Store::in_memory().unwrap();
    let span = Some(Span::new(Seconds::new(0.25), Seconds::new(7.5)));
    let timed = StepRecord { span, needs: vec![0, 12], ..step("RUN make") };
    let build = build(1, vec![timed, step("COPY . .")]);
    store.record(&build).unwrap();
    let kept = store.latest_builds(ENGINE, "/home/ann/shop", "Dockerfile", None, 1).unwrap();
    assert_eq!(kept[0].steps, build.steps);
    let told = store.history(None, UNIX_EPOCH).unwrap();
    let told: Vec<_> = told[0].steps.iter().map(|step| (step.span, &*step.needs)).collect();
    assert_eq!(told, [(span, &[0, 12][..]), (None, &[])]);
}

#[test]
fn builds_of_other_targets_and_dockerfiles_are_apart() {
    let mut store = Store::in_memory().unwrap();
    let test = BuildRecord { target: Some("test".to_owned()), ..build(2, vec![]) };
    let other = BuildRecord { dockerfile: "Dockerfile.dev".to_owned(), ..build(3, vec![]) };
    let plain = build(1, vec![]);
    for each in [&test, &other, &plain] {
        store.record(each).unwrap();
    }
    let of = |dockerfile, target| {
        whole(&store, store.latest_build(ENGINE, "/home/ann/shop", dockerfile, target))
    };
    assert_eq!(of("Dockerfile", None), Some(plain));
    assert_eq!(of("Dockerfile", Some("test")), Some(test.clone()));
    assert_eq!(of("Dockerfile.dev", None), Some(other));
    assert_eq!(of("Dockerfile", Some("")), None);
    let target = |dockerfile| store.latest_target(ENGINE, "/home/ann/shop", dockerfile).unwrap();
    assert_eq!(target("Dockerfile"), Some(None));
    assert_eq!(target("Dockerfile.test"), None);
    store.record(&test).unwrap();
    let target = store.latest_target(ENGINE, "/home/ann/shop", "Dockerfile").unwrap();
    assert_eq!(target, Some(Some("test".to_owned())));
}

#[test]
fn only_the_newest_builds_keep_their_files() {
    let mut store = Store::in_memory().unwrap();
    for at in 1..=16 {
        store.record(&build(at, vec![])).unwrap();
    }
    let manifests = |store: &Store| -> i64 {
        store.connection.query_row("SELECT count(*) FROM manifest", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(manifests(&store), 10);
    assert_eq!(latest(&store).unwrap().files, vec![file("app.py", 16)]);
    for at in 17..=26 {
        let unchanged = BuildRecord { files: vec![file("app.py", 16)], ..build(at, vec![]) };
        store.record(&unchanged).unwrap();
    }
    assert_eq!(manifests(&store), 1);
    assert_eq!(latest(&store).unwrap().files, vec![file("app.py", 16)]);
}

#[test]
fn the_latest_context_is_that_of_any_dockerfile_and_target() {
    let mut store = Store::in_memory().unwrap();
    store.record(&build(1, vec![])).unwrap();
    let other = BuildRecord { target: Some("test".into()), ..build(2, vec![]) };
    store.record(&other).unwrap();
    store.record(&BuildRecord { files: Vec::new(), ..build(3, vec![]) }).unwrap();
    let told = |project| store.told_context(ENGINE, project).unwrap();
    let context = |project| files(&store, told(project).map(|(manifest, _)| manifest));
    assert_eq!(context("/home/ann/shop"), vec![file("app.py", 2)]);
    assert_eq!(context("/home/ann/other"), vec![]);
}

#[test]
fn a_context_is_lost_that_the_engine_let_go_of_until_it_is_sent_again() {
    let mut store = Store::in_memory().unwrap();
    let is_lost = |store: &Store| {
        store.told_context(ENGINE, "/home/ann/shop").unwrap().is_some_and(|(_, is_lost)| is_lost)
    };
    store.record(&build(1, vec![])).unwrap();
    store.record(&BuildRecord { context_lost: true, ..build(2, vec![]) }).unwrap();
    assert!(is_lost(&store));
    assert!(latest(&store).unwrap().context_lost);
    store.record(&build(3, vec![])).unwrap();
    assert!(!is_lost(&store));
}

#[test]
fn what_a_copy_of_another_name_was_told_counts_for_nothing() {
    let mut store = Store::in_memory().unwrap();
    let project = "/home/ann/shop";
    let begin = |store: &mut Store, builder: &str, fresh: &str| {
        store.begin_context(ENGINE, project, builder, fresh, |_| false).unwrap().copy
    };
    let copy = begin(&mut store, "a", "one");
    store.record(&BuildRecord { context_copy: Some(copy), ..build(1, vec![]) }).unwrap();
    assert!(store.told_context(ENGINE, project).unwrap().is_some());
    begin(&mut store, "b", "two");
    assert_eq!(store.told_context(ENGINE, project).unwrap(), None);
}

#[test]
fn the_nearest_run_is_the_newest_of_that_name_or_instruction() {
    let mut store = Store::in_memory().unwrap();
    let named = |name: &str, inputs: &str| StepRecord {
        name: name.to_owned(),
        inputs: inputs.to_owned(),
        ..step("COPY $DIR .")
    };
    store.record(&build(1, vec![named("[2/3] COPY a .", "first")])).unwrap();
    store.record(&build(2, vec![named("[2/3] COPY b .", "second")])).unwrap();
    let failed = StepRecord { outcome: Outcome::NotReached, ..named("[2/3] COPY a .", "third") };
    store.record(&build(3, vec![failed])).unwrap();
    // What was reused says nothing of the time that it takes.
    let reused = StepRecord { outcome: Outcome::Cached, ..named("[2/3] COPY a .", "fourth") };
    store.record(&build(4, vec![reused])).unwrap();
    let nearest = |name, instruction| {
        let found = store.nearest_run(ENGINE, "/home/ann/shop", name, instruction).unwrap();
        found.map(|step| step.inputs)
    };
    assert_eq!(nearest("[2/3] COPY a .", "").as_deref(), Some("first"));
    assert_eq!(nearest("[9/9] COPY c .", "COPY $DIR .").as_deref(), Some("second"));
    assert_eq!(nearest("[9/9] COPY c .", "COPY c ."), None);
}

#[test]
fn recent_builds_are_those_of_any_dockerfile_and_target_newest_first() {
    let mut store = Store::in_memory().unwrap();
    let of = |at, dockerfile: &str, target: Option<&str>| BuildRecord {
        dockerfile: dockerfile.to_owned(),
        target: target.map(str::to_owned),
        ..build(at, vec![step(&format!("RUN {at}"))])
    };
    store.record(&of(1, "Dockerfile", None)).unwrap();
    store.record(&of(2, "Dockerfile", Some("test"))).unwrap();
    store.record(&of(3, "other", None)).unwrap();
    store.record(&BuildRecord { project: "/elsewhere".into(), ..of(4, "other", None) }).unwrap();
    store.record(&BuildRecord { engine: "engine-b".into(), ..of(5, "other", None) }).unwrap();
    let recent = |limit| store.recent_builds(ENGINE, "/home/ann/shop", limit).unwrap();
    let told: Vec<_> = recent(9)
        .into_iter()
        .map(|(build, manifest)| {
            let files = files(&store, manifest);
            (build.dockerfile, build.target, build.steps[0].instruction.clone(), files)
        })
        .collect();
    let expected = [(3, "other", None), (2, "Dockerfile", Some("test")), (1, "Dockerfile", None)];
    let expected = expected.map(|(at, dockerfile, target)| {
        let target = target.map(str::to_owned);
        (dockerfile.to_owned(), target, format!("RUN {at}"), vec![file("app.py", at)])
    });
    assert_eq!(told, expected);
    assert_eq!(recent(2).len(), 2);
}

#[test]
fn a_base_image_is_remembered_by_engine_reference_and_platform() {
    let mut store = Store::in_memory().unwrap();
    store.remember_image(ENGINE, "alpine:3", "", "old").unwrap();
    store.remember_image(ENGINE, "alpine:3", "", "new").unwrap();
    assert_eq!(store.image(ENGINE, "alpine:3", "").unwrap().as_deref(), Some("new"));
    assert_eq!(store.image(ENGINE, "alpine:3", "linux/arm64").unwrap(), None);
    assert_eq!(store.image("engine-b", "alpine:3", "").unwrap(), None);
}
