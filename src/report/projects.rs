//! Projects by the shortest names that tell them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::is_separator;

/// What each project is called.
#[derive(Debug, Clone, Default)]
pub(super) struct ProjectNames<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> ProjectNames<'a> {
    /// By the end of its path, from as far on as no other one's path ends so.
    pub(super) fn shortest(projects: impl IntoIterator<Item = &'a str>) -> Self {
        let projects: BTreeSet<&str> = projects.into_iter().collect();
        let name = |project: &'a str| {
            let is_told_apart = |tail: &&str| {
                let others = projects.iter().filter(|other| **other != project);
                others.into_iter().all(|other| !ends_with(other, tail))
            };
            tails(project).find(is_told_apart).unwrap_or(project)
        };
        Self(projects.iter().map(|project| (*project, name(project))).collect())
    }

    /// The name of a project; its path where it has no other.
    pub(super) fn of<'b>(&'b self, project: &'b str) -> &'b str {
        self.0.get(project).copied().unwrap_or(project)
    }
}

/// The ends of a path, the shortest first; not the path itself.
fn tails(path: &str) -> impl Iterator<Item = &str> {
    let separators = path.rmatch_indices(is_separator);
    separators.map(|(at, separator)| &path[at + separator.len()..]).filter(|tail| !tail.is_empty())
}

fn ends_with(path: &str, tail: &str) -> bool {
    path == tail || tails(path).any(|other| other == tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_called_by_no_more_than_tells_it_apart() {
        let paths = ["/home/ann/shop", "/home/bob/shop", "/srv/web", "/shop", "/b/app", "/a/b/app"];
        let names = ProjectNames::shortest(paths);
        let told = paths.map(|path| names.of(path));
        assert_eq!(told, ["ann/shop", "bob/shop", "web", "/shop", "/b/app", "a/b/app"]);
        assert_eq!(names.of("/elsewhere"), "/elsewhere");
        assert_eq!(ProjectNames::shortest(["/", "/shop"]).of("/"), "/");
    }
}
