//! What git ignores.

use gix::bstr::ByteSlice;
use gix::worktree::stack::state::ignore::Source;

use super::Tree;
use crate::context::ContextPath;

impl Tree {
    /// Whether git ignores what is at the path, or would be, in the working tree as it is now. What
    /// cannot be asked is not ignored.
    pub fn ignores(&self, path: &ContextPath) -> bool {
        let repository = self.root.store.repository.to_thread_local();
        let Ok(index) = repository.index_or_empty() else { return false };
        let source = Source::WorktreeThenIdMappingIfNotSkipped;
        let Ok(mut rules) = repository.excludes(&index, None, source) else { return false };
        // A rule may be about directories alone.
        let inside = path.join("x");
        [path, &inside].into_iter().any(|path| {
            let found = rules.at_entry(path.as_bytes().as_bstr(), None);
            found.is_ok_and(|found| found.is_excluded())
        })
    }
}
