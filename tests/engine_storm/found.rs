//! What only the engine knows of steps: those that it found by equal files, and those that it had
//! begun when a build failed.

use std::collections::BTreeSet;

use serde_json::Value;

#[derive(Debug, Default)]
pub struct Found {
    /// Steps by name that the engine reported reused as another stage left what it had left before.
    ///
    /// Nobody asked for their results, which may have been lost before anybody looked at the engine's
    /// cache: until such a step runs, or one that takes of it does, only the engine knows whether it
    /// has them (ARCHITECTURE.md).
    by_files: BTreeSet<String>,
    /// The texts of steps that were not reached by a build that failed, and by none since: the engine
    /// may have gone on with them. And those of a build in which a context was digested while a RUN
    /// wrote into it.
    left_open: BTreeSet<String>,
}

impl Found {
    /// Takes a build's report in.
    pub fn learn(&mut self, report: &Value) {
        let steps = || report["steps"].as_array().into_iter().flatten();
        let has_failed = steps().any(|step| step["actual"] == "failed");
        let writes_beside = writes_beside(report);
        for step in steps() {
            let Some(name) = step["name"].as_str() else { continue };
            if step["actual"] == "ran" {
                self.by_files.remove(name);
            } else if step["verdict"] == "depends" && step["actual"] == "cached" {
                self.by_files.insert(name.to_owned());
            }
            if writes_beside || (has_failed && step["actual"] == "not_reached") {
                self.left_open.insert(text(name).to_owned());
            } else if step["actual"] != "not_reached" {
                self.left_open.remove(text(name));
            }
        }
    }

    /// Whether this is one that was found by files, and the forecast's sole reason is that its own
    /// result may be lost.
    pub fn may_be_lost(&self, step: &Value) -> bool {
        let cause = &step["cause"];
        let is_own = cause["kind"] == "evicted" && cause["step"] == step["name"];
        is_own && step["name"].as_str().is_some_and(|name| self.by_files.contains(name))
    }

    /// Whether a build that failed may have made it.
    pub fn was_left_open(&self, step: &Value) -> bool {
        step["name"].as_str().is_some_and(|name| self.left_open.contains(text(name)))
    }
}

/// Whether a RUN that may write into a context was not reused, where all of a context is read.
pub fn writes_beside(report: &Value) -> bool {
    let steps = || report["steps"].as_array().into_iter().flatten();
    let words = |step: &Value| step["instruction"].as_str().unwrap_or_default().to_owned();
    let writes = |step: &Value| {
        let words = words(step);
        let mut mounts =
            words.split_whitespace().filter(|word| word.starts_with("--mount=type=bind"));
        mounts.any(|mount| mount.ends_with(",rw")) && step["actual"] != "cached"
    };
    let reads_all = |step: &Value| {
        let words = words(step);
        words.split_whitespace().any(|word| word == "." || word == "./")
            || (words.contains("--mount=type=bind") && !words.contains("source="))
    };
    steps().any(writes) && steps().any(reads_all)
}

/// A step's name without its place, which other lines change.
fn text(name: &str) -> &str {
    name.split_once("] ").map_or(name, |(_, text)| text)
}
