//! Reading: known keys, past builds and steps, typical times, base images.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

use super::manifest;
use super::types::{BuildRecord, FileRecord, Manifest, Outcome, StepRecord, Timing};
use super::{Store, StoreError};
use crate::{Digest, Seconds, Span};

const STEP_COLUMNS: &str = "step.key, step.name, step.line, step.instruction, step.kind, \
                            step.inputs, step.outcome, step.seconds, step.reusable, step.cause, \
                            step.began, step.ended, step.needs";

impl Store {
    /// Which of `keys` this engine has run or reused and, as far as is recorded, still holds,
    /// with the time each is expected to take. Records of other engines never count.
    pub fn known(
        &self,
        engine: &str,
        keys: &[Digest],
    ) -> Result<HashMap<Digest, Timing>, StoreError> {
        self.read(|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT mean_seconds, runs FROM step_key
                 WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                   AND key = ?2 AND reusable",
            )?;
            let mut known = HashMap::with_capacity(keys.len());
            for key in keys {
                let timing = statement
                    .query_row(params![engine, key.as_bytes()], |row| {
                        Ok(Timing { seconds: Seconds::new(row.get(0)?), runs: row.get(1)? })
                    })
                    .optional()?;
                if let Some(timing) = timing {
                    known.insert(*key, timing);
                }
            }
            Ok(known)
        })
    }

    /// Which of `keys` a build on this engine left open, of which nothing is known since.
    pub fn left_open(&self, engine: &str, keys: &[Digest]) -> Result<HashSet<Digest>, StoreError> {
        self.read(|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT 1 FROM step_key
                 WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                   AND key = ?2 AND left_open",
            )?;
            let mut open = HashSet::new();
            for key in keys {
                if statement.exists(params![engine, key.as_bytes()])? {
                    open.insert(*key);
                }
            }
            Ok(open)
        })
    }

    /// Whether any build on this engine was ever recorded.
    pub fn has_records(&self, engine: &str) -> Result<bool, StoreError> {
        self.read(|| {
            self.connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM build JOIN engine ON build.engine = engine.id
                                WHERE identity = ?1)",
                [engine],
                |row| row.get(0),
            )
        })
    }

    /// The engine that built this project last, and what it said of itself.
    pub fn last_engine(
        &self,
        project: &str,
    ) -> Result<Option<(String, Option<String>)>, StoreError> {
        self.read(|| {
            self.connection
                .query_row(
                    "SELECT identity, description FROM build JOIN engine ON build.engine = engine.id
                     WHERE project = ?1 ORDER BY build.id DESC LIMIT 1",
                    [project],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()
        })
    }

    /// The newest build of this Dockerfile and target, successful or not, with its steps, and
    /// where the files of its context are; `files` is left empty.
    pub fn latest_build(
        &self,
        engine: &str,
        project: &str,
        dockerfile: &str,
        target: Option<&str>,
    ) -> Result<Option<(BuildRecord, Option<Manifest>)>, StoreError> {
        let line = Some((dockerfile, target));
        Ok(self.builds(engine, project, line, 1)?.into_iter().next())
    }

    /// The target of the newest build of this Dockerfile; `None` where it was never built.
    pub fn latest_target(
        &self,
        engine: &str,
        project: &str,
        dockerfile: &str,
    ) -> Result<Option<Option<String>>, StoreError> {
        self.read(|| {
            self.connection
                .prepare_cached(
                    "SELECT target FROM build
                     WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                       AND project = ?2 AND dockerfile = ?3
                     ORDER BY id DESC LIMIT 1",
                )?
                .query_row([engine, project, dockerfile], |row| row.get(0))
                .optional()
        })
    }

    /// The newest `limit` builds of this Dockerfile and target, newest first, with their steps;
    /// `files` is left empty.
    pub fn latest_builds(
        &self,
        engine: &str,
        project: &str,
        dockerfile: &str,
        target: Option<&str>,
        limit: usize,
    ) -> Result<Vec<BuildRecord>, StoreError> {
        let builds = self.builds(engine, project, Some((dockerfile, target)), limit)?;
        Ok(builds.into_iter().map(|(build, _)| build).collect())
    }

    /// The newest `limit` builds of this project, of whatever Dockerfile and target, newest first,
    /// with their steps, and where their files are as far as they are kept; `files` is left empty.
    pub fn recent_builds(
        &self,
        engine: &str,
        project: &str,
        limit: usize,
    ) -> Result<Vec<(BuildRecord, Option<Manifest>)>, StoreError> {
        self.builds(engine, project, None, limit)
    }

    /// The image that the newest build of this Dockerfile and target with these
    /// [`image_inputs`](BuildRecord::image_inputs) made, unless one of its steps ran again since.
    pub fn image_of(
        &self,
        engine: &str,
        project: &str,
        dockerfile: &str,
        target: Option<&str>,
        inputs: &Digest,
    ) -> Result<Option<Digest>, StoreError> {
        self.read(|| {
            let snapshot = self.connection.unchecked_transaction()?;
            let made: Option<(i64, [u8; 32])> = snapshot
                .query_row(
                    "SELECT id, image FROM build
                     WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                       AND project = ?2 AND dockerfile = ?3 AND target IS ?4
                       AND image_inputs = ?5 AND succeeded AND image IS NOT NULL
                     ORDER BY id DESC LIMIT 1",
                    params![engine, project, dockerfile, target, inputs.as_bytes()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let Some((build, image)) = made else { return Ok(None) };
            let ran_since: bool = snapshot.query_row(
                "SELECT EXISTS (
                     SELECT 1 FROM build JOIN step ON step.build = build.id
                     WHERE build.id > ?2 AND step.outcome = 1 AND step.kind <> 'FROM'
                       AND build.engine = (SELECT id FROM engine WHERE identity = ?1)
                       AND step.key IN (SELECT key FROM step WHERE build = ?2))",
                params![engine, build],
                |row| row.get(0),
            )?;
            Ok((!ran_since).then(|| Digest::from_bytes(image)))
        })
    }

    /// The files that the engine was told of last of its copy of this context by its name of now,
    /// by a build of whatever Dockerfile and target, and whether that build made it let go of the
    /// copy. A build that read no file left it as it was.
    pub fn told_context(
        &self,
        engine: &str,
        project: &str,
    ) -> Result<Option<(Manifest, bool)>, StoreError> {
        self.read(|| {
            self.connection
                .query_row(
                    "SELECT manifest, context_lost FROM build
                     WHERE engine = (SELECT id FROM engine WHERE identity = ?1) AND project = ?2
                       AND manifest IS NOT NULL
                       AND context_copy IS (SELECT name FROM context_copy AS copy
                           WHERE copy.engine = build.engine AND copy.project = build.project)
                     ORDER BY id DESC LIMIT 1",
                    [engine, project],
                    |row| Ok((Manifest(row.get(0)?), row.get(1)?)),
                )
                .optional()
        })
    }

    /// The files of the newest `limit` builds of this Dockerfile and target that still have them,
    /// newest first.
    pub fn latest_files(
        &self,
        engine: &str,
        project: &str,
        dockerfile: &str,
        target: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Manifest>, StoreError> {
        let builds = self.builds(engine, project, Some((dockerfile, target)), limit)?;
        Ok(builds.into_iter().filter_map(|(_, manifest)| manifest).collect())
    }

    /// The most recent step of this project, of whatever Dockerfile and target, that has this
    /// name or this instruction and ran to its end; among equally recent ones that of the same
    /// name.
    pub fn nearest_run(
        &self,
        engine: &str,
        project: &str,
        name: &str,
        instruction: &str,
    ) -> Result<Option<StepRecord>, StoreError> {
        self.read(|| {
            self.connection
                .prepare_cached(&format!(
                    "SELECT {STEP_COLUMNS} FROM step JOIN build ON step.build = build.id
                     WHERE build.engine = (SELECT id FROM engine WHERE identity = ?1)
                       AND build.project = ?2
                       AND (step.name = ?3 OR step.instruction = ?4) AND step.outcome = 1
                     ORDER BY build.id DESC, step.name = ?3 DESC, step.position
                     LIMIT 1"
                ))?
                .query_row(params![engine, project, name, instruction], step_from)
                .optional()
        })
    }

    /// The median time of the steps that ran on this engine, by instruction keyword. Each step
    /// key counts once, with its mean.
    pub fn typical_seconds(&self, engine: &str) -> Result<HashMap<String, Seconds>, StoreError> {
        self.read(|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT kind, mean_seconds FROM step_key
                 WHERE engine = (SELECT id FROM engine WHERE identity = ?1) AND runs > 0
                 ORDER BY mean_seconds",
            )?;
            let mut by_kind: HashMap<String, Vec<f64>> = HashMap::new();
            let mut rows = statement.query([engine])?;
            while let Some(row) = rows.next()? {
                by_kind.entry(row.get(0)?).or_default().push(row.get(1)?);
            }
            Ok(by_kind.into_iter().map(|(kind, sorted)| (kind, median(&sorted))).collect())
        })
    }

    /// What [`Store::remember_image`] kept of this base image.
    pub fn image(
        &self,
        engine: &str,
        reference: &str,
        platform: &str,
    ) -> Result<Option<String>, StoreError> {
        self.read(|| {
            self.connection
                .query_row(
                    "SELECT json FROM image
                     WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                       AND reference = ?2 AND platform = ?3",
                    [engine, reference, platform],
                    |row| row.get(0),
                )
                .optional()
        })
    }

    /// The newest builds of one Dockerfile and target, or of all of the project.
    fn builds(
        &self,
        engine: &str,
        project: &str,
        line: Option<(&str, Option<&str>)>,
        limit: usize,
    ) -> Result<Vec<(BuildRecord, Option<Manifest>)>, StoreError> {
        self.read(|| {
            // One snapshot for the builds and their steps: another process may be deleting.
            let snapshot = self.connection.unchecked_transaction()?;
            let of_line = match line {
                Some(_) => "dockerfile = ?3 AND target IS ?4",
                None => "?3 IS NULL AND ?4 IS NULL",
            };
            let mut statement = snapshot.prepare_cached(&format!(
                "SELECT id, started, seconds, succeeded, image, manifest, context_lost,
                        commit_id, context_copy, dockerfile, target
                 FROM build
                 WHERE engine = (SELECT id FROM engine WHERE identity = ?1)
                   AND project = ?2 AND {of_line}
                 ORDER BY id DESC LIMIT ?5"
            ))?;
            let mut steps = snapshot.prepare_cached(&format!(
                "SELECT {STEP_COLUMNS} FROM step WHERE build = ?1 ORDER BY position"
            ))?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let (dockerfile, target) = line.unzip();
            let mut rows =
                statement.query(params![engine, project, dockerfile, target.flatten(), limit])?;
            let mut builds = Vec::new();
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let image: Option<[u8; 32]> = row.get(4)?;
                let build = BuildRecord {
                    engine: engine.to_owned(),
                    project: project.to_owned(),
                    dockerfile: row.get(9)?,
                    target: row.get(10)?,
                    started: time_from(row.get(1)?),
                    seconds: Seconds::new(row.get(2)?),
                    succeeded: row.get(3)?,
                    image: image.map(Digest::from_bytes),
                    image_inputs: None,
                    steps: steps.query_map([id], step_from)?.collect::<rusqlite::Result<_>>()?,
                    files: Vec::new(),
                    context_lost: row.get(6)?,
                    commit: row.get(7)?,
                    context_copy: row.get(8)?,
                };
                let manifest: Option<i64> = row.get(5)?;
                builds.push((build, manifest.map(Manifest)));
            }
            Ok(builds)
        })
    }

    /// The files of a manifest, made into a collection as they are decoded: of 100,000 files the
    /// records alone would take some 20 MB. Empty where another process has just dropped it.
    pub fn files<T, C: FromIterator<T> + Default>(
        &self,
        manifest: Manifest,
        mut each: impl FnMut(FileRecord) -> Option<T>,
    ) -> Result<C, StoreError> {
        let Manifest(id) = manifest;
        let found: Option<([u8; 32], Vec<u8>)> = self.read(|| {
            self.connection
                .query_row("SELECT digest, content FROM manifest WHERE id = ?1", [id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()
        })?;
        let Some((digest, content)) = found else { return Ok(C::default()) };
        let damaged = || StoreError::damaged(&self.path, format!("manifest {id}"));
        if Digest::of(&content) != Digest::from_bytes(digest) {
            return Err(damaged());
        }
        let records = manifest::decode(&content).map_err(|manifest::Malformed| damaged())?;
        let made: Result<C, manifest::Malformed> =
            records.filter_map(|record| record.map(&mut each).transpose()).collect();
        made.map_err(|manifest::Malformed| damaged())
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce() -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work().map_err(|source| self.fail(source))
    }
}

fn step_from(row: &Row<'_>) -> rusqlite::Result<StepRecord> {
    let seconds: Option<f64> = row.get(7)?;
    Ok(StepRecord {
        other_keys: Vec::new(),
        key: Digest::from_bytes(row.get(0)?),
        name: row.get(1)?,
        line: row.get(2)?,
        instruction: row.get(3)?,
        kind: row.get(4)?,
        inputs: row.get(5)?,
        outcome: outcome_from(row.get(6)?)?,
        seconds: seconds.map(Seconds::new),
        reusable: row.get(8)?,
        left_open: false,
        cause: row.get(9)?,
        span: span_from(row.get(10)?, row.get(11)?),
        needs: needs_from(row.get(12)?),
    })
}

pub(super) fn span_from(began: Option<f64>, ended: Option<f64>) -> Option<Span> {
    Some(Span::new(Seconds::new(began?), Seconds::new(ended?)))
}

pub(super) fn needs_from(text: Option<String>) -> Vec<usize> {
    let places = text.unwrap_or_default();
    places.split_whitespace().filter_map(|place| place.parse().ok()).collect()
}

pub(super) fn outcome_from(number: i64) -> rusqlite::Result<Outcome> {
    match number {
        0 => Ok(Outcome::Cached),
        1 => Ok(Outcome::Ran),
        2 => Ok(Outcome::Failed),
        3 => Ok(Outcome::NotReached),
        other => Err(rusqlite::Error::FromSqlConversionFailure(
            6,
            Type::Integer,
            format!("{other} is no outcome of a step").into(),
        )),
    }
}

pub(super) fn time_from(nanoseconds: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
    if nanoseconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

/// The middle of sorted values, or the mean of the two in the middle.
fn median(sorted: &[f64]) -> Seconds {
    let middle = sorted.len() / 2;
    match sorted {
        [] => Seconds::ZERO,
        _ if sorted.len() % 2 == 1 => Seconds::new(sorted[middle]),
        _ => Seconds::new(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}
