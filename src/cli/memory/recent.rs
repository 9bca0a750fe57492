//! What the newest builds of a project tell beside the last one: the nearest records of steps, and
//! how likely a step is to run that depends on another stage.

use super::{Line, Memory, past_build, step};
use crate::context::Snapshot;
use crate::plan::{Plan, Step, StepIndex, StepKey, StepKind};
use crate::predict::{
    COUNTED_BUILDS, Knowledge, PastBuild, PreviousStep, Recorded, ToCompare, nearest,
    steps_to_compare,
};
use crate::store::{BuildRecord, Manifest};

impl Memory {
    /// Adds to what is known of a plan what only other builds than the last one tell. They are not
    /// read where nothing that they tell is asked for.
    pub(in super::super) fn learn_from_recent(
        &self,
        knowledge: &mut Knowledge,
        line: &Line,
        plan: &Plan,
        snapshot: &Snapshot,
    ) {
        let wanted = steps_to_compare(plan, snapshot, knowledge);
        let may_depend = may_depend(plan, knowledge);
        if wanted.is_empty() && !may_depend {
            return;
        }
        let recent = self.recent(line);
        if !wanted.is_empty() {
            let recorded = recorded(&recent, plan, &wanted);
            let read = |manifest| self.files(manifest);
            knowledge.nearest = nearest(plan, snapshot, &wanted, &recorded, read);
        }
        if may_depend {
            knowledge.past = recent.into_iter().map(|(build, _)| past_build(build)).collect();
        }
    }

    /// What the newest builds of this project did with their steps, newest first.
    pub(in super::super) fn recent_steps(&self, line: &Line) -> Vec<PastBuild> {
        self.recent(line).into_iter().map(|(build, _)| past_build(build)).collect()
    }

    /// The newest builds of this project, of whatever Dockerfile and target.
    fn recent(&self, line: &Line) -> Vec<(BuildRecord, Option<Manifest>)> {
        let (engine, project) = (&line.engine, &line.project);
        let recent = self.read(|store| store.recent_builds(engine, project, COUNTED_BUILDS));
        recent.unwrap_or_default()
    }
}

/// Whether any verdict may be `depends`: something runs, and something takes files of a stage that
/// nobody knows.
fn may_depend(plan: &Plan, knowledge: &Knowledge) -> bool {
    let runs = |index: &StepIndex| {
        let step = &plan.steps[index.0];
        step.no_cache
            || !knowledge.known.contains_key(&step.key)
            || knowledge.evictions.evicted.contains(&step.key)
    };
    let mut takes = plan.steps.iter().flat_map(Step::unknown_outputs);
    let takes_from_stage = takes.any(|it| plan.steps[it.0].kind != StepKind::From);
    takes_from_stage && (0..plan.steps.len()).map(StepIndex).any(|index| runs(&index))
}

/// The steps of these builds that one of the wanted ones may be compared with.
fn recorded(
    recent: &[(BuildRecord, Option<Manifest>)],
    plan: &Plan,
    wanted: &[ToCompare],
) -> Vec<Recorded<Manifest>> {
    let mut recorded = Vec::new();
    for (build, files) in recent {
        for record in &build.steps {
            let is_wanted = |it: &ToCompare| {
                let step = &plan.steps[it.step.0];
                step.instruction == record.instruction || step.name == record.name
            };
            if !wanted.iter().any(is_wanted) {
                continue;
            }
            // Its inputs are only read where it is wanted.
            let Some(step) = step(record.clone()).filter(|step| step.is_built) else { continue };
            recorded.push(Recorded { parent: parent_key(build, &step), step, files: *files });
        }
    }
    recorded
}

fn parent_key(build: &BuildRecord, step: &PreviousStep) -> Option<StepKey> {
    let StepIndex(parent) = step.parent()?;
    build.steps.get(parent).map(|parent| StepKey(parent.key))
}
