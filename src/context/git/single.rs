//! One file as a checkout would write it.

use std::sync::Arc;

use gix::ObjectId;
use gix::objs::Kind;

use super::attributes::{self, Attributes};
use super::nodes::Node;
use super::{GitError, Tree, lfs};
use crate::context::ContextPath;

/// The file's bytes in a working tree, of the blob's bytes. `path` is from the repository's root.
pub(super) fn written(
    tree: &Tree,
    repository: &gix::Repository,
    path: &ContextPath,
    (id, bytes): (ObjectId, Vec<u8>),
) -> Result<Vec<u8>, GitError> {
    let store = &tree.directory.store;
    let mut attributes = Attributes::of(store, repository)?;
    let mut directory = Arc::clone(&tree.root);
    let mut at = ContextPath::root();
    let place = || format!("{}{path}", tree.name);
    let parent = path.parent().unwrap_or_default();
    let mut ahead = parent.components();
    loop {
        let own = directory.child(repository, attributes::FILE, place)?;
        let text = match own.map(|it| &it.node) {
            Some(&Node::File { id, .. }) => Some(store.read(repository, id, Kind::Blob, place)?),
            _ => None,
        };
        attributes.enter(at.as_bytes(), text.as_deref())?;
        let Some(component) = ahead.next() else { break };
        at = at.join(component);
        let child = directory.child(repository, component, place)?;
        let Some(Node::Directory(next)) = child.map(|it| &it.node) else { break };
        let next = Arc::clone(next);
        directory = next;
    }
    let treatment = attributes.treatment(path.as_bytes());
    if treatment.large
        && let Some(pointer) = lfs::pointer(&bytes)
    {
        let large = lfs::object(repository, &pointer);
        if lfs::is_present(&large, &pointer) && lfs::is_whole(&large, &pointer)? {
            return std::fs::read(&large)
                .map_err(|reason| GitError::File { path: large.clone(), reason });
        }
    }
    treatment.form.apply(bytes, id).map_err(|reason| GitError::Object {
        id: id.to_string(),
        place: place(),
        reason,
    })
}
