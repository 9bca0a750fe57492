//! Cargo's and rustup's settings in the working directory and those above it.

use toml::{Table, Value};

use super::{not_understood, parse};
use crate::optimize::Reason;
use crate::optimize::tools::{Needs, View, is_remote_address};

/// Settings that lead a fetch to no file.
const HARMLESS: &[&str] = &[
    "alias",
    "build",
    "cargo-new",
    "doc",
    "env",
    "future-incompat-report",
    "http",
    "net",
    "profile",
    "registries",
    "registry",
    "resolver",
    "target",
    "term",
    "unstable",
];

/// Adds the files, where they lead to no others.
pub(super) fn follow(view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    let mut directory = Some(view.directory.clone());
    while let Some(here) = directory {
        for name in [".cargo/config.toml", ".cargo/config"] {
            let file = here.join(name);
            if let Some(text) = view.note(&file, needs)? {
                let source = needs.manifests[&file].to_string();
                check(&source, &parse(&source, &text)?)?;
            }
        }
        for name in ["rust-toolchain.toml", "rust-toolchain"] {
            let file = here.join(name);
            if let Some(text) = view.note(&file, needs)?
                && (text.contains("path") || text.trim().starts_with('/'))
            {
                return Err(not_understood(&needs.manifests[&file].to_string(), "path"));
            }
        }
        directory = here.parent();
    }
    Ok(())
}

fn check(source: &str, settings: &Table) -> Result<(), Reason> {
    for (name, value) in settings {
        if !HARMLESS.contains(&&**name) {
            return Err(not_understood(source, name));
        }
        let leads = match &**name {
            // A target may also be a file, and a flag may name one.
            "build" => {
                leading(value, &["rustc", "rustc-wrapper", "rustc-workspace-wrapper", "rustflags"])
                    .or_else(|| {
                        let target =
                            value.get("target").map(ToString::to_string).unwrap_or_default();
                        target.contains(['/', '.']).then_some("target")
                    })
            }
            "http" => leading(value, &["cainfo"]),
            "registry" => leading(value, &["credential-provider", "global-credential-providers"]),
            _ => None,
        };
        if let Some(setting) = leads {
            return Err(not_understood(source, &format!("{name}.{setting}")));
        }
        if name == "registries" {
            let registries = value.as_table().into_iter().flat_map(Table::values);
            let is_local = |registry: &Value| {
                registry.get("credential-provider").is_some()
                    || registry.get("index").and_then(Value::as_str).is_some_and(|index| {
                        !is_remote_address(index.strip_prefix("sparse+").unwrap_or(index))
                    })
            };
            if registries.into_iter().any(is_local) {
                return Err(not_understood(source, "registries"));
            }
        }
    }
    Ok(())
}

/// The first of these settings that is there.
fn leading<'a>(table: &Value, names: &[&'a str]) -> Option<&'a str> {
    names.iter().copied().find(|name| table.get(name).is_some())
}
