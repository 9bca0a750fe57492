//! Which rewrites together make builds quickest.
//!
//! Rewrites may exclude one another, be worth something only together, or be in each other's way.
//! The search begins with as many as go together, the best ones first; it leaves out whatever no
//! build would miss, then puts in whatever helps, and goes on until neither betters anything. Where
//! one alone is better still, it begins there again. Of equal sets the one that changes less of the
//! text wins, and the first one of those, so that the same input gives the same result. It tries a
//! bounded number of sets.

use std::collections::BTreeMap;

use super::NOTHING;

/// How many sets are tried at most.
const TRIES: usize = 80;

/// What is searched.
pub(super) struct Search<'a, E> {
    /// The seconds of a build with each rewrite alone.
    pub(super) alone: &'a [f64],
    /// How much of the text each changes, in bytes.
    pub(super) sizes: &'a [usize],
    /// Whether two can be applied at once.
    pub(super) are_apart: &'a dyn Fn(usize, usize) -> bool,
    /// The seconds of a build with several, in the order of their numbers.
    pub(super) together: &'a mut dyn FnMut(&[usize]) -> Result<f64, E>,
}

/// A set of rewrites with what a build takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Best {
    pub(super) kept: Vec<usize>,
    pub(super) seconds: f64,
}

impl<E> Search<'_, E> {
    /// The best set, where a build without any takes `before` seconds.
    pub(super) fn run(mut self, before: f64) -> Result<Best, E> {
        let mut tried: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
        tried.insert(Vec::new(), before);
        for (index, seconds) in self.alone.iter().enumerate() {
            tried.insert(vec![index], *seconds);
        }
        let all = self.as_many_as_possible();
        let mut best = self.set(all, &mut tried)?;
        best = self.bettered(best, &mut tried)?;
        // Whatever they do to each other, no single one is better.
        let singles = (0..self.alone.len()).map(|index| vec![index]).collect();
        if let Some(single) = self.least(singles, &mut tried)?
            && self.is_better(&single, &best)
        {
            best = self.bettered(single, &mut tried)?;
        }
        let none = Best { kept: Vec::new(), seconds: before };
        Ok(if best.seconds < before - NOTHING { best } else { none })
    }

    /// The best set that is reached from one, step by step.
    fn bettered(&mut self, from: Best, tried: &mut BTreeMap<Vec<usize>, f64>) -> Result<Best, E> {
        let mut best = from;
        loop {
            let mut next = self.least(without_one(&best), tried)?;
            if next.as_ref().is_none_or(|next| !self.is_better(next, &best)) {
                next = self.least(self.with_one(&best), tried)?;
            }
            match next {
                Some(next) if self.is_better(&next, &best) => best = next,
                _ => return Ok(best),
            }
        }
    }

    /// Those that go together, taken by what they save alone.
    fn as_many_as_possible(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.alone.len()).collect();
        order.sort_by(|&a, &b| {
            let by_seconds = if (self.alone[a] - self.alone[b]).abs() <= NOTHING {
                std::cmp::Ordering::Equal
            } else {
                self.alone[a].total_cmp(&self.alone[b])
            };
            by_seconds.then(self.sizes[a].cmp(&self.sizes[b])).then(a.cmp(&b))
        });
        let mut kept: Vec<usize> = Vec::new();
        for index in order {
            if kept.iter().all(|&other| (self.are_apart)(index, other)) {
                kept.push(index);
            }
        }
        kept.sort_unstable();
        kept
    }

    /// One more, in the place of those that exclude it.
    fn with_one(&self, best: &Best) -> Vec<Vec<usize>> {
        let others = (0..self.alone.len()).filter(|index| !best.kept.contains(index));
        let with = |index: usize| {
            let mut set: Vec<usize> = best.kept.clone();
            set.retain(|&other| (self.are_apart)(index, other));
            set.push(index);
            set.sort_unstable();
            set
        };
        others.map(with).collect()
    }

    /// The best of several sets.
    fn least(
        &mut self,
        sets: Vec<Vec<usize>>,
        tried: &mut BTreeMap<Vec<usize>, f64>,
    ) -> Result<Option<Best>, E> {
        let mut least: Option<Best> = None;
        for kept in sets {
            if tried.len() >= TRIES + self.alone.len() && !tried.contains_key(&kept) {
                continue;
            }
            let set = self.set(kept, tried)?;
            if least.as_ref().is_none_or(|least| self.is_better(&set, least)) {
                least = Some(set);
            }
        }
        Ok(least)
    }

    fn set(&mut self, kept: Vec<usize>, tried: &mut BTreeMap<Vec<usize>, f64>) -> Result<Best, E> {
        let seconds = match tried.get(&kept) {
            Some(seconds) => *seconds,
            None => (self.together)(&kept)?,
        };
        tried.insert(kept.clone(), seconds);
        Ok(Best { kept, seconds })
    }

    /// Whether builds with one set are quicker, or as quick with fewer changes.
    fn is_better(&self, set: &Best, other: &Best) -> bool {
        let size = |set: &Best| set.kept.iter().map(|&index| self.sizes[index]).sum::<usize>();
        set.seconds < other.seconds - NOTHING
            || set.seconds <= other.seconds + NOTHING && size(set) < size(other)
    }
}

