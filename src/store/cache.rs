//! What the engine's build cache held when it was last looked at, and which of its records hold
//! the results of which keys.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension, Transaction, params};

use super::query::time_from;
use super::record::{engine_number, nanoseconds};
use super::{Store, StoreError};
use crate::{CacheRecord, Digest, RecordKind};

/// What an engine's cache held after the last build.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sight {
    /// Its records; whether they were in use then is not kept.
    pub records: Vec<CacheRecord>,
    /// How often a look found that something had gone.
    pub losses: i64,
    /// Changes with every look.
    pub number: i64,
    /// The newest time that any of the records bore then, in nanoseconds since 1970 by the
    /// engine's clock.
    pub newest: i64,
}

/// Where the result of a key is, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    /// The records of which one holds it, if any is known.
    pub records: Vec<String>,
    /// [`Sight::losses`] when it was last certain to be there; below 0 where it never was.
    pub losses: i64,
    /// Whether the engine has found it by its key, or nobody held it at some time since it was made:
    /// builds that run beside each other find it then as well.
    pub is_settled: bool,
}

/// Where the results of keys are that are known.
pub type Holdings = HashMap<Digest, Holding>;

/// What a look at the cache after a build told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// [`Sight::number`] of the look that this one was compared with.
    pub after: i64,
    /// All records; `None` where the engine did not tell.
    pub listing: Option<Vec<CacheRecord>>,
    /// Whether something that was there had gone.
    pub is_lost: bool,
    /// What the engine noted on the layers that others made between that look and this build:
    /// images from before it that have such steps may not be what the engine would give now.
    pub others: Vec<String>,
    /// Records that are listed under another identifier than before.
    pub renamed: Vec<(String, String)>,
    /// Keys with the records that may hold their results.
    pub holdings: Vec<(Digest, Vec<String>)>,
    /// Keys whose results are certain to be there.
    pub certain: Vec<Digest>,
    /// Keys that builds find from now on, also beside another ([`Holding::is_settled`]).
    pub settled: Vec<Digest>,
    /// The records that may be the engine's copy of this project's context.
    pub context: Vec<String>,
}

