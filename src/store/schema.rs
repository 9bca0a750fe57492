//! The tables, and how an older file becomes a newer one.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::StoreError;

/// Each script brings the file from the version of its place to the next. A script that has
/// been released is never edited; a change of the tables is a new script at the end.
///
/// - `step_key` is looked up by key for every step of every prediction, so it is stored in the
///   key's order, without a row number, and with a small number for the engine.
/// - `step` rows are large (`inputs`), where that order would cost more than it saves.
/// - `manifest` is content-addressed: builds of an unchanged context share one.
/// - Builds are ordered by their number and not by when they began: a clock can jump back.
/// - `up_to_date` has the builds that were not needed beside the one whose image was kept. They
///   are no rows of `build`: nothing was learnt by them.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE engine (
        id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL UNIQUE,
        description TEXT
    );
    CREATE TABLE step_key (
        engine INTEGER NOT NULL REFERENCES engine,
        key BLOB NOT NULL,
        kind TEXT NOT NULL,
        reusable INTEGER NOT NULL,
        runs INTEGER NOT NULL,
        mean_seconds REAL NOT NULL,
        used INTEGER NOT NULL,
        PRIMARY KEY (engine, key)
    ) WITHOUT ROWID;
    CREATE TABLE manifest (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        content BLOB NOT NULL
    );
    CREATE TABLE build (
        id INTEGER PRIMARY KEY,
        engine INTEGER NOT NULL REFERENCES engine,
        project TEXT NOT NULL,
        dockerfile TEXT NOT NULL,
        target TEXT,
        started INTEGER NOT NULL,
        seconds REAL NOT NULL,
        succeeded INTEGER NOT NULL,
        image BLOB,
        manifest INTEGER REFERENCES manifest
    );
    CREATE INDEX build_of_project ON build (engine, project, dockerfile, target, started);
    CREATE INDEX build_of_manifest ON build (manifest) WHERE manifest IS NOT NULL;
    CREATE TABLE step (
        build INTEGER NOT NULL REFERENCES build ON DELETE CASCADE,
        position INTEGER NOT NULL,
        key BLOB NOT NULL,
        name TEXT NOT NULL,
        line INTEGER NOT NULL,
        instruction TEXT NOT NULL,
        kind TEXT NOT NULL,
        inputs TEXT NOT NULL,
        outcome INTEGER NOT NULL,
        seconds REAL,
        reusable INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX step_of_build ON step (build, position);
    CREATE TABLE image (
        engine INTEGER NOT NULL REFERENCES engine,
        reference TEXT NOT NULL,
        platform TEXT NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (engine, reference, platform)
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE build ADD COLUMN context_lost INTEGER NOT NULL DEFAULT 0;
",
    "
    ALTER TABLE step ADD COLUMN cause TEXT;
",
    "
    ALTER TABLE engine ADD COLUMN sights INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE engine ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE engine ADD COLUMN newest INTEGER;
    ALTER TABLE step_key ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE build ADD COLUMN context_records TEXT;
    ALTER TABLE build ADD COLUMN image_inputs BLOB;
    CREATE TABLE cache_record (
        engine INTEGER NOT NULL REFERENCES engine,
        id TEXT NOT NULL,
        kind INTEGER NOT NULL,
        parents TEXT NOT NULL,
        description TEXT NOT NULL,
        created INTEGER NOT NULL,
        mutable INTEGER NOT NULL,
        PRIMARY KEY (engine, id)
    ) WITHOUT ROWID;
    CREATE TABLE key_record (
        engine INTEGER NOT NULL REFERENCES engine,
        key BLOB NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (engine, key, record)
    ) WITHOUT ROWID;
    CREATE INDEX key_of_record ON key_record (engine, record);
    DROP INDEX build_of_project;
    CREATE INDEX build_of_project ON build (engine, project, dockerfile, target);
",
    "
    ALTER TABLE build ADD COLUMN commit_id TEXT;
    ALTER TABLE step_key ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
",
    "
    ALTER TABLE build ADD COLUMN context_copy TEXT;
    CREATE TABLE context_copy (
        engine INTEGER NOT NULL REFERENCES engine,
        project TEXT NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (engine, project)
    ) WITHOUT ROWID;
    CREATE TABLE context_build (
        engine INTEGER NOT NULL REFERENCES engine,
        project TEXT NOT NULL,
        builder TEXT NOT NULL,
        PRIMARY KEY (engine, project, builder)
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE step ADD COLUMN began REAL;
    ALTER TABLE step ADD COLUMN ended REAL;
    ALTER TABLE step ADD COLUMN needs TEXT;
",
    "
    ALTER TABLE step_key ADD COLUMN left_open INTEGER NOT NULL DEFAULT 0;
",
    "
    CREATE TABLE up_to_date (
        id INTEGER PRIMARY KEY,
        build INTEGER NOT NULL REFERENCES build ON DELETE CASCADE,
        started INTEGER NOT NULL,
        seconds REAL NOT NULL,
        commit_id TEXT
    );
    CREATE INDEX up_to_date_of_build ON up_to_date (build);
",
];

/// The version of a file that all of [`MIGRATIONS`] have been applied to: their number.
pub(super) const VERSION: i64 = 9;

/// Marks the file as ours (`smbd`), so that another program's is never taken for a new store.
const APPLICATION_ID: i64 = 0x736d_6264;

/// Sets the connection up and brings the file to the newest version.
pub(super) fn prepare(
    connection: &Connection,
    path: &Path,
    timeout: Duration,
) -> Result<(), StoreError> {
    let fail = |source| StoreError::from_sqlite(path, source);
    connection.busy_timeout(timeout).map_err(fail)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(fail)?;
    // Before anything is written: a newer or foreign file stays as it is.
    let version = {
        // One snapshot: another process may be making the tables at this very moment.
        let snapshot = connection.unchecked_transaction().map_err(fail)?;
        checked_version(&snapshot, path)?
    };
    use_write_ahead_log(connection, timeout).map_err(fail)?;
    // With a write-ahead log this keeps the file whole; a power cut may cost the last build.
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(fail)?;
    if version < VERSION { migrate(connection, path) } else { Ok(()) }
}

fn migrate(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |source| StoreError::from_sqlite(path, source);
    let transaction =
        Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(fail)?;
    // Again under the lock: another process may have been first.
    let version = checked_version(&transaction, path)?;
    for script in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(script).map_err(fail)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(fail)?;
    transaction.commit().map_err(fail)
}

fn checked_version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let fail = |source| StoreError::from_sqlite(path, source);
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let version = number("user_version").map_err(fail)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fail)?;
    let application = number("application_id").map_err(fail)?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(StoreError::damaged(path, "the file belongs to another program"));
    }
    if version > VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known: VERSION });
    }
    if version < 0 || (version == 0 && tables > 0) {
        return Err(StoreError::damaged(path, format!("impossible schema version {version}")));
    }
    Ok(version)
}

