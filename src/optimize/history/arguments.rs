//! Build arguments that have another value from build to build.

use std::collections::{BTreeMap, BTreeSet};

/// The names of arguments that changed, of those that builds had, newest first: in at least half of
/// the pairs of successive builds that both had one, its value was another. What changes more seldom
/// may be a version, which steps are built for; such a step runs again for good reason.
pub fn changing_arguments(newest_first: &[BTreeMap<String, String>]) -> Vec<String> {
    let names: BTreeSet<&String> = newest_first.iter().flat_map(BTreeMap::keys).collect();
    let is_changing = |name: &&&String| {
        let pairs = newest_first.windows(2).filter_map(|pair| match pair {
            [newer, older] => Some((newer.get(**name)?, older.get(**name)?)),
            _ => None,
        });
        let (all, changed) = pairs.fold((0, 0), |(all, changed), (newer, older)| {
            (all + 1, changed + usize::from(newer != older))
        });
        changed > 0 && changed * 2 >= all
    };
    names.iter().filter(is_changing).map(|name| (*name).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changing(builds: &[&[(&str, &str)]]) -> Vec<String> {
        let of = |build: &&[(&str, &str)]| {
            build.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        changing_arguments(&builds.iter().map(of).collect::<Vec<_>>())
    }

    #[test]
    fn what_mostly_changes_is_changing() {
        assert!(changing(&[]).is_empty());
        assert!(changing(&[&[("A", "1")]]).is_empty());
        assert_eq!(changing(&[&[("A", "2"), ("B", "1")], &[("A", "1"), ("B", "1")]]), ["A"]);
        // Built twice from the same commit now and then.
        assert_eq!(changing(&[&[("A", "2")], &[("A", "2")], &[("A", "1")]]), ["A"]);
        // Once in a while.
        let often = [("A", "1")];
        assert!(changing(&[&[("A", "2")], &often, &often, &often]).is_empty());
        // A build that did not have it says nothing.
        assert_eq!(changing(&[&[("A", "2")], &[("A", "1")], &[], &[], &[]]), ["A"]);
    }
}
