//! The command line: clap definitions, one file a command. Turns arguments into a request,
//! calls, and hands the result to `report`.
//!
//! The way of a command: [`args`] reads what was typed, `source` finds and reads the Dockerfile
//! and the context, `engines` finds the engine, `builder` which of its builders, `held` asks what it still holds, `base_images`
//! what the plan is built on,
//! `project` puts these and the store's memory together into a plan and its forecast; `build`,
//! `predict`, `why` and `optimize` do the rest. `context` and `history` need no engine and no plan;
//! `hook` needs only git.
//! Only this room reads the environment, and only [`ui`] writes.

mod against;
pub mod args;
mod base_images;
mod bench;
mod build;
mod builder;
mod commits;
mod context;
mod context_files;
mod engines;
mod environment;
mod failure;
mod file_records;
mod held;
mod history;
mod hook;
mod impact;
mod memory;
mod observation;
mod optimize;
mod optimized;
mod own_output;
mod predict;
mod process;
mod project;
mod repository;
mod request;
mod shortcut;
mod source;
mod stop;
mod stories;
pub mod ui;
mod watching;
mod why;

use std::ffi::OsString;
use std::io;

use args::Command;
use failure::Failure;
use ui::Ui;

pub use environment::Environment;

/// Runs what was typed, the program's own name first, and gives the exit status.
///
/// # Errors
///
/// Where nothing can be written any more, not even the error.
pub async fn run(typed: Vec<OsString>, environment: &Environment, ui: &mut Ui) -> io::Result<u8> {
    let parsed = match args::parse(typed) {
        Ok(parsed) => parsed,
        Err(error) => return wrong_use(&error, ui),
    };
    let done = match parsed.command {
        Command::Build(args) => Box::pin(build::run(&args, environment, ui)).await,
        Command::Predict(args) => Box::pin(predict::run(&args, environment, ui)).await,
        Command::Why(args) => Box::pin(why::run(&args, environment, ui)).await,
        Command::Context(args) => context::run(&args, environment, ui),
        Command::Bench(args) => Box::pin(bench::run(&args, environment, ui)).await,
        Command::History(args) => history::run(&args, environment, ui),
        Command::Hook(args) => hook::run(args, environment, ui),
        Command::Impact(args) => impact::run(&args, environment, ui),
        Command::Optimize(args) => Box::pin(optimize::run(&args, environment, ui)).await,
    };
    match done {
        Ok(()) => Ok(0),
        Err(failure) => {
            failure.say(ui)?;
            Ok(failure.status())
        }
    }
}

/// Help and version are results; everything else that clap says is wrong use.
fn wrong_use(error: &clap::Error, ui: &mut Ui) -> io::Result<u8> {
    let is_result = !error.use_stderr();
    let capabilities = if is_result { ui.results() } else { ui.messages() };
    let text = error.render();
    let text = if capabilities.color { text.ansi().to_string() } else { text.to_string() };
    if is_result {
        ui.result(&text)?;
        return Ok(0);
    }
    ui.status(&text)?;
    Ok(Failure::NotBegun(anyhow::anyhow!("wrong use")).status())
}
