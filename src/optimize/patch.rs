//! Unified diffs.

use similar::TextDiff;

/// The patch from `before` to `after`, as `git apply` and `patch -p1` take it; empty where the
/// two are equal.
pub(crate) fn unified(name: &str, before: &str, after: &str) -> String {
    let name = name.trim_start_matches('/');
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}
