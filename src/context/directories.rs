//! What two walks of a directory share: what was found for each directory, for what is in it.

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::ContextPath;

/// What was decided about each directory that a walk reads. A walk comes to a directory before it
/// comes to what is in it, on whatever thread.
pub(super) struct Directories<'a, T> {
    root: &'a Path,
    decided: RwLock<HashMap<Box<[u8]>, Arc<T>>>,
}

impl<'a, T: Default> Directories<'a, T> {
    /// Nothing yet, of the walk that begins at `root`.
    pub(super) fn below(root: &'a Path) -> Self {
        Self { root, decided: RwLock::default() }
    }

    /// The path from the root, of one below it.
    pub(super) fn relative(&self, path: &Path) -> ContextPath {
        let relative = path.strip_prefix(self.root).unwrap_or(path);
        ContextPath::new(relative.as_os_str().as_bytes())
    }

    /// What was decided about this directory.
    pub(super) fn get(&self, directory: &[u8]) -> Arc<T> {
        let decided = self.decided.read().unwrap_or_else(PoisonError::into_inner);
        decided.get(directory).cloned().unwrap_or_default()
    }

    /// What was decided about the directory that holds the path.
    pub(super) fn parent(&self, path: &ContextPath) -> Arc<T> {
        let end = path.as_bytes().iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        self.get(&path.as_bytes()[..end])
    }

    /// Keeps a decision.
    pub(super) fn remember(&self, directory: &ContextPath, decision: impl Into<Arc<T>>) {
        let mut decided = self.decided.write().unwrap_or_else(PoisonError::into_inner);
        decided.insert(directory.as_bytes().into(), decision.into());
    }
}

/// Moves to `taken` those directories of `reserve` that hold something of it; gives back the
/// others.
pub(super) fn take_directories_above<T>(
    taken: &mut Vec<T>,
    reserve: Vec<T>,
    path: impl Fn(&T) -> &ContextPath,
) -> impl Iterator<Item = T> {
    let mut reserve: HashMap<ContextPath, T> =
        reserve.into_iter().map(|directory| (path(&directory).clone(), directory)).collect();
    let mut leading = Vec::new();
    for item in taken.iter() {
        if reserve.is_empty() {
            break;
        }
        let mut above = path(item).parent();
        while let Some(directory) = above.and_then(|path| reserve.remove(&path)) {
            above = path(&directory).parent();
            leading.push(directory);
        }
    }
    taken.append(&mut leading);
    reserve.into_values()
}
