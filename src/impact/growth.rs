//! Bytes that COPY and ADD bring into an image.

use std::collections::{HashMap, HashSet};

use super::archives::{Unpacked, is_archive_name, unpacked};
use crate::context::{ContextPath, Entry, EntryKind, Snapshot, glob};
use crate::plan::{KeyInput, Plan, Step, StepIndex, StepKind};

/// A plan with what it takes its files from.
#[derive(Clone, Copy)]
pub(super) struct Taking<'a> {
    pub(super) plan: &'a Plan,
    pub(super) snapshot: &'a Snapshot,
    /// The bytes of a file of the context; nothing where they are not to be had.
    pub(super) read: &'a dyn Fn(&ContextPath) -> Option<Vec<u8>>,
}

/// What COPY and ADD bring more than before.
#[derive(Debug, Default)]
pub(super) struct Growth {
    /// Each step more than its counterpart: the step with the same text in the same stage.
    pub(super) steps: Vec<i64>,
    /// All of the steps that are in the image.
    pub(super) whole: i64,
    /// A step in the image of which nobody knows.
    pub(super) unknown: Option<StepIndex>,
}

/// What `now` brings more than `before`.
pub(super) fn growth(now: Taking<'_>, before: Option<Taking<'_>>) -> Growth {
    let of_now = weights(now, before);
    let of_before = before.map(|before| (before, weights(before, Some(now))));
    let mut old: HashMap<(&str, &str), Vec<i64>> = HashMap::new();
    if let Some((before, weights)) = &of_before {
        for (step, weight) in before.plan.steps.iter().zip(weights).rev() {
            old.entry(name(step)).or_default().push(weight.bytes);
        }
    }
    let steps = now.plan.steps.iter().zip(&of_now).map(|(step, weight)| {
        let counterpart = old.get_mut(&name(step)).and_then(Vec::pop);
        weight.bytes - counterpart.unwrap_or_default()
    });
    let steps = steps.collect();
    let in_image = in_image(now.plan);
    let inside = |plan: &Plan, weights: &[Weight]| -> i64 {
        let in_image = self::in_image(plan);
        let all = weights.iter().enumerate().filter(|(at, _)| in_image.contains(at));
        all.map(|(_, weight)| weight.bytes).sum()
    };
    let less = of_before.map_or(0, |(before, weights)| inside(before.plan, &weights));
    let unknown = (0..of_now.len()).find(|at| in_image.contains(at) && of_now[*at].is_unknown);
    Growth { steps, whole: inside(now.plan, &of_now) - less, unknown: unknown.map(StepIndex) }
}

/// What a step brings.
#[derive(Clone, Copy, Default)]
struct Weight {
    bytes: i64,
    /// Whether what nobody reads here is in it that was not there before: an archive, files of an
    /// image, what an address has.
    is_unknown: bool,
}

fn weights(of: Taking<'_>, other: Option<Taking<'_>>) -> Vec<Weight> {
    of.plan.steps.iter().map(|step| weight(step, of, other)).collect()
}

fn name(step: &Step) -> (&str, &str) {
    (&step.stage, &step.instruction)
}

/// The steps whose layers the image has: the last one and what it stands on.
fn in_image(plan: &Plan) -> HashSet<usize> {
    let last = plan.steps.len().checked_sub(1).map(StepIndex);
    let below = |at: &StepIndex| plan.steps.get(at.0)?.parent().filter(|below| below < at);
    std::iter::successors(last, below).map(|StepIndex(at)| at).collect()
}

