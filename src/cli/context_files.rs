//! The files of a build's contexts, read with what was kept of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use super::source::Source;
use super::ui::Ui;
use crate::context::{self, ContextPath, IgnoreRules, Index, Loaded, Snapshot, glob};
use crate::{Digest, plan, report};

/// Said once, where [`read_context`] found the index damaged.
pub(super) const DAMAGED_INDEX: &str = "what was kept of the context's files is damaged: all of \
                                        them were read again, and the next run is quick";

/// Which directories are read.
pub(super) struct WantedFiles {
    own: WantedDirectory,
    named: BTreeMap<String, WantedDirectory>,
}

/// One of them.
struct WantedDirectory {
    root: PathBuf,
    rules: IgnoreRules,
    index: Option<PathBuf>,
}

impl WantedFiles {
    pub(super) fn of(source: &Source, cache: Option<&Path>) -> Self {
        let directory = |root: &Path, rules: &IgnoreRules| WantedDirectory {
            root: root.to_owned(),
            rules: rules.clone(),
            index: cache.map(|cache| index_path(cache, root)),
        };
        // What the Dockerfile does not name is no part of the build.
        let text = source.dockerfile.source();
        let named = source
            .directories
            .iter()
            .filter(|(name, _)| text.contains(&***name) || text.contains('$'));
        Self {
            own: directory(&source.root, &source.rules),
            named: named.map(|(name, it)| (name.clone(), directory(&it.root, &it.rules))).collect(),
        }
    }

    /// The same, with other rules for the build's own context.
    pub(super) fn ruled_by(mut self, rules: IgnoreRules) -> Self {
        self.own.rules = rules;
        // The index is for the files of a build as it is.
        self.own.index = None;
        self
    }

    /// All of them in one snapshot, and whether an index was damaged.
    ///
    /// # Errors
    ///
    /// With the name of the context that cannot be read, where it is a named one.
    pub(super) fn read(&self) -> Result<(Arc<Snapshot>, bool), (Option<String>, context::Error)> {
        let (own, mut is_damaged) = self.own.read().map_err(|error| (None, error))?;
        let mut named = BTreeMap::new();
        for (name, directory) in &self.named {
            let read = directory.read().map_err(|error| (Some(name.clone()), error));
            let (snapshot, damaged) = read?;
            is_damaged |= damaged;
            named.insert(name.clone(), snapshot);
        }
        Ok((context::join(Arc::new(own), named), is_damaged))
    }
}

impl WantedDirectory {
    fn read(&self) -> Result<(Snapshot, bool), context::Error> {
        read_context(&self.root, &self.rules, self.index.as_deref())
    }
}

/// Where the digests of a context's files are kept.
pub(super) fn index_path(cache: &Path, root: &Path) -> PathBuf {
    let name = Digest::of(root.as_os_str().as_encoded_bytes()).to_hex();
    cache.join("contexts").join(name)
}

/// The context, with what was kept of its files: unchanged ones are not read again; and whether
/// the index that should have known them was damaged, and has been replaced.
///
/// An index that cannot be read or written only costs time, so nothing is said of it.
pub(super) fn read_context(
    root: &Path,
    rules: &IgnoreRules,
    index: Option<&Path>,
) -> Result<(Snapshot, bool), context::Error> {
    let Some(path) = index else { return Ok((context::snapshot(root, rules)?, false)) };
    let (old, loaded) = Index::load(path);
    let is_damaged = matches!(loaded, Loaded::Damaged);
    let (snapshot, new) = context::snapshot_with_index(root, rules, Some(&old))?;
    if let Some(new) = new.or_else(|| is_damaged.then_some(old)) {
        drop(new.save(path));
    }
    Ok((snapshot, is_damaged))
}

/// A context that cannot be read, with the first line of the Dockerfile that asks for what cannot.
pub(super) fn unreadable(
    (name, error): (Option<String>, context::Error),
    source: &Source,
    ui: &Ui,
) -> Failure {
    if let Some(name) = name {
        return anyhow::anyhow!("--build-context {name}: {error}").into();
    }
    let context::Error::Unreadable(problems) = &error else { return error.into() };
    // What stands before a wildcard may be all that is asked for.
    let literal = |pattern: &str| {
        let parts = pattern.split('/').take_while(|part| !glob::has_wildcards(part.as_bytes()));
        ContextPath::new(parts.collect::<Vec<_>>().join("/"))
    };
    let named = plan::named_sources(&source.dockerfile);
    let asks = |pattern: &str| {
        let place = literal(pattern);
        problems.iter().any(|problem| problem.path.starts_with(&place))
    };
    let Some(first) = named.iter().find(|named| asks(&named.pattern)) else { return error.into() };
    let (name, text) = (&source.file.name, source.dockerfile.source());
    let shown = report::excerpt(name, text, (first.line, first.line), ui.messages());
    anyhow::anyhow!("{error}\n{}", shown.join("\n")).into()
}
