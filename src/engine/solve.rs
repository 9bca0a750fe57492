//! A build's request in the engine's words: `moby.buildkit.v1.SolveRequest`.

use std::collections::HashMap;
use std::net::IpAddr;

use bollard_buildkit_proto::moby::buildkit::v1::{
    CacheOptions, CacheOptionsEntry, Exporter, SolveRequest,
};

use serde_json::json;

use super::error::BuildError;
use super::session::{dockerfile_name, local_name};
use super::types::{BuildRequest, ImageStore, RequestedContext};

/// What the engine has to be asked before the request can be written.
#[derive(Debug, Clone)]
pub(super) struct EngineFacts {
    /// Decides which exporter options and attestations are docker's defaults.
    pub(super) store: ImageStore,
    /// What `host-gateway` stands for in `--add-host`, where the engine says so.
    pub(super) host_gateway: Option<IpAddr>,
}

/// The address that the engine fills in.
pub(super) const HOST_GATEWAY: &str = "host-gateway";

/// The request for a build called `reference`, with the files of `session`.
pub(super) fn solve_request(
    request: &BuildRequest,
    facts: &EngineFacts,
    reference: &str,
    session: &str,
) -> Result<SolveRequest, BuildError> {
    let (frontend, mut attributes) = frontend(request)?;
    if facts.store == ImageStore::Containerd {
        // What docker adds where the store can hold attestations; without it the image would
        // not be the one that `docker build` makes.
        attributes.insert("attest:provenance".to_owned(), "mode=min,inline-only=true".to_owned());
    }
    let mut entitlements = Vec::new();
    match request.network.as_deref() {
        None | Some("" | "default") => {}
        Some(network @ ("host" | "none")) => {
            attributes.insert("force-network-mode".to_owned(), network.to_owned());
            if network == "host" {
                entitlements.push("network.host".to_owned());
            }
        }
        Some(other) => {
            return Err(BuildError::Request {
                option: "--network",
                value: other.to_owned(),
                reason: "BuildKit knows `default`, `none` and `host`",
            });
        }
    }
    let hosts = add_hosts(&request.add_hosts, facts.host_gateway)?;
    if !hosts.is_empty() {
        attributes.insert("add-hosts".to_owned(), hosts);
    }
    let exporter = exporter(request, facts.store);
    Ok(SolveRequest {
        r#ref: reference.to_owned(),
        session: session.to_owned(),
        frontend,
        frontend_attrs: attributes,
        // Engines before 24.0 read the first pair, newer ones the list.
        exporter_deprecated: exporter.r#type.clone(),
        exporter_attrs_deprecated: exporter.attrs.clone(),
        exporters: vec![exporter],
        cache: Some(cache(request)),
        entitlements,
        ..SolveRequest::default()
    })
}

/// The frontend and its attributes, as far as the request alone decides them.
fn frontend(request: &BuildRequest) -> Result<(String, HashMap<String, String>), BuildError> {
    let mut frontend = "dockerfile.v0".to_owned();
    let mut attributes = HashMap::new();
    let mut set = |name: &str, value: String| attributes.insert(name.to_owned(), value);
    set("filename", dockerfile_name(request));
    if let Some(syntax) = request.build_args.get("BUILDKIT_SYNTAX") {
        let Some(image) = syntax.split_whitespace().next() else {
            return Err(BuildError::Request {
                option: "--build-arg",
                value: "BUILDKIT_SYNTAX=".to_owned(),
                reason: "name a frontend's image, or leave the argument out",
            });
        };
        "gateway.v0".clone_into(&mut frontend);
        set("source", image.to_owned());
        set("cmdline", syntax.trim().to_owned());
    }
    if is_true(request.build_args.get("BUILDKIT_MULTI_PLATFORM")) {
        set("multi-platform", "true".to_owned());
    }
    for (name, value) in &request.build_args {
        set(&format!("build-arg:{name}"), value.clone());
    }
    for (name, value) in &request.labels {
        set(&format!("label:{name}"), value.clone());
    }
    if let Some(imports) = cache_imports(request) {
        set("cache-imports", imports);
    }
    for (name, context) in &request.contexts {
        let value = match context {
            RequestedContext::Image(image) => format!("docker-image://{image}"),
            RequestedContext::Directory { .. } => format!("local:{}", local_name(name)),
        };
        set(&format!("context:{name}"), value);
    }
    set("image-resolve-mode", if request.pull { "pull" } else { "local" }.to_owned());
    let optional = [
        ("target", &request.target),
        ("platform", &request.platform),
        ("cgroup-parent", &request.cgroup_parent),
    ];
    for (name, value) in optional {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            set(name, value.clone());
        }
    }
    if !request.no_cache_filter.is_empty() {
        set("no-cache", request.no_cache_filter.join(","));
    }
    if request.no_cache {
        // Empty means every stage.
        set("no-cache", String::new());
    }
    if let Some(size) = request.shm_size.filter(|&size| size > 0) {
        set("shm-size", size.to_string());
    }
    if !request.ulimits.is_empty() {
        let limits: Result<Vec<_>, _> = request.ulimits.iter().map(|limit| ulimit(limit)).collect();
        set("ulimit", limits?.join(","));
    }
    Ok((frontend, attributes))
}

