//! Where the bytes are.

use std::collections::HashMap;

use super::{Item, Survey, Tally};
use crate::context::{ContextPath, EntryKind};

/// A directory with at least this share of its bytes in one directory below it says nothing of
/// its own: the one below is shown in its place. Four fifths, so that a second directory that is
/// worth a look is never hidden.
const DOMINANT: f64 = 0.8;

/// A directory with all that is sent below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorySize {
    /// Where it is.
    pub path: ContextPath,
    /// All below it, at any depth, without itself.
    pub tally: Tally,
}

impl Survey {
    /// The directories with the most bytes, the largest first, at most `count`. None lies in
    /// another of them, so that their sizes may be added.
    pub fn largest_directories(&self, count: usize) -> Vec<DirectorySize> {
        let children = children(self.items());
        let mut shown = Vec::new();
        let mut open = children.get(&ContextPath::root()).cloned().unwrap_or_default();
        while let Some(directory) = open.pop() {
            let below = children.get(&directory.path).map(Vec::as_slice).unwrap_or_default();
            let dominant = below
                .iter()
                .find(|child| child.tally.bytes as f64 >= directory.tally.bytes as f64 * DOMINANT);
            match dominant {
                Some(child) => open.push(child.clone()),
                None => shown.push(directory),
            }
        }
        shown.retain(|directory| directory.tally.bytes > 0);
        shown.sort_by(|a, b| b.tally.bytes.cmp(&a.tally.bytes).then_with(|| a.path.cmp(&b.path)));
        shown.truncate(count);
        shown
    }

    /// The files with the most bytes, the largest first, at most `count`; none that is empty.
    pub fn largest_files(&self, count: usize) -> Vec<&Item> {
        let mut files: Vec<&Item> = self.items().iter().filter(|item| item.size > 0).collect();
        let order = |a: &&Item, b: &&Item| b.size.cmp(&a.size).then_with(|| a.path.cmp(&b.path));
        if count > 0 && files.len() > count {
            files.select_nth_unstable_by(count - 1, order);
        }
        files.truncate(count);
        files.sort_by(order);
        files
    }
}

/// Every directory by the one that holds it.
fn children(items: &[Item]) -> HashMap<ContextPath, Vec<DirectorySize>> {
    let mut children: HashMap<ContextPath, Vec<DirectorySize>> = HashMap::new();
    let mut open: Vec<DirectorySize> = Vec::new();
    let mut close = |directory: DirectorySize, open: &mut Vec<DirectorySize>| {
        if let Some(parent) = open.last_mut() {
            parent.tally.join(directory.tally);
            parent.tally.entries += 1;
        }
        let parent = directory.path.parent().unwrap_or_default();
        children.entry(parent).or_default().push(directory);
    };
    for item in items {
        while let Some(last) = open.pop_if(|last| !item.path.starts_with(&last.path)) {
            close(last, &mut open);
        }
        if item.kind == EntryKind::Directory {
            open.push(DirectorySize { path: item.path.clone(), tally: Tally::default() });
        } else if let Some(parent) = open.last_mut() {
            parent.tally.add(item.kind, item.size);
        }
    }
    while let Some(last) = open.pop() {
        close(last, &mut open);
    }
    children
}
