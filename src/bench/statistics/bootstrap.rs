//! Intervals by resampling, without chance: every resample counts by its probability.

use statrs::distribution::{Binomial, ContinuousCDF as _, DiscreteCDF as _, Normal, StudentsT};
use statrs::function::factorial::binomial;

use super::median;
use crate::Seconds;

/// What is rarer among the medians of resamples is left out: no interval reaches so far.
const NEVER: f64 = 1e-9;

/// How sure an interval is meant to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// The chance that an interval misses.
    miss: f64,
}

impl Confidence {
    /// One interval misses in one of twenty times.
    pub const USUAL: Self = Self { miss: 0.05 };

    /// Of so many intervals not one misses, in nineteen of twenty times: the chance of each is
    /// divided by their number, after Bonferroni (Dunn, "Multiple Comparisons Among Means",
    /// Journal of the American Statistical Association 56, 1961).
    pub fn of_all(comparisons: usize) -> Self {
        Self { miss: Self::USUAL.miss / comparisons.max(1) as f64 }
    }

    /// The share of resamples that is cut off at each end, for a smallest sample of `count`.
    ///
    /// Percentiles of resamples are too narrow where there are few values. So they are taken
    /// further out, as Hesterberg gives it for the expanded percentile interval in "What Teachers
    /// Should Know About the Bootstrap" (The American Statistician 69, 2015, section 5.3): with
    /// `α` the chance to miss, `t` Student's quantile for `n - 1` degrees of freedom and `Φ` the
    /// normal distribution,
    ///
    /// ```text
    ///   α' / 2  =  Φ( -√(n / (n - 1)) · t(1 - α / 2, n - 1) )
    /// ```
    fn cut(self, count: usize) -> f64 {
        let count = count as f64;
        let (Ok(student), Ok(normal)) =
            (StudentsT::new(0.0, 1.0, count - 1.0), Normal::new(0.0, 1.0))
        else {
            // One value says nothing of the others.
            return 0.0;
        };
        let far = student.inverse_cdf(1.0 - self.miss / 2.0);
        normal.cdf(-(count / (count - 1.0)).sqrt() * far)
    }
}

/// Where a number most likely lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Not below.
    pub low: f64,
    /// Not above.
    pub high: f64,
}

impl Interval {
    /// Whether it holds this number.
    pub fn holds(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number)
    }

    /// What lies between the ends when so much of the probability is cut off at each.
    fn of(mut likely: Vec<Likely>, cut: f64) -> Option<Self> {
        likely.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
        let (low, high) = (end(likely.iter(), cut)?, end(likely.iter().rev(), cut)?);
        Some(Self { low, high })
    }
}

/// The first number with more than `cut` of the probability up to it.
fn end<'a>(mut likely: impl Iterator<Item = &'a Likely>, cut: f64) -> Option<f64> {
    let mut seen = 0.0;
    let last = likely.find(|it| {
        seen += it.probability;
        seen > cut
    });
    last.map(|it| it.value)
}

/// How many times as long one variant takes as another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The one median by the other.
    pub value: f64,
    /// Where the ratio of all runs that could be made most likely lies.
    pub interval: Interval,
    /// Whether there are runs enough for the interval to be as sure as was asked for. Where two
    /// variants are the same, all `n` runs of one are still below all `m` of the other, or above
    /// them, in 2 of the `(n + m)! / (n! m!)` orders in which they may come (Mann and Whitney, "On a
    /// Test of Whether One of Two Random Variables is Stochastically Larger than the Other", The
    /// Annals of Mathematical Statistics 18, 1947): no interval can be surer than that.
    pub is_sure: bool,
}

impl Ratio {
    /// Whether the two differ as far as can be told: the interval does not hold 1.
    pub fn is_difference(&self) -> bool {
        !self.interval.holds(1.0)
    }
}

/// Where the median of all runs that could be made most likely lies, in seconds. `None` with fewer
/// than two values.
pub fn median_interval(values: &[Seconds], confidence: Confidence) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    Interval::of(medians(values), confidence.cut(values.len()))
}

