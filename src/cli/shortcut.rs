//! The up-to-date path: where the engine would reuse every step and give the image that it has
//! already, that image gets the names that were asked for, and nothing is built.
//!
//! It is taken only where all of this holds; whatever else is asked for is built:
//!
//! - every step is known, and the engine was asked and has lost none of them;
//! - an earlier build had the same Dockerfile, options, base images and steps, which together
//!   decide the image ([`inputs`]), and no step of it has run since: a result that was made again
//!   has another time in it, and so gives another image;
//! - nor by others, as far as the engine's list of its cache can tell: what came into it since the
//!   last look is no result of such a step;
//! - that image is still there;
//! - the files are just those of the last build of the context, the times that they are announced
//!   with included: after a build that was left out the engine's copy of the context would be another
//!   than after docker's. A directory's mode alone the engine passes by as long as it has its copy;
//!   where it may take another, the steps that read the directory are not known;
//! - no other context is named (`--build-context`);
//! - nothing has to be asked of a registry or a server (`--pull`, ADD of a URL, a frontend's
//!   image), and nothing is to run (`--no-cache`);
//! - the engine stores images by itself: with containerd's store it writes into every image an
//!   attestation of the very build, with its times, so that each build gives a new image.

use std::time::SystemTime;

use tokio::task::JoinHandle;

use super::project::Project;
use crate::engine::{BuildRequest, Docker, ImageStore};
use crate::plan::StepKey;
use crate::predict::Verdict;
use crate::store::UpToDate;
use crate::{Digest, Seconds};

/// The digest of everything that decides the image which a build gives, its configuration
/// included; `None` where something else does too.
pub(super) fn inputs(project: &Project, request: &BuildRequest) -> Option<Digest> {
    let engine = project.engine.as_ref()?;
    let asks_others = request.pull
        || project.source.dockerfile.syntax().is_some()
        || request.build_args.contains_key("BUILDKIT_SYNTAX")
        || project.plan.steps.iter().any(|step| step.uncertain);
    // What the engine has of a named context's files is not followed that closely.
    let runs =
        request.no_cache || !request.no_cache_filter.is_empty() || !request.contexts.is_empty();
    if asks_others || runs || engine.store != ImageStore::GraphDriver {
        return None;
    }
    let keys: Vec<StepKey> = project.plan.steps.iter().map(|step| step.key).collect();
    let images: Vec<_> = project
        .images
        .iter()
        .map(|(wanted, image)| (&wanted.name, wanted.platform.to_string(), &image.id))
        .collect();
    // Its configuration beside its layers: labels, command and ports are inherited from there.
    if images.iter().any(|(.., id)| id.is_empty()) {
        return None;
    }
    let of_the_file = (&request.dockerfile.content, &request.target, &request.platform);
    let options = (
        (&request.build_args, &request.labels, &request.network, &request.add_hosts),
        (request.shm_size, &request.ulimits, &request.cgroup_parent),
    );
    let engine = (&engine.id, &engine.version, &engine.platform);
    let all = ("smartbuild image 1", engine, of_the_file, options, keys, images);
    serde_json::to_vec(&all).ok().map(|bytes| Digest::of(&bytes))
}

/// The image that the build would give, with all of its names, where it is there already.
///
/// What goes wrong here is no error: the build says better what it is, or does better.
pub(super) async fn take(
    docker: &Docker,
    project: &Project,
    inputs: Option<&Digest>,
    tags: &[String],
) -> Option<Digest> {
    let steps = &project.forecast.steps;
    let is_cached = steps.iter().all(|step| matches!(step.verdict, Verdict::Cached));
    let is_certain = project.is_confirmed && project.is_as_told;
    if !is_cached || !is_certain {
        return None;
    }
    let image = project.memory.image_of(&project.line, inputs?)?;
    if tags.is_empty() {
        return docker.image_exists(&image).await.ok()?.then_some(image);
    }
    for tag in tags {
        if let Err(error) = docker.tag(&image, tag).await {
            tracing::debug!(%error, "the image cannot be named, so it is built");
            return None;
        }
    }
    Some(image)
}

/// A build that was left out.
pub(super) struct Kept {
    pub(super) inputs: Option<Digest>,
    pub(super) started: SystemTime,
    pub(super) seconds: Seconds,
    /// The commit that is checked out, which is looked up meanwhile.
    pub(super) commit: JoinHandle<Option<String>>,
}

impl Kept {
    /// Keeps that it was, once whoever asked has the image: for the history alone.
    pub(super) async fn remember(self, project: &mut Project) {
        let Some(image_inputs) = self.inputs else { return };
        let line = project.line.clone();
        project.memory.record_up_to_date(&UpToDate {
            engine: line.engine,
            project: line.project,
            dockerfile: line.dockerfile,
            target: line.target,
            image_inputs,
            started: self.started,
            seconds: self.seconds,
            commit: self.commit.await.ok().flatten(),
        });
    }
}
