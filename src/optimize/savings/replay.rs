//! Builds made again in the plan: what each runs, and for how long.
//!
//! A build runs the steps whose keys no build before it had, as an engine's cache would have it
//! that nothing else uses and nothing is lost from. It takes the longest path through them. What
//! a stage gives when it runs is taken to be new, so that what copies from it runs as well. Arguments
//! that change from build to build ([`arguments`]) have a new value in each.

use std::collections::HashSet;
use std::sync::Arc;

use super::edited::with_changes;
use super::thin::thin;
use super::times::Times;
use crate::Seconds;
use crate::context::git::PastCommits;
use crate::context::{self, ContextPath, Contexts, Snapshot};
use crate::dockerfile::Dockerfile;
use crate::optimize::types::Request;
use crate::optimize::{Error, arguments};
use crate::plan::{self, BuildOptions, Plan, PlanRequest, StepKey, StepKind, plan};
use crate::predict::longest_path;

/// A Dockerfile to build again: as it is, or with rewrites.
pub(super) struct Variant {
    pub(super) dockerfile: Dockerfile,
    /// What its steps name of the present context.
    pub(super) names: Vec<ContextPath>,
    pub(super) times: Times,
}

/// What is built again.
#[derive(Clone, Copy)]
pub(super) enum Past<'a> {
    /// The context at each of these commits, one after the other.
    Commits(&'a PastCommits),
    /// The present context with other content at these paths: each edit for itself.
    Edits(&'a [Vec<ContextPath>]),
}

/// One build.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Built {
    /// What it takes.
    pub(super) seconds: Seconds,
    /// Whether it is the first of all: it has everything to do with every variant, and tells
    /// nothing.
    pub(super) is_first: bool,
    /// Whether it runs anything.
    pub(super) runs: bool,
    /// Of the seconds of all that it runs, those that were measured.
    pub(super) measured: Seconds,
    /// Of the seconds of all that it runs, those that were not.
    pub(super) typical: Seconds,
}

/// The builds of each variant, `None` where it cannot be planned.
pub(super) fn replay(
    request: &Request<'_>,
    past: Past<'_>,
    variants: &[Variant],
) -> Result<Vec<Vec<Option<Built>>>, Error> {
    let mut caches: Vec<Cache<'_>> = variants.iter().map(Cache::new).collect();
    let changing = arguments::changing(request);
    match past {
        Past::Commits(commits) => {
            let named = Contexts::of(request.plan.snapshot).all_named().clone();
            let first = context::join(Arc::new(commits.first.clone()), named);
            let mut snapshot = thin(request, commits, Arc::unwrap_or_clone(first), variants);
            for cache in &mut caches {
                // Files may be missing that the Dockerfile needs; a later commit may have them.
                drop(cache.look(request, &snapshot));
                cache.keep();
            }
            for (number, commit) in commits.commits.iter().enumerate() {
                snapshot = commit.changes.apply(snapshot);
                let options = arguments::of_build(request.plan.options, &changing, number);
                let request = with_options(request, &options);
                let is_the_same = commit.changes.is_empty() && changing.is_empty();
                for cache in &mut caches {
                    let built = if is_the_same && cache.plan.is_some() {
                        cache.build(&snapshot)
                    } else {
                        cache.look(&request, &snapshot).ok().and_then(|()| cache.build(&snapshot))
                    };
                    cache.builds.push(built);
                    cache.keep();
                }
            }
        }
        Past::Edits(edits) => {
            for cache in &mut caches {
                cache.look(request, request.plan.snapshot)?;
                cache.keep();
            }
            for (number, paths) in edits.iter().enumerate() {
                let snapshot = with_changes(request.plan.snapshot, paths);
                let options = arguments::of_build(request.plan.options, &changing, number);
                let request = with_options(request, &options);
                for cache in &mut caches {
                    let look = cache.look(&request, &snapshot).ok();
                    let built = look.and_then(|()| cache.build(&snapshot));
                    cache.builds.push(built);
                }
            }
        }
    }
    Ok(caches.into_iter().map(|cache| cache.builds).collect())
}

/// The same request with other options.
fn with_options<'a>(request: &Request<'a>, options: &'a BuildOptions) -> Request<'a> {
    Request { plan: PlanRequest { options, ..request.plan }, ..*request }
}

/// Plans a Dockerfile on a context.
pub(super) fn plan_on(
    request: &Request<'_>,
    dockerfile: &Dockerfile,
    snapshot: &Snapshot,
) -> Result<Plan, plan::Error> {
    plan(PlanRequest { dockerfile, snapshot, ..request.plan })
}

/// An engine that builds one variant only.
struct Cache<'a> {
    variant: &'a Variant,
    keys: HashSet<StepKey>,
    /// The plan that was made last; `None` where it could not be made.
    plan: Option<Plan>,
    builds: Vec<Option<Built>>,
}

impl<'a> Cache<'a> {
    fn new(variant: &'a Variant) -> Self {
        Self { variant, keys: HashSet::new(), plan: None, builds: Vec::new() }
    }

    fn look(&mut self, request: &Request<'_>, snapshot: &Snapshot) -> Result<(), plan::Error> {
        self.plan = None;
        self.plan = Some(plan_on(request, &self.variant.dockerfile, snapshot)?);
        Ok(())
    }

    /// Builds what was planned last.
    fn build(&self, snapshot: &Snapshot) -> Option<Built> {
        let plan = self.plan.as_ref()?;
        let mut built = Built { is_first: self.keys.is_empty(), ..Built::default() };
        let mut costs = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let is_reused = self.keys.contains(&step.key)
                && (step.kind == StepKind::From || !step.no_cache)
                && step.on_context().is_none();
            let mut cost = Seconds::ZERO;
            if !is_reused {
                let time = self.variant.times.of(step, snapshot);
                cost = time.seconds;
                built.runs |= step.kind != StepKind::From;
                let sum = if time.is_measured { &mut built.measured } else { &mut built.typical };
                *sum = *sum + cost;
            }
            let inputs: Vec<_> = step.parent().into_iter().chain(step.stage_outputs()).collect();
            costs.push((inputs, cost));
        }
        built.seconds = longest_path(costs);
        Some(built)
    }

    /// Takes what was built into the cache.
    fn keep(&mut self) {
        let steps = self.plan.iter().flat_map(|plan| &plan.steps);
        self.keys.extend(steps.map(|step| step.key));
    }
}
