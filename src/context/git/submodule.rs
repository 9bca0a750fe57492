//! Where the files of a submodule are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::bstr::ByteSlice;
use gix::objs::Kind;

use super::nodes::{Directory, Node, Submodule};
use super::store::Store;
use crate::context::ContextPath;

/// The file that names the submodules, at the root of a tree.
pub(super) const MODULES: &[u8] = b".gitmodules";

/// The files that a checkout of the submodule has; `None` when it is not checked out or its
/// commit is not at hand.
///
/// `root` is the tree that the submodule is in, `path` its path from there.
pub(super) fn inside(
    root: &Directory,
    repository: &gix::Repository,
    path: &[u8],
    submodule: &Submodule,
) -> Option<Arc<Directory>> {
    let find = || {
        candidates(root, repository, path).into_iter().find_map(|candidate| {
            let store = Store::open(&candidate, &without_index(&root.store)).ok()?;
            let inner = store.repository.to_thread_local();
            let commit = inner.find_object(submodule.commit).ok()?;
            let tree = commit.peel_to_kind(Kind::Tree).ok()?.id;
            Some(Directory::of_tree(&store, tree))
        })
    };
    submodule.inside.get_or_init(find).clone()
}

/// The repositories that may hold the submodule's commits, the likeliest first.
fn candidates(root: &Directory, repository: &gix::Repository, path: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Some(work_tree) = repository.workdir() {
        let directory = ContextPath::new(path).on_disk(work_tree);
        if directory.join(".git").exists() {
            found.push(directory);
        } else if directory.is_dir() {
            // An empty directory is what git leaves of a submodule that is not checked out, even
            // when its objects are still there.
            return found;
        }
    }
    if let Some(name) = name(root, repository, path) {
        let name = Path::new(std::ffi::OsStr::new(name.as_str()));
        for directory in [repository.git_dir(), repository.common_dir()] {
            found.push(directory.join("modules").join(name));
        }
    }
    found.retain(|candidate| candidate.exists());
    found
}

/// The name that the tree's own `.gitmodules` has for the path.
fn name(root: &Directory, repository: &gix::Repository, path: &[u8]) -> Option<String> {
    let place = || ".gitmodules".to_owned();
    let child = root.child(repository, MODULES, place).ok()??;
    let Node::File { id, .. } = child.node else { return None };
    let text = root.store.read(repository, id, Kind::Blob, place).ok()?;
    let empty = gix::config::File::default();
    let modules = gix::submodule::File::from_bytes(&text, None, &empty).ok()?;
    let name = modules.name_by_path(path.as_bstr())?;
    // A name is a path below `modules`, and must not lead out of it.
    gix::validate::submodule::name(name).ok()?;
    let name = name.to_str().ok()?;
    (!name.starts_with('/')).then(|| name.to_owned())
}

/// The index that a hook names is that of the outer repository.
fn without_index(store: &Store) -> super::GitOptions {
    super::GitOptions { index_file: None, ..store.options.clone() }
}
