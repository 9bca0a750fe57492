//! By which name the engine is asked for its copy of a project's context, and which builds have
//! written to that copy.
//!
//! The engine keeps one copy under each name and brings it up to date with every build. What it has
//! is known from records alone, so that a copy is given up, by taking another name, as soon as a
//! build wrote to it that left no record: one that was killed, or could not write to the store.
//! Docker's clients too put a word of their own into this name.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::record::engine_number;
use super::{Store, StoreError};

/// How a build begins to write to the engine's copy of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The name of the copy.
    pub copy: String,
    /// Whether builds before it left no record, which is known no more once this one has begun.
    pub gave_up: bool,
}

impl Store {
    /// The name of the engine's copy of this project's context; `None` where there is none, or a
    /// build that wrote to it ended without a record. `is_running` tells whether the process of
    /// such a build is there; where it cannot be told, it is not.
    pub fn context_copy(
        &self,
        engine: &str,
        project: &str,
        is_running: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, StoreError> {
        let (name, builders) = self.context_builds(engine, project)?;
        Ok(name.filter(|_| builders.iter().all(|builder| is_running(builder))))
    }

    /// Whether a build that wrote to the engine's copy of this context ended without a record.
    pub fn has_unrecorded(
        &self,
        engine: &str,
        project: &str,
        is_running: impl Fn(&str) -> bool,
    ) -> Result<bool, StoreError> {
        let (_, builders) = self.context_builds(engine, project)?;
        Ok(!builders.iter().all(|builder| is_running(builder)))
    }

    /// The name of the engine's copy of this context, and who writes to it.
    fn context_builds(
        &self,
        engine: &str,
        project: &str,
    ) -> Result<(Option<String>, Vec<String>), StoreError> {
        self.read(|| {
            let snapshot = self.connection.unchecked_transaction()?;
            let number = "SELECT id FROM engine WHERE identity = ?1";
            let number = snapshot.query_row(number, [engine], |row| row.get(0)).optional()?;
            let Some(number) = number else { return Ok((None, Vec::new())) };
            Ok((name(&snapshot, number, project)?, builders(&snapshot, number, project)?))
        })
    }

    /// Says that the process `builder` begins to write to the engine's copy of this context, and
    /// tells which copy that is: `fresh` where there is none, or nobody knows what it holds.
    pub fn begin_context(
        &mut self,
        engine: &str,
        project: &str,
        builder: &str,
        fresh: &str,
        is_running: impl Fn(&str) -> bool,
    ) -> Result<Begun, StoreError> {
        self.write(|transaction| {
            let engine = engine_number(transaction, engine)?;
            let builders = builders(transaction, engine, project)?;
            let gone: Vec<_> = builders.into_iter().filter(|it| !is_running(it)).collect();
            for builder in &gone {
                end(transaction, engine, project, builder)?;
            }
            let known = name(transaction, engine, project)?.filter(|_| gone.is_empty());
            let name = match known {
                Some(name) => name,
                None => rename(transaction, engine, project, fresh)?,
            };
            transaction.execute(
                "INSERT OR REPLACE INTO context_build (engine, project, builder)
                 VALUES (?1, ?2, ?3)",
                params![engine, project, builder],
            )?;
            Ok(Begun { copy: name, gave_up: !gone.is_empty() })
        })
    }

    /// Says that the build of `builder` ended before the engine was told of any file or ran
    /// anything: the copy is as it was. Not to be said where [`Begun::gave_up`] is.
    pub fn leave_context(
        &mut self,
        engine: &str,
        project: &str,
        builder: &str,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let engine = engine_number(transaction, engine)?;
            end(transaction, engine, project, builder).map(drop)
        })
    }

    /// Has builds from now on write to the copy `fresh`, of which nothing is known: `builder` does so
    /// before its build, or after one that ran nothing and may have told the engine of files. Not to be
    /// said after one where [`Begun::gave_up`] is.
    pub fn give_up_context(
        &mut self,
        engine: &str,
        project: &str,
        builder: &str,
        fresh: &str,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let engine = engine_number(transaction, engine)?;
            end(transaction, engine, project, builder)?;
            rename(transaction, engine, project, fresh).map(drop)
        })
    }

    /// Says that the build of `builder`, which wrote to the copy of this name, is recorded. Where
    /// another build has taken another name meanwhile, what is recorded is of another copy: the next
    /// one takes `fresh`.
    pub fn end_context(
        &mut self,
        engine: &str,
        project: &str,
        builder: &str,
        copy: &str,
        fresh: &str,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let engine = engine_number(transaction, engine)?;
            end(transaction, engine, project, builder)?;
            if name(transaction, engine, project)?.as_deref() != Some(copy) {
                rename(transaction, engine, project, fresh)?;
            }
            Ok(())
        })
    }
}

