//! What the base images of a plan are: from the engine, or as it had them when it last answered.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::memory::Memory;
use super::ui::Ui;
use crate::BaseImage;
use crate::engine::{self, Docker, Endpoint};
use crate::plan::{self, BaseImages, ImageReference, Platform};

/// Where base images are looked up.
pub(super) struct Lookup<'a> {
    /// The engine, where one answers.
    pub(super) docker: Option<&'a Docker>,
    /// Its id, or that of the one that is remembered.
    pub(super) engine: &'a str,
    /// The platform that the engine takes images for unless told otherwise.
    pub(super) build_platform: &'a Platform,
    /// Whether the registry is asked for newer ones; then only the engine can tell.
    pub(super) pull: bool,
    /// What was kept of them, and will be.
    pub(super) memory: &'a mut Memory,
}

/// What came of looking up.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Those that were found.
    pub(super) images: BaseImages,
    /// Those that an engine was asked for and does not know.
    pub(super) unresolved: Vec<Unresolved>,
}

/// An image that the engine cannot resolve.
#[derive(Debug, thiserror::Error)]
#[error(
    "the engine at {endpoint} cannot resolve the base image {name}, so what stands on it is \
     unknown: {reason}"
)]
pub(super) struct Unresolved {
    endpoint: Endpoint,
    /// As the Dockerfile has it.
    name: String,
    /// The engine's words.
    reason: String,
}

impl Lookup<'_> {
    /// The wanted images, as far as they can be found.
    pub(super) async fn all(
        &mut self,
        wanted: BTreeSet<ImageReference>,
        ui: &mut Ui,
    ) -> Result<Found, Failure> {
        let mut found = Found::default();
        for reference in wanted {
            let foreign = reference.platform != *self.build_platform;
            let platform = if foreign { reference.platform.to_string() } else { String::new() };
            let image = match self.docker {
                None => self.memory.image(self.engine, &reference.name, &platform),
                Some(docker) => match of_engine(docker, &reference, foreign, self.pull).await? {
                    Ok(image) => Some(image),
                    Err(reason) => {
                        let (endpoint, name) = (docker.endpoint().clone(), reference.name.clone());
                        found.unresolved.push(Unresolved { endpoint, name, reason });
                        None
                    }
                },
            };
            let Some(image) = image else { continue };
            if self.docker.is_some() {
                self.memory.remember_image(self.engine, &reference.name, &platform, &image, ui)?;
            }
            found.images.insert(reference, image);
        }
        Ok(found)
    }
}

/// The image as the engine would take it: its own, unless a newer one is asked for or it has
/// none; then as it resolves the name; or why it cannot.
async fn of_engine(
    docker: &Docker,
    reference: &ImageReference,
    foreign: bool,
    pull: bool,
) -> Result<Result<BaseImage, String>, Failure> {
    let platform = reference.platform.to_string();
    if !pull {
        let own = docker.base_image(&reference.name, foreign.then_some(&*platform)).await?;
        if let Some(own) = own {
            return Ok(Ok(own));
        }
    }
    let full = plan::full_reference(&reference.name);
    Ok(docker.resolve_image(&full, &platform, pull).await.map_err(|error| match error {
        engine::Error::Refused { message, .. } => message,
        other => other.to_string(),
    }))
}
