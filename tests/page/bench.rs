//! What a bench has measured: no engine is here to measure with.

use smartbuild::bench::{
    Bench, Builder, Change, Edit, Expectation, Foretold, Left, Measured, Scenario, Series, Timed,
    TimedStep, Variant,
};
use smartbuild::context::ContextPath;
use smartbuild::{Seconds, Span, report};

use crate::shop::HOSTILE_STEP;

/// A path that has no place to break at and is wider than a narrow screen.
const LONG: &str = "services/shop/backend/application/controllers/checkout_controller.py";

/// The page of two scenarios of three variants, one of which does not build without a cache.
pub(crate) fn page() -> String {
    let variant = |name: &str, builder| Variant {
        name: name.to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        is_optimized: name.ends_with("optimized"),
        builder,
    };
    let edit = Change::Edit { path: ContextPath::new(LONG), edit: Edit::Comment("# ", "") };
    let scenario = |name: &str, change| Scenario { name: name.to_owned(), change };
    let broken =
        Series { failure: Some(format!("it ended with 1\n{HOSTILE_STEP}")), ..Series::default() };
    report::page::bench(&Bench {
        variants: vec![
            variant("Dockerfile", Builder::Smartbuild),
            variant("Dockerfile, optimized", Builder::Smartbuild),
            variant("Dockerfile, docker", Builder::Docker),
        ],
        measured: vec![
            Measured {
                scenario: scenario("edit source", edit),
                series: vec![
                    series(&[40.2, 41.0, 39.9, 40.4, 52.0], true),
                    series(&[3.2, 3.1, 3.3, 3.15, 3.22], true),
                    series(&[40.9, 38.1, 40.6, 37.8, 41.3], false),
                ],
            },
            Measured {
                scenario: scenario("cold", Change::Cold),
                series: vec![
                    series(&[45.0, 46.1, 44.8, 45.5, 45.2], true),
                    broken,
                    series(&[49.5, 51.0, 48.2, 47.9, 50.3], false),
                ],
            },
        ],
        left: vec![Left {
            name: "edit manifest".to_owned(),
            reason: "no step reads a dependency manifest".to_owned(),
        }],
        runs: 5,
        warmup: 1,
        is_partial: true,
    })
}

/// Runs of two stages beside each other; `is_told` is whether it is said when steps begin.
fn series(seconds: &[f64], is_told: bool) -> Series {
    let mut series = Series::default();
    for whole in seconds {
        let step = |name: &str, is_reused, (start, end): (f64, f64), needs: &[usize]| TimedStep {
            name: name.to_owned(),
            is_reused,
            seconds: (!is_reused).then(|| Seconds::new(end - start)),
            span: is_told.then(|| Span::new(Seconds::new(start), Seconds::new(end))),
            needs: needs.to_vec(),
            foretold: is_told.then(|| Foretold {
                verdict: if is_reused { Expectation::Cached } else { Expectation::Rebuild },
                reason: (!is_reused).then(|| format!("{LONG} modified")),
                after: needs.last().copied().filter(|after| *after > 0),
            }),
        };
        let steps = vec![
            step("[build 2/3] RUN apt-get update", true, (0.1, 0.1), &[]),
            step("[build 3/3] COPY . .", false, (0.2, 0.4), &[0]),
            step(&format!("[build 3/3] {HOSTILE_STEP}"), false, (0.4, whole * 0.8), &[1]),
            step("[web 2/2] RUN npm ci", false, (0.2, whole * 0.5), &[]),
            step("[stage-2 2/2] COPY --from=build", false, (whole * 0.8, whole * 0.9), &[2, 3]),
        ];
        series.push(Timed { seconds: Seconds::new(*whole), steps, ..Timed::default() });
    }
    series
}
