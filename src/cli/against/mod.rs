//! `--against REV`: what a commit had, in place of what was recorded.
//!
//! The plan of the commit's tree is taken for the last build and for all that the engine knows:
//! what is in it is `cached`, what is not is `rebuild`, with what differs as its cause. No engine
//! and no record is needed. Both sides are made alike: what the disk has is seen as git would
//! record it, and a base image that nobody knows is one and the same on both.

mod old;

use std::sync::Arc;

use anyhow::anyhow;

use super::environment::Environment;
use super::failure::Failure;
use super::project::{Project, plan_failure};
use super::ui::Ui;
use crate::context::git::{Commit, as_git_records};
use crate::context::{self, ContextPath, Contexts, Found, Snapshot, Source as _};
use crate::dockerfile::Dockerfile;
use crate::plan::{self, BaseImages, PlanRequest};
use crate::predict::{Forecast, PastTree, file_table, predict_against};

/// A forecast against a commit.
pub(super) struct Compared {
    /// The commit, where the revision names one; it may name a tree.
    pub(super) commit: Option<Commit>,
    /// `cached` is what the commit has too.
    pub(super) forecast: Forecast,
}

/// Compares the project with what `revision` has of it.
pub(super) fn compare(
    project: &Project,
    revision: &str,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Compared, Failure> {
    let mut old = old::read(project, revision, environment, ui)?;
    let contexts = Contexts::of(&project.snapshot);
    if !project.source.directories.is_empty() {
        ui.warning(&format!(
            "directories of --build-context are taken as they are now for {revision} too"
        ))?;
        old.snapshot = context::join(old.snapshot, contexts.all_named().clone());
    }
    let images = images(project, &old.dockerfile)?;
    let now = {
        let tracked =
            |path: &ContextPath| matches!(old.context.find(path), Ok(Some(Found::Directory)));
        let own = as_git_records(&contexts.own, tracked);
        context::join(Arc::new(own), contexts.all_named().clone())
    };
    let plan_of = |dockerfile: &Dockerfile, snapshot: &Snapshot| {
        plan::plan(PlanRequest {
            dockerfile,
            snapshot,
            images: &images,
            options: &project.options,
            dialect: project.dialect,
        })
    };
    let before = plan_of(&old.dockerfile, &old.snapshot).map_err(|error| {
        anyhow!("{revision} cannot be built: {error}; name a revision that can")
    })?;
    let plan = plan_of(&project.source.dockerfile, &now)
        .map_err(|error| plan_failure(error, &project.source))?;
    // How long it takes is what was recorded, if anything was.
    let recorded = project.memory.knowledge(&project.line, &plan, None, None);
    let past = PastTree { plan: before, files: file_table(&old.snapshot) };
    let forecast = predict_against(past, &plan, &now, &images, recorded);
    Ok(Compared { commit: old.commit, forecast })
}

/// The base images of both sides, as far as they are known.
fn images(project: &Project, old: &Dockerfile) -> Result<BaseImages, Failure> {
    let mut images = project.images.clone();
    let wanted = plan::base_images(old, &project.options, project.dialect)
        .map_err(|error| anyhow!("{error}; name a revision that can be built"))?;
    for reference in wanted {
        let foreign = reference.platform != project.options.build_platform;
        let platform = if foreign { reference.platform.to_string() } else { String::new() };
        if !images.contains_key(&reference)
            && let Some(image) =
                project.memory.image(&project.line.engine, &reference.name, &platform)
        {
            images.insert(reference, image);
        }
    }
    Ok(images)
}
