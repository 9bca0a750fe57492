//! The files of a tree that may describe images.

use std::collections::BTreeMap;

use super::dockerfiles;
use super::draft::LOWER_CASE;
use crate::context::{ContextPath, EntryKind, Error, Source};

/// Deeper than this nothing is looked for.
const DEPTH: usize = 64;

/// Directories that hold what others wrote, or no files of the project.
const PASSED_OVER: &[&[u8]] = &[b".git", b"node_modules"];

/// The candidates of each directory, by directory.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Dockerfiles by their names.
    pub(super) dockerfiles: Vec<ContextPath>,
    /// Names of compose and bake files in each directory.
    pub(super) described: BTreeMap<Vec<u8>, Vec<String>>,
}

/// Looks through the tree, without following links: one that has the name of a Dockerfile is a
/// candidate as it is.
pub(super) fn walk(
    source: &dyn Source,
    is_described: impl Fn(&str) -> bool,
) -> Result<Candidates, Error> {
    let mut candidates = Candidates::default();
    let mut open = vec![(ContextPath::root(), 0)];
    while let Some((directory, depth)) = open.pop() {
        let names = source.list(&directory)?;
        let has_usual = names.iter().any(|it| &*it.name == b"Dockerfile");
        for entry in names {
            let path = directory.join(&entry.name);
            match entry.kind {
                EntryKind::Directory if depth < DEPTH && !PASSED_OVER.contains(&&*entry.name) => {
                    open.push((path, depth + 1));
                }
                EntryKind::File | EntryKind::Symlink => {
                    let Ok(name) = std::str::from_utf8(&entry.name) else { continue };
                    let is_usual = !has_usual && name.as_bytes() == LOWER_CASE;
                    if is_usual || dockerfiles::is_dockerfile(name) {
                        candidates.dockerfiles.push(path);
                    } else if is_described(name) {
                        let key = directory.as_bytes().to_vec();
                        candidates.described.entry(key).or_default().push(name.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    candidates.dockerfiles.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    Ok(candidates)
}