/// `SQLite` does not wait by itself when two processes switch the mode of a new file at once.
fn use_write_ahead_log(connection: &Connection, timeout: Duration) -> rusqlite::Result<()> {
    let begun = Instant::now();
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begun.elapsed() < timeout =>
            {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_version_becomes_one_of_the_newest_and_keeps_what_is_in_it() {
        for (version, applied) in (1_i64..VERSION).zip(1_usize..) {
            let connection = Connection::open_in_memory().unwrap();
            MIGRATIONS[..applied]
                .iter()
                .for_each(|script| connection.execute_batch(script).unwrap());
            connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
            connection
                .execute_batch(
                    "INSERT INTO engine (identity) VALUES ('e');
                     INSERT INTO build (engine, project, dockerfile, started, seconds, succeeded)
                     VALUES (1, '/p', 'Dockerfile', 0, 1.5, 1);
                     INSERT INTO step_key (engine, key, kind, reusable, runs, mean_seconds, used)
                     VALUES (1, x'00', 'RUN', 1, 1, 2.5, 0);
                     INSERT INTO step (build, position, key, name, line, instruction, kind, inputs,
                                       outcome, seconds, reusable)
                     VALUES (1, 0, x'00', 'RUN make', 1, 'RUN make', 'RUN', '[]', 1, 2.5, 1)",
                )
                .unwrap();
            prepare(&connection, Path::new("old"), Duration::from_secs(1)).unwrap();
            let lost = connection.query_row("SELECT context_lost FROM build", [], |row| row.get(0));
            assert_eq!(lost, Ok(false));
            // Known before anybody looked at caches: as certain as it was.
            let key = "SELECT losses + mean_seconds FROM step_key WHERE reusable";
            assert_eq!(connection.query_row(key, [], |row| row.get(0)), Ok(2.5));
            // Nobody kept when steps began.
            let step = "SELECT seconds FROM step WHERE coalesce(began, ended, needs) IS NULL";
            assert_eq!(connection.query_row(step, [], |row| row.get(0)), Ok(2.5));
            // Nobody kept which builds were not needed; from now on they are.
            connection
                .execute_batch(
                    "INSERT INTO up_to_date (build, started, seconds) VALUES (1, 0, 0.1);
                     DELETE FROM build",
                )
                .unwrap();
            let left =
                connection.query_row("SELECT count(*) FROM up_to_date", [], |row| row.get(0));
            assert_eq!(left, Ok(0));
        }
    }

    #[test]
    fn the_version_is_the_number_of_migrations() {
        assert_eq!(usize::try_from(VERSION), Ok(MIGRATIONS.len()));
    }
}