/// The files of the context that a step brings, directly or over a stage whose files are known. What
/// a pattern passes over in the directories that it looks at counts too. Archives that both trees
/// have in the same step are not opened.
fn weight(step: &Step, of: Taking<'_>, other: Option<Taking<'_>>) -> Weight {
    if !matches!(step.kind, StepKind::Copy | StepKind::Add) {
        return Weight::default();
    }
    let roots = step.inputs.iter().filter_map(|input| match input {
        KeyInput::Files { roots, .. } | KeyInput::StageFiles { roots, .. } => Some(roots),
        _ => None,
    });
    let mut roots: Vec<ContextPath> = roots.flatten().map(ContextPath::new).collect();
    roots.sort_unstable();
    let said = said(step);
    roots.dedup_by(|next, root| next.starts_with(root));
    let unpacks = step.kind == StepKind::Add && !step.instruction.contains("--unpack=false");
    let same = other.filter(|it| it.plan.steps.iter().any(|old| name(old) == name(step)));
    let is_other = |entry: &Entry| {
        let old = same.and_then(|same| same.snapshot.get(&entry.path));
        old.is_none_or(|old| old.digest != entry.digest)
    };
    let mut sum = said.heredocs;
    let source = Source::of(step, &said, of.plan);
    let has_same = |it: Taking<'_>| {
        it.plan.steps.iter().any(|old| Source::of(old, &self::said(old), it.plan) == source)
    };
    let mut is_unknown = source.is_elsewhere() && !other.is_some_and(has_same);
    for root in &roots {
        for entry in of.snapshot.subtree(root) {
            let is_opened = unpacks && may_be_unpacked(entry, root, step) && is_other(entry);
            let bytes = if is_opened { (of.read)(&entry.path) } else { None };
            let size = match bytes.map_or(Unpacked::AsItIs, |bytes| unpacked(&bytes)) {
                Unpacked::Bytes(bytes) => bytes,
                Unpacked::AsItIs => entry.size,
                Unpacked::AtLeast(bytes) => {
                    is_unknown = true;
                    bytes.max(entry.size)
                }
            };
            sum = sum.saturating_add(size);
        }
    }
    Weight { bytes: i64::try_from(sum).unwrap_or(i64::MAX), is_unknown }
}

/// What an instruction says of what it brings.
#[derive(Default)]
struct Said {
    /// Bytes of its heredocs.
    heredocs: u64,
    /// What it fetches, by its address.
    addresses: Vec<String>,
}

fn said(step: &Step) -> Said {
    let value = step.inputs.iter().find_map(|input| match input {
        KeyInput::Instruction { value } => serde_json::from_str::<serde_json::Value>(value).ok(),
        _ => None,
    });
    let mut said = Said::default();
    let actions = value.as_ref().and_then(|value| value.get("actions")?.as_array());
    for action in actions.into_iter().flatten() {
        if let (Some(_), Some(content)) = (action.get("heredoc"), action.get("content")) {
            said.heredocs += content.as_str().map_or(0, str::len) as u64;
        }
        said.addresses.extend(action.get("remote").map(ToString::to_string));
    }
    said
}

/// What a step takes from places that are not read here.
#[derive(PartialEq, Eq)]
struct Source<'a> {
    addresses: Vec<String>,
    /// Images, with what is taken of each.
    images: Vec<(&'a str, &'a str)>,
}

impl<'a> Source<'a> {
    fn of(step: &'a Step, said: &Said, plan: &'a Plan) -> Self {
        let images = step.inputs.iter().filter_map(|input| {
            let (KeyInput::StageOutput { step, path } | KeyInput::StageFiles { step, path, .. }) =
                input
            else {
                return None;
            };
            let from = plan.steps.get(step.0).filter(|it| it.kind == StepKind::From)?;
            Some((&*from.instruction, &**path))
        });
        Self { addresses: said.addresses.clone(), images: images.collect() }
    }

    fn is_elsewhere(&self) -> bool {
        !self.addresses.is_empty() || !self.images.is_empty()
    }
}

/// ADD unpacks what it names or a pattern of it selects, and nothing in a directory.
fn may_be_unpacked(entry: &Entry, root: &ContextPath, step: &Step) -> bool {
    let is_selected = entry.path == *root
        || glob::has_wildcards(step.instruction.as_bytes())
            && is_archive_name(entry.path.as_bytes());
    entry.kind == EntryKind::File && is_selected
}
