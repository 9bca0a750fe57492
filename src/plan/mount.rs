//! The mounts of a RUN.

use serde_json::{Value, json};

use super::KeyInput;
use super::convert::StageState;
use super::error::Problem;
use super::expansion::Words;
use super::fact;
use super::request::{Dialect, PlanRequest};
use super::transfer::clean;
use crate::dockerfile::{Mount, MountKind};

/// A mount with its variables expanded and its paths made absolute.
#[derive(Debug, Clone)]
pub(super) struct ExpandedMount {
    pub(super) mount: Mount,
    /// Where it appears, absolute; of secrets and of ssh as written.
    pub(super) target: String,
    /// What of its origin, cleaned; empty for all of it.
    pub(super) source: String,
}

/// Expands the mounts, in the order in which the engine digests them: what brings files by target,
/// then secrets, then ssh, these two as they are written (`run-secret-order`).
pub(super) fn mounts(
    mounts: &[Mount],
    state: &StageState,
    words: Words,
) -> Result<Vec<ExpandedMount>, Problem> {
    let mut expanded = Vec::with_capacity(mounts.len());
    for mount in mounts {
        let mount = words.expand_mount(mount, &state.environment)?;
        let written = mount.target.clone().unwrap_or_default();
        let brings_files = !matches!(mount.kind, MountKind::Secret | MountKind::Ssh);
        let target = if brings_files && !written.is_empty() && !written.starts_with('/') {
            format!("/{}", clean(&format!("{}/{written}", state.directory)))
        } else {
            written
        };
        let source = clean(mount.source.as_deref().unwrap_or_default());
        expanded.push(ExpandedMount { mount, target, source });
    }
    expanded.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(expanded)
}

/// The build argument that sets the caches of a build apart from others with the same id.
const NAMESPACE: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// What counts of the mounts themselves, and the namespace of caches where it counts, to name it.
pub(super) fn values(
    mounts: &[ExpandedMount],
    request: &PlanRequest<'_>,
) -> (Vec<Value>, Option<KeyInput>) {
    let namespace = request.options.build_args.get(NAMESPACE).map_or("", String::as_str);
    let values: Vec<Value> =
        mounts.iter().map(|mount| mount.value(request.dialect, namespace)).collect();
    let counts = values.iter().any(|value| value["options"].get("namespace").is_some());
    (values, fact::setting(NAMESPACE, namespace.to_owned()).filter(|_| counts))
}

impl ExpandedMount {
    fn order(&self) -> (u8, &str) {
        match self.mount.kind {
            MountKind::Bind | MountKind::Cache | MountKind::Tmpfs => (0, &self.target),
            MountKind::Secret => (1, ""),
            MountKind::Ssh => (2, ""),
        }
    }

    /// Whether the RUN may write into the files that it mounts.
    pub(super) fn is_writable_bind(&self) -> bool {
        self.mount.kind == MountKind::Bind && self.mount.read_only == Some(false)
    }

    /// Whether the engine asks for the whole context because of it: a mount without `from` is taken
    /// to need its source there, and a tmpfs has none (`dispatchRunMounts` of `BuildKit`'s frontend).
    pub(super) fn asks_for_all(&self) -> bool {
        self.mount.kind == MountKind::Tmpfs && self.mount.from.is_none()
    }

    /// What counts of the mount itself. The source does not, its content does; the content of
    /// secrets, of ssh and of caches never does (`run-secret-value`). Defaults count like the
    /// same values written out (`run-mount-defaults`).
    fn value(&self, dialect: Dialect, namespace: &str) -> Value {
        let kind = self.mount.kind.as_str();
        match self.mount.kind {
            MountKind::Bind => json!({
                "type": kind, "target": self.target, "read_only": self.is_read_only(),
                "whole": self.source.is_empty(),
            }),
            MountKind::Cache => json!({
                "type": kind, "target": self.target, "read_only": self.is_read_only(),
                "root": self.cache_root(dialect), "options": self.cache_options(dialect, namespace),
            }),
            MountKind::Tmpfs => json!({
                "type": kind, "target": self.target, "read_only": self.is_read_only(),
                "size": self.mount.size,
            }),
            MountKind::Secret => self.secret_value(),
            MountKind::Ssh => json!({
                "type": kind, "target": self.target, "id": filled(self.mount.id.as_ref()),
                "required": self.is_required(), "file": self.file(0o600),
            }),
        }
    }

