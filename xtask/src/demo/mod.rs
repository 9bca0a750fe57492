//! `cargo xtask demo`: smartbuild's main job on the example application, on a real engine.
//!
//! It works on a copy with a store of its own, so it leaves the repository and the user's records
//! alone. So that a second demo on the same engine starts as honestly as the first, the copy's
//! `requirements.txt` gets a comment with the time: the engine then has never seen the file, and
//! everything that depends on it runs. Only `WORKDIR` before it is the same as the last time.

mod engine;
mod program;
mod project;
mod story;

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use console::style;
use serde_json::Value;

use crate::{engine::Version, home::Home, ui};
pub(crate) use program::build_release;
use program::{Program, Report};
pub(crate) use project::Project;
use story::{chapter, say};

/// The name that the demo's image gets.
const IMAGE: &str = "smartbuild-demo";

/// Runs the demo; on an engine of our own when its version is named.
///
/// # Errors
///
/// When something cannot be set up, a build fails, the forecast is wrong, or the rewrite does not
/// keep the installed requirements.
pub(crate) fn run(version: Option<Version>) -> Result<()> {
    let home = Home::locate()?;
    chapter("Set up", "the release binary, a real engine, the base image")?;
    let binary = program::build_release()?;
    let engine = engine::find_or_start(&home, version)?;
    engine.ensure_base_image(&home)?;
    let project = Project::copy_example(&crate::checks::repository())?;
    say(&format!("project   {} (a copy of examples/flask-app)", project.path().display()))?;

    let program = Program::new(binary, engine.docker_host(), &project);
    let told = tell(&project, &program);
    if told.is_err() {
        let kept = project.keep();
        ui::note(ui::dim(format_args!("the demo's files are kept in {}", kept.display())));
        return told;
    }
    say("")?;
    say(&format!("{}  {}", style("try it").bold(), engine.run_command(IMAGE)))
}

fn tell(project: &Project, program: &Program) -> Result<()> {
    chapter("First build", "nothing is known yet, so nothing is promised")?;
    program.build(IMAGE)?;

    chapter("Edit app.py, and ask before building", "which steps lose the cache, and why")?;
    say(&project.edit_source("Our guest book")?)?;
    program.show(&["predict", "."])?;

    chapter("Rebuild", "the engine has the last word: does it agree?")?;
    let before = program.build(IMAGE)?;
    check_agreement(&before)?;

    chapter("Ask for a better order", "what is copied before `pip install` need not be")?;
    program.show(&["optimize", "."])?;
    let advice = program.json(&["optimize", "--format", "json", "."])?;
    say(&promise(&advice)?)?;

    chapter("Apply it, and build once in the new order", "this build still installs everything")?;
    program.show(&["optimize", "--apply", "."])?;
    check_agreement(&program.build(IMAGE)?)?;

    chapter("Edit app.py once more, and rebuild", "now the requirements stay installed")?;
    say(&project.edit_source("The guest book of all of us")?)?;
    let after = program.build(IMAGE)?;
    check_agreement(&after)?;
    if after.has_run("pip install") {
        bail!("the rewrite was applied, and yet `pip install` ran again after an edit of app.py");
    }

    chapter("Measured", "the same kind of edit, built in both orders, on this machine")?;
    compare(&before, &after)
}

fn check_agreement(report: &Report) -> Result<()> {
    let agreement = report.agreement()?;
    let text = format!("agreement {} of {} steps as forecast", agreement.right, agreement.steps);
    if agreement.right == agreement.steps {
        return say(&style(text).green().to_string());
    }
    say(&style(&text).yellow().to_string())?;
    if agreement.false_cached > 0 {
        bail!(
            "{} steps were called cached and ran: a defect of smartbuild",
            agreement.false_cached
        );
    }
    Ok(())
}

/// The seconds that the best rewrite promises, out of the JSON of `optimize`.
fn promise(advice: &Value) -> Result<String> {
    let rewrites = advice["rewrites"].as_array().context("optimize gave no list of rewrites")?;
    let best = rewrites.first().context("optimize found nothing to better in the example")?;
    let saves = best["saves"]["seconds_per_build"].as_f64().context("a rewrite without seconds")?;
    let saves = ui::seconds(Duration::try_from_secs_f64(saves).unwrap_or_default());
    let title = best["title"].as_str().unwrap_or("a better order");
    let text = format!("promise   {title}: saves {saves} a build");
    Ok(style(text).green().to_string())
}

fn compare(before: &Report, after: &Report) -> Result<()> {
    let (slow, fast) = (before.seconds()?, after.seconds()?);
    for (name, seconds) in [("before", slow), ("after", fast)] {
        say(&story::bar(name, seconds, slow.max(fast)))?;
    }
    if fast >= slow {
        bail!("the new order is not faster here");
    }
    let factor = slow.as_secs_f64() / fast.as_secs_f64().max(0.001);
    say(&style(format!("{factor:.1} times as fast")).green().bold().to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_best_rewrite_is_promised_in_seconds() {
        let advice = json!({"rewrites": [
            {"title": "Install first", "saves": {"seconds_per_build": 31.0}},
        ]});
        assert!(promise(&advice).unwrap().contains("Install first: saves 31 s a build"));
    }

    #[test]
    fn an_example_without_a_rewrite_fails_the_demo() {
        let message = promise(&json!({"rewrites": []})).unwrap_err().to_string();
        assert!(message.contains("nothing to better"), "{message}");
    }
}
