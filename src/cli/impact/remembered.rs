//! What the store has of the builds of a repository's contexts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use super::super::builder::records_of;
use super::super::memory::{Line, Memory};
use super::super::project::{dialect, remembered_engine};
use crate::context::ContextPath;
use crate::engine::EngineInfo;
use crate::impact::Facts;
use crate::plan::{BuilderKind, Dialect, ImageReference, Platform, Step};
use crate::{BaseImage, Seconds};

/// The memory, asked by a context's directory.
pub(super) struct Remembered<'a> {
    memory: &'a Memory,
    top: &'a Path,
    lines: RefCell<HashMap<ContextPath, Known>>,
}

/// What is known of a context, and how it is asked for.
#[derive(Clone)]
struct Known {
    line: Line,
    engine: Option<EngineInfo>,
}

impl<'a> Remembered<'a> {
    pub(super) fn new(memory: &'a Memory, top: &'a Path) -> Self {
        Self { memory, top, lines: RefCell::default() }
    }

    fn known<T>(&self, context: &ContextPath, ask: impl FnOnce(&Known) -> T) -> T {
        let mut lines = self.lines.borrow_mut();
        let known = lines.entry(context.clone()).or_insert_with(|| {
            let root = context.on_disk(self.top);
            // The records bear the name that the directory has without links.
            let root = root.canonicalize().unwrap_or(root);
            let project = root.to_string_lossy().into_owned();
            let engine = remembered_engine(self.memory, &project);
            let id = engine.as_ref().map_or("", |engine| &*engine.id);
            let engine_of_records = records_of(id, BuilderKind::BuildKit);
            // Steps are found by their own names and texts, in all builds of the context.
            let (dockerfile, target) = (String::new(), None);
            let line = Line { engine: engine_of_records, project, dockerfile, target };
            Known { line, engine }
        });
        ask(known)
    }
}

impl Facts for Remembered<'_> {
    fn dialect(&self, context: &ContextPath) -> Dialect {
        self.known(context, |known| dialect(known.engine.as_ref()))
    }

    fn platform(&self, context: &ContextPath) -> Platform {
        let of = |engine: &EngineInfo| Platform::parse(&engine.platform);
        self.known(context, |known| known.engine.as_ref().and_then(of).unwrap_or_default())
    }

    fn base_image(&self, context: &ContextPath, image: &ImageReference) -> Option<BaseImage> {
        self.known(context, |known| {
            let engine = known.engine.as_ref()?;
            let own = Platform::parse(&engine.platform).unwrap_or_default();
            let platform =
                if image.platform == own { String::new() } else { image.platform.to_string() };
            self.memory.image(&known.line.engine, &image.name, &platform)
        })
    }

    fn seconds(&self, context: &ContextPath, step: &Step) -> Option<Seconds> {
        self.known(context, |known| {
            known.engine.as_ref()?;
            self.memory.measured(&known.line, step)
        })
    }
}
