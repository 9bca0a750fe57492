//! Rebuilds of the examples as they are and as `smartbuild optimize` writes them.

use std::{fmt::Write as _, process::Command};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    Bench,
    examples::{Copied, Example},
    say,
};
use crate::{base_image, command, engine::Engine};

/// The heading of its part of the results.
pub(super) const TITLE: &str = "Rebuilds before and after `smartbuild optimize`";

/// Fewer runs than these say little.
const FEWEST: usize = 5;

/// Measures every scenario of every example with both Dockerfiles in turn, and gives the table.
///
/// # Errors
///
/// When an example cannot be copied or built, or nothing in it is bettered.
pub(super) fn measure(bench: &Bench, engine: &Engine, examples: &[&Example]) -> Result<String> {
    let runs = bench.rounds.max(FEWEST).to_string();
    let mut text = format!(
        "`smartbuild bench --optimized --runs {runs}` in a copy of each example: a real build after \
         each change, both Dockerfiles in turn; medians, and the ratio with its interval of 95 % \
         over all scenarios of an example. Packages come over the network.\n\n\
         | example | scenario | before | after | after / before |\n\
         | --- | --- | ---: | ---: | --- |\n"
    );
    for example in examples {
        say(&format!("{}, before and after optimize", example.name));
        base_image::import(engine, example.base, &[])?;
        let directory = bench.directory.path().join("rebuilds");
        std::fs::create_dir_all(&directory).context("cannot make a directory")?;
        let copied = Copied::make(example, &directory)?;
        copied.commit("the example")?;
        let mut program = Command::new(&bench.program);
        program
            .args(["bench", "--optimized", "--format", "json", "--runs", &runs, "."])
            .current_dir(copied.path())
            .env("SMARTBUILD_CACHE_DIR", bench.store())
            .env("DOCKER_HOST", engine.docker_host())
            .env_remove("DOCKER_CONTEXT");
        let found: Value = serde_json::from_str(&command::output(&mut program)?)
            .context("`smartbuild bench` printed no JSON")?;
        text.push_str(&rows(example, &found)?);
    }
    Ok(text)
}

/// A row for each scenario that both have.
fn rows(example: &Example, found: &Value) -> Result<String> {
    let scenarios = |variant: usize| {
        found["variants"][variant]["scenarios"]
            .as_array()
            .with_context(|| format!("nothing in {} is bettered", example.name))
    };
    let mut rows = String::new();
    for (before, after) in scenarios(0)?.iter().zip(scenarios(1)?) {
        let seconds = |scenario: &Value| match scenario["median"].as_f64() {
            Some(seconds) => format!("{seconds:.2} s"),
            None => "failed".to_owned(),
        };
        let ratio = &after["ratio"];
        let ratio = match (ratio["value"].as_f64(), ratio["low"].as_f64(), ratio["high"].as_f64()) {
            (Some(value), Some(low), Some(high)) => {
                let seen = match ratio["difference"].as_bool() {
                    Some(true) => "",
                    Some(false) => ", no difference seen",
                    None => ", too few runs to be sure",
                };
                format!("{value:.2} ({low:.2} to {high:.2}){seen}")
            }
            _ => "-".to_owned(),
        };
        let name = before["name"].as_str().unwrap_or_default();
        let (what, before, after) = (example.what, seconds(before), seconds(after));
        // Writing to a string never fails.
        let _ = writeln!(rows, "| {what} | {name} | {before} | {after} | {ratio} |");
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::examples::EXAMPLES;

    #[test]
    fn a_scenario_is_a_row_with_what_is_seen_of_it() {
        let of = |name: &str, median: Value, ratio: Value| json!({"name": name, "median": median, "ratio": ratio});
        let ratio = |difference: Value| json!({"value": 0.5, "low": 0.4, "high": 0.6, "difference": difference});
        let scenarios = |ratio: &dyn Fn(Value) -> Value| {
            json!({"scenarios": [
                of("edit source", json!(4.0), ratio(json!(true))),
                of("cold", json!(9.5), ratio(json!(false))),
                of("edit manifest", Value::Null, Value::Null),
            ]})
        };
        let found = json!({"variants": [scenarios(&|_| Value::Null), scenarios(&ratio)]});
        assert_eq!(
            rows(&EXAMPLES[0], &found).unwrap(),
            "| Flask with pip | edit source | 4.00 s | 4.00 s | 0.50 (0.40 to 0.60) |\n\
             | Flask with pip | cold | 9.50 s | 9.50 s | 0.50 (0.40 to 0.60), no difference seen |\n\
             | Flask with pip | edit manifest | failed | failed | - |\n"
        );
        let error = rows(&EXAMPLES[1], &json!({"variants": []})).unwrap_err().to_string();
        assert!(error.contains("nothing in node-app is bettered"), "{error}");
    }
}
