//! The `smartbuild` program.

use std::io::ErrorKind;
use std::process::ExitCode;

use smartbuild::cli::ui::Ui;
use smartbuild::cli::{Environment, run};

/// Most of what a scan allocates is freed by another thread than made it, over which the system's
/// own allocator waits.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As of everything that is no build.
const NOT_WRITTEN: u8 = 125;

#[tokio::main]
async fn main() -> ExitCode {
    let environment = Environment::of_this_process();
    let mut ui = Ui::of_this_process();
    let status = run(std::env::args_os().collect(), &environment, &mut ui).await;
    match status {
        Ok(status) => ExitCode::from(status),
        // Whoever read the result has had enough of it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(NOT_WRITTEN),
    }
}
