//! Runs that are far from the others.

use crate::Seconds;

/// How far beyond the quartiles a value may lie, in interquartile ranges.
const FENCE: f64 = 1.5;

/// Fewer values have no quartiles worth the name.
const FEWEST: usize = 4;

/// The places of values that lie more than one and a half interquartile ranges below the lower
/// quartile or above the upper one: outside of the inner fences of Tukey, "Exploratory Data
/// Analysis" (1977). Quartiles are interpolated linearly between neighbours, definition 7 of
/// Hyndman and Fan, "Sample Quantiles in Statistical Packages" (The American Statistician 50,
/// 1996).
///
/// They are named and never left out: a slow run is as true as a fast one.
pub fn outliers(values: &[Seconds]) -> Vec<usize> {
    if values.len() < FEWEST {
        return Vec::new();
    }
    let mut sorted: Vec<f64> = values.iter().map(|it| it.get()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (lower, upper) = (quantile(&sorted, 1), quantile(&sorted, 3));
    let reach = FENCE * (upper - lower);
    let is_far = |value: f64| value < lower - reach || value > upper + reach;
    let far = values.iter().enumerate().filter(|(_, value)| is_far(value.get()));
    far.map(|(place, _)| place).collect()
}

/// The value that so many quarters of the sorted values lie below.
fn quantile(sorted: &[f64], quarters: usize) -> f64 {
    let place = (sorted.len() - 1) * quarters;
    let (whole, rest) = (place / 4, place % 4);
    let next = sorted[(whole + 1).min(sorted.len() - 1)];
    sorted[whole] + (next - sorted[whole]) * rest as f64 / 4.0
}
