//! `composer.lock`: whether its packages come from the network, and which of them are plugins.

use serde_json::Value;

use super::arguments::Flags;
use super::json::{self, is_remote, needs_sources};
use crate::optimize::Reason;
use crate::optimize::tools::{Needs, View};
use crate::optimize::types::Risk;

/// Plugins that look at installed packages only.
const KNOWN_PLUGINS: &[&str] = &[
    "composer/package-versions-deprecated",
    "dealerdirect/phpcodesniffer-composer-installer",
    "infection/extension-installer",
    "ocramius/package-versions",
    "pestphp/pest-plugin",
    "php-http/discovery",
    "phpstan/extension-installer",
];

const WITHOUT_PLUGINS: &str = "if the project can do without it there, add --no-plugins to the \
                               install";

/// Adds the lock file, where there is one.
pub(super) fn follow(
    view: &View<'_>,
    needs: &mut Needs,
    root: &Value,
    flags: Flags<'_>,
) -> Result<(), Reason> {
    let file = view.directory.join("composer.lock");
    let Some(text) = view.note(&file, needs)? else {
        // Which packages are installed, and whether plugins are among them, is found out anew.
        needs.risk = Risk::Verify;
        return Ok(());
    };
    let source = needs.manifests[&file].to_string();
    let lock = json::parse(&source, &text)?;
    for package in ["packages", "packages-dev"]
        .iter()
        .filter_map(|part| lock.get(part).and_then(Value::as_array))
        .flatten()
    {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        for part in ["dist", "source"] {
            let Some(origin) = package.get(part).filter(|origin| origin.is_object()) else {
                continue;
            };
            let url = origin.get("url").and_then(Value::as_str).unwrap_or_default();
            let is_path = origin.get("type").and_then(Value::as_str) == Some("path");
            if is_path || !is_remote(url) {
                return Err(needs_sources(&source, &format!("{name}: {url}")));
            }
        }
        let kind = package.get("type").and_then(Value::as_str).unwrap_or("library");
        if flags.runs_plugins() && matches!(kind, "composer-plugin" | "composer-installer") {
            let is_known = KNOWN_PLUGINS.contains(&name);
            if !is_known && is_allowed(root, name) {
                let text = format!("the plugin {name}");
                return Err(Reason::ReadsProject { text, instead: WITHOUT_PLUGINS });
            }
            needs.risk = Risk::Verify;
        }
    }
    Ok(())
}

/// Whether the project lets a plugin run; a pattern may mean it.
fn is_allowed(root: &Value, name: &str) -> bool {
    match root.pointer("/config/allow-plugins") {
        Some(Value::Bool(allowed)) => *allowed,
        Some(Value::Object(plugins)) => plugins.iter().any(|(pattern, allowed)| {
            let is_meant = pattern == name || pattern.contains('*');
            is_meant && *allowed != Value::Bool(false)
        }),
        _ => true,
    }
}
