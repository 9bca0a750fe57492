//! What was measured, for people and for spreadsheets.

use super::escape::{fit, text, wrapped};
use super::forecast::push_wrapped;
use super::impact::markdown::{cell, code};
use super::style::{Capabilities, Role};
use super::units;
use crate::Seconds;
use crate::bench::statistics::{Interval, Ratio, median, outliers};
use crate::bench::{Bench, Change, Comparison, Measured, Scenario, Series, Variant};

/// Columns of the longest name of a variant that is not cut.
const NAME: usize = 21;

/// Each scenario with a line for each variant, and how it compares with the first. Ends with a line
/// end.
pub fn bench(bench: &Bench, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    push_wrapped(&mut out, "bench   ", &how(bench), capabilities);
    if bench.is_partial {
        let said = "it ended before all was measured: what there is is below";
        push_wrapped(&mut out, "partial ", said, capabilities);
    }
    for measured in &bench.measured {
        let heading =
            format!("{}: {}", text(&measured.scenario.name), text(&what(&measured.scenario)));
        let heading = fit(&heading, capabilities.width).into_owned();
        push!(out, "\n{}\n", capabilities.paint(Role::Title, &heading));
        for (place, (variant, series)) in bench.variants.iter().zip(&measured.series).enumerate() {
            push_series(&mut out, variant, series, capabilities);
            if place > 0 && series.failure.is_none() {
                let compared = compared(bench, measured, place);
                push!(out, "    {}\n", fit(&compared, capabilities.width.saturating_sub(4)));
            }
        }
    }
    if !bench.left.is_empty() {
        out.push('\n');
    }
    for left in &bench.left {
        let said = format!("{}: {}", text(&left.name), text(&left.reason));
        push_wrapped(&mut out, "left out", &said, capabilities);
    }
    out
}

/// `5 runs each after 1 that is not counted; medians with 95 % intervals`.
pub(super) fn how(bench: &Bench) -> String {
    let runs = units::counted(bench.runs as u64, "run", "runs");
    let warmup = match bench.warmup {
        0 => String::new(),
        1 => " after 1 that is not counted".to_owned(),
        count => format!(" after {count} that are not counted"),
    };
    format!("{runs} each{warmup}; the median in seconds, and where it lies in 19 of 20 benches")
}

fn push_series(out: &mut String, variant: &Variant, series: &Series, capabilities: &Capabilities) {
    let name = format!("{:<NAME$}", fit(&text(&variant.name), NAME));
    let seconds = series.seconds();
    if let Some(middle) = median(&seconds) {
        let (least, most) = ends(&seconds);
        let interval = series.interval().map_or_else(|| "-".to_owned(), |it| between(&it));
        let steps = steps(series);
        let line = format!(
            "  {name} {:>6}  {interval:<14}  min {} max {}  {steps}",
            number(middle),
            number(least),
            number(most)
        );
        push!(out, "{}\n", fit(&line, capabilities.width));
        let far = outliers(&seconds);
        if !far.is_empty() {
            let far: Vec<String> = far.iter().map(|place| far_off(&seconds, *place)).collect();
            push!(out, "    {}\n", fit(&far.join(", "), capabilities.width.saturating_sub(4)));
        }
    } else if series.failure.is_none() {
        push!(out, "  {name} {:>6}\n", "-");
    }
    if let Some(failure) = &series.failure {
        push!(out, "  {name} {}\n", capabilities.paint(Role::Wrong, "failed"));
        let lines = failure.lines().map(text);
        for line in lines.flat_map(|line| wrapped(&line, capabilities.width.saturating_sub(4))) {
            push!(out, "    {line}\n");
        }
    }
}

/// `outlier 5.10 in run 3`.
pub(super) fn far_off(seconds: &[Seconds], place: usize) -> String {
    format!("outlier {} in run {}", number(seconds[place]), place + 1)
}

/// `3/5 reused`, of the last run: all of a scenario are alike.
pub(super) fn steps(series: &Series) -> String {
    let Some(last) = series.runs.last() else { return String::new() };
    format!("{}/{} reused", last.cached, last.cached + last.ran)
}

/// How a variant compares with the first, in words.
pub(super) fn compared(bench: &Bench, measured: &Measured, place: usize) -> String {
    let first = bench.variants.first().map(|first| text(&first.name)).unwrap_or_default();
    match bench.comparison(measured, place) {
        Comparison::Unknown => "too few runs to compare".to_owned(),
        Comparison::Differs(ratio) => {
            format!("{} times {first} ({})", times(ratio.value), bounds(&ratio))
        }
        Comparison::Alike(ratio) => {
            format!("no difference seen from {first} ({} times)", bounds(&ratio))
        }
        Comparison::Unsure(ratio) => {
            format!("perhaps {} times {first}: --runs takes more to be sure", times(ratio.value))
        }
    }
}

