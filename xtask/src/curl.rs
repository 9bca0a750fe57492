//! Requests to an engine's REST API, by curl, which streams files of any size.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Result, bail};

use crate::command;

/// The body that a GET of this path answers with.
///
/// # Errors
///
/// When nothing answers within the time, or not with a status below 400.
pub(crate) fn get(socket: &Path, path: &str, patience: Duration) -> Result<String> {
    let limit = patience.as_secs_f64().to_string();
    command::output(curl(socket).args(["--max-time", &limit]).arg(format!("http://engine{path}")))
}

/// Asks the engine to pull an image.
///
/// # Errors
///
/// When it cannot, with what it said.
pub(crate) fn pull(socket: &Path, repository: &str, tag: &str) -> Result<()> {
    let (repository, tag) = (escape(repository), escape(tag));
    let url = format!("http://engine/images/create?fromImage={repository}&tag={tag}");
    let said = command::output(curl(socket).args(["--request", "POST"]).arg(url))?;
    fail_if_told(&said)
}

/// POSTs nothing but the path.
///
/// # Errors
///
/// When nothing answers, or not with a status below 400.
pub(crate) fn post(socket: &Path, path: &str) -> Result<String> {
    command::output(curl(socket).args(["--request", "POST"]).arg(format!("http://engine{path}")))
}

/// POSTs a tar file.
///
/// # Errors
///
/// When the engine refuses it, with what it said.
pub(crate) fn post_tar(socket: &Path, path: &str, tar: &Path) -> Result<()> {
    let said = command::output(
        curl(socket)
            .args(["--request", "POST", "--header", "Content-Type: application/x-tar"])
            .arg("--upload-file")
            .arg(tar)
            .arg(format!("http://engine{path}")),
    )?;
    fail_if_told(&said)
}

/// An engine can tell of an error in its stream of progress, after a good status.
fn fail_if_told(said: &str) -> Result<()> {
    match said.lines().find(|line| line.contains("\"errorDetail\"")) {
        Some(error) => bail!("the engine said: {error}"),
        None => Ok(()),
    }
}

/// Escapes text for a query's value.
pub(crate) fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn curl(socket: &Path) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail-with-body", "--noproxy", "*", "--unix-socket"])
        .arg(socket);
    curl
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_value_keeps_no_character_with_a_meaning() {
        assert_eq!(escape("ENV A=/x:y z"), "ENV%20A%3D%2Fx%3Ay%20z");
        assert_eq!(escape("python-3.12_a~"), "python-3.12_a~");
    }
}
