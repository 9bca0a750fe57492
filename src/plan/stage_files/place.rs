//! Carrying out COPY, ADD and WORKDIR on a tree, by the rules of the engine's copier.

use std::borrow::Cow;

use super::operation::{Copied, FilesOf, Operation, Owner, Source};
use super::tree::{Evidence, Node, NotKnown, Tree, Write};
use crate::Digest;
use crate::context::patterns::PatternMatcher;
use crate::context::{
    ContextPath, Contexts, Entry, EntryKind, ModifiedTime, Snapshot, glob, named_root,
};
use crate::plan::chmod::Chmod;
use crate::plan::key::FieldHasher;
use crate::plan::selection::resolve;

/// The mode of a heredoc's file.
const DOCUMENT_MODE: u32 = 0o644;

/// One thing to copy: a file, or a directory's contents.
struct Item {
    /// The name it has in a directory.
    name: Vec<u8>,
    kind: EntryKind,
    /// Its entries, those above before those below; of a file the one, with an empty path.
    entries: Vec<Part>,
    roots: Vec<ContextPath>,
    mirrors: bool,
}

/// One entry of an item.
struct Part {
    /// Its path below the item.
    below: ContextPath,
    entry: Entry,
    owner: Owner,
    /// Whether it is only there for what is copied below it.
    is_way: bool,
}

/// `--parents` and `--exclude`.
struct Filter {
    include: Option<PatternMatcher>,
    exclude: Option<PatternMatcher>,
}

/// Files to copy from.
enum Origin<'a> {
    /// A context, and its root in the snapshot of all.
    Context(Cow<'a, Snapshot>, ContextPath),
    Stage(Tree, Snapshot),
}

impl Tree {
    /// The tree after one more operation.
    ///
    /// After an error the tree is of no use.
    pub(super) fn apply(
        &mut self,
        operation: &Operation,
        contexts: &Contexts<'_>,
    ) -> Result<(), NotKnown> {
        match operation {
            Operation::Directory { path, owner } => {
                let wanted = self.resolve(&ContextPath::new(path))?;
                let anchor = self.anchor_of(&wanted);
                self.make_directories(&wanted, *owner, None)?;
                let shape = format!("{path} {owner:?}");
                let evidence = Vec::new();
                self.writes.push(Write { anchor, shape, content: Digest::of(b""), evidence });
                Ok(())
            }
            Operation::Copy(copied) => self.copy(copied, contexts),
        }
    }

    fn copy(&mut self, copied: &Copied, contexts: &Contexts<'_>) -> Result<(), NotKnown> {
        if copied.link {
            let mut layer = Self::on(None);
            layer.copy(&Copied { link: false, ..copied.clone() }, contexts)?;
            self.lay_over(layer);
            return Ok(());
        }
        let origin = match &copied.origin {
            FilesOf::Context => Origin::Context(Cow::Borrowed(&contexts.own), ContextPath::root()),
            FilesOf::NamedContext(name) => Origin::Context(contexts.named(name), named_root(name)),
            FilesOf::Stage(files) => {
                let tree = files.tree(contexts);
                if !tree.is_closed() {
                    return Err(NotKnown);
                }
                let snapshot = tree.snapshot();
                Origin::Stage(tree, snapshot)
            }
        };
        let mut items = Vec::new();
        for source in &copied.sources {
            items.extend(origin.items(source)?);
        }
        items.extend(copied.documents.iter().map(|(name, text)| document(name, text)));
        let mut hasher = FieldHasher::new();
        let mut evidence = Vec::new();
        let mut anchor = ContextPath::root();
        for item in items {
            if copied.unpacks && item.kind != EntryKind::Directory {
                return Err(NotKnown);
            }
            let (target, through, certain) = self.target(copied, &item)?;
            for part in item.entries {
                let node = self.placed(part, copied, &target, &through, certain);
                if !self.is_closed() {
                    hasher.field(node.entry.path.as_bytes());
                    hasher.field(node.header().as_bytes());
                }
                self.put(node)?;
            }
            // One operation writes through one directory, or it is not told apart from others.
            if !evidence.is_empty() && anchor != through && !self.is_closed() {
                return Err(NotKnown);
            }
            anchor = through;
            evidence.push(Evidence { target, roots: item.roots, mirrors: item.mirrors });
        }
        let shape = format!("{} {:?} {:?}", copied.destination, copied.owner, copied.mode);
        self.writes.push(Write { anchor, shape, content: hasher.finish(), evidence });
        Ok(())
    }