/// How many times as long `other` takes as `first`: the ratio of the medians, and its interval from
/// resamples of each. `None` with fewer than two values of either, or where one took no time.
///
/// Runs of the two are taken in turn, so that a noisy machine is noisy for both, but are not drawn
/// as pairs: of five pairs no interval can be surer than fifteen of sixteen times (all five may lie
/// on the same side by chance), while of five and five single runs one can be right in 250 of 252.
/// What noise both had makes the interval wider, and so never shows a difference that is not there.
pub fn ratio(first: &[Seconds], other: &[Seconds], confidence: Confidence) -> Option<Ratio> {
    let fewest = first.len().min(other.len());
    if fewest < 2 || first.iter().chain(other).any(|it| *it == Seconds::ZERO) {
        return None;
    }
    let below = medians(first);
    let ratios = medians(other).into_iter().flat_map(|above| {
        below.iter().map(move |below| Likely {
            value: above.value / below.value,
            probability: above.probability * below.probability,
        })
    });
    let interval = Interval::of(ratios.collect(), confidence.cut(fewest))?;
    let orders = binomial((first.len() + other.len()) as u64, first.len() as u64);
    let is_sure = 2.0 / orders <= confidence.miss;
    Some(Ratio { value: median(other)?.get() / median(first)?.get(), interval, is_sure })
}

/// A number and how probable it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likely {
    pub(super) value: f64,
    pub(super) probability: f64,
}

/// The medians of all resamples of the values: the bootstrap of Efron, "Bootstrap Methods: Another
/// Look at the Jackknife" (The Annals of Statistics 7, 1979), whose section 3 shows that for a
/// median none need be drawn.
///
/// Of `n` sorted values, `x*(m)` is the `m`-th smallest of `n` that are drawn with putting back.
/// It is at most the `k`-th value when at least `m` of those drawn are:
///
/// ```text
///   P( x*(m) <= x(k) )  =  P( B >= m ),   B binomial with n draws and chance k / n
/// ```
///
/// Where `n` is even the median lies between two of those drawn, `x*(h)` and `x*(h + 1)` with
/// `h = n / 2`. They are the different `x(i)` and `x(j)` when just `h` are at most `x(i)`, one of
/// them being `x(i)`, and all others at least `x(j)`, one of them being `x(j)`.
pub(super) fn medians(values: &[Seconds]) -> Vec<Likely> {
    let mut sorted: Vec<f64> = values.iter().map(|it| it.get()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len();
    let middle = count.div_ceil(2);
    let is_even = count.is_multiple_of(2);
    let mut medians = Vec::new();
    let mut keep = |value: f64, probability: f64| {
        if probability > NEVER {
            medians.push(Likely { value, probability });
        }
    };
    for (place, value) in sorted.iter().enumerate() {
        let mut rest = at_most(place + 1, middle, count) - at_most(place, middle, count);
        let others = sorted.iter().enumerate().skip(place + 1).filter(|_| is_even);
        for (other_place, other) in others {
            let probability = neighbours(place, other_place, count);
            rest -= probability;
            keep(f64::midpoint(*value, *other), probability);
        }
        keep(*value, rest);
    }
    medians
}

/// The chance that the `place`-th smallest of those drawn is among the first `known` values.
fn at_most(known: usize, place: usize, count: usize) -> f64 {
    let chance = known as f64 / count as f64;
    match Binomial::new(chance, count as u64) {
        // At least so many: more than one fewer.
        Ok(drawn) => drawn.sf(place as u64 - 1),
        // A share lies between 0 and 1.
        Err(_) => chance,
    }
}

/// The chance that the two in the middle are the values at these two different places, from 0.
fn neighbours(lower: usize, upper: usize, count: usize) -> f64 {
    let half = count as f64 / 2.0;
    let all = |known: usize| (known as f64 / count as f64).powf(half);
    let below = all(lower + 1) - all(lower);
    let above = all(count - upper) - all(count - upper - 1);
    binomial(count as u64, count as u64 / 2) * below * above
}
