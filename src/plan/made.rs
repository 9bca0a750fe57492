//! What the image that a plan makes gives to those that are built on it.

use super::convert::{Builder, on_build_texts};
use super::environment::Value;
use super::{BuilderKind, Error, PlanRequest};
use crate::BaseImage;

/// The configuration of the image that the request's plan makes, as far as it counts for what
/// stands on it: variables, directory, user, shell and triggers. Its id and its layers are only
/// known when it is built, and are left empty.
///
/// # Errors
///
/// As [`plan`](super::plan).
pub fn made_configuration(request: PlanRequest<'_>) -> Result<BaseImage, Error> {
    // Both builders configure an image alike.
    let dialect = request.dialect.with_builder(BuilderKind::BuildKit);
    let options = request.options;
    let mut builder = Builder::new(PlanRequest { dialect, ..request })?;
    let target = builder.stages.target(options.target.as_deref())?;
    builder.all_stages()?;
    let state = builder.finished.remove(&target).unwrap_or_default();
    let variable = |(name, value): &(String, Value)| format!("{name}={}", value.text);
    let triggers = builder.stages.all.get(target);
    let triggers = triggers.map(|stage| on_build_texts(stage.source.instructions));
    let platform = &options.platform;
    Ok(BaseImage {
        env: state.configured.iter().map(variable).collect(),
        working_dir: state.directory,
        user: state.user,
        shell: state.shell,
        on_build: triggers.unwrap_or_default(),
        os: platform.os.clone(),
        architecture: platform.architecture.clone(),
        variant: platform.variant.clone(),
        ..BaseImage::default()
    })
}
