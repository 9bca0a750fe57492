//! By which keys of an image the engine finds what stands on it.
//!
//! With containerd's store the engine knows an image by its manifest, and asks for its layers only
//! where it does not know that. What first runs on an image of new layers is kept under both.

use std::collections::HashSet;

use super::eviction::Remembered;
use super::knowledge::Knowledge;
use crate::plan::{Plan, Step, StepKey, StepKind};

/// By which keys of the images below it the engine has a step, or will have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// By their manifests: [`Step::key`].
    Manifest,
    /// By their layers: [`Step::layers_key`].
    Layers,
    /// By either.
    Both,
}

impl Route {
    /// The keys to keep such a step under, the one to find it by first.
    pub fn keys(self, step: &Step) -> Vec<StepKey> {
        match (self, step.kind) {
            _ if step.key == step.layers_key => vec![step.key],
            (Self::Manifest, _) => vec![step.key],
            (Self::Layers, StepKind::From) => vec![step.layers_key],
            (Self::Layers, _) | (Self::Both, StepKind::From) => vec![step.key, step.layers_key],
            (Self::Both, _) => vec![step.key, step.layers_key, step.joint_key()],
        }
    }

    /// The keys of which the engine may have the step's result.
    pub fn places(self, step: &Step) -> Vec<StepKey> {
        match self {
            Self::Manifest => vec![step.key],
            Self::Layers => vec![step.layers_key],
            Self::Both => vec![step.key, step.layers_key],
        }
    }
}

impl Knowledge {
    /// Takes a step for known that the engine knows by the layers of the images below it, whose
    /// manifests it does not know. `memory_of` tells of a key that is known whether the engine can
    /// have forgotten it since.
    ///
    /// An image whose layers it knew before is found by these every time: its manifest stays
    /// unknown (`base-known-then-new-label`). One of new layers is known by its manifest from then
    /// on, and what first runs on that later is kept under it alone (`base-made-then-new-label`).
    /// What runs on a step that is kept under both is found by either
    /// (`base-made-then-step-above-and-new-label`). After a prune all begins anew
    /// (`base-made-then-pruned-and-new-label`).
    ///
    /// All of that is as long as nobody else builds there: what others used before, and what they
    /// had on it, is not known.
    pub fn know_by_layers(&mut self, plan: &Plan, memory_of: impl Fn(&StepKey) -> Remembered) {
        let mut routes: Vec<Route> = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let memory =
                |key: &StepKey| self.known.get(key).map_or(Remembered::No, |_| memory_of(key));
            let has = |key: &StepKey| memory(key) == Remembered::Yes;
            let below = below(step, plan, &routes);
            let route = match (step.kind, below) {
                _ if step.key == step.layers_key => Route::Both,
                // What is taken for known by its manifest alone is never found where it is not.
                (StepKind::From, _) if memory(&step.key) != Remembered::No => Route::Manifest,
                (StepKind::From, _) => match memory(&step.layers_key) {
                    Remembered::Yes => Route::Layers,
                    Remembered::Perhaps => Route::Manifest,
                    Remembered::No => Route::Both,
                },
                (_, Route::Both) => Route::Both,
                (_, Route::Manifest) if has(&step.key) && has(&step.joint_key()) => Route::Both,
                (_, below) => below,
            };
            let is_doubtful = self.is_doubtful(step, plan, has(&step.key));
            if is_doubtful && step.kind != StepKind::From {
                self.on_doubtful_images.insert(step.key);
            }
            if !is_doubtful
                && route != Route::Manifest
                && let Some(seconds) = self.known.get(&step.layers_key).copied()
            {
                self.known.entry(step.key).or_insert(seconds);
            }
            routes.push(route);
        }
        self.routes = routes;
    }

    /// Whether the engine may know an image, or have a step, in a way that nobody here knows of: by
    /// the layers of an image that was never used under this manifest, or by what was built on it
    /// under another one.
    fn is_doubtful(&self, step: &Step, plan: &Plan, is_known: bool) -> bool {
        if !self.is_shared || is_known || step.key == step.layers_key {
            return false;
        }
        if step.kind == StepKind::From {
            return true;
        }
        let has = |key: &StepKey| self.known.contains_key(key);
        let is_relabelled = |image: &Step| !has(&image.key) && has(&image.layers_key);
        let stands_on_relabelled = || images_below(step, plan).any(is_relabelled);
        has(&step.layers_key) || (stands_on_relabelled() && step.keys_alone().iter().any(has))
    }
}

/// The images that a step stands on or takes files from.
fn images_below<'a>(step: &'a Step, plan: &'a Plan) -> impl Iterator<Item = &'a Step> {
    let mut open: Vec<usize> = step.needs().map(|needed| needed.0).collect();
    let mut seen = HashSet::new();
    std::iter::from_fn(move || {
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                let step = &plan.steps[next];
                open.extend(step.needs().map(|needed| needed.0));
                if step.kind == StepKind::From {
                    return Some(step);
                }
            }
        }
        None
    })
}

/// The places of the images that a step which the engine came to stands on or takes files from: it
/// knows them, and does not say so of one that it shows under the name of another stage.
pub fn used_images(plan: &Plan, is_reached: impl Fn(usize) -> bool) -> HashSet<usize> {
    let reached = plan.steps.iter().enumerate().filter(|(place, _)| is_reached(*place));
    let inputs =
        reached.flat_map(|(_, step)| step.parent().into_iter().chain(step.stage_outputs()));
    let is_image = |place: &usize| plan.steps[*place].kind == StepKind::From;
    inputs.map(|input| input.0).filter(is_image).collect()
}

/// By which keys the engine has all that a step stands on or takes files from.
///
/// What a COPY takes of an image it finds by the files themselves, which are the same whatever the
/// image is known by.
fn below(step: &Step, plan: &Plan, routes: &[Route]) -> Route {
    let is_copy = matches!(step.kind, StepKind::Copy | StepKind::Add);
    let counts = |output: &usize| !is_copy || plan.steps[*output].kind != StepKind::From;
    let outputs = step.stage_outputs().map(|output| output.0).filter(counts);
    let mut inputs = step.parent().map(|parent| parent.0).into_iter().chain(outputs);
    inputs
        .try_fold(Route::Both, |all, input| match (all, routes[input]) {
            (Route::Both, route) | (route, Route::Both) => Some(route),
            (one, other) => (one == other).then_some(one),
        })
        // Of one image by its layers, of the other by its manifest: it is found only just so.
        .unwrap_or(Route::Manifest)
}
