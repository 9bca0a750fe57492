//! Seconds to places on an axis that begins at zero.

use crate::Seconds;
use crate::report::units;

/// From how many ticks on an axis is crowded.
const TICKS: f64 = 4.0;

/// An axis from zero to a round number of seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    step: f64,
    steps: u32,
}

impl Scale {
    /// The shortest axis that all of these fit on.
    pub(super) fn over(values: impl IntoIterator<Item = Seconds>) -> Self {
        let longest = values.into_iter().fold(Seconds::ZERO, Seconds::max).get().max(0.1);
        let rough = longest / TICKS;
        // Half a minute and half an hour are rounder than 50 seconds and 50 minutes.
        let unit = match rough {
            ..=20.0 => 1.0,
            ..=1200.0 => 60.0,
            _ => 3600.0,
        };
        let magnitude = unit * 10_f64.powf((rough / unit).log10().floor());
        let round = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * magnitude);
        let step = round.into_iter().find(|step| *step >= rough).unwrap_or(rough);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the step is at least a quarter of the longest"
        )]
        let steps = (longest / step).ceil() as u32;
        Self { step, steps: steps.max(1) }
    }

    /// Where it lies between 0 and 1.
    pub(super) fn share(self, value: Seconds) -> f64 {
        (value.get() / (self.step * f64::from(self.steps))).clamp(0.0, 1.0)
    }

    /// The round numbers on it, zero first.
    pub(super) fn ticks(self) -> impl Iterator<Item = Seconds> {
        (0..=self.steps).map(move |tick| Seconds::new(self.step * f64::from(tick)))
    }
}

/// Seconds as they are written where many are nothing at all.
pub(super) fn written(seconds: Seconds) -> String {
    if seconds == Seconds::ZERO { "0 s".to_owned() } else { units::seconds(seconds) }
}

/// A tick as it is written: a round number needs no digit behind its point.
pub(super) fn tick(seconds: Seconds) -> String {
    written(seconds).replace(".0 s", " s")
}

/// A share as a length of SVG.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2}%", share.clamp(0.0, 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(longest: f64) -> Vec<f64> {
        Scale::over([Seconds::new(longest)]).ticks().map(Seconds::get).collect()
    }

    #[test]
    fn an_axis_ends_at_a_round_number_that_all_fit_under() {
        assert_eq!(ticks(40.5), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(ticks(4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(100.0), [0.0, 30.0, 60.0, 90.0, 120.0]);
        assert_eq!(ticks(4000.0), [0.0, 1200.0, 2400.0, 3600.0, 4800.0]);
        assert_eq!(ticks(7000.0), [0.0, 1800.0, 3600.0, 5400.0, 7200.0]);
        assert_eq!(ticks(1e12).len(), 4);
        assert_eq!(ticks(0.0).len(), 3, "an axis has a length though nothing took any time");
    }

    #[test]
    fn what_lies_on_it_is_a_share_of_it() {
        let scale = Scale::over([Seconds::new(40.5), Seconds::new(1.0)]);
        assert_eq!(percent(scale.share(Seconds::new(30.0))), "50.00%");
        assert_eq!(percent(scale.share(Seconds::new(1e9))), "100.00%");
        assert_eq!(percent(scale.share(Seconds::ZERO)), "0.00%");
    }
}