    /// A part of an item in its place.
    fn placed(
        &self,
        part: Part,
        copied: &Copied,
        target: &ContextPath,
        through: &ContextPath,
        certain: bool,
    ) -> Node {
        let path = target.join(part.below.as_bytes());
        let there = self.nodes.get(&path).filter(|node| node.certain && part.is_way);
        let mut entry = Entry { path, ..part.entry };
        // Of a directory on the way that is there the engine changes the mode alone.
        if let (Some(mode), None) = (&copied.mode, there)
            && entry.kind != EntryKind::Symlink
        {
            entry.mode = mode.apply(entry.mode, entry.kind == EntryKind::Directory);
        }
        Node {
            entry,
            owner: there.map_or(copied.owner.unwrap_or(part.owner), |node| node.owner),
            anchor: there.map_or(through, |node| &node.anchor).clone(),
            // On a base it may have been there, with an owner of its own.
            certain: certain && (!part.is_way || self.is_closed() || there.is_some()),
            write: self.writes.len(),
        }
    }

    /// Where an item goes, the directory through which it is written, and whether it is certain
    /// that it goes exactly there. Makes the directories on the way.
    fn target(
        &mut self,
        copied: &Copied,
        item: &Item,
    ) -> Result<(ContextPath, ContextPath, bool), NotKnown> {
        let owner = copied.owner.unwrap_or_default();
        let mode = copied.mode.as_ref().and_then(Chmod::number);
        let wanted = ContextPath::new(&copied.destination);
        let means_directory =
            copied.destination.ends_with('/') || copied.destination.ends_with("/.");
        let needed =
            if means_directory { wanted.clone() } else { wanted.parent().unwrap_or_default() };
        let needed = self.resolve(&needed)?;
        self.make_directories(&needed, owner, mode)?;
        let target = self.resolve(&wanted)?;
        if item.kind == EntryKind::Directory {
            self.make_directories(&target, owner, mode)?;
            let anchor = self.anchor_of(&target);
            return Ok((target, anchor, true));
        }
        match self.kind(&target) {
            Some(EntryKind::Directory) => {
                let anchor = self.anchor_of(&target);
                Ok((target.join(&item.name), anchor, true))
            }
            // A file that is certainly one is replaced in its place.
            Some(_) if self.nodes.get(&target).is_some_and(|node| node.certain) => {
                let anchor = self.nodes.get(&target).map(|node| node.anchor.clone());
                Ok((target, anchor.unwrap_or_default(), true))
            }
            // A link that leads to nothing would stay a link.
            _ if self.is_closed() => {
                self.make_directories(&target.parent().unwrap_or_default(), owner, mode)?;
                Ok((target, ContextPath::root(), true))
            }
            _ => Ok((target.clone(), target, false)),
        }
    }
}

impl Filter {
    fn of(source: &Source) -> Result<Self, NotKnown> {
        let matcher = |patterns: &[String]| match patterns {
            [] => Ok(None),
            patterns => PatternMatcher::new(patterns).map(Some).map_err(|_| NotKnown),
        };
        Ok(Self { include: matcher(&source.include)?, exclude: matcher(&source.exclude)? })
    }

    /// What is let through, with the directories on the way to it. The item itself always is.
    fn chosen(&self, parts: Vec<Part>) -> Vec<Part> {
        if self.include.is_none() && self.exclude.is_none() {
            return parts;
        }
        let mut chosen = Vec::new();
        let mut way: Vec<Part> = Vec::new();
        for part in parts {
            way.retain(|above| part.below.starts_with(&above.below));
            let path = part.below.as_bytes();
            let is_in = self.include.as_ref().is_none_or(|include| include.matches(path));
            let is_out = self.exclude.as_ref().is_some_and(|exclude| exclude.matches(path));
            if part.below.is_root() || (is_in && !is_out) {
                chosen.append(&mut way);
                chosen.push(part);
            } else if part.entry.kind == EntryKind::Directory {
                way.push(Part { is_way: true, ..part });
            }
        }
        chosen
    }
}

