//! Stories of the file: who may use it at once, and what is refused or left alone.

use std::fs;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::*;

#[test]
fn records_survive_closing_and_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("cache/smartbuild");
    Store::open(&deep).unwrap().record(&build(1, vec![step("RUN make")])).unwrap();
    assert!(is_known(&Store::open(&deep).unwrap(), ENGINE, "RUN make"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(deep.join(FILE_NAME)), 0o600);
        assert_eq!(mode(deep), 0o700);
    }
}

#[test]
fn many_writers_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for writer in 0..8 {
            let dir = dir.path();
            scope.spawn(move || {
                // Each with its own connection, as processes have, from the very first open on.
                let mut store = Store::open(dir).unwrap();
                for turn in 0..10 {
                    let own = step(&format!("RUN {writer}/{turn}"));
                    store.record(&build(turn, vec![own, ran("RUN shared", 2.0)])).unwrap();
                }
            });
        }
    });
    let store = Store::open(dir.path()).unwrap();
    let builds = store.latest_builds(ENGINE, "/home/ann/shop", "Dockerfile", None, 1000).unwrap();
    assert_eq!(builds.len(), 80);
    for writer in 0..8 {
        for turn in 0..10 {
            assert!(is_known(&store, ENGINE, &format!("RUN {writer}/{turn}")));
        }
    }
    assert_eq!(expected(&store, "RUN shared"), Timing { seconds: Seconds::new(2.0), runs: 80 });
}

#[test]
fn processes_lose_nothing_of_each_other() {
    const DIRECTORY: &str = "SMARTBUILD_TEST_STORE";
    const NAME: &str = "store::tests::file::processes_lose_nothing_of_each_other";
    if let Some(dir) = std::env::var_os(DIRECTORY) {
        // One of the processes that the test below starts of itself.
        let mut store = Store::open(Path::new(&dir)).unwrap();
        for turn in 0..10 {
            let own = step(&format!("RUN {}/{turn}", std::process::id()));
            store.record(&build(turn, vec![own, ran("RUN shared", 2.0)])).unwrap();
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let start = |_| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME])
            .env(DIRECTORY, dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..4).map(start).collect();
    let mut numbers = Vec::new();
    for mut child in children {
        assert!(child.wait().unwrap().success());
        numbers.push(child.id());
    }
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(expected(&store, "RUN shared").runs, 40);
    for number in numbers {
        assert!((0..10).all(|turn| is_known(&store, ENGINE, &format!("RUN {number}/{turn}"))));
    }
}

#[test]
fn a_store_in_use_by_another_is_said_to_be_locked_and_usable_later() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let other = Connection::open(dir.path().join(FILE_NAME)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut store = Store::open_waiting(dir.path(), Duration::from_millis(20)).unwrap();
    assert!(!is_known(&store, ENGINE, "RUN make"), "readers do not wait");
    let refused = store.record(&build(1, vec![step("RUN make")]));
    assert!(matches!(refused, Err(StoreError::Locked { .. })), "{refused:?}");
    other.execute_batch("ROLLBACK").unwrap();
    store.record(&build(1, vec![step("RUN make")])).unwrap();
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let in_the_way = dir.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let error = Store::open(&in_the_way.join("cache")).unwrap_err();
    assert!(matches!(error, StoreError::Directory { .. }), "{error:?}");
    assert!(error.to_string().contains("SMARTBUILD_CACHE_DIR"), "{error}");
}

#[test]
fn a_directory_where_no_file_can_be_made_is_named() {
    // A directory in the way of the file: true for root as well.
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(FILE_NAME)).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
}

#[test]
fn a_store_that_can_only_be_read_answers_and_refuses_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let mut writer = Store::open(dir.path()).unwrap();
    writer.record(&build(1, vec![step("RUN make")])).unwrap();
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut store = Store::prepare(connection, path, BUSY_TIMEOUT).unwrap();
    assert!(is_known(&store, ENGINE, "RUN make"));
    let refused = store.record(&build(2, vec![]));
    assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
}

#[test]
fn a_damaged_file_is_left_alone_until_it_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let junk = b"this is not a database, but somebody may still want it".repeat(100);
    fs::write(&path, &junk).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), junk);

    let aside = Store::set_aside(dir.path()).unwrap();
    assert_eq!(fs::read(aside).unwrap(), junk);
    Store::open(dir.path()).unwrap().record(&build(1, vec![])).unwrap();
}

#[test]
fn damage_in_the_middle_is_found_when_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.record(&build(1, vec![])).unwrap();
    store.connection.execute("UPDATE manifest SET content = x'01ff'", []).unwrap();
    let (_, manifest) =
        store.latest_build(ENGINE, "/home/ann/shop", "Dockerfile", None).unwrap().unwrap();
    let found: Result<Vec<_>, _> = store.files(manifest.unwrap(), Some);
    assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
}

#[test]
fn a_newer_file_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    Store::open(dir.path()).unwrap().record(&build(1, vec![step("RUN make")])).unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error:?}");
    raw.pragma_update(None, "user_version", schema::VERSION).unwrap();
    assert!(is_known(&Store::open(dir.path()).unwrap(), ENGINE, "RUN make"));
}

#[test]
fn another_programs_database_is_not_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let raw = Connection::open(dir.path().join(FILE_NAME)).unwrap();
    raw.execute_batch("CREATE TABLE theirs (x)").unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert_eq!(raw.query_row("SELECT count(*) FROM theirs", [], |row| row.get(0)), Ok(0));
}

#[test]
fn a_table_that_is_missing_is_told_with_what_to_do() {
    let store = Store::in_memory().unwrap();
    store.connection.execute_batch("DROP TABLE image").unwrap();
    let error = store.image("engine", "busybox", "").unwrap_err();
    insta::assert_snapshot!(
        error,
        @"the records in :memory: are damaged (no such table: image); move the file away to begin a new one"
    );
}
