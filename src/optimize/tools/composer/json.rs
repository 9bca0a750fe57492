//! JSON files, and the addresses in them.

use serde_json::Value;

use crate::optimize::Reason;
use crate::optimize::tools::is_remote_address;

/// The object that a file holds.
pub(super) fn parse(source: &str, text: &str) -> Result<Value, Reason> {
    let value: Value = serde_json::from_str(text).map_err(|error| Reason::NotUnderstood {
        place: format!("{source}:{}", error.line()),
        text: error.to_string(),
    })?;
    if value.is_object() { Ok(value) } else { Err(not_understood(source, "no object")) }
}

pub(super) fn not_understood(source: &str, text: &str) -> Reason {
    Reason::NotUnderstood { place: source.to_owned(), text: text.to_owned() }
}

pub(super) fn needs_sources(source: &str, text: &str) -> Reason {
    Reason::NeedsSources { place: source.to_owned(), text: text.to_owned() }
}

/// Whether an address leads over the network.
pub(super) fn is_remote(address: &str) -> bool {
    let is_git = ["git://", "ssh://", "git@"];
    is_remote_address(address) || is_git.iter().any(|start| address.starts_with(start))
}
