//! What builds have cost: all that are kept, with their steps but without their inputs; and those
//! that were not needed, which only this room knows of.

use std::cmp::Reverse;
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::query::{needs_from, outcome_from, span_from, time_from};
use super::record::nanoseconds;
use super::{Outcome, Store, StoreError};
use crate::{Digest, Seconds, Span};

/// How many builds that were not needed are kept beside the one that made the image.
const KEPT: u32 = 1000;

/// How long such a build waits for another process: whoever has nothing to build has no time.
const PATIENCE: Duration = Duration::from_millis(20);

/// At so many pages the log of what was written is brought into the file; some twenty such builds.
const LOG_PAGES: u32 = 64;

/// A build as it is kept, without what its steps were made of.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptBuild {
    /// The engine's identity.
    pub engine: String,
    /// The context's canonical directory.
    pub project: String,
    /// The Dockerfile's name, relative to the context where it lies in it.
    pub dockerfile: String,
    /// `--target`.
    pub target: Option<String>,
    /// When it began.
    pub started: SystemTime,
    /// How long it took in all.
    pub seconds: Seconds,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Whether it was not needed, as everything was there; its steps are those of the build that
    /// made the image, all of them reused.
    pub up_to_date: bool,
    /// The id of the commit that was checked out, where the context lies in a repository.
    pub commit: Option<String>,
    /// Its steps in the plan's order.
    pub steps: Vec<KeptStep>,
}

/// A step of a [`KeptBuild`].
#[derive(Debug, Clone, PartialEq)]
pub struct KeptStep {
    /// Its name as the engine showed it.
    pub name: String,
    /// The instruction's text as written.
    pub instruction: String,
    /// The instruction's keyword.
    pub kind: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took, by the engine's clock; `None` where it did not run to its end.
    pub seconds: Option<Seconds>,
    /// When it went on, by the engine's clock; `None` where that is not known, as in records from
    /// before it was kept.
    pub span: Option<Span>,
    /// The places among the build's steps of those that it needs.
    pub needs: Vec<usize>,
    /// Why it was forecast not to be reused, as JSON that the store does not look into.
    pub cause: Option<String>,
}

/// A build that was not needed: an earlier one's image was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct UpToDate {
    /// The engine's identity.
    pub engine: String,
    /// The context's canonical directory.
    pub project: String,
    /// The Dockerfile's name, relative to the context where it lies in it.
    pub dockerfile: String,
    /// `--target`.
    pub target: Option<String>,
    /// [`image_inputs`](super::BuildRecord::image_inputs) of the build that made the image.
    pub image_inputs: Digest,
    /// When it began.
    pub started: SystemTime,
    /// How long it took in all.
    pub seconds: Seconds,
    /// The id of the commit that was checked out, where the context lies in a repository.
    pub commit: Option<String>,
}

impl Store {
    /// Keeps a build that was not needed, beside the newest one with its inputs; without such a
    /// build nothing is kept. Nothing else that is known changes.
    ///
    /// It is over before the disk has it: a power cut may cost the last of them. What comes next
    /// brings it into the file.
    ///
    /// # Errors
    ///
    /// Where the file cannot be written, or another process writes to it right now.
    pub fn record_up_to_date(&mut self, build: &UpToDate) -> Result<(), StoreError> {
        let quickly = |connection: &Connection| {
            connection.busy_timeout(PATIENCE)?;
            // Closing the file would wait for the disk twice.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)
        };
        self.read(|| quickly(&self.connection))?;
        self.write(|transaction| {
            let made: Option<i64> = transaction
                .query_row(
                    "SELECT id FROM build
                     WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                       AND project = ?2 AND dockerfile = ?3 AND target IS ?4
                       AND image_inputs = ?5 AND succeeded
                     ORDER BY id DESC LIMIT 1",
                    params![
                        build.engine,
                        build.project,
                        build.dockerfile,
                        build.target,
                        build.image_inputs.as_bytes(),
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            let Some(made) = made else { return Ok(()) };
            transaction.execute(
                "INSERT INTO up_to_date (build, started, seconds, commit_id)
                 VALUES (?1, ?2, ?3, ?4)",
                params![made, nanoseconds(build.started), build.seconds.get(), build.commit],
            )?;
            transaction.execute(
                "DELETE FROM up_to_date WHERE build = ?1 AND id <=
                     (SELECT id FROM up_to_date WHERE build = ?1
                      ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                params![made, KEPT],
            )?;
            Ok(())
        })
    }

    /// The builds on all engines that began at `since` or later, the one that began last first:
    /// those of one project, or of all.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read.
    pub fn history(
        &self,
        project: Option<&str>,
        since: SystemTime,
    ) -> Result<Vec<KeptBuild>, StoreError> {
        self.read(|| {
            // One snapshot for the builds and their steps: another process may be deleting.
            let snapshot = self.connection.unchecked_transaction()?;
            let mut statement = snapshot.prepare_cached(
                "SELECT build.id, identity, project, dockerfile, target, started, seconds,
                        succeeded, commit_id, 0
                 FROM build JOIN engine ON build.engine = engine.id
                 WHERE (?1 IS NULL OR project = ?1) AND started >= ?2
                 UNION ALL
                 SELECT build.id, identity, project, dockerfile, target, up_to_date.started,
                        up_to_date.seconds, 1, up_to_date.commit_id, 1
                 FROM up_to_date JOIN build ON up_to_date.build = build.id
                      JOIN engine ON build.engine = engine.id
                 WHERE (?1 IS NULL OR project = ?1) AND up_to_date.started >= ?2",
            )?;
            let mut steps = snapshot.prepare_cached(
                "SELECT name, instruction, kind, outcome, seconds, cause, began, ended, needs
                 FROM step WHERE build = ?1 ORDER BY position",
            )?;
            let mut rows = statement.query(params![project, nanoseconds(since)])?;
            let mut builds = Vec::new();
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let steps = steps.query_map([id], step_from)?.collect::<rusqlite::Result<_>>()?;
                builds.push(build_from(row, steps)?);
            }
            builds.sort_by_key(|build| Reverse(build.started));
            Ok(builds)
        })
    }
}

fn build_from(row: &Row<'_>, steps: Vec<KeptStep>) -> rusqlite::Result<KeptBuild> {
    let up_to_date = row.get(9)?;
    let steps = if up_to_date { steps.into_iter().map(reused).collect() } else { steps };
    Ok(KeptBuild {
        engine: row.get(1)?,
        project: row.get(2)?,
        dockerfile: row.get(3)?,
        target: row.get(4)?,
        started: time_from(row.get(5)?),
        seconds: Seconds::new(row.get(6)?),
        succeeded: row.get(7)?,
        up_to_date,
        commit: row.get(8)?,
        steps,
    })
}

/// The step in a build that was not needed.
fn reused(step: KeptStep) -> KeptStep {
    KeptStep { outcome: Outcome::Cached, seconds: None, span: None, cause: None, ..step }
}

fn step_from(row: &Row<'_>) -> rusqlite::Result<KeptStep> {
    let seconds: Option<f64> = row.get(4)?;
    Ok(KeptStep {
        name: row.get(0)?,
        instruction: row.get(1)?,
        kind: row.get(2)?,
        outcome: outcome_from(row.get(3)?)?,
        seconds: seconds.map(Seconds::new),
        cause: row.get(5)?,
        span: span_from(row.get(6)?, row.get(7)?),
        needs: needs_from(row.get(8)?),
    })
}
