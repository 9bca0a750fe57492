//! What another stage takes from a tree, and how much of its content is known.

use super::tree::{Node, Tree};
use crate::Digest;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::plan::StepIndex;
use crate::plan::key::FieldHasher;
use crate::plan::selection::{Selector, select};

/// The content of what was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Selected {
    /// Equal where the content is.
    pub(in crate::plan) digest: Digest,
    /// Of that part only which is certain whatever lies below: where it differs, the content
    /// does.
    pub(in crate::plan) part: Digest,
    /// The step whose files decide too; `None` where everything is known.
    pub(in crate::plan) base: Option<StepIndex>,
    /// The paths of the context that it comes from.
    pub(in crate::plan) roots: Vec<String>,
}

/// One path of a tree on an unknown base.
struct Found<'a> {
    /// What is certainly at the path and below it.
    own: Vec<&'a Node>,
    /// The directory through which that was written.
    anchor: Option<ContextPath>,
    /// Whether it is one file, and nothing later can have touched it.
    exact: bool,
}

impl Tree {
    /// What `selectors` select; `None` where something is not there.
    pub(in crate::plan) fn select(&self, selectors: &[Selector]) -> Option<Selected> {
        let paths = selectors.iter().map(|selector| ContextPath::new(&selector.path));
        let mut roots: Vec<String> =
            paths.flat_map(|path| self.roots_of(&path)).map(|root| root.to_string()).collect();
        roots.sort_unstable();
        roots.dedup();
        let Some(base) = self.base else {
            let all = self.snapshot();
            let part = part_of(selectors, |_| Some(&all))?;
            let digest = select(&all, selectors).ok()?.digest;
            return Some(Selected { digest, part, base: None, roots });
        };
        let found: Vec<_> = selectors.iter().map(|selector| self.find(selector)).collect();
        let own: Vec<_> = found.iter().map(Found::snapshot).collect();
        let part = part_of(selectors, |index| own[index].as_ref())?;
        if found.iter().all(|found| found.exact) {
            let files = own.into_iter().flatten().flat_map(Snapshot::into_entries).collect();
            let digest = select(&Snapshot::new(files, 0), selectors).ok()?.digest;
            return Some(Selected { digest, part, base: None, roots });
        }
        let mut hasher = FieldHasher::new();
        hasher.fields(&["on a step"]);
        hasher.field(part.as_bytes());
        for (selector, found) in selectors.iter().zip(&found) {
            hasher.field(format!("{selector:?}").as_bytes());
            for write in &self.writes {
                hasher.field(write.anchor.as_bytes());
                hasher.field(write.shape.as_bytes());
                // Below one anchor paths are told apart: what is elsewhere stays elsewhere.
                if found.anchor.as_ref() != Some(&write.anchor) {
                    hasher.field(write.content.as_bytes());
                }
            }
        }
        Some(Selected { digest: hasher.finish(), part, base: Some(base), roots })
    }

    fn find(&self, selector: &Selector) -> Found<'_> {
        let path = ContextPath::new(&selector.path);
        let nothing = Found { own: Vec::new(), anchor: None, exact: false };
        let node = self.nodes.get(&path);
        let Some(node) = node.filter(|_| selector.is_plain()) else { return nothing };
        if node.entry.kind == EntryKind::Symlink {
            return nothing;
        }
        let anchor = if node.certain { node.anchor.clone() } else { path.clone() };
        let below = self.nodes.range(path.clone()..).map(|(_, node)| node);
        let own = below
            .take_while(|node| node.entry.path.starts_with(&path))
            .filter(|node| node.entry.path == path || (node.certain && node.anchor == anchor))
            .collect();
        let later = self.writes.iter().skip(node.write + 1);
        let exact = node.certain
            && node.entry.kind == EntryKind::File
            && later.into_iter().all(|write| write.anchor == anchor);
        Found { own, anchor: Some(anchor), exact }
    }

    fn roots_of(&self, path: &ContextPath) -> Vec<ContextPath> {
        let followed = self.resolve(path).unwrap_or_else(|_| path.clone());
        let mut roots = self.context_roots(&followed);
        if followed != *path {
            roots.extend(self.context_roots(path));
        }
        roots
    }
}

impl Found<'_> {
    fn snapshot(&self) -> Option<Snapshot> {
        self.anchor.as_ref()?;
        let mut entries: Vec<Entry> = self.own.iter().map(|node| node.certain_entry()).collect();
        // The way to the path, for without it nothing is found there.
        let mut path = self.own.first()?.entry.path.parent();
        while let Some(above) = path.filter(|path| !path.is_root()) {
            path = above.parent();
            entries.push(directory(above));
        }
        Some(Snapshot::new(entries, 0))
    }
}

/// The digest of what each selector certainly selects, from the snapshot by its number.
fn part_of<'a>(
    selectors: &[Selector],
    snapshot: impl Fn(usize) -> Option<&'a Snapshot>,
) -> Option<Digest> {
    let mut hasher = FieldHasher::new();
    for (index, selector) in selectors.iter().enumerate() {
        match snapshot(index) {
            Some(snapshot) => {
                let selection = select(snapshot, std::slice::from_ref(selector)).ok()?;
                hasher.field(selection.digest.as_bytes());
            }
            None => hasher.field(b""),
        }
    }
    Some(hasher.finish())
}

fn directory(path: ContextPath) -> Entry {
    Entry {
        path,
        kind: EntryKind::Directory,
        mode: 0,
        size: 0,
        modified: ModifiedTime::default(),
        digest: None,
        target: None,
    }
}

impl Node {
    /// The entry as far as it is certain: of a directory that may have been there before, that
    /// it is one.
    fn certain_entry(&self) -> Entry {
        if self.certain || self.entry.kind != EntryKind::Directory {
            return self.owned_entry();
        }
        directory(self.entry.path.clone())
    }
}
