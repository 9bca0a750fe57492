//! `smartbuild/optimize/v1`.

use serde::Serialize;

use super::verification::Verification;
use crate::optimize::{self, Optimization, Rewrite};

/// The whole object; [`Optimize::new`] gives it its schema.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Optimize {
    schema: &'static str,
    /// The rewrites, the one that saves most first.
    pub rewrites: Vec<RewriteEntry>,
    /// As it is; `None` where there is no history to measure on.
    pub before: Option<Total>,
    /// With all of them.
    pub after: Option<Total>,
    /// What all seconds rest on; `None` where there is no rewrite.
    pub basis: Option<Basis>,
    /// Unified diff of all of them.
    pub patch: String,
    /// What `--verify` found; not there without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
}

impl Optimize {
    /// The object for these rewrites.
    pub fn new(
        rewrites: Vec<RewriteEntry>,
        before: Option<Total>,
        after: Option<Total>,
        basis: Option<Basis>,
        patch: String,
    ) -> Self {
        Self {
            schema: "smartbuild/optimize/v1",
            rewrites,
            before,
            after,
            basis,
            patch,
            verification: None,
        }
    }
}

/// One rewrite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RewriteEntry {
    /// Which kind, such as `hoist-manifests`.
    pub id: String,
    /// The line that it begins at.
    pub line: u32,
    /// What it does, in a few words.
    pub title: String,
    /// Why it helps, in a sentence.
    pub why: String,
    /// What shows that it builds the same.
    pub proof: Proof,
    /// What may still go wrong.
    pub risk: Risk,
    /// What it saves; `None` where there is no history to measure on.
    pub saves: Option<Saves>,
    /// Unified diff.
    pub patch: String,
}

/// What shows that a rewrite builds the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A rule about the instructions.
    Rule,
    /// Both images were built and compared.
    Verified,
}

/// What may still go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing.
    None,
    /// Build both and compare before relying on it.
    Verify,
}

/// What a rewrite saves on this repository's own history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Saves {
    /// Seconds, on average over the builds.
    pub seconds_per_build: f64,
    /// The share of the builds that it helps, from 0 to 1.
    pub builds_helped: f64,
    /// How many commits that rests on.
    pub commits: u32,
}

/// Seconds of a build, on average over the commits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Total {
    /// Seconds.
    pub seconds_per_build: f64,
}

/// What the seconds rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// Which builds were made again.
    pub past: Past,
    /// How many; 0 where it is one edit.
    pub builds: u32,
    /// Commits that were left out, as the Dockerfile cannot be built on them.
    pub skipped: u32,
    /// What the times of the steps are.
    pub timing: Timing,
}

/// Which builds were made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Past {
    /// One at each of git's last commits.
    Commits,
    /// What past builds changed.
    Builds,
    /// One edit.
    Edit,
}

/// What the times of steps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Measured here.
    Measured,
    /// Some of them measured, the others typical.
    Mixed,
    /// Typical of their commands.
    Typical,
}

impl From<optimize::Basis> for Basis {
    fn from(basis: optimize::Basis) -> Self {
        Self {
            past: match basis.past {
                optimize::Past::Commits => Past::Commits,
                optimize::Past::Builds => Past::Builds,
                optimize::Past::Edit => Past::Edit,
            },
            builds: basis.builds,
            skipped: basis.skipped,
            timing: match basis.timing {
                optimize::Timing::Measured => Timing::Measured,
                optimize::Timing::Mixed => Timing::Mixed,
                optimize::Timing::Typical => Timing::Typical,
            },
        }
    }
}

impl From<&Optimization> for Optimize {
    fn from(found: &Optimization) -> Self {
        let total = |seconds: crate::Seconds| Total { seconds_per_build: seconds.get() };
        Self::new(
            found.rewrites.iter().map(RewriteEntry::from).collect(),
            found.before.map(total),
            found.after.map(total),
            found.basis.map(Basis::from),
            found.patch.clone(),
        )
    }
}

impl From<&Rewrite> for RewriteEntry {
    fn from(rewrite: &Rewrite) -> Self {
        Self {
            id: rewrite.id.to_owned(),
            line: rewrite.line,
            title: rewrite.title.clone(),
            why: rewrite.why.clone(),
            proof: match rewrite.proof {
                optimize::Proof::Rule => Proof::Rule,
                optimize::Proof::Verified => Proof::Verified,
            },
            risk: match rewrite.risk {
                optimize::Risk::None => Risk::None,
                optimize::Risk::Verify => Risk::Verify,
            },
            saves: Some(Saves {
                seconds_per_build: rewrite.saves.seconds_per_build.get(),
                builds_helped: rewrite.saves.builds_helped,
                commits: rewrite.saves.commits,
            }),
            patch: rewrite.patch.clone(),
        }
    }
}
