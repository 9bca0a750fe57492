//! `--against REV`: what a commit had, in place of what was recorded.
//!
//! The plan of the commit's tree is taken for the last build and for all that the engine knows:
//! what is in it is `cached`, what is not is `rebuild`, with what differs as its cause. No engine
//! and no record is needed. Both sides are made alike: what the disk has is seen as git would
//! record it, and a base image that nobody knows is one and the same on both.

mod old;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::anyhow;

use super::environment::Environment;
use super::failure::Failure;
use super::project::{Project, plan_failure};
use super::ui::Ui;
use crate::context::git::{Commit, as_git_records};
use crate::context::{self, ContextPath, Contexts, Found, Snapshot, Source as _};
use crate::dockerfile::Dockerfile;
use crate::plan::{self, KeyInput, Plan, PlanRequest, StepKey};
use crate::predict::{
    CauseKind, Forecast, Knowledge, PreviousBuild, PreviousStep, Verdict, file_table, predict,
};
use crate::{BaseImage, Seconds};
use old::Old;

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
    let references = references(&before);
    let mut plan = plan_of(&project.source.dockerfile, &now)
        .map_err(|error| plan_failure(error, &project.source))?;
    for step in &mut plan.steps {
        // What only the engine can tell, such as what a URL gives, is the same on both sides.
        step.uncertain = false;
    }
    let knowledge = knowledge(project, &plan, before, &old);
    let mut forecast = predict(&plan, &now, &knowledge);
    name_unknown_images(&mut forecast, &references, &images);
    Ok(Compared { commit: old.commit, forecast })
}

/// What the commit had is what is known; how long it takes is what was recorded, if anything was.
fn knowledge(project: &Project, plan: &Plan, before: Plan, old: &Old) -> Knowledge {
    let recorded = project.memory.knowledge(&project.line, plan, None, None);
    let keys = before.steps.iter().flat_map(|step| step.other_keys().chain([step.key]));
    let timed = |key: StepKey| (key, recorded.known.get(&key).copied().flatten());
    let known: HashMap<StepKey, Option<Seconds>> = keys.map(timed).collect();
    let steps = before.steps.into_iter().map(PreviousStep::of);
    let previous = PreviousBuild { steps: steps.collect(), files: file_table(&old.snapshot) };
    Knowledge {
        recorded: true,
        known,
        previous: Some(previous),
        times: recorded.times,
        typical: recorded.typical,
        ..Knowledge::default()
    }
}

/// The base images of both sides, as far as they are known.
fn images(project: &Project, old: &Dockerfile) -> Result<BTreeMap<String, BaseImage>, Failure> {
    let mut images = project.images.clone();
    let wanted = plan::base_images(old, &project.options, project.dialect)
        .map_err(|error| anyhow!("{error}; name a revision that can be built"))?;
    for reference in wanted {
        let foreign = reference.platform != project.options.build_platform;
        let platform = if foreign { reference.platform.to_string() } else { String::new() };
        if !images.contains_key(&reference.name)
            && let Some(image) =
                project.memory.image(&project.line.engine, &reference.name, &platform)
        {
            images.insert(reference.name, image);
        }
    }
    Ok(images)
}

/// The names of a plan's base images, by the digest that the plan has for their layers.
fn references(plan: &Plan) -> HashMap<String, String> {
    let inputs = plan.steps.iter().flat_map(|step| &step.inputs);
    let images = inputs.filter_map(|input| match input {
        KeyInput::BaseImage { reference, digest, .. } => {
            Some((digest.to_string(), reference.clone()))
        }
        _ => None,
    });
    images.collect()
}

/// Of a base image that nobody knows there is no digest of layers, so what differs is told by the
/// names.
fn name_unknown_images(
    forecast: &mut Forecast,
    references: &HashMap<String, String>,
    known: &BTreeMap<String, BaseImage>,
) {
    for step in &mut forecast.steps {
        let Verdict::Rebuild(cause) = &mut step.verdict else { continue };
        let CauseKind::BaseImage { reference, before, after } = &mut cause.kind else { continue };
        let old = before.as_ref().and_then(|before| references.get(before));
        if !known.contains_key(reference) || old.is_some_and(|old| !known.contains_key(old)) {
            *before = old.cloned();
            *after = Some(reference.clone());
        }
    }
}
