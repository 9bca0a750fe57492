//! Which images a repository builds: Dockerfiles, compose files and bake files.
//!
//! In: a tree behind [`Source`] (a directory, a tree of git, its index), the environment's
//! variables as plain data, and what `smartbuild.toml` says ([`Configuration`]). Out: [`Images`],
//! each [`Image`] with the Dockerfile, context, target, arguments and named contexts that docker
//! would build it with. A file that cannot be read is a named [`Problem`], and the others are given
//! all the same.
//!
//! The room knows how compose and bake read their files, and nothing of what is in a Dockerfile. It
//! reads no environment, follows nothing out of the tree, and no file can keep it busy for long:
//! whatever grows has a limit, and what goes past it is a problem.

mod bake;
mod compose;
mod configuration;
mod dockerfiles;
mod draft;
mod finder;
#[cfg(test)]
mod hostile_tests;
mod limits;
mod named;
mod place;
mod types;
mod walk;
mod written;

pub use configuration::{Configuration, ConfigurationError, ConfiguredImage};
pub use limits::RunLimits;
pub use types::{
    Image, ImageDockerfile, Images, InlineText, LeftOut, Missing, NamedContext, Origin, Problem,
    Variables, Written,
};

use crate::context::{Error, Source};
use finder::Finder;

/// Every image that the tree builds.
///
/// # Errors
///
/// When the tree's directories cannot be listed. All else that is wrong is among the problems.
pub fn find(
    source: &dyn Source,
    variables: &Variables,
    configuration: &Configuration,
) -> Result<Images, Error> {
    let is_described = |name: &str| compose::is_compose(name) || bake::is_bake(name);
    let candidates = walk::walk(source, is_described)?;
    let mut finder = Finder::new(source, variables);
    compose::find(&mut finder, &candidates.described)?;
    bake::find(&mut finder, &candidates.described)?;
    named::apply(&mut finder, configuration)?;
    dockerfiles::find(&mut finder, &candidates.dockerfiles)?;
    named::apply_to_dockerfiles(&mut finder, configuration)?;
    Ok(named::finish(finder, configuration))
}
