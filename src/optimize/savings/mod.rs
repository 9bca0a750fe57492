//! What the rewrites save, on what past builds changed.
//!
//! Each past build's changes are made again on the present context, and the plan says which keys
//! change with them, as written and as rewritten. Those steps run; their seconds add up.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::error::Error;
use super::types::{Request, Saves};
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::dockerfile::Dockerfile;
use crate::plan::{self, Plan, PlanRequest, StepKind, plan};
use crate::{Digest, Seconds};

/// What an install of a small application takes with a fair connection, where it was never
/// measured.
const TYPICAL_INSTALL: f64 = 30.0;

/// What all rewrites save.
#[derive(Debug)]
pub(super) struct Savings {
    /// In the order of the candidates.
    pub(super) each: Vec<Saving>,
    pub(super) before: Option<Seconds>,
    pub(super) after: Option<Seconds>,
}

/// What one rewrite saves.
#[derive(Debug)]
pub(super) struct Saving {
    pub(super) saves: Saves,
    /// What it rests on, in words.
    pub(super) sentence: String,
}

/// Measures the candidates, all of which are in `text`.
pub(super) fn measure(
    request: &Request<'_>,
    original: &Plan,
    text: &str,
    candidates: &[Candidate],
) -> Result<Savings, Error> {
    if candidates.is_empty() {
        return Ok(Savings { each: Vec::new(), before: None, after: None });
    }
    let dockerfile = Dockerfile::parse(request.plan.dockerfile.name(), text)?;
    let on = |dockerfile: &Dockerfile, snapshot: &Snapshot| plan_on(request, dockerfile, snapshot);
    let source = request.plan.dockerfile;
    let times = times(request, original, candidates);
    let mut present = that_changed(request, candidates);
    if on(source, &present).is_err() || on(&dockerfile, &present).is_err() {
        // Something that is copied by name never changed.
        present = request.plan.snapshot.clone();
    }
    let (written, rewritten) = (on(source, &present)?, on(&dockerfile, &present)?);
    let mut builds = Vec::new();
    for build in request.history.builds {
        let context = with_changes(&present, &build.changed);
        // A build whose files the present Dockerfile cannot use says nothing about it.
        let Ok(now) = on(source, &context) else { continue };
        let lost = lost_lines(&written, &now);
        if candidates.iter().any(|candidate| lost.contains(&candidate.line)) {
            builds.push(Build { changed: build.changed.clone(), context, plan: now, lost });
        }
    }
    let each =
        candidates.iter().map(|candidate| saving(request, original, candidate, &builds)).collect();
    if builds.is_empty() {
        let edited: Vec<_> =
            candidates.iter().flat_map(|candidate| candidate.example.clone()).collect();
        let context = with_changes(&present, &edited);
        let now = on(source, &context)?;
        builds.push(Build { changed: edited, context, plan: now, lost: BTreeSet::new() });
    }
    let (mut before, mut after) = (Seconds::ZERO, Seconds::ZERO);
    for build in &builds {
        let now = on(&dockerfile, &build.context)?;
        before = before + lost_seconds(&written, &build.plan, &times);
        after = after + lost_seconds(&rewritten, &now, &times);
    }
    let mean = |sum: Seconds| Some(Seconds::new(sum.get() / builds.len() as f64));
    Ok(Savings { each, before: mean(before), after: mean(after) })
}

fn plan_on(
    request: &Request<'_>,
    dockerfile: &Dockerfile,
    snapshot: &Snapshot,
) -> Result<Plan, plan::Error> {
    plan(PlanRequest { dockerfile, snapshot, ..request.plan })
}

/// A past build, made again on the present context.
struct Build {
    changed: Vec<ContextPath>,
    context: Snapshot,
    /// The plan of the Dockerfile as it is.
    plan: Plan,
    /// The lines of the steps that run because of the changes.
    lost: BTreeSet<u32>,
}

