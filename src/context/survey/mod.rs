//! What of a directory is sent and what is not, by directory and by rule, and what nearly nobody
//! wants to send.
//!
//! In: a directory and its ignore rules. Out: a [`Survey`], which lists what `COPY . /` would
//! bring and adds up what each line of the ignore file leaves out or takes back; the sizes of its
//! directories and files ([`Survey::largest_directories`], [`Survey::largest_files`]); why one
//! path is sent or not ([`explain`]); and the [`suspects`].
//!
//! No file is read for it, so it is as fast as a walk can be. Other than a build, it also walks
//! what the rules leave out, to say how much that is: a build passes over such a directory.
//!
//! **Which line decides.** The last line that matches a path, or a directory above it, and says
//! what became of it. What lies in a directory that is left unread counts for the line that leaves
//! the directory out.

mod explain;
mod sizes;
pub mod suspects;
#[cfg(test)]
mod tests;
mod walk;

use super::error::Problem;
use super::{ContextPath, EntryKind};

pub use explain::{Explanation, Fate, Touch, explain};
pub use sizes::DirectorySize;
pub use walk::{peek, survey};

/// One thing that `COPY . /` would bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it is.
    pub path: ContextPath,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of a regular file; 0 for everything else.
    pub size: u64,
}

/// How much something comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Regular files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Everything: files, directories, links and the rest.
    pub entries: u64,
}

/// What one line of the ignore file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleUse {
    /// What it leaves out, or takes back where it is an exception: that of which it decides.
    pub decides: Tally,
    /// Whether it matches anything at all, also where other lines decide.
    pub matches: bool,
}

/// The context and what is left out of it, added up.
#[derive(Debug, Default)]
pub struct Survey {
    /// What is sent, sorted by path.
    items: Vec<Item>,
    /// One for each rule, in their order.
    rules: Vec<RuleUse>,
    ignored: Tally,
    problems: Vec<Problem>,
}

impl Tally {
    /// Counts one thing.
    pub const fn add(&mut self, kind: EntryKind, size: u64) {
        self.entries += 1;
        if matches!(kind, EntryKind::File) {
            self.files += 1;
            self.bytes += size;
        }
    }

    /// Counts all of another.
    pub const fn join(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.entries += other.entries;
    }

    /// How much these come to.
    pub fn of(items: &[Item]) -> Self {
        let mut tally = Self::default();
        for item in items {
            tally.add(item.kind, item.size);
        }
        tally
    }
}

impl Survey {
    /// What is sent, in any order; what the rules do; what they leave out; what cannot be read.
    pub fn new(
        mut items: Vec<Item>,
        rules: Vec<RuleUse>,
        ignored: Tally,
        mut problems: Vec<Problem>,
    ) -> Self {
        items.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        Self { items, rules, ignored, problems }
    }

    /// What `COPY . /` would bring, a directory before what is in it.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What is sent, in all.
    pub fn sent(&self) -> Tally {
        Tally::of(&self.items)
    }

    /// What is not sent, in all, at any depth.
    pub const fn ignored(&self) -> Tally {
        self.ignored
    }

    /// What each rule does, in the rules' order.
    pub fn rules(&self) -> &[RuleUse] {
        &self.rules
    }

    /// What is to be sent and cannot be read, so that a build would end with an error.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What is sent at the path and below it.
    pub fn below(&self, path: &ContextPath) -> &[Item] {
        if path.is_root() {
            return &self.items;
        }
        let start = self.items.partition_point(|item| item.path < *path);
        let length = self.items[start..].partition_point(|item| item.path.starts_with(path));
        &self.items[start..start + length]
    }

    /// What is sent at this very path.
    pub fn get(&self, path: &ContextPath) -> Option<&Item> {
        self.below(path).first().filter(|item| item.path == *path)
    }
}