impl Origin<'_> {
    fn snapshot(&self) -> &Snapshot {
        match self {
            Self::Context(snapshot, _) => snapshot,
            Self::Stage(_, snapshot) => snapshot,
        }
    }

    /// What a path or a pattern stands for, in the order in which the engine copies it.
    fn items(&self, source: &Source) -> Result<Vec<Item>, NotKnown> {
        let path = ContextPath::new(&source.path);
        let filter = Filter::of(source)?;
        if !glob::has_wildcards(path.as_bytes()) {
            return Ok(vec![self.item(&path, &filter)?]);
        }
        let literal: Vec<_> =
            path.components().take_while(|component| !glob::has_wildcards(component)).collect();
        let prefix = ContextPath::new(literal.join(&b'/'));
        let pattern = path.components().skip(literal.len()).collect::<Vec<_>>().join(&b'/');
        let folder = resolve(self.snapshot(), &prefix, true, &mut Vec::new()).ok_or(NotKnown)?;
        let mut items = Vec::new();
        let mut matched: Option<&ContextPath> = None;
        for entry in self.snapshot().subtree(&folder) {
            if entry.path == folder || matched.is_some_and(|done| entry.path.starts_with(done)) {
                continue;
            }
            let rest = &entry.path.as_bytes()[folder.as_bytes().len()..];
            let relative = rest.strip_prefix(b"/").unwrap_or(rest);
            if glob::matches(&pattern, relative).unwrap_or(false) {
                items.push(self.item(&entry.path, &filter)?);
                matched = Some(&entry.path);
            }
        }
        Ok(items)
    }

    fn item(&self, path: &ContextPath, filter: &Filter) -> Result<Item, NotKnown> {
        let mut links = Vec::new();
        let found = resolve(self.snapshot(), path, true, &mut links).ok_or(NotKnown)?;
        let kind = match self.snapshot().get(&found) {
            None if found.is_root() => EntryKind::Directory,
            None => return Err(NotKnown),
            Some(entry) => entry.kind,
        };
        let entries = self.snapshot().subtree(&found);
        let is_plain = |entry: &Entry| {
            matches!(entry.kind, EntryKind::File | EntryKind::Directory | EntryKind::Symlink)
        };
        if !entries.iter().all(is_plain) {
            return Err(NotKnown);
        }
        let contents = entries
            .iter()
            .filter(|entry| kind != EntryKind::Directory || entry.path != found)
            .filter_map(|entry| {
                let below = &entry.path.as_bytes()[found.as_bytes().len()..];
                let (entry, owner) = self.raw(entry)?;
                Some(Part { below: ContextPath::new(below), entry, owner, is_way: false })
            })
            .collect();
        let name = path.file_name().unwrap_or_default().to_vec();
        let (roots, mirrors) = match self {
            Self::Context(_, root) => {
                let mirrors = links.is_empty();
                let links = links.into_iter().map(ContextPath::new);
                let roots = [found].into_iter().chain(links);
                (roots.map(|path| root.join(path.as_bytes())).collect(), mirrors)
            }
            Self::Stage(tree, _) => (tree.context_roots(&found), false),
        };
        Ok(Item { name, kind, entries: filter.chosen(contents), roots, mirrors })
    }

    /// The entry as it is, its owner beside it.
    fn raw(&self, entry: &Entry) -> Option<(Entry, Owner)> {
        match self {
            Self::Context(..) => Some((entry.clone(), Owner::default())),
            Self::Stage(tree, _) => {
                tree.nodes.get(&entry.path).map(|node| (node.entry.clone(), node.owner))
            }
        }
    }
}

fn document(name: &str, text: &str) -> Item {
    let entry = Entry {
        path: ContextPath::root(),
        kind: EntryKind::File,
        mode: DOCUMENT_MODE,
        size: text.len() as u64,
        modified: ModifiedTime::default(),
        digest: Some(Digest::of(text.as_bytes())),
        target: None,
    };
    Item {
        name: ContextPath::new(name).file_name().unwrap_or_default().to_vec(),
        kind: EntryKind::File,
        entries: vec![Part {
            below: ContextPath::root(),
            entry,
            owner: Owner::default(),
            is_way: false,
        }],
        roots: Vec::new(),
        mirrors: false,
    }
}
