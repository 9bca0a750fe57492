//! The platform of services that name none: `DOCKER_DEFAULT_PLATFORM` of the environment or `.env`.

use std::borrow::Cow;

use super::service::Service;
use super::variables::Known;
use crate::images::{Problem, written};

const DEFAULT: &str = "DOCKER_DEFAULT_PLATFORM";

/// The service as compose takes it with these variables.
///
/// # Errors
///
/// Where it is built for several platforms, and the default is none of them.
pub(super) fn with_default<'a>(
    name: &str,
    service: &'a Service,
    variables: &Known,
) -> Result<Cow<'a, Service>, Problem> {
    let default = variables.get(DEFAULT).filter(|text| !text.is_empty());
    let (Some(platform), Some(build), None) = (default, &service.build, &service.platform) else {
        return Ok(Cow::Borrowed(service));
    };
    if !build.platforms.is_empty() && !build.platforms.contains(&platform) {
        let message = format!(
            "service {name} is not built for {platform}, which {DEFAULT} asks for: add it to \
             `platforms`"
        );
        return Err(Problem::at(&service.file, service.line, message));
    }
    let mut placed = service.clone();
    placed.platform = Some(platform);
    written::add(&mut placed.platform_lines, variables.lines_of(DEFAULT));
    Ok(Cow::Owned(placed))
}
