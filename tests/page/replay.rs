//! What a replay has measured: no engine is here to measure with.

use smartbuild::bench::{
    Builder, Expectation, Foretold, Outcome, Replay, Replayed, Timed, TimedStep, Variant,
};
use smartbuild::{Seconds, Span, report};

use crate::shop::HOSTILE_STEP;

/// The page of forty commits of two variants; every tenth does not build, and every fifth changes
/// what all else stands on.
pub(crate) fn page() -> String {
    let variant = |name: &str, builder| Variant {
        name: name.to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        is_optimized: false,
        builder,
    };
    let commit = |at: u32| Replayed {
        id: format!("{at:040x}"),
        short_id: format!("{:07x}", 0x0095_0c9e + at),
        subject: format!("Change {at}: {HOSTILE_STEP}"),
        builds: vec![Some(build(at, 1.0)), Some(build(at, 1.3))],
    };
    report::page::replay(&Replay {
        variants: vec![
            variant("Dockerfile", Builder::Smartbuild),
            variant("Dockerfile, docker", Builder::Docker),
        ],
        commits: (1..=40).map(commit).collect(),
        wanted: 40,
        is_partial: false,
        is_expected: false,
    })
}

/// `slower` is docker's, which does not say when steps begin.
fn build(at: u32, slower: f64) -> Outcome {
    if at.is_multiple_of(10) {
        return Outcome::Failed(format!("it ended with 1\n{HOSTILE_STEP}"));
    }
    let is_reused = !at.is_multiple_of(5);
    let seconds = |seconds: f64| Seconds::new(seconds * slower);
    let is_told = slower <= 1.0;
    let step = |name: &str, is_reused: bool, ends: (f64, f64), needs: &[usize]| TimedStep {
        name: name.to_owned(),
        is_reused,
        seconds: (!is_reused).then(|| seconds(ends.1 - ends.0)),
        span: is_told.then(|| Span::new(seconds(ends.0), seconds(ends.1))),
        needs: needs.to_vec(),
        foretold: is_told.then(|| Foretold {
            verdict: if is_reused { Expectation::Cached } else { Expectation::Rebuild },
            reason: (!is_reused).then(|| format!("{HOSTILE_STEP} modified")),
            after: needs.first().copied(),
        }),
    };
    let installed = if is_reused { 0.3 } else { 24.3 };
    let steps = vec![
        step("RUN pip install", is_reused, (0.3, installed), &[]),
        step(HOSTILE_STEP, false, (installed, installed + 2.0), &[0]),
    ];
    let took = if is_reused { 2.4 } else { 27.1 };
    let took = seconds(took + f64::from(at % 3) / 4.0);
    Outcome::Built(Timed { seconds: took, steps, expected: None, recorded: None })
}
