//! The share of builds that find a path changed, with recent ones weighing more.

use std::collections::{HashMap, HashSet};

use super::Observed;
use crate::context::{ContextPath, EntryKind, Snapshot};

/// After so many builds a change weighs half. Ten are some days of work on a project: long enough
/// that a single edit does not decide, short enough that a directory which came to rest is soon
/// taken for one.
pub const HALF_LIFE: f64 = 10.0;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// How often each path of a context changes from build to build, from 0 (never) to 1 (every time).
///
/// Of builds numbered from 0, the newest, that of a path is
///
/// ```text
///         Σ  2^(-i / 10)   over the builds i that found the path changed
///   f  =  ──────────────────────────────────────────────────────────────
///         Σ  2^(-i / 10)   over all builds i
/// ```
///
/// A directory is changed where anything below it is. That past changes tell of future ones, and
/// the more the younger they are, by a weight that falls off exponentially, is what Graves, Karr,
/// Marron and Siy found best in "Predicting Fault Incidence Using Software Change History" (IEEE
/// Transactions on Software Engineering 26, 2000); they weigh by time, and here it is by builds,
/// as each build costs alike however long nobody worked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frequencies {
    of: HashMap<ContextPath, f64>,
}

impl Frequencies {
    /// From what builds found changed: those of git, those of the store, each newest first. Every
    /// build of either counts by its own age among its like, so that both are evidence and neither
    /// hides the other.
    pub fn observed(histories: &[&[Observed]]) -> Self {
        let mut of: HashMap<ContextPath, f64> = HashMap::new();
        let mut whole = 0.0;
        for history in histories {
            for (age, build) in history.iter().enumerate() {
                let weight = (-(age as f64) / HALF_LIFE).exp2();
                whole += weight;
                for path in with_directories(&build.changed) {
                    *of.entry(path).or_default() += weight;
                }
            }
        }
        for sum in of.values_mut() {
            *sum /= whole;
        }
        Self { of }
    }

    /// From the times of files, where nothing else is known: `1 / (1 + days)`, with the days by
    /// which a file is older than the newest one.
    ///
    /// Where changes come at random and at a constant rate, and all that is known is that the last
    /// one was `t` ago, the likeliest rate is `1 / t`; the day is what a build is taken to be
    /// apart from the next, and the `1 +` keeps it a share. A fresh checkout gives all files one
    /// time, and so says nothing about them: all are 1.
    pub fn of_times(snapshot: &Snapshot) -> Self {
        let files = || snapshot.entries().iter().filter(|entry| entry.kind == EntryKind::File);
        let newest = files().map(|entry| entry.modified.seconds).max().unwrap_or_default();
        let mut of: HashMap<ContextPath, f64> = HashMap::new();
        for entry in files() {
            let days = newest.saturating_sub(entry.modified.seconds) as f64 / DAY;
            let frequency = 1.0 / (1.0 + days);
            for path in with_directories(std::slice::from_ref(&entry.path)) {
                let known = of.entry(path).or_default();
                *known = known.max(frequency);
            }
        }
        Self { of }
    }

    /// That of a file or of a directory; the root's is the share of builds that changed anything.
    pub fn of(&self, path: &ContextPath) -> f64 {
        self.of.get(path).copied().unwrap_or_default()
    }
}

/// The paths and every directory above one of them, each once.
fn with_directories(paths: &[ContextPath]) -> HashSet<ContextPath> {
    let mut all = HashSet::new();
    for path in paths {
        let mut next = Some(path.clone());
        while let Some(path) = next {
            next = path.parent();
            if !all.insert(path) {
                break;
            }
        }
    }
    all
}
