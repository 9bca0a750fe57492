//! Several contexts of one build in one snapshot: its own, and those of `--build-context`.
//!
//! In a joined snapshot the files of a named context lie below a directory whose name no file can
//! have, as a NUL byte begins it. Whatever compares, keeps or counts files has all of them before
//! it and need not know of names; only who looks into one context takes it out, with [`Contexts`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::snapshot::{ContextPath, Snapshot};

/// Begins the directory of a named context, and stands for the slashes in its name.
const MARK: char = '\0';

/// A build's own context and its named ones.
#[derive(Debug, Clone, Default)]
pub struct Contexts<'a> {
    /// The one that COPY takes from without `--from`.
    pub own: Cow<'a, Snapshot>,
    /// Those of `--build-context`, by name.
    named: BTreeMap<String, Snapshot>,
}

/// The directory of a named context in a joined snapshot.
pub fn named_root(name: &str) -> ContextPath {
    ContextPath::new(format!("{MARK}{}", name.replace('/', &MARK.to_string())))
}

/// The name of the context that a path of a joined snapshot lies in, and the path there; `None`
/// for the build's own.
pub fn in_named(path: &ContextPath) -> Option<(String, ContextPath)> {
    let rest = path.as_bytes().strip_prefix(&[MARK as u8])?;
    let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
    let name = String::from_utf8_lossy(&rest[..end]).replace(MARK, "/");
    Some((name, ContextPath::new(&rest[end..])))
}

/// The path as people read it: `NAME:PATH` in a named context.
pub fn shown_path(path: &ContextPath) -> String {
    in_named(path).map_or_else(|| path.to_string(), |(name, path)| format!("{name}:{path}"))
}

/// The snapshot with those of named contexts beside it.
pub fn join(own: Arc<Snapshot>, named: BTreeMap<String, Snapshot>) -> Arc<Snapshot> {
    if named.is_empty() {
        return own;
    }
    let mut ignored = own.ignored();
    let mut links = own.hard_links().clone();
    let mut entries = own.entries().to_vec();
    for (name, snapshot) in named {
        let root = named_root(&name);
        ignored += snapshot.ignored();
        links.extend(
            snapshot.hard_links().iter().map(|(path, file)| (root.join(path.as_bytes()), *file)),
        );
        entries.extend(snapshot.into_entries().into_iter().map(|mut entry| {
            entry.path = root.join(entry.path.as_bytes());
            entry
        }));
    }
    Arc::new(Snapshot::new(entries, ignored).with_hard_links(links))
}

impl<'a> Contexts<'a> {
    /// The contexts of a joined snapshot.
    pub fn of(joined: &'a Snapshot) -> Self {
        let is_named = |path: &ContextPath| in_named(path).is_some();
        // What is named comes first: no name begins with a smaller byte.
        let count = joined.entries().partition_point(|entry| is_named(&entry.path));
        if count == 0 {
            return Self { own: Cow::Borrowed(joined), named: BTreeMap::new() };
        }
        let mut parts: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for entry in &joined.entries()[..count] {
            let Some((name, path)) = in_named(&entry.path) else { continue };
            let mut entry = entry.clone();
            entry.path = path;
            parts.entry(name).or_default().push(entry);
        }
        let mut named: BTreeMap<String, Snapshot> =
            parts.into_iter().map(|(name, entries)| (name, Snapshot::new(entries, 0))).collect();
        for (name, snapshot) in &mut named {
            let links = joined.hard_links().iter().filter_map(|(path, file)| {
                let (of, path) = in_named(path)?;
                (of == *name).then_some((path, *file))
            });
            *snapshot = std::mem::take(snapshot).with_hard_links(links.collect());
        }
        let links = joined.hard_links().iter().filter(|(path, _)| !is_named(path));
        let own = Snapshot::new(joined.entries()[count..].to_vec(), joined.ignored())
            .with_hard_links(links.map(|(path, file)| (path.clone(), *file)).collect());
        Self { own: Cow::Owned(own), named }
    }

    /// Every named context that has files, by name.
    pub const fn all_named(&self) -> &BTreeMap<String, Snapshot> {
        &self.named
    }

    /// The files of a named context; one that has none is empty.
    pub fn named(&self, name: &str) -> Cow<'_, Snapshot> {
        self.named.get(name).map_or_else(|| Cow::Owned(Snapshot::default()), Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Entry, EntryKind, FileId, ModifiedTime};

    fn snapshot(paths: &[&str]) -> Snapshot {
        let entry = |path: &&str| Entry {
            path: ContextPath::new(path),
            kind: EntryKind::File,
            mode: 0o644,
            size: 1,
            modified: ModifiedTime::default(),
            digest: None,
            target: None,
        };
        let file = FileId { device: 1, inode: 2 };
        let links = paths.iter().map(|path| (ContextPath::new(path), file)).collect();
        Snapshot::new(paths.iter().map(entry).collect(), 1).with_hard_links(links)
    }

    #[test]
    fn contexts_come_out_as_they_were_joined() {
        let own = Arc::new(snapshot(&["a", "lib/b", "lib:b"]));
        let named = [("lib", snapshot(&["b", "c/d"])), ("x.io/lib", snapshot(&["b"]))];
        let named: BTreeMap<_, _> =
            named.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        let joined = join(Arc::clone(&own), named.clone());
        assert_eq!((joined.files(), joined.ignored()), (6, 3));

        let contexts = Contexts::of(&joined);
        assert_eq!(contexts.own.entries(), own.entries());
        assert_eq!(contexts.own.hard_links(), own.hard_links());
        for (name, snapshot) in &named {
            let found = contexts.named(name);
            assert_eq!(found.entries(), snapshot.entries());
            assert_eq!(found.hard_links(), snapshot.hard_links());
        }
        assert!(contexts.named("other").entries().is_empty());
    }

    #[test]
    fn without_names_nothing_is_copied() {
        let own = Arc::new(snapshot(&["a"]));
        assert!(Arc::ptr_eq(&own, &join(Arc::clone(&own), BTreeMap::new())));
        assert!(matches!(Contexts::of(&own).own, Cow::Borrowed(_)));
    }

    #[test]
    fn people_read_the_name_before_the_path() {
        let path = named_root("x.io/lib").join("src/a");
        assert_eq!(shown_path(&path), "x.io/lib:src/a");
        assert_eq!(shown_path(&ContextPath::new("src/a")), "src/a");
    }
}
