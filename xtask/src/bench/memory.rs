//! How much memory a forecast takes, at most.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::{
    Bench, LARGEST_BUILT,
    table::{Memory, Table},
    tree::Tree,
};

/// The peak of `smartbuild predict` with every file to read, with none, and with a recorded build
/// and the engine that made it.
///
/// # Errors
///
/// When a forecast fails.
pub(super) fn measure(bench: &Bench, tree: &Tree, table: &mut Table) -> Result<()> {
    let path = tree.path().to_string_lossy().into_owned();
    let forecast = || bench.program(&["predict", &path]);
    bench.forget_files()?;
    let cold = peak(&forecast())?;
    let warm = peak(&forecast())?;
    let with_engine = match &bench.engine {
        Some(engine) if tree.files() <= LARGEST_BUILT => {
            let mut forecast = forecast();
            forecast.env("DOCKER_HOST", engine.docker_host());
            Some(peak(&forecast)?)
        }
        _ => None,
    };
    table.add_memory(Memory { files: tree.files(), cold, warm, with_engine });
    Ok(())
}

/// The most memory that the command has at once, in bytes, as the system counts it.
fn peak(command: &Command) -> Result<u64> {
    let mut measured = Command::new("/usr/bin/time");
    measured
        .args(["--format", "%M", "--quiet"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measured.env(name, value),
            None => measured.env_remove(name),
        };
    }
    let output = measured
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .context("cannot start /usr/bin/time")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}\n{said}", output.status);
    let kibibytes: u64 = said
        .lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .with_context(|| format!("/usr/bin/time said no number: {said}"))?;
    Ok(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_holds_ten_megabytes_has_them_at_its_peak() {
        let mut dd = Command::new("dd");
        dd.args(["if=/dev/zero", "of=/dev/null", "bs=10M", "count=1"]);
        let bytes = peak(&dd).unwrap();
        assert!((10_000_000..60_000_000).contains(&bytes), "{bytes}");
    }
}