/// The engine's own image store, under the names that were given.
fn exporter(request: &BuildRequest, store: ImageStore) -> Exporter {
    let mut attrs = HashMap::new();
    if !request.tags.is_empty() {
        attrs.insert("name".to_owned(), request.tags.join(","));
    }
    if store == ImageStore::Containerd {
        attrs.insert("prefer-image-digest".to_owned(), "true".to_owned());
    }
    Exporter { r#type: "moby".to_owned(), attrs }
}

/// The caches of `--cache-from`; inline cache, where docker's build argument asks for it.
fn cache(request: &BuildRequest) -> CacheOptions {
    let inline = is_true(request.build_args.get("BUILDKIT_INLINE_CACHE"));
    let entry = |r#type: &str, attrs| CacheOptionsEntry { r#type: r#type.to_owned(), attrs };
    let import =
        |image: &String| entry("registry", HashMap::from([("ref".to_owned(), image.clone())]));
    CacheOptions {
        exports: inline.then(|| entry("inline", HashMap::default())).into_iter().collect(),
        imports: request.cache_from.iter().map(import).collect(),
        ..CacheOptions::default()
    }
}

/// The same imports as the frontend reads them.
fn cache_imports(request: &BuildRequest) -> Option<String> {
    let import = |image: &String| json!({ "Type": "registry", "Attrs": { "ref": image } });
    let imports: Vec<_> = request.cache_from.iter().map(import).collect();
    (!imports.is_empty()).then(|| json!(imports).to_string())
}

/// What Go's `strconv.ParseBool` takes for true.
fn is_true(value: Option<&String>) -> bool {
    value.is_some_and(|value| matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"))
}

/// `NAME:ADDRESS` and `NAME=ADDRESS` as the frontend's `NAME=ADDRESS,…`. An address may be in
/// brackets; several are separated by commas.
fn add_hosts(hosts: &[String], gateway: Option<IpAddr>) -> Result<String, BuildError> {
    let mut pairs = Vec::new();
    for host in hosts {
        let wrong =
            |reason| BuildError::Request { option: "--add-host", value: host.clone(), reason };
        let (name, addresses) = host
            .split_once('=')
            .or_else(|| host.split_once(':'))
            .filter(|(name, addresses)| !name.is_empty() && !addresses.is_empty())
            .ok_or_else(|| wrong("write NAME:ADDRESS"))?;
        if addresses == HOST_GATEWAY {
            let address =
                gateway.ok_or_else(|| wrong("this engine does not tell its gateway's address"))?;
            pairs.push(format!("{name}={address}"));
            continue;
        }
        for address in addresses.split(',') {
            let bare = address
                .strip_prefix('[')
                .and_then(|address| address.strip_suffix(']'))
                .unwrap_or(address);
            bare.parse::<IpAddr>()
                .map_err(|_| wrong("the address is neither IPv4, IPv6 nor `host-gateway`"))?;
            pairs.push(format!("{name}={bare}"));
        }
    }
    Ok(pairs.join(","))
}

/// `TYPE=SOFT[:HARD]` with both limits written out, as the frontend wants it.
fn ulimit(limit: &str) -> Result<String, BuildError> {
    let wrong = || BuildError::Request {
        option: "--ulimit",
        value: limit.to_owned(),
        reason: "write TYPE=SOFT[:HARD] with whole numbers, -1 for no limit",
    };
    let (name, values) = limit.split_once('=').ok_or_else(wrong)?;
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    let soft: i64 = soft.parse().map_err(|_| wrong())?;
    let hard: i64 = hard.parse().map_err(|_| wrong())?;
    Ok(format!("{name}={soft}:{hard}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(hosts: &[&str], gateway: Option<&str>) -> Result<String, String> {
        let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
        add_hosts(&hosts, gateway.map(|address| address.parse().unwrap()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn hosts_are_written_as_the_frontend_reads_them() {
        let given = ["db:10.0.0.1", "v6=[::1]", "many=1.1.1.1,2.2.2.2", "me:host-gateway"];
        assert_eq!(
            hosts(&given, Some("172.17.0.1")).unwrap(),
            "db=10.0.0.1,v6=::1,many=1.1.1.1,many=2.2.2.2,me=172.17.0.1"
        );
        assert!(hosts(&["me:host-gateway"], None).is_err());
        insta::assert_snapshot!(
            hosts(&["db:nowhere"], None).unwrap_err(),
            @"--add-host `db:nowhere` is not understood: the address is neither IPv4, IPv6 nor `host-gateway`"
        );
    }

    #[test]
    fn limits_are_written_out() {
        assert_eq!(ulimit("nofile=1024").unwrap(), "nofile=1024:1024");
        assert_eq!(ulimit("nproc=10:-1").unwrap(), "nproc=10:-1");
        assert!(ulimit("nofile").is_err() && ulimit("nofile=many").is_err());
    }
}
