//! Durations as people and JSON see them.

use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A duration in seconds: finite and never negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(f64);

impl Seconds {
    /// No time at all.
    pub const ZERO: Self = Self(0.0);

    /// The duration, with anything negative or not a number taken as zero.
    pub fn new(seconds: f64) -> Self {
        if seconds.is_finite() && seconds > 0.0 { Self(seconds) } else { Self::ZERO }
    }

    /// The number of seconds.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The longer of the two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }

    /// The difference, zero where `other` is longer.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self::new(self.0 - other.0)
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(duration.as_secs_f64())
    }
}

impl Add for Seconds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.0 + other.0)
    }
}

impl Sum for Seconds {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_negative_nor_nan() {
        assert_eq!(Seconds::new(-1.0), Seconds::ZERO);
        assert_eq!(Seconds::new(f64::NAN), Seconds::ZERO);
        assert_eq!(Seconds::new(1.0).saturating_sub(Seconds::new(2.0)), Seconds::ZERO);
    }

    #[test]
    fn adds_up() {
        let total: Seconds = [Seconds::new(1.5), Seconds::new(2.0)].into_iter().sum();
        assert_eq!(total, Seconds::new(3.5));
    }
}
