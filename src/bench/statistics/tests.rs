//! Numbers that can be checked by hand, and chance that is played through.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::*;

fn seconds(values: &[f64]) -> Vec<Seconds> {
    values.iter().copied().map(Seconds::new).collect()
}

#[test]
fn the_median_is_in_the_middle() {
    for (values, expected) in [
        (&[3.0][..], 3.0),
        (&[5.0, 1.0], 3.0),
        (&[9.0, 1.0, 2.0], 2.0),
        (&[4.0, 1.0, 3.0, 2.0], 2.5),
        (&[2.0, 2.0, 2.0, 7.0], 2.0),
    ] {
        assert_eq!(median(&seconds(values)), Some(Seconds::new(expected)), "{values:?}");
    }
    assert_eq!(median(&[]), None);
}

#[test]
fn only_what_lies_beyond_the_fences_is_an_outlier() {
    // Quartiles 2 and 4, so that the fences are at -1 and 7.
    assert_eq!(outliers(&seconds(&[1.0, 2.0, 3.0, 4.0, 7.0])), Vec::<usize>::new());
    assert_eq!(outliers(&seconds(&[1.0, 7.1, 2.0, 3.0, 4.0])), [1]);
    // Quartiles 10.25 and 11.75 between neighbours, so that the fences are at 8 and 14.
    assert_eq!(outliers(&seconds(&[7.9, 10.0, 10.5, 11.5, 12.5, 11.0])), [0]);
    assert_eq!(outliers(&seconds(&[1.0, 1.0, 50.0])), Vec::<usize>::new());
}

#[test]
fn equal_times_have_an_interval_of_no_width() {
    let times = seconds(&[2.0; 5]);
    let interval = median_interval(&times, Confidence::USUAL).unwrap();
    assert_eq!(interval, Interval { low: 2.0, high: 2.0 });
    let ratio = ratio(&times, &seconds(&[1.0; 5]), Confidence::USUAL).unwrap();
    assert_eq!((ratio.value, ratio.interval), (0.5, Interval { low: 0.5, high: 0.5 }));
    assert!(ratio.is_difference());
}

#[test]
fn five_runs_let_the_interval_reach_the_furthest_of_them() {
    let (first, other) = (seconds(&[1.0, 1.1, 1.2, 1.3, 1.4]), seconds(&[1.5, 1.6, 1.7, 1.8, 2.8]));
    let ratio = ratio(&first, &other, Confidence::of_all(6)).unwrap();
    let expected = Interval { low: 1.5 / 1.4, high: 2.8 };
    assert_eq!(ratio.interval, expected);
    assert!(ratio.is_difference());
}

#[test]
fn few_runs_are_not_sure_however_far_apart() {
    let sure = |runs: usize, comparisons: usize| {
        let (first, other) = (seconds(&vec![1.0; runs]), seconds(&vec![9.0; runs]));
        ratio(&first, &other, Confidence::of_all(comparisons)).unwrap().is_sure
    };
    assert!(!sure(3, 1) && sure(4, 1));
    assert!(!sure(4, 6) && sure(5, 6));
    assert!(!sure(5, 7) && sure(6, 7));
}

#[test]
fn too_few_runs_and_no_time_at_all_say_nothing() {
    let (one, two) = (seconds(&[1.0]), seconds(&[1.0, 2.0]));
    assert_eq!(median_interval(&one, Confidence::USUAL), None);
    assert_eq!(ratio(&one, &two, Confidence::USUAL), None);
    assert_eq!(ratio(&two, &seconds(&[0.0, 1.0]), Confidence::USUAL), None);
}

/// Draws many resamples, and sees how often their median is at most each of the bounds.
#[test]
fn resamples_that_are_drawn_agree_with_those_that_are_computed() {
    let mut random = StdRng::seed_from_u64(3);
    for values in [&[1.0, 2.0, 4.0, 8.0, 16.0][..], &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]] {
        let mut drawn: Vec<f64> = (0..4000)
            .map(|_| {
                let one: Vec<_> =
                    values.iter().map(|_| values[random.random_range(0..values.len())]).collect();
                median(&seconds(&one)).unwrap().get()
            })
            .collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let computed = bootstrap::medians(&seconds(values));
        let whole: f64 = computed.iter().map(|it| it.probability).sum();
        assert!((whole - 1.0).abs() < 1e-6, "{whole}");
        for bound in [1.0, 1.5, 2.0, 4.0, 6.0, 8.0, 12.0, 20.0] {
            let share = drawn.partition_point(|it| *it <= bound) as f64 / 4000.0;
            let at_most = computed.iter().filter(|it| it.value <= bound);
            let expected: f64 = at_most.map(|it| it.probability).sum();
            assert!((share - expected).abs() < 0.03, "{bound}: {share} and not {expected}");
        }
    }
}

/// How long a build takes on a machine.
type Machine = fn(&mut StdRng, &mut f64) -> f64;

/// Sixteen numbers added up are as good as normal; this has mean 0 and deviation 1.
fn normal(random: &mut StdRng) -> f64 {
    let sum: f64 = (0..16).map(|_| random.random_range(-1.0..1.0)).sum();
    sum / (16.0_f64 / 3.0).sqrt()
}

/// A machine that is quiet, one that is sometimes held up, and one that is busy for a while.
const MACHINES: [(&str, Machine); 3] = [
    ("quiet", |random, _| (0.05 * normal(random)).exp()),
    ("held up", |random, _| {
        let pause = if random.random_bool(0.15) { 1.6 } else { 1.0 };
        pause * (0.03 * normal(random)).exp()
    }),
    ("busy for a while", |random, load| {
        *load += 0.05 * normal(random);
        (*load + 0.02 * normal(random)).exp()
    }),
];

/// The times of two variants, measured in turn.
fn in_turn(
    runs: usize,
    machine: Machine,
    slower: f64,
    random: &mut StdRng,
) -> (Vec<Seconds>, Vec<Seconds>) {
    let mut load = 0.0;
    let mut time = |slower: f64| Seconds::new(slower * machine(random, &mut load));
    (0..runs).map(|_| (time(1.0), time(slower))).unzip()
}

/// How many of these many benches of six scenarios see a difference anywhere.
fn seen(benches: usize, runs: usize, machine: Machine, slower: f64) -> usize {
    const SCENARIOS: usize = 6;
    let mut random = StdRng::seed_from_u64(17);
    let mut sees = || {
        let (first, other) = in_turn(runs, machine, slower, &mut random);
        ratio(&first, &other, Confidence::of_all(SCENARIOS)).unwrap().is_difference()
    };
    (0..benches).filter(|_| (0..SCENARIOS).filter(|_| sees()).count() > 0).count()
}

#[test]
fn variants_that_are_the_same_show_no_difference_in_nineteen_of_twenty_benches() {
    for (name, machine) in MACHINES {
        for runs in [5, 10] {
            let benches = 200;
            let wrong = seen(benches, runs, machine, 1.0);
            assert!(wrong * 20 <= benches, "{name}, {runs} runs: {wrong} of {benches}");
        }
    }
}

#[test]
fn a_variant_that_takes_half_as_long_again_is_seen() {
    for (name, machine) in MACHINES {
        let seen = seen(20, 5, machine, 1.5);
        assert!(seen >= 18, "{name}: {seen} of 20");
    }
}
