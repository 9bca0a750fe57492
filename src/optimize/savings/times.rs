//! What the steps of one variant of a Dockerfile take.

use std::collections::{HashMap, HashSet};

use crate::Seconds;
use crate::context::Snapshot;
use crate::optimize::types::History;
use crate::optimize::typical;
use crate::plan::{KeyInput, Plan, Step, StepKind};

/// The seconds of steps by their instruction, so that a step is known again after an edit.
#[derive(Debug, Default)]
pub(super) struct Times {
    known: HashMap<String, StepTime>,
}

/// How long a step takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StepTime {
    pub(super) seconds: Seconds,
    /// Whether a step with this very instruction was measured.
    pub(super) is_measured: bool,
}

impl Times {
    /// Those of the Dockerfile as it is, by a plan of it.
    pub(super) fn of_original(plan: &Plan, history: &History<'_>) -> Self {
        let mut times = Self::default();
        times.measure(plan, history);
        times
    }

    /// Those of a variant, by a plan of both on the same context.
    ///
    /// An instruction that was rewritten has no time of its own yet. Where the same number of RUNs
    /// is otherwise on both sides they are taken for the same ones in their order, and what was
    /// measured of one is changed as the typical times differ. What was measured of a RUN that was
    /// taken apart is shared out among its parts in the same way, and what was measured of RUNs
    /// that were joined is added up.
    pub(super) fn of_variant(
        variant: &Plan,
        original: &Plan,
        snapshot: &Snapshot,
        history: &History<'_>,
    ) -> Self {
        let mut times = Self::of_original(original, history);
        let (old, new) = (only(original, variant), only(variant, original));
        times.measure(variant, history);
        for whole in &old {
            times.share_out(whole, &new, snapshot);
        }
        for joined in &new {
            times.add_up(joined, &old);
        }
        times.share_out_copies(original, variant, snapshot);
        let pairs =
            if old.len() == new.len() { old.into_iter().zip(new).collect() } else { vec![] };
        for (old, new) in pairs {
            if times.known.contains_key(&new.instruction) {
                continue;
            }
            if let Some(measured) = times.known.get(&old.instruction) {
                let was = typical::seconds(old, snapshot).get();
                let is = typical::seconds(new, snapshot).get();
                let seconds = Seconds::new(measured.seconds.get() * is / was);
                let time = StepTime { seconds, is_measured: false };
                times.known.insert(new.instruction.clone(), time);
            }
        }
        for step in &variant.steps {
            if !times.known.contains_key(&step.instruction) {
                let time =
                    StepTime { seconds: typical::seconds(step, snapshot), is_measured: false };
                times.known.insert(step.instruction.clone(), time);
            }
        }
        times
    }

    /// Shares the time of a RUN out among those that its commands are in now.
    fn share_out(&mut self, whole: &Step, new: &[&Step], snapshot: &Snapshot) {
        let is_new = |part: &&&Step| {
            !self.known.contains_key(&part.instruction)
                && part.stage == whole.stage
                && is_part(&part.instruction, &whole.instruction)
        };
        let parts: Vec<&&Step> = new.iter().filter(is_new).collect();
        let Some(measured) = self.known.get(&whole.instruction).filter(|_| parts.len() > 1) else {
            return;
        };
        let measured = measured.seconds.get();
        let typical: Vec<f64> =
            parts.iter().map(|part| typical::seconds(part, snapshot).get()).collect();
        let sum: f64 = typical.iter().sum();
        for (part, typical) in parts.into_iter().zip(typical) {
            let seconds = Seconds::new(measured * typical / sum);
            let time = StepTime { seconds, is_measured: false };
            self.known.insert(part.instruction.clone(), time);
        }
    }

    /// Adds up the times of the RUNs whose commands are all in one now.
    fn add_up(&mut self, joined: &Step, old: &[&Step]) {
        let is_in = |part: &&&Step| {
            part.stage == joined.stage && is_part(&part.instruction, &joined.instruction)
        };
        let parts: Vec<&&Step> = old.iter().filter(is_in).collect();
        let known = parts.iter().filter_map(|part| self.known.get(&part.instruction));
        let known: Vec<Seconds> = known.map(|time| time.seconds).collect();
        if parts.len() > 1
            && known.len() == parts.len()
            && !self.known.contains_key(&joined.instruction)
        {
            let time = StepTime { seconds: known.into_iter().sum(), is_measured: false };
            self.known.insert(joined.instruction.clone(), time);
        }
    }

    /// The same for a COPY, of which every part has a layer of its own.
    fn share_out_copies(&mut self, original: &Plan, variant: &Plan, snapshot: &Snapshot) {
        let kind = StepKind::Copy;
        let (old, new) = (only_of(kind, original, variant), only_of(kind, variant, original));
        for whole in old {
            let Some(measured) = self.known.get(&whole.instruction).copied() else { continue };
            let all: HashSet<&str> = roots(whole).collect();
            let is_part = |step: &&&Step| {
                step.stage == whole.stage && roots(step).all(|root| all.contains(root))
            };
            let typical = |step: &Step| typical::seconds(step, snapshot).get();
            for part in new.iter().filter(is_part) {
                let share = measured.seconds.get() * typical(part) / typical(whole);
                let time = StepTime { seconds: Seconds::new(share), is_measured: false };
                self.known.entry(part.instruction.clone()).or_insert(time);
            }
        }
    }

    fn measure(&mut self, plan: &Plan, history: &History<'_>) {
        for step in &plan.steps {
            if !self.known.contains_key(&step.instruction)
                && let Some(seconds) = history.seconds(step)
            {
                let time = StepTime { seconds, is_measured: true };
                self.known.insert(step.instruction.clone(), time);
            }
        }
    }

    /// What a step takes: what was measured, else what is typical with the present files.
    pub(super) fn of(&self, step: &Step, snapshot: &Snapshot) -> StepTime {
        self.known.get(&step.instruction).copied().unwrap_or_else(|| StepTime {
            seconds: typical::seconds(step, snapshot),
            is_measured: false,
        })
    }
}

/// Whether every command of one RUN is one of another's.
fn is_part(part: &str, whole: &str) -> bool {
    let all: HashSet<&str> = of_chain(whole).collect();
    part != whole && of_chain(part).all(|command| all.contains(command))
}

/// The commands of a chain, as they are written.
fn of_chain(instruction: &str) -> impl Iterator<Item = &str> {
    let script = instruction.split_once(char::is_whitespace).map_or("", |(_, script)| script);
    script.split("&&").map(str::trim)
}

/// The RUNs whose instruction the other plan does not have, in their order.
fn only<'a>(plan: &'a Plan, other: &Plan) -> Vec<&'a Step> {
    only_of(StepKind::Run, plan, other)
}

/// The same of any kind.
fn only_of<'a>(kind: StepKind, plan: &'a Plan, other: &Plan) -> Vec<&'a Step> {
    let others: HashSet<&str> = other.steps.iter().map(|step| &*step.instruction).collect();
    let steps = plan.steps.iter().filter(|step| step.kind == kind);
    steps.filter(|step| !others.contains(&*step.instruction)).collect()
}

/// The paths of the context that a COPY takes.
fn roots(copy: &Step) -> impl Iterator<Item = &str> {
    let inputs = copy.inputs.iter().filter_map(|input| match input {
        KeyInput::Files { roots, .. } => Some(roots),
        _ => None,
    });
    inputs.flatten().map(String::as_str)
}
