//! How long rebuilds took, as a page.

use super::chart::Caption;
use super::document;
use super::points::{Group, Point, points};
use super::sentences::sentences;
use super::timed::{timed, untold};
use super::timeline::chosen::Timelines;
use super::{Fate, Table};
use crate::Seconds;
use crate::bench::statistics::{median, outliers};
use crate::bench::{Bench, Measured, Series, Variant};
use crate::report::bench::{between, compared, ends, far_off, how, number, one_line, steps, what};
use crate::report::escape::text;
use crate::report::units;

/// The page of a bench.
pub fn bench(bench: &Bench) -> String {
    let of = bench.variants.first().map(|first| text(&first.dockerfile)).unwrap_or_default();
    let title = format!("How long rebuilds of {of} take");
    let mut lead = vec![format!("{}.", how(bench))];
    if bench.is_partial {
        lead.push("Partial: it ended before all was measured.".to_owned());
    }
    let mut parts = Vec::new();
    let groups: Vec<Group> = bench
        .measured
        .iter()
        .map(|it| group(bench, it))
        .filter(|it| !it.points.is_empty())
        .collect();
    if !groups.is_empty() {
        let caption = Caption {
            title: "Scenarios",
            says: "The median time of a build after each change, each variant with its own shape. \
                   The line through it is where the median lies in 19 of 20 benches; \
                   its table is in seconds.",
        };
        parts.push(points(&caption, &groups, &table(bench)));
    }
    parts.extend(timelines(bench).markup("Timelines of the last runs", untold));
    parts.extend(sentences("Not measured", not_measured(bench)));
    document(&title, &lead, &parts)
}

/// The last run of each variant in each scenario.
fn timelines(bench: &Bench) -> Timelines {
    let mut builds = Vec::new();
    for (scenario, measured) in bench.measured.iter().enumerate() {
        for (place, (variant, series)) in bench.variants.iter().zip(&measured.series).enumerate() {
            let Some(last) = &series.last else { continue };
            let id = format!("run-{scenario}-{place}");
            let (name, of) = (text(&measured.scenario.name), text(&variant.name));
            builds.push(timed(
                id,
                format!("{name}, {of}: {} s", number(last.seconds)),
                last,
                false,
            ));
        }
    }
    Timelines::of(builds)
}

fn group(bench: &Bench, measured: &Measured) -> Group {
    let name = format!("{}: {}", text(&measured.scenario.name), text(&what(&measured.scenario)));
    let drawn = bench.variants.iter().zip(&measured.series).enumerate();
    let points = drawn.filter_map(|(place, (variant, series))| {
        let seconds = series.seconds();
        let middle = median(&seconds)?;
        let interval = series.interval().map(|it| (Seconds::new(it.low), Seconds::new(it.high)));
        let name = text(&variant.name).into_owned();
        let words = words(bench, measured, place, &seconds);
        Some(Point { name, variant: place, seconds: middle, interval, words })
    });
    Group { points: points.collect(), name: Some(name) }
}

/// What is said of a point: what it is, how far the runs lie apart, what was reused, and how it
/// compares.
fn words(bench: &Bench, measured: &Measured, place: usize, seconds: &[Seconds]) -> String {
    let series = &measured.series[place];
    let mut words =
        format!("{}, {}\n", text(&bench.variants[place].name), text(&measured.scenario.name));
    push!(words, "median {} s", median(seconds).map(number).unwrap_or_default());
    if let Some(interval) = series.interval() {
        push!(words, ", {}", between(&interval));
    }
    let (least, most) = ends(seconds);
    push!(
        words,
        "; {} from {} to {}",
        units::counted(seconds.len() as u64, "run", "runs"),
        number(least),
        number(most)
    );
    for far in outliers(seconds) {
        push!(words, "; {}", far_off(seconds, far));
    }
    push!(words, "\n{}", steps(series));
    if let Some(failure) = &series.failure {
        push!(words, "\nthen {}", one_line(failure));
    } else if place > 0 {
        push!(words, "\n{}", compared(bench, measured, place));
    }
    words
}

