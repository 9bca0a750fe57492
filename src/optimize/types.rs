//! What is asked and what comes out.

use std::fmt;
use std::io;

use super::Reason;
use crate::Seconds;
use crate::context::ContextPath;
use crate::context::git::PastCommits;
use crate::dockerfile::edit::Edit;
use crate::plan::{PlanRequest, Step};
use crate::predict::FileTable;

/// Reads one regular file of the context, whole.
pub type ReadFile<'a> = dyn Fn(&ContextPath) -> io::Result<Vec<u8>> + 'a;

/// Everything that rewrites are made from.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The Dockerfile, the context and all that its steps depend on.
    pub plan: PlanRequest<'a>,
    /// Reads a file of the context as the snapshot has it. What comes is compared with the
    /// snapshot's digest.
    pub read: &'a ReadFile<'a>,
    /// What is known of past builds.
    pub history: History<'a>,
    /// Whether only rewrites are wanted with which nothing may go wrong.
    pub only_certain: bool,
}

/// What is known of past builds of this Dockerfile.
#[derive(Clone, Copy)]
pub struct History<'a> {
    /// What the last commits changed of the context, where it is in a repository of git. Builds
    /// are made again on these; the past builds count where there are none.
    pub commits: Option<&'a PastCommits>,
    /// The builds, in any order.
    pub builds: &'a [PastBuild],
    /// The names of build arguments that were seen to change from build to build.
    pub changing: &'a [String],
    /// How long a step of the present plan takes when it runs, measured; `None` where neither it
    /// nor one with the same instruction was ever measured.
    pub seconds: &'a dyn Fn(&Step) -> Option<Seconds>,
}

/// What one past build changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PastBuild {
    /// The files that differed from the build before it: added, removed or modified.
    pub changed: Vec<ContextPath>,
}

impl History<'_> {
    pub(super) fn seconds(&self, step: &Step) -> Option<Seconds> {
        (self.seconds)(step)
    }
}

impl PastBuild {
    /// The build that had the files of `after` when the one before had those of `before`.
    pub fn between(before: &FileTable, after: &FileTable) -> Self {
        let differs = after
            .iter()
            .filter(|(path, state)| {
                !before.get(path).is_some_and(|old| old.has_same_content(state))
            })
            .map(|(path, _)| path.clone());
        let removed = before.keys().filter(|path| after.get(path).is_none()).cloned();
        let mut changed: Vec<_> = differs.chain(removed).collect();
        changed.sort_unstable();
        Self { changed }
    }
}

/// What shows that a rewrite builds the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A rule about the instructions.
    Rule,
    /// Both images were built and compared.
    Verified,
}

/// What may still go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Risk {
    /// Nothing.
    #[default]
    None,
    /// Something that could matter is not known, such as the base image's environment: build both
    /// and compare before relying on it.
    Verify,
}

/// What a rewrite saves, by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Saves {
    /// Seconds, on average over the builds that it rests on.
    pub seconds_per_build: Seconds,
    /// The share of those builds that it makes quicker, from 0 to 1.
    pub builds_helped: f64,
    /// How many commits, or else past builds, it rests on; 0 where it is one edit.
    pub commits: u32,
}

/// What the seconds of builds rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Basis {
    /// Which builds were made again.
    pub past: Past,
    /// How many of them; 0 where it is one edit.
    pub builds: u32,
    /// How many commits were left out, as this Dockerfile cannot be built on them.
    pub skipped: u32,
    /// What the times of the steps are.
    pub timing: Timing,
}

/// Which builds are made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Past {
    /// One at each of the last commits, each with the cache of those before it.
    Commits,
    /// What past builds changed, made again on the present context.
    Builds,
    /// One edit of a file that a rewrite is about.
    #[default]
    Edit,
}

/// What the times of steps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// Measured when they ran here.
    Measured,
    /// In part measured, in part typical.
    Mixed,
    /// Typical of their commands, as none was measured here.
    #[default]
    Typical,
}

/// `the last 50 commits`
impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.past, self.builds) {
            (Past::Edit, _) => f.write_str("an edit"),
            (Past::Commits, 1) => f.write_str("the last commit"),
            (Past::Commits, builds) => write!(f, "the last {builds} commits"),
            (Past::Builds, 1) => f.write_str("the last build"),
            (Past::Builds, builds) => write!(f, "the last {builds} builds"),
        }
    }
}

/// `the times are measured`
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "the times are measured",
            Self::Mixed => "some of the times are measured, the others typical of their commands",
            Self::Typical => "the times are typical of their commands, and not measured here",
        })
    }
}

/// One edit of the Dockerfile that keeps what it builds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewrite {
    /// Which kind, such as `hoist-manifests`.
    pub id: &'static str,
    /// The line that it begins at, counted from 1.
    pub line: u32,
    /// What it does, in a few words.
    pub title: String,
    /// Why it helps, in a sentence or two.
    pub why: String,
    /// What shows that it builds the same.
    pub proof: Proof,
    /// What may still go wrong.
    pub risk: Risk,
    /// What it saves.
    pub saves: Saves,
    /// The edits of the Dockerfile that was given.
    pub edits: Vec<Edit>,
    /// Unified diff of this rewrite alone, for `git apply` or `patch -p1`.
    pub patch: String,
}

/// Something that looked like work for a rewrite and was left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Refusal {
    /// The line of the install, or of what is in the way; counted from 1.
    pub line: u32,
    /// Why.
    pub reason: Reason,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimization {
    /// The rewrites, the one that saves most first.
    pub rewrites: Vec<Rewrite>,
    /// What was left alone and why, in the order of the lines.
    pub refusals: Vec<Refusal>,
    /// Seconds per build as it is, on average over the builds of [`basis`](Self::basis). `None`
    /// where there is no rewrite.
    pub before: Option<Seconds>,
    /// The same with all rewrites.
    pub after: Option<Seconds>,
    /// What all seconds rest on; `None` where there is no rewrite.
    pub basis: Option<Basis>,
    /// The whole Dockerfile with all rewrites; the text that was given where there is none.
    pub text: String,
    /// Unified diff of all of them; empty where there is none.
    pub patch: String,
}

impl Optimization {
    /// Why there is no rewrite, in words; `None` where there is one.
    pub fn explain(&self) -> Option<String> {
        if !self.rewrites.is_empty() {
            return None;
        }
        if self.refusals.is_empty() {
            return Some("the order is already as good as this can make it".to_owned());
        }
        let refusals: Vec<_> = self.refusals.iter().map(ToString::to_string).collect();
        Some(refusals.join("\n"))
    }
}
