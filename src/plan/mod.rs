//! The plan: the graph of steps that the engine will run for a target, each with the name that
//! the engine shows and a key that decides its reuse.
//!
//! In: instructions, a context snapshot, arguments and base images ([`PlanRequest`]). Out: a
//! [`Plan`]. A pure function: no disk, no engine, no clock. It knows `dockerfile` and `context`.
//!
//! A key is a digest of everything that decides whether the engine may reuse the step, the keys
//! of the steps below it included, so that two steps have the same key only where the engine
//! reuses one for the other. Rules taken from the engine name the case in `tests/cache-cases` that
//! proves them.

mod chmod;
mod classic;
mod convert;
mod draft;
mod environment;
mod error;
mod expansion;
mod fact;
mod image;
mod joint_inputs;
mod key;
mod links;
mod made;
mod mount;
mod name;
mod named;
mod owner;
mod reference;
mod request;
mod run;
mod same_build;
mod secret;
mod selection;
mod sent;
mod stage_files;
mod stages;
mod step;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};

pub use error::{Error, Problem};
pub use fact::{Fact, NamedValue};
pub use joint_inputs::JOINT_INPUTS;
pub use made::made_configuration;
pub use named::{ContextSource, context_sources, named_sources};
pub use reference::{context_name, full_reference, reference_problem};
pub use request::{BuildOptions, BuilderKind, Dialect, NamedContext, PlanRequest, Platform};
pub use secret::shown_value;
pub use step::{
    ContentKeys, FetchedKeys, ImageConfiguration, KeyInput, OfThisBuild, Plan, Step, StepIndex,
    StepKey, StepKind,
};

use crate::BaseImage;
use crate::dockerfile::Dockerfile;

/// The steps for the target of a request.
///
/// # Errors
///
/// What the engine would refuse before it runs anything: an unknown target, a stage used before
/// it is defined, an impossible image name, a source that is not in the context.
pub fn plan(request: PlanRequest<'_>) -> Result<Plan, Error> {
    let dialect = request.dialect.read_by(request.dockerfile, request.options);
    let request = PlanRequest { dialect, ..request };
    let builder = convert::Builder::new(request)?;
    match request.dialect.builder {
        BuilderKind::BuildKit => {
            let mut plan = builder.build()?;
            same_build::mark(&mut plan.steps, request.dialect);
            Ok(plan)
        }
        BuilderKind::Classic => builder.build_classic(),
    }
}

/// Whether a Dockerfile has the stage that the options ask for.
///
/// # Errors
///
/// [`Problem::NoTarget`] where it has not, and what is wrong with the stages themselves.
pub fn check_target(
    dockerfile: &Dockerfile,
    options: &BuildOptions,
    dialect: Dialect,
) -> Result<(), Error> {
    let dialect = dialect.read_by(dockerfile, options);
    let stages = stages::Stages::new(dockerfile, options, dialect)?;
    stages.target(options.target.as_deref()).map(|_| ())
}

/// An image that a plan is built on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageReference {
    /// The reference, variables expanded, otherwise as written.
    pub name: String,
    /// The platform that is wanted of it.
    pub platform: Platform,
}

impl From<&str> for ImageReference {
    /// The image of this name for the platform that is meant where nobody names one.
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), platform: Platform::default() }
    }
}

/// What a step of an image is told to have as its setting where it is for another platform than the
/// builder's own.
pub const PLATFORM: &str = "platform";

/// Base images by what is wanted of them, as [`base_images`] gives it: one that is wanted for two
/// platforms is two.
pub type BaseImages = BTreeMap<ImageReference, BaseImage>;

/// The images that the stages of a Dockerfile, needed or not, are built on or copy from.
///
/// # Errors
///
/// As [`plan`].
pub fn base_images(
    dockerfile: &Dockerfile,
    options: &BuildOptions,
    dialect: Dialect,
) -> Result<BTreeSet<ImageReference>, Error> {
    let dialect = dialect.read_by(dockerfile, options);
    let stages = stages::Stages::new(dockerfile, options, dialect)?;
    let mut images = BTreeSet::new();
    for (index, stage) in stages.all.iter().enumerate() {
        images.extend(stage.image());
        for instruction in stage.source.instructions {
            for origin in stages.origins(instruction, index)? {
                if let stages::Origin::Image(name) = origin {
                    images.insert(ImageReference { name, platform: options.platform.clone() });
                }
            }
        }
    }
    Ok(images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;
    use crate::context::Snapshot;

    #[test]
    fn a_base_for_two_platforms_is_two_images() {
        let text = "FROM --platform=linux/arm64 a AS made\nRUN one\nFROM a\nRUN two\n\
                    COPY --from=made /x /x\nCOPY --from=a /y /y\n";
        let dockerfile = Dockerfile::parse("Dockerfile", text).unwrap();
        let options = BuildOptions::default();
        let image = |layer: &str| BaseImage {
            layers: vec![Digest::of(layer.as_bytes())],
            ..BaseImage::default()
        };
        let keys = |foreign: &str| -> Vec<(String, StepKey)> {
            let wanted = base_images(&dockerfile, &options, Dialect::default()).unwrap();
            let layer = |it: &ImageReference| if *it == "a".into() { "own" } else { foreign };
            let images = wanted.into_iter().map(|it| (it.clone(), image(layer(&it)))).collect();
            let (snapshot, dialect) = (&Snapshot::new(Vec::new(), 0), Dialect::default());
            let dockerfile = &dockerfile;
            let request =
                PlanRequest { dockerfile, snapshot, images: &images, options: &options, dialect };
            let steps = plan(request).unwrap().steps;
            steps.into_iter().map(|step| (step.instruction, step.key)).collect()
        };
        let (before, now) = (keys("old"), keys("new"));
        let changed = before.iter().zip(&now).filter(|(before, now)| before != now);
        let changed: Vec<&str> = changed.map(|((instruction, _), _)| &**instruction).collect();
        let foreign = "FROM --platform=linux/arm64 a AS made";
        assert_eq!(changed, [foreign, "RUN one", "COPY --from=made /x /x", "COPY --from=a /y /y"]);
        assert_eq!(before.iter().filter(|(text, _)| text.starts_with("FROM")).count(), 2);
    }
}