impl Store {
    /// [`Sight::number`] of every engine: what is compared with a look must not have changed
    /// meanwhile.
    pub fn sight_numbers(&self) -> Result<HashMap<String, i64>, StoreError> {
        self.read(|| {
            let mut statement = self.connection.prepare("SELECT identity, sights FROM engine")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// What this engine's cache held after the last build; `None` where nobody has looked.
    pub fn sight(&self, engine: &str) -> Result<Option<Sight>, StoreError> {
        self.read(|| {
            let snapshot = self.connection.unchecked_transaction()?;
            let head: Option<(i64, i64, i64, Option<i64>)> = snapshot
                .query_row(
                    "SELECT id, losses, sights, newest FROM engine WHERE identity = ?1",
                    [engine],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .optional()?;
            let Some((id, losses, number, Some(newest))) = head else { return Ok(None) };
            let mut statement = snapshot.prepare(
                "SELECT id, kind, parents, description, created, mutable FROM cache_record
                 WHERE engine = ?1",
            )?;
            let records = statement
                .query_map([id], |row| {
                    let parents: String = row.get(2)?;
                    Ok(CacheRecord {
                        id: row.get(0)?,
                        kind: kind_from(row.get(1)?),
                        parents: parents.split_whitespace().map(str::to_owned).collect(),
                        description: row.get(3)?,
                        created: time_from(row.get(4)?),
                        used: None,
                        is_in_use: false,
                        is_mutable: row.get(5)?,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(Sight { records, losses, number, newest }))
        })
    }

    /// The records that hold results of recorded steps on this engine, or may.
    pub fn own_records(&self, engine: &str) -> Result<HashSet<String>, StoreError> {
        self.read(|| {
            let mut statement = self.connection.prepare(
                "SELECT DISTINCT record FROM key_record
                 WHERE engine = (SELECT id FROM engine WHERE identity = ?1)",
            )?;
            statement.query_map([engine], |row| row.get(0))?.collect()
        })
    }

    /// Where the results of those of `keys` are that are known of this engine.
    pub fn holdings(&self, engine: &str, keys: &[Digest]) -> Result<Holdings, StoreError> {
        self.read(|| {
            let mut losses = self.connection.prepare_cached(
                "SELECT engine, losses, settled FROM step_key
                 WHERE engine = (SELECT id FROM engine WHERE identity = ?1) AND key = ?2",
            )?;
            let mut records = self.connection.prepare_cached(
                "SELECT record FROM key_record WHERE engine = ?1 AND key = ?2 ORDER BY record",
            )?;
            let mut holdings = Holdings::with_capacity(keys.len());
            for key in keys {
                let found: Option<(i64, i64, bool)> = losses
                    .query_row(params![engine, key.as_bytes()], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })
                    .optional()?;
                let Some((engine, losses, is_settled)) = found else { continue };
                let records = records
                    .query_map(params![engine, key.as_bytes()], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?;
                holdings.insert(*key, Holding { records, losses, is_settled });
            }
            Ok(holdings)
        })
    }

    /// The records that may be the engine's copy of this project's context since the last build
    /// that read any file of it; none where they are not known.
    pub fn context_records(&self, engine: &str, project: &str) -> Result<Vec<String>, StoreError> {
        self.read(|| {
            let found: Option<Option<String>> = self
                .connection
                .query_row(
                    "SELECT context_records FROM build
                     WHERE engine = (SELECT id FROM engine WHERE identity = ?1) AND project = ?2
                       AND manifest IS NOT NULL ORDER BY id DESC LIMIT 1",
                    [engine, project],
                    |row| row.get(0),
                )
                .optional()?;
            let text = found.flatten().unwrap_or_default();
            Ok(text.split_whitespace().map(str::to_owned).collect())
        })
    }

    /// Keeps what a look at the cache told, after a build of `project` was recorded.
    pub fn saw(&mut self, engine: &str, project: &str, seen: &Seen) -> Result<(), StoreError> {
        self.write(|transaction| {
            let engine = engine_number(transaction, engine)?;
            if let Some(listing) = &seen.listing {
                replace_records(transaction, engine, seen, listing)?;
            }
            rename(transaction, engine, seen)?;
            hold(transaction, engine, seen)?;
            settle(transaction, engine, seen)?;
            doubt_images(transaction, engine, project, &seen.others)?;
            if seen.listing.is_some() {
                transaction.execute(
                    "UPDATE build SET context_records = ?3 WHERE id =
                         (SELECT max(id) FROM build
                          WHERE engine = ?1 AND project = ?2 AND manifest IS NOT NULL)",
                    params![engine, project, seen.context.join(" ")],
                )?;
            }
            Ok(())
        })
    }
}

fn replace_records(
    transaction: &Transaction<'_>,
    engine: i64,
    seen: &Seen,
    listing: &[CacheRecord],
) -> rusqlite::Result<()> {
    let number: i64 =
        transaction
            .query_row("SELECT sights FROM engine WHERE id = ?1", [engine], |row| row.get(0))?;
    // Another process looked meanwhile: what it saw and this one did not has not gone.
    let is_newer = number == seen.after;
    if is_newer {
        let listed: HashSet<&str> = listing.iter().map(|record| record.id.as_str()).collect();
        let kept: Vec<String> = transaction
            .prepare_cached("SELECT id FROM cache_record WHERE engine = ?1")?
            .query_map([engine], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut delete =
            transaction.prepare_cached("DELETE FROM cache_record WHERE engine = ?1 AND id = ?2")?;
        for id in kept.iter().filter(|id| !listed.contains(id.as_str())) {
            delete.execute(params![engine, id])?;
        }
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO cache_record (engine, id, kind, parents, description, created, mutable)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    )?;
    for record in listing {
        insert.execute(params![
            engine,
            record.id,
            kind_number(record.kind),
            record.parents.join(" "),
            record.description,
            nanoseconds(record.created),
            record.is_mutable,
        ])?;
    }
    let times = listing.iter().flat_map(|record| [Some(record.created), record.used]);
    let newest = times.flatten().map(nanoseconds).max().unwrap_or(0);
    transaction.execute(
        "UPDATE engine SET sights = sights + 1, losses = losses + ?2, newest = ?3 WHERE id = ?1",
        params![engine, is_newer && seen.is_lost, newest],
    )?;
    Ok(())
}

fn rename(transaction: &Transaction<'_>, engine: i64, seen: &Seen) -> rusqlite::Result<()> {
    let mut rename = transaction.prepare_cached(
        "UPDATE OR IGNORE key_record SET record = ?3 WHERE engine = ?1 AND record = ?2",
    )?;
    for (old, new) in &seen.renamed {
        rename.execute(params![engine, old, new])?;
    }
    Ok(())
}

fn hold(transaction: &Transaction<'_>, engine: i64, seen: &Seen) -> rusqlite::Result<()> {
    let mut clear =
        transaction.prepare_cached("DELETE FROM key_record WHERE engine = ?1 AND key = ?2")?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO key_record (engine, key, record) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    for (key, records) in &seen.holdings {
        clear.execute(params![engine, key.as_bytes()])?;
        for record in records {
            insert.execute(params![engine, key.as_bytes(), record])?;
        }
    }
    let mut vouch = transaction.prepare_cached(
        "UPDATE step_key SET losses = (SELECT losses FROM engine WHERE id = ?1)
         WHERE engine = ?1 AND key = ?2",
    )?;
    for key in &seen.certain {
        vouch.execute(params![engine, key.as_bytes()])?;
    }
    Ok(())
}

/// Forgets which images builds before the newest one of `project` gave, where others may have made
/// one of their steps again.
///
/// An engine before 23.0 notes the same on every step but RUN: there these tell nothing.
fn doubt_images(
    transaction: &Transaction<'_>,
    engine: i64,
    project: &str,
    others: &[String],
) -> rusqlite::Result<()> {
    let mut doubt = transaction.prepare_cached(
        "UPDATE build SET image_inputs = NULL
         WHERE engine = ?1 AND image_inputs IS NOT NULL
           AND id < (SELECT max(id) FROM build WHERE engine = ?1 AND project = ?2)
           AND EXISTS (
               SELECT 1 FROM step WHERE step.build = build.id AND step.kind <> 'FROM'
                 AND CASE step.kind
                     WHEN 'RUN' THEN
                         instr(?3, trim(substr(step.name, instr(step.name, 'RUN ') + 4))) > 0
                     ELSE substr(?3, instr(?3, '] ')) = substr(step.name, instr(step.name, '] '))
                     END)",
    )?;
    let others: HashSet<&String> = others.iter().collect();
    for description in others {
        doubt.execute(params![engine, project, description])?;
    }
    Ok(())
}

/// What is lost may be made anew beside other builds; which of it, no listing tells.
fn settle(transaction: &Transaction<'_>, engine: i64, seen: &Seen) -> rusqlite::Result<()> {
    if seen.is_lost {
        transaction
            .execute("UPDATE step_key SET settled = 0 WHERE engine = ?1 AND settled", [engine])?;
    }
    let mut settle = transaction
        .prepare_cached("UPDATE step_key SET settled = 1 WHERE engine = ?1 AND key = ?2")?;
    for key in &seen.settled {
        settle.execute(params![engine, key.as_bytes()])?;
    }
    Ok(())
}

const fn kind_number(kind: RecordKind) -> i64 {
    match kind {
        RecordKind::Layer => 0,
        RecordKind::LocalSource => 1,
        RecordKind::Other => 2,
    }
}

const fn kind_from(number: i64) -> RecordKind {
    match number {
        0 => RecordKind::Layer,
        1 => RecordKind::LocalSource,
        _ => RecordKind::Other,
    }
}