/// What a scenario does before each build.
pub(super) fn what(scenario: &Scenario) -> String {
    match &scenario.change {
        Change::Nothing => "nothing is changed".to_owned(),
        Change::Edit { path, edit } => format!("{} {path}", edit.said()),
        Change::Argument(name) => format!("another value of {name}"),
        Change::Cold => {
            "built with --no-cache; base images, and a WORKDIR on one, may be reused".to_owned()
        }
        Change::Shell(command) => {
            let mut lines = command.trim().lines();
            let first = lines.next().unwrap_or_default().to_owned();
            if lines.next().is_some() { first + " …" } else { first }
        }
    }
}

pub(super) fn ends(seconds: &[Seconds]) -> (Seconds, Seconds) {
    let first = seconds.first().copied().unwrap_or_default();
    let least = |a: Seconds, b: &Seconds| if *b < a { *b } else { a };
    (seconds.iter().fold(first, least), seconds.iter().copied().fold(first, Seconds::max))
}

pub(super) fn between(interval: &Interval) -> String {
    let [low, high] = [interval.low, interval.high].map(|it| number(Seconds::new(it)));
    format!("{low} to {high}")
}

fn bounds(ratio: &Ratio) -> String {
    format!("{} to {}", times(ratio.interval.low), times(ratio.interval.high))
}

/// Seconds with three digits or more.
pub(super) fn number(seconds: Seconds) -> String {
    digits(seconds.get())
}

fn times(ratio: f64) -> String {
    digits(ratio)
}

