//! The `smartbuild` program.

use std::process::ExitCode;

use smartbuild::cli::ui::Ui;
use smartbuild::cli::{Environment, run};

#[tokio::main]
async fn main() -> ExitCode {
    let environment = Environment::of_this_process();
    let mut ui = Ui::of_this_process();
    let status = run(std::env::args_os().collect(), &environment, &mut ui).await;
    // Where nothing can be written any more there is nobody left to tell.
    ExitCode::from(status.unwrap_or_default())
}
