//! Several ways of doing one thing, measured in turn.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

/// One way to do it: a run gives how long it took, without what had to be prepared for it.
pub(super) type Contestant<'a> = &'a mut dyn FnMut() -> Result<Duration>;

/// How long each took, a time for each round.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Series(Vec<f64>);

/// Runs each of them once, uncounted, and then all of them in turn.
///
/// # Errors
///
/// When one of them fails.
pub(super) fn in_turn<const N: usize>(
    rounds: usize,
    mut contestants: [Contestant<'_>; N],
) -> Result<[Series; N]> {
    let mut series = [(); N].map(|()| Series::default());
    for round in 0..=rounds {
        for (contestant, series) in contestants.iter_mut().zip(&mut series) {
            let took = contestant()?;
            if round > 0 {
                series.0.push(took.as_secs_f64());
            }
        }
    }
    Ok(series)
}

/// How long the command takes from its start to its end. What it prints is thrown away.
///
/// # Errors
///
/// When it cannot be started or ends with another status than 0.
pub(super) fn time(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let took = begun.elapsed();
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(took)
}

impl Series {
    /// These times.
    #[cfg(test)]
    pub(super) fn of(seconds: &[f64]) -> Self {
        Self(seconds.to_vec())
    }

    /// The time in the middle, in seconds.
    pub(super) fn median(&self) -> f64 {
        median(self.0.clone())
    }

    /// The ratio in the middle of those of the rounds.
    pub(super) fn ratio_to(&self, other: &Self) -> f64 {
        median(self.0.iter().zip(&other.0).map(|(own, other)| own / other).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[length / 2],
        length => f64::midpoint(values[length / 2 - 1], values[length / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_round_does_not_move_the_figures() {
        let (own, other) = (Series::of(&[1.0, 9.0, 1.2]), Series::of(&[2.0, 18.0, 2.0]));
        assert!((own.median() - 1.2).abs() < 1e-9);
        assert!((own.ratio_to(&other) - 0.5).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn all_of_them_run_in_turn_and_the_first_round_does_not_count() {
        let order = std::cell::RefCell::new(String::new());
        let contestant = |name, seconds| {
            let order = &order;
            move || {
                order.borrow_mut().push(name);
                Ok(Duration::from_secs(seconds))
            }
        };
        let series = in_turn(2, [&mut contestant('a', 1), &mut contestant('b', 2)]).unwrap();
        assert_eq!(order.into_inner(), "ababab");
        assert_eq!(series, [Series::of(&[1.0, 1.0]), Series::of(&[2.0, 2.0])]);
    }

    #[test]
    fn a_command_that_fails_has_no_time() {
        assert!(time(Command::new("sh").args(["-c", "exit 3"])).is_err());
    }
}
