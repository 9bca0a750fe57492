//! Reading what builds have cost: all that are kept, with their steps but without their inputs.

use std::time::SystemTime;

use rusqlite::{Row, params};

use super::query::{needs_from, outcome_from, span_from, time_from};
use super::record::nanoseconds;
use super::{Outcome, Store, StoreError};
use crate::{Seconds, Span};

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

impl Store {
    /// The builds on all engines that began at `since` or later, newest first: those of one
    /// project, or of all.
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
                        succeeded, commit_id
                 FROM build JOIN engine ON build.engine = engine.id
                 WHERE (?1 IS NULL OR project = ?1) AND started >= ?2
                 ORDER BY build.id DESC",
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
            Ok(builds)
        })
    }
}

fn build_from(row: &Row<'_>, steps: Vec<KeptStep>) -> rusqlite::Result<KeptBuild> {
    Ok(KeptBuild {
        engine: row.get(1)?,
        project: row.get(2)?,
        dockerfile: row.get(3)?,
        target: row.get(4)?,
        started: time_from(row.get(5)?),
        seconds: Seconds::new(row.get(6)?),
        succeeded: row.get(7)?,
        commit: row.get(8)?,
        steps,
    })
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
