//! `composer.json`: what it runs, where packages come from, and what the autoloader reads.

use serde_json::Value;

use super::arguments::Flags;
use super::json::{is_remote, needs_sources, not_understood};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;

/// Events at which an install runs scripts, with those of an update, which it is where there is no
/// lock file.
const EVENTS: &[&str] = &[
    "post-autoload-dump",
    "post-install-cmd",
    "post-package-install",
    "post-package-uninstall",
    "post-package-update",
    "post-update-cmd",
    "pre-autoload-dump",
    "pre-install-cmd",
    "pre-operations-exec",
    "pre-package-install",
    "pre-package-uninstall",
    "pre-package-update",
    "pre-update-cmd",
];

/// Events of Composer itself, which not every version keeps quiet with `--no-scripts`.
const OWN_EVENTS: &[&str] = &[
    "command",
    "init",
    "post-file-download",
    "pre-command-run",
    "pre-file-download",
    "pre-pool-create",
];

/// Settings that name files which Composer reads.
const FILE_SETTINGS: &[&str] = &[
    "cache-dir",
    "cache-files-dir",
    "cache-repo-dir",
    "cache-vcs-dir",
    "cafile",
    "capath",
    "data-dir",
];

const SCRIPTS_BELOW: &str = "add --no-scripts to the install, and run them below the COPY with \
                             `composer run-script`";
const DUMP_BELOW: &str = "add --no-autoloader to the install, and run `composer dump-autoload` \
                          below the COPY";

/// Whether the install would do without the project's own files.
pub(super) fn check(source: &str, root: &Value, flags: Flags<'_>) -> Result<(), Reason> {
    check_scripts(root, flags)?;
    check_repositories(source, root)?;
    check_settings(source, root)?;
    if flags.writes_autoloader() { check_autoload(root, flags) } else { Ok(()) }
}

/// Where packages and their programs are written.
pub(super) fn written(
    source: &str,
    root: &Value,
    directory: &ContextPath,
) -> Result<Vec<ContextPath>, Reason> {
    let mut written = Vec::new();
    for (name, default) in [("vendor-dir", "vendor"), ("bin-dir", "vendor/bin")] {
        let path = match root.pointer("/config").and_then(|config| config.get(name)) {
            None => default,
            Some(Value::String(path)) if !path.contains(['$', '~', '{']) => path,
            Some(other) => return Err(not_understood(source, &format!("\"{name}\": {other}"))),
        };
        written.push(image_path(directory, path.as_bytes()));
    }
    Ok(written)
}

fn check_scripts(root: &Value, flags: Flags<'_>) -> Result<(), Reason> {
    let Some(scripts) = root.get("scripts").and_then(Value::as_object) else { return Ok(()) };
    let runs = |event: &&String| {
        OWN_EVENTS.contains(&event.as_str())
            || flags.runs_scripts() && EVENTS.contains(&event.as_str())
    };
    let is_empty = |script: &Value| script.as_array().is_some_and(Vec::is_empty);
    let script = scripts.iter().find(|(event, script)| runs(event) && !is_empty(script));
    match script {
        Some((event, _)) => {
            let text = format!("the script {event}");
            Err(Reason::ReadsProject { text, instead: SCRIPTS_BELOW })
        }
        None => Ok(()),
    }
}

/// Whether packages come from the network only.
fn check_repositories(source: &str, root: &Value) -> Result<(), Reason> {
    let repositories: Vec<&Value> = match root.get("repositories") {
        None => return Ok(()),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(named)) => named.values().collect(),
        Some(_) => return Err(not_understood(source, "repositories")),
    };
    for repository in repositories {
        let is_switch = match repository {
            Value::Bool(false) => true,
            Value::Object(fields) => fields.values().all(|value| *value == Value::Bool(false)),
            _ => false,
        };
        let kind = repository.get("type").and_then(Value::as_str);
        let url = repository.get("url").and_then(Value::as_str);
        match (kind, url) {
            _ if is_switch => {}
            (Some("path" | "artifact"), url) => {
                let text = format!("\"url\": \"{}\"", url.unwrap_or_default());
                return Err(needs_sources(source, &text));
            }
            (Some("composer" | "vcs" | "git" | "github" | "gitlab" | "bitbucket"), Some(url)) => {
                if !is_remote(url) {
                    return Err(needs_sources(source, &format!("\"url\": \"{url}\"")));
                }
            }
            _ => return Err(not_understood(source, &repository.to_string())),
        }
    }
    Ok(())
}

fn check_settings(source: &str, root: &Value) -> Result<(), Reason> {
    let Some(config) = root.get("config") else { return Ok(()) };
    match FILE_SETTINGS.iter().find(|name| config.get(name).is_some()) {
        Some(name) => Err(not_understood(source, &format!("\"{name}\""))),
        None => Ok(()),
    }
}

/// Whether the autoloader can be written without a look at the project's classes.
fn check_autoload(root: &Value, flags: Flags<'_>) -> Result<(), Reason> {
    let is_set = |name: &str| {
        root.pointer("/config")
            .and_then(|config| config.get(name))
            .is_some_and(|value| !matches!(value, Value::Bool(false) | Value::Null))
    };
    let lists_all =
        flags.lists_classes() || is_set("optimize-autoloader") || is_set("classmap-authoritative");
    let parts: &[&str] =
        if flags.counts_development() { &["autoload", "autoload-dev"] } else { &["autoload"] };
    for part in parts {
        let Some(rules) = root.get(part).and_then(Value::as_object) else { continue };
        for (kind, _) in rules {
            let reads = match kind.as_str() {
                "files" | "exclude-from-classmap" => false,
                "psr-4" | "psr-0" => lists_all,
                _ => true,
            };
            if reads {
                let text = format!("{part}: {kind}");
                return Err(Reason::ReadsProject { text, instead: DUMP_BELOW });
            }
        }
    }
    Ok(())
}
