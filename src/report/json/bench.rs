//! `smartbuild/bench/v1`.

use serde::Serialize;

use crate::Seconds;
use crate::bench::statistics::{self, median};
use crate::bench::{self as measured, Builder, Change, Comparison};

/// `smartbuild/bench/v1`: each variant with its runs in every scenario.
pub fn bench(bench: &measured::Bench) -> impl Serialize + use<> {
    let variants = bench.variants.iter().enumerate().map(|(place, variant)| Variant {
        name: variant.name.clone(),
        dockerfile: variant.dockerfile.clone(),
        builder: match variant.builder {
            Builder::Smartbuild => "smartbuild",
            Builder::Docker => "docker",
        },
        optimized: variant.is_optimized,
        scenarios: bench.measured.iter().map(|it| scenario(bench, it, place)).collect(),
    });
    let left = bench.left.iter();
    Report {
        schema: "smartbuild/bench/v1",
        partial: bench.is_partial,
        runs: bench.runs,
        warmup: bench.warmup,
        variants: variants.collect(),
        left_out: left
            .map(|left| Left { name: left.name.clone(), reason: left.reason.clone() })
            .collect(),
    }
}

fn scenario(bench: &measured::Bench, of: &measured::Measured, place: usize) -> Scenario {
    let none = measured::Series::default();
    let series = of.series.get(place).unwrap_or(&none);
    let seconds = series.seconds();
    let last = series.runs.last();
    let far = statistics::outliers(&seconds).into_iter().map(|place| seconds[place]).collect();
    let (path, argument) = match &of.scenario.change {
        Change::Edit { path, .. } => (Some(path.to_string()), None),
        Change::Argument(name) => (None, Some(name.clone())),
        Change::Nothing | Change::Cold | Change::Shell(_) => (None, None),
    };
    Scenario {
        name: of.scenario.name.clone(),
        path,
        argument,
        median: median(&seconds),
        median_interval: series.interval().map(|it| [it.low, it.high]),
        min: seconds.iter().copied().reduce(|a, b| if b < a { b } else { a }),
        max: seconds.iter().copied().reduce(Seconds::max),
        outliers: far,
        cached_steps: last.map(|run| run.cached),
        run_steps: last.map(|run| run.ran),
        ratio: match bench.comparison(of, place) {
            _ if place == 0 => None,
            Comparison::Unknown => None,
            Comparison::Unsure(ratio) => Some(Ratio::of(ratio, None)),
            Comparison::Differs(ratio) => Some(Ratio::of(ratio, Some(true))),
            Comparison::Alike(ratio) => Some(Ratio::of(ratio, Some(false))),
        },
        failure: series.failure.clone(),
        runs: seconds,
    }
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    /// Whether it ended before all was measured.
    partial: bool,
    /// How many runs of each were wanted.
    runs: usize,
    /// How many before them are not counted.
    warmup: usize,
    variants: Vec<Variant>,
    left_out: Vec<Left>,
}

#[derive(Serialize)]
struct Left {
    name: String,
    reason: String,
}

#[derive(Serialize)]
struct Variant {
    name: String,
    dockerfile: String,
    builder: &'static str,
    optimized: bool,
    scenarios: Vec<Scenario>,
}

#[derive(Serialize)]
struct Scenario {
    name: String,
    /// The file that is edited.
    path: Option<String>,
    /// The build argument that gets another value.
    argument: Option<String>,
    runs: Vec<Seconds>,
    median: Option<Seconds>,
    median_interval: Option<[f64; 2]>,
    min: Option<Seconds>,
    max: Option<Seconds>,
    outliers: Vec<Seconds>,
    cached_steps: Option<usize>,
    run_steps: Option<usize>,
    /// Against the first variant, which has none.
    ratio: Option<Ratio>,
    failure: Option<String>,
}

#[derive(Serialize)]
struct Ratio {
    value: f64,
    low: f64,
    high: f64,
    /// Whether the interval leaves out 1; null where there are too few runs to be sure of it.
    difference: Option<bool>,
}

impl Ratio {
    fn of(ratio: statistics::Ratio, difference: Option<bool>) -> Self {
        let statistics::Ratio { value, interval, .. } = ratio;
        Self { value, low: interval.low, high: interval.high, difference }
    }
}
