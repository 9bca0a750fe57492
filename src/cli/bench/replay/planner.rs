//! The plan of a commit and its rewrite, with what the engine and the records say of base images
//! and times.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::super::super::args::BenchArgs;
use super::super::super::base_images::Lookup;
use super::super::super::builder::records_of;
use super::super::super::failure::Failure;
use super::super::super::memory::{Line, Memory};
use super::super::super::project::{build_options, dialect};
use super::super::super::ui::Ui;
use super::super::finding::flags;
use super::super::program::NotTimed;
use super::commit_files::{CommitFiles, wrong};
use super::place::Place;
use super::recorded::Recorded;
use crate::context::{ContextPath, Source as _};
use crate::dockerfile::Dockerfile;
use crate::engine::{Docker, EngineInfo};
use crate::optimize::{self, History, Request, typical_seconds};
use crate::plan::{
    self, BaseImages, BuildOptions, BuilderKind, Dialect, ImageReference, Plan, PlanRequest, Step,
};
use crate::predict::{Knowledge, PastRun};

/// Plans commits of one repository.
pub(super) struct Planner<'a> {
    docker: Option<&'a Docker>,
    options: BuildOptions,
    dialect: Dialect,
    memory: Memory,
    /// The records that commits are asked about, of whatever Dockerfile.
    line: Line,
    /// The base images of all commits so far, as they are now.
    pub(super) images: BaseImages,
    asked: BTreeSet<ImageReference>,
}

impl<'a> Planner<'a> {
    /// For the context at `root`, on this engine.
    pub(super) fn new(
        args: &BenchArgs,
        root: &Path,
        docker: Option<&'a Docker>,
        engine: Option<&EngineInfo>,
        memory: Memory,
    ) -> Result<Self, Failure> {
        let flags = flags(args, None);
        let options = build_options(&flags, docker, engine)?;
        let id = engine.map_or("", |engine| &*engine.id);
        let line = Line {
            engine: records_of(id, BuilderKind::BuildKit),
            project: root.to_string_lossy().into_owned(),
            dockerfile: String::new(),
            target: flags.target,
        };
        let (images, asked) = (BaseImages::new(), BTreeSet::new());
        Ok(Self { docker, options, dialect: dialect(engine), memory, line, images, asked })
    }

    /// The plan of a commit with this text of its Dockerfile.
    ///
    /// # Errors
    ///
    /// [`NotTimed::Failed`] where there is none.
    pub(super) async fn plan(
        &mut self,
        files: &CommitFiles,
        text: &str,
        ui: &mut Ui,
    ) -> Result<Plan, NotTimed> {
        let dockerfile = parsed(files, text)?;
        self.look_up(&dockerfile, ui).await?;
        plan::plan(self.request(&dockerfile, files)).map_err(|error| wrong(&error))
    }

    /// The commit's Dockerfile with all rewrites that are proven; `None` where there are none.
    ///
    /// Its history is not looked at, as it is not the commit's own but that of all.
    ///
    /// # Errors
    ///
    /// As [`Self::plan`].
    pub(super) async fn optimized(
        &mut self,
        files: &CommitFiles,
        ui: &mut Ui,
    ) -> Result<Option<String>, NotTimed> {
        let dockerfile = parsed(files, &files.text)?;
        self.look_up(&dockerfile, ui).await?;
        let read = |path: &ContextPath| -> io::Result<Vec<u8>> {
            match files.context.read(path) {
                Ok(Some(bytes)) => Ok(bytes),
                Ok(None) => Err(io::ErrorKind::NotFound.into()),
                Err(error) => Err(io::Error::other(error)),
            }
        };
        let seconds = |step: &Step| self.memory.measured(&self.line, step);
        let request = Request {
            plan: self.request(&dockerfile, files),
            read: &read,
            history: History { commits: None, builds: &[], changing: &[], seconds: &seconds },
            only_certain: true,
        };
        let found = optimize::optimize(&request).map_err(|error| wrong(&error))?;
        if found.proven().next().is_none() {
            return Ok(None);
        }
        found.proven_text(&dockerfile).map(Some).map_err(|error| wrong(&error))
    }

    /// What the records have of the times of a plan's steps, and of how likely those are to run that
    /// depend on another stage. Times that they have not are what such commands usually take.
    pub(super) fn knowledge(&self, plan: &Plan, files: &CommitFiles, place: &Place) -> Knowledge {
        let line = Line { dockerfile: place.name_in(&files.path), ..self.line.clone() };
        let mut knowledge = self.memory.knowledge(&line, plan, None, None);
        knowledge.past = self.memory.recent_steps(&line);
        for step in &plan.steps {
            if let Some(seconds) = self.memory.measured(&line, step) {
                let (name, instruction) = (step.name.clone(), step.instruction.clone());
                knowledge.times.learn(PastRun { name, instruction, seconds });
            }
            knowledge.usual.insert(step.key, typical_seconds(step, &files.snapshot));
        }
        knowledge
    }

    /// The builds of the Dockerfile at this place that are recorded.
    pub(super) fn recorded(&self, place: &Place) -> Recorded {
        let line = Line { dockerfile: place.name_in(&place.dockerfile), ..self.line.clone() };
        Recorded::of(&self.memory, &line)
    }

    /// Asks for the base images that no commit had before.
    async fn look_up(&mut self, dockerfile: &Dockerfile, ui: &mut Ui) -> Result<(), NotTimed> {
        let wanted = plan::base_images(dockerfile, &self.options, self.dialect)
            .map_err(|error| wrong(&error))?;
        let new: BTreeSet<ImageReference> = wanted.difference(&self.asked).cloned().collect();
        self.asked.extend(new.iter().cloned());
        let mut lookup = Lookup {
            docker: self.docker,
            engine: &self.line.engine,
            build_platform: &self.options.build_platform,
            pull: false,
            memory: &mut self.memory,
        };
        let found = lookup.all(new, ui).await.map_err(NotTimed::Other)?;
        for unresolved in &found.unresolved {
            ui.warning(&unresolved.to_string())?;
        }
        self.images.extend(found.images);
        Ok(())
    }

    fn request<'r>(
        &'r self,
        dockerfile: &'r Dockerfile,
        files: &'r CommitFiles,
    ) -> PlanRequest<'r> {
        PlanRequest {
            dockerfile,
            snapshot: &files.snapshot,
            images: &self.images,
            options: &self.options,
            dialect: self.dialect,
        }
    }
}

fn parsed(files: &CommitFiles, text: &str) -> Result<Dockerfile, NotTimed> {
    Dockerfile::parse(&files.path.to_string(), text).map_err(|error| wrong(&error))
}
