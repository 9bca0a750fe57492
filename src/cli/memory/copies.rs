//! The engine's copy of a context, as the store knows it, and builds that left no record.

use super::{Line, Memory};
use crate::cli::process;
use crate::cli::ui::Ui;
use crate::predict::FileTable;
use crate::store::{Begun, Manifest};

impl Memory {
    /// The records that may hold the engine's copy of this context.
    pub(in crate::cli) fn context_records(&self, line: &Line) -> Vec<String> {
        self.read(|store| store.context_records(&line.engine, &line.project)).unwrap_or_default()
    }

    /// The files that the engine had of this context after the last build of whatever Dockerfile
    /// and target.
    pub(in crate::cli) fn engine_copy(&self, line: &Line) -> FileTable {
        let newest = self.told_context(line).filter(|(_, is_lost)| !is_lost);
        newest.and_then(|(manifest, _)| self.files(manifest)).unwrap_or_default()
    }

    /// The files that the engine was told of last of this context, whether or not it still has
    /// its copy.
    pub(in crate::cli) fn told_files(&self, line: &Line) -> FileTable {
        let told = self.told_context(line);
        told.and_then(|(manifest, _)| self.files(manifest)).unwrap_or_default()
    }

    /// Whether the engine let go of its copy of this context in the last build of it.
    pub(in crate::cli) fn is_context_lost(&self, line: &Line) -> bool {
        self.told_context(line).is_some_and(|(_, is_lost)| is_lost)
    }

    /// Nothing where builds wrote to the engine's copy that left no record.
    fn told_context(&self, line: &Line) -> Option<(Manifest, bool)> {
        let (engine, project) = (&line.engine, &line.project);
        self.read(|store| store.context_copy(engine, project, process::is_running))??;
        self.read(|store| store.told_context(engine, project))?
    }

    /// Whether a build of this context ended without a record: what it ran, only the engine knows.
    pub(in crate::cli) fn has_unrecorded(&self, line: &Line) -> bool {
        let (engine, project) = (&line.engine, &line.project);
        let is_noted =
            self.unrecorded.as_ref().is_some_and(|beside| beside.is_noted(engine, project));
        is_noted
            || self
                .read(|store| store.has_unrecorded(engine, project, process::is_running))
                .unwrap_or(false)
    }

    /// Says that this process begins to write to the engine's copy of the context, and tells which
    /// that is. What cannot be recorded writes to a copy of its own.
    pub(in crate::cli) fn begin_context(
        &mut self,
        line: &Line,
        ui: &mut Ui,
    ) -> std::io::Result<Begun> {
        let (builder, fresh) = (process::name(), process::fresh_word());
        let (engine, project) = (&line.engine, &line.project);
        let mut begun = None;
        self.write(ui, |store| {
            let running = process::is_running;
            begun = Some(store.begin_context(engine, project, &builder, &fresh, running)?);
            Ok(())
        })?;
        let Some(begun) = begun else {
            self.note_unrecorded(engine, project);
            return Ok(Begun { copy: fresh, gave_up: true });
        };
        // From here on the store tells it, until this build is recorded.
        let was_noted =
            self.unrecorded.as_ref().is_some_and(|beside| beside.forget(engine, project));
        Ok(Begun { gave_up: begun.gave_up || was_noted, ..begun })
    }

    /// Says that a build ended before the engine was told of any file or ran anything, so that its
    /// copy of the context is as it was.
    pub(in crate::cli) fn leave_context(
        &mut self,
        line: &Line,
        begun: &Begun,
        ui: &mut Ui,
    ) -> std::io::Result<()> {
        // What was not known before stays so until a build is recorded.
        if begun.gave_up {
            return Ok(());
        }
        let builder = process::name();
        self.write(ui, |store| store.leave_context(&line.engine, &line.project, &builder))
    }

    /// Has builds from now on write to a new copy of the context: said before a build, or after one
    /// that had nothing to run, as it `begun`, where nobody knows what it told the engine.
    pub(in crate::cli) fn give_up_context(
        &mut self,
        line: &Line,
        begun: Option<&Begun>,
        ui: &mut Ui,
    ) -> std::io::Result<()> {
        // What was not known before stays so until a build is recorded.
        if begun.is_some_and(|begun| begun.gave_up) {
            return Ok(());
        }
        let (builder, fresh) = (process::name(), process::fresh_word());
        self.write(ui, |store| store.give_up_context(&line.engine, &line.project, &builder, &fresh))
    }

    /// Says beside the store that it has no record of a build. Where nothing can be written there
    /// either, only what the engine lists tells of the build.
    pub(super) fn note_unrecorded(&self, engine: &str, project: &str) {
        let Some(beside) = &self.unrecorded else { return };
        if let Err(error) = beside.note(engine, project) {
            tracing::debug!(%error, "nothing tells of the build without a record");
        }
    }
}
