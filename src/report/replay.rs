//! What a replay of commits has measured, for people and for spreadsheets.

use super::bench::{field, number, one_line, yes};
use super::escape::{fit, text, wrapped};
use super::forecast::push_wrapped;
use super::impact::markdown::{cell, code};
use super::style::{Capabilities, Role};
use super::units;
use crate::Seconds;
use crate::bench::statistics::median;
use crate::bench::{Expected, ModelError, Outcome, Replay, Replayed, Timed};

/// Columns of the longest name of a variant that is not cut.
const NAME: usize = 30;

/// Each commit with a line for each variant, then what each variant cost. Ends with a line end.
pub fn replay(replay: &Replay, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    push_wrapped(&mut out, "replay  ", &how(replay), capabilities);
    if replay.is_partial {
        push_wrapped(&mut out, "partial ", &partial(replay), capabilities);
    }
    for commit in &replay.commits {
        let heading = format!("{} {}", text(&commit.short_id), text(&commit.subject));
        let heading = fit(&heading, capabilities.width).into_owned();
        push!(out, "\n{}\n", capabilities.paint(Role::Title, &heading));
        for (variant, build) in replay.variants.iter().zip(&commit.builds) {
            let name = format!("{:<NAME$}", fit(&text(&variant.name), NAME));
            match build {
                Some(Outcome::Built(timed)) => {
                    let run = timed.run();
                    let steps = run.cached + run.ran;
                    let seconds = number(timed.seconds);
                    let expected = expected(replay, timed);
                    push!(
                        out,
                        "  {name} {seconds:>6} s  {}/{steps} reused{expected}\n",
                        run.cached
                    );
                }
                Some(Outcome::Failed(why)) => {
                    let failed = capabilities.paint(Role::Wrong, "does not build");
                    push!(out, "  {name} {failed}\n");
                    let width = capabilities.width.saturating_sub(4);
                    for line in why.lines().map(text).flat_map(|line| wrapped(&line, width)) {
                        push!(out, "    {line}\n");
                    }
                }
                None => push!(out, "  {name} {:>6}\n", "-"),
            }
        }
    }
    out.push('\n');
    for (place, variant) in replay.variants.iter().enumerate() {
        let said = format!("{}: {}", text(&variant.name), cost(replay, place));
        push_wrapped(&mut out, "cost    ", &said, capabilities);
    }
    for (place, variant) in replay.variants.iter().enumerate() {
        if let Some(said) = model(replay, place) {
            let said = format!("{}: {said}", text(&variant.name));
            push_wrapped(&mut out, "model   ", &said, capabilities);
        }
    }
    out
}

/// `4 commits, each built once after the one before it; the first reuses nothing`.
pub(super) fn how(replay: &Replay) -> String {
    let commits = units::counted(replay.wanted as u64, "commit", "commits");
    if replay.is_expected {
        return format!(
            "{commits}, nothing built: what each is expected to take after the one before it; the \
             first reuses nothing"
        );
    }
    format!("{commits}, each built once after the one before it; the first reuses nothing")
}

/// What was expected of a build, or recorded of it where it is not built now: `, 1.20 s expected`.
fn expected(replay: &Replay, timed: &Timed) -> String {
    let Some(Expected { seconds, untimed }) = timed.expected else { return String::new() };
    let steps = || units::counted(untimed as u64, "step", "steps");
    match (replay.is_expected, untimed) {
        (true, 0) => match timed.recorded {
            Some(recorded) => format!(", {} s recorded", number(recorded.seconds)),
            None => String::new(),
        },
        (false, 0) => format!(", {} s expected", number(seconds)),
        (true, _) => format!(", {} guessed", steps()),
        (false, _) => format!(", {} never timed", steps()),
    }
}

