//! Steps that the engine finds by an equal one of the same build.
//!
//! What takes files from a stage waits until that stage is there, and counts by their content. Where
//! an equal step has been made by then, the engine finds its result, which nobody had before: a step
//! on `scratch` everywhere (`stage-files-copied-on-scratch-in-one-build`), any step and what stands
//! on it where [`Dialect::finds_copies_of_one_build`](super::Dialect::finds_copies_of_one_build).

use super::{Dialect, OfThisBuild, Step, StepIndex};

/// Marks such steps.
pub(super) fn mark(steps: &mut [Step], dialect: Dialect) {
    for index in 0..steps.len() {
        let step = &steps[index];
        let is_on_scratch = step.parent().is_none() && !step.no_cache;
        if is_on_scratch || dialect.finds_copies_of_one_build {
            let of_this_build = equal(index, steps);
            steps[index].content_keys.of_this_build = of_this_build;
        }
    }
}

fn equal(index: usize, steps: &[Step]) -> Option<OfThisBuild> {
    let (earlier, step) = (&steps[..index], &steps[index]);
    let takes_files = step.stage_outputs().next().is_some();
    let stands_on_such =
        step.parent().is_some_and(|below| steps[below.0].content_keys.of_this_build.is_some());
    if !takes_files && !stands_on_such {
        return None;
    }
    let is_same = |(at, it): (usize, &Step)| {
        it.key == step.key && it.no_cache == step.no_cache && is_below(at, index, steps)
    };
    if earlier.iter().enumerate().any(is_same) {
        return Some(OfThisBuild::Certain);
    }
    let may_be_equal = |(at, it): (usize, &Step)| {
        let has_such_files = || {
            let mut asks = step.content_keys.asks.iter();
            asks.any(|key| it.content_keys.leaves.contains(key))
        };
        // One that two stages have in common is not another one.
        let is_other = || it.inputs != step.inputs || is_below(at, index, steps);
        let is_like =
            (takes_files && has_such_files()) || (stands_on_such && it.bare_key == step.bare_key);
        is_like && is_other()
    };
    earlier.iter().enumerate().any(may_be_equal).then_some(OfThisBuild::Open)
}

/// Whether a step waits for another one.
fn is_below(wanted: usize, step: usize, steps: &[Step]) -> bool {
    let mut open: Vec<StepIndex> = steps[step].needs().collect();
    let mut seen = vec![false; steps.len()];
    while let Some(StepIndex(next)) = open.pop() {
        if next == wanted {
            return true;
        }
        // Steps stand after what they need.
        if next > wanted && !std::mem::replace(&mut seen[next], true) {
            open.extend(steps[next].needs());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BaseImage;
    use crate::context::Snapshot;
    use crate::dockerfile::Dockerfile;
    use crate::plan::{BuildOptions, Dialect, PlanRequest, plan};

    /// The steps that an old engine may find in the build itself, by their text.
    fn found(text: &str, version: &str) -> Vec<(String, OfThisBuild)> {
        let dockerfile = Dockerfile::parse("Dockerfile", text).unwrap();
        let plan = plan(PlanRequest {
            dockerfile: &dockerfile,
            snapshot: &Snapshot::new(Vec::new(), 0),
            images: &[("base".into(), BaseImage::default())].into(),
            options: &BuildOptions { target: Some("last".to_owned()), ..BuildOptions::default() },
            dialect: Dialect::of_version(version),
        });
        let steps = plan.unwrap().steps.into_iter();
        steps.filter_map(|it| Some((it.instruction, it.content_keys.of_this_build?))).collect()
    }

    #[test]
    fn a_copy_of_what_was_copied_is_found_by_its_content() {
        let text = "FROM base AS one\nRUN one > /one\n\
                    FROM base AS two\nCOPY --from=one /one /one\nRUN two\n\
                    FROM base AS last\nCOPY --from=two /one /one\nRUN two\nRUN three\n";
        let copy = "COPY --from=two /one /one".to_owned();
        let both = [(copy, OfThisBuild::Open), ("RUN two".to_owned(), OfThisBuild::Open)];
        assert_eq!(found(text, "20.10.24"), both);
        assert_eq!(found(text, "26.1.5"), []);
    }

    #[test]
    fn on_scratch_every_engine_finds_the_first_copy() {
        let text = "FROM base AS made\nRUN one > /one\n\
                    FROM scratch AS one\nCOPY --from=made /one /one\nRUN two\n\
                    FROM scratch AS last\nCOPY --from=one /one /one\nRUN two\n";
        assert_eq!(found(text, "20.10.24").len(), 2);
        for version in ["26.1.5", "28.5.2"] {
            let copy = "COPY --from=one /one /one".to_owned();
            assert_eq!(found(text, version), [(copy, OfThisBuild::Open)]);
        }
    }

    #[test]
    fn one_step_of_two_stages_is_not_found_by_itself() {
        let text = "FROM base AS one\nRUN one > /one\n\
                    FROM base AS two\nCOPY --from=one /one /one\nRUN two\n\
                    FROM base AS last\nCOPY --from=one /one /one\nCOPY --from=two /x /x\n";
        assert_eq!(found(text, "20.10.24"), []);
    }
}
