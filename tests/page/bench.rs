//! What a bench has measured: no engine is here to measure with.

use smartbuild::Seconds;
use smartbuild::bench::{
    Bench, Builder, Change, Edit, Left, Measured, Run, Scenario, Series, Variant,
};
use smartbuild::context::ContextPath;
use smartbuild::report;

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
                    series(&[40.2, 41.0, 39.9, 40.4, 52.0]),
                    series(&[3.2, 3.1, 3.3, 3.15, 3.22]),
                    series(&[40.9, 38.1, 40.6, 37.8, 41.3]),
                ],
            },
            Measured {
                scenario: scenario("cold", Change::Cold),
                series: vec![
                    series(&[45.0, 46.1, 44.8, 45.5, 45.2]),
                    broken,
                    series(&[49.5, 51.0, 48.2, 47.9, 50.3]),
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

fn series(seconds: &[f64]) -> Series {
    let run = |seconds: &f64| Run { seconds: Seconds::new(*seconds), cached: 2, ran: 3 };
    Series { runs: seconds.iter().map(run).collect(), failure: None }
}
