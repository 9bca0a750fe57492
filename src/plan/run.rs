//! RUN: its argument vector and its mounts.

use serde_json::{Value, json};

use super::convert::StageState;
use super::error::Problem;
use super::expansion::Words;
use super::name::sole_heredoc;
use super::request::Dialect;
use super::transfer::clean;
use crate::dockerfile::{CommandForm, Instruction, Mount, MountKind};

/// The shell that an image without SHELL has.
const DEFAULT_SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// The argument vector, as the engine runs it: shell form is SHELL and one string, so that a
/// rewrite into exec form changes nothing (`run-shell-to-exec-form`).
pub(super) fn arguments(
    instruction: &Instruction,
    command: &CommandForm,
    shell: &[String],
) -> Vec<String> {
    let text = match command {
        CommandForm::Exec(arguments) => return arguments.clone(),
        CommandForm::Shell(text) => text,
    };
    if let Some(heredoc) = sole_heredoc(instruction) {
        let body = heredoc.body();
        if body.starts_with("#!") {
            return vec![format!("/dev/pipes/{}", heredoc.name), body];
        }
        return with_shell(shell, body);
    }
    let mut script = text.clone();
    for heredoc in &instruction.heredocs {
        script.push('\n');
        script.push_str(&heredoc.content);
        script.push_str(&heredoc.name);
    }
    with_shell(shell, script)
}

fn with_shell(shell: &[String], script: String) -> Vec<String> {
    let mut arguments: Vec<String> = if shell.is_empty() {
        DEFAULT_SHELL.iter().map(ToString::to_string).collect()
    } else {
        shell.to_vec()
    };
    arguments.push(script);
    arguments
}

/// A mount with its variables expanded and its paths made absolute.
#[derive(Debug, Clone)]
pub(super) struct ExpandedMount {
    pub(super) mount: Mount,
    /// Where it appears, absolute.
    pub(super) target: String,
    /// What of its origin, cleaned; empty for all of it.
    pub(super) source: String,
}

/// Expands the mounts, in the order of their targets, as the engine digests them.
pub(super) fn mounts(
    mounts: &[Mount],
    state: &StageState,
    words: Words,
) -> Result<Vec<ExpandedMount>, Problem> {
    let mut expanded = Vec::with_capacity(mounts.len());
    for mount in mounts {
        let mount = words.expand_mount(mount, &state.environment)?;
        let target = mount.target.clone().unwrap_or_default();
        let target = if target.starts_with('/') || target.is_empty() {
            target
        } else {
            format!("/{}", clean(&format!("{}/{target}", state.directory)))
        };
        let source = clean(mount.source.as_deref().unwrap_or_default());
        expanded.push(ExpandedMount { mount, target, source });
    }
    expanded.sort_by(|a, b| a.target.cmp(&b.target));
    Ok(expanded)
}

impl ExpandedMount {
    /// What counts of the mount itself. The source does not, its content does; the content of
    /// secrets, of ssh and of caches never does (`run-secret-value`).
    pub(super) fn value(&self, dialect: Dialect) -> Value {
        let mount = &self.mount;
        let read_only = mount.read_only.unwrap_or(mount.kind == MountKind::Bind);
        let mut value = json!({
            "type": mount.kind.as_str(), "target": self.target, "read_only": read_only,
            "mode": mount.mode, "uid": mount.uid, "gid": mount.gid,
        });
        let more = match mount.kind {
            MountKind::Bind => json!({ "whole": self.source.is_empty() }),
            MountKind::Cache => self.cache_value(dialect),
            MountKind::Tmpfs => json!({ "size": mount.size }),
            MountKind::Secret | MountKind::Ssh => {
                json!({ "id": mount.id, "required": mount.required, "env": mount.env })
            }
        };
        if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
            value.extend(more);
        }
        value
    }

    /// Newer engines leave id and sharing out, except where both are the default: then they are
    /// digested as they are (`run-cache-mount-id`).
    fn cache_value(&self, dialect: Dialect) -> Value {
        // The default id is the target as it is written, so a relative one is its own name.
        let written = self.mount.target.as_deref().unwrap_or_default();
        let default = match written.strip_prefix('/') {
            Some(absolute) => format!("/{}", clean(absolute)),
            None => clean(written),
        };
        let id = self.mount.id.clone().unwrap_or(default);
        let sharing = self.mount.sharing.as_deref().unwrap_or("shared");
        let is_target = id == self.target || format!("/{id}") == self.target;
        let is_default = is_target && sharing == "shared";
        if dialect.cache_mount_options_count || is_default {
            json!({ "id": id, "sharing": sharing })
        } else {
            json!({ "options": true })
        }
    }
}