    fn is_read_only(&self) -> bool {
        self.mount.read_only.unwrap_or(self.mount.kind == MountKind::Bind)
    }

    fn is_required(&self) -> bool {
        self.mount.required.unwrap_or(false)
    }

    /// Owner and mode of the file that a secret or a socket appears as.
    fn file(&self, mode: u32) -> Value {
        let mount = &self.mount;
        json!([mount.uid.unwrap_or(0), mount.gid.unwrap_or(0), mount.mode.unwrap_or(mode)])
    }

    fn secret_value(&self) -> Value {
        let mount = &self.mount;
        let target = filled(mount.target.as_ref());
        let id = filled(mount.source.as_ref()).or(filled(mount.id.as_ref()));
        let id = id.unwrap_or_else(|| base_name(target.unwrap_or_default()));
        let target = match (target, &mount.env) {
            (Some(target), _) => Some(target.to_owned()),
            (None, None) => Some(format!("/run/secrets/{}", base_name(id))),
            (None, Some(_)) => None,
        };
        json!({
            "type": mount.kind.as_str(), "target": target, "id": id, "env": mount.env,
            "required": self.is_required(), "file": self.file(0o400),
        })
    }

    /// The directory that a cache begins with, where it is not the engine's own: from any of
    /// owner and mode on, the engine makes one with all three, and an old one then looks only at
    /// the mode (`run-cache-mount-owner`).
    fn cache_root(&self, dialect: Dialect) -> Value {
        let mount = &self.mount;
        let is_made = mount.uid.is_some() || mount.gid.is_some() || mount.mode.is_some();
        if !is_made || !self.source.is_empty() {
            return Value::Null;
        }
        let mode = mount.mode.unwrap_or(0o755);
        if dialect.cache_mount_owner_counts {
            json!([mount.uid.unwrap_or(0), mount.gid.unwrap_or(0), mode])
        } else {
            json!(mode)
        }
    }

    /// Newer engines leave id and sharing out, except where both are the default: then they are
    /// digested as they are (`run-cache-mount-id`). The namespace that the build asks for is the first
    /// part of the id, up to the slash that the engine looks for (`run-cache-mount-namespace`).
    fn cache_options(&self, dialect: Dialect, namespace: &str) -> Value {
        // The default id is the target as it is written, so a relative one is its own name.
        let written = self.mount.target.as_deref().unwrap_or_default();
        let default = match written.strip_prefix('/') {
            Some(absolute) => format!("/{}", clean(absolute)),
            None => clean(written),
        };
        let id = filled(self.mount.id.as_ref()).map_or(default, ToOwned::to_owned);
        let sharing = self.mount.sharing.as_deref().unwrap_or("shared");
        let whole = format!("{namespace}/{id}");
        let without_first = whole.split_once('/').map(|(_, rest)| rest);
        let is_target = whole == self.target || without_first == Some(&self.target);
        let is_default = is_target && sharing == "shared";
        if dialect.cache_mount_options_count || is_default {
            // Keys of builds without a namespace stay what they were.
            match namespace {
                "" => json!({ "id": id, "sharing": sharing }),
                _ => json!({ "id": id, "namespace": namespace, "sharing": sharing }),
            }
        } else {
            json!(true)
        }
    }
}

/// A value that is given and not empty.
fn filled(value: Option<&String>) -> Option<&str> {
    value.map(String::as_str).filter(|value| !value.is_empty())
}

fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}
