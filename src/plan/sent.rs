//! What of the context the engine is sent.
//!
//! The engine asks for what the Dockerfile takes from the context and for the links on the way
//! there, and follows each link once, for the first path through it in the order of the alphabet.
//! What lies behind a link that another path has gone through before is not sent: a step that takes
//! it fails, or takes only what others asked for (`copy-behind-a-link-twice`,
//! `copy-by-a-link-to-its-directory`).

use std::collections::BTreeSet;

use super::selection::Selector;
use crate::context::follow::include_patterns;
use crate::context::patterns::PathFilter;
use crate::context::{ContextPath, EntryKind, Snapshot};

/// The paths of the context that a build asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    paths: BTreeSet<String>,
    goes_through_links: bool,
}

impl Asked {
    /// Adds what a step selects, given the paths that were looked at to find it.
    pub(super) fn add(&mut self, selectors: &[Selector], looked_at: &[String], own: &Snapshot) {
        let is_link = |path: &String| {
            own.get(&ContextPath::new(path)).is_some_and(|it| it.kind == EntryKind::Symlink)
        };
        self.goes_through_links |= looked_at.iter().any(is_link);
        for Selector { path, include, .. } in selectors {
            let below = include.iter().map(|pattern| format!("{path}/{pattern}"));
            let whole = include.is_empty().then(|| path.clone());
            let all = below.chain(whole).map(|path| path.trim_start_matches('/').to_owned());
            self.paths.extend(all);
        }
    }

    /// Adds the whole context, of which no step needs to read all.
    pub(super) fn add_all(&mut self) {
        self.paths.insert(String::new());
    }

    /// Whether all of the context is asked for.
    pub(super) fn is_all(&self) -> bool {
        self.paths.contains("")
    }

    /// Whether the engine has the folder, or anything in it.
    pub(super) fn sends(&self, folder: &ContextPath, context: &Snapshot) -> bool {
        if folder.is_root() || self.is_all() {
            return true;
        }
        let asked: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        let include = include_patterns(context, &[], &asked);
        let Ok(filter) = PathFilter::new(&include, &[]) else { return false };
        include.is_empty() || filter.select(context).iter().any(|it| it.path.starts_with(folder))
    }

    /// What of the context the engine has then; `None` where all that is asked for is there.
    pub(super) fn sent(&self, context: &Snapshot) -> Option<Snapshot> {
        if !self.goes_through_links || self.is_all() {
            return None;
        }
        let asked: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        let include = include_patterns(context, &[], &asked);
        if include.is_empty() {
            return None;
        }
        let filter = PathFilter::new(&include, &[]).ok()?;
        let entries = filter.select(context).into_iter().cloned().collect();
        Some(Snapshot::new(entries, context.ignored()))
    }
}