fn saving(
    request: &Request<'_>,
    original: &Plan,
    candidate: &Candidate,
    builds: &[Build],
) -> Saving {
    let measured: Vec<Option<Seconds>> = original
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Run && candidate.frees.contains(&step.line))
        .map(|step| request.history.seconds(step))
        .collect();
    let is_measured = measured.iter().any(Option::is_some);
    let install = if is_measured {
        measured.into_iter().flatten().sum()
    } else {
        Seconds::new(TYPICAL_INSTALL)
    };
    let concerned: Vec<_> =
        builds.iter().filter(|build| build.lost.contains(&candidate.line)).collect();
    let helped = concerned
        .iter()
        .filter(|build| !build.changed.iter().any(|path| candidate.bound.contains(path)))
        .count();
    let takes = if is_measured {
        format!("took {:.1} s when last measured", install.get())
    } else {
        format!("was never measured here and is taken as a typical {:.0} s", install.get())
    };
    if concerned.is_empty() {
        let saves = Saves { seconds_per_build: install, builds_helped: 1.0, commits: 0 };
        let sentence = format!("The install {takes}; there are no past builds to count yet.");
        return Saving { saves, sentence };
    }
    let share = helped as f64 / concerned.len() as f64;
    Saving {
        saves: Saves {
            seconds_per_build: Seconds::new(share * install.get()),
            builds_helped: share,
            commits: u32::try_from(concerned.len()).unwrap_or(u32::MAX),
        },
        sentence: match (concerned.len(), helped) {
            (1, 0) => format!(
                "The one past build that changed copied files changed the manifests too; \
                 the install {takes}."
            ),
            (1, _) => format!(
                "The one past build that changed copied files left the manifests alone; \
                 the install {takes}."
            ),
            (builds, _) => format!(
                "Of {builds} past builds that changed copied files, {helped} left the manifests \
                 alone; the install {takes}."
            ),
        },
    }
}

/// Seconds by instruction, so that a step is known again in the rewritten plan.
fn times(
    request: &Request<'_>,
    original: &Plan,
    candidates: &[Candidate],
) -> BTreeMap<String, Seconds> {
    let mut times: BTreeMap<String, Seconds> = BTreeMap::new();
    for candidate in candidates {
        let steps: Vec<_> =
            original.steps.iter().filter(|step| candidate.frees.contains(&step.line)).collect();
        let is_measured = steps.iter().any(|step| request.history.seconds(step).is_some());
        if let (false, Some(step)) = (is_measured, steps.first()) {
            times.insert(step.instruction.clone(), Seconds::new(TYPICAL_INSTALL));
        }
    }
    for step in &original.steps {
        if let Some(seconds) = request.history.seconds(step) {
            times.insert(step.instruction.clone(), seconds);
        }
    }
    times
}

/// The lines of the steps whose key changed. Both plans are of the same Dockerfile.
fn lost_lines(before: &Plan, after: &Plan) -> BTreeSet<u32> {
    let steps = before.steps.iter().zip(&after.steps);
    steps.filter(|(was, is)| was.key != is.key).map(|(was, _)| was.line).collect()
}

/// The seconds of the steps whose key changed.
fn lost_seconds(before: &Plan, after: &Plan, times: &BTreeMap<String, Seconds>) -> Seconds {
    let steps = before.steps.iter().zip(&after.steps);
    steps
        .filter(|(was, is)| was.key != is.key)
        .filter_map(|(was, _)| times.get(&was.instruction).copied())
        .sum()
}

/// The present context without the files that no past build changed: they cannot change a key,
/// and a plan of few files is made in no time.
fn that_changed(request: &Request<'_>, candidates: &[Candidate]) -> Snapshot {
    let mut kept: BTreeSet<&ContextPath> = BTreeSet::new();
    kept.extend(request.history.builds.iter().flat_map(|build| &build.changed));
    for candidate in candidates {
        kept.extend(&candidate.bound);
        kept.extend(&candidate.example);
    }
    let snapshot = request.plan.snapshot;
    let is_kept = |entry: &&Entry| entry.kind != EntryKind::File || kept.contains(&entry.path);
    Snapshot::new(snapshot.entries().iter().filter(is_kept).cloned().collect(), snapshot.ignored())
}

/// The snapshot with other content at these paths; what is not there now is added.
fn with_changes(snapshot: &Snapshot, changed: &[ContextPath]) -> Snapshot {
    let mut entries = snapshot.entries().to_vec();
    for path in changed {
        let entry = entries.iter_mut().find(|entry| entry.path == *path);
        match entry {
            Some(Entry { digest: Some(digest), .. }) => *digest = Digest::of(digest.as_bytes()),
            Some(Entry { target: Some(target), .. }) => {
                *target = [&**target, b".changed"].concat().into();
            }
            Some(entry) => entry.mode ^= 0o100,
            None => entries.push(Entry {
                path: path.clone(),
                kind: EntryKind::File,
                mode: 0o644,
                size: 0,
                modified: ModifiedTime::default(),
                digest: Some(Digest::of(path.as_bytes())),
                target: None,
            }),
        }
    }
    Snapshot::new(entries, snapshot.ignored())
}
