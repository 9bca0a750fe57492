//! Where in the tree a path of a file leads, and whether it stays there.

use std::collections::VecDeque;
use std::path::Path;

use crate::context::{ContextPath, Error, Found, Source};

/// More links than this are a loop.
const LINK_LIMIT: usize = 40;

/// What a text stands for where docker takes a directory or something else to copy from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// A path of the tree.
    Inside(ContextPath),
    /// A path that leaves the tree, as written.
    Outside(String),
    /// A URL, a git repository or an image, as written.
    Remote(String),
    /// What another service or target of the same file builds.
    Sibling(String),
}

impl Reference {
    /// Reads a text that stands in a file whose paths count from `base`. `sibling` is what begins
    /// the name of another build there: `service:` or `target:`.
    pub(super) fn read(base: &ContextPath, text: &str, sibling: &str) -> Self {
        if let Some(name) = text.strip_prefix(sibling) {
            return Self::Sibling(name.to_owned());
        }
        let path = text.strip_prefix("cwd://").unwrap_or(text);
        let is_remote = path.contains("://")
            || ["github.com/", "git@"].iter().any(|prefix| path.starts_with(prefix));
        if is_remote {
            return Self::Remote(text.to_owned());
        }
        below(base, path).map_or_else(|| Self::Outside(text.to_owned()), Self::Inside)
    }
}

/// The path that a text stands for in a directory, by its letters alone; `None` where it leaves the
/// tree.
pub(super) fn below(directory: &ContextPath, text: &str) -> Option<ContextPath> {
    if text.starts_with(['/', '~']) || text == "-" || text.contains('\0') {
        return None;
    }
    let mut path: Vec<&[u8]> = directory.components().collect();
    for component in text.split('/') {
        match component {
            "" | "." => {}
            ".." => _ = path.pop()?,
            _ => path.push(component.as_bytes()),
        }
    }
    Some(ContextPath::new(path.join(&b'/')))
}

/// The path of the tree that an absolute path of the disk is.
pub(super) fn in_tree(source: &dyn Source, text: &str) -> Option<ContextPath> {
    let path = Path::new(text);
    let root = source.on_disk().filter(|_| path.is_absolute())?;
    let in_root = |root: &Path| path.strip_prefix(root).ok();
    let inside = in_root(&root).or_else(|| in_root(&root.canonicalize().ok()?))?;
    below(&ContextPath::root(), inside.to_str()?)
}

/// Where the path leads when the links on it are followed; `None` where they lead out of the tree
/// or in a circle. What is not there stays as it is.
pub(super) fn follow(
    source: &dyn Source,
    path: &ContextPath,
) -> Result<Option<ContextPath>, Error> {
    let mut ahead: VecDeque<Vec<u8>> = path.components().map(<[u8]>::to_vec).collect();
    let mut at = ContextPath::root();
    let mut links = 0;
    while let Some(component) = ahead.pop_front() {
        if component == b".." {
            let Some(parent) = at.parent() else { return Ok(None) };
            at = parent;
            continue;
        }
        let next = at.join(&component);
        let Some(Found::Symlink(target)) = find(source, &next)? else {
            at = next;
            continue;
        };
        links += 1;
        if links > LINK_LIMIT || target.starts_with(b"/") {
            return Ok(None);
        }
        let parts = target.split(|&byte| byte == b'/');
        for part in parts.filter(|it| !it.is_empty() && *it != b".").rev() {
            ahead.push_front(part.to_vec());
        }
    }
    Ok(Some(at))
}

/// What is at the path, without the bytes of a file where its directory tells the kind.
fn find(source: &dyn Source, path: &ContextPath) -> Result<Option<Found>, Error> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return source.find(path);
    };
    let names = source.list(&parent)?;
    let Ok(place) = names.binary_search_by(|it| it.name.as_ref().cmp(name)) else {
        return Ok(None);
    };
    match names[place].kind {
        crate::context::EntryKind::Symlink => source.find(path),
        crate::context::EntryKind::Directory => Ok(Some(Found::Directory)),
        _ => Ok(Some(Found::Other)),
    }
}

/// A path as a message shows it.
pub(super) fn shown(path: &ContextPath) -> String {
    if path.is_root() { ".".to_owned() } else { String::from_utf8_lossy(path.as_bytes()).into() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::context::Disk;

    #[test]
    fn a_path_that_leaves_the_tree_is_outside() {
        let base = ContextPath::new("a/b");
        assert_eq!(below(&base, "../c/./d"), Some(ContextPath::new("a/c/d")));
        assert_eq!(below(&base, "../.."), Some(ContextPath::root()));
        for text in ["../../..", "/etc", "~/x", "-", "../../../a/b"] {
            assert_eq!(below(&base, text), None, "{text}");
        }
    }

    #[test]
    fn urls_images_and_siblings_are_no_paths() {
        let read = |text| Reference::read(&ContextPath::root(), text, "service:");
        for remote in ["https://x/y.git", "git@host:a/b", "github.com/a/b", "docker-image://a"] {
            assert_eq!(read(remote), Reference::Remote(remote.to_owned()));
        }
        assert_eq!(read("service:base"), Reference::Sibling("base".to_owned()));
        assert_eq!(read("cwd://a"), Reference::Inside(ContextPath::new("a")));
    }

    #[test]
    fn links_are_followed_inside_the_tree_only() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        symlink("../a/b", root.path().join("a/inside")).unwrap();
        symlink("../../x", root.path().join("a/out")).unwrap();
        symlink("/etc", root.path().join("absolute")).unwrap();
        symlink("loop", root.path().join("loop")).unwrap();
        let source = Disk::new(root.path());
        let follow = |path: &str| follow(&source, &ContextPath::new(path)).unwrap();
        assert_eq!(follow("a/inside/c"), Some(ContextPath::new("a/b/c")));
        assert_eq!(follow("not/there"), Some(ContextPath::new("not/there")));
        for path in ["a/out", "absolute/x", "loop"] {
            assert_eq!(follow(path), None, "{path}");
        }
    }
}
