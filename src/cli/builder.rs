//! Which of the engine's builders builds: what `DOCKER_BUILDKIT` says, as docker reads it.

use anyhow::anyhow;

use super::args::BuildFlags;
use super::environment::Environment;
use super::failure::Failure;
use crate::plan::BuilderKind;

/// The builder that is wanted.
///
/// # Errors
///
/// Where the variable says neither yes nor no.
pub(super) fn wanted(environment: &Environment) -> Result<BuilderKind, Failure> {
    match environment.docker_buildkit.as_deref() {
        None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(BuilderKind::BuildKit),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(BuilderKind::Classic),
        Some(other) => Err(anyhow!(
            "DOCKER_BUILDKIT is `{other}`; set it to 1 for BuildKit, to 0 for the classic builder, \
             or not at all"
        )
        .into()),
    }
}

/// Sees that the wanted builder is one that smartbuild builds with.
pub(super) fn can_build(environment: &Environment) -> Result<(), Failure> {
    match wanted(environment)? {
        BuilderKind::BuildKit => Ok(()),
        BuilderKind::Classic => Err(anyhow!(
            "smartbuild does not build with the classic builder yet: use `DOCKER_BUILDKIT=0 docker \
             build`, or unset DOCKER_BUILDKIT; `smartbuild predict --against REV` forecasts it"
        )
        .into()),
    }
}

/// Refuses what only `BuildKit` has.
pub(super) fn check(builder: BuilderKind, flags: &BuildFlags) -> Result<(), Failure> {
    let given = [
        ("--build-context", !flags.contexts.is_empty()),
        ("--no-cache-filter", !flags.no_cache_filter.is_empty()),
        ("--secret", !flags.secrets.is_empty()),
    ];
    let refused = given.iter().find(|(_, is_given)| *is_given && builder == BuilderKind::Classic);
    if let Some((flag, _)) = refused {
        return Err(anyhow!(
            "the classic builder has no `{flag}`; unset DOCKER_BUILDKIT to build with BuildKit"
        )
        .into());
    }
    if builder == BuilderKind::Classic && !flags.cache_from.is_empty() {
        return Err(anyhow!(
            "smartbuild does not know yet what the classic builder makes of `--cache-from`; leave \
             it out, or unset DOCKER_BUILDKIT"
        )
        .into());
    }
    Ok(())
}

/// What an engine's records are kept under: those of one builder never speak for the other.
pub(super) fn records_of(engine: &str, builder: BuilderKind) -> String {
    match builder {
        BuilderKind::BuildKit => engine.to_owned(),
        BuilderKind::Classic => format!("{engine} classic"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_read_as_docker_reads_it() {
        let wanted = |value: Option<&str>| {
            let docker_buildkit = value.map(str::to_owned);
            wanted(&Environment { docker_buildkit, ..Environment::default() }).ok()
        };
        for yes in [None, Some("1"), Some("true"), Some("T")] {
            assert_eq!(wanted(yes), Some(BuilderKind::BuildKit), "{yes:?}");
        }
        for no in ["0", "false", "F", "False"] {
            assert_eq!(wanted(Some(no)), Some(BuilderKind::Classic), "{no}");
        }
        for neither in ["no", "2", "maybe", " 0"] {
            assert_eq!(wanted(Some(neither)), None, "{neither}");
        }
    }
}
