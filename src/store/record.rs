//! Writing: builds, forgotten keys, base images.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::manifest;
use super::types::{BuildRecord, FileRecord, Outcome, StepRecord};
use super::{Store, StoreError};
use crate::Digest;

/// The least weight of the newest run in a step's expected time.
const RECENT_WEIGHT: f64 = 0.3;

/// How many builds of one Dockerfile and target on one engine are kept whole.
const KEPT_BUILDS: u32 = 200;

/// How many of those keep their manifest of files: what the last builds changed is what rewrites
/// are weighed by, and 100,000 files take some 6 MB.
const KEPT_MANIFESTS: u32 = 10;

impl Store {
    /// Keeps what a build taught, all of it or, on an error, nothing.
    ///
    /// Steps marked reusable make their keys known for this engine. Only steps that ran to
    /// their end count for timings. A step that failed was not in the engine's cache, whatever
    /// was believed: its key is no longer known.
    pub fn record(&mut self, build: &BuildRecord) -> Result<(), StoreError> {
        // Encoded before the lock is taken: others need not wait for it.
        let files = manifest::encode(&build.files);
        self.write(|transaction| {
            let engine = engine_number(transaction, &build.engine)?;
            let manifest = insert_manifest(transaction, &build.files, &files)?;
            let id = insert_build(transaction, build, engine, manifest)?;
            for (position, step) in build.steps.iter().enumerate() {
                insert_step(transaction, id, position, step)?;
                learn_key(transaction, engine, step, nanoseconds(build.started))?;
                for &key in &step.other_keys {
                    // They say what the engine had, and nothing of how long that took.
                    let outcome = match step.outcome {
                        Outcome::Failed => Outcome::NotReached,
                        other => other,
                    };
                    let is_there = matches!(outcome, Outcome::Ran | Outcome::Cached);
                    let reusable = step.reusable || (step.left_open && is_there);
                    let other = StepRecord {
                        key,
                        outcome,
                        seconds: None,
                        reusable,
                        left_open: step.left_open && !is_there,
                        ..step.clone()
                    };
                    learn_key(transaction, engine, &other, nanoseconds(build.started))?;
                }
            }
            drop_old_builds(transaction, build, engine)
        })
    }

    /// No longer knows `keys` for this engine, because it lost or collected them. What is known
    /// of their times stays.
    pub fn forget(&mut self, engine: &str, keys: &[Digest]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "UPDATE step_key SET reusable = 0
                 WHERE engine = (SELECT id FROM engine WHERE identity = ?1) AND key = ?2",
            )?;
            for key in keys {
                statement.execute(params![engine, key.as_bytes()])?;
            }
            Ok(())
        })
    }

    /// Keeps what an engine says of itself, so that it is known when it does not answer; `json`
    /// is not looked into.
    pub fn describe_engine(&mut self, engine: &str, json: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            let engine = engine_number(transaction, engine)?;
            transaction.execute(
                "UPDATE engine SET description = ?2 WHERE id = ?1",
                params![engine, json],
            )?;
            Ok(())
        })
    }

    /// Keeps what an engine said of a base image, so that it is known when no engine answers.
    /// `platform` is empty for the engine's own; `json` is not looked into.
    pub fn remember_image(
        &mut self,
        engine: &str,
        reference: &str,
        platform: &str,
        json: &str,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let engine = engine_number(transaction, engine)?;
            transaction.execute(
                "INSERT OR REPLACE INTO image (engine, reference, platform, json)
                 VALUES (?1, ?2, ?3, ?4)",
                params![engine, reference, platform, json],
            )?;
            Ok(())
        })
    }

    /// Runs `work` in one transaction that takes the write lock at its beginning: a reader that
    /// became a writer halfway could not wait for others and would fail.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let result = (|| {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })();
        result.map_err(|source| self.fail(source))
    }
}

pub(super) fn engine_number(
    transaction: &Transaction<'_>,
    identity: &str,
) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO engine (identity) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([identity])?;
    transaction
        .prepare_cached("SELECT id FROM engine WHERE identity = ?1")?
        .query_row([identity], |row| row.get(0))
}

/// Keeps the manifest, or finds the equal one of an earlier build. A build without files has
/// none.
fn insert_manifest(
    transaction: &Transaction<'_>,
    files: &[FileRecord],
    encoded: &[u8],
) -> rusqlite::Result<Option<i64>> {
    if files.is_empty() {
        return Ok(None);
    }
    let digest = Digest::of(encoded);
    let known = transaction
        .query_row("SELECT id FROM manifest WHERE digest = ?1", [digest.as_bytes()], |row| {
            row.get(0)
        })
        .optional()?;
    if known.is_some() {
        return Ok(known);
    }
    transaction.execute(
        "INSERT INTO manifest (digest, content) VALUES (?1, ?2)",
        params![digest.as_bytes(), encoded],
    )?;
    Ok(Some(transaction.last_insert_rowid()))
}

