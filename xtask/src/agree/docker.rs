//! Builds by docker's own client, and which steps the engine ran for them.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::engine::{self, Engine};

/// What is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    /// The directory that is the context.
    pub(super) context: &'a Path,
    /// The Dockerfile, wherever it is.
    pub(super) dockerfile: &'a Path,
    /// The stage, unless it is the last one.
    pub(super) target: Option<&'a str>,
}

/// How a build ended.
#[derive(Debug)]
pub(super) enum Build {
    /// Well: whether each step was reused, by its name.
    Done(BTreeMap<String, bool>),
    /// Not at all.
    Failed(Failure),
}

/// What the engine says of a build that failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Failure {
    /// What the client ends with.
    pub(super) message: String,
    /// The steps at fault, each with its error.
    pub(super) steps: Vec<(String, String)>,
}

/// Builds, without a network for RUN: nothing there could use one.
///
/// # Errors
///
/// When the client cannot be started.
pub(super) fn build(engine: &Engine, request: Request<'_>) -> Result<Build> {
    let mut docker = Command::new("docker");
    docker.args(["build", "--progress", "rawjson", "--network", "none"]);
    if let Some(target) = request.target {
        docker.args(["--target", target]);
    }
    docker.arg("--file").arg(request.dockerfile).arg(request.context);
    docker.env("DOCKER_BUILDKIT", "1").env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
    let output = engine::inside(engine, &docker)
        .current_dir(request.context)
        .stdin(Stdio::null())
        .output()
        .context("cannot start docker inside the engine's root")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let seen = Seen::read(&said);
    Ok(if output.status.success() {
        Build::Done(seen.steps())
    } else {
        let message = said.lines().filter_map(|line| line.strip_prefix("ERROR: ")).next_back();
        Build::Failed(Failure {
            message: message.unwrap_or_default().to_owned(),
            steps: seen.errors(),
        })
    })
}

/// What the engine tells of each of its vertices, by their digests.
#[derive(Debug, Default)]
struct Seen(BTreeMap<String, Vertex>);

#[derive(Debug, Default)]
struct Vertex {
    /// Its own, or its group's: a step of several vertices bears its name on the group.
    name: String,
    has_inputs: bool,
    is_cached: bool,
    starts: Vec<String>,
    error: Option<String>,
}

impl Seen {
    /// Reads the client's lines. What is no JSON is for people.
    fn read(said: &str) -> Self {
        let mut seen = Self::default();
        let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for message in messages {
            for told in message["vertexes"].as_array().into_iter().flatten() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let vertex = seen.0.entry(text(&told["digest"])).or_default();
                let group = told["progressGroup"]["name"].as_str().filter(|it| !it.is_empty());
                vertex.name = group.map_or_else(|| text(&told["name"]), str::to_owned);
                vertex.has_inputs = told["inputs"].as_array().is_some_and(|it| !it.is_empty());
                vertex.is_cached = told["cached"] == true;
                let started = text(&told["started"]);
                if !started.is_empty() && !vertex.starts.contains(&started) {
                    vertex.starts.push(started);
                }
                vertex.error =
                    told["error"].as_str().filter(|it| !it.is_empty()).map(str::to_owned);
            }
        }
        seen
    }

    /// Whether each step of the Dockerfile was reused. A step that never began is none.
    fn steps(&self) -> BTreeMap<String, bool> {
        let mut steps = BTreeMap::new();
        let vertices = self.0.values().filter(|it| it.is_step() && !it.starts.is_empty());
        for vertex in vertices {
            let reused = steps.entry(vertex.name.clone()).or_insert(true);
            *reused &= vertex.is_reused();
        }
        steps
    }

    fn errors(&self) -> Vec<(String, String)> {
        let failed = self.0.values().filter_map(|it| Some((it.name.clone(), it.error.clone()?)));
        failed.filter(|(_, error)| !error.contains("context canceled")).collect()
    }
}

impl Vertex {
    /// `[stage 2/3] COPY …`, and not what the engine does for itself, nor the base image.
    fn is_step(&self) -> bool {
        let text = self.name.strip_prefix('[').and_then(|rest| rest.split_once("] "));
        text.is_some_and(|(place, text)| {
            place != "internal" && place != "context" && !text.starts_with("FROM ")
        })
    }

    /// Of a WORKDIR on `scratch`, which has no input, the engine reports the asking for its key as a
    /// run, and a real run only after that.
    fn is_reused(&self) -> bool {
        let asked_for_key = !self.has_inputs && self.name.contains("] WORKDIR ");
        self.is_cached || (asked_for_key && self.starts.len() < 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vertex(digest: &str, name: &str, more: &str) -> String {
        format!("{{\"vertexes\":[{{\"digest\":\"{digest}\",\"name\":\"{name}\"{more}}}]}}\n")
    }

    #[test]
    fn a_step_was_reused_if_all_of_its_vertices_were() {
        let (started, inputs) = (",\"started\":\"1\"", ",\"started\":\"1\",\"inputs\":[\"z\"]");
        let cached = ",\"started\":\"1\",\"cached\":true";
        let said = [
            vertex("a", "[internal] load build context", started),
            vertex("b", "[a 1/4] FROM docker.io/library/node:20", cached),
            vertex("c", "[a 2/4] WORKDIR /app", inputs),
            vertex("c", "[a 2/4] WORKDIR /app", cached),
            vertex("d", "[a 3/4] COPY . .", inputs),
            vertex(
                "e",
                "part",
                &format!("{cached},\"progressGroup\":{{\"name\":\"[a 4/4] COPY x y\"}}"),
            ),
            vertex(
                "f",
                "part",
                &format!("{inputs},\"progressGroup\":{{\"name\":\"[a 4/4] COPY x y\"}}"),
            ),
            vertex("g", "[b 1/1] WORKDIR /on-scratch", started),
            vertex("h", "[b 2/2] RUN never", ""),
            "ERROR: no JSON\n".to_owned(),
        ]
        .concat();
        let steps = Seen::read(&said).steps().into_iter().collect::<Vec<_>>();
        let expected = [
            ("[a 2/4] WORKDIR /app", true),
            ("[a 3/4] COPY . .", false),
            ("[a 4/4] COPY x y", false),
            ("[b 1/1] WORKDIR /on-scratch", true),
        ];
        assert_eq!(steps, expected.map(|(name, reused)| (name.to_owned(), reused)));
    }

    #[test]
    fn what_failed_is_told_with_its_error_but_not_what_was_cancelled_for_it() {
        let failed = vertex("a", "[2/3] RUN x", ",\"started\":\"1\",\"error\":\"exit code: 1\"");
        let cancelled = vertex("b", "[3/3] RUN y", ",\"error\":\"context canceled\"");
        let errors = Seen::read(&(failed + &cancelled)).errors();
        assert_eq!(errors, [("[2/3] RUN x".to_owned(), "exit code: 1".to_owned())]);
    }
}