/// How far the model is from what was measured, and how much of it is a guess.
pub(super) fn model(replay: &Replay, variant: usize) -> Option<String> {
    let mut said = Vec::new();
    let of = |count: usize| units::counted(count as u64, "commit", "commits");
    if let Some(ModelError { median, counted, guessed }) = replay.model_error(variant) {
        let built = if replay.is_expected { " built here before" } else { "" };
        if let Some(share) = median {
            let (percent, commits) = (share * 100.0, of(counted));
            said.push(format!("off by {percent:.0} % in the median of {commits}{built}"));
        }
        if guessed > 0 {
            let commits = of(guessed);
            said.push(format!("not counted: {commits} with steps that were never timed before"));
        }
    }
    let builds = replay.commits.iter().filter_map(|commit| commit.built(variant)?.expected);
    let guessed = builds.filter(|expected| expected.untimed > 0).count();
    if replay.is_expected && guessed > 0 {
        let commits = of(guessed);
        said.push(format!(
            "{commits} with steps that were never timed here: such steps count as what their \
             commands usually take"
        ));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// How far a replay came that ended early.
pub(super) fn partial(replay: &Replay) -> String {
    let done = replay.commits.iter().filter(|commit| commit.is_done()).count();
    let begun = replay.commits.len() - done;
    let mut said = format!(
        "it ended early: {} of {} commits are below",
        units::count(done as u64),
        units::count(replay.wanted as u64)
    );
    if begun > 0 {
        said.push_str(", and one that was begun");
    }
    said
}

/// What a variant has cost, in words.
pub(super) fn cost(replay: &Replay, variant: usize) -> String {
    let cost = replay.cost(variant);
    let seconds: Vec<Seconds> = replay
        .commits
        .iter()
        .filter_map(|commit| commit.built(variant))
        .map(|timed| timed.seconds)
        .collect();
    let built = units::counted(cost.built as u64, "commit", "commits");
    let mut said = format!("{} s for {built}", number(cost.seconds));
    if let Some(middle) = median(&seconds) {
        push!(said, ", the median {} s", number(middle));
    }
    push!(said, "; {} of {} steps reused", cost.reused, cost.reused + cost.ran);
    if cost.failed > 0 {
        let verb = if cost.failed == 1 { "commit does" } else { "commits do" };
        push!(said, "; {} {verb} not build", units::count(cost.failed as u64));
    }
    if replay.variants.len() > 1 && cost.shared != cost.built {
        let (seconds, count) = (number(cost.shared_seconds), units::count(cost.shared as u64));
        push!(said, "; {seconds} s for the {count} that all variants have built");
    }
    said
}

/// One line a build: `commit,variant,built,seconds,cached_steps,run_steps,expected_seconds,`
/// `untimed_steps,partial,failure`. `partial` is `yes` in all where it ended early.
pub fn replay_csv(replay: &Replay) -> String {
    let mut out = "commit,variant,built,seconds,cached_steps,run_steps,expected_seconds,\
                   untimed_steps,partial,failure\n"
        .to_owned();
    let partial = yes(replay.is_partial);
    for commit in &replay.commits {
        for (variant, build) in replay.variants.iter().zip(&commit.builds) {
            let name = field(&variant.name);
            match build {
                Some(Outcome::Built(timed)) => {
                    let run = timed.run();
                    let seconds = format!("{:.6}", timed.seconds.get());
                    let built = if replay.is_expected {
                        "expected,".to_owned()
                    } else {
                        format!("yes,{seconds}")
                    };
                    let expected = timed.expected.map_or_else(
                        || ",".to_owned(),
                        |it| format!("{:.6},{}", it.seconds.get(), it.untimed),
                    );
                    let (id, cached, ran) = (&commit.id, run.cached, run.ran);
                    push!(out, "{id},{name},{built},{cached},{ran},{expected},{partial},\n");
                }
                Some(Outcome::Failed(why)) => {
                    let why = field(&one_line(why));
                    push!(out, "{},{name},no,,,,,,{partial},{why}\n", commit.id);
                }
                None => {}
            }
        }
    }
    out
}

/// A table with a line for each commit and a column for each variant.
pub fn replay_markdown(replay: &Replay) -> String {
    let mut out = format!("{}.\n", how(replay));
    if replay.is_partial {
        push!(out, "\n**Partial:** {}.\n", partial(replay));
    }
    out.push_str("\n| commit | |");
    for variant in &replay.variants {
        push!(out, " {} |", cell(&code(&variant.name)));
    }
    push!(out, "\n| --- | --- |{}\n", " ---: |".repeat(replay.variants.len()));
    for commit in &replay.commits {
        push!(out, "| {} | {} |", cell(&code(&commit.short_id)), cell(&code(&commit.subject)));
        for variant in 0..replay.variants.len() {
            push!(out, " {} |", said(commit, variant));
        }
        out.push('\n');
    }
    out.push('\n');
    for (commit, variant, why) in replay.failures() {
        let (id, name) = (code(&commit.short_id), code(&variant.name));
        push!(out, "- {id}, {name} does not build: {}\n", code(&one_line(why)));
    }
    for (place, variant) in replay.variants.iter().enumerate() {
        push!(out, "- {}: {}\n", code(&variant.name), cost(replay, place));
        if let Some(said) = model(replay, place) {
            push!(out, "- {}, the model: {said}\n", code(&variant.name));
        }
    }
    out
}

/// `1.20 s, 3/5 reused`.
pub(super) fn said(commit: &Replayed, variant: usize) -> String {
    match commit.builds.get(variant) {
        Some(Some(Outcome::Built(timed))) => {
            let run = timed.run();
            let steps = run.cached + run.ran;
            format!("{} s, {}/{steps} reused", number(timed.seconds), run.cached)
        }
        Some(Some(Outcome::Failed(_))) => "does not build".to_owned(),
        Some(None) | None => "-".to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bench::{Builder, Recorded, TimedStep, Variant};

    pub(in crate::report) fn sketch() -> Replay {
        let variant = |name: &str, builder| Variant {
            name: name.into(),
            dockerfile: "Dockerfile".into(),
            is_optimized: false,
            builder,
        };
        let built = |seconds: f64, is_reused: bool| {
            let step = |name: &str, is_reused: bool| TimedStep {
                name: name.to_owned(),
                is_reused,
                seconds: (!is_reused).then(|| Seconds::new(seconds / 2.0)),
                span: None,
                needs: Vec::new(),
                foretold: None,
            };
            let steps = vec![step("COPY . .", false), step("RUN \u{1b}[31mmake", is_reused)];
            let untimed = usize::from(!is_reused);
            let expected = Some(Expected { seconds: Seconds::new(seconds - 0.5), untimed });
            let seconds = Seconds::new(seconds);
            Some(Outcome::Built(Timed { seconds, steps, expected, recorded: None }))
        };
        let failed = || {
            Some(Outcome::Failed("it ended with 1\nerror: \u{1b}[2J no rule to make".to_owned()))
        };
        let commit = |id: &str, subject: &str, builds| Replayed {
            id: id.repeat(10),
            short_id: id.to_owned(),
            subject: subject.to_owned(),
            builds,
        };
        Replay {
            variants: vec![
                variant("Dockerfile", Builder::Smartbuild),
                variant("Dockerfile, docker", Builder::Docker),
            ],
            commits: vec![
                commit("8141702", "Say it", vec![built(40.2, false), built(41.0, false)]),
                commit("950c9e0", "Break | it \u{1b}[2J", vec![failed(), failed()]),
                commit("a60aa91", "=1+1", vec![built(3.1, true), None]),
            ],
            wanted: 4,
            is_partial: true,
            is_expected: false,
        }
    }

    #[test]
    fn a_replay_is_told_commit_by_commit() {
        let told = replay(&sketch(), &Capabilities::PLAIN);
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        insta::assert_snapshot!(told);
    }

    #[test]
    fn what_is_expected_is_told_without_a_build() {
        let mut of = sketch();
        of.is_expected = true;
        if let Some(Outcome::Built(timed)) = &mut of.commits[2].builds[0] {
            let expected = Expected { seconds: Seconds::new(2.0), untimed: 0 };
            timed.recorded = Some(Recorded { seconds: Seconds::new(2.5), expected });
        }
        let told = replay(&of, &Capabilities::PLAIN);
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        insta::assert_snapshot!([told, replay_csv(&of), replay_markdown(&of)].join("\n----\n"));
        insta::assert_json_snapshot!(crate::report::json::replay(&of));
    }

    #[test]
    fn a_replay_as_a_spreadsheet_reads_it() {
        insta::assert_snapshot!(replay_csv(&sketch()));
    }

    #[test]
    fn a_replay_as_markdown() {
        insta::assert_snapshot!(replay_markdown(&sketch()));
    }

    #[test]
    fn a_replay_for_machines() {
        insta::assert_json_snapshot!(crate::report::json::replay(&sketch()));
    }
}
