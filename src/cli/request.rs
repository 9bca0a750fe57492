//! A build's request, of the project and what was typed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use super::args::{BuildFlags, SecretSource};
use super::environment::Environment;
use super::failure::Failure;
use super::project::Project;
use crate::engine::{BuildRequest, RequestedContext};
use crate::plan::NamedContext;

/// What the engine is asked to build; by what name it keeps its copy of the context, whoever builds
/// says.
pub(super) fn request(project: &Project, flags: &BuildFlags) -> Result<BuildRequest, Failure> {
    Ok(BuildRequest {
        root: project.source.root.clone(),
        snapshot: project.snapshot.clone(),
        held: project.held.clone(),
        announced: project.announced.clone(),
        dockerfile: project.source.file.clone(),
        ignore_file: project.source.ignore_file.clone(),
        build_args: project.options.build_args.clone(),
        contexts: requested_contexts(project),
        cache_from: flags.cache_from.iter().flat_map(|it| it.images.clone()).collect(),
        labels: project.options.labels.clone(),
        tags: flags.tags.clone(),
        target: flags.target.clone(),
        platform: flags.platform.clone(),
        no_cache: flags.no_cache,
        no_cache_filter: flags.no_cache_filter.clone(),
        pull: flags.pull,
        network: flags.network.clone(),
        add_hosts: flags.add_hosts.clone(),
        shm_size: flags.shm_size,
        ulimits: flags.ulimits.clone(),
        cgroup_parent: flags.cgroup_parent.clone(),
        secrets: secrets(flags)?,
        shared_key: String::new(),
    })
}

fn requested_contexts(project: &Project) -> BTreeMap<String, RequestedContext> {
    let directories = project.source.directories.iter().map(|(name, directory)| {
        let (root, ignore_file) = (directory.root.clone(), directory.ignore_file.clone());
        (name.clone(), RequestedContext::Directory { root, ignore_file })
    });
    let images = project.options.contexts.iter().filter_map(|(name, context)| match context {
        NamedContext::Image(image) => Some((name.clone(), RequestedContext::Image(image.clone()))),
        NamedContext::Directory => None,
    });
    images.chain(directories).collect()
}

fn secrets(flags: &BuildFlags) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut secrets = BTreeMap::new();
    for secret in &flags.secrets {
        let of_file = |path: &Path| {
            std::fs::read(path).with_context(|| {
                format!("cannot read the secret `{}` from {}", secret.id, path.display())
            })
        };
        let value = match &secret.source {
            SecretSource::File(path) => of_file(path)?,
            // Docker too takes a variable that is not set for an empty secret.
            SecretSource::Environment(name) => {
                Environment::variable(name).unwrap_or_default().into_bytes()
            }
            SecretSource::Named => match Environment::variable(&secret.id) {
                Some(value) => value.into_bytes(),
                None => of_file(Path::new(&secret.id))?,
            },
        };
        secrets.insert(secret.id.clone(), value);
    }
    Ok(secrets)
}