fn builders(
    transaction: &Transaction<'_>,
    engine: i64,
    project: &str,
) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction
        .prepare_cached("SELECT builder FROM context_build WHERE engine = ?1 AND project = ?2")?;
    let builders = statement.query_map(params![engine, project], |row| row.get(0))?;
    builders.collect()
}

fn name(
    transaction: &Transaction<'_>,
    engine: i64,
    project: &str,
) -> rusqlite::Result<Option<String>> {
    let select = "SELECT name FROM context_copy WHERE engine = ?1 AND project = ?2";
    transaction.query_row(select, params![engine, project], |row| row.get(0)).optional()
}

fn rename(
    transaction: &Transaction<'_>,
    engine: i64,
    project: &str,
    fresh: &str,
) -> rusqlite::Result<String> {
    transaction.execute(
        "INSERT OR REPLACE INTO context_copy (engine, project, name) VALUES (?1, ?2, ?3)",
        params![engine, project, fresh],
    )?;
    Ok(fresh.to_owned())
}

fn end(
    transaction: &Transaction<'_>,
    engine: i64,
    project: &str,
    builder: &str,
) -> rusqlite::Result<usize> {
    transaction.execute(
        "DELETE FROM context_build WHERE engine = ?1 AND project = ?2 AND builder = ?3",
        params![engine, project, builder],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: &str = "engine";
    const PROJECT: &str = "/home/ann/shop";

    fn begin(store: &mut Store, builder: &str, fresh: &str, running: &[&str]) -> String {
        let is_running = |builder: &str| running.contains(&builder);
        store.begin_context(ENGINE, PROJECT, builder, fresh, is_running).unwrap().copy
    }

    fn end(store: &mut Store, builder: &str, copy: &str) {
        store.end_context(ENGINE, PROJECT, builder, copy, &format!("after {builder}")).unwrap();
    }

    fn known(store: &Store, running: &[&str]) -> Option<String> {
        let is_running = |builder: &str| running.contains(&builder);
        store.context_copy(ENGINE, PROJECT, is_running).unwrap()
    }

    #[test]
    fn a_copy_keeps_its_name_from_build_to_build() {
        let mut store = Store::in_memory().unwrap();
        assert_eq!(known(&store, &[]), None);
        assert_eq!(begin(&mut store, "a", "one", &[]), "one");
        assert_eq!(known(&store, &["a"]).as_deref(), Some("one"));
        end(&mut store, "a", "one");
        assert_eq!(known(&store, &[]).as_deref(), Some("one"));
        assert_eq!(begin(&mut store, "b", "two", &[]), "one");
        assert_eq!(store.context_copy(ENGINE, "/other", |_| true).unwrap(), None);
    }

    #[test]
    fn builds_beside_each_other_have_one_copy() {
        let mut store = Store::in_memory().unwrap();
        begin(&mut store, "a", "one", &[]);
        assert_eq!(begin(&mut store, "b", "two", &["a"]), "one");
        end(&mut store, "a", "one");
        end(&mut store, "b", "one");
        assert_eq!(known(&store, &[]).as_deref(), Some("one"));
    }

    #[test]
    fn what_a_build_without_a_record_wrote_to_is_given_up() {
        let mut store = Store::in_memory().unwrap();
        begin(&mut store, "killed", "one", &[]);
        assert_eq!(known(&store, &[]), None);
        assert_eq!(begin(&mut store, "b", "two", &[]), "two");
        end(&mut store, "b", "two");
        assert_eq!(known(&store, &[]).as_deref(), Some("two"));
    }

    #[test]
    fn what_a_build_left_alone_is_as_it_was() {
        let mut store = Store::in_memory().unwrap();
        begin(&mut store, "a", "one", &[]);
        end(&mut store, "a", "one");
        let begun = store.begin_context(ENGINE, PROJECT, "b", "two", |_| false).unwrap();
        assert_eq!(begun, Begun { copy: "one".to_owned(), gave_up: false });
        store.leave_context(ENGINE, PROJECT, "b").unwrap();
        assert_eq!(known(&store, &[]).as_deref(), Some("one"));
        assert!(!store.has_unrecorded(ENGINE, PROJECT, |_| false).unwrap());
        begin(&mut store, "killed", "two", &[]);
        assert!(store.begin_context(ENGINE, PROJECT, "c", "three", |_| false).unwrap().gave_up);
    }

    #[test]
    fn a_build_that_was_taken_for_dead_gives_the_other_ones_copy_up_as_well() {
        let mut store = Store::in_memory().unwrap();
        begin(&mut store, "a", "one", &[]);
        begin(&mut store, "b", "two", &[]);
        end(&mut store, "a", "one");
        end(&mut store, "b", "two");
        assert_eq!(known(&store, &[]).as_deref(), Some("after b"));
    }
}