fn table(bench: &Bench) -> Table {
    let headings =
        vec!["Scenario", "Variant", "Median", "Interval", "Least", "Most", "Reused", "Compared"];
    let mut rows = Vec::new();
    for measured in &bench.measured {
        for (place, (variant, series)) in bench.variants.iter().zip(&measured.series).enumerate() {
            rows.extend(row(bench, measured, place, variant, series));
        }
    }
    Table { headings, rows }
}

/// The row of a point, with seconds in its middle.
fn row(
    bench: &Bench,
    measured: &Measured,
    place: usize,
    variant: &Variant,
    series: &Series,
) -> Option<Vec<String>> {
    let dash = || "-".to_owned();
    let seconds = series.seconds();
    let middle = median(&seconds)?;
    let (least, most) = ends(&seconds);
    let compared = match &series.failure {
        Some(_) => Fate::Failed.word().to_owned(),
        None if place == 0 => dash(),
        None => compared(bench, measured, place),
    };
    Some(vec![
        text(&measured.scenario.name).into_owned(),
        text(&variant.name).into_owned(),
        number(middle),
        series.interval().map_or_else(dash, |it| between(&it)),
        number(least),
        number(most),
        steps(series).trim_end_matches(" reused").to_owned(),
        compared,
    ])
}

/// Every scenario and every variant of one that has no time, or fewer than were wanted, and why.
fn not_measured(bench: &Bench) -> Vec<String> {
    let mut said = Vec::new();
    for measured in &bench.measured {
        for (variant, series) in bench.variants.iter().zip(&measured.series) {
            let why = match &series.failure {
                Some(failure) => one_line(failure),
                None if series.runs.is_empty() => "it ended before a run was timed".to_owned(),
                None => continue,
            };
            let (scenario, variant) = (text(&measured.scenario.name), text(&variant.name));
            said.push(format!("{scenario}, {variant}: {why}."));
        }
    }
    said.extend(
        bench.left.iter().map(|left| format!("{}: {}.", text(&left.name), text(&left.reason))),
    );
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Run;
    use crate::report::bench::tests::sketch;

    fn marks(page: &str) -> usize {
        page.matches(" data-mark").count()
    }

    #[test]
    fn each_variant_has_a_point_in_each_scenario_where_it_was_timed() {
        let page = bench(&sketch());
        assert_eq!(marks(&page), 4);
        assert_eq!(page.matches("<tr>").count(), 5, "a heading, and a row for each point");
        // Three that were timed often enough have a line with two ends each.
        assert_eq!(page.matches("<line class=\"interval\"").count(), 9);
        assert!(page.contains("<h1>How long rebuilds of Dockerfile take</h1>"), "{page}");
        assert!(page.contains("Partial: it ended before all was measured."), "{page}");
        let told = "Dockerfile, edit source\nmedian 40.4 s, 39.9 to 62.0; 5 runs from 39.9 to \
                    62.0; outlier 62.0 in run 5\n2/5 reused\"";
        assert!(page.contains(told), "{page}");
        assert!(page.contains("\n4/5 reused\n0.079 times Dockerfile ("), "{page}");
    }

    #[test]
    fn what_was_not_measured_is_said_with_its_reason() {
        let page = bench(&sketch());
        let failed = "<p>=1+1, &quot;quoted&quot;, Dockerfile, optimized: it ended with 1; \
                      error: \\u{1b}[2J the build failed.</p>";
        assert!(page.contains(failed), "{page}");
        assert!(
            page.contains("Dockerfile, docker: it ended before a run was timed.</p>"),
            "{page}"
        );
        let left = "<p>edit manifest: no step reads a dependency manifest.</p>";
        assert!(page.contains(left), "{page}");
    }

    #[test]
    fn a_point_keeps_its_shape_where_the_variant_before_it_failed() {
        let mut of = sketch();
        let run = Run { seconds: Seconds::new(0.3), cached: 5, ran: 0 };
        of.measured[1].series[2].runs.push(run);
        let groups = group(&of, &of.measured[1]);
        let places: Vec<usize> = groups.points.iter().map(|point| point.variant).collect();
        assert_eq!(places, [0, 2]);
    }

    #[test]
    fn a_bench_without_a_run_has_no_chart() {
        let mut of = sketch();
        of.measured.clear();
        let page = bench(&of);
        assert_eq!(marks(&page), 0);
        assert!(!page.contains("<figure"), "{page}");
    }
}
