//! The line of an ignore file that lets a file into a context, or keeps it out.

use super::super::compared::Version;
use super::super::touched::below;
use super::super::types::Place;
use super::Places;
use crate::context::git::Tree;
use crate::context::{ContextPath, IgnoreRules, Rule, Source as _};
use crate::images::NamedContext;

/// One of a tree's ignore files.
struct Ignoring {
    /// Where it is; `None` where there is none.
    file: Option<ContextPath>,
    rules: IgnoreRules,
}

impl Places<'_> {
    /// The place of the rule that has let the file in or out; `None` where none has. The file is
    /// named from the repository's root.
    pub(super) fn of_rule(
        &self,
        file: &ContextPath,
        now: Version<'_>,
        before: Version<'_>,
    ) -> Option<Place> {
        // What came or went is at fault itself.
        let is_there = |tree: &Tree| tree.find(file).is_ok_and(|found| found.is_some());
        if !is_there(self.base) || !is_there(self.head) {
            return None;
        }
        let own = || {
            let newer =
                Ignoring { file: file_of(self.head, now), rules: now.planned.rules.clone() };
            let rules = before.planned.rules.clone();
            let older = Ignoring { file: file_of(self.base, before), rules };
            let path = inside(file, &now.image.context)?;
            place(&path, &newer, &older)
        };
        let named = || {
            now.image.contexts.values().find_map(|context| {
                let NamedContext::Directory(directory) = context else { return None };
                let path = inside(file, directory)?;
                place(&path, &common(self.head, directory)?, &common(self.base, directory)?)
            })
        };
        own().or_else(named)
    }
}

fn inside(file: &ContextPath, directory: &ContextPath) -> Option<ContextPath> {
    file.starts_with(directory).then(|| below(file, directory))
}

/// The image's ignore file in a tree.
fn file_of(tree: &Tree, of: Version<'_>) -> Option<ContextPath> {
    let common = of.image.context.join(".dockerignore");
    let mut files = of.image.own_ignore_file().into_iter().chain([common]);
    files.find(|path| tree.find(path).is_ok_and(|found| found.is_some()))
}

/// That of a named context.
fn common(tree: &Tree, directory: &ContextPath) -> Option<Ignoring> {
    let context = tree.at(directory).ok()?;
    let rules = IgnoreRules::load_from(&context, &ContextPath::root()).ok()?;
    let file = directory.join(".dockerignore");
    let is_there = tree.find(&file).is_ok_and(|found| found.is_some());
    Some(Ignoring { file: is_there.then_some(file), rules })
}

/// Where the rules differ about the path, which is the context's.
fn place(path: &ContextPath, newer: &Ignoring, older: &Ignoring) -> Option<Place> {
    let excludes = |of: &Ignoring| of.rules.excludes(path, false);
    let is_excluded = excludes(newer);
    if is_excluded == excludes(older) {
        return None;
    }
    let Some(file) = &newer.file else {
        // All rules went with their file.
        let gone = older.file.as_ref()?;
        return Some(Place { file: gone.to_string(), lines: None });
    };
    let decides = newer.rules.deciding(path).filter(|(_, excludes)| *excludes == is_excluded);
    let decides = decides.map(|(rule, _)| rule);
    let came = decides.filter(|rule| !has(&older.rules, rule));
    let went = older.rules.deciding(path).map(|(rule, _)| rule);
    let went = went.filter(|rule| !has(&newer.rules, rule));
    let line = came
        .map(|rule| rule.line)
        .or_else(|| stood(went?, &older.rules, &newer.rules))
        // It has another place among the others.
        .or(decides.map(|rule| rule.line));
    let line = line.and_then(|line| u32::try_from(line).ok());
    Some(Place { file: file.to_string(), lines: line.map(|line| (line, line)) })
}

fn has(rules: &IgnoreRules, rule: &Rule) -> bool {
    rules.rules().iter().any(|it| it.pattern == rule.pattern)
}

/// The line where a rule stood that is gone: that of the rule which follows now, or else of the
/// last one.
fn stood(gone: &Rule, older: &IgnoreRules, newer: &IgnoreRules) -> Option<usize> {
    let kept = |old: &Rule| newer.rules().iter().position(|new| new.pattern == old.pattern);
    let mut above = older.rules().iter().rev().filter(|rule| rule.line < gone.line);
    let place = above.find_map(kept).map_or(0, |place| place + 1);
    newer.rules().get(place).or(newer.rules().last()).map(|rule| rule.line)
}
