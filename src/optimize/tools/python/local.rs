//! Whether a document names files of the project itself, as a dependency or a place to look.

use toml::{Table, Value};

use super::Document;
use crate::optimize::Reason;
use crate::optimize::tools::pip::requirement::{Requirement, classify};

/// Keys whose value is a path.
const PATHS: &[&str] = &["path", "file", "find-links", "find_links", "cache-dir", "cache_dir"];

/// Whether a text is a path or an address of a file, where it must be one of the two or none.
pub(in crate::optimize::tools) fn is_local(text: &str) -> bool {
    let text = text.trim_start();
    let lower = text.to_ascii_lowercase();
    text.starts_with(['.', '/'])
        || text.starts_with("~/")
        || lower.starts_with("file:")
        || lower.contains("+file:")
        || text.starts_with("-e")
        || text.starts_with("--editable")
}

/// Refuses a requirement that is not remote in the arrays at a path of keys, whatever tables they
/// stand in.
pub(in crate::optimize::tools) fn check_requirements(
    document: &Document,
    keys: &[&str],
) -> Result<(), Reason> {
    let mut open: Vec<&Value> = document.at(keys).into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Table(table) if is_include(table) => {}
            Value::Table(table) => open.extend(table.values()),
            Value::String(text) if is_local(text) => return Err(document.needs_sources(text)),
            Value::String(text) => match classify(text) {
                Requirement::Remote => {}
                Requirement::Local => return Err(document.needs_sources(text)),
                Requirement::Unknown => return Err(document.not_understood(text)),
            },
            _ => return Err(document.not_understood(value.to_string())),
        }
    }
    Ok(())
}

/// `{ include-group = "test" }` of a dependency group.
fn is_include(table: &Table) -> bool {
    table.len() == 1 && table.contains_key("include-group")
}

/// Refuses a path in the table at a path of keys, however deep, but below the keys of `skip` and
/// in those tables that `is_fine`.
pub(in crate::optimize::tools) fn check_settings(
    document: &Document,
    keys: &[&str],
    skip: &[&str],
    is_fine: &dyn Fn(&Table) -> bool,
) -> Result<(), Reason> {
    let Some(Value::Table(settings)) = document.at(keys) else { return Ok(()) };
    let top = settings.iter().filter(|(key, _)| !skip.contains(&&***key));
    let mut open: Vec<(&str, &Value)> = top.map(|(key, value)| (&**key, value)).collect();
    while let Some((key, value)) = open.pop() {
        let named = || format!("{key} = {value}");
        match value {
            Value::Table(table) if is_fine(table) => {}
            Value::Table(table) => {
                open.extend(table.iter().map(|(key, value)| (&**key, value)));
            }
            _ if PATHS.contains(&key) && !is_remote(value) => {
                return Err(document.needs_sources(named()));
            }
            Value::Array(items) => open.extend(items.iter().map(|item| (key, item))),
            Value::String(text) if is_local(text) => return Err(document.needs_sources(named())),
            _ => {}
        }
    }
    Ok(())
}

fn is_remote(value: &Value) -> bool {
    let is_address = |value: &Value| value.as_str().is_some_and(super::super::is_remote_address);
    match value {
        Value::Array(items) => items.iter().all(is_address),
        other => is_address(other),
    }
}
