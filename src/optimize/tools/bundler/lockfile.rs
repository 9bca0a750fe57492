//! `Gemfile.lock`: whether it has anything that is no gem of the network.

use super::gemfile::is_remote;
use crate::optimize::Reason;
use crate::optimize::tools::{Needs, View};

/// Adds the lock file, where there is one.
pub(super) fn follow(view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    let file = view.directory.join("Gemfile.lock");
    let Some(text) = view.note(&file, needs)? else { return Ok(()) };
    let source = &needs.manifests[&file];
    for (index, line) in text.lines().enumerate() {
        let is_local = matches!(line.trim_end(), "PATH" | "PLUGIN SOURCE")
            || line.strip_prefix("  remote: ").is_some_and(|remote| !is_remote(remote));
        if is_local {
            let (place, text) = (format!("{source}:{}", index + 1), line.trim().to_owned());
            return Err(Reason::NeedsSources { place, text });
        }
    }
    Ok(())
}