fn digits(value: f64) -> String {
    match value {
        0.0..0.995 => format!("{value:.3}"),
        0.995..9.995 => format!("{value:.2}"),
        9.995..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// One line a run: `scenario,variant,run,seconds,cached_steps,run_steps,partial,failure`, and after
/// those of a variant that failed one with why, that has no run. `partial` is `yes` in all where it
/// ended before all was measured.
pub fn bench_csv(bench: &Bench) -> String {
    let mut out =
        "scenario,variant,run,seconds,cached_steps,run_steps,partial,failure\n".to_owned();
    let partial = yes(bench.is_partial);
    for measured in &bench.measured {
        for (variant, series) in bench.variants.iter().zip(&measured.series) {
            let of = format!("{},{}", field(&measured.scenario.name), field(&variant.name));
            for (place, run) in series.runs.iter().enumerate() {
                let (seconds, cached, ran) = (run.seconds.get(), run.cached, run.ran);
                push!(out, "{of},{},{seconds:.6},{cached},{ran},{partial},\n", place + 1);
            }
            if let Some(failure) = &series.failure {
                push!(out, "{of},,,,,{partial},{}\n", field(&one_line(failure)));
            }
        }
    }
    out
}

/// A truth as a field.
pub(super) const fn yes(is_it: bool) -> &'static str {
    if is_it { "yes" } else { "no" }
}

/// The lines of a failure after one another.
pub(super) fn one_line(failure: &str) -> String {
    failure.lines().map(text).collect::<Vec<_>>().join("; ")
}

/// A text as a field of RFC 4180.
pub(super) fn field(raw: &str) -> String {
    // What begins like a formula would be one to a spreadsheet.
    let lead = if raw.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if lead.is_empty() && !raw.contains([',', '"', '\n', '\r']) {
        return raw.to_owned();
    }
    format!("\"{lead}{}\"", raw.replace('"', "\"\""))
}

/// A table for each scenario.
pub fn bench_markdown(bench: &Bench) -> String {
    let mut out = String::new();
    push!(out, "{}.\n", how(bench));
    if bench.is_partial {
        out.push_str("\n**Partial:** it ended before all was measured.\n");
    }
    for measured in &bench.measured {
        let scenario = &measured.scenario;
        push!(out, "\n{}: {}\n\n", code(&scenario.name), code(&what(scenario)));
        out.push_str("| variant | median | interval | min | max | reused | compared |\n");
        out.push_str("| --- | ---: | --- | ---: | ---: | ---: | --- |\n");
        for (place, (variant, series)) in bench.variants.iter().zip(&measured.series).enumerate() {
            push!(out, "| {} ", cell(&code(&variant.name)));
            push_row(&mut out, bench, measured, place, series);
        }
    }
    let failed = failed(bench);
    if !failed.is_empty() {
        push!(out, "\nFailed:\n\n{}", failed.concat());
    }
    if !bench.left.is_empty() {
        out.push_str("\nLeft out:\n\n");
    }
    for left in &bench.left {
        push!(out, "- {}: {}\n", code(&left.name), code(&left.reason));
    }
    out
}

/// An item for each variant of a scenario that failed, with why.
fn failed(bench: &Bench) -> Vec<String> {
    let mut items = Vec::new();
    for measured in &bench.measured {
        for (variant, series) in bench.variants.iter().zip(&measured.series) {
            let Some(failure) = &series.failure else { continue };
            let (scenario, variant) = (code(&measured.scenario.name), code(&variant.name));
            items.push(format!("- {scenario}, {variant}: {}\n", code(&one_line(failure))));
        }
    }
    items
}

fn push_row(out: &mut String, bench: &Bench, measured: &Measured, place: usize, series: &Series) {
    let seconds = series.seconds();
    let Some(middle) = median(&seconds) else {
        let why = if series.failure.is_some() { "failed" } else { "-" };
        push!(out, "| - | - | - | - | - | {why} |\n");
        return;
    };
    let (least, most) = ends(&seconds);
    let compared = match (&series.failure, place, bench.comparison(measured, place)) {
        (Some(_), ..) => "failed".to_owned(),
        (None, 0, _) => "-".to_owned(),
        (None, _, Comparison::Unknown) => "too few runs".to_owned(),
        (None, _, Comparison::Differs(ratio)) => {
            format!("{} times ({})", times(ratio.value), bounds(&ratio))
        }
        (None, _, Comparison::Unsure(ratio)) => {
            format!("perhaps {} times, too few runs", times(ratio.value))
        }
        (None, _, Comparison::Alike(ratio)) => format!("no difference seen ({})", bounds(&ratio)),
    };
    let interval = series.interval().map_or_else(|| "-".to_owned(), |it| between(&it));
    push!(
        out,
        "| {} | {interval} | {} | {} | {} | {compared} |\n",
        number(middle),
        number(least),
        number(most),
        steps(series).trim_end_matches(" reused")
    );
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bench::{Builder, Edit, Left, Run};
    use crate::context::ContextPath;

    fn variant(name: &str, builder: Builder) -> Variant {
        Variant { name: name.into(), dockerfile: "Dockerfile".into(), is_optimized: false, builder }
    }

    fn series(seconds: &[f64], cached: usize, ran: usize) -> Series {
        let run = |seconds: &f64| Run { seconds: Seconds::new(*seconds), cached, ran };
        Series { runs: seconds.iter().map(run).collect(), ..Series::default() }
    }

    pub(in crate::report) fn sketch() -> Bench {
        let path = ContextPath::new("src/\u{1b}[31m.py");
        let edit = Change::Edit { path, edit: Edit::Comment("# ", "") };
        let scenario = |name: &str, change| Scenario { name: name.to_owned(), change };
        let broken = Series {
            failure: Some("it ended with 1\nerror: \u{1b}[2J the build failed".to_owned()),
            ..Series::default()
        };
        Bench {
            variants: vec![
                variant("Dockerfile", Builder::Smartbuild),
                variant("Dockerfile, optimized", Builder::Smartbuild),
                variant("Dockerfile, docker", Builder::Docker),
            ],
            measured: vec![
                Measured {
                    scenario: scenario("edit source", edit),
                    series: vec![
                        series(&[40.2, 41.0, 39.9, 40.4, 62.0], 2, 3),
                        series(&[3.2, 3.1, 3.3, 3.15, 3.22], 4, 1),
                        series(&[40.9, 40.1, 40.6, 39.8, 41.3], 2, 3),
                    ],
                },
                Measured {
                    scenario: scenario("=1+1, \"quoted\"", Change::Shell("a\nb".into())),
                    series: vec![series(&[0.21], 5, 0), broken, Series::default()],
                },
            ],
            left: vec![Left {
                name: "edit manifest".to_owned(),
                reason: "no step reads a dependency manifest".to_owned(),
            }],
            runs: 5,
            warmup: 1,
            is_partial: true,
        }
    }

    #[test]
    fn what_was_measured_fits_eighty_columns() {
        let told = bench(&sketch(), &Capabilities::PLAIN);
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        insta::assert_snapshot!(told);
    }

    #[test]
    fn what_was_measured_as_a_spreadsheet_reads_it() {
        insta::assert_snapshot!(bench_csv(&sketch()));
    }

    #[test]
    fn what_was_measured_as_markdown() {
        insta::assert_snapshot!(bench_markdown(&sketch()));
    }

    #[test]
    fn what_was_measured_for_machines() {
        insta::assert_json_snapshot!(crate::report::json::bench(&sketch()));
    }
}
