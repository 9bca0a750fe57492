//! Reading how long the steps of past builds took.

use rusqlite::params;

use super::types::StepRun;
use super::{Store, StoreError};
use crate::Seconds;

impl Store {
    /// The steps that ran to their end in the newest `builds` builds of this project, of whatever
    /// Dockerfile and target, newest first.
    pub fn runs(
        &self,
        engine: &str,
        project: &str,
        builds: usize,
    ) -> Result<Vec<StepRun>, StoreError> {
        self.read(|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT step.name, step.instruction, step.seconds
                 FROM (SELECT id FROM build
                       WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                         AND project = ?2
                       ORDER BY id DESC LIMIT ?3) AS newest
                 JOIN step ON step.build = newest.id
                 WHERE step.outcome = 1 AND step.seconds IS NOT NULL
                 ORDER BY newest.id DESC, step.position",
            )?;
            let limit = i64::try_from(builds).unwrap_or(i64::MAX);
            let runs = statement.query_map(params![engine, project, limit], |row| {
                Ok(StepRun {
                    name: row.get(0)?,
                    instruction: row.get(1)?,
                    seconds: Seconds::new(row.get(2)?),
                })
            })?;
            runs.collect()
        })
    }
}
