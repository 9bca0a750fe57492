//! Why a revision names nothing, in words that say what to do.

use std::collections::HashSet;
use std::fmt;

/// What keeps a revision from being found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRevision {
    /// What is wrong with it.
    pub fault: RevisionFault,
    /// Whether the clone lacks a part of the history.
    pub is_shallow: bool,
}

/// What is wrong with a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevisionFault {
    /// Nothing is named.
    Empty,
    /// Two revisions are named.
    Range,
    /// No branch and no tag has the name, and no object an id that begins so.
    Unknown,
    /// The whole id of an object that is not here.
    Absent,
    /// So many objects have ids that begin so.
    Ambiguous(usize),
    /// The beginning is there, and what is said after it leads nowhere.
    Beyond(String),
    /// It is this kind of object, and no commit.
    NoCommit(String),
}

impl fmt::Display for NoRevision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            RevisionFault::Empty => write!(formatter, "nothing is named; name a commit")?,
            RevisionFault::Range => {
                write!(formatter, "that names two revisions; name one, or give the range alone")?;
            }
            RevisionFault::Unknown => write!(
                formatter,
                "no branch, tag or commit is called so; `git branch --all` and `git tag` list those \
                 that are here, and `git fetch` brings others"
            )?,
            RevisionFault::Absent => write!(
                formatter,
                "no commit here has that id; fetch the branch that has it: git fetch origin BRANCH"
            )?,
            RevisionFault::Ambiguous(count) => {
                write!(formatter, "{count} ids begin so; write more of the one you mean")?;
            }
            RevisionFault::Beyond(start) => write!(
                formatter,
                "{start:?} is here, and what follows it leads to nothing; name another one, such \
                 as {start:?} itself"
            )?,
            RevisionFault::NoCommit(kind) => {
                write!(
                    formatter,
                    "that is a {kind} and no commit; name a commit, a branch or a tag"
                )?;
            }
        }
        if self.is_shallow {
            write!(formatter, "; the clone is shallow: `git fetch --unshallow` brings the rest")?;
        }
        Ok(())
    }
}

/// Why the revision, which the library does not find, is none.
pub(super) fn fault(repository: &gix::Repository, revision: &str) -> NoRevision {
    let is_shallow = repository.is_shallow().unwrap_or(false);
    let fault = fault_of(repository, revision);
    // More of the history changes nothing about how it is written.
    let may_be_there =
        !matches!(fault, RevisionFault::Empty | RevisionFault::Range | RevisionFault::Ambiguous(_));
    NoRevision { fault, is_shallow: is_shallow && may_be_there }
}

fn fault_of(repository: &gix::Repository, revision: &str) -> RevisionFault {
    if revision.trim().is_empty() {
        return RevisionFault::Empty;
    }
    if revision.contains("..") {
        return RevisionFault::Range;
    }
    let start = start(revision);
    if let Some(count) = ids(repository, start).filter(|&count| count > 1) {
        return RevisionFault::Ambiguous(count);
    }
    let is_whole_id = start.len() >= 40 && start.bytes().all(|byte| byte.is_ascii_hexdigit());
    match repository.rev_parse_single(start) {
        Ok(_) if start != revision => RevisionFault::Beyond(start.to_owned()),
        _ if is_whole_id => RevisionFault::Absent,
        _ => RevisionFault::Unknown,
    }
}

/// The revision without what leads on from it.
fn start(revision: &str) -> &str {
    let ends = [revision.find(['^', '~', ':']), revision.find("@{")];
    let end = ends.into_iter().flatten().min().unwrap_or(revision.len());
    if end == 0 { revision } else { &revision[..end] }
}

/// How many objects have an id that begins so; `None` where it is no beginning of one.
fn ids(repository: &gix::Repository, beginning: &str) -> Option<usize> {
    let prefix = gix::hash::Prefix::from_hex(beginning).ok()?;
    let mut found = HashSet::new();
    repository.objects.lookup_prefix(prefix, Some(&mut found)).ok()?;
    Some(found.len())
}