fn without_one(best: &Best) -> Vec<Vec<usize>> {
    let all = &best.kept;
    let without = |index: &usize| all.iter().copied().filter(|other| other != index).collect();
    all.iter().map(without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches candidates of one byte each whose sets take what `seconds` says.
    fn search(
        count: usize,
        excluding: &[(usize, usize)],
        seconds: &dyn Fn(&[usize]) -> f64,
    ) -> Vec<usize> {
        let alone: Vec<f64> = (0..count).map(|index| seconds(&[index])).collect();
        let are_apart =
            |a: usize, b: usize| !excluding.contains(&(a, b)) && !excluding.contains(&(b, a));
        let mut tried = 0;
        let mut together = |kept: &[usize]| {
            tried += 1;
            Ok::<_, ()>(seconds(kept))
        };
        let search = Search {
            alone: &alone,
            sizes: &vec![1; count],
            are_apart: &are_apart,
            together: &mut together,
        };
        let best = search.run(seconds(&[])).unwrap();
        assert!((best.seconds - seconds(&best.kept)).abs() < 1e-9);
        assert!(best.kept.iter().all(|&a| best.kept.iter().all(|&b| a == b || are_apart(a, b))));
        assert!(tried <= TRIES + count, "{tried}");
        best.kept
    }

    #[test]
    fn what_saves_nothing_is_left_out() {
        let seconds = |kept: &[usize]| if kept.contains(&1) { 5.0 } else { 10.0 };
        assert_eq!(search(3, &[], &seconds), [1]);
        assert!(search(3, &[], &|_| 10.0).is_empty());
        assert!(search(2, &[], &|kept| 10.0 + kept.len() as f64).is_empty());
    }

    #[test]
    fn what_helps_only_together_is_found() {
        let seconds = |kept: &[usize]| match kept {
            [0, 2] => 1.0,
            [1] => 8.0,
            _ => 10.0,
        };
        let both = |kept: &[usize]| if kept.starts_with(&[0, 1]) { 1.0 } else { 10.5 };
        assert_eq!(search(3, &[], &both), [0, 1]);
        assert_eq!(search(3, &[(0, 1), (1, 2)], &seconds), [1]);
    }

    #[test]
    fn the_better_of_two_that_exclude_each_other_wins() {
        let seconds = |kept: &[usize]| match kept {
            [0] => 4.0,
            [1 | 2] => 6.0,
            [1, 2] => 2.0,
            _ => 10.0,
        };
        // The best one alone is in the way of a better pair, and is still the best that one step away
        // from it is.
        assert_eq!(search(3, &[(0, 1), (0, 2)], &seconds), [0]);
        assert_eq!(search(3, &[(0, 1)], &|kept| 10.0 - kept.iter().sum::<usize>() as f64), [1, 2]);
    }

    #[test]
    fn many_are_searched_with_a_bounded_number_of_tries() {
        let seconds = |kept: &[usize]| 100.0 - kept.len() as f64;
        assert_eq!(search(30, &[], &seconds).len(), 30);
    }

    proptest::proptest! {
        #[test]
        fn it_is_never_worse_than_any_alone(values in proptest::collection::vec(0_u8..40, 1..8)) {
            // Whatever pairs do to each other.
            let seconds = |kept: &[usize]| {
                let sum: f64 = kept.iter().map(|&index| f64::from(values[index])).sum();
                let meet = if kept.len() > 1 { f64::from(values[0]) * kept.len() as f64 } else { 0.0 };
                100.0 + meet - sum.min(90.0)
            };
            let kept = search(values.len(), &[], &seconds);
            for index in 0..values.len() {
                proptest::prop_assert!(seconds(&kept) <= seconds(&[index]) + NOTHING);
            }
        }
    }
}
