//! Expected against measured seconds of commits, by project and by what was committed.

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// A commit that was forecast and built.
#[derive(Clone, Debug)]
struct Commit {
    project: &'static str,
    subject: String,
    expected: f64,
    measured: f64,
    /// Whether it runs steps that were never timed before: then it does not count.
    is_guess: bool,
}

/// All commits.
#[derive(Debug, Default)]
pub(super) struct Figures(Vec<Commit>);

impl Commit {
    /// The distance as a share of what it took.
    fn error(&self) -> f64 {
        (self.expected - self.measured).abs() / self.measured.max(f64::MIN_POSITIVE)
    }
}

impl Figures {
    /// Takes what a replay says of a project.
    ///
    /// # Errors
    ///
    /// When it says nothing of a commit, or one does not build.
    pub(super) fn add(&mut self, project: &'static str, replay: &Value) -> Result<()> {
        let subjects = replay["commits"].as_array().context("a replay without commits")?;
        let builds = replay["variants"][0]["builds"].as_array();
        for (commit, build) in subjects.iter().zip(builds.context("a replay without builds")?) {
            let number = |name: &str| build[name].as_f64();
            ensure!(build["built"] == true, "a commit of {project} does not build: {build}");
            self.0.push(Commit {
                project,
                subject: commit["subject"].as_str().unwrap_or_default().to_owned(),
                expected: number("expected_seconds")
                    .context("a commit that nothing was expected of")?,
                measured: number("seconds").context("a commit without a time")?,
                is_guess: build["untimed_steps"] != 0,
            });
        }
        Ok(())
    }

    /// What the last project came to, in a line.
    pub(super) fn last(&self) -> String {
        let last = self.0.last().map_or("", |commit| commit.project);
        self.row(last, |commit| commit.project == last)
    }

    /// The part of the results.
    pub(super) fn table(&self, seed: u64) -> String {
        let mut text = format!(
            "`smartbuild bench --last` over commits of copies of the examples, drawn by the seed \
             {seed}: edits of the source, of the manifest, of the documentation and of the \
             Dockerfile, commits that are taken back, and in the middle of each history the rewrite \
             of `smartbuild optimize`. Each commit was forecast from the records of those before it \
             alone, and then built; the error is the distance as a share of what it took. A commit \
             does not count where it runs a step that was never timed before. The packages are in \
             the base images, so that no network is measured.\n\n\
             | project | built | counted | took | expected | median error |\n\
             | --- | ---: | ---: | ---: | ---: | ---: |\n"
        );
        let mut projects: Vec<&str> = Vec::new();
        for commit in &self.0 {
            if !projects.contains(&commit.project) {
                projects.push(commit.project);
            }
        }
        for project in projects {
            text.push_str(&self.row(project, |commit| commit.project == project));
            text.push('\n');
        }
        text.push_str(&self.row("all", |_| true));
        text.push_str("\n\n| commit | counted | median error |\n| --- | ---: | ---: |\n");
        let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for commit in self.0.iter().filter(|commit| !commit.is_guess) {
            kinds.entry(&commit.subject).or_default().push(commit.error());
        }
        for (kind, errors) in kinds {
            // Writing to a string never fails.
            let _ = writeln!(text, "| {kind} | {} | {} |", errors.len(), percent(errors.clone()));
        }
        text
    }

    /// Those that fit, as a row: what they took and were expected to take of those that count.
    fn row(&self, name: &str, fits: impl Fn(&Commit) -> bool) -> String {
        let all: Vec<&Commit> = self.0.iter().filter(|commit| fits(commit)).collect();
        let counted: Vec<&&Commit> = all.iter().filter(|commit| !commit.is_guess).collect();
        let sum = |of: fn(&Commit) -> f64| counted.iter().map(|it| of(it)).sum::<f64>();
        let (measured, expected) = (sum(|it| it.measured), sum(|it| it.expected));
        let error = percent(counted.iter().map(|commit| commit.error()).collect());
        let (built, counted) = (all.len(), counted.len());
        format!("| {name} | {built} | {counted} | {measured:.1} s | {expected:.1} s | {error} |")
    }
}

/// The middle value as a percentage, or the mean of the two in the middle.
fn percent(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let middle = match values.len() {
        0 => return "-".to_owned(),
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    };
    format!("{:.0} %", middle * 100.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn guesses_are_told_and_not_counted() {
        let build = |expected: f64, seconds: f64, untimed: u64| {
            json!({"built": true, "seconds": seconds, "expected_seconds": expected,
                "untimed_steps": untimed})
        };
        let replay = json!({
            "commits": [{"subject": "the example"}, {"subject": "edit"}, {"subject": "edit"}],
            "variants": [{"builds": [build(0.0, 9.0, 3), build(2.2, 2.0, 0), build(1.2, 2.0, 0)]}],
        });
        let mut figures = Figures::default();
        figures.add("Flask", &replay).unwrap();
        assert_eq!(figures.last(), "| Flask | 3 | 2 | 4.0 s | 3.4 s | 25 % |");
        figures.add("Node", &replay).unwrap();
        let table = figures.table(1);
        for line in ["| all | 6 | 4 | 8.0 s | 6.8 s | 25 % |", "| edit | 4 | 25 % |"] {
            assert!(table.lines().any(|it| it == line), "{table}");
        }
        let failed = json!({"commits": [{}], "variants": [{"builds": [{"built": false}]}]});
        assert!(figures.add("Go", &failed).is_err());
    }
}
