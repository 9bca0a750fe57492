//! What measured seconds say, and how sure it is.
//!
//! Nothing is assumed of how times are spread but that the runs of one variant are alike: builds
//! have a least time and a long tail, so that means and normal intervals would mislead.
//!
//! Intervals are those of resampling, with every resample that there could be in it: the same times
//! always give the same numbers.

mod bootstrap;
mod outliers;
#[cfg(test)]
mod tests;

pub use bootstrap::{Confidence, Interval, Ratio, median_interval, ratio};
pub use outliers::outliers;

use crate::Seconds;

/// The value in the middle; of an even number of values the mean of the two in the middle. `None`
/// where there are no values.
pub fn median(values: &[Seconds]) -> Option<Seconds> {
    let mut sorted: Vec<f64> = values.iter().map(|it| it.get()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    let lower = if sorted.len().is_multiple_of(2) { sorted[half - 1] } else { upper };
    Some(Seconds::new(f64::midpoint(lower, upper)))
}
