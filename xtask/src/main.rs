//! Development tasks: real engines, every check, the storm, the replay of commits, the demonstration,
//! measurements.
//!
//! `cargo xtask demo` and `cargo xtask test` set everything up that they need on a Debian machine
//! that has only Rust; `cargo xtask engine` and `cargo xtask base-image` are the parts of it that
//! are useful by hand.

mod agree;
mod base_image;
mod bench;
mod checks;
mod chromium;
mod cli;
mod command;
mod curl;
mod debian;
mod demo;
mod engine;
mod home;
mod installs;
mod pictures;
mod plugins;
mod storm;
mod times;
mod tools;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let task = cli::Cli::parse().task;
    match cli::run(task) {
        Ok(code) => code,
        Err(error) => {
            ui::note(format_args!("{} {error:#}", ui::red("error:")));
            ExitCode::FAILURE
        }
    }
}
