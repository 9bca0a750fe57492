//! Names that only the rewrite's image has.
//!
//! Where a step leaves a file with a random name, every build has another one. So a directory in
//! which the two images of the original have different names may have others in the rewrite's
//! image too: as many of each kind as one of the originals has. Otherwise they are differences.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{PathChange, PathDifference};
use crate::{ImageFile, ImagePath, ImageTree};

/// The paths of `rewritten` that neither image of the original has, and those that are missing
/// though both have one of their kind, as far as chance does not explain them.
pub(super) fn new_names(original: [&ImageTree; 2], rewritten: &ImageTree) -> Vec<PathDifference> {
    let [first, second] = original;
    let is_stable = |path: &ImagePath| first.contains_key(path) && second.contains_key(path);
    let by_chance = original.map(|tree| topmost(tree, &is_stable));
    let new = topmost(rewritten, &is_stable);
    let directories: BTreeSet<&ImagePath> =
        by_chance.iter().chain([&new]).flat_map(BTreeMap::keys).collect();
    let mut unexplained: BTreeSet<&ImagePath> = BTreeSet::new();
    let mut missing: BTreeSet<&ImagePath> = BTreeSet::new();
    for directory in directories {
        let names = |tree: &BTreeMap<ImagePath, Vec<&'_ ImagePath>>| -> Vec<ImagePath> {
            tree.get(directory).into_iter().flatten().map(|path| (*path).clone()).collect()
        };
        let expected = [(&by_chance[0], first), (&by_chance[1], second)]
            .map(|(names_of, tree)| kinds(&names(names_of), tree));
        let found = kinds(&names(&new), rewritten);
        if expected.contains(&found) {
            continue;
        }
        let here = new.get(directory).into_iter().flatten();
        let is_strange =
            |path: &&&ImagePath| !first.contains_key(**path) && !second.contains_key(**path);
        let mut strange = here.filter(is_strange).peekable();
        if strange.peek().is_some() {
            unexplained.extend(strange);
        } else {
            let gone = by_chance[0].get(directory).into_iter().flatten();
            missing.extend(gone.filter(|path| !rewritten.contains_key(*path)));
        }
    }
    let is_unexplained = |path: &ImagePath| {
        let mut at = Some(path.clone());
        while let Some(path) = at {
            if unexplained.contains(&path) {
                return true;
            }
            at = path.parent();
        }
        false
    };
    let added = rewritten
        .keys()
        .filter(|path| !first.contains_key(*path) && !second.contains_key(*path))
        .filter(|path| !unexplained.is_empty() && is_unexplained(path))
        .map(|path| PathDifference { path: path.clone(), change: PathChange::Added });
    let removed = missing
        .iter()
        .map(|path| PathDifference { path: (*path).clone(), change: PathChange::Removed });
    added.chain(removed).collect()
}

/// The paths that are not stable while the directory they are in is, by that directory.
fn topmost<'a>(
    tree: &'a ImageTree,
    is_stable: &impl Fn(&ImagePath) -> bool,
) -> BTreeMap<ImagePath, Vec<&'a ImagePath>> {
    let mut found: BTreeMap<ImagePath, Vec<&ImagePath>> = BTreeMap::new();
    for path in tree.keys().filter(|path| !is_stable(path)) {
        let directory = super::compare::directory(path);
        // An archive need not have the directories of its files.
        let is_topmost = *path == directory || !tree.contains_key(&directory);
        if is_topmost || is_stable(&directory) {
            found.entry(directory).or_default().push(path);
        }
    }
    found
}

/// What kinds of things these are, each as often as it is there.
fn kinds(paths: &[ImagePath], tree: &ImageTree) -> Vec<&'static str> {
    let kind = |file: &ImageFile| file.kind.name();
    let mut kinds: Vec<_> = paths.iter().filter_map(|path| tree.get(path)).map(kind).collect();
    kinds.sort_unstable();
    kinds
}
