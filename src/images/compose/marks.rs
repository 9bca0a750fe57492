//! `!reset` and `!override`: what of earlier files a later one makes void.

use super::service::{Build, Service};
use super::yaml::{Mark, Node};

/// Whether the file takes the whole service, or all services, away from earlier ones.
pub(super) fn is_void(services: &Node, name: &str) -> bool {
    services.tag != Mark::None || services.get(name).is_some_and(|it| it.tag != Mark::None)
}

/// Takes away from a service what the later one's marks say.
pub(super) fn apply(service: &mut Service, over: &Node) {
    for (key, node) in over.entries() {
        let is_marked = node.tag != Mark::None;
        match key.as_str() {
            "build" if is_marked => service.build = None,
            "build" => {
                if let Some(build) = &mut service.build {
                    apply_to_build(build, node);
                }
            }
            "image" if is_marked => service.image = None,
            "platform" if is_marked => service.platform = None,
            _ => {}
        }
    }
}

fn apply_to_build(build: &mut Build, over: &Node) {
    for (key, node) in over.entries() {
        if node.tag == Mark::None {
            for (name, _) in node.entries().iter().filter(|(_, it)| it.tag != Mark::None) {
                match key.as_str() {
                    "args" => _ = build.args.remove(name),
                    "additional_contexts" => _ = build.contexts.remove(name),
                    "ulimits" => _ = build.limits.ulimits.remove(name),
                    "extra_hosts" => _ = build.limits.extra_hosts.remove(name),
                    _ => {}
                }
            }
            continue;
        }
        match key.as_str() {
            "context" => build.context = None,
            "dockerfile" => build.dockerfile = None,
            "dockerfile_inline" => build.inline = None,
            "target" => build.target = None,
            "args" => build.args.clear(),
            "additional_contexts" => build.contexts.clear(),
            "cache_from" => build.cache_from.clear(),
            "platforms" => build.platforms.clear(),
            "tags" => build.tags.clear(),
            "network" => build.network = None,
            "no_cache" => build.no_cache = None,
            "shm_size" => build.limits.shm_size = None,
            "ulimits" => build.limits.ulimits.clear(),
            "extra_hosts" => build.limits.extra_hosts.clear(),
            "pull" => build.pull = None,
            _ => {}
        }
    }
}