fn insert_build(
    transaction: &Transaction<'_>,
    build: &BuildRecord,
    engine: i64,
    manifest: Option<i64>,
) -> rusqlite::Result<i64> {
    transaction.execute(
        "INSERT INTO build
         (engine, project, dockerfile, target, started, seconds, succeeded, image, manifest,
          context_lost, image_inputs, commit_id, context_copy)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            engine,
            build.project,
            build.dockerfile,
            build.target,
            nanoseconds(build.started),
            build.seconds.get(),
            build.succeeded,
            build.image.as_ref().map(Digest::as_bytes),
            manifest,
            build.context_lost,
            build.image_inputs.as_ref().map(Digest::as_bytes),
            build.commit,
            build.context_copy,
        ],
    )?;
    Ok(transaction.last_insert_rowid())
}

fn insert_step(
    transaction: &Transaction<'_>,
    build: i64,
    position: usize,
    step: &StepRecord,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO step (build, position, key, name, line, instruction, kind, inputs,
                               outcome, seconds, reusable, cause, began, ended, needs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            build,
            i64::try_from(position).unwrap_or(i64::MAX),
            step.key.as_bytes(),
            step.name,
            step.line,
            step.instruction,
            step.kind,
            step.inputs,
            outcome_number(step.outcome),
            step.seconds.map(crate::Seconds::get),
            step.reusable,
            step.cause,
            step.span.map(|span| span.start().get()),
            step.span.map(|span| span.end().get()),
            step.needs.iter().map(usize::to_string).collect::<Vec<_>>().join(" "),
        ])?;
    Ok(())
}

/// Brings the key's row up to date. That its result is there is for [`Store::saw`] to say: the
/// engine reports steps as reused that it did not even look for.
///
/// The expected time is an exponentially weighted mean that begins as a plain one: after the
/// n-th run of x seconds, `mean += (x - mean) * max(1/n, 0.3)`. The first three runs weigh the
/// same; later on the newest has three tenths, the one before 0.21, and so on.
fn learn_key(
    transaction: &Transaction<'_>,
    engine: i64,
    step: &StepRecord,
    used: i64,
) -> rusqlite::Result<()> {
    let ran = match (step.outcome, step.seconds) {
        (Outcome::Ran, Some(seconds)) => Some(seconds.get()),
        _ => None,
    };
    let failed = step.outcome == Outcome::Failed;
    if !failed && !step.reusable && !step.left_open && ran.is_none() {
        return Ok(());
    }
    transaction
        .prepare_cached(
            "INSERT INTO step_key
                 (engine, key, kind, reusable, runs, mean_seconds, used, losses, left_open)
             VALUES (?1, ?2, ?3, ?4, ?5 IS NOT NULL, coalesce(?5, 0.0), ?6, -1, ?10)
             ON CONFLICT (engine, key) DO UPDATE SET
                 reusable = CASE WHEN ?7 THEN 0 ELSE max(reusable, excluded.reusable) END,
                 runs = runs + excluded.runs,
                 mean_seconds = CASE WHEN ?5 IS NULL THEN mean_seconds ELSE
                     mean_seconds + (?5 - mean_seconds) * max(1.0 / (runs + 1), ?8) END,
                 used = max(used, excluded.used),
                 settled = CASE WHEN ?9 THEN 0 ELSE settled END,
                 left_open = excluded.left_open",
        )?
        .execute(params![
            engine,
            step.key.as_bytes(),
            step.kind,
            step.reusable && !failed,
            ran,
            used,
            failed,
            RECENT_WEIGHT,
            step.outcome == Outcome::Ran,
            step.left_open,
        ])?;
    Ok(())
}

fn drop_old_builds(
    transaction: &Transaction<'_>,
    build: &BuildRecord,
    engine: i64,
) -> rusqlite::Result<()> {
    const OLDER: &str = "engine = ?1 AND project = ?2 AND dockerfile = ?3 AND target IS ?4
         AND id IN (SELECT id FROM build
                    WHERE engine = ?1 AND project = ?2 AND dockerfile = ?3 AND target IS ?4
                    ORDER BY id DESC LIMIT -1 OFFSET ?5)";
    let parameters = |kept: u32| {
        (engine, build.project.clone(), build.dockerfile.clone(), build.target.clone(), kept)
    };
    transaction.execute(&format!("DELETE FROM build WHERE {OLDER}"), parameters(KEPT_BUILDS))?;
    transaction.execute(
        &format!("UPDATE build SET manifest = NULL WHERE manifest IS NOT NULL AND {OLDER}"),
        parameters(KEPT_MANIFESTS),
    )?;
    transaction.execute(
        "DELETE FROM manifest WHERE NOT EXISTS
             (SELECT 1 FROM build WHERE build.manifest = manifest.id)",
        [],
    )?;
    Ok(())
}

/// Nanoseconds since 1970; good until the year 2262.
pub fn nanoseconds(time: SystemTime) -> i64 {
    let signed = |duration: std::time::Duration| i64::try_from(duration.as_nanos());
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => signed(after).unwrap_or(i64::MAX),
        Err(before) => signed(before.duration()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

/// How an outcome is stored; [`outcome_from`](super::query) reads it back.
const fn outcome_number(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Cached => 0,
        Outcome::Ran => 1,
        Outcome::Failed => 2,
        Outcome::NotReached => 3,
    }
}
