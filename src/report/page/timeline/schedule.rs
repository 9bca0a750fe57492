//! When each step of a build begins, and which of them the build waits for.

use crate::Seconds;
use crate::plan::StepIndex;

/// Where a step lies in the time of its build.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// When all that it needs is there.
    pub start: Seconds,
    /// Whether it lies on the critical path.
    pub is_critical: bool,
}

/// The place of each step, of which are given the steps before it that it needs and what it takes.
/// Branches run side by side, as `BuildKit` starts a step as soon as its inputs are there.
pub fn schedule(steps: &[(Vec<StepIndex>, Seconds)]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(steps.len());
    let mut ends: Vec<Seconds> = Vec::with_capacity(steps.len());
    for (inputs, seconds) in steps {
        let ready = inputs.iter().filter_map(|input| ends.get(input.0).copied());
        let start = ready.fold(Seconds::ZERO, Seconds::max);
        places.push(Place { start, is_critical: false });
        ends.push(start + *seconds);
    }
    let later = |one: &usize, other: &usize| ends[*one].get().total_cmp(&ends[*other].get());
    // A build that takes no time waits for nothing.
    let mut at = (0..steps.len()).max_by(later).filter(|last| ends[*last] > Seconds::ZERO);
    while let Some(step) = at {
        places[step].is_critical = steps[step].1 > Seconds::ZERO;
        // Only steps before it, so that this ends.
        let inputs = steps[step].0.iter().map(|input| input.0).filter(|input| *input < step);
        at = inputs.max_by(later);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(steps: &[(&[usize], f64)]) -> Vec<(f64, bool)> {
        let step = |(inputs, seconds): &(&[usize], f64)| {
            (inputs.iter().copied().map(StepIndex).collect(), Seconds::new(*seconds))
        };
        let steps: Vec<_> = steps.iter().map(step).collect();
        schedule(&steps).iter().map(|place| (place.start.get(), place.is_critical)).collect()
    }

    #[test]
    fn a_step_begins_when_the_longest_branch_below_it_is_done() {
        let two_branches: [(&[usize], f64); 4] =
            [(&[], 1.0), (&[0], 5.0), (&[], 2.0), (&[2, 1], 3.0)];
        assert_eq!(places(&two_branches), [(0.0, true), (1.0, true), (0.0, false), (6.0, true)]);
    }

    #[test]
    fn what_takes_no_time_is_waited_for_by_nobody() {
        assert_eq!(places(&[(&[], 0.0), (&[0], 2.0)]), [(0.0, false), (0.0, true)]);
        assert_eq!(places(&[(&[], 0.0), (&[0], 0.0)]), [(0.0, false), (0.0, false)]);
        assert_eq!(places(&[]), []);
    }

    #[test]
    fn a_step_that_needs_itself_or_what_is_not_there_begins_at_once() {
        assert_eq!(places(&[(&[0, 9], 2.0)]), [(0.0, true)]);
    }
}
